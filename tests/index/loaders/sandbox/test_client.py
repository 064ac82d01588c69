"""A file that hangs or crashes the reading process harms nothing else."""

from __future__ import annotations

import os
import signal
import sys
import time
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
from tests.support.children import GATE, WORDS, children_of, is_gone, refusal, sent_while_reading

pytestmark = pytest.mark.slow_cases

SEEDS = Path(__file__).parents[4] / "seeds"
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds and tells memory")


class TestReading:
    @pytest.mark.parametrize(
        "file",
        sorted(file for file in SEEDS.iterdir() if file.suffix in SUFFIXES),
        ids=lambda file: file.suffix,
    )
    def test_a_document_is_the_one_that_this_process_would_read(self, shared: Isolated, file: Path) -> None:
        assert shared.load(file) == load(file)

    def test_a_real_document_is_too(self, shared: Isolated, evaluation_data: Path) -> None:
        for name in ("pdf/multi-column-2p.pdf", "office/docx-tables.docx", "html/ideas-page.html"):
            [file] = (evaluation_data / "documents").rglob(Path(name).name)
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
        self, shared: Isolated, encoder: Encoder
    ) -> None:
        assert encoder.tokenizer is not None
        for file in (SEEDS / "cambodia-scam-raids.md", SEEDS / "lorvenna-courier-two-months-on.html"):
            for room in (200, 30):
                document, its = shared.read(file, cutting=Cutting(encoder.tokenizer, room))
                assert document == load(file)
                assert its == cut(document, encoder.token_spans, room)

    def test_they_are_cut_in_the_given_language(
        self, shared: Isolated, encoder: Encoder, small: Path
    ) -> None:
        assert encoder.tokenizer is not None
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

    def test_an_unreadable_file_is_refused_as_without_cutting(
        self, shared: Isolated, encoder: Encoder, tmp_path: Path
    ) -> None:
        assert encoder.tokenizer is not None
        file = tmp_path / "empty.txt"
        file.write_text(" ")
        with pytest.raises(LoadError, match="is empty: it holds only white space"):
            shared.read(file, cutting=Cutting(encoder.tokenizer, 200))

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


class TestMisfortune:
    @pytest.mark.slow
    def test_a_file_that_takes_too_long_is_given_up(self, reader: Isolated, small: Path, slow: Path) -> None:
        reader.load(small)
        before, started = reader.pid, time.monotonic()
        error = refusal(reader, slow, LoadingLimits(seconds=0.5))
        assert time.monotonic() - started < 5
        assert str(error) == (
            "slow.html: took more than 0.5 seconds to read; split it into parts, or allow more time"
        )
        assert before is not None
        assert is_gone(before)
        assert reader.load(small).text == GATE
        assert reader.pid not in {None, before}

    def test_the_time_to_start_the_process_is_not_the_files(self, reader: Isolated, small: Path) -> None:
        reader.load(small)
        reader.close()
        assert reader.load(small, Options(LoadingLimits(seconds=0.3))).text == GATE

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
        error = sent_while_reading(reader, small, slow, signal.SIGSTOP, LoadingLimits(seconds=1))
        assert error.cause == "took more than 1 seconds to read"
        assert reader.load(small).text == GATE

    @pytest.mark.parametrize(
        ("number", "cause"),
        [
            (signal.SIGSEGV, "crashed the reading process (signal 11, Segmentation fault)"),
            (signal.SIGABRT, "crashed the reading process (signal 6, Aborted), perhaps for want of memory"),
            (signal.SIGKILL, "was being read when the system ended the reading process (signal 9, Killed)"),
        ],
    )
    @needs_linux
    def test_a_file_that_crashes_the_process_takes_only_itself(
        self, small: Path, slow: Path, number: int, cause: str
    ) -> None:
        with Isolated() as reader:
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
        assert reader.load(small).text == GATE

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
        self, small: Path, monkeypatch: pytest.MonkeyPatch, fault: str, cause: str
    ) -> None:
        small.with_name("trafilatura.py").write_text(fault)  # a broken page reader
        page = small.with_name("a.html")
        page.write_text(f"<p>{GATE}")
        monkeypatch.setattr(sys, "path", [str(small.parent), *sys.path])
        with Isolated() as reader:
            assert refusal(reader, page).cause == cause
            assert reader.load(small).text == GATE

    def test_the_end_of_standard_error_is_kept(
        self, small: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        small.with_name("trafilatura.py").write_text("print('x' * 10**6)\nraise KeyError('y' * 10**6)")
        page = small.with_name("a.html")
        page.write_text(f"<p>{GATE}")
        monkeypatch.setattr(sys, "path", [str(small.parent), *sys.path])
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
        environment = Path(f"/proc/{started.process.pid}/environ").read_bytes()
    finally:
        started.end()
    assert b"PYTHONPATH=" in environment
    assert b"FOOTNOTED_" not in environment
