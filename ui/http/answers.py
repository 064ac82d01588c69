"""The routes that read, export, copy, share and delete stored answers and conversations."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import Annotated, Any, Literal
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from fastapi import Query
from pydantic import BaseModel
from starlette.responses import Response

from index.records import Filters
from rag.answers import Answer, Citation, Passage
from rag.conversations import (
    LISTED,
    AnswerStore,
    KeptConversation,
    continue_conversation,
    conversation_json,
    sound_conversation,
    stored_answer,
    stored_answer_json,
)
from rag.engine import QueryEngine
from rag.errors import ConversationNotFoundError
from rag.suggesting import suggest
from ui.export import FORMATS, HTML, Format, lay_out, lay_out_conversation
from ui.export.exported_answers import HEADINGS, Sentence
from ui.export.html import POLICY as PAGE_POLICY
from ui.http.access import OwnCatalog, OwnEngine
from ui.http.client_state import Cursor, cursor_of, sort_key_of
from ui.http.problems import documented
from ui.http.request_bodies import (
    AnswerIdInPath,
    ConversationIdInPath,
    ConversationRequest,
    ShareRequest,
    Text,
)
from ui.http.router import Router
from ui.opening import until_warm
from ui.words import doubt_after

POLICY = f"{PAGE_POLICY}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {form.media_type.partition(";")[0]: {} for form in FORMATS}}
}
_BETWEEN_WORDS = re.compile(r"[\W_]+")

# The number of answers whose suggestions stay in memory, for conversations that are opened again.
_CACHED_SUGGESTIONS = 256


@dataclass(frozen=True, slots=True)
class Copied:
    """An answer for the clipboard.

    Attributes:
        text: plain text.
        html: the same text as HTML that has only paragraphs, bold words and raised footnote marks.
    """

    text: str
    html: str


@dataclass(frozen=True, slots=True)
class SuggestionKey:
    """``questions`` has all forms of the question; ``places`` document, version, start and end of each."""

    generation: int
    questions: tuple[str, ...]
    places: tuple[tuple[int, int, int, int], ...]
    filters: Filters
    hidden: tuple[str, ...]
    answer: Answer = field(compare=False)
    engine: QueryEngine = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sharing:
    """Whether the other users may read an answer."""

    answer_id: str
    shared: bool


def answers_router() -> Router:
    router = Router(prefix="/v1/answers", tags=["answers"], responses=documented(404, 410, 422, 500))
    # One thread only, because suggestions must not slow down questions.
    suggesting = CapacityLimiter(1)

    @lru_cache(_CACHED_SUGGESTIONS)
    def suggested(key: SuggestionKey) -> tuple[str, ...]:
        return tuple(suggest(key.engine, key.answer))

    def questions_after(engine: QueryEngine, answer_id: str) -> dict[str, list[str]]:
        return {"questions": list(suggested(suggestion_key(engine, answer_id)))}

    @router.get("/{answer_id}.{suffix}", response_class=Response, responses=_FILES)
    def export(
        catalog: OwnCatalog, answer_id: AnswerIdInPath, suffix: Literal["md", "html", "docx"]
    ) -> Response:
        """Export an answer as a file with footnotes."""
        answer = stored_answer(catalog, answer_id)
        form = next(each for each in FORMATS if each.suffix == suffix)
        name = file_name(answer.question, answer_id, suffix, default="answer")
        return file_response(form.write(lay_out(answer)), form, name)

    @router.get("/{answer_id}/text")
    def text(catalog: OwnCatalog, answer_id: AnswerIdInPath) -> Copied:
        """Return an answer for the clipboard, as text and as HTML, with its footnotes at the end."""
        return copied(stored_answer(catalog, answer_id))

    @router.get("/{answer_id}/suggestions", responses=documented(503))
    async def suggestions(engine: OwnEngine, answer_id: AnswerIdInPath) -> dict[str, list[str]]:
        """Suggest up to three questions to ask next. The library has an answer to each of them."""
        await until_warm(engine)
        return await to_thread.run_sync(questions_after, engine, answer_id, limiter=suggesting)

    @router.get("/{answer_id}", response_class=Response, responses={200: {"model": Answer}})
    def answer(catalog: OwnCatalog, answer_id: AnswerIdInPath) -> Response:
        """Return an answer, byte for byte as it was given, even if the library has changed since."""
        body = stored_answer_json(catalog, answer_id)
        return Response(body.encode(), media_type="application/json")

    @router.patch("/{answer_id}", responses=documented(400, 413))
    def share(catalog: OwnCatalog, answer_id: AnswerIdInPath, request: ShareRequest) -> Sharing:
        """Share an answer with the other users, or stop sharing it.

        Users who may see all documents of which a shared answer may have words can read and export it by its
        id. While such a document is gone, only the owner can.
        """
        AnswerStore(catalog).share_answer(answer_id, shared=request.shared)
        return Sharing(answer_id, request.shared)

    @router.delete("/{answer_id}", status_code=204)
    def delete(catalog: OwnCatalog, answer_id: AnswerIdInPath) -> None:
        """Delete an answer. Its exported JSON can still be verified."""
        AnswerStore(catalog).delete(answer_id)

    return router


def file_response(data: bytes, form: Format, name: str) -> Response:
    headers = {"Content-Disposition": attachment(name)}
    if form is HTML:
        headers["Content-Security-Policy"] = POLICY
    return Response(data, media_type=form.media_type, headers=headers)


def file_name(title: str, exported_id: str, suffix: str, *, default: str) -> str:
    """Return a file name from the title's words and the id's first digits, such as ``why-0a1b2c3d.md``."""
    words = _BETWEEN_WORDS.sub("-", title).strip("-").lower()
    words = words[:60].rstrip("-") or default
    return f"{words}-{exported_id[:8]}.{suffix}"


def attachment(name: str) -> str:
    """Programs that do not know RFC 8187 get the name with hyphens in place of its non-ASCII letters."""
    plain = re.sub("-+", "-", "".join(each if each.isascii() else "-" for each in name)).strip("-")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def copied(answer: Answer) -> Copied:
    sheet = lay_out(answer)
    [part] = sheet.parts
    words = [part.abstention] if part.abstention is not None else []
    marked = list(map(escape, words))
    if line := part.first_line:
        words.append(f"{line.value} {line.details}".rstrip())
        marked.append(f"<strong>{escape(line.value)}</strong> {escape(line.details)}".rstrip())
    for paragraph in part.paragraphs:
        words.append(" ".join(_sentence(each, each.words, " [{}]") for each in paragraph))
        marked.append(" ".join(_sentence(each, escape(each.words), "<sup>[{}]</sup>") for each in paragraph))
    differences = []
    for found in part.differences:
        differences.append(f"The sources give different figures: {found.about}")
        differences += [f"- {value} [{mark}], {title}, {date}" for value, title, date, mark in found.rows]
    notes = []
    for note in sheet.notes:
        headings = f" {HEADINGS}{note.headings}" if note.headings is not None else ""
        notes.append(f"[{note.number}] {note.words}{headings} — {note.attribution}")
    text = "\n\n".join(filter(None, [*words, "\n".join(differences), "\n".join(notes)]))
    lines = [*marked, *map(escape, differences), *map(escape, notes)]
    return Copied(text, "".join(f"<p>{line}</p>" for line in lines))


def _sentence(sentence: Sentence, text: str, mark: str) -> str:
    return text + "".join(map(mark.format, sentence.footnotes)) + doubt_after(sentence.verdict)


def suggestion_key(engine: QueryEngine, answer_id: str) -> SuggestionKey:
    answer = stored_answer(engine.index.catalog, answer_id)
    before = continue_conversation(engine.index.catalog, answer.conversation_id)
    with engine.index.catalog.reading() as reader:
        generation, hidden = reader.generation, reader.hidden
    places: tuple[Citation | Passage, ...] = (*answer.citations, *answer.passages)
    return SuggestionKey(
        generation,
        (
            answer.question,
            answer.searched_for or "",
            answer.standalone or "",
            *(each.standalone for each in before.exchanges),
        ),
        tuple((place.document_id, place.version, place.start, place.end) for place in places),
        answer.searched.filters if answer.searched else Filters(),
        hidden,
        answer,
        engine,
    )


MAX_LISTED = 5_000
MAX_QUERY_CHARACTERS = 200


class WholeConversation(BaseModel):
    """A conversation with its answers, the oldest first."""

    conversation_id: str
    name: str
    named: bool
    created: str
    updated: str
    shared: bool
    answers: list[Answer]


class ConversationsPage(BaseModel):
    """A page of the list of conversations; `next_cursor` is null on the last page."""

    conversations: list[KeptConversation]
    next_cursor: str | None


def conversations_router() -> Router:
    router = Router(
        prefix="/v1/conversations", tags=["conversations"], responses=documented(400, 404, 410, 413, 422, 500)
    )

    @router.get("")
    def conversations(
        catalog: OwnCatalog,
        query: Annotated[
            Text, Query(max_length=MAX_QUERY_CHARACTERS, description="words; case and accents are ignored")
        ] = "",
        limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = LISTED,
        cursor: Cursor = "",
    ) -> ConversationsPage:
        """List the conversations, the one with the latest answer first.

        With `query`, list only conversations in which each word of `query` occurs in the name, a question or
        an answer.
        """
        [before] = sort_key_of("conversations", cursor) or (None,)
        found, last = AnswerStore(catalog).list_conversations(query, limit, before)
        next_cursor = None if last is None else cursor_of("conversations", [last])
        return ConversationsPage(conversations=found, next_cursor=next_cursor)

    @router.get("/{conversation_id}.{suffix}", response_class=Response, responses=_FILES)
    def export(
        catalog: OwnCatalog, conversation_id: ConversationIdInPath, suffix: Literal["md", "html", "docx"]
    ) -> Response:
        """Export a conversation as a file with footnotes."""
        name = AnswerStore(catalog).find_conversation(conversation_id).name
        answers = sound_conversation(catalog, conversation_id)
        if not answers:
            # Another request has deleted the conversation between the two reads.
            raise ConversationNotFoundError(conversation_id)
        form = next(each for each in FORMATS if each.suffix == suffix)
        data = form.write(lay_out_conversation(name, answers))
        return file_response(data, form, file_name(name, conversation_id, suffix, default="conversation"))

    @router.get("/{conversation_id}", response_class=Response, responses={200: {"model": WholeConversation}})
    def conversation(catalog: OwnCatalog, conversation_id: ConversationIdInPath) -> Response:
        """Return a conversation with its answers, byte for byte as they were given, the oldest first."""
        body = conversation_json(catalog, conversation_id)
        return Response(body.encode(), media_type="application/json")

    @router.patch("/{conversation_id}")
    def change(
        catalog: OwnCatalog, conversation_id: ConversationIdInPath, request: ConversationRequest
    ) -> KeptConversation:
        """Rename a conversation, or share its answers with the other users.

        An empty name restores the first question as the name. `"shared": true` shares all answers so far: a
        user who may see all documents that an answer cites can then read and export it, by the id of the
        conversation or of the answer. To share later answers, send the request again. `"shared": false` stops
        sharing all answers.
        """
        store = AnswerStore(catalog)
        if request.name is not None:
            store.name_conversation(conversation_id, request.name)
        if request.shared is not None:
            store.share_conversation(conversation_id, shared=request.shared)
        return store.find_conversation(conversation_id)

    @router.delete("/{conversation_id}", status_code=204)
    def delete(catalog: OwnCatalog, conversation_id: ConversationIdInPath) -> None:
        """Delete a conversation with all its answers, including those that newer answers replaced."""
        AnswerStore(catalog).delete_conversation(conversation_id)

    return router
