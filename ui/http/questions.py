"""The routes of questions: search, footnoted answers, and feedback on answers."""

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
    continue_conversation,
    evidence_in,
    kept_answer,
    load,
)
from rag.errors import OtherConversationError, QuestionError, SpanError
from rag.events import (
    AnswerDone,
    CitationMade,
    Event,
    PassagesFound,
    QuestionCorrected,
    QuestionRewritten,
    ReadingBegun,
    StreamedEvent,
    Token,
)
from rag.finding import load_weights, measure, rank, read
from rag.llm import AT_ONCE
from rag.questions import Question, understand
from rag.suggesting import StarterMaker, Starters
from ui.http.openai import completions_router
from ui.http.problems import documented
from ui.http.request_bodies import EVENT, EVENT_STREAM, ChatRequest, FeedbackRequest, SearchRequest
from ui.http.streaming import ServerSentEvent, StreamFailed, answer_stream

if TYPE_CHECKING:
    from rag.engine import QueryEngine

SentenceScores = Mapping[tuple[int, Span], float]
"""The score of each sentence, by document number and span."""


def questions_router(index: Library, engine: QueryEngine, starters: StarterMaker) -> APIRouter:
    """The routes under ``/v1`` that take or offer questions, those of OpenAI's protocol included.

    Args:
        index: the library.
        engine: answers the questions.
        starters: makes questions to begin with in the background.
    """
    router = APIRouter(prefix="/v1", responses=documented(400, 413, 422, 500))
    # More threads would not answer faster, because Python runs one at a time, and indexing would wait for all
    # of them.
    searching = CapacityLimiter(os.cpu_count() or 1)
    # A thread mostly waits if a language model writes the answer.
    answering = searching if engine.writer is None else CapacityLimiter(AT_ONCE)
    router.include_router(completions_router(engine, answering))

    @router.post("/search", tags=["questions"])
    async def search(request: SearchRequest) -> dict[str, Any]:
        """The passages that match a query best, best first."""
        await to_thread.run_sync(embed, index, request.query)
        return await to_thread.run_sync(
            search_response, index, request.query, request.limit, request.to_filters(), limiter=searching
        )

    @router.get("/suggestions", tags=["questions"])
    def suggestions() -> Starters:
        """Up to four questions that the newest reports answer, each with the report that does.

        The server makes them after each change of the library, while it has nothing else to do; `complete`
        is true when no more will be added.
        """
        return starters.current()

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

        A follow-up names the `conversation_id` of the answer before it, or sends the earlier turns as
        `history`. A repeated or reworded question names the answer that it `replaces`.
        With `stream: true`, or `Accept: text/event-stream`, the response is a stream of server-sent events:
        `corrected` (if the spelling was corrected), `rewritten` (for a follow-up), `passages`, then `token`
        and `citation`, and last `answer`, which is the same as the answer without streaming. If the engine
        fails or the server stops, the last event is `error`, whose data is a problem document.
        """
        filters = request.to_filters()
        history = [(turn.role, turn.content) for turn in request.history]
        try:
            conversation = await to_thread.run_sync(
                continue_conversation, index, request.conversation_id, history, request.replaces
            )
        except OtherConversationError as error:
            raise HTTPException(422, str(error)) from error
        if request.stream or EVENT_STREAM in accept:
            events = engine.stream(request.question, filters, conversation, exact=request.exact)
            return await answer_stream(events, _server_sent, "/v1/chat", answering)
        await to_thread.run_sync(embed, index, request.question)
        answer = await to_thread.run_sync(
            lambda: engine.ask(request.question, filters, conversation, exact=request.exact),
            limiter=answering,
        )
        return JSONResponse(answer.as_dict())

    @router.post("/feedback", tags=["questions"], status_code=201, responses=documented(404, 507))
    def feedback(request: FeedbackRequest) -> dict[str, Any]:
        """Store a person's judgement of an answer, for `footnoted eval --from-feedback`."""
        return feedback_response(index, request)

    return router


def embed(index: Library, text: str) -> None:
    """Embed a question in a batch with the questions of other requests; the encoder caches the vector.

    An invalid question is ignored here, because the search reports it.
    """
    with suppress(QuestionError):
        index.encoder.encode_query(understand(text).text)


def search_response(
    index: Library, query: str, limit: int = 10, filters: Filters = NO_FILTERS
) -> dict[str, Any]:
    """The response of ``POST /v1/search``: the passages that match ``query`` best, best first.

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
    """The probability, 0 to 1, that each sentence of the hits answers the question.

    The engine selects the sentences of an answer by the same score. Sentences that state nothing, such as
    titles and headings, have no score.
    """
    candidates = measure(index, question, read(index, hits, widen_by=0))
    return {
        (scored.candidate.reading.document.document_id, scored.candidate.sentence.span): scored.score
        for scored in rank(candidates, load_weights(encoder=index.encoder.name))
    }


def feedback_response(index: Library, request: FeedbackRequest) -> dict[str, Any]:
    """The response of ``POST /v1/feedback``: the stored feedback, without folders of the server's disk.

    If an answer is judged right and the request has no evidence, the answer's citations become the evidence.

    Raises:
        AnswerNotFoundError: if the library has not stored the judged answer.
        DocumentNotFoundError: if evidence names an unknown document or version.
        HTTPException: 422 if evidence lies outside its document.
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
    """One search result as JSON."""
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


def _server_sent(event: Event | StreamFailed) -> tuple[ServerSentEvent, ...]:
    # Progress is for the page.
    return () if isinstance(event, ReadingBegun) else (server_sent_event(event),)


def server_sent_event(event: StreamedEvent | StreamFailed) -> ServerSentEvent:
    """One event of a streamed answer as a server-sent event."""
    data: dict[str, Any]
    match event:
        case QuestionCorrected(searched_for):
            name, data = "corrected", {"searched_for": searched_for}
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
        case StreamFailed(problem):
            name, data = "error", problem
    return {"event": name, "data": json.dumps(data, ensure_ascii=False)}
