"""Reading files in a process of its own, so that a file that hangs or crashes it takes only itself.

PDFs, pages and Office files are read by native code. What that does with a damaged or hostile file cannot
be caught inside the process that it runs in; another process can be ended.
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
from index.text.cutting import Cut, Cutting

_WITHOUT_MEMORY = re.compile(r"bad_alloc|MemoryError|memory alloc|out of memory", re.IGNORECASE)
"""What native libraries say before they give up for want of memory."""

_MOST_SAID = 200
"""Characters of a program's last words in an error."""


__all__ = ["Isolated", "ReaderDiedError"]


class Isolated:
    """Reads files in a process of its own. Safe to share between threads; it reads one file at a time.

    The process is started for the first file and serves the next ones; after a file that ended it there
    is a fresh one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._has_ended = False

    @property
    def pid(self) -> int | None:
        """The number of the process, or None while there is none."""
        child = self._child
        return None if child is None else child.process.pid

    def load(self, path: Path, options: Options = DEFAULTS) -> Document:
        """The document that the file at ``path`` holds, as :func:`index.loaders.load` reads it.

        Raises:
            LoadError: as there; also if the file takes more time or memory than it may, or crashes the
                program that reads it. The last has a ``ReaderDiedError`` as its cause.
        """
        return self.read(path, options)[0]

    def read(
        self,
        path: Path,
        options: Options = DEFAULTS,
        cutting: Cutting | None = None,
        waiting: Callable[[], None] | None = None,
    ) -> tuple[Document, Cut | None]:
        """The same document, cut into passages in that process, too: a long text takes minutes.

        Args:
            path: the file.
            options: how it is to be read.
            cutting: how it is to be cut; None where it is not.
            waiting: called every half a second until it is read; if it raises, the file is given up.

        Raises:
            LoadError: as :meth:`load`.
        """
        request = Request(os.fsencode(path.absolute()), options, cutting=cutting)
        answer = self._ask(path, request, waiting)
        if answer.document is None:
            raise LoadError(path, answer.cause, answer.remedy)
        return answer.document, answer.cut

    def draw_page(self, path: Path, page: int, width: int, options: Options = DEFAULTS) -> bytes:
        """A page of the file at ``path`` as PNG, as :func:`index.loaders.pdf.open.draw_page` draws it.

        Raises:
            LoadError: as there and in :meth:`load`.
        """
        answer = self._ask(path, Request(os.fsencode(path.absolute()), options, page, width))
        if not answer.picture:
            raise LoadError(path, answer.cause, answer.remedy)
        return answer.picture

    def _ask(self, path: Path, request: Request, waiting: Callable[[], None] | None = None) -> Answer:
        limits = request.options.limits
        with self._lock:
            if self._has_ended:
                raise LoadError(path, "was not read: the program for it was stopped", "try again")
            child = self._started(path)
            with ExitStack() as unless_answered:
                unless_answered.callback(self._end)
                try:
                    answer = child.ask(request, waiting)
                except ReaderDiedError as error:
                    raise _died(path, error, limits.seconds) from error
                except MessageError as error:
                    cause = f"made the program that reads it answer what cannot be used ({error})"
                    raise LoadError(path, cause, "do not trust it; save it again") from error
                if not answer.last:
                    unless_answered.pop_all()
        return answer

    def interrupt(self) -> None:
        """Give up the file that another thread has it read, if there is one: that one's ``load`` fails."""
        child = self._child
        if child is not None:
            child.kill()

    def close(self) -> None:
        """End the process, if there is one; the next file would start another."""
        with self._lock:
            self._end()

    def __enter__(self) -> Self:
        self._has_ended = False
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give up the file that is being read, refuse those that wait for it, and end the process."""
        self._has_ended = True
        if self._lock.locked():
            self.interrupt()
        self.close()

    def _started(self, path: Path) -> Child:
        """The process, started if there is none that lives."""
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
                cause = f"was not read: the program for it does not start ({error.strerror or error})"
                raise LoadError(path, cause, remedy) from error
            except (ReaderDiedError, MessageError) as error:
                said = error.said if isinstance(error, ReaderDiedError) else str(error)
                cause = f"was not read: the program for it does not start ({_last_line(said)})"
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
    if _WITHOUT_MEMORY.search(error.said):
        cause = f"needed more memory than it may take ({_last_line(error.said)})"
        return LoadError(path, cause, "split it into parts, or allow more memory")
    if error.code >= 0:
        cause = f"met a mistake of the program that reads it ({_last_line(error.said)})"
        return LoadError(path, cause, "report it together with the file")
    name = signal.strsignal(-error.code) or "unknown"
    if sys.platform != "win32" and -error.code == signal.SIGKILL:
        cause = (
            f"was being read when the system ended the program that reads it (signal {-error.code}, {name})"
        )
        return LoadError(path, cause, "free memory, or split it into parts")
    cause = f"crashed the program that reads it (signal {-error.code}, {name})"
    return LoadError(path, cause, "save it again, or in another format")


def _last_line(said: str) -> str:
    lines: Sequence[str] = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:_MOST_SAID] if lines else "it says nothing of why"
