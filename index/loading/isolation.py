"""Reading files in a process of its own, so that a file that hangs or crashes it takes only itself.

PDFs, pages and Office files are read by native code. What that does with a damaged or hostile file cannot
be caught inside the process that it runs in; another process can be ended.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from index.cutting import Cut, Cutting
from index.documents import Document
from index.loading.errors import LoadError
from index.loading.messages import READY, Answer, MessageError, Request, pack, receive, send, unpack
from index.loading.options import DEFAULTS, Options

_START_SECONDS = 120.0
"""It takes one second on a machine that is idle."""

_END_SECONDS = 5.0
"""How long is waited for the last words of a process that has ended."""

_WITHOUT_MEMORY = re.compile(r"bad_alloc|MemoryError|memory alloc|out of memory", re.IGNORECASE)
"""What native libraries say before they give up for want of memory."""

_MOST_SAID = 200
"""Characters of a program's last words in an error."""

_WAIT_SECONDS = 0.5
_KEPT_PARTS = 16
_PART_BYTES = 4096
_MEGABYTE = 1024 * 1024


class ReaderDiedError(Exception):
    """The process that read a file ended without an answer.

    Attributes:
        code: its exit code; minus the signal's number where one ended it.
        expired: whether it was ended because the file took too long.
        said: the end of what it wrote on standard error, such as a traceback.
    """

    def __init__(self, code: int, said: str, *, expired: bool) -> None:
        super().__init__(f"the process that reads files ended with {code}")
        self.code = code
        self.expired = expired
        self.said = said


class Isolated:
    """Reads files in a process of its own. Safe to share between threads; it reads one file at a time.

    The process is started for the first file and serves the next ones; after a file that ended it there
    is a fresh one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._has_ended = False

    @property
    def pid(self) -> int | None:
        """The number of the process, or None while there is none."""
        child = self._child
        return None if child is None else child.process.pid

    def load(self, path: Path, options: Options = DEFAULTS) -> Document:
        """The document that the file at ``path`` holds, as :func:`index.loading.load` reads it.

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
        """A page of the file at ``path`` as PNG, as :func:`index.loading.pictures.draw_page` draws it.

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

    def _started(self, path: Path) -> _Child:
        """The process, started if there is none that lives."""
        if self._child is not None and self._child.process.poll() is not None:
            self._end()
        if self._child is None:
            remedy = "close other programs, or install Footnoted again"
            try:
                self._child = _Child()
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


class _Child:
    """A process that reads files, its pipes, and the end of what it says on standard error."""

    def __init__(self) -> None:
        # It finds its modules where this process does, wherever it is started; -P keeps the folder that a
        # user stands in from being one more such place.
        paths = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        self.process: subprocess.Popen[bytes] = subprocess.Popen(  # nosec B603 # our own module, no shell
            [sys.executable, "-P", "-m", "index.loading.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},
            process_group=0,  # what it starts itself is ended with it
        )
        self._tokenizer = ""
        self._said: deque[bytes] = deque(maxlen=_KEPT_PARTS)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def wait_until_ready(self) -> None:
        """Wait until it takes requests; raises as ``ask``."""
        self._talk(None, _START_SECONDS, _MEGABYTE)

    def ask(self, request: Request, waiting: Callable[[], None] | None = None) -> Answer:
        """Its answer to ``request``.

        Args:
            request: the request.
            waiting: called every half a second meanwhile, in the caller's thread; if it raises, the process
                is ended.

        Raises:
            ReaderDiedError: if it ends without one, or is ended since the file takes too long.
            MessageError: if it answers with what is no answer, or is longer than its file may take memory.
        """
        if request.cutting is not None:
            self._open(request.cutting)
            request = replace(request, cutting=replace(request.cutting, tokenizer=""))
        talk = partial(self._answer, request)
        if waiting is None:
            return talk()
        with ThreadPoolExecutor(1, "reader") as pool, ExitStack() as unless_over:
            unless_over.callback(self.kill)
            answer = pool.submit(talk)
            while not wait([answer], _WAIT_SECONDS).done:
                waiting()
            unless_over.pop_all()
        return answer.result()

    def _answer(self, request: Request) -> Answer:
        limits = request.options.limits
        seconds, most = limits.seconds, limits.memory_megabytes * _MEGABYTE
        answer = self._talk(pack(request), seconds, most)
        if request.cutting is not None and answer == READY:
            answer = self._talk(None, seconds, most)
        return answer

    def _open(self, cutting: Cutting) -> None:
        """Have it open a tokeniser, if it has another one; the time for that is no file's."""
        if cutting.tokenizer != self._tokenizer:
            self._talk(pack(Request(b"", DEFAULTS, cutting=cutting)), _START_SECONDS, _MEGABYTE)
            self._tokenizer = cutting.tokenizer

    def end(self) -> None:
        """End it, and whatever it has started."""
        self.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):  # what was not sent can no longer be
                _opened(pipe).close()
        self._listener.join(_END_SECONDS)

    def _talk(self, request: bytes | None, seconds: float, most: int) -> Answer:
        self._said.clear()  # what it said of the files before is not about this one
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            self.kill()

        timer = threading.Timer(seconds, expire)
        timer.daemon = True
        timer.start()
        try:
            with suppress(BrokenPipeError):  # then there is no answer either
                if request is not None:
                    send(request, _opened(self.process.stdin))
            answer = receive(_opened(self.process.stdout), most)
        finally:
            timer.cancel()
            timer.join()
        if answer is None or expired.is_set():
            raise self._death(expired=expired.is_set())
        return unpack(Answer, answer)

    def _death(self, *, expired: bool) -> ReaderDiedError:
        # It has closed its output, which the system does for a process whose exit code is settled; should it
        # have done so itself, it is ended.
        self.kill()
        code = self.process.wait()
        self._listener.join(_END_SECONDS)
        return ReaderDiedError(code, b"".join(self._said).decode("utf-8", "replace"), expired=expired)

    def kill(self) -> None:
        """End it at once, whatever it does; who waits for its answer gets none."""
        if self.process.returncode is not None:
            return  # its number may be another's by now
        if sys.platform == "win32":
            self.process.kill()
            return
        # The group may be gone already; macOS says of one that is ending that it is forbidden.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _listen(self) -> None:
        with _opened(self.process.stderr) as pipe:
            while part := os.read(pipe.fileno(), _PART_BYTES):
                self._said.append(part)


def _opened(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise AssertionError("the process was started with pipes")
    return pipe


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
