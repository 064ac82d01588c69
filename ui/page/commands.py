"""Parse the commands and the filters that the page's script writes to hidden fields."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field, ValidationError

from index.records import Filters
from ui.errors import ScopeError
from ui.http.request_bodies import AnswerId, ConversationId, FilteredRequest, RequestModel, Words

_DATES = ("published_before", "published_after")


class Command(RequestModel):
    """A command of the script.

    ``ask`` asks a question. ``again`` repeats the question of an answer, with ``exact`` without correcting
    its spelling, and ``edit`` changes it. ``open``
    opens a stored conversation, or its part up to an answer. ``listen`` only keeps the page's connection
    open.
    """

    do: Literal["ask", "again", "edit", "open", "listen"]
    n: int = Field(default=0, description="differs from command to command, so that one can be repeated")
    question: Words | None = None
    answer_id: AnswerId | None = None
    conversation_id: ConversationId | None = None
    exact: bool = False


def read_command(text: str) -> Command | None:
    """The command in ``text``; None if it has none."""
    try:
        return Command.model_validate_json(text)
    except ValidationError:
        return None


def read_scope(text: str) -> Filters:
    """Parse the filters of a question; an empty ``text``, before the script has written any, sets none.

    Raises:
        ScopeError: if ``text`` does not have the filters of ``POST /v1/chat`` as JSON.
    """
    if not text:
        return Filters()
    try:
        fields = json.loads(text)
        given = {name: value for name, value in fields.items() if value}
        dates: dict[str, Any] = {name: given.pop(name) for name in _DATES if name in given}
        return FilteredRequest.model_validate({**dates, "filters": given}).to_filters()
    except (AttributeError, ValueError, RecursionError) as error:
        raise ScopeError("the filters of the question cannot be read; choose them again") from error
