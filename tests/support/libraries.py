"""The type of the fixture ``library``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rag.engine import QueryEngine

MakeLibrary = Callable[[Mapping[str, str]], QueryEngine]
