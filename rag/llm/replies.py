"""A reply as it is written, by a thread that whoever reads it need not wait for."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING

from rag.llm.failures import ModelError, in_words

if TYPE_CHECKING:
    from llama_index.core.llms import ChatResponse

Stream = Callable[[], "Iterator[ChatResponse]"]
"""Begins a reply, and gives it in pieces."""

_BYTES_A_TOKEN = 3
"""Of UTF-8, on the safe side: about 4 in English, 3 in Chinese."""


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

    def __init__(self, name: str, prompt_bytes: int, stream: Stream, ends: float) -> None:
        """Have a reply begun.

        Args:
            name: the model's.
            prompt_bytes: the length of what is sent, in UTF-8.
            stream: begins it; called in another thread.
            ends: when it must have come, on the monotonic clock.
        """
        self.usage = Usage(prompt_bytes // _BYTES_A_TOKEN, 0)
        self.is_cut = False
        self._name = name
        self._ends = ends
        self._pieces: queue.SimpleQueue[ChatResponse | Exception | None] = queue.SimpleQueue()
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
                self.is_cut = self.is_cut or _finish(response) in {"length", "max_tokens"}
                written += len((response.delta or "").encode())
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
        try:
            responses = stream()
            with closing(responses):  # type: ignore[type-var]  # llama-index's streams are generators
                for response in responses:
                    if self._abandoned.is_set():
                        break
                    self._pieces.put(response)
        except Exception as error:  # noqa: BLE001 (any client's; it is raised where the reply is read)
            self._pieces.put(error)
        else:
            self._pieces.put(None)

    def _count(self, response: ChatResponse, written: int) -> None:
        from llama_index.core.callbacks.token_counting import get_tokens_from_response

        prompt, completion = get_tokens_from_response(response)
        self.usage = Usage(
            prompt or self.usage.prompt_tokens,
            completion or max(self.usage.completion_tokens, written // _BYTES_A_TOKEN),
        )


def failure(name: str, error: Exception) -> ModelError:
    """An error of a model's client in the terms of this room."""
    return (
        error if isinstance(error, ModelError) else ModelError(f"{name} failed ({in_words(error)})", "error")
    )


def _finish(response: ChatResponse) -> str | None:
    """Why the reply ends, where its client says so."""
    choices = getattr(response.raw, "choices", None)
    if choices:
        return getattr(choices[0], "finish_reason", None)
    raw = response.raw if isinstance(response.raw, dict) else {}
    reason = raw.get("done_reason") or raw.get("stop_reason")
    return str(reason) if reason else None
