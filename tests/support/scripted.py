"""A language model that replies according to scripts, and fails as models do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from threading import Event
from typing import Any

import regex
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse, LLMMetadata
from llama_index.core.llms import CustomLLM
from pydantic import PrivateAttr

from rag.llm import LanguageModel, ModelLimits, Prices
from rag.llm.language_model import Circuit

PATIENCE = 30.0
Script = Callable[[Sequence[ChatMessage]], Iterator[Any]]
"""A function from the prompt to the pieces of the reply: text, or a mapping with the server's raw data."""


class ServerError(Exception):
    def __init__(self, status_code: int, message: str = "the server says no") -> None:
        super().__init__(message)
        self.status_code = status_code


class ScriptedLLM(CustomLLM):
    """Replies with its scripts in order, and repeats the last one; ``sent`` has the messages of each call."""

    _scripts: list[Script] = PrivateAttr()
    _sent: list[list[ChatMessage]] = PrivateAttr(default_factory=list)
    _extra: list[dict[str, Any]] = PrivateAttr(default_factory=list)
    _ended: Event = PrivateAttr(default_factory=Event)

    def __init__(self, *scripts: Script) -> None:
        super().__init__()
        self._scripts = list(scripts)

    @property
    def sent(self) -> list[list[ChatMessage]]:
        return self._sent

    @property
    def extra(self) -> list[dict[str, Any]]:
        return self._extra

    @property
    def ended(self) -> Event:
        return self._ended

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="scripted")

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:  # noqa: ANN401
        raise NotImplementedError

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:  # noqa: ANN401
        raise NotImplementedError

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Generator[ChatResponse]:  # noqa: ANN401
        script = self._scripts[min(len(self._sent), len(self._scripts) - 1)]
        self._sent.append(list(messages))
        self._extra.append(kwargs)
        return self._replies(script, messages)

    def _replies(self, script: Script, messages: Sequence[ChatMessage]) -> Generator[ChatResponse]:
        try:
            for piece in script(messages):
                text, raw = ("", piece) if isinstance(piece, Mapping) else (piece, None)
                message = ChatMessage(role="assistant", content=text)
                yield ChatResponse(message=message, delta=text, raw=raw)
        finally:
            self._ended.set()

    def words(self, call: int = -1) -> str:
        return "\n".join(str(message.content) for message in self._sent[call])


def says(*pieces: str | Mapping[str, Any]) -> Script:
    return lambda _: iter(pieces)


def slowly(pieces: Iterable[str], seconds: float) -> Script:
    def script(_: Sequence[ChatMessage]) -> Iterator[str]:
        for piece in pieces:
            time.sleep(seconds)
            yield piece

    return script


def hangs(released: Event, *pieces: str) -> Script:
    """A reply that hangs after its pieces until the test ends."""

    def script(_: Sequence[ChatMessage]) -> Iterator[str]:
        yield from pieces
        released.wait(PATIENCE)

    return script


def fails(error: Exception, *pieces: str) -> Script:
    def script(_: Sequence[ChatMessage]) -> Iterator[str]:
        yield from pieces
        raise error

    return script


def for_ever(piece: str) -> Script:
    def script(_: Sequence[ChatMessage]) -> Iterator[str]:
        while True:
            yield piece

    return script


def cites(*statements: tuple[str, str]) -> Script:
    """A reply with statements that each cite the sentence with a given beginning: ``(words, beginning)``."""
    return lambda messages: iter(
        [f"[{number_of(messages, begins)}] {words}\n" for words, begins in statements]
    )


def as_json(*statements: tuple[str, str]) -> Script:
    """The reply of ``cites`` in the form of the JSON schema, one character at a time."""

    def script(messages: Sequence[ChatMessage]) -> Iterator[str]:
        listed = [{"cites": [number_of(messages, begins)], "text": words} for words, begins in statements]
        return iter(json.dumps({"sentences": listed}))

    return script


def plans(question: str, *searches: str) -> Script:
    """A plan to search for the question, written out, or for ``searches``; in all reports."""
    listed = [{"text": text} for text in searches or (question,)]
    return says(json.dumps({"kind": "answer", "question": question, "searches": listed}))


def obeys(instruction: str, words: str) -> Script:
    """A reply that obeys an instruction in a document: it writes ``words``, and cites the instruction."""
    return cites((words, instruction))


def number_of(messages: Sequence[ChatMessage], begins: str) -> str:
    """The number in front of the words, in the last prompt that has reports."""
    for message in reversed(messages):
        if found := regex.search(rf"\[(\d+\.\d+)\] {regex.escape(begins)}", str(message.content)):
            return found[1]
    raise AssertionError(f"no sentence of the prompt begins with {begins!r}")


def model_of(
    llm: ScriptedLLM,
    *,
    seconds: float = 20.0,
    attempts: int = 1,
    context: int = 16_000,
    prices: Prices | None = None,
    circuit: Circuit | None = None,
) -> LanguageModel:
    limits = ModelLimits(context_tokens=context, reply_tokens=512, seconds=seconds, attempts=attempts)
    return LanguageModel(llm, "scripted", limits, prices=prices, circuit=circuit or Circuit())
