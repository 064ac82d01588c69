"""Only one writer works at a time; an error tells the waiting one who holds the lock, since when and why."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from index.catalog.lock import HOLDER_FILE, Process, WriteLock, holder, naming_task, note_holder, this_process
from index.errors import LibraryLockedError

ROOT = Path(__file__).parents[3]

HOLDING = """
import sys
from pathlib import Path
from index.catalog.lock import WriteLock
with WriteLock(Path(sys.argv[1])).hold("sync"):
    print("held", flush=True)
    sys.stdin.read()
"""

COUNTING = """
import sys
from pathlib import Path
from index.catalog.lock import WriteLock
lock, count = WriteLock(Path(sys.argv[1])), Path(sys.argv[1], "count")
for _ in range(50):
    with lock.hold():
        count.write_text(str(int(count.read_text()) + 1))
"""


@contextmanager
def held_elsewhere(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of ``home``."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_who_waits_in_vain_is_told_who_writes_since_when_and_at_what(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path) as process:
        me = this_process()
        found = holder(tmp_path)
        assert found is not None
        assert (found.process.pid, found.process.host, found.task) == (process.pid, me.host, "sync")
        line = re.escape(
            f"process {process.pid} on {me.host} (sync, since {found.since}) is writing to the library in "
            f"{tmp_path}; wait until it is done, then try again"
        )
        began = time.monotonic()
        with pytest.raises(LibraryLockedError, match=f"^{line}$"), WriteLock(tmp_path).hold(timeout=0.2):
            pytest.fail("two hold it")
        assert 0.2 <= time.monotonic() - began < 20


def test_who_waits_long_enough_gets_it(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path) as process, ThreadPoolExecutor(1) as pool:
        assert process.stdin is not None
        stdin = process.stdin

        def let_go() -> None:
            time.sleep(0.3)
            stdin.close()

        pool.submit(let_go)
        with WriteLock(tmp_path).hold("upload", timeout=20):
            found = holder(tmp_path)
            assert found is not None
            assert (found.process, found.task) == (this_process(), "upload")
    assert holder(tmp_path) is None


def test_a_killed_process_holds_nothing_and_is_not_named(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        assert (tmp_path / HOLDER_FILE).is_file()
        assert holder(tmp_path) is None
        with WriteLock(tmp_path).hold(timeout=0):
            found = holder(tmp_path)
            assert found is not None
            assert found.process == this_process()


def test_two_processes_never_interleave(tmp_path: Path) -> None:
    (tmp_path / "count").write_text("0")
    started = [
        subprocess.Popen([sys.executable, "-c", COUNTING, str(tmp_path)], cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [process.communicate(timeout=60)[1] for process in started] == [b"", b""]
    assert (tmp_path / "count").read_text() == "100"


def test_two_threads_exclude_each_other_and_one_may_take_it_twice(tmp_path: Path) -> None:
    lock, taken, go_on = WriteLock(tmp_path), Event(), Event()

    def work() -> None:
        with lock.hold("rebuild"):
            with lock.hold(timeout=0):
                pass
            assert holder(tmp_path) is not None, "the inner one has not let go of it"
            taken.set()
            assert go_on.wait(60)

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        assert taken.wait(60)
        with pytest.raises(LibraryLockedError, match=r"\(rebuild, since "), lock.hold(timeout=0):
            pytest.fail("two hold it")
        go_on.set()
        working.result(60)
    assert holder(tmp_path) is None


def test_a_thread_says_once_what_it_takes_the_lock_for(tmp_path: Path) -> None:
    def task() -> str | None:
        with WriteLock(tmp_path).hold():
            found = holder(tmp_path)
        return found.task if found else None

    with naming_task("sync"):
        with naming_task("compaction"):
            assert task() == "compaction"
        assert task() == "sync"
    assert task() == "write"


@pytest.mark.parametrize("content", ["", "[]", '{"pid": 1}', '{"pid": "x", "host": 1}', "\0"])
def test_a_note_that_cannot_be_read_names_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / HOLDER_FILE).write_text(content)
    assert holder(tmp_path) is None


def test_a_folder_that_takes_no_note_can_be_written_to_all_the_same(tmp_path: Path) -> None:
    (tmp_path / HOLDER_FILE).mkdir()
    note_holder(tmp_path, "sync")
    with WriteLock(tmp_path).hold("sync"):
        assert holder(tmp_path) is None


def test_an_error_inside_lets_go_of_it_and_is_the_one_that_is_raised(tmp_path: Path) -> None:
    lock = WriteLock(tmp_path)
    with pytest.raises(TimeoutError, match=r"^mine$"), lock.hold():
        raise TimeoutError("mine")
    with lock.hold(timeout=0):
        pass


def test_a_process_is_read_as_it_was_written() -> None:
    me = this_process()
    assert Process.parse(str(me)) == me
    assert Process.parse("7@varda") == Process(7, "varda", "")
    with pytest.raises(ValueError, match="invalid literal"):
        Process.parse("varda")


def test_a_process_lives_if_its_number_and_its_start_are_those_of_one() -> None:
    me = this_process()
    assert (me.lives, replace(me, started="00000000-1").lives) == (True, False)
    unknown = replace(me, started="")
    assert (unknown.lives, replace(unknown, pid=2**22 + 1).lives) == (True, False)
    assert replace(me, host="elsewhere").lives is None, "of another machine nothing can be told"


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
