"""The events of a page over a library of one report."""

from __future__ import annotations

import pytest

from rag.engine import QueryEngine
from tests.support.libraries import MakeLibrary
from tests.support.talks import DAM, UNCHANGED
from ui.page.events import ChatEvents


@pytest.fixture
def engine(library: MakeLibrary) -> QueryEngine:
    return QueryEngine(library({"dam.txt": DAM}).index, keeps=True)


@pytest.fixture
def events(engine: QueryEngine) -> ChatEvents:
    return ChatEvents(engine, UNCHANGED)
