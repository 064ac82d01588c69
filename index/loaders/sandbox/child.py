"""The process that reads files, as its parent has it: its pipes, its answers and its end."""

from __future__ import annotations

import os
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
from typing import IO

from index.loaders.options import DEFAULTS
from index.loaders.sandbox.protocol import READY, Answer, Request, pack, receive, send, unpack
from index.text.cutting import Cutting

_START_SECONDS = 120.0
"""It takes one second on a machine that is idle."""

_END_SECONDS = 5.0
"""How long is waited for the last words of a process that has ended."""

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


class Child:
    """A process that reads files, its pipes, and the end of what it says on standard error."""

    def __init__(self) -> None:
        # It finds its modules where this process does, wherever it is started; -P keeps the folder that a
        # user stands in from being one more such place.
        paths = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        self.process: subprocess.Popen[bytes] = subprocess.Popen(  # nosec B603 # our own module, no shell
            [sys.executable, "-P", "-m", "index.loaders.sandbox.worker"],
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
