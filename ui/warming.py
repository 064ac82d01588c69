"""Makes questions wait until a server that has just started has loaded its models."""

from __future__ import annotations

import anyio

from rag.engine import QueryEngine
from ui.errors import WarmingUpError

WAIT_SECONDS = 30.0
"""The seconds that a request waits for the models: several times as long as loading takes."""

_STEP_SECONDS = 0.05


async def until_warm(engine: QueryEngine) -> None:
    """Wait until the models of ``engine`` are loaded.

    Raises:
        WarmingUpError: if loading takes longer than ``WAIT_SECONDS``.
    """
    until = anyio.current_time() + WAIT_SECONDS
    while engine.is_warming:
        if anyio.current_time() >= until:
            raise WarmingUpError
        await anyio.sleep(_STEP_SECONDS)
