"""A server on a socket in this process, and OpenAI's client of it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import openai
import uvicorn
from fastapi import FastAPI

from index.library import Library
from rag.engine import QueryEngine
from ui.app import create_app

START_SECONDS = 30


@contextmanager
def serving_app(app: FastAPI) -> Iterator[str]:
    """Serve an app on a free port; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        until = time.monotonic() + START_SECONDS
        while not server.started:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(START_SECONDS)


@contextmanager
def served(index: Library, engine: QueryEngine) -> Iterator[openai.OpenAI]:
    """OpenAI's client, connected to a server of the library on a free port."""
    with (
        serving_app(create_app(index, engine)) as address,
        openai.OpenAI(
            api_key="any",
            base_url=f"{address}/v1",
            http_client=httpx.Client(trust_env=False),
            max_retries=0,
            timeout=60,
        ) as client,
    ):
        yield client
