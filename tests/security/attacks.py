"""Requests of an attacker, sent byte for byte, and the attacked server."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

SECONDS = 30.0
"""The time limit for a response."""

PROMPT_SECONDS = 5.0
"""The time within which a responsive server answers a health check on a busy machine."""

CANARY = "/tmp/canary"  # noqa: S108 (stands for the target's own file, which is made anew)
"""A placeholder in the path or the body of a request for the path of a file that no attack may read."""

FIFO = "/tmp/fifo"  # noqa: S108 (likewise)
"""A placeholder for the path of a pipe without a writer, which blocks its readers."""

LISTENER = "http://listener.example"
"""A placeholder for the URL of a port to which nobody may connect."""

CATALOG = "/tmp/catalog"  # noqa: S108 (likewise)
"""A placeholder for the path of the library's catalog."""

FORWARDED = {
    "X-Forwarded-For": ("X-Forwarded-For", "198.51.100.1"),
    "X-Forwarded-For of this machine": ("X-Forwarded-For", "127.0.0.1"),
    "an empty X-Forwarded-For": ("X-Forwarded-For", ""),
    "X-Forwarded-Proto": ("X-Forwarded-Proto", "https"),
    "X-Forwarded-Host": ("X-Forwarded-Host", "localhost"),
    "X-Forwarded-Server": ("X-Forwarded-Server", "localhost"),
    "Forwarded": ("Forwarded", "for=198.51.100.1;proto=https"),
    "Forwarded of this machine": ("Forwarded", "for=127.0.0.1"),
    "X-Real-IP": ("X-Real-IP", "198.51.100.1"),
    "X-Real-IP of this machine": ("X-Real-IP", "::1"),
    "Via": ("Via", "1.1 desk.example"),
}
"""Headers that a reverse proxy adds, by what they are: each alone tells that a request was forwarded."""

NAMELESS = "0" * 32
"""An id that nothing has."""

NEVER = ("root:x:0:", "SQLite format 3", "Traceback (most recent call last)", 'File "/')
"""Words that no response may contain."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A response: status 0 if there was none; ``headers`` by lower-case name, repeated ones joined."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:  # noqa: ANN401 (JSON)
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Attack:
    """A request, whose placeholders are filled in; ``without`` has words that its response may not have."""

    name: str
    path: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    without: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Target:
    """A server with ``temporary`` as its folder for temporary files, and the files that no attack may touch.

    ``canary`` has the text ``secret``, which is in the server's environment, too, and may be in no response;
    ``fifo`` has no writer; to ``listener`` no request may make the server connect.
    """

    address: tuple[str, int]
    home: Path
    temporary: Path
    canary: Path
    fifo: Path
    secret: str
    listener: socket.socket

    @property
    def host(self) -> str:
        return f"{self.address[0]}:{self.address[1]}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def filled(self, text: str) -> str:
        for word, real in (
            (CANARY, str(self.canary)),
            (FIFO, str(self.fifo)),
            (CATALOG, str(self.home / "catalog.sqlite")),
            (LISTENER, f"http://127.0.0.1:{self.listener.getsockname()[1]}"),
        ):
            text = text.replace(word, real)
        return text

    def answer(self, attack: Attack) -> Answered:
        """Send an attack, and check that the response is harmless."""
        body = attack.body
        with suppress(UnicodeDecodeError):
            body = self.filled(body.decode()).encode()
        answered = self.ask(attack.method, self.filled(attack.path), attack.headers, body)
        self.assert_harmless(answered, attack.without)
        return answered

    def ask(
        self,
        method: str,
        path: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        *,
        seconds: float = SECONDS,
    ) -> Answered:
        lines = [f"{method} {path} HTTP/1.1"]
        given = list(headers)
        named = {name.lower() for name, _ in given}
        if "host" not in named:
            given.insert(0, ("Host", self.host))
        if (body or method not in {"GET", "HEAD"}) and not named & {"content-length", "transfer-encoding"}:
            given.append(("Content-Length", str(len(body))))
        lines += [f"{name}: {value}" for name, value in [*given, ("Connection", "close")]]
        head = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")
        return self.exchange(head + body, seconds=seconds, method=method)

    def exchange(self, data: bytes, *, seconds: float = SECONDS, method: str = "GET") -> Answered:
        """Send bytes, and read the first response; status 0 if the connection ends without one."""
        began = time.monotonic()
        with socket.create_connection(self.address, timeout=seconds) as connection:
            # The server may refuse a body before all of it is sent.
            with suppress(ConnectionError):
                connection.sendall(data)
            response = HTTPResponse(connection, method=method)
            body = b""
            try:
                response.begin()
                body = response.read()
            except (HTTPException, ConnectionError):
                if not response.headers:
                    return Answered(0, seconds=time.monotonic() - began)
            headers: dict[str, str] = {}
            for name, value in response.getheaders():
                key = name.lower()
                headers[key] = f"{headers[key]}, {value}" if key in headers else value
            return Answered(response.status, headers, body, time.monotonic() - began)

    def post(self, path: str, body: object, *, seconds: float = SECONDS) -> Answered:
        """Send JSON as the page does."""
        headers = (("Content-Type", "application/json"), ("Origin", self.origin))
        return self.ask("POST", path, headers, json.dumps(body).encode(), seconds=seconds)

    def upload(self, name: str, content: bytes, **said: str) -> Answered:
        """Send a file as the page does, with its name unchanged."""
        content_type, body = form(name, content, **said)
        headers = (("Content-Type", content_type), ("Origin", self.origin))
        return self.ask("POST", "/v1/documents", headers, body, seconds=180)

    def documents(self) -> list[tuple[str, str, int]]:
        """The path, digest and version of each document of the library."""
        listed = self.ask("GET", "/v1/documents").json["documents"]
        return sorted((each["path"], each["digest"], each["version"]) for each in listed)

    def files(self) -> list[str]:
        """The files in the temporary folder, beside the canary, and in the uploads of the home.

        Hidden files in the uploads are left out: the server keeps a deleted upload for a while to restore it.
        """
        uploads = self.home / "uploads"
        kept = [file for place in (self.temporary, self.canary.parent) for file in place.rglob("*")]
        shown = [file for file in uploads.glob("*") if not file.name.startswith(".")]
        return sorted(map(str, [*kept, *shown]))

    def was_connected_to(self) -> bool:
        """Return whether a connection to the listener has arrived."""
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def assert_harmless(self, answered: Answered, without: Iterable[str] = ()) -> None:
        """Check that a response has no secret, file of the server's disk, traceback or server error."""
        head = "\n".join(f"{name}: {value}" for name, value in answered.headers.items())
        text = f"{head}\n{answered.text}"
        assert [word for word in (self.secret, *NEVER, *without) if word in text] == []
        assert answered.status not in {500, 502}, answered.text
        assert "access-control-allow-origin" not in answered.headers


def form(name: str, content: bytes, **said: str) -> tuple[str, bytes]:
    """A file and fields as ``multipart/form-data``: its content type, and the body."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode(
            "utf-8", "surrogatepass"
        )
        for key, value in said.items()
    ]
    disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    head = f"--{boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n"
    parts.append(head.encode("utf-8", "surrogatepass") + content + b"\r\n")
    return f"multipart/form-data; boundary={boundary}", b"".join([*parts, f"--{boundary}--\r\n".encode()])


def file_data(path: str, url: str | None = None) -> dict[str, Any]:
    """A value that Gradio would take for a file of the server's disk."""
    return {"path": path, "url": url, "orig_name": "report.txt", "meta": {"_type": "gradio.FileData"}}


def operations(description: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The method and path, with every parameter filled in, of each operation of an OpenAPI description."""
    return [
        (method.upper(), filled_path(path))
        for path, item in description["paths"].items()
        for method in item
        if method != "parameters"
    ]


def filled_path(path: str) -> str:
    """A path with a harmless value for each parameter."""
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda match: _VALUES.get(match[1], "1"), path)


_VALUES = {
    "suffix": "md",
    **dict.fromkeys(("answer_id", "conversation_id", "job_id"), NAMELESS),
    "name": "footnoted",
}


def make_canary(place: Path) -> tuple[Path, Path, str]:
    """A file that no attack may read, a pipe that no attack may block on, and the text of the file."""
    secret = f"canary-{secrets.token_hex(16)}"
    place.mkdir()
    (place / "canary.txt").write_text(secret)
    os.mkfifo(place / "pipe.txt")
    return place / "canary.txt", place / "pipe.txt", secret
