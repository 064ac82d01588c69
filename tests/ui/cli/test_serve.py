"""The server announces its address, answers the commands, and leaves nothing behind when it stops."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from rag.engine import QueryEngine
from rag.errors import ReaderError
from rag.finding.reading import BundledReader
from tests.support.processes import MODULE, ROOT, Served, environment, run, run_script, serving
from ui.cli import serve as serve_module
from ui.cli.serve import _Connection, _Models, _Server, listening_socket, serve
from ui.cli.server import running_server
from ui.errors import PortInUseError
from ui.settings import Settings, home_id

HEAVY = (
    "torch",
    "onnxruntime",
    "transformers",
    "faiss",
    "tantivy",
    "gradio",
    "llama_index",
    "uvicorn",
    "fastapi",
)


@pytest.fixture(scope="module")
def home(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one report, whose file a test may change."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "reports").mkdir()
    (folder / "reports" / "raids.txt").write_text(
        "Police in Harlamoor arrested 41 suspects over two days. The raids went on until Friday."
    )
    with Library.open(folder / "home", encoder) as index:
        sync(index, [folder / "reports"])
    return folder / "home"


@pytest.fixture
def own_home(home: Path, tmp_path: Path) -> Path:
    """A copy of ``home`` for a server of its own."""
    return Path(shutil.copytree(home, tmp_path / "home", ignore=shutil.ignore_patterns("server.json")))


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Served]:
    """A server of ``home``."""
    with serving(home) as server:
        yield server


def asked(*arguments: str | Path) -> tuple[dict[str, Any], list[str]]:
    """The JSON that the command prints, and the slow packages that it loaded."""
    code = (
        "import sys; from ui.cli.app import main; code = main(sys.argv[1:]); "
        f"print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    done = run_script(code, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr.split()


def test_a_server_writes_itself_down_and_is_the_server_of_its_home(served: Served, home: Path) -> None:
    found = running_server(home)
    assert found is not None
    assert served.line == f"Footnoted is ready at {served.address}\n"
    assert (found.pid, found.address) == (served.process.pid, served.address)
    health = httpx.get(f"{served.address}/healthz", trust_env=False, timeout=60).json()
    assert (health["status"], health["home"]) == ("ok", home_id(home))
    status, _ = asked("status", "--home", home)
    assert status["server"] == {"address": served.address, "pid": found.pid, "started": found.started}


def test_ask_and_search_ask_the_server_and_load_nothing_themselves(served: Served, home: Path) -> None:
    answer, loaded = asked("ask", "How many suspects were arrested?", "--home", home)
    assert loaded == []
    assert "41 suspects over two days" in answer["citations"][0]["quote"]
    response, loaded = asked("search", "raids until Friday", "--home", home)
    assert loaded == []
    over_http = httpx.post(
        f"{served.address}/v1/search",
        json={"query": "raids until Friday", "limit": 10},
        trust_env=False,
        timeout=60,
    ).json()
    assert response["results"] == over_http["results"]


@pytest.mark.usefixtures("served")
def test_the_server_is_asked_with_the_filters_of_the_command(home: Path) -> None:
    words = ("raids until Friday", "--home", home)
    found = [
        (len(response["results"]), loaded)
        for response, loaded in (
            asked("search", *words, "--document", "1", "--published-after", "2001"),
            asked("search", *words, "--collection", "none"),
        )
    ]
    assert found == [(1, []), (0, [])]
    answer, loaded = asked("ask", *words, "--published-before", "2001")
    assert (answer["cause"], loaded) == ("empty_library", [])


@pytest.mark.usefixtures("served")
def test_what_the_server_refuses_is_one_line_and_wrong_usage(home: Path) -> None:
    done = run("ask", "why " * 600, "--home", home)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("footnoted: ")
    assert done.stderr.count("\n") == 1


def test_a_sync_beside_the_server_is_seen_by_it(served: Served, home: Path) -> None:
    report = home.parent / "reports" / "flood.txt"
    report.write_text("The Isken flood destroyed 2,140 houses in one night.")
    try:
        synced, _ = asked("sync", "--home", home)
        assert synced["added"] == ["flood.txt"]
        answer, loaded = asked("ask", "How many houses did the flood destroy?", "--home", home)
        assert loaded == []
        assert answer["generation"] == synced["generation"]
        assert "2,140 houses" in answer["citations"][0]["quote"]
    finally:
        report.unlink()
        asked("sync", "--home", home)
    listed = httpx.get(f"{served.address}/v1/documents", trust_env=False, timeout=60).json()["documents"]
    assert [document["path"] for document in listed] == ["raids.txt"]


@pytest.mark.slow
def test_a_server_that_watches_takes_a_new_report_by_itself(home: Path, own_home: Path) -> None:
    report = home.parent / "reports" / "storm.txt"
    with serving(own_home, "--watch") as server:
        report.write_text("The Orrin storm took 30 roofs.")
        try:
            until = time.monotonic() + 60
            listed: list[str] = []
            while listed != ["raids.txt", "storm.txt"] and time.monotonic() < until:
                found = httpx.get(f"{server.address}/v1/documents", trust_env=False, timeout=60).json()
                listed = [document["path"] for document in found["documents"]]
                time.sleep(0.1)
        finally:
            report.unlink()
        assert listed == ["raids.txt", "storm.txt"]
        code, out, err = server.stop()
    assert (code, out, err) == (0, "", "Starting…\n")
    assert not (own_home / "server.json").exists()


def test_a_second_server_on_the_port_ends_with_one_line(served: Served, tmp_path: Path) -> None:
    port = served.address.rpartition(":")[2]
    done = run("serve", "--port", port, "--home", tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "Starting…",
        (
            f"footnoted: cannot listen on 127.0.0.1:{port}: Address already in use; "
            "give another --port, or stop what uses it"
        ),
    ]


@pytest.mark.slow
def test_a_second_server_of_the_home_ends_with_one_line(served: Served, home: Path) -> None:
    first = running_server(home)
    assert first is not None
    done = run("serve", "--port", "0", "--home", home)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == (
        f"footnoted: the library in {home} is served already, at {served.address} by process {first.pid}; "
        "use that server, or stop it first"
    )
    assert running_server(home) == first


@pytest.mark.slow
def test_of_two_servers_of_a_home_that_start_together_one_is_ready(own_home: Path) -> None:
    command = [*MODULE, "serve", "--port", "0", "--home", str(own_home)]
    with ExitStack() as opened:
        both = [
            opened.enter_context(
                subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=environment(),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(2)
        ]
        for process in both:
            opened.callback(process.kill)
        # The refused server ends without a line; the other one is ready.
        lines = [process.stdout.readline() for process in both if process.stdout is not None]
        [ready] = [line for line in lines if line]
        served, refused = both if lines[0] else reversed(both)
        _, said = refused.communicate(timeout=60)
        found = running_server(own_home)
        assert found is not None
        assert (ready, found.pid) == (f"Footnoted is ready at {found.address}\n", served.pid)
    assert refused.returncode == 1
    assert said.splitlines() == [
        "Starting…",
        f"footnoted: a server of the library in {own_home} is starting; use that one, or stop it first",
    ]


def test_a_server_that_is_interrupted_says_nothing_and_removes_its_file(own_home: Path) -> None:
    with serving(own_home, "--json") as server:
        # With ``--json``, the server announces its address as JSON.
        assert json.loads(server.line) == {"address": server.address}
        assert running_server(own_home) is not None
        assert server.stop(signal.SIGINT) == (0, "", "Starting…\n")
    assert not (own_home / "server.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "seconds"), [(signal.SIGINT, 0.0), (signal.SIGTERM, 0.3), (signal.SIGTERM, 0.8)]
)
def test_a_server_that_is_interrupted_before_it_is_ready_ends_quietly(
    tmp_path: Path, number: signal.Signals, seconds: float
) -> None:
    with subprocess.Popen(
        [*MODULE, "serve", "--port", "0", "--home", str(tmp_path)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "Starting…\n"
        time.sleep(seconds)
        process.send_signal(number)
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (130, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_stopped_while_it_loads_its_models_ends_quietly(
    own_home: Path, number: signal.Signals
) -> None:
    with serving(own_home) as server:
        # The address is announced before the models are loaded.
        early = httpx.get(f"{server.address}/readyz", trust_env=False, timeout=60)
        assert (early.status_code, early.headers["Retry-After"]) == (503, "5")
        assert server.stop(number) == (0, "", "Starting…\n")
    assert not (own_home / "server.json").exists()


def test_a_server_becomes_ready_by_itself(served: Served) -> None:
    until = time.monotonic() + 60
    while (ready := httpx.get(f"{served.address}/readyz", trust_env=False, timeout=60)).status_code != 200:
        assert time.monotonic() < until, ready.text
        time.sleep(0.1)
    assert ready.json()["status"] == "ready"


@pytest.mark.slow
def test_a_server_whose_models_cannot_be_loaded_stops_with_the_cause(home: Path, encoder: Encoder) -> None:
    damaged = home.parent / "damaged.safetensors"
    damaged.write_bytes(b"no tensors")
    stopped: list[bool] = []
    with Library.open(home, encoder) as index:
        engine = QueryEngine(index, BundledReader(damaged, "0" * 64))
        models = _Models(engine)
        models.load(lambda: stopped.append(True))
        with pytest.raises(ReaderError, match=r"damaged\.safetensors, a file of the reader, has sha256"):
            models.close()
    assert (stopped, engine.is_warming) == ([True], True)


@pytest.mark.slow
def test_a_server_whose_interrupt_was_swallowed_while_it_started_does_not_go_on(own_home: Path) -> None:
    told = Event()
    told.set()

    def announce(address: str) -> None:
        raise AssertionError(f"it listens at {address}")

    with pytest.raises(KeyboardInterrupt):
        serve(Settings(home=own_home, port=0), announce, told)
    assert not (own_home / "server.json").exists()


@pytest.mark.slow
def test_a_server_that_was_killed_is_not_waited_for(own_home: Path) -> None:
    with serving(own_home) as server:
        server.stop(signal.SIGKILL)
    assert (own_home / "server.json").is_file()
    answer, loaded = asked("ask", "How many suspects were arrested?", "--home", own_home)
    assert "onnxruntime" in loaded
    assert "41 suspects" in answer["citations"][0]["quote"]


def test_a_free_port_is_taken_where_none_is_named() -> None:
    with listening_socket("127.0.0.1", 0) as first, listening_socket("127.0.0.1", 0) as second:
        assert first.getsockname()[1] != second.getsockname()[1]


def test_a_port_in_use_is_told_before_anything_is_loaded() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=rf"^cannot listen on 127\.0\.0\.1:{port}: Address already"):
            listening_socket("127.0.0.1", port)


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """A server whose answer to ``/slow`` takes longer than the time limit for the head of a request."""
    monkeypatch.setattr(serve_module, "HEAD_SECONDS", 0.5)

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            await asyncio.sleep(1)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    listener = listening_socket("127.0.0.1", 0)
    config = uvicorn.Config(app, http=_Connection, lifespan="off", log_config=None)
    listens = Event()
    server = _Server(config, lambda _stop: listens.set(), lambda: None)
    thread = Thread(target=server.run, args=([listener],))
    thread.start()
    assert listens.wait(60)
    yield listener.getsockname()
    server.should_exit = True
    thread.join(60)
    assert not thread.is_alive()


@pytest.mark.parametrize("part", [b"", b"GET /slow HTTP/1.1\r\nHost: a"], ids=["nothing", "half"])
def test_a_head_that_does_not_arrive_ends_the_connection(address: tuple[str, int], part: bytes) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(part)
        assert client.recv(1) == b""


def test_a_head_that_does_not_arrive_after_an_answer_ends_the_connection(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(b"GET /fast HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 204 ")
        client.sendall(b"GET /slow")
        assert client.recv(1) == b""


def test_an_answer_may_take_longer(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 204 ")
