"""A host of the web, honest or not, on this machine."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REPORT = b"# The gate\n\nThe council of Varda closed the third gate of the dam on Monday.\n"


@dataclass
class WebHost:
    """``redirects`` has the locations by path; ``asked`` the requested paths, in order."""

    port: int
    redirects: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.host = WebHost(self.server_port)
        self.over = threading.Event()


class _Answers(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        host = self.server.host
        host.asked.append(self.path)
        path = self.path.partition("?")[0]
        if path in host.redirects:
            self._send(302, b"", {"Location": host.redirects[path]})
        else:
            answer = _ANSWERS.get(path, _Answers._send_report)
            with suppress(OSError):  # The client hangs up on endless bodies.
                answer(self)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def send_packed(self) -> None:
        self._send(200, gzip.compress(REPORT), {"Content-Encoding": "gzip"})

    def send_picture(self) -> None:
        self._send(200, b"\x89PNG\r\n\x1a\n", {"Content-Type": "application/pdf"})

    def send_long(self) -> None:
        self._send(200, REPORT + b"\n" * 2_000_000)

    def send_large(self) -> None:
        self._send(200, b"", length=10**9)

    def send_nothing(self) -> None:
        self._send(404, b"not here")

    def send_for_ever(self) -> None:
        self._start(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"x" * 65_536, 0.0)

    def send_byte_by_byte(self) -> None:
        self._start(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"x", 0.2)

    def send_headers_byte_by_byte(self) -> None:
        self._start(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", 0.2)

    def _send_report(self) -> None:
        self._send(200, REPORT, {"Content-Type": "application/octet-stream"})

    def _send(
        self, status: int, body: bytes, headers: Mapping[str, str] | None = None, length: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _start(self, head: bytes, part: bytes, pause: float) -> None:
        self.close_connection = True
        self.wfile.write(head)
        while not self.server.over.wait(pause):
            self.wfile.write(part)


_ANSWERS: Mapping[str, Callable[[_Answers], None]] = {
    "/packed.md": _Answers.send_packed,
    "/picture.pdf": _Answers.send_picture,
    "/long.md": _Answers.send_long,
    "/large.md": _Answers.send_large,
    "/missing.md": _Answers.send_nothing,
    "/endless/fast.md": _Answers.send_for_ever,
    "/endless/slow.md": _Answers.send_byte_by_byte,
    "/headers/slow.md": _Answers.send_headers_byte_by_byte,
}


@contextmanager
def web_host() -> Iterator[WebHost]:
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.host
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
