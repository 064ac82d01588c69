"""The time that each stage of a sync takes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

STAGES = ("rebuild", "list", "read", "index", "compact")
"""The stages of a sync: rebuild an outdated library, list the files, wait for files to be read, embed and
commit them, and compact the caches. Reading and indexing alternate."""


@dataclass(slots=True)
class StageClock:
    """Adds up the time of each stage.

    Attributes:
        seconds: the seconds by stage.
    """

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    _last: float = field(default_factory=time.monotonic)

    def lap(self, stage: str) -> None:
        """Add the time since the last call to the time of ``stage``."""
        now = time.monotonic()
        self.seconds[stage] += now - self._last
        self._last = now
