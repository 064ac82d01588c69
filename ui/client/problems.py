"""Problem documents (RFC 9457) as exceptions."""

from __future__ import annotations

from typing import Any

import httpx

from ui.errors import ServerRefusedError


class ProblemError(ServerRefusedError):
    """The server refused a request. The message is the problem's detail, which says what to do.

    Attributes:
        status: the HTTP status.
        problem: the problem document; ``errors`` in it names each wrong field.
    """

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem["detail"], problem["status"])
        self.problem = problem


def problem_of(response: httpx.Response) -> dict[str, Any]:
    """Return the problem document in a response whose body was read; if there is none, make one."""
    status, reason = response.status_code, response.reason_phrase
    try:
        body = response.json()
    except ValueError:
        body = None
    known = body if isinstance(body, dict) else {}
    detail = known.get("detail") or f"the server answered {status} {reason}, and no problem document"
    return {"type": "about:blank", "title": reason, **known, "status": status, "detail": str(detail)}
