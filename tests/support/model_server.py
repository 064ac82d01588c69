"""A server with OpenAI's protocol on this machine, whose replies are scripted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any

from tests.support.scripted import number_of

Reply = Callable[[Sequence[Any]], str]
"""A function from the messages of a request, which have ``content``, to the text of the reply."""

KNOWN = (
    "Amnesty International recently reported that it knows of at least 53 scam dens in Cambodia, and linked "
    "them to human trafficking, torture, forced labour and child labour."
)

USAGE = {"prompt_tokens": 300, "completion_tokens": 12, "total_tokens": 312}


@dataclass
class ModelServer:
    """``refusal`` is the status and the message for the next requests, or None to reply."""

    address: str
    reply: Reply
    refusal: tuple[int, str] | None = None
    keys: list[str] = field(default_factory=list)


def ready(_messages: Sequence[Any]) -> str:
    return "Ready."


def citing(words: str, begins: str) -> Reply:
    """Write ``words`` and cite the prompt's sentence that starts with ``begins``; "Ready." if none does."""

    def reply(messages: Sequence[Any]) -> str:
        if begins not in str(messages[-1].content):
            return "Ready."
        return f"[{number_of(messages, begins)}] {words}\n"

    return reply


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Yield the address of a server on this machine, whose requests ``handler`` answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@contextmanager
def model_server(reply: Reply = ready) -> Iterator[ModelServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.keys.append(self.headers.get("Authorization", ""))
            if server.refusal is not None:
                status, message = server.refusal
                self._send(status, "application/json", json.dumps({"error": {"message": message}}))
                return
            messages = [SimpleNamespace(**message) for message in request["messages"]]
            text = server.reply(messages)
            chunks = [_chunk({"role": "assistant", "content": text}), _chunk({}, "stop")]
            chunks.append({**_chunk({}), "choices": [], "usage": USAGE})
            lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
            self._send(200, "text/event-stream", "".join([*lines, "data: [DONE]\n\n"]))

        def _send(self, status: int, kind: str, body: str) -> None:
            data = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_arguments: object) -> None:
            """Write no log."""

    with listening(Handler) as root:
        server = ModelServer(f"{root}/v1", reply)
        yield server


def _chunk(delta: Mapping[str, str], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "small",
        "choices": [choice],
    }
