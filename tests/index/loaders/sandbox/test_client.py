"""A file that hangs or crashes the reading process harms nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from index.embedding.encoder import Encoder
from index.errors import LoadError
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders import SUFFIXES, LoadingLimits, Options, load
from index.loaders.sandbox import client
from index.loaders.sandbox.client import Isolated, ReaderDiedError
from index.loaders.sandbox.protocol import send
from index.text.passages import Cutting, cut
from tests.support.children import (
    GATE,
    WORDS,
    children_of,
    is_gone,
    is_running,
    refusal,
    sent_while_reading,
)

pytestmark = pytest.mark.slow_cases

ROOT = Path(__file__).parents[4]
SEEDS = ROOT / "seeds"
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds and tells memory")


class TestReading:
    @pytest.mark.parametrize(
        "file",
        sorted(file for file in SEEDS.iterdir() if file.suffix in SUFFIXES),
        ids=lambda file: file.suffix,
    )
    def test_a_document_is_the_one_that_this_process_would_read(self, shared: Isolated, file: Path) -> None:
        assert shared.load(file) == load(file)

    def test_the_error_is_the_same_as_in_this_process(self, shared: Isolated, tmp_path: Path) -> None:
        file = tmp_path / os.fsdecode(b"caf\xe9.pdf")
        file.write_bytes(b"no PDF")
        error = refusal(shared, file)
        assert error.cause == "is not a PDF: it has no PDF header"
        assert error.remedy == "give it the suffix of what it is, or save it again as PDF"
        assert str(error) == f"caf?.pdf: {error.cause}; {error.remedy}"

    def test_options_are_passed_on(self, shared: Isolated, tmp_path: Path) -> None:
        file = tmp_path / "large.txt"
        file.write_text("x" * (3 << 20))
        error = refusal(shared, file, LoadingLimits(megabytes=2))
        assert error.cause == "has 3 MB, more than the limit of 2 MB"

    def test_a_relative_path_starts_at_the_current_folder_of_this_process(
        self, shared: Isolated, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shared.load(SEEDS / "cambodia-scam-raids.md")
        monkeypatch.chdir(tmp_path)
        assert shared.load(Path(small.name)).text == GATE

    def test_threads_each_get_their_own_document(self, shared: Isolated, tmp_path: Path) -> None:
        files = [tmp_path / f"{number}.txt" for number in range(40)]
        for number, file in enumerate(files):
            file.write_text(f"Gate {number} is closed.")
        with ThreadPoolExecutor(4) as pool:
            texts = [document.text for document in pool.map(shared.load, files)]
        assert texts == [f"Gate {number} is closed." for number in range(40)]


class TestCutting:
    def test_passages_are_those_that_this_process_would_make(
        self, shared: Isolated, encoder: Encoder, small: Path
    ) -> None:
        assert encoder.tokenizer is not None
        for file in (SEEDS / "cambodia-scam-raids.md", SEEDS / "lorvenna-courier-two-months-on.html"):
            for room in (200, 30):
                document, its = shared.read(file, cutting=Cutting(encoder.tokenizer, room))
                assert document == load(file)
                assert its == cut(document, encoder.token_spans, room)
        document, its = shared.read(small, cutting=Cutting(encoder.tokenizer, 200, "de"))
        assert (document.language, its and its.language) == ("en", "de")

    def test_a_tokeniser_is_sent_once_and_a_new_process_has_it_again(
        self, reader: Isolated, encoder: Encoder, small: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert encoder.tokenizer is not None
        sent: list[int] = []

        def counted(message: bytes, sink: IO[bytes]) -> None:
            sent.append(len(message))
            send(message, sink)

        monkeypatch.setattr(client, "send", counted)
        cutting = Cutting(encoder.tokenizer, 200)
        for _ in range(2):
            reader.read(small, cutting=cutting)
        assert [size > 100_000 for size in sent] == [True, False, False]
        reader.close()
        assert reader.read(small, cutting=cutting)[1] == cut(load(small), encoder.token_spans, 200)

    def test_an_exception_from_waiting_cancels_the_reading(
        self, reader: Isolated, small: Path, slow: Path
    ) -> None:
        reader.load(small)
        before, asked = reader.pid, [0]

        def give_up() -> None:
            asked[0] += 1
            if asked[0] == 2:
                raise KeyError("given up")

        started = time.monotonic()
        with pytest.raises(KeyError, match="given up"):
            reader.read(slow, Options(LoadingLimits(seconds=60)), waiting=give_up)
        assert time.monotonic() - started < 20
        assert before is not None
        assert is_gone(before)
        assert reader.read(small, waiting=give_up)[0].text == GATE


@pytest.fixture
def broken(small: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A function that gives the reading process a faulty reader of pages, and returns a page."""

    def make(fault: str) -> Path:
        small.with_name("trafilatura.py").write_text(fault)
        page = small.with_name("a.html")
        page.write_text(f"<p>{GATE}")
        monkeypatch.setattr(sys, "path", [str(small.parent), *sys.path])
        return page

    return make


class TestMisfortune:
    def test_a_file_is_given_up_on_request_and_the_next_one_is_read(
        self, reader: Isolated, small: Path, slow: Path
    ) -> None:
        reader.interrupt()
        reader.load(small)
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(reader.load, slow, Options(LoadingLimits(seconds=60)))
            time.sleep(0.3)
            reader.interrupt()
            error = reading.exception(timeout=10)
        assert isinstance(error, LoadError)
        assert error.path == slow
        assert reader.load(small).text.startswith(GATE[:10])

    def test_a_process_that_hangs_is_ended(self, reader: Isolated, small: Path, slow: Path) -> None:
        reader.load(small)
        before = reader.pid
        error = sent_while_reading(reader, small, slow, signal.SIGSTOP, LoadingLimits(seconds=1))
        assert str(error) == (
            "slow.html: took more than 1 seconds to read; split it into parts, or allow more time"
        )
        assert before is not None
        assert is_gone(before)
        assert reader.load(small).text == GATE
        assert reader.pid not in {None, before}

    @pytest.mark.parametrize(
        ("number", "cause"),
        [
            (11, "crashed the reading process (signal 11, Segmentation fault)"),
            (6, "crashed the reading process (signal 6, Aborted), perhaps for want of memory"),
            (9, "was being read when the system ended the reading process (signal 9, Killed)"),
        ],
    )
    @needs_linux
    def test_a_file_that_crashes_the_process_takes_only_itself(
        self, reader: Isolated, small: Path, slow: Path, number: int, cause: str
    ) -> None:
        error = sent_while_reading(reader, small, slow, number, LoadingLimits())
        assert reader.load(small).text == GATE
        assert (error.path, error.cause) == (slow, cause)
        assert isinstance(error.__cause__, ReaderDiedError)
        assert (error.__cause__.code, error.__cause__.expired) == (-number, False)

    @pytest.mark.slow
    @needs_linux
    def test_a_file_that_needs_too_much_memory_is_refused(
        self, reader: Isolated, small: Path, tmp_path: Path
    ) -> None:
        file = tmp_path / "large.txt"
        file.write_text(WORDS * (100_000_000 // len(WORDS)))
        before = reader.load(small) and reader.pid
        error = refusal(reader, file, LoadingLimits(memory_megabytes=64))
        assert str(error) == (
            "large.txt: needed more than the 64 MB of memory that a file of its size may take; "
            "split it into parts, or allow more memory"
        )
        assert reader.load(small).text == GATE
        assert reader.pid != before, "what is left of such a file is not built upon"

    @needs_linux
    def test_a_process_that_holds_on_to_memory_gives_way_to_a_fresh_one(
        self, reader: Isolated, small: Path
    ) -> None:
        page = SEEDS / "lorvenna-courier-two-months-on.html"
        reader.load(page)
        kept = reader.pid
        assert kept is not None, "the libraries for a page keep more than 10 MB"
        assert reader.load(page, Options(LoadingLimits(memory_megabytes=40))) == load(page)
        assert reader.pid is None, "which is more than a quarter of 40 MB"
        assert reader.load(small).text == GATE

    def test_a_process_that_ended_between_two_files_costs_neither(
        self, reader: Isolated, small: Path
    ) -> None:
        reader.load(small)
        assert reader.pid is not None
        os.kill(reader.pid, signal.SIGKILL)
        assert is_gone(reader.pid)
        # The time to start another is not the file's.
        assert reader.load(small, Options(LoadingLimits(seconds=0.3))).text == GATE

    @pytest.mark.parametrize(
        ("fault", "cause"),
        [
            ("raise KeyError('gate')", "made the reading process fail (KeyError: 'gate')"),
            (
                "import os, sys\nsys.stderr.write('std::bad_alloc')\nsys.stderr.flush()\nos.abort()",
                "needed more memory than its limit (std::bad_alloc)",
            ),
            ("import os\nos._exit(3)", "made the reading process fail (no message)"),
        ],
        ids=["exception", "memory", "silent exit"],
    )
    def test_a_mistake_of_the_program_takes_only_the_file(
        self, broken: Callable[[str], Path], small: Path, fault: str, cause: str
    ) -> None:
        page = broken(fault)
        with Isolated() as reader:
            assert refusal(reader, page).cause == cause
            assert reader.load(small).text == GATE

    def test_the_end_of_standard_error_is_kept(
        self, broken: Callable[[str], Path], capfd: pytest.CaptureFixture[str]
    ) -> None:
        page = broken("print('x' * 10**6)\nraise KeyError('y' * 10**6)")
        with Isolated() as reader:
            error = refusal(reader, page)
        died = error.__cause__
        assert len(str(error)) < 400
        assert isinstance(died, ReaderDiedError)
        assert died.stderr.endswith("yyy'\n")
        assert len(died.stderr) <= 16 * 4096
        assert capfd.readouterr() == ("", "")

    def test_a_process_that_cannot_start_is_a_load_error(
        self, reader: Isolated, small: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "executable", str(small))
        error = refusal(reader, small)
        assert error.cause == "was not read: the reading process does not start (Permission denied)"
        assert error.remedy == "close other programs, or install Footnoted again"


@pytest.mark.slow
@pytest.mark.usefixtures("own_reading_processes")
def test_a_sync_goes_on_after_a_file_that_hangs_and_leaves_no_process(
    encoder: Encoder, small: Path, slow: Path, tmp_path: Path
) -> None:
    last = tmp_path / "water.txt"
    last.write_text(WORDS)
    children = children_of(os.getpid())
    with Library.open(tmp_path / "home", encoder) as index:
        report = sync(index, [small, slow, last], options=Options(LoadingLimits(seconds=1)))
    assert report.added == ("gate.txt", "water.txt")
    assert [(failure.path, failure.cause) for failure in report.failed] == [
        ("slow.html", "took more than 1 seconds to read; split it into parts, or allow more time")
    ]
    assert children_of(os.getpid()) == children


def test_the_reading_process_gets_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads files of strangers, and some settings are passwords."""
    monkeypatch.setenv("FOOTNOTED_DATABASE_URL", "postgresql+psycopg://me:secret@host/name")
    started = client.Child()
    try:
        started.wait_until_ready()  # just after the start, the kernel may still show no environment
        environment = Path(f"/proc/{started.process.pid}/environ").read_bytes()
    finally:
        started.end()
    assert b"PYTHONPATH=" in environment
    assert b"FOOTNOTED_" not in environment


class TestProcess:
    def test_it_is_started_for_the_first_file_kept_and_ended(self, reader: Isolated, small: Path) -> None:
        before = reader.pid
        reader.load(small)
        first = reader.pid
        refusal(reader, small.with_name("none.txt"))
        reader.load(small)
        assert (before, reader.pid) == (None, first)
        assert first is not None
        reader.close()
        assert (reader.pid, is_gone(first, 0)) == (None, True)
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

    @pytest.mark.parametrize("busy", [True, False], ids=["reading", "idle"])
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
