"""The reading process starts on demand, imports no module of the current folder, and ends with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index.loaders import LoadingLimits
from index.loaders.sandbox.client import Isolated
from tests.support.children import GATE, is_gone, is_running, refusal, sent_while_reading

ROOT = Path(__file__).parents[4]


class TestProcess:
    def test_it_is_started_for_the_first_file_and_kept(self, reader: Isolated, small: Path) -> None:
        assert reader.pid is None
        reader.load(small)
        first = reader.pid
        refusal(reader, small.with_name("none.txt"))
        reader.load(small)
        assert reader.pid == first is not None

    def test_closing_ends_it(self, reader: Isolated, small: Path) -> None:
        reader.load(small)
        pid = reader.pid
        assert pid is not None
        reader.close()
        assert reader.pid is None
        assert is_gone(pid, 0)
        reader.close()

    def test_it_takes_no_interrupt_and_prints_nothing(
        self, reader: Isolated, small: Path, slow: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        reader.load(small)
        assert reader.pid is not None
        os.kill(reader.pid, signal.SIGINT)
        assert reader.load(small).text == GATE
        sent_while_reading(reader, small, slow, signal.SIGSEGV, LoadingLimits())
        assert capfd.readouterr() == ("", "")

    def test_modules_in_the_current_folder_are_not_imported(
        self, reader: Isolated, small: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("docx", "json", "lxml", "pydantic", "index"):
            small.with_name(f"{name}.py").write_text("raise SystemExit('taken over')")
        monkeypatch.chdir(small.parent)
        assert reader.load(small).text == GATE

    @pytest.mark.parametrize("busy", [False, True], ids=["idle", "reading"])
    def test_it_ends_with_its_parent(self, small: Path, slow: Path, *, busy: bool) -> None:
        script = (
            "import sys\nfrom pathlib import Path\nfrom index.loaders.sandbox.client import Isolated\n"
            "reader = Isolated()\nreader.load(Path(sys.argv[1]))\nprint(reader.pid, flush=True)\n"
            f"{'reader.load(Path(sys.argv[2]))' if busy else 'input()'}\n"
        )
        with script_of(script, small, slow) as parent:
            assert parent.stdout is not None
            pid = int(parent.stdout.readline())
            time.sleep(0.5 if busy else 0)
            assert is_running(pid)
            parent.kill()
            assert is_gone(pid, 5)

    def test_an_interrupted_parent_leaves_none_and_a_script_needs_no_main_guard(
        self, small: Path, slow: Path
    ) -> None:
        # A shell starts background processes with SIGINT ignored; the script restores its handler.
        script = (
            "import signal, sys\nfrom pathlib import Path\n"
            "from index.loaders.sandbox.client import Isolated\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "with Isolated() as reader:\n"
            "    print(reader.load(Path(sys.argv[1])).text, flush=True)\n    print(reader.pid, flush=True)\n"
            "    try:\n        reader.load(Path(sys.argv[2]))\n"
            "    except KeyboardInterrupt:\n        print('interrupted', reader.pid, flush=True)\n"
        )
        with script_of(script, small, slow) as parent:
            assert parent.stdout is not None
            assert parent.stdout.readline() == f"{GATE}\n"
            pid = int(parent.stdout.readline())
            time.sleep(0.5)
            parent.send_signal(signal.SIGINT)
            out, err = parent.communicate(timeout=120)
        assert (out, err, parent.returncode) == ("interrupted None\n", "", 0)
        assert is_gone(pid, 0)


def script_of(source: str, *arguments: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", source, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
