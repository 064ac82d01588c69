"""What the page's script sets in hidden fields: what narrows the questions, and commands. Both are data."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field, ValidationError

from index.records import Filters
from ui.errors import ScopeError
from ui.http.schemas import AnswerId, ConversationId, FilteredRequest, RequestModel, Words

_DATES = ("published_before", "published_after")


class Command(RequestModel):
    """What the script asks for.

    ``ask`` a question; ask the question of an answer ``again``; ``edit`` it; ``open`` a kept conversation, or
    an answer with what came before it; ``listen`` to what is sent already, which asks for nothing else.
    """

    do: Literal["ask", "again", "edit", "open", "listen"]
    n: int = Field(default=0, description="differs from the one before, so that the same can be said twice")
    question: Words | None = None
    answer_id: AnswerId | None = None
    conversation_id: ConversationId | None = None


def read_command(text: str) -> Command | None:
    """A command; None where the text is none."""
    try:
        return Command.model_validate_json(text)
    except ValidationError:
        return None


def read_scope(text: str) -> Filters:
    """What narrows the questions; an empty text narrows nothing, as before the script has said anything.

    Raises:
        ScopeError: if the text does not say it as ``POST /v1/chat`` takes it.
    """
    if not text:
        return Filters()
    try:
        said = json.loads(text)
        given = {name: value for name, value in said.items() if value}
        dates: dict[str, Any] = {name: given.pop(name) for name in _DATES if name in given}
        return FilteredRequest.model_validate({**dates, "filters": given}).to_filters()
    except (AttributeError, ValueError, RecursionError) as error:
        raise ScopeError("the scope is not one that a question can have") from error
