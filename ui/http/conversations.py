"""Conversations over HTTP: listed, searched, read, named, exported as files, and deleted."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from starlette.responses import Response

from index.catalog import Catalog
from rag.answers import Answer
from rag.conversations import (
    LISTED,
    KeptConversation,
    conversation_json,
    delete_conversation,
    find_conversation,
    list_conversations,
    name_conversation,
)
from rag.conversations import conversation as answers_of
from rag.errors import ConversationNotFoundError
from ui.export import FORMATS, digests_of, export_conversation
from ui.http.answers import file_response, name_of_file
from ui.http.problems import documented
from ui.http.schemas import NameRequest, Text

MOST_LISTED = 5_000
MAX_QUERY_CHARACTERS = 200

ConversationId = Annotated[
    Text, Path(description="the conversation_id of its answers", max_length=64, examples=["0a" * 16])
]


class WholeConversation(BaseModel):
    """A conversation with its answers, the oldest first."""

    conversation_id: str
    name: str
    named: bool
    created: str
    updated: str
    answers: list[Answer]


def conversations_router(catalog: Catalog) -> APIRouter:
    """The routes of the conversations that a library keeps."""
    router = APIRouter(
        prefix="/v1/conversations", tags=["conversations"], responses=documented(400, 404, 413, 422, 500)
    )

    @router.get("")
    def conversations(
        query: Annotated[
            Text,
            Query(max_length=MAX_QUERY_CHARACTERS, description="words, in any case, with or without accents"),
        ] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = LISTED,
    ) -> dict[str, list[KeptConversation]]:
        """The conversations, the one that was answered in last first.

        With `query`, those whose name, questions and answers have each of its words.
        """
        return {"conversations": list_conversations(catalog, query, limit)}

    @router.get(
        "/{conversation_id}.{suffix}",
        response_class=Response,
        responses={200: {"content": {form.media_type.partition(";")[0]: {} for form in FORMATS}}},
    )
    def exported(conversation_id: ConversationId, suffix: Literal["md", "html", "docx"]) -> Response:
        """A whole conversation as a file with footnotes, which `footnoted verify` can check again."""
        return exported_response(catalog, conversation_id, suffix)

    @router.get("/{conversation_id}", response_class=Response, responses={200: {"model": WholeConversation}})
    def conversation(conversation_id: ConversationId) -> Response:
        """A conversation, with its answers byte for byte as they were given, the oldest first."""
        body = conversation_json(catalog, conversation_id)
        return Response(body.encode(), media_type="application/json")

    @router.patch("/{conversation_id}")
    def name(conversation_id: ConversationId, request: NameRequest) -> KeptConversation:
        """Give a conversation a name; an empty one is its first question again."""
        return name_conversation(catalog, conversation_id, request.name)

    @router.delete("/{conversation_id}", status_code=204)
    def delete(conversation_id: ConversationId) -> None:
        """Delete a conversation with all its answers, also those that were replaced."""
        delete_conversation(catalog, conversation_id)

    return router


def exported_response(catalog: Catalog, conversation_id: str, suffix: str) -> Response:
    """What ``GET /v1/conversations/{id}.{suffix}`` answers: a file to save.

    Raises:
        ConversationNotFoundError: if there is no such conversation.
    """
    name = find_conversation(catalog, conversation_id).name
    answers = answers_of(catalog, conversation_id)
    if not answers:
        # It was deleted in between.
        raise ConversationNotFoundError(conversation_id)
    form = next(each for each in FORMATS if each.suffix == suffix)
    data = export_conversation(conversation_id, name, answers, form, digests_of(catalog, *answers))
    return file_response(data, form, name_of_file(name, conversation_id, suffix, otherwise="conversation"))
