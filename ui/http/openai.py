"""The routes of OpenAI's protocol: chat completions, responses, models, and vector-store search.

A collection is a vector store, a report a file. Fields that control a model, as ``temperature``, are ignored.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from operator import ge, gt, le, lt
from typing import Annotated, Any, Literal

import regex
from anyio import CapacityLimiter, to_thread
from fastapi import HTTPException, Path
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection
from starlette.responses import Response

from index.documents import MAX_COLLECTION_CHARACTERS
from index.library import Library
from index.records import Filters
from index.text import is_row
from rag.answers import Answer, Citation, Verdict, repeated_row, stands_first
from rag.conversations import Conversation, from_turns
from rag.engine import QueryEngine
from rag.events import AnswerDone, CitationMade, Event, NoteMade, Token
from rag.visible_text import readable
from ui.blocks import is_written_row, row_cells
from ui.http.access import OwnEngine
from ui.http.observation import count_queries
from ui.http.problems import documented
from ui.http.request_bodies import EVENT, EVENT_STREAM, MAX_FILTER_VALUES, RequestModel, Text, Words, example
from ui.http.router import Router
from ui.http.streaming import Encode, ServerSentEvent, StreamFailed, answer_stream
from ui.opening import until_warm
from ui.search import Query, batch_response
from ui.words import DOUBTS, MAX_ID, RECOGNISED, date_or_undated, doubt_after, page_words, source_facts

MODEL = "footnoted"  # the name of the only model; requests may use any other name
ENTRY = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}

MAX_MESSAGES = 1_000


def openai_router(at_work: Callable[[], CapacityLimiter], searching: CapacityLimiter) -> Router:
    router = Router("/v1", tags=["OpenAI"], responses=documented(400, 413, 422, 500))
    streamed = {**documented(503), 200: {"content": {EVENT_STREAM: {"schema": EVENT}}}}

    async def answered(
        engine: QueryEngine,
        messages: Sequence[Message],
        whole: Callable[[Answer], dict[str, Any]],
        encode: Encode | None,
        path: str,
    ) -> Response:
        question, conversation = question_and_history(messages)
        await until_warm(engine)
        if encode is not None:
            events = engine.stream(question, conversation=conversation)
            return await answer_stream(events, encode, path, at_work())
        ask = partial(engine.ask, question, conversation=conversation)
        return JSONResponse(whole(await to_thread.run_sync(ask, limiter=at_work())))

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

    @router.post("/chat/completions", responses=streamed)
    async def complete(engine: OwnEngine, request: CompletionRequest) -> Response:
        """Return a footnoted answer as a chat completion. The field `footnoted` has the whole answer.

        If a stream fails, its last chunk is `{"error": ...}`, and no chunk has the field `footnoted`.
        """
        usage = request.stream_options is not None and request.stream_options.include_usage
        encode = _Chunks(usage=usage).encode if request.stream else None
        return await answered(engine, request.messages, completion_of, encode, "/v1/chat/completions")

    @router.post("/responses", responses=streamed)
    async def respond(engine: OwnEngine, request: ResponsesRequest) -> Response:
        """Return a footnoted answer as a response. The field `footnoted` has the whole answer.

        Each footnote is an annotation `file_citation`, whose `index` is the offset of its mark in the text.
        """
        if request.previous_response_id is not None:
            raise HTTPException(422, "previous_response_id: no response is kept; send the turns in input")
        encode = _Events().encode if request.stream else None
        return await answered(engine, request.messages(), response_of, encode, "/v1/responses")

    @router.post("/vector_stores/{collection:path}/search", responses=documented(404, 503))
    async def search(
        engine: OwnEngine,
        collection: Annotated[
            Text,
            Path(
                max_length=MAX_COLLECTION_CHARACTERS,
                description=f"a collection, or `{MODEL}` for all reports",
            ),
        ],
        request: VectorStoreSearch,
        connection: HTTPConnection,
    ) -> dict[str, Any]:
        """Find the passages of a collection that match a query best, best match first.

        With several queries, each counts as a request of its own, and a passage has the score for the query
        that it matches best. `file_id` is the number of a report. `attributes` has the values that filters
        can compare, and the place of the passage in the report's text.
        """
        await count_queries(connection, len(request.queries()))
        await until_warm(engine)
        return await to_thread.run_sync(searched_page, engine.index, collection, request, limiter=searching)

    return router


_MARKUP = regex.compile(r"[\\`*_{}\[\]<>#|~!]")

# An invisible character that parts an address: many clients link bare ones despite Markdown's escapes.
_JOINER = "\N{WORD JOINER}"
# The places at which an address is parted: after the scheme, and before the sign of an e-mail address.
_ADDRESS = regex.compile(r"(?<=/)(?=/)|(?=@)")
# The dots in the name of a host; other clients take a joiner for a part of the name.
_HOST = regex.compile(r"(?<=[\p{L}\p{N}_-])\.(?=\p{L}{2})|(?<=www)\.", regex.IGNORECASE)
_FOOTNOTE = regex.compile(r"^\[\p{N}+\]: .* — .*$\n?", regex.MULTILINE)
_BELOW = regex.compile(
    r"^(?:The sources give different figures: .*\n(?:- .*\n?)*"
    r"|(?:Searched for|Understood as|Not found in these reports): .*\n?)\n*",
    regex.MULTILINE,
)
_ESCAPED = regex.compile(r"\\([\\`*_{}\[\]<>#|~!.])")
_MARK = regex.compile(r"(?: \[\p{N}+\])+(?=\s|$)")


def text_of(answer: Answer) -> str:
    return "".join(text for text, _ in pieces(answer))


def pieces(answer: Answer) -> Iterator[tuple[str, Citation | None]]:
    """Yield each part of an answer's text, with its citation if it is a footnote mark."""
    end = 0
    if answer.note is not None and stands_first(answer.note):
        yield above(answer.note), None
    for each in answer.sentences:
        cited = answer.cited_by(each)
        yield sentence(answer.text[end : each.end], each.verdict, cited), None
        yield from ((mark(one), one) for one in cited)
        end = each.end
    yield escaped(answer.text[end:]) + below(answer), None


def sentence(text: str, verdict: Verdict | None, cited: Sequence[Citation]) -> str:
    """Return a sentence with its leading white space, and a label if its sources do not fully support it.

    Of ``cited``, the first says whether it is a row of a table: a stream knows no other when it sends it.
    """
    gap = text[: len(text) - len(text.lstrip())]
    *head, last = text.lstrip().splitlines() or [""]
    if is_written_row(last):
        # The rows of a model's table, with the last cell open for the marks.
        headings = [f"{_open_row(line)} |" for line in head[:1]]
        rule = [f"|{' --- |' * len(row_cells(last))}"] if head else []
        return gap + "\n".join([*headings, *rule, _open_row(last)]) + doubt_after(verdict)
    row = repeated_row(text, cited[:1])
    return gap + escaped(text if row is None else row.words) + doubt_after(verdict)


def _open_row(row: str) -> str:
    return f"| {' | '.join(map(escaped, row_cells(row)))}"


class _Arriving:
    """The parts of a streamed answer; as :func:`pieces`. A sentence waits for its first footnote."""

    def __init__(self) -> None:
        self._waiting: Token | None = None

    def parts(self, event: Event | StreamFailed) -> Iterator[tuple[str, Citation | None]]:
        token, cited = self._waiting, [event.citation] if isinstance(event, CitationMade) else []
        if token is not None:
            self._waiting = None
            yield sentence(token.text, token.verdict, cited), None
        match event:
            case NoteMade(note):
                yield above(note), None
            case Token():
                self._waiting = event
            case CitationMade(citation):
                yield mark(citation), citation
            case AnswerDone(answer):
                if rest := below(answer):
                    yield rest, None


def escaped(text: str) -> str:
    """Return text of a document or a model on one line, so that Markdown shows it and makes no link of it."""
    words = _MARKUP.sub(r"\\\g<0>", readable(text))
    return _HOST.sub(rf"{_JOINER}\\.", _ADDRESS.sub(_JOINER, words))


def footnotes(citations: Iterable[Citation]) -> str:
    lines: dict[int, str] = {}
    for cited in citations:
        words = f"“{escaped(cited.words)}”"
        if cited.headings is not None:
            caption = [line for line in cited.headings.splitlines() if line.strip() and not is_row(line)]
            words = escaped(": ".join([*caption, cited.words]))
        facts = [
            cited.title,
            *source_facts(
                cited.publisher, cited.author, cited.published, page_words(cited.page, cited.page_label)
            ),
        ]
        facts += [RECOGNISED] if cited.recognised else []
        facts += ["superseded by a newer version"] if cited.superseded_by is not None else []
        source = ", ".join(filter(None, map(escaped, facts)))
        lines[cited.id] = f"[{cited.id}]: {words} — {source}"
    return "\n".join(lines[number] for number in sorted(lines))


def differences(answer: Answer) -> str:
    lines: list[str] = []
    for disagreement in answer.disagreements:
        lines.append(f"The sources give different figures: {escaped(disagreement.about)}")
        for figure in disagreement.figures:
            superseded = ", superseded by a newer version" if figure.superseded else ""
            source = f"{escaped(figure.title)}, {escaped(date_or_undated(figure.published))}{superseded}"
            lines.append(f"- {escaped(figure.value)} [{figure.citation}], {source}")
    return "\n".join(lines)


def without_footnotes(text: str) -> str:
    """Return the plain text of an answer that :func:`text_of` wrote, without marks, footnotes and labels."""
    words = _MARK.sub("", _BELOW.sub("", _FOOTNOTE.sub("", text)))
    for verdict in DOUBTS:
        words = words.replace(doubt_after(verdict), "")
    return _ESCAPED.sub(r"\1", words).replace(_JOINER, "").strip()


def mark(cited: Citation) -> str:
    return f" [{cited.id}]"


def above(note: str) -> str:
    return f"{escaped(note)}\n\n"


def below(answer: Answer) -> str:
    """Return what stands below an answer's sentences, footnotes last; empty if there is nothing."""
    corrected = f"Searched for: {escaped(answer.searched_for)}" if answer.searched_for else ""
    understood = f"Understood as: {escaped(answer.standalone)}" if answer.standalone else ""
    note = escaped(answer.note) if answer.note and not stands_first(answer.note) else ""
    parts = [differences(answer), corrected, understood, note, footnotes(answer.citations)]
    return "".join(f"\n\n{part}" for part in parts if part)


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class ContentPart(_Lenient):
    """A part of a message. Only parts with text are read."""

    type: Text
    text: Text | None = None


class Message(_Lenient):
    """A message of a conversation. System messages are ignored."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[ContentPart] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.text)
        return self.content or ""


def question_and_history(messages: Sequence[Message]) -> tuple[str, Conversation]:
    """Return the last message of the user, and the conversation before it; 422 without such a message."""
    for place in reversed(range(len(messages))):
        if messages[place].role == "user":
            before = [
                (
                    message.role,
                    without_footnotes(message.text) if message.role == "assistant" else message.text,
                )
                for message in messages[:place]
                if message.role in {"user", "assistant"}
            ]
            return messages[place].text, from_turns(before)
    raise HTTPException(422, "messages has no message with the role user; send the question as one")


class StreamOptions(_Lenient):
    """The ``stream_options`` of an OpenAI request."""

    include_usage: bool = False


class CompletionRequest(_Lenient):
    """A conversation. The last message with the role ``user`` is the question."""

    model_config = example(
        model="footnoted", messages=[{"role": "user", "content": "Why did gate 3 of the Maravel Dam fail?"}]
    )

    model: Text = MODEL
    messages: Annotated[list[Message], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool = False
    stream_options: StreamOptions | None = None


def completion_of(answer: Answer) -> dict[str, Any]:
    message = {"role": "assistant", "content": text_of(answer)}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return {
        **_head(answer.answer_id, "chat.completion"),
        "choices": [choice],
        "usage": _usage(answer),
        "footnoted": answer.as_dict(),
    }


class _Chunks:
    def __init__(self, *, usage: bool) -> None:
        self._head: dict[str, Any] = _head(f"{time.time_ns():x}", "chat.completion.chunk")
        self._usage = usage
        self._begun = False
        self._arriving = _Arriving()

    def encode(self, event: Event | StreamFailed) -> Iterator[ServerSentEvent]:
        if not self._begun:
            self._begun = True
            yield self._chunk({"role": "assistant", "content": ""})
        yield from (self._chunk({"content": text}) for text, _ in self._arriving.parts(event))
        match event:
            case AnswerDone(answer):
                yield self._chunk({}, "stop", footnoted=answer.as_dict())
                if self._usage:
                    yield _server_sent({**self._head, "choices": [], "usage": _usage(answer)})
                yield {"data": "[DONE]"}
            case StreamFailed(problem):
                error = {"message": problem["detail"], "type": "server_error"}
                yield _server_sent({"error": {**error, "param": None, "code": problem["status"]}})

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, **more: object) -> ServerSentEvent:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return _server_sent({**self._head, "choices": [choice], **more})


def _head(name: str, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{name}", "object": kind, "created": int(time.time()), "model": MODEL}


def _usage(answer: Answer) -> dict[str, int]:
    sent, written = (int(answer.timings.get(f"{name}_tokens", 0)) for name in ("prompt", "completion"))
    return {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written}


def _server_sent(chunk: dict[str, Any]) -> ServerSentEvent:
    return {"data": json.dumps(chunk, ensure_ascii=False)}


class ResponsesRequest(_Lenient):
    """A question, or a conversation whose last message with the role ``user`` is the question."""

    model_config = example(model="footnoted", input="Why did gate 3 of the Maravel Dam fail?")

    model: Text = MODEL
    input: Text | Annotated[list[Message], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool = False
    previous_response_id: Text | None = None

    def messages(self) -> list[Message]:
        return [Message(role="user", content=self.input)] if isinstance(self.input, str) else self.input


def response_of(answer: Answer) -> dict[str, Any]:
    written = _Written()
    for text, citation in pieces(answer):
        written.add(text, citation)
    return _completed(answer, answer.answer_id, int(time.time()), written)


class _Written:
    def __init__(self) -> None:
        self.text = ""
        self.annotations: list[dict[str, Any]] = []

    def add(self, text: str, citation: Citation | None = None) -> None:
        if citation is not None:
            place = {"type": "file_citation", "index": len(self.text) + 1}
            document = {"file_id": str(citation.document_id), "filename": citation.path}
            self.annotations.append({**place, **document, "footnote": citation.id})
        self.text += text

    def part(self) -> dict[str, Any]:
        annotations = list(self.annotations)
        return {"type": "output_text", "text": self.text, "annotations": annotations, "logprobs": []}


class _Events:
    def __init__(self) -> None:
        self._id = uuid.uuid4().hex
        self._created = int(time.time())
        self._written = _Written()
        self._arriving = _Arriving()
        self._count = 0

    def encode(self, event: Event | StreamFailed) -> Iterator[ServerSentEvent]:
        if self._count == 0:
            yield from self._begin()
        for text, citation in self._arriving.parts(event):
            yield self._delta(text, citation)
            if citation is not None:
                annotations = self._written.annotations
                place = {**self._place(), "annotation_index": len(annotations) - 1}
                yield self._event("output_text.annotation.added", **place, annotation=annotations[-1])
        match event:
            case AnswerDone(answer):
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


MAX_RESULTS = 50
MAX_QUERIES = 20
MAX_CONDITIONS = 50
_VALUE_CHARACTERS = 512  # the maximum number of characters of an attribute, according to OpenAI's description
_ATTRIBUTES = ("kind", "title", "publisher", "published", "language", "collection", "pages", "path")

Amount = Annotated[float, Field(ge=-MAX_ID, le=MAX_ID)]
Value = Text | Amount | bool
Attributes = dict[str, str | float | bool]

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


class ComparisonFilter(RequestModel):
    """Compares an attribute of a report with a value, or with several values."""

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
    key: Text
    value: Value | Annotated[list[Text | Amount], Field(max_length=MAX_FILTER_VALUES)]

    def matches(self, attributes: Attributes) -> bool:
        own = attributes.get(self.key)
        if self.type in {"eq", "ne", "in", "nin"}:
            given = self.value if isinstance(self.value, list) else [self.value]
            return (own in given) is (self.type in {"eq", "in"})
        # ISO dates compare as text, even shortened ones.
        comparable = isinstance(own, str) is isinstance(self.value, str) and own is not None
        return comparable and not isinstance(self.value, list) and _ORDERS[self.type](own, self.value)


class CompoundFilter(RequestModel):
    """Several conditions. With `and`, all of them must hold; with `or`, at least one."""

    type: Literal["and", "or"]
    filters: Annotated[list[ComparisonFilter | CompoundFilter], Field(max_length=MAX_CONDITIONS)]

    def matches(self, attributes: Attributes) -> bool:
        each = (condition.matches(attributes) for condition in self.filters)
        return all(each) if self.type == "and" else any(each)


class RankingOptions(_Lenient):
    """The ranking of results. There is one ranker, so ``ranker`` is ignored."""

    score_threshold: float = Field(default=0.0, ge=0, le=1)


class VectorStoreSearch(_Lenient):
    """A search. The query is never rewritten."""

    model_config = example(
        query="rust in the pin of gate 3",
        max_num_results=3,
        filters={"type": "eq", "key": "kind", "value": "pdf"},
    )

    query: Words | Annotated[list[Words], Field(min_length=1, max_length=MAX_QUERIES)]
    filters: ComparisonFilter | CompoundFilter | None = None
    max_num_results: int = Field(default=10, ge=1, le=MAX_RESULTS)
    ranking_options: RankingOptions = RankingOptions()

    def queries(self) -> list[str]:
        return [self.query] if isinstance(self.query, str) else self.query


def searched_page(index: Library, collection: str, request: VectorStoreSearch) -> dict[str, Any]:
    filters = _filters(index, collection, request.filters)
    limit = request.max_num_results
    queries = [] if filters is None else [Query(words, limit, filters) for words in request.queries()]
    best: dict[tuple[int, int], dict[str, Any]] = {}
    for searched in batch_response(index, queries)["searches"] if queries else ():
        for found in searched["results"]:
            place = found["document_id"], found["start"]
            best[place] = max(found, best.get(place, found), key=_score)
    passing = [each for each in best.values() if _score(each) >= request.ranking_options.score_threshold]
    results = sorted(passing, key=_score, reverse=True)[:limit]
    with index.catalog.reading() as reader:
        records = reader.records({found["document_id"] for found in results})
    attributes = {record.document_id: _attributes(asdict(record)) for record in records}
    return {
        "object": "vector_store.search_results.page",
        "search_query": request.queries(),
        "data": [
            _result(found, attributes[found["document_id"]])
            for found in results
            if found["document_id"] in attributes
        ],
        "has_more": False,
        "next_page": None,
    }


def _filters(
    index: Library, collection: str, condition: ComparisonFilter | CompoundFilter | None
) -> Filters | None:
    """Return the library's filters for a search; None if no report passes ``condition``."""
    own = Filters() if collection == MODEL else Filters(collections=(collection,))
    with index.catalog.reading() as reader:
        if own and not reader.count_documents(own):
            raise HTTPException(
                404, f"no report is in the collection {collection!r}; {MODEL!r} has all of them"
            )
        if condition is None:
            return own
        passing = [row["document_id"] for row in reader.list_rows() if condition.matches(_attributes(row))]
    return replace(own, document_ids=tuple(passing)) if passing else None


def _score(found: Mapping[str, Any]) -> float:
    return float(found["score"])


def _attributes(row: Mapping[str, Any]) -> Attributes:
    known = {"document_id": row["document_id"]} | {name: row[name] for name in _ATTRIBUTES}
    return {
        name: value[:_VALUE_CHARACTERS] if isinstance(value, str) else value
        for name, value in known.items()
        if value is not None
    }


def _result(found: Mapping[str, Any], attributes: Attributes) -> dict[str, Any]:
    place = {
        name: found[name]
        for name in ("version", "page", "page_label", "start", "end")
        if found[name] is not None
    }
    return {
        "file_id": str(found["document_id"]),
        "filename": found["path"],
        "score": found["score"],
        "attributes": {**attributes, **place},
        "content": [{"type": "text", "text": found["text"]}],
    }
