"""Kept conversations, made over HTTP for the tests of the page."""

from __future__ import annotations

from typing import Any

import httpx
from playwright.sync_api import Locator, Page

WHO_BOUGHT = "To whom was the tannery of Westmere sold?"
NOTHING = "What is the national bird of Cambodia?"


def kept(server: str, query: str = "") -> list[dict[str, Any]]:
    answer = httpx.get(f"{server}/v1/conversations", params={"query": query}, timeout=60)
    conversations: list[dict[str, Any]] = answer.json()["conversations"]
    return conversations


def tell(server: str, *questions: str) -> str:
    """Ask questions in one conversation over HTTP; returns its id."""
    own: dict[str, str] = {}
    for question in questions:
        body = {"question": question, **own}
        answer = httpx.post(f"{server}/v1/chat", json=body, timeout=60).raise_for_status().json()
        own = {"conversation_id": answer["conversation_id"]}
    return own["conversation_id"]


def show(page: Page) -> None:
    page.get_by_role("tab", name="Conversations").click()


def names(page: Page) -> Locator:
    return page.locator("#fn-history-panel .fn-conversation-name")


def opener(page: Page, name: str) -> Locator:
    return page.locator("#fn-history-panel .fn-conversation-open").filter(has_text=name)


def notice(page: Page) -> Locator:
    return page.locator("#fn-toasts .fn-toast")
