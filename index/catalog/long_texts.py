"""Shares the long texts that threads have read lately, so that each thread does not read its own copy."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

Key = tuple[str, int, int]
"""The lineage of a catalog, a document's id, and a version; together they never mean another text."""

ROOM = 100_000_000
"""The bytes of all texts that are shared."""


class LongTexts:
    """The long texts that were read lately, up to a number of bytes. Safe to share between threads.

    A text of 20 MB takes 60 MB while it is read. Without sharing, thirty searches at once that find the same
    report would take almost two gigabytes, and the C library would not return all of them.
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._texts: OrderedDict[Key, str] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, read: Callable[[], str]) -> str:
        """Return a text; ``read`` reads it if no thread has read it lately. Other threads wait meanwhile."""
        with self._lock:
            if key not in self._texts:
                self._texts[key] = read()
            self._texts.move_to_end(key)
            text = self._texts[key]
            while sum(map(sys.getsizeof, self._texts.values())) > self._room:
                self._texts.popitem(last=False)
            return text
