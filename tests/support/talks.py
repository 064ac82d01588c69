"""Conversations with the server of a page, as Gradio has them: questions, commands, and what they give."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anyio

from tests.support.markup import ENGLISH
from ui.page.conversing import Conversing, Shown
from ui.page.sessions import Session
from ui.page.turns import Asked

DAM = "The dam of Varda broke on Sunday. It had cost 412 million crowns. Nobody was warned of it."
BROKE, COST = "When did the dam of Varda break?", "What had the dam of Varda cost?"
UNCHANGED = {"unchanged": True}


def all_of(shown: AsyncIterator[Shown]) -> list[Shown]:
    async def collect() -> list[Shown]:
        return [each async for each in shown]

    return anyio.run(collect)


def ask(conversing: Conversing, question: str, asked: Asked, scope: str = "") -> list[Shown]:
    return all_of(conversing.ask(question, scope, Session(asked), "", ENGLISH))


def act(conversing: Conversing, asked: Asked, scope: str = "", **command: Any) -> list[Shown]:  # noqa: ANN401
    return all_of(conversing.act(json.dumps(command), scope, Session(asked), "", ENGLISH))


def questions(asked: Asked) -> list[str]:
    return [each.question for each in asked.exchanges]


def ids(asked: Asked) -> list[str]:
    return [each.answer.answer_id for each in asked.exchanges if each.answer is not None]


async def last_of(shown: AsyncIterator[Shown]) -> None:
    """Read all that an event gives."""
    async for _ in shown:
        pass
