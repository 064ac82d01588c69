"""Parses the commands and the filters that the page's script writes to hidden fields."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field, ValidationError

from index.records import Filters
from ui.errors import FiltersError
from ui.http.request_bodies import AnswerId, ConversationId, FilteredRequest, RequestModel, Words

_DATES = ("published_before", "published_after")


class Command(RequestModel):
    """A command of the script.

    - ``ask`` asks a question.
    - ``again`` asks the question of an answer again, without correcting its spelling if ``exact`` is true.
    - ``edit`` replaces the question of an answer with another question.
    - ``open`` shows a stored conversation, or its part up to an answer.
    - ``listen`` does nothing, but keeps the connection of the page open.
    """

    do: Literal["ask", "again", "edit", "open", "listen"]
    n: int = Field(default=0, description="a new number, so that a repeated command changes the field")
    question: Words | None = None
    answer_id: AnswerId | None = None
    conversation_id: ConversationId | None = None
    exact: bool = False


def read_command(text: str) -> Command | None:
    """Parse a command; None if ``text`` is not a valid command."""
    try:
        return Command.model_validate_json(text)
    except ValidationError:
        return None


def read_filters(text: str) -> Filters:
    """Parse the filters of a question. An empty text, which the field has at first, means no filters.

    Raises:
        FiltersError: if ``text`` does not have the filters of ``POST /v1/chat`` as JSON.
    """
    if not text:
        return Filters()
    try:
        fields = json.loads(text)
        given = {name: value for name, value in fields.items() if value}
        dates: dict[str, Any] = {name: given.pop(name) for name in _DATES if name in given}
        return FilteredRequest.model_validate({**dates, "filters": given}).to_filters()
    except (AttributeError, ValueError, RecursionError) as error:
        raise FiltersError("the filters of the question cannot be read; choose them again") from error
