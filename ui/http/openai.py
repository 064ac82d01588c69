"""OpenAI's chat completions, so that programs made for it ask this library unchanged.

The answer comes as text with its footnotes below it, and whole, as ``POST /v1/chat`` gives it, in the
extension field ``footnoted``. Fields that steer a language model (``temperature`` and the like) are taken
and not used.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import ServerSentEvent
from starlette.responses import Response

from rag.answers import Answer, AnswerDone, Citation, CitationMade, Event, Token
from rag.conversations import Conversation, from_turns
from ui.http.openai_footnotes import differences, footnotes, label, safe, without_footnotes
from ui.http.problems import documented
from ui.http.schemas import EVENT, EVENT_STREAM, Text
from ui.http.streaming import Broken, answer_stream

if TYPE_CHECKING:
    from rag.engine import QueryEngine

MODEL = "footnoted"
"""The one model that there is, however a request names it."""

ENTRY = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}

MAX_MESSAGES = 1_000


class ContentPart(BaseModel):
    """A part of a message; only those of text are read."""

    model_config = ConfigDict(extra="allow")

    type: Text
    text: Text | None = None


class CompletionMessage(BaseModel):
    """A message of a conversation. System messages steer a model, and there is nothing here to steer."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[ContentPart] | None = None

    @property
    def words(self) -> str:
        """Its text."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.text)
        return self.content or ""


class StreamOptions(BaseModel):
    """How a stream ends."""

    model_config = ConfigDict(extra="allow")

    include_usage: bool = False


class CompletionRequest(BaseModel):
    """A conversation whose last message of a user is the question."""

    model_config = ConfigDict(extra="allow")

    model: Text = MODEL
    messages: Annotated[list[CompletionMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool = False
    stream_options: StreamOptions | None = None

    def asked(self) -> tuple[str, Conversation]:
        """The question, and what was said before it.

        Raises:
            HTTPException: 422, if no message is a user's.
        """
        for place in reversed(range(len(self.messages))):
            if self.messages[place].role == "user":
                before = [
                    (
                        message.role,
                        without_footnotes(message.words) if message.role == "assistant" else message.words,
                    )
                    for message in self.messages[:place]
                    if message.role in {"user", "assistant"}
                ]
                return self.messages[place].words, from_turns(before)
        raise HTTPException(422, "messages has none of the role user; the last of them is the question")


def completions_router(engine: QueryEngine, at_work: CapacityLimiter) -> APIRouter:
    """The routes of OpenAI's protocol.

    Args:
        engine: answers.
        at_work: how many answers are made at once.
    """
    router = APIRouter(tags=["OpenAI"], responses=documented(400, 413, 422, 500))

    @router.get("/models")
    async def models() -> dict[str, Any]:
        """The one model that there is."""
        return {"object": "list", "data": [ENTRY]}

    @router.get("/models/{name}", responses=documented(404))
    async def model(name: Text) -> dict[str, Any]:
        """The one model that there is."""
        if name != MODEL:
            raise HTTPException(404, f"there is no model {name!r}; the one that there is, is {MODEL!r}")
        return ENTRY

    @router.post("/chat/completions", responses={200: {"content": {EVENT_STREAM: {"schema": EVENT}}}})
    async def complete(request: CompletionRequest) -> Response:
        """A footnoted answer in OpenAI's form; the whole of it is in `footnoted`.

        A stream whose last chunk is `{"error": ...}` ends without the answer.
        """
        question, conversation = request.asked()
        if not request.stream:
            answer = await to_thread.run_sync(
                lambda: engine.ask(question, conversation=conversation), limiter=at_work
            )
            return JSONResponse(completion_of(answer))
        events = engine.stream(question, conversation=conversation)
        usage = request.stream_options is not None and request.stream_options.include_usage
        chunks = _Chunks(usage=usage)
        return await answer_stream(events, chunks.sent, "/v1/chat/completions", at_work, separator="\n")

    return router


def completion_of(answer: Answer) -> dict[str, Any]:
    """A whole answer in OpenAI's form."""
    message = {"role": "assistant", "content": text_of(answer)}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return {
        **_head(answer.answer_id, "chat.completion"),
        "choices": [choice],
        "usage": _usage(answer),
        "footnoted": answer.as_dict(),
    }


def text_of(answer: Answer) -> str:
    """The sentences with their marks, and the footnotes."""
    parts: list[str] = []
    end = 0
    for sentence in answer.sentences:
        gap = answer.text[end : sentence.start]
        parts.append(gap + safe(answer.text[sentence.start : sentence.end]) + label(sentence.verdict))
        parts += [_mark(cited) for cited in answer.cited_by(sentence)]
        end = sentence.end
    return "".join([*parts, safe(answer.text[end:]), _below(answer)])


class _Chunks:
    """The chunks of one streamed answer."""

    def __init__(self, *, usage: bool) -> None:
        self._head: dict[str, Any] = _head(f"{time.time_ns():x}", "chat.completion.chunk")
        self._usage = usage
        self._begun = False

    def sent(self, event: Event | Broken) -> Iterator[ServerSentEvent]:
        """What is sent of one event; OpenAI's clients raise an error of their own where one is sent."""
        if isinstance(event, Broken):
            status, detail = event.problem["status"], event.problem["detail"]
            error = {"message": detail, "type": "server_error", "param": None, "code": status}
            yield _sent({"error": error})
            return
        for chunk in self.chunks(event):
            yield _sent(chunk)
        if isinstance(event, AnswerDone):
            yield ServerSentEvent(data="[DONE]")

    def chunks(self, event: Event) -> Iterator[dict[str, Any]]:
        """What one event comes to."""
        if not self._begun:
            self._begun = True
            yield self._chunk({"role": "assistant", "content": ""})
        match event:
            case Token(text, verdict):
                gap = text[: len(text) - len(text.lstrip())]
                yield self._chunk({"content": gap + safe(text) + label(verdict)})
            case CitationMade(citation):
                yield self._chunk({"content": _mark(citation)})
            case AnswerDone(answer):
                if below := _below(answer):
                    yield self._chunk({"content": below})
                yield {**self._chunk({}, "stop"), "footnoted": answer.as_dict()}
                if self._usage:
                    yield {**self._head, "choices": [], "usage": _usage(answer)}

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return {**self._head, "choices": [choice]}


def _head(name: str, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{name}", "object": kind, "created": int(time.time()), "model": MODEL}


def _usage(answer: Answer) -> dict[str, int]:
    sent, written = (int(answer.timings.get(f"{name}_tokens", 0)) for name in ("prompt", "completion"))
    return {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written}


def _mark(cited: Citation) -> str:
    return f" [{cited.id}]"


def _below(answer: Answer) -> str:
    understood = f"Understood as: {safe(answer.standalone)}" if answer.standalone else ""
    note = safe(answer.note) if answer.note else ""
    parts = [differences(answer), understood, note, footnotes(answer.citations)]
    return "".join(f"\n\n{part}" for part in parts if part)


def _sent(chunk: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(data=json.dumps(chunk, ensure_ascii=False))
