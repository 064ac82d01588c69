"""A process that has ended is recognised as ended, even if another process has its id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from index.catalog.lock import Process, this_process


def test_a_process_is_read_as_it_was_written() -> None:
    me = this_process()
    assert Process.parse(str(me)) == me
    assert Process.parse("7@varda") == Process(7, "varda", "")
    with pytest.raises(ValueError, match="invalid literal"):
        Process.parse("varda")


def test_this_process_lives_and_an_earlier_one_of_its_number_does_not() -> None:
    me = this_process()
    assert me.lives is True
    assert replace(me, started="00000000-1").lives is False


def test_without_its_start_the_number_decides() -> None:
    me = replace(this_process(), started="")
    assert me.lives is True
    assert replace(me, pid=2**22 + 1).lives is False


def test_of_another_machine_nothing_can_be_told() -> None:
    assert replace(this_process(), host="elsewhere").lives is None


def test_a_killed_process_is_dead_before_its_parent_has_asked_for_its_code() -> None:
    code = "from index.catalog.lock import this_process; print(this_process(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        process = Process.parse(child.stdout.readline().strip())
        assert (process.pid, process.lives) == (child.pid, True)
        os.kill(child.pid, signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert process.lives is False
