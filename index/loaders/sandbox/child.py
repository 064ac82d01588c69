"""The parent's side of the reading process: its start, requests, time limits and end."""

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

from index.loaders.options import DEFAULTS, MEGABYTE
from index.loaders.sandbox.protocol import READY, Answer, Request, pack, receive, send, unpack
from index.text.passages import Cutting

_START_SECONDS = 120.0  # it takes one second on an idle machine
_END_SECONDS = 5.0  # for the rest of the standard error of a process that has ended
_WAIT_SECONDS = 0.5
_KEPT_PARTS = 16
_PART_BYTES = 4096


class ReaderDiedError(Exception):
    """The reading process ended without an answer.

    ``code`` is its exit code, or the negative number of the signal that ended it. ``expired`` tells whether
    the parent ended it because the file took too long. ``stderr`` is the end of its standard error.
    """

    def __init__(self, code: int, stderr: str, *, expired: bool) -> None:
        super().__init__(f"the process that reads files ended with {code}")
        self.code = code
        self.expired = expired
        self.stderr = stderr


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

    def ask(self, request: Request, waiting: Callable[[], None] | None = None) -> Answer:
        """Send ``request``, and return the process's answer.

        ``waiting`` is called every half second in the caller's thread; an exception from it ends the process.

        Raises:
            ReaderDiedError: if the process ends without an answer, or the file takes too long.
            MessageError: if the answer is not valid, or is larger than the file's memory limit.
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
        seconds, most = limits.seconds, limits.memory_megabytes * MEGABYTE
        answer = self._talk(pack(request), seconds, most)
        if request.cutting is not None and answer == READY:
            answer = self._talk(None, seconds, most)
        return answer

    def _open(self, cutting: Cutting) -> None:
        """The time for opening a tokeniser does not count towards a file's time limit."""
        if cutting.tokenizer != self._tokenizer:
            self._talk(pack(Request(b"", DEFAULTS, cutting=cutting)), _START_SECONDS, MEGABYTE)
            self._tokenizer = cutting.tokenizer

    def end(self) -> None:
        """Kill the process and its children, wait until it has ended, and close its pipes."""
        self.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):  # a closed pipe cannot flush
                _opened(pipe).close()
        self._listener.join(_END_SECONDS)

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
            raise self._death(expired=expired.is_set())
        return unpack(Answer, answer)

    def _death(self, *, expired: bool) -> ReaderDiedError:
        # The process has exited, or has only closed its output. Kill it in case it is still running.
        self.kill()
        code = self.process.wait()
        self._listener.join(_END_SECONDS)
        return ReaderDiedError(code, b"".join(self._stderr).decode("utf-8", "replace"), expired=expired)

    def kill(self) -> None:
        """Kill the process at once. A thread that waits for its answer gets a ReaderDiedError."""
        if self.process.returncode is not None:
            return  # another process may have its id by now
        if sys.platform == "win32":
            self.process.kill()
            return
        # The group may be gone already. macOS raises PermissionError for a group that is ending.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _listen(self) -> None:
        with _opened(self.process.stderr) as pipe:
            while part := os.read(pipe.fileno(), _PART_BYTES):
                self._stderr.append(part)


def _opened(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise AssertionError("the process was started with pipes")
    return pipe
