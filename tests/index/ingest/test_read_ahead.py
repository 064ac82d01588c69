"""Files are read by several processes at once, and their results come in the files' order."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Barrier, Event, Lock

import pytest

from index.errors import Cancelled
from index.ingest import synchronize as module
from index.ingest.synchronize import read_ahead
from index.loaders import Isolated
from tests.support.background import PATIENCE, wait_until


def test_results_come_in_the_order_of_the_files_whichever_is_read_first() -> None:
    second_is_read = Event()

    def read(file: str, _reader: Isolated, _waiting: Callable[[], None]) -> str:
        if file == "second":
            second_is_read.set()
        elif file == "first":
            assert second_is_read.wait(PATIENCE)
        return file.upper()

    results = read_ahead(["first", "second", "third"], [Isolated(), Isolated()], read, len)
    assert [(file, result.result()) for file, result in results] == [
        ("first", "FIRST"),
        ("second", "SECOND"),
        ("third", "THIRD"),
    ]


def test_each_process_reads_one_file_at_a_time() -> None:
    readers = [Isolated(), Isolated()]
    together, busy, lock = Barrier(2), set[int](), Lock()

    def read(_file: int, reader: Isolated, _waiting: Callable[[], None]) -> int:
        with lock:
            assert id(reader) not in busy
            busy.add(id(reader))
        # Both processes read at the same time.
        together.wait(PATIENCE)
        with lock:
            busy.remove(id(reader))
        return readers.index(reader)

    used = [result.result() for _, result in read_ahead(range(6), readers, read, int)]
    assert sorted(used) == [0, 0, 0, 1, 1, 1]


def test_an_error_belongs_to_its_file() -> None:
    def read(file: int, _reader: Isolated, _waiting: Callable[[], None]) -> int:
        return 6 // file

    results = list(read_ahead([1, 0, 3], [Isolated()], read, int))
    assert isinstance(results[1][1].exception(), ZeroDivisionError)
    assert [result.result() for _, result in (results[0], results[2])] == [6, 2]


def test_reading_pauses_while_results_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_AHEAD", 10)
    begun: list[int] = []

    def read(file: int, _reader: Isolated, _waiting: Callable[[], None]) -> str:
        begun.append(file)
        return "x" * 5

    with closing(read_ahead(range(9), [Isolated()], read, len)) as results:
        next(results)
        wait_until(lambda: begun == [0, 1, 2])
        time.sleep(0.1)
        assert begun == [0, 1, 2], "two results of five characters wait"
        next(results)
        wait_until(lambda: begun == [0, 1, 2, 3])
        assert [file for file, _ in results] == [2, 3, 4, 5, 6, 7, 8]


def test_closing_the_iterator_cancels_the_files_that_are_being_read() -> None:
    begun, cancelled = Event(), Event()

    def read(file: int, _reader: Isolated, waiting: Callable[[], None]) -> int:
        if file == 0:
            return 0
        begun.set()
        try:
            while True:
                waiting()
                time.sleep(0.01)
        except Cancelled:
            cancelled.set()
            raise

    results = read_ahead(range(5), [Isolated()], read, int)
    next(results)
    assert begun.wait(PATIENCE)
    results.close()
    assert cancelled.is_set()


def test_an_exception_while_the_caller_waits_cancels_the_reading() -> None:
    def read(_file: int, _reader: Isolated, waiting: Callable[[], None]) -> int:
        while True:
            waiting()
            time.sleep(0.01)

    def stop() -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled, match="stopped"):
        next(read_ahead([1], [Isolated()], read, int, stop))


def test_two_processes_read_the_files_of_a_folder(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.txt" for number in range(8)]
    for file in files:
        file.write_text(f"The gate {file.stem} was closed on Monday.")
    pids: set[int | None] = set()

    def read(file: Path, reader: Isolated, _waiting: Callable[[], None]) -> str:
        text = reader.load(file).text
        pids.add(reader.pid)
        return text

    with Isolated() as one, Isolated() as other:
        texts = [result.result() for _, result in read_ahead(files, [one, other], read, len)]
    assert texts == [file.read_text() for file in files]
    assert len(pids) == 2
    assert os.getpid() not in pids
