"""Reads files in several processes at once, ahead of the caller, who takes the results in order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition
from typing import Generic, TypeVar

from index.errors import Cancelled

File = TypeVar("File")
FileReader = TypeVar("FileReader")
Result = TypeVar("Result")

Read = Callable[[File, FileReader, Callable[[], None]], Result]
"""Reads a file with a reader, such as a process that reads files. From time to time it calls its last
argument, which raises an error if the caller no longer needs the result."""

MOST_AHEAD = 5_000_000
"""No reader begins another file while the results that wait for the caller have this many characters."""

_WAIT_SECONDS = 0.5


def read_ahead(
    files: Sequence[File],
    readers: Sequence[FileReader],
    read: Read[File, FileReader, Result],
    size: Callable[[Result], int],
    waiting: Callable[[], None] | None = None,
) -> Generator[tuple[File, Future[Result]]]:
    """Yield each file with a completed future of its result, in the order of ``files``.

    If reading a file raised an error, its future has that error instead of a result. Reading pauses while the
    caller is behind, so that the results take little memory. Closing the iterator cancels the reading.

    Args:
        files: the files.
        readers: the readers, at least one. Each reads one file at a time.
        read: reads a file; several threads call it at once.
        size: returns the size of a result in characters.
        waiting: called every half second while the next result is not ready; if it raises an error, the
            reading is cancelled.
    """
    shelf = _Shelf(files, read, size)
    with ThreadPoolExecutor(len(readers), "read") as threads:
        for reader in readers:
            threads.submit(shelf.fill, reader)
        try:
            for place, file in enumerate(files):
                yield file, shelf.take(place, waiting)
        finally:
            shelf.cancel()


class _Shelf(Generic[File, FileReader, Result]):
    """The results that wait for the caller.

    Threads start to read the files in order, but may finish them in any order.
    """

    def __init__(
        self, files: Sequence[File], read: Read[File, FileReader, Result], size: Callable[[Result], int]
    ) -> None:
        self._files = iter(enumerate(files))
        self._read = read
        self._size = size
        self._results: dict[int, Future[Result]] = {}
        self._held = 0
        self._is_cancelled = False
        self._changed = Condition()

    def fill(self, reader: FileReader) -> None:
        """Read one file after the other until none is left, or until the reading is cancelled."""
        while (item := self._next()) is not None:
            place, file = item
            result: Future[Result] = Future()
            try:
                result.set_result(self._read(file, reader, self._check))
            except BaseException as error:  # noqa: BLE001 (the caller gets it)
                result.set_exception(error)
            with self._changed:
                self._results[place] = result
                self._held += self._size_of(result)
                self._changed.notify_all()

    def take(self, place: int, waiting: Callable[[], None] | None) -> Future[Result]:
        """Wait for the result of a file; remove the result from the shelf, and return it."""
        with self._changed:
            while not self._changed.wait_for(lambda: place in self._results, _WAIT_SECONDS):
                if waiting is not None:
                    waiting()
            result = self._results.pop(place)
            self._held -= self._size_of(result)
            self._changed.notify_all()
        return result

    def cancel(self) -> None:
        with self._changed:
            self._is_cancelled = True
            self._changed.notify_all()

    def _next(self) -> tuple[int, File] | None:
        with self._changed:
            # A thread has always begun the file that the caller takes next, so this wait ends.
            self._changed.wait_for(lambda: self._is_cancelled or self._held < MOST_AHEAD)
            return None if self._is_cancelled else next(self._files, None)

    def _check(self) -> None:
        if self._is_cancelled:
            raise Cancelled("the sync has ended")

    def _size_of(self, result: Future[Result]) -> int:
        return 0 if result.exception() else self._size(result.result())
