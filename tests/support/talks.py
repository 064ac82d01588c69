"""Call the event handlers of the chat page as Gradio does: send questions and commands, get updates."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anyio

from tests.support.markup import ENGLISH
from ui.page.conversation import ShownConversation
from ui.page.events import ChatEvents, Update
from ui.page.sessions import Session

DAM = "The dam of Varda broke on Sunday. It had cost 412 million crowns. Nobody was warned of it."
BROKE, COST = "When did the dam of Varda break?", "What had the dam of Varda cost?"
UNCHANGED = {"unchanged": True}


def all_of(shown: AsyncIterator[Update]) -> list[Update]:
    async def collect() -> list[Update]:
        return [each async for each in shown]

    return anyio.run(collect)


def ask(events: ChatEvents, question: str, conversation: ShownConversation, scope: str = "") -> list[Update]:
    return all_of(events.ask(question, scope, Session(conversation), "", ENGLISH))


def act(events: ChatEvents, conversation: ShownConversation, scope: str = "", **command: Any) -> list[Update]:  # noqa: ANN401
    return all_of(events.act(json.dumps(command), scope, Session(conversation), "", ENGLISH))


def questions(conversation: ShownConversation) -> list[str]:
    return [each.question for each in conversation.exchanges]


def ids(conversation: ShownConversation) -> list[str]:
    return [each.answer.answer_id for each in conversation.exchanges if each.answer is not None]


async def last_of(shown: AsyncIterator[Update]) -> None:
    async for _ in shown:
        pass
