"""The library of the tests of syncs: it embeds nothing that takes time."""

from __future__ import annotations

import pytest

from index.library import Library


@pytest.fixture
def index(stubbed: Library) -> Library:
    """An empty library whose encoder has no weights."""
    return stubbed
