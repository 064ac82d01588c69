"""A reply as it is written, by a thread that whoever reads it need not wait for."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError
from rag.llm.failures import in_words, is_of_time
from rag.llm.messages import BYTES_A_TOKEN

if TYPE_CHECKING:
    from llama_index.core.llms import ChatResponse
from threading import local
from typing import Protocol

Stream = Callable[[], "Iterator[ChatResponse]"]
"""Begins a reply, and gives it in pieces."""

LetGo = Callable[[], object]
"""Closes the connection of a reply that was left off.

OpenAI's and Anthropic's streams refer to themselves, so that only the garbage collector ends one that was not
read to its end: in any thread, and if that one is just taking a connection of the same client, it waits for
itself for ever. It must be ended at once, where nothing is held.
"""

_MOST_WAITING = 256
"""Pieces that are written before they are read; a model that is faster waits."""

_LOOK_SECONDS = 0.2
"""How often a model that waits looks whether anybody still reads."""

_CUT = frozenset({"length", "max_tokens"})
"""Reasons for the end of a reply that is not whole, in any letter case."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a reply took.

    Attributes:
        prompt_tokens: of what was sent.
        completion_tokens: of what came back.
    """

    prompt_tokens: int
    completion_tokens: int


class Reply:
    """The text of a reply, in pieces as it is written; read once.

    Attributes:
        usage: what it took so far; estimated until its end, and where the model does not say.
        is_cut: whether it ended at the limit of its length.
    """

    def __init__(
        self, name: str, prompt_bytes: int, stream: Stream, ends: float, let_go: LetGo = lambda: None
    ) -> None:
        """Have a reply begun.

        Args:
            name: the model's.
            prompt_bytes: the length of what is sent, in UTF-8.
            stream: begins it; called in another thread.
            ends: when it must have come, on the monotonic clock.
            let_go: called in the same thread after a reply that was left off.
        """
        self.usage = Usage(prompt_bytes // BYTES_A_TOKEN, 0)
        self.is_cut = False
        self._name = name
        self._ends = ends
        self._let_go = let_go
        self._pieces: queue.Queue[ChatResponse | Exception | None] = queue.Queue(_MOST_WAITING)
        self._abandoned = Event()
        # A daemon: a model that hangs must not keep the program from ending.
        Thread(target=self._write, args=(stream,), name="footnoted-reply", daemon=True).start()

    def __iter__(self) -> Iterator[str]:
        """The pieces.

        Raises:
            ModelError: ``timeout``, if the next one does not come in time.
            Exception: what the model's client raises.
        """
        written = 0
        try:
            while (response := self._next()) is not None:
                self.is_cut = self.is_cut or _finish(response.raw) in _CUT
                written += len((response.delta or "").encode("utf-8", "replace"))
                self._count(response, written)
                if response.delta:
                    yield response.delta
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Have no more of it written, as soon as its client comes back with a piece."""
        self._abandoned.set()

    def _next(self) -> ChatResponse | None:
        try:
            item = self._pieces.get(timeout=max(self._ends - time.monotonic(), 0.001))
        except queue.Empty:
            raise ModelError(f"{self._name} did not finish its answer in time", "timeout") from None
        if isinstance(item, Exception):
            raise item
        if time.monotonic() > self._ends:
            raise ModelError(f"{self._name} did not finish its answer in time", "timeout")
        return item

    def _write(self, stream: Stream) -> None:
        is_whole = False
        try:
            is_whole = self._hand_on(stream())
        except Exception as error:  # noqa: BLE001 (any client's; it is raised where the reply is read)
            self._put(error)
        else:
            self._put(None)
        finally:
            if not is_whole:
                self._let_go()

    def _hand_on(self, responses: Iterator[ChatResponse]) -> bool:
        """Hand on what comes; whether it came to its end."""
        try:
            return all(map(self._put, responses))
        finally:
            # A generator lets go of its connection here; other iterators have nothing to close.
            getattr(responses, "close", lambda: None)()

    def _put(self, item: ChatResponse | Exception | None) -> bool:
        """Hand on what came; whether anybody still wants it."""
        while not self._abandoned.is_set() and time.monotonic() < self._ends:
            try:
                self._pieces.put(item, timeout=_LOOK_SECONDS)
            except queue.Full:
                continue
            return True
        return False

    def _count(self, response: ChatResponse, written: int) -> None:
        from llama_index.core.callbacks.token_counting import get_tokens_from_response

        try:
            prompt, completion = get_tokens_from_response(response)
        except (TypeError, ValueError, AttributeError):
            # The client hands on something else than what llama-index counts in: no reason to lose a reply.
            prompt = completion = 0
        self.usage = Usage(
            prompt or self.usage.prompt_tokens,
            completion or max(self.usage.completion_tokens, written // BYTES_A_TOKEN),
        )


def failure(name: str, error: Exception, secret: str | None = None) -> ModelError:
    """An error of a model's client in the terms of this room.

    Args:
        name: the model's.
        error: what its client raised.
        secret: what must not stand in the message.
    """
    if is_of_time(error):
        return ModelError(f"{name} did not answer in time", "timeout")
    return ModelError(f"{name} failed ({in_words(error, secret)})", "error")


def _finish(raw: object) -> str | None:
    """Why the reply ends, where its client says so: OpenAI's, Ollama's and Anthropic's each in its place."""
    choices = _field(raw, "choices")
    if isinstance(choices, list) and choices:
        raw = choices[0]
    for place in (raw, _field(raw, "delta")):
        for name in ("finish_reason", "done_reason", "stop_reason"):
            if reason := _field(place, name):
                return str(getattr(reason, "name", reason)).casefold()
    return None


def _field(raw: object, name: str) -> Any:  # noqa: ANN401 (any client's)
    return raw.get(name) if isinstance(raw, dict) else getattr(raw, name, None)


class Closable(Protocol):
    """What an HTTP client hands out while a response is being read."""

    def close(self) -> None:
        """Let go of its connection; nothing happens the second time."""
        ...


class OpenResponses:
    """The last response of each thread. Safe to share between threads: none sees another's."""

    def __init__(self) -> None:
        self._own = local()

    def note(self, response: Closable) -> None:
        """Remember a response, in the thread that asked for it."""
        self._own.response = response

    def close(self) -> None:
        """Close this thread's response, if it has one."""
        response: Closable | None = self._own.__dict__.pop("response", None)
        if response is not None:
            response.close()
