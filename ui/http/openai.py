"""The routes of OpenAI's chat completions, so that its clients can ask this library without changes.

The content is the answer's text with its footnotes below. The extension field ``footnoted`` has the whole
answer of ``POST /v1/chat``. Fields that control a language model, such as ``temperature``, are accepted and
ignored.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, Literal

import regex
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from rag.answers import Answer, Citation, StatedFigure
from rag.conversations import Conversation, from_turns
from rag.events import AnswerDone, CitationMade, Event, Token
from rag.visible_text import visible
from ui.http.access.views import OwnEngine
from ui.http.problems import documented
from ui.http.request_bodies import EVENT, EVENT_STREAM, Text
from ui.http.streaming import ServerSentEvent, StreamFailed, answer_stream
from ui.warming import until_warm
from ui.words import DOUBTS, RECOGNISED, date_or_undated, doubt_after, source_facts

MODEL = "footnoted"
"""The name of the only model; requests may use any other name."""

ENTRY = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}

MAX_MESSAGES = 1_000

_MARKUP = regex.compile(r"[\\`*_{}\[\]<>#|~!]")
"""Characters that can be Markdown."""

_FOOTNOTE = regex.compile(r"^\[\p{N}+\]: .*“.*$\n?", regex.MULTILINE)
_BELOW = regex.compile(
    r"^(?:The sources give different figures: .*\n(?:- .*\n?)*|(?:Searched for|Understood as): .*\n?)\n*",
    regex.MULTILINE,
)
_ESCAPED = regex.compile(r"\\([\\`*_{}\[\]<>#|~!])")
_MARK = regex.compile(r"(?: \[\p{N}+\])+(?=\s|$)")


class ContentPart(BaseModel):
    """A part of a message. Only parts with text are read."""

    model_config = ConfigDict(extra="allow")

    type: Text
    text: Text | None = None


class CompletionMessage(BaseModel):
    """A message of a conversation. System messages are ignored."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[ContentPart] | None = None

    @property
    def text(self) -> str:
        """The text of the message."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.text)
        return self.content or ""


class StreamOptions(BaseModel):
    """The ``stream_options`` of an OpenAI request."""

    model_config = ConfigDict(extra="allow")

    include_usage: bool = False


class CompletionRequest(BaseModel):
    """A conversation. The last message with the role ``user`` is the question."""

    model_config = ConfigDict(extra="allow")

    model: Text = MODEL
    messages: Annotated[list[CompletionMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool = False
    stream_options: StreamOptions | None = None

    def question_and_history(self) -> tuple[str, Conversation]:
        """The question, and the conversation before it.

        Raises:
            HTTPException: 422 if no message has the role ``user``.
        """
        for place in reversed(range(len(self.messages))):
            if self.messages[place].role == "user":
                before = [
                    (
                        message.role,
                        without_footnotes(message.text) if message.role == "assistant" else message.text,
                    )
                    for message in self.messages[:place]
                    if message.role in {"user", "assistant"}
                ]
                return self.messages[place].text, from_turns(before)
        raise HTTPException(422, "messages has no message with the role user; send the question as one")


def completions_router(at_work: Callable[[], CapacityLimiter]) -> APIRouter:
    """The routes of OpenAI's protocol.

    Args:
        at_work: returns the limiter of the number of answers that are produced at the same time.
    """
    router = APIRouter(tags=["OpenAI"], responses=documented(400, 413, 422, 500))

    @router.get("/models")
    async def models() -> dict[str, Any]:
        """List the only model."""
        return {"object": "list", "data": [ENTRY]}

    @router.get("/models/{name}", responses=documented(404))
    async def model(name: Text) -> dict[str, Any]:
        """Describe the only model."""
        if name != MODEL:
            raise HTTPException(404, f"there is no model {name!r}; use {MODEL!r}")
        return ENTRY

    @router.post(
        "/chat/completions",
        responses={**documented(503), 200: {"content": {EVENT_STREAM: {"schema": EVENT}}}},
    )
    async def complete(engine: OwnEngine, request: CompletionRequest) -> Response:
        """A footnoted answer as a chat completion. The field `footnoted` has the whole answer.

        A stream that fails ends with the chunk `{"error": ...}` instead of the answer.
        """
        question, conversation = request.question_and_history()
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
    """An answer as a chat completion."""
    message = {"role": "assistant", "content": text_of(answer)}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return {
        **_head(answer.answer_id, "chat.completion"),
        "choices": [choice],
        "usage": _usage(answer),
        "footnoted": answer.as_dict(),
    }


def text_of(answer: Answer) -> str:
    """An answer as text: sentences with footnote marks, then all that is below them, with the footnotes."""
    parts: list[str] = []
    end = 0
    for sentence in answer.sentences:
        gap = answer.text[end : sentence.start]
        parts.append(
            gap + escaped(answer.text[sentence.start : sentence.end]) + doubt_after(sentence.verdict)
        )
        parts += [_mark(cited) for cited in answer.cited_by(sentence)]
        end = sentence.end
    return "".join([*parts, escaped(answer.text[end:]), _below(answer)])


def escaped(text: str) -> str:
    """Text of a document or a model on one line, with its Markdown characters escaped for chat clients."""
    return _MARKUP.sub(r"\\\g<0>", visible(text))


def footnotes(citations: Iterable[Citation]) -> str:
    """The footnotes in the order of their numbers, one line each: the quote and its source."""
    lines = {
        cited.id: f"[{cited.id}]: {_headings(cited)}“{escaped(cited.quote)}” — {_source(cited)}"
        for cited in citations
    }
    return "\n".join(lines[number] for number in sorted(lines))


def differences(answer: Answer) -> str:
    """The figures on which sources disagree, one line for each, in the order of the answer."""
    lines: list[str] = []
    for disagreement in answer.disagreements:
        lines.append(f"The sources give different figures: {escaped(disagreement.about)}")
        lines += [
            f"- {escaped(figure.value)} [{figure.citation}], {_figure_source(figure)}"
            for figure in disagreement.figures
        ]
    return "\n".join(lines)


def without_footnotes(text: str) -> str:
    """The plain text of an answer that :func:`text_of` wrote, without marks, footnotes and labels."""
    words = _MARK.sub("", _BELOW.sub("", _FOOTNOTE.sub("", text)))
    for verdict in DOUBTS:
        words = words.replace(doubt_after(verdict), "")
    return _ESCAPED.sub(r"\1", words).strip()


def _headings(cited: Citation) -> str:
    """The headings above a cited table row; empty for other citations."""
    return f"{escaped(cited.headings)}: " if cited.headings else ""


def _figure_source(figure: StatedFigure) -> str:
    superseded = ", superseded by a newer version" if figure.superseded else ""
    return f"{escaped(figure.title)}, {escaped(date_or_undated(figure.published))}{superseded}"


def _source(cited: Citation) -> str:
    facts = [cited.title, *source_facts(cited.publisher, cited.author, cited.published, cited.page)]
    facts += [RECOGNISED] if cited.recognised else []
    facts += ["superseded by a newer version"] if cited.superseded_by is not None else []
    return ", ".join(filter(None, map(escaped, facts)))


class _Chunks:
    """Encodes one streamed answer as chunks of a chat completion."""

    def __init__(self, *, usage: bool) -> None:
        self._head: dict[str, Any] = _head(f"{time.time_ns():x}", "chat.completion.chunk")
        self._usage = usage
        self._begun = False

    def encode(self, event: Event | StreamFailed) -> Iterator[ServerSentEvent]:
        """Encode one event. OpenAI's clients raise an exception when they receive an error chunk."""
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
        """The chunks of one event."""
        if not self._begun:
            self._begun = True
            yield self._chunk({"role": "assistant", "content": ""})
        match event:
            case Token(text, verdict):
                gap = text[: len(text) - len(text.lstrip())]
                yield self._chunk({"content": gap + escaped(text) + doubt_after(verdict)})
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
    """The part of an answer below its sentences: disagreements, the searched question, note, footnotes."""
    corrected = f"Searched for: {escaped(answer.searched_for)}" if answer.searched_for else ""
    understood = f"Understood as: {escaped(answer.standalone)}" if answer.standalone else ""
    note = escaped(answer.note) if answer.note else ""
    parts = [differences(answer), corrected, understood, note, footnotes(answer.citations)]
    return "".join(f"\n\n{part}" for part in parts if part)


def _server_sent(chunk: dict[str, Any]) -> ServerSentEvent:
    return {"data": json.dumps(chunk, ensure_ascii=False)}
