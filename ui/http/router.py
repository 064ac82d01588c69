"""The router on which all routes are declared, and the threads for their blocking work."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar, TypeVarTuple

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from index.errors import BusyError


def operation_id(route: APIRoute) -> str:
    """``post_search`` for ``POST /v1/search``: it does not change when a handler is renamed."""
    path = re.sub(r":\w+(?=})", "", route.path).removeprefix("/v1")
    return "_".join([min(route.methods or {"get"}).lower(), *re.findall(r"\w+", path)])


class Router(APIRouter):
    def __init__(self, prefix: str = "", **options: Any) -> None:  # noqa: ANN401 (FastAPI's own)
        super().__init__(prefix=prefix, generate_unique_id_function=operation_id, **options)

    def add_to(self, other: FastAPI | Router) -> None:
        """FastAPI's ``include_router`` would build each route again, a third of the time of a start."""
        other.routes.extend(self.routes)


T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

# The most requests of one kind that wait for a thread; each waiting upload has its file on the disk.
MAX_WAITING = 100


class LimitedThreads:
    """``work_name`` is a plural noun for the error's message."""

    def __init__(self, work_name: str, *, at_once: int, waiting: int) -> None:
        self._work_name = work_name
        self._threads = CapacityLimiter(at_once)
        self._waiting = waiting
        self._most = at_once + waiting
        self._callers = 0

    async def run(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Raises BusyError if too many callers wait."""
        # Count callers here, because the limiter counts a caller only some steps of the event loop later.
        if self._callers >= self._most:
            raise BusyError(self._waiting, self._work_name)
        self._callers += 1
        try:
            return await to_thread.run_sync(work, *arguments, limiter=self._threads)
        finally:
            self._callers -= 1
