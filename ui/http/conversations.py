"""The routes of conversations: list, search, read, rename, export and delete them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel
from starlette.responses import Response

from index.catalog import Catalog
from rag.answers import Answer
from rag.conversations import LISTED, AnswerStore, KeptConversation, conversation_json, sound_conversation
from rag.errors import ConversationNotFoundError
from ui.export import FORMATS, digests_of, export_conversation
from ui.http.access.views import OwnCatalog
from ui.http.answers import file_name, file_response
from ui.http.client_state.cursors import Cursor, cursor_of, sort_key_of
from ui.http.problems import documented
from ui.http.request_bodies import ConversationIdInPath, ConversationRequest, Text
from ui.http.router import Router

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
    """Return the routes under ``/v1/conversations``."""
    router = Router(
        prefix="/v1/conversations", tags=["conversations"], responses=documented(400, 404, 410, 413, 422, 500)
    )

    @router.get("")
    def conversations(
        catalog: OwnCatalog,
        query: Annotated[
            Text,
            Query(max_length=MAX_QUERY_CHARACTERS, description="words; case and accents are ignored"),
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

    @router.get(
        "/{conversation_id}.{suffix}",
        response_class=Response,
        responses={200: {"content": {form.media_type.partition(";")[0]: {} for form in FORMATS}}},
    )
    def export(
        catalog: OwnCatalog, conversation_id: ConversationIdInPath, suffix: Literal["md", "html", "docx"]
    ) -> Response:
        """Export a conversation as a file with footnotes, which `footnoted verify` can check."""
        return conversation_response(catalog, conversation_id, suffix)

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


def conversation_response(catalog: Catalog, conversation_id: str, suffix: str) -> Response:
    """Return the response of ``GET /v1/conversations/{id}.{suffix}``: a file to save.

    Raises:
        ConversationNotFoundError: if the library has no such conversation.
        DamagedAnswerError: if the stored text of one of its answers is damaged.
    """
    name = AnswerStore(catalog).find_conversation(conversation_id).name
    answers = sound_conversation(catalog, conversation_id)
    if not answers:
        # Another request has deleted the conversation between the two reads.
        raise ConversationNotFoundError(conversation_id)
    form = next(each for each in FORMATS if each.suffix == suffix)
    data = export_conversation(conversation_id, name, answers, form, digests_of(catalog, *answers))
    return file_response(data, form, file_name(name, conversation_id, suffix, default="conversation"))
