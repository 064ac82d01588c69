"""Reads files in a separate process: the parent's side, with its requests, time limits and end.

Native libraries read PDFs, web pages and Office files. If such a library crashes, no exception handler runs,
but a separate process can be replaced.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from index.documents import Document
from index.errors import LoadError
from index.loaders.options import DEFAULTS, Options
from index.loaders.sandbox.child import Child, ReaderDiedError
from index.loaders.sandbox.protocol import Answer, MessageError, Request
from index.text.passages import Cut, Cutting

# In the error messages of libraries that run out of memory.
_WITHOUT_MEMORY = re.compile(r"bad_alloc|MemoryError|memory alloc|out of memory", re.IGNORECASE)
_MAX_MESSAGE_CHARACTERS = 200
__all__ = ["Isolated", "ReaderDiedError"]


class Isolated:
    """Reads files in a separate process. Threads may share this object; it reads one file at a time.

    The process starts with the first file and serves the next ones. If the process ends while it reads a
    file, the next file starts a new process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._has_ended = False

    @property
    def pid(self) -> int | None:
        """The id of the reading process; None while no process runs."""
        child = self._child
        return None if child is None else child.process.pid

    def load(self, path: Path, options: Options = DEFAULTS) -> Document:
        """Read a file as a document, as :func:`index.loaders.load` does.

        Raises:
            LoadError: as that function does; also if the file exceeds its limit of time or memory, or crashes
                the reading process. If the process ended, ``__cause__`` is a ``ReaderDiedError``.
        """
        return self.read(path, options)[0]

    def read(
        self,
        path: Path,
        options: Options = DEFAULTS,
        cutting: Cutting | None = None,
        waiting: Callable[[], None] | None = None,
    ) -> tuple[Document, Cut | None]:
        """Read a file as a document, and cut it into passages if ``cutting`` is given.

        The reading process also cuts the passages because this takes minutes for a long text. ``waiting`` is
        called every half second; an exception from it cancels the reading.

        Raises:
            LoadError: as :meth:`load` does.
        """
        request = Request(os.fsencode(path.absolute()), options, cutting=cutting)
        answer = self._ask(path, request, waiting)
        if answer.document is None:
            raise LoadError(path, answer.cause, answer.remedy)
        return answer.document, answer.cut

    def draw_page(self, path: Path, page: int, width: int, options: Options = DEFAULTS) -> bytes:
        """Draw a page as PNG, as :func:`index.loaders.pdf.document.draw_page` does.

        Raises:
            LoadError: as that function and :meth:`load` do.
        """
        answer = self._ask(path, Request(os.fsencode(path.absolute()), options, page, width))
        if not answer.picture:
            raise LoadError(path, answer.cause, answer.remedy)
        return answer.picture

    def _ask(self, path: Path, request: Request, waiting: Callable[[], None] | None = None) -> Answer:
        limits = request.options.limits
        with self._lock:
            if self._has_ended:
                raise LoadError(path, "was not read: the reading process was stopped", "try again")
            child = self._started(path)
            with ExitStack() as unless_answered:
                unless_answered.callback(self._end)
                try:
                    answer = child.ask(request, waiting)
                except ReaderDiedError as error:
                    raise _died(path, error, limits.seconds) from error
                except MessageError as error:
                    cause = f"made the reading process send an answer that cannot be used ({error})"
                    raise LoadError(path, cause, "do not trust it; save it again") from error
                if not answer.last:
                    unless_answered.pop_all()
        return answer

    def interrupt(self) -> None:
        """Cancel the reading that another thread waits for: that thread's ``load`` raises a LoadError."""
        child = self._child
        if child is not None:
            child.kill()

    def close(self) -> None:
        """End the reading process. Reading another file starts a new one."""
        with self._lock:
            self._end()

    def __enter__(self) -> Self:
        self._has_ended = False
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel the current reading, refuse the waiting requests, and end the process."""
        self._has_ended = True
        if self._lock.locked():
            self.interrupt()
        self.close()

    def _started(self, path: Path) -> Child:
        if self._child is not None and self._child.process.poll() is not None:
            self._end()
        if self._child is None:
            remedy = "close other programs, or install Footnoted again"
            try:
                self._child = Child()
                with ExitStack() as unless_ready:
                    unless_ready.callback(self._end)
                    self._child.wait_until_ready()
                    unless_ready.pop_all()
            except OSError as error:
                cause = f"was not read: the reading process does not start ({error.strerror or error})"
                raise LoadError(path, cause, remedy) from error
            except (ReaderDiedError, MessageError) as error:
                stderr = error.stderr if isinstance(error, ReaderDiedError) else str(error)
                cause = f"was not read: the reading process does not start ({_last_line(stderr)})"
                raise LoadError(path, cause, remedy) from error
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


def _died(path: Path, error: ReaderDiedError, seconds: float) -> LoadError:
    if error.expired:
        cause = f"took more than {seconds:,g} seconds to read"
        return LoadError(path, cause, "split it into parts, or allow more time")
    if _WITHOUT_MEMORY.search(error.stderr):
        cause = f"needed more memory than its limit ({_last_line(error.stderr)})"
        return LoadError(path, cause, "split it into parts, or allow more memory")
    if error.code >= 0:
        cause = f"made the reading process fail ({_last_line(error.stderr)})"
        return LoadError(path, cause, "report this error, with the file if you may share it")
    name = signal.strsignal(-error.code) or "unknown"
    if sys.platform != "win32" and -error.code == signal.SIGKILL:
        cause = f"was being read when the system ended the reading process (signal {-error.code}, {name})"
        return LoadError(path, cause, "free memory, or split it into parts")
    cause = f"crashed the reading process (signal {-error.code}, {name})"
    if -error.code == signal.SIGABRT:
        # PDFium aborts without a message when it gets no more memory.
        cause += ", perhaps for want of memory"
    return LoadError(path, cause, "save it again, or in another format")


def _last_line(text: str) -> str:
    lines: Sequence[str] = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:_MAX_MESSAGE_CHARACTERS] if lines else "no message"
