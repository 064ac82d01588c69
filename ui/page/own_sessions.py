"""Keeps users out of the sessions of other users' pages.

A page chooses a random id, by which Gradio knows the page. Gradio gives the events and the conversation of
the page to everyone who names the id. The server therefore gives Gradio, in place of the id, a digest of the
user and the id. If a user sends the id of another user's page, the digest is a different one, which Gradio
does not know.
"""

from __future__ import annotations

import json
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode

from starlette.types import Scope

from rag.engine import QueryEngine

HEARTBEAT = "/gradio_api/heartbeat/"

_NAME = "session_hash"
_DIGITS = 32


def own_hash(scope: Scope, session_hash: str) -> str:
    """Return the id that Gradio gets in place of a page's id; while sign-in is off, the page's id itself."""
    engine: QueryEngine = scope["state"]["engine"]
    viewer = engine.index.catalog.viewer
    if viewer is None:
        return session_hash
    # A JSON string may have half of a surrogate pair, which UTF-8 does not allow.
    return sha256(f"{viewer.key}\0{session_hash}".encode(errors="surrogatepass")).hexdigest()[:_DIGITS]


def with_own_hash(scope: Scope) -> Scope:
    """Return a request's ASGI scope in which the result of :func:`own_hash` replaces the page's id.

    The page's id may be in the path and in the query.
    """
    path: str = scope["path"]
    own = dict(scope)
    if path.startswith(HEARTBEAT):
        own["path"] = HEARTBEAT + own_hash(scope, path.removeprefix(HEARTBEAT))
        own["raw_path"] = own["path"].encode()
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if any(name == _NAME for name, _ in query):
        changed = [(name, own_hash(scope, value) if name == _NAME else value) for name, value in query]
        own["query_string"] = urlencode(changed).encode()
    return own


def body_with_own_hash(scope: Scope, body: bytes) -> bytes:
    """Return a JSON body with :func:`own_hash` in place of the page's id, if the body has the id."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(fields, dict) or not isinstance(fields.get(_NAME), str):
        return body
    return json.dumps({**fields, _NAME: own_hash(scope, fields[_NAME])}).encode()
