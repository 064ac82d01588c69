"""The HTTP interface to questions: search, footnoted answers, and what people say of them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import JSONResponse
from sse_starlette import ServerSentEvent
from starlette.responses import Response

from index.documents import Span
from index.library import NO_FILTERS, Library
from index.records import Filters
from index.search import Hit, Snapshot
from rag.answers import Answer
from rag.conversations import (
    Feedback,
    append_feedback,
    cited_evidence,
    evidence_in,
    follow,
    kept_answer,
    load,
)
from rag.errors import OtherConversationError, QuestionError, SpanError
from rag.events import AnswerDone, CitationMade, Event, PassagesFound, QuestionRewritten, Token
from rag.finding import load_weights, measure, rank, read
from rag.llm import AT_ONCE
from rag.questions import Question, understand
from ui.http.openai import completions_router
from ui.http.problems import documented
from ui.http.schemas import EVENT, EVENT_STREAM, ChatRequest, FeedbackRequest, SearchRequest
from ui.http.streaming import Broken, answer_stream

if TYPE_CHECKING:
    from rag.engine import QueryEngine

SentenceScores = Mapping[tuple[int, Span], float]
"""Scores of sentences by their document's number and their span."""


def api_router(index: Library, engine: QueryEngine) -> APIRouter:
    """The routes under ``/v1`` that take questions to one library."""
    router = APIRouter(prefix="/v1", responses=documented(400, 413, 422, 500))
    # More at once would answer none sooner: Python runs one at a time, and who indexes would wait for all.
    at_work = CapacityLimiter(os.cpu_count() or 1)
    # Whose language model writes, waits for it most of the time.
    answering = at_work if engine.writer is None else CapacityLimiter(AT_ONCE)
    router.include_router(completions_router(engine, answering))

    @router.post("/search", tags=["questions"])
    async def search(request: SearchRequest) -> dict[str, Any]:
        """The passages nearest to a query, best first."""
        await to_thread.run_sync(embed, index, request.query)
        return await to_thread.run_sync(
            search_response, index, request.query, request.limit, request.in_index(), limiter=at_work
        )

    @router.post(
        "/chat",
        tags=["questions"],
        responses={
            **documented(404),
            200: {"model": Answer, "content": {EVENT_STREAM: {"schema": EVENT}}},
        },
    )
    async def chat(request: ChatRequest, accept: Annotated[str, Header()] = "") -> Response:
        """A footnoted answer, or an abstention with its reasons.

        A follow-up names the `conversation_id` of the answer before it, or sends what was said as `history`.
        A question that is asked again, or in other words, names the answer that it `replaces`.
        With `stream: true`, or `Accept: text/event-stream`, the same comes as server-sent events:
        `rewritten` (of a follow-up), `passages`, then `token` and `citation`, and last `answer`, which equals
        the answer that is returned without streaming. A stream that ends without it has `error` as its last
        event, whose data is a problem document: the engine failed, or the server stops.
        """
        filters = request.in_index()
        said = [(turn.role, turn.content) for turn in request.history]
        try:
            conversation = await to_thread.run_sync(
                follow, index, request.conversation_id, said, request.replaces
            )
        except OtherConversationError as error:
            raise HTTPException(422, str(error)) from error
        if request.stream or EVENT_STREAM in accept:
            events = engine.stream(request.question, filters, conversation)
            return await answer_stream(events, _server_sent, "/v1/chat", answering)
        await to_thread.run_sync(embed, index, request.question)
        answer = await to_thread.run_sync(
            engine.ask, request.question, filters, conversation, limiter=answering
        )
        return JSONResponse(answer.as_dict())

    @router.post("/feedback", tags=["questions"], status_code=201, responses=documented(404, 507))
    async def feedback(request: FeedbackRequest) -> dict[str, Any]:
        """Keep what a person says of an answer, for `footnoted eval --from-feedback`."""
        return await to_thread.run_sync(feedback_response, index, request)

    return router


def embed(index: Library, text: str) -> None:
    """Have a question embedded together with those that others ask; it is remembered for who searches.

    A text that cannot be asked is left to whoever reads it.
    """
    with suppress(QuestionError):
        index.encoder.encode_query(understand(text).text)


def search_response(
    index: Library, query: str, limit: int = 10, filters: Filters = NO_FILTERS
) -> dict[str, Any]:
    """What ``POST /v1/search`` answers: the passages nearest to ``query``, best first.

    Raises:
        QuestionError: if the query is empty or too long.
    """
    began = time.perf_counter()
    question = understand(query)
    with index.snapshot() as snapshot:
        hits = snapshot.search(question.text, limit, filters)
        scores = sentence_scores(snapshot, question, hits)
    return {
        "query": question.text,
        "results": [result_of(hit, scores) for hit in hits],
        "took_ms": round((time.perf_counter() - began) * 1000, 1),
        "generation": snapshot.generation,
    }


def sentence_scores(index: Snapshot, question: Question, hits: Sequence[Hit]) -> SentenceScores:
    """The probability, 0 to 1, that each sentence of the hits answers, as the selection of answers has it.

    A document's title, where its text repeats it, is no sentence that answers, and has none.
    """
    candidates = measure(index, question, read(index, hits, widen_by=0))
    return {
        (scored.candidate.reading.document.document_id, scored.candidate.sentence.span): scored.score
        for scored in rank(candidates, load_weights())
    }


def feedback_response(index: Library, request: FeedbackRequest) -> dict[str, Any]:
    """What ``POST /v1/feedback`` answers: the feedback as it was kept, less the server's folders.

    Where an answer is called right, and nothing else is said to answer, what it cites is the evidence.

    Raises:
        AnswerNotFoundError: if the library does not keep the answer that is judged.
        DocumentNotFoundError: if evidence names a document or version that the library does not have.
        HTTPException: 422, if evidence lies outside its document.
    """
    try:
        evidence = tuple(
            evidence_in(index, item.document_id, item.version, item.start, item.end)
            for item in request.evidence
        )
    except SpanError as error:
        raise HTTPException(422, str(error)) from error
    if request.answer_id is not None:
        answer = load(kept_answer(index, request.answer_id))
        if request.verdict == "right" and not evidence:
            evidence = cited_evidence(index, answer)
    given_at = datetime.now(UTC).isoformat(timespec="seconds")
    question = request.question.strip()
    kept = Feedback(question, request.verdict, evidence, request.note, given_at, request.answer_id)
    append_feedback(index.home, kept)
    fields = asdict(kept)
    for item in fields["evidence"]:
        del item["source"]
    return fields


def result_of(hit: Hit, scores: SentenceScores) -> dict[str, Any]:
    """One search result, as the contract has it."""
    return {
        "document_id": hit.document.document_id,
        "version": hit.document.version,
        "title": hit.document.title,
        "publisher": hit.document.publisher,
        "published": hit.document.stated,
        "path": hit.document.path,
        "page": hit.page,
        "start": hit.span.start,
        "end": hit.span.end,
        "text": hit.text,
        "score": hit.score,
        "scores": {"dense": hit.dense, "lexical": hit.lexical},
        "sentences": [
            {"start": span.start, "end": span.end, "score": scores.get((hit.document.document_id, span), 0.0)}
            for span in hit.sentences
        ],
        "recognised": hit.recognised,
    }


def _server_sent(event: Event | Broken) -> tuple[ServerSentEvent]:
    return (server_sent_event(event),)


def server_sent_event(event: Event | Broken) -> ServerSentEvent:
    """One event of a streamed answer on the wire."""
    data: dict[str, Any]
    match event:
        case QuestionRewritten(standalone):
            name, data = "rewritten", {"standalone": standalone}
        case PassagesFound(passages):
            name, data = "passages", {"passages": [asdict(passage) for passage in passages]}
        case Token(text, verdict):
            name, data = "token", {"text": text, "verdict": verdict}
        case CitationMade(citation):
            name, data = "citation", asdict(citation)
        case AnswerDone(answer):
            name, data = "answer", answer.as_dict()
        case Broken(problem):
            name, data = "error", problem
    return ServerSentEvent(data=json.dumps(data, ensure_ascii=False), event=name)
