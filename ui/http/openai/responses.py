"""The route ``/v1/responses`` of OpenAI's protocol. Each footnote is an annotation of the response's text.

No response is stored under its id, so a follow-up must send the earlier turns in its ``input``.
Fields that control a language model are accepted and ignored.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from rag.answers import Answer, Citation
from rag.events import AnswerDone, CitationMade, Event, Token
from ui.http.access.views import OwnEngine
from ui.http.openai.completions import MAX_MESSAGES, MODEL
from ui.http.openai.messages import Message, question_and_history
from ui.http.openai.text import below, mark, pieces, sentence
from ui.http.problems import documented
from ui.http.request_bodies import EVENT, EVENT_STREAM, Text, example
from ui.http.router import Router
from ui.http.streaming import ServerSentEvent, StreamFailed, answer_stream
from ui.warming import until_warm


class ResponsesRequest(BaseModel):
    """A question, or a conversation whose last message with the role ``user`` is the question."""

    model_config = ConfigDict(extra="allow", strict=True) | example(
        model="footnoted", input="Why did gate 3 of the Maravel Dam fail?"
    )

    model: Text = MODEL
    input: Text | Annotated[list[Message], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool = False
    previous_response_id: Text | None = None

    def messages(self) -> list[Message]:
        """Return the input as messages."""
        return [Message(role="user", content=self.input)] if isinstance(self.input, str) else self.input


def responses_router(at_work: Callable[[], CapacityLimiter]) -> Router:
    """Return the route ``/v1/responses`` of OpenAI's protocol.

    Args:
        at_work: returns the limiter that keeps the server from producing too many answers at the same time.
    """
    router = Router("/v1", tags=["OpenAI"], responses=documented(400, 413, 422, 500))

    @router.post(
        "/responses",
        responses={**documented(503), 200: {"content": {EVENT_STREAM: {"schema": EVENT}}}},
    )
    async def respond(engine: OwnEngine, request: ResponsesRequest) -> Response:
        """Return a footnoted answer as a response. The field `footnoted` has the whole answer.

        Each footnote is an annotation `file_citation`, whose `index` is the offset of its mark in the text.
        """
        if request.previous_response_id is not None:
            raise HTTPException(422, "previous_response_id: no response is kept; send the turns in input")
        question, conversation = question_and_history(request.messages())
        await until_warm(engine)
        if not request.stream:
            answer = await to_thread.run_sync(
                lambda: engine.ask(question, conversation=conversation), limiter=at_work()
            )
            return JSONResponse(response_of(answer))
        events = engine.stream(question, conversation=conversation)
        return await answer_stream(events, _Events().encode, "/v1/responses", at_work())

    return router


def response_of(answer: Answer) -> dict[str, Any]:
    """Return an answer as a completed response."""
    written = _Written()
    for text, citation in pieces(answer):
        written.add(text, citation)
    return _completed(answer, answer.answer_id, int(time.time()), written)


class _Written:
    """The text of a response that has been written so far, and the annotations of this text."""

    def __init__(self) -> None:
        self.text = ""
        self.annotations: list[dict[str, Any]] = []

    def add(self, text: str, citation: Citation | None = None) -> None:
        """Add text; if ``citation`` is given, the text is its footnote mark."""
        if citation is not None:
            place = {"type": "file_citation", "index": len(self.text) + 1}
            document = {"file_id": str(citation.document_id), "filename": citation.path}
            self.annotations.append({**place, **document, "footnote": citation.id})
        self.text += text

    def part(self) -> dict[str, Any]:
        """Return the text with its annotations, as the content part of the response's message."""
        annotations = list(self.annotations)
        return {"type": "output_text", "text": self.text, "annotations": annotations, "logprobs": []}


class _Events:
    """Encodes one streamed answer as the events of a response."""

    def __init__(self) -> None:
        self._id = uuid.uuid4().hex
        self._created = int(time.time())
        self._written = _Written()
        self._count = 0

    def encode(self, event: Event | StreamFailed) -> Iterator[ServerSentEvent]:
        """Encode one event of the engine as server-sent events of OpenAI's protocol."""
        if self._count == 0:
            yield from self._begin()
        match event:
            case Token(text, verdict):
                yield self._delta(sentence(text, verdict))
            case CitationMade(citation):
                yield self._delta(mark(citation), citation)
                annotations = self._written.annotations
                place = {**self._place(), "annotation_index": len(annotations) - 1}
                yield self._event("output_text.annotation.added", **place, annotation=annotations[-1])
            case AnswerDone(answer):
                if rest := below(answer):
                    yield self._delta(rest)
                yield from self._end(answer)
            case StreamFailed(problem):
                error = {"code": str(problem["status"]), "message": problem["detail"], "param": None}
                yield self._sent("error", {"type": "error", **error})

    def _begin(self) -> Iterator[ServerSentEvent]:
        begun = _response(self._id, self._created, "in_progress", [])
        yield self._event("created", response=begun)
        yield self._event("in_progress", response=begun)
        item = _message(self._id, "in_progress", [])
        yield self._event("output_item.added", output_index=0, item=item)
        yield self._event("content_part.added", **self._place(), part=_Written().part())

    def _delta(self, text: str, citation: Citation | None = None) -> ServerSentEvent:
        self._written.add(text, citation)
        return self._event("output_text.delta", **self._place(), delta=text, logprobs=[])

    def _end(self, answer: Answer) -> Iterator[ServerSentEvent]:
        part = self._written.part()
        yield self._event("output_text.done", **self._place(), text=part["text"], logprobs=[])
        yield self._event("content_part.done", **self._place(), part=part)
        item = _message(self._id, "completed", [part])
        yield self._event("output_item.done", output_index=0, item=item)
        completed = _completed(answer, self._id, self._created, self._written)
        yield self._event("completed", response=completed)

    def _place(self) -> dict[str, Any]:
        return {"item_id": f"msg_{self._id}", "output_index": 0, "content_index": 0}

    def _event(self, name: str, **fields: Any) -> ServerSentEvent:  # noqa: ANN401 (JSON)
        return self._sent(f"response.{name}", {"type": f"response.{name}", **fields})

    def _sent(self, name: str, data: dict[str, Any]) -> ServerSentEvent:
        numbered = {**data, "sequence_number": self._count}
        self._count += 1
        return {"event": name, "data": json.dumps(numbered, ensure_ascii=False)}


def _completed(answer: Answer, unprefixed_id: str, created: int, written: _Written) -> dict[str, Any]:
    sent, made = (int(answer.timings.get(f"{name}_tokens", 0)) for name in ("prompt", "completion"))
    usage = {
        "input_tokens": sent,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": sent + made,
    }
    output = [_message(unprefixed_id, "completed", [written.part()])]
    response = _response(unprefixed_id, created, "completed", output)
    return {**response, "usage": usage, "footnoted": answer.as_dict()}


def _response(unprefixed_id: str, created: int, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    unused = ("error", "incomplete_details", "instructions", "previous_response_id", "temperature", "top_p")
    return {
        "id": f"resp_{unprefixed_id}",
        "object": "response",
        "created_at": created,
        "status": status,
        "model": MODEL,
        "output": output,
        "parallel_tool_calls": False,
        "tool_choice": "none",
        "tools": [],
        "metadata": {},
        **dict.fromkeys(unused),
    }


def _message(unprefixed_id: str, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"msg_{unprefixed_id}",
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": content,
    }
