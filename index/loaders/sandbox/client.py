"""Reads files in a separate process: native libraries may crash, and no exception handler then runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Self

from index.documents import Document
from index.errors import LoadError
from index.loaders.options import DEFAULTS, MEGABYTE, Options
from index.loaders.sandbox.protocol import READY, Answer, MessageError, Request, pack, receive, send, unpack
from index.text.passages import Cut, Cutting

_START_SECONDS = 120.0  # it takes one second on an idle machine
_END_SECONDS = 5.0  # for the rest of the standard error of a process that has ended
_WAIT_SECONDS = 0.5
_KEPT_PARTS = 16
_PART_BYTES = 4096
_MAX_MESSAGE_CHARACTERS = 200
# In the error messages of libraries that run out of memory.
_WITHOUT_MEMORY = re.compile(r"bad_alloc|MemoryError|memory alloc|out of memory", re.IGNORECASE)


class ReaderDiedError(Exception):
    """``code`` is the exit code, or minus a signal; ``expired`` if the parent ended a slow process."""

    def __init__(self, code: int, stderr: str, *, expired: bool) -> None:
        super().__init__(f"the process that reads files ended with {code}")
        self.code = code
        self.expired = expired
        self.stderr = stderr


class Isolated:
    """Threads may share it; it reads one file at a time. After a crash, the next file starts a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._has_ended = False

    @property
    def pid(self) -> int | None:
        """None while no process runs."""
        child = self._child
        return None if child is None else child.process.pid

    def load(self, path: Path, options: Options = DEFAULTS) -> Document:
        """After a crash, the LoadError's ``__cause__`` is a ReaderDiedError."""
        return self.read(path, options)[0]

    def read(
        self,
        path: Path,
        options: Options = DEFAULTS,
        cutting: Cutting | None = None,
        waiting: Callable[[], None] | None = None,
    ) -> tuple[Document, Cut | None]:
        """Also cut it, which takes minutes. ``waiting`` runs every half second; its error cancels."""
        request = Request(os.fsencode(path.absolute()), options, cutting=cutting)
        answer = self._ask(path, request, waiting)
        if answer.document is None:
            raise LoadError(path, answer.cause, answer.remedy)
        return answer.document, answer.cut

    def draw_page(self, path: Path, page: int, width: int, options: Options = DEFAULTS) -> bytes:
        """A PNG. Raises LoadError."""
        answer = self._ask(path, Request(os.fsencode(path.absolute()), options, page, width))
        if not answer.picture:
            raise LoadError(path, answer.cause, answer.remedy)
        return answer.picture

    def interrupt(self) -> None:
        """The thread that waits gets a LoadError."""
        child = self._child
        if child is not None:
            child.kill()

    def close(self) -> None:
        """Reading another file starts a new process."""
        with self._lock:
            self._end()

    def __enter__(self) -> Self:
        self._has_ended = False
        return self

    def __exit__(self, *_: object) -> None:
        """Also refuse the requests that wait."""
        self._has_ended = True
        if self._lock.locked():
            self.interrupt()
        self.close()

    def _ask(self, path: Path, request: Request, waiting: Callable[[], None] | None = None) -> Answer:
        with self._lock:
            if self._has_ended:
                raise LoadError(path, "was not read: the reading process was stopped", "try again")
            child = self._started(path)
            with ExitStack() as unless_answered:
                unless_answered.callback(self._end)
                try:
                    answer = child.ask(request, waiting)
                except ReaderDiedError as error:
                    raise _died(path, error, request.options.limits.seconds) from error
                except MessageError as error:
                    cause = f"made the reading process send an answer that cannot be used ({error})"
                    raise LoadError(path, cause, "do not trust it; save it again") from error
                if not answer.last:
                    unless_answered.pop_all()
        return answer

    def _started(self, path: Path) -> Child:
        if self._child is not None and self._child.process.poll() is not None:
            self._end()
        if self._child is None:
            try:
                self._child = Child()
                with ExitStack() as unless_ready:
                    unless_ready.callback(self._end)
                    self._child.wait_until_ready()
                    unless_ready.pop_all()
            except (OSError, ReaderDiedError, MessageError) as error:
                match error:
                    case OSError():
                        why = str(error.strerror or error)
                    case ReaderDiedError():
                        why = _last_line(error.stderr)
                    case _:
                        why = _last_line(str(error))
                cause = f"was not read: the reading process does not start ({why})"
                raise LoadError(path, cause, "close other programs, or install Footnoted again") from error
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
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:_MAX_MESSAGE_CHARACTERS] if lines else "no message"


class Child:
    def __init__(self) -> None:
        # The process has no use for the settings, some of which are passwords.
        rest = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTED_")}
        # The process imports from the same folders as this one; -P removes the current folder from them.
        paths = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        self.process: subprocess.Popen[bytes] = subprocess.Popen(  # nosec B603 # our own module, no shell
            [sys.executable, "-P", "-m", "index.loaders.sandbox.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**rest, "PYTHONPATH": paths},
            process_group=0,  # so that the processes that it starts end with it
        )
        self._tokenizer = ""
        self._stderr: deque[bytes] = deque(maxlen=_KEPT_PARTS)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def wait_until_ready(self) -> None:
        self._talk(None, _START_SECONDS, MEGABYTE)

    def ask(self, request: Request, waiting: Callable[[], None] | None) -> Answer:
        """Raises ReaderDiedError without an answer in time, MessageError for one that is not valid."""
        cutting = request.cutting
        if cutting is not None:
            if cutting.tokenizer != self._tokenizer:  # its time does not count towards a file's limit
                self._talk(pack(Request(b"", DEFAULTS, cutting=cutting)), _START_SECONDS, MEGABYTE)
                self._tokenizer = cutting.tokenizer
            request = replace(request, cutting=replace(cutting, tokenizer=""))
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

    def kill(self) -> None:
        """A thread that waits for its answer gets a ReaderDiedError."""
        if self.process.returncode is not None:
            return  # another process may have its id by now
        if sys.platform == "win32":
            self.process.kill()
            return
        # The group may be gone already. macOS raises PermissionError for a group that is ending.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Also kill its children, wait for its end, and close its pipes."""
        self.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):  # a closed pipe cannot flush
                _opened(pipe).close()
        self._listener.join(_END_SECONDS)

    def _answer(self, request: Request) -> Answer:
        limits = request.options.limits
        seconds, most = limits.seconds, limits.memory_megabytes * MEGABYTE
        answer = self._talk(pack(request), seconds, most)
        if request.cutting is not None and answer == READY:
            answer = self._talk(None, seconds, most)
        return answer

    def _talk(self, request: bytes | None, seconds: float, most: int) -> Answer:
        self._stderr.clear()  # drop messages about earlier files
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            self.kill()

        timer = threading.Timer(seconds, expire)
        timer.daemon = True
        timer.start()
        try:
            with suppress(BrokenPipeError):  # ``receive`` then returns None
                if request is not None:
                    send(request, _opened(self.process.stdin))
            answer = receive(_opened(self.process.stdout), most)
        finally:
            timer.cancel()
            timer.join()
        if answer is None or expired.is_set():
            self.kill()  # it may have only closed its output, and still run
            code = self.process.wait()
            self._listener.join(_END_SECONDS)
            stderr = b"".join(self._stderr).decode("utf-8", "replace")
            raise ReaderDiedError(code, stderr, expired=expired.is_set())
        return unpack(Answer, answer)

    def _listen(self) -> None:
        with _opened(self.process.stderr) as pipe:
            while part := os.read(pipe.fileno(), _PART_BYTES):
                self._stderr.append(part)


def _opened(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise AssertionError("the process was started with pipes")
    return pipe
