"""A server on this machine that lists models as OpenAI, llama.cpp, Ollama or Anthropic do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.model_server import listening


@dataclass
class ListServer:
    """``sent`` maps a path, without its query, to what is sent: JSON, bytes, a status, or a redirection."""

    root: str
    sent: Mapping[str, Any]
    delay: float = 0.0
    asked: list[tuple[str, str]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.root.rpartition(":")[2])


def openai_list(*names: str, owner: str = "somebody", **more: object) -> dict[str, Any]:
    entries = [{"id": name, "object": "model", "created": 0, "owned_by": owner, **more} for name in names]
    return {"object": "list", "data": entries}


def ollama_list(**sizes: str) -> dict[str, Any]:
    """The models' names, with an underscore in place of the colon, and their sizes (*8.2B*)."""
    models = [
        {"name": name.replace("_", ":"), "details": {"family": "qwen3", "parameter_size": size}}
        for name, size in sizes.items()
    ]
    return {"models": models}


@contextmanager
def list_server(sent: Mapping[str, Any]) -> Iterator[ListServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer()

        def _answer(self) -> None:
            path = self.path.partition("?")[0]
            server.asked.append((self.command, self.path))
            server.headers.append({name.casefold(): value for name, value in self.headers.items()})
            time.sleep(server.delay)
            found = server.sent.get(path, 404)
            status = found if isinstance(found, int) else 200
            if isinstance(found, str):
                self.send_response(302)
                self.send_header("Location", found)
                data = b""
            else:
                self.send_response(status)
                data = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_arguments: object) -> None:
            """Write no log."""

    with listening(Handler) as root:
        server = ListServer(root, sent)
        yield server
