"""OpenAI's client, connected over a socket to a server of the seed reports."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest

from index.library import Library
from rag.engine import QueryEngine
from tests.support.openai_client import served


@pytest.fixture(scope="package")
def client(seed_index: Library, seed_engine: QueryEngine) -> Iterator[openai.OpenAI]:
    with served(seed_index, seed_engine) as client:
        yield client
