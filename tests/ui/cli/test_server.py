"""A command trusts ``server.json`` only if a server of the same home answers."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ui.cli import server as client
from ui.cli.server import RunningServer, post, running_server, write_server_file
from ui.errors import ServerGoneError, ServerRefusedError
from ui.settings import home_id

STARTED = "2026-01-02T03:04:05+00:00"


@contextmanager
def answering(status: int, body: bytes, delay: threading.Event | None = None) -> Iterator[int]:
    """A server on loopback that answers every request in the same way; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if delay is not None:
                delay.wait(10)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        if delay is not None:
            delay.set()
        server.shutdown()
        thread.join()
        server.server_close()


def at(port: int, pid: int | None = None) -> RunningServer:
    return RunningServer(pid or os.getpid(), "127.0.0.1", port, STARTED)


def healthy(home: Path) -> bytes:
    return json.dumps({"status": "ok", "home": home_id(home)}).encode()


def test_the_file_says_who_listens_where_since_when_and_leaves_nothing_else_behind(tmp_path: Path) -> None:
    write_server_file(tmp_path, at(1, pid=2))
    assert [entry.name for entry in tmp_path.iterdir()] == ["server.json"]
    assert json.loads((tmp_path / "server.json").read_text()) == {
        "pid": 2,
        "host": "127.0.0.1",
        "port": 1,
        "started": STARTED,
        "token": "",
    }
    assert (tmp_path / "server.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '"text"', '{"pid": 1}', '{"pid": [], "host": "", "port": 1, "started": ""}'],
)
def test_no_file_and_a_file_of_another_form_are_no_server(tmp_path: Path, content: str) -> None:
    assert running_server(tmp_path) is None
    (tmp_path / "server.json").write_text(content)
    assert running_server(tmp_path) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"status": "ok", "home": "0123456789abcdef"}'),
        (200, b'{"status": "ok"}'),
        (200, b"[]"),
        (200, b"<html>another program</html>"),
        (503, b'{"status": "starting"}'),
    ],
)
def test_a_port_that_another_home_or_program_answers_on_is_not_asked(
    tmp_path: Path, status: int, body: bytes
) -> None:
    with answering(status, body) as port:
        write_server_file(tmp_path, at(port))
        assert running_server(tmp_path) is None


def test_a_port_that_nobody_listens_on_is_no_server(tmp_path: Path) -> None:
    with answering(200, b"") as port:
        pass
    write_server_file(tmp_path, at(port))
    assert running_server(tmp_path) is None


def test_a_server_that_hangs_is_given_up_within_the_time_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "HEALTH_SECONDS", 0.1)
    with answering(200, healthy(tmp_path), delay=threading.Event()) as port:
        write_server_file(tmp_path, at(port))
        assert running_server(tmp_path) is None


def test_a_server_that_wrote_itself_down_is_found_and_asked_without_a_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with answering(200, healthy(tmp_path)) as port:
        write_server_file(tmp_path, at(port))
        assert running_server(tmp_path) == at(port)
        assert post(at(port), "/v1/chat", {"question": "?"})["status"] == "ok"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:7860"),
        ("0.0.0.0", "http://127.0.0.1:7860"),
        ("::", "http://[::1]:7860"),
        ("fe80::1", "http://[fe80::1]:7860"),
        ("localhost", "http://localhost:7860"),
    ],
)
def test_the_address_is_one_that_this_machine_can_reach(host: str, address: str) -> None:
    assert RunningServer(1, host, 7860, STARTED).address == address


def test_a_problem_is_raised_with_its_detail_and_its_status() -> None:
    with (
        answering(422, b'{"status": 422, "detail": "the question is empty; ask something"}') as port,
        pytest.raises(ServerRefusedError) as caught,
    ):
        post(at(port), "/v1/chat", {"question": ""})
    assert (str(caught.value), caught.value.status) == ("the question is empty; ask something", 422)


def test_an_answer_that_is_no_json_is_a_refusal() -> None:
    with answering(200, b"<html>") as port, pytest.raises(ServerRefusedError, match="no JSON; restart it"):
        post(at(port), "/v1/chat", {"question": "?"})


def test_a_server_that_has_gone_is_told_apart_from_one_that_refuses() -> None:
    with answering(200, b"{}") as port:
        pass
    with pytest.raises(ServerGoneError, match=rf"127\.0\.0\.1:{port} is gone"):
        post(at(port), "/v1/chat", {"question": "?"})


def test_a_server_that_does_not_answer_in_time_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.1)
    with (
        answering(200, b"{}", delay=threading.Event()) as port,
        pytest.raises(ServerRefusedError, match=r"within 0\.1 seconds; try again, or restart it"),
    ):
        post(at(port), "/v1/chat", {"question": "?"})
