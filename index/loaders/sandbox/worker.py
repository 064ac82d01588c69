"""The reading process, which ``Child`` starts: it answers requests until its input ends.

It discards what libraries print. An unexpected error ends it with a traceback, which the parent keeps.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import IO, NamedTuple

from index.errors import LoadError
from index.loaders import content, load
from index.loaders.options import MEGABYTE
from index.loaders.pdf.document import draw_page
from index.loaders.sandbox.protocol import READY, Answer, MessageError, Request, pack, receive, send, unpack
from index.text.languages import detect
from index.text.minhash import signature
from index.text.passages import cut
from index.text.tokens import TokenSpans, token_spans_by

if sys.platform != "win32":
    import resource

_MOST_OF_A_REQUEST = 1 << 28  # bytes, with a tokeniser; the one of a multilingual model has 17 MB
_GRACE_SECONDS = 10.0  # after a file's time limit; the parent ends the process earlier, unless it is dead
_KEPT_SHARE = 0.25  # of a file's memory limit; a process that still holds more afterwards ends itself
_ANY_WORDS = "The council closed the third gate of the dam, and nobody was told before Monday."


def main() -> None:
    requests, answers = _take_over_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C also reaches the parent, which decides
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # each thread reserves memory, and the arrays are small
    if sys.platform != "win32":  # a crash must not write a core dump into the user's folder
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    detect(_ANY_WORDS)  # loads the language model now, so that no file's memory limit includes it
    waiting: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_wait_for, args=(requests, waiting), daemon=True).start()
    send(pack(READY), answers)
    held_at_first = _memory().resident
    token_spans: TokenSpans = _no_tokens
    last = False
    while not last:
        request = unpack(Request, waiting.get())
        if request.cutting is not None and request.cutting.tokenizer:
            from tokenizers import Tokenizer

            token_spans = partial(token_spans_by, Tokenizer.from_str(request.cutting.tokenizer))
            signature(_ANY_WORDS)  # imports the other modules that cutting needs
            held_at_first = _memory().resident  # the tokeniser does not count as memory kept after a file
        answer = _answer(request, token_spans, answers) if request.path else READY
        kept = (_memory().resident - held_at_first) / MEGABYTE
        last = answer.last or kept > _KEPT_SHARE * request.options.limits.memory_megabytes
        _send_answer(replace(answer, last=last), answers)
    # Exit in this way because the thread that waits for requests cannot be stopped.
    os._exit(0)


def _take_over_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Libraries that read standard input or print get the null device instead."""
    # Without buffers, whose locks a thread may hold at the exit, and with ``closefd`` off: the parent kills a
    # process that closes its output, and its exit code would be lost.
    requests = open(os.dup(0), "rb", buffering=0, closefd=False)  # noqa: SIM115
    answers = open(os.dup(1), "wb", buffering=0, closefd=False)  # noqa: SIM115
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return requests, answers


def _wait_for(requests: IO[bytes], waiting: SimpleQueue[bytes]) -> None:
    """Exit at once when the parent ends, even while a file is being read."""
    while (request := receive(requests, _MOST_OF_A_REQUEST)) is not None:
        waiting.put(request)
    os._exit(0)


def _no_tokens(_text: str) -> list[tuple[int, int]]:
    raise AssertionError("a request came without a tokeniser, and none came before it")


def _answer(request: Request, token_spans: TokenSpans, answers: IO[bytes]) -> Answer:
    limits = request.options.limits
    path = Path(os.fsdecode(request.path))
    if request.options.ocr:  # a small file may be a picture of a large page
        memory = limits.memory_megabytes
    else:
        memory = limits.memory_of(path.stat().st_size if path.is_file() else 0)
    _limit_time(limits.seconds + _GRACE_SECONDS)
    _limit_memory(_memory().addressed + memory * MEGABYTE)
    try:
        if request.page:
            data = content(path, limits)
            return Answer(picture=draw_page(data, path, request.page, request.width, request.options))
        document = load(path, request.options)
        cutting = request.cutting
        if cutting is None or not _is_whole(document.text):
            return Answer(document)
        send(pack(READY), answers)
        _limit_time(limits.seconds + _GRACE_SECONDS)
        in_language = replace(document, language=cutting.language or document.language)
        return Answer(document, cut=cut(in_language, token_spans, cutting.max_tokens))
    except LoadError as error:
        return Answer(cause=error.cause, remedy=error.remedy)
    except MemoryError:
        cause = f"needed more than the {memory:,} MB of memory that a file of its size may take"
        return Answer(cause=cause, remedy="split it into parts, or allow more memory", last=True)
    finally:
        _limit_time(0)
        _limit_memory(None)


def _is_whole(text: str) -> bool:
    """Tokenisers refuse a lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _send_answer(answer: Answer, answers: IO[bytes]) -> None:
    try:
        message = pack(answer)
    except MessageError:
        cause = "has half a surrogate pair, which is not a character and cannot be stored"
        message = pack(Answer(cause=cause, remedy="save it again", last=answer.last))
    send(message, answers)


def _limit_time(seconds: float) -> None:
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit_memory(addressed: int | None) -> None:
    if sys.platform == "linux":
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        if addressed is None or (most != resource.RLIM_INFINITY and most < addressed):
            addressed = most
        resource.setrlimit(resource.RLIMIT_AS, (addressed, most))


class _Memory(NamedTuple):
    """In bytes."""

    addressed: int
    resident: int


def _memory() -> _Memory:
    """Zeros outside Linux (proc_pid_statm(5))."""
    if sys.platform != "linux":
        return _Memory(0, 0)
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return _Memory(*(int(count) * resource.getpagesize() for count in pages[:2]))


if __name__ == "__main__":
    main()
