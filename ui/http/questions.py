"""The routes of questions: search, footnoted answers, and feedback on answers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import Header
from fastapi.responses import JSONResponse
from starlette.requests import HTTPConnection
from starlette.responses import Response

from index.library import Library
from rag.answers import Answer
from rag.conversations import (
    Feedback,
    append_feedback,
    cited_evidence,
    continue_conversation,
    evidence_in,
    stored_answer,
)
from rag.events import (
    AnswerDone,
    CitationMade,
    Event,
    NoteMade,
    PassagesFound,
    QuestionCorrected,
    QuestionRewritten,
    ReadingBegun,
    SearchesPlanned,
    SentenceDrafted,
    StreamedEvent,
    Token,
)
from rag.llm import AT_ONCE
from rag.suggesting import StarterMaker, Starters
from ui.http.access import OwnEngine, OwnLibrary
from ui.http.observation import count_queries
from ui.http.openai import openai_router
from ui.http.problems import documented
from ui.http.request_bodies import (
    EVENT,
    EVENT_STREAM,
    BatchRequest,
    ChatRequest,
    FeedbackRequest,
    SearchRequest,
)
from ui.http.router import Router
from ui.http.streaming import ServerSentEvent, StreamFailed, answer_stream
from ui.opening import until_warm
from ui.search import Query, batch_response, embed, search_response


def questions_router(has_writer: Callable[[], bool], starters: StarterMaker) -> Router:
    router = Router(prefix="/v1", responses=documented(400, 413, 422, 500))
    # More threads would not answer faster, because Python runs one at a time, and indexing would wait for all
    # of them.
    searching = CapacityLimiter(os.cpu_count() or 1)
    writing = CapacityLimiter(AT_ONCE)

    def answering() -> CapacityLimiter:
        # If a language model writes the answer, the thread mostly waits, so more threads make sense.
        return writing if has_writer() else searching

    openai_router(answering, searching).add_to(router)

    @router.post("/search", tags=["questions"], responses=documented(503))
    async def search(engine: OwnEngine, request: SearchRequest) -> dict[str, Any]:
        """Find the passages that match a query best, best match first.

        A server that has just started waits for its models. If that takes too long, it answers 503, and
        `Retry-After` says when to ask again. This is true of all routes that search or answer.
        """
        await until_warm(engine)
        await to_thread.run_sync(embed, engine.index, request.query)
        return await to_thread.run_sync(
            search_response,
            engine.index,
            request.query,
            request.limit,
            request.to_filters(),
            limiter=searching,
        )

    @router.post("/search/batch", tags=["questions"], responses=documented(503))
    async def search_batch(
        engine: OwnEngine, request: BatchRequest, connection: HTTPConnection
    ) -> dict[str, Any]:
        """Run several searches over the same state of the library. Each counts as a request of its own.

        `searches` has a response for each query, in the order of the queries, as `/v1/search` returns it.
        """
        await count_queries(connection, len(request.queries))
        await until_warm(engine)
        queries = [Query(each.query, each.limit, each.to_filters()) for each in request.queries]
        return await to_thread.run_sync(batch_response, engine.index, queries, limiter=searching)

    @router.get("/suggestions", tags=["questions"])
    def suggestions() -> Starters:
        """List up to four questions that the newest reports answer, each with the report that answers it.

        The server makes the questions after each change of the library, while it has nothing else to do.
        `complete` is true when no more will be added.
        """
        return starters.current()

    @router.post(
        "/chat",
        tags=["questions"],
        responses={
            **documented(404, 503),
            200: {"model": Answer, "content": {EVENT_STREAM: {"schema": EVENT}}},
        },
    )
    async def chat(
        engine: OwnEngine, request: ChatRequest, accept: Annotated[str, Header()] = ""
    ) -> Response:
        """Return a footnoted answer, or an abstention with its reasons.

        A follow-up names the `conversation_id` of the answer before it, or sends the earlier turns as
        `history`. The server alone chooses the ids of conversations. A repeated or reworded question names
        the answer that it `replaces`.

        With `stream: true`, or `Accept: text/event-stream`, the response is a stream of server-sent events,
        in this order:

        - `corrected`, if the spelling was corrected;
        - `rewritten`, if a follow-up was made understandable without the conversation;
        - `searches`, if a language model planned what is searched, and it is other than the question;
        - `passages`;
        - `note`, if a compared value was not found: the first words of the answer's `note`;
        - any number of `token` and `citation`;
        - `answer`, which has the same answer as without streaming. If the engine fails or the server stops,
          the last event is instead `error`, with a problem document.
        """
        await until_warm(engine)
        filters = request.to_filters()
        history = [(turn.role, turn.content) for turn in request.history]
        conversation = await to_thread.run_sync(
            continue_conversation, engine.index.catalog, request.conversation_id, history, request.replaces
        )
        if request.stream or EVENT_STREAM in accept:
            events = engine.stream(request.question, filters, conversation, exact=request.exact)
            return await answer_stream(events, _server_sent, "/v1/chat", answering())
        await to_thread.run_sync(embed, engine.index, request.question)
        answer = await to_thread.run_sync(
            lambda: engine.ask(request.question, filters, conversation, exact=request.exact),
            limiter=answering(),
        )
        return JSONResponse(answer.as_dict())

    @router.post("/feedback", tags=["questions"], status_code=201, responses=documented(404, 410, 507))
    def feedback(index: OwnLibrary, request: FeedbackRequest) -> dict[str, Any]:
        """Store a person's judgement of an answer, for `footnoted eval --from-feedback`."""
        return feedback_response(index, request)

    return router


def feedback_response(index: Library, request: FeedbackRequest) -> dict[str, Any]:
    """A right answer's citations are the default evidence; any outside its document is refused (422)."""
    evidence = tuple(
        evidence_in(index, item.document_id, item.version, item.start, item.end) for item in request.evidence
    )
    if request.answer_id is not None:
        answer = stored_answer(index.catalog, request.answer_id)
        if request.verdict == "right" and not evidence:
            evidence = cited_evidence(index, answer)
    given_at = datetime.now(UTC).isoformat(timespec="seconds")
    question = request.question.strip()
    viewer = index.catalog.viewer
    owner = viewer.key if viewer else None
    kept = Feedback(question, request.verdict, evidence, request.note, given_at, request.answer_id, owner)
    append_feedback(index.catalog, kept)
    fields = asdict(kept)
    del fields["owner"]
    for item in fields["evidence"]:
        del item["source"]
    return fields


def _server_sent(event: Event | StreamFailed) -> tuple[ServerSentEvent, ...]:
    # Only the page shows progress.
    return () if isinstance(event, ReadingBegun) else (server_sent_event(event),)


_NAMES: Mapping[type, str] = {
    QuestionCorrected: "corrected",
    QuestionRewritten: "rewritten",
    SearchesPlanned: "searches",
    PassagesFound: "passages",
    NoteMade: "note",
    SentenceDrafted: "draft",
    Token: "token",
}


def server_sent_event(event: StreamedEvent | StreamFailed) -> ServerSentEvent:
    data: Mapping[str, Any]
    match event:
        case CitationMade(citation):
            name, data = "citation", asdict(citation)
        case AnswerDone(answer):
            name, data = "answer", answer.as_dict()
        case StreamFailed(problem):
            name, data = "error", problem
        case _:
            name, data = _NAMES[type(event)], asdict(event)
    return {"event": name, "data": json.dumps(data, ensure_ascii=False)}
