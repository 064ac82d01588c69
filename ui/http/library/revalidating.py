"""What a browser may keep, and asks about each time that it is shown."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response


def revalidated(tag: str, known: str, media_type: str, body: Callable[[], bytes]) -> Response:
    """``body`` under ``tag``, or 304 to one who has it.

    Args:
        tag: the ``ETag``, in its quotes.
        known: the request's ``If-None-Match``.
        media_type: of the body.
        body: makes it, where it is sent.
    """
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in {each.strip() for each in known.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(body(), media_type=media_type, headers=headers)
