"""OpenAI's client, connected to a server in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import openai

from benchmarks.app_server import serving_app
from index.library import Library
from rag.engine import QueryEngine
from ui.app import create_app


@contextmanager
def served(index: Library, engine: QueryEngine) -> Iterator[openai.OpenAI]:
    with (
        serving_app(create_app(index, engine)) as address,
        openai.OpenAI(
            api_key="any",
            base_url=f"{address}/v1",
            http_client=httpx.Client(trust_env=False, timeout=60),
            max_retries=0,
            timeout=60,
        ) as client,
    ):
        yield client
