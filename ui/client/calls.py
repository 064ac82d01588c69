"""The requests to a server, each with the function that reads its response."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from index.records import Filters
from rag.answers import Answer
from ui.client.results import Document, DocumentText, SearchResponse, parse
from ui.words import request_fields

T = TypeVar("T")

ADDRESS = "http://127.0.0.1:7860"
SECONDS = 120.0
PAGE = 500

# The earlier turns of a conversation, oldest first: pairs of a role (``user``, ``assistant``) and a text.
Turns = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """``read`` gets the response's JSON, None without a body; ``fields`` go to httpx's ``build_request``."""

    method: str
    path: str
    read: Callable[[Any], T]
    fields: Mapping[str, Any] = field(default_factory=dict)

    def result(self, body: bytes) -> T:
        return self.read(json.loads(body) if body else None)


def client_fields(address: str, token: str | None, seconds: float) -> dict[str, Any]:
    """Requests to this machine bypass the proxies that the environment names."""
    return {
        "base_url": address,
        "headers": {"Authorization": f"Bearer {token}"} if token else {},
        "timeout": seconds,
        "trust_env": urlsplit(address).hostname not in {"127.0.0.1", "localhost", "::1"},
    }


def search(query: str, limit: int, filters: Filters) -> Call[SearchResponse]:
    body = {"query": query, "limit": limit, **request_fields(filters)}
    return Call("POST", "/v1/search", lambda found: parse(SearchResponse, found), {"json": body})


def search_many(queries: Sequence[str], limit: int, filters: Filters) -> Call[list[SearchResponse]]:
    body = {"queries": [{"query": query, "limit": limit, **request_fields(filters)} for query in queries]}
    return Call(
        "POST",
        "/v1/search/batch",
        lambda found: [parse(SearchResponse, each) for each in found["searches"]],
        {"json": body},
    )


def ask(
    question: str,
    filters: Filters,
    conversation_id: str | None,
    history: Turns,
    *,
    exact: bool,
    stream: bool = False,
) -> Call[Answer]:
    body = {
        "question": question,
        "conversation_id": conversation_id,
        "history": [{"role": role, "content": content} for role, content in history],
        "exact": exact,
        "stream": stream,
        **request_fields(filters),
    }
    return Call("POST", "/v1/chat", lambda found: parse(Answer, found), {"json": body})


def answer(answer_id: str) -> Call[Answer]:
    return Call("GET", f"/v1/answers/{answer_id}", lambda found: parse(Answer, found))


def documents(cursor: str) -> Call[tuple[list[Document], str | None]]:
    """Return the call of the page at ``cursor``, first ""; the result has the next page's cursor or None."""

    def read(found: Any) -> tuple[list[Document], str | None]:  # noqa: ANN401 (JSON)
        return [parse(Document, each) for each in found["documents"]], found["next_cursor"]

    return Call("GET", "/v1/documents", read, {"params": {"limit": PAGE, "cursor": cursor}})


def text(document_id: int, version: int | None, start: int, end: int | None) -> Call[DocumentText]:
    given = {"version": version, "start": start, "end": end}
    params = {name: value for name, value in given.items() if value is not None}
    path = f"/v1/documents/{document_id}/text"
    return Call("GET", path, lambda found: parse(DocumentText, found), {"params": params})


def add(name: str, content: bytes, details: Mapping[str, str]) -> Call[Document]:
    """Return the call ``POST /v1/documents``, which may be repeated: a library knows a file that it has."""
    fields = {"files": {"file": (name, content)}, "data": dict(details)}
    return Call("POST", "/v1/documents", lambda found: parse(Document, found), fields)


def add_from_url(url: str, name: str, details: Mapping[str, str]) -> Call[Document]:
    body = {**details, "url": url, "name": name}
    return Call("POST", "/v1/documents/from-url", lambda found: parse(Document, found), {"json": body})


def delete(document_id: int) -> Call[None]:
    return Call("DELETE", f"/v1/documents/{document_id}", lambda _: None)
