"""A collector of traces on this machine, which takes OTLP over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue


@dataclass(frozen=True)
class Received:
    """Times are in nanoseconds since 1970."""

    name: str
    kind: int
    trace: str
    number: str
    parent: str
    begins: int
    ends: int
    attributes: dict[str, Any]
    is_error: bool
    events: int


@dataclass
class Collector:
    """``headers`` are of the last request, with names in lower case; ``spans`` are in order of their ends."""

    address: str
    paths: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    resources: dict[str, Any] = field(default_factory=dict)
    spans: list[Received] = field(default_factory=list)
    status: int = 200

    def named(self, name: str) -> Received:
        [found] = [span for span in self.spans if span.name == name]
        return found

    def under(self, parent: Received) -> list[str]:
        found = [span for span in self.spans if (span.trace, span.parent) == (parent.trace, parent.number)]
        return [span.name for span in sorted(found, key=lambda span: span.begins)]

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources = _values(resource.resource.attributes)
            for scope in resource.scope_spans:
                self.spans += [
                    Received(
                        span.name,
                        span.kind,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        span.start_time_unix_nano,
                        span.end_time_unix_nano,
                        _values(span.attributes),
                        span.status.code == span.status.STATUS_CODE_ERROR,
                        len(span.events),
                    )
                    for span in scope.spans
                ]


def _values(attributes: Any) -> dict[str, Any]:  # noqa: ANN401 (a repeated field)
    def value(pair: KeyValue) -> Any:  # noqa: ANN401
        return getattr(pair.value, str(pair.value.WhichOneof("value")))

    return {pair.key: value(pair) for pair in attributes}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Takes)
        self.collector = Collector(f"http://127.0.0.1:{self.server_port}")


class _Takes(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        collector = self.server.collector
        collector.paths.append(self.path)
        collector.headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if collector.status == 200:
            collector.take(body)
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(collector.status)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def collecting() -> Iterator[Collector]:
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
