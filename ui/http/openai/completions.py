"""The routes of OpenAI's chat completions and models.

The content is the answer's text with its footnotes below. The extension field ``footnoted`` has the whole
answer of ``POST /v1/chat``. Fields that control a language model, such as ``temperature``, are accepted and
ignored.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from rag.answers import Answer
from rag.events import AnswerDone, CitationMade, Event, Token
from ui.http.access.views import OwnEngine
from ui.http.openai.messages import Message, question_and_history
from ui.http.openai.text import below, mark, sentence, text_of
from ui.http.problems import documented
from ui.http.request_bodies import EVENT, EVENT_STREAM, Text, example
from ui.http.router import Router
from ui.http.streaming import ServerSentEvent, StreamFailed, answer_stream
from ui.warming import until_warm

MODEL = "footnoted"
"""The name of the only model; requests may use any other name."""

ENTRY = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}

MAX_MESSAGES = 1_000


class StreamOptions(BaseModel):
    """The ``stream_options`` of an OpenAI request."""

    model_config = ConfigDict(extra="allow", strict=True)

    include_usage: bool = False


class CompletionRequest(BaseModel):
    """A conversation. The last message with the role ``user`` is the question."""

    model_config = ConfigDict(extra="allow", strict=True) | example(
        model="footnoted", messages=[{"role": "user", "content": "Why did gate 3 of the Maravel Dam fail?"}]
    )

    model: Text = MODEL
    messages: Annotated[list[Message], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool = False
    stream_options: StreamOptions | None = None


def completions_router(at_work: Callable[[], CapacityLimiter]) -> Router:
    """Return the routes of OpenAI's chat completions and models.

    Args:
        at_work: returns the limiter that keeps the server from producing too many answers at the same time.
    """
    router = Router("/v1", tags=["OpenAI"], responses=documented(400, 413, 422, 500))

    @router.get("/models")
    async def models() -> dict[str, Any]:
        """List the models. There is one, `footnoted`."""
        return {"object": "list", "data": [ENTRY]}

    @router.get("/models/{name}", responses=documented(404))
    async def model(name: Text) -> dict[str, Any]:
        """Describe the model `footnoted`, the only one."""
        if name != MODEL:
            raise HTTPException(404, f"there is no model {name!r}; use {MODEL!r}")
        return ENTRY

    @router.post(
        "/chat/completions",
        responses={**documented(503), 200: {"content": {EVENT_STREAM: {"schema": EVENT}}}},
    )
    async def complete(engine: OwnEngine, request: CompletionRequest) -> Response:
        """Return a footnoted answer as a chat completion. The field `footnoted` has the whole answer.

        If a stream fails, its last chunk is `{"error": ...}`, and no chunk has the field `footnoted`.
        """
        question, conversation = question_and_history(request.messages)
        await until_warm(engine)
        if not request.stream:
            answer = await to_thread.run_sync(
                lambda: engine.ask(question, conversation=conversation), limiter=at_work()
            )
            return JSONResponse(completion_of(answer))
        events = engine.stream(question, conversation=conversation)
        usage = request.stream_options is not None and request.stream_options.include_usage
        chunks = _Chunks(usage=usage)
        return await answer_stream(events, chunks.encode, "/v1/chat/completions", at_work())

    return router


def completion_of(answer: Answer) -> dict[str, Any]:
    """Return an answer as a chat completion."""
    message = {"role": "assistant", "content": text_of(answer)}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return {
        **_head(answer.answer_id, "chat.completion"),
        "choices": [choice],
        "usage": _usage(answer),
        "footnoted": answer.as_dict(),
    }


class _Chunks:
    """Encodes one streamed answer as chunks of a chat completion."""

    def __init__(self, *, usage: bool) -> None:
        self._head: dict[str, Any] = _head(f"{time.time_ns():x}", "chat.completion.chunk")
        self._usage = usage
        self._begun = False

    def encode(self, event: Event | StreamFailed) -> Iterator[ServerSentEvent]:
        """Encode one event of the engine as server-sent events.

        A failure becomes an error chunk, which makes OpenAI's clients raise an exception.
        """
        if isinstance(event, StreamFailed):
            status, detail = event.problem["status"], event.problem["detail"]
            error = {"message": detail, "type": "server_error", "param": None, "code": status}
            yield _server_sent({"error": error})
            return
        for chunk in self.chunks(event):
            yield _server_sent(chunk)
        if isinstance(event, AnswerDone):
            yield {"data": "[DONE]"}

    def chunks(self, event: Event) -> Iterator[dict[str, Any]]:
        """Yield the chunks of one event of the engine, as JSON objects."""
        if not self._begun:
            self._begun = True
            yield self._chunk({"role": "assistant", "content": ""})
        match event:
            case Token(text, verdict):
                yield self._chunk({"content": sentence(text, verdict)})
            case CitationMade(citation):
                yield self._chunk({"content": mark(citation)})
            case AnswerDone(answer):
                if rest := below(answer):
                    yield self._chunk({"content": rest})
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


def _server_sent(chunk: dict[str, Any]) -> ServerSentEvent:
    return {"data": json.dumps(chunk, ensure_ascii=False)}
