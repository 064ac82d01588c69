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
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from index.documents import sidecar_of
from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from rag.engine import QueryEngine
from rag.errors import ReaderError
from rag.finding.reading import BundledReader
from tests.support.commands import fails, prints
from tests.support.processes import MODULE, ROOT, Served, environment, run_script, serving
from ui.cli import serve as serve_module
from ui.cli.app import main
from ui.cli.serve import _Connection, _Models, _Server, listening_socket, only_server, serve
from ui.cli.server import running_server
from ui.errors import AlreadyServedError
from ui.settings import Settings, home_id

HEAVY = (
    *("torch", "onnxruntime", "transformers", "faiss", "tantivy"),
    *("gradio", "llama_index", "uvicorn", "fastapi"),
)
QUESTION = "How many suspects were arrested?"


@pytest.fixture(scope="module")
def home(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one report, whose file a test may change."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "reports").mkdir()
    report = folder / "reports" / "raids.txt"
    report.write_text(
        "Police in Harlamoor arrested 41 suspects over two days. The raids went on until Friday."
    )
    sidecar_of(report).write_text("published: 2025-05-02")
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


def get(address: str, path: str) -> httpx.Response:
    return httpx.get(f"{address}{path}", trust_env=False, timeout=60)


def paths(address: str) -> list[str]:
    """The paths of a server's reports."""
    return [document["path"] for document in get(address, "/v1/documents").json()["documents"]]


def test_a_server_writes_itself_down_and_becomes_ready_by_itself(
    served: Served, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = running_server(home)
    assert found is not None
    assert served.line == f"Footnoted is ready at {served.address}\n"
    assert (found.pid, found.address) == (served.process.pid, served.address)
    health = get(served.address, "/healthz").json()
    assert (health["status"], health["home"]) == ("ok", home_id(home))
    status = prints(capfd, "status", "--home", home)
    assert status["server"] == {"address": served.address, "pid": found.pid, "started": found.started}
    until = time.monotonic() + 60
    while (ready := get(served.address, "/readyz")).status_code != 200:
        assert time.monotonic() < until, ready.text
        time.sleep(0.1)
    assert ready.json()["status"] == "ready"


def test_ask_and_search_ask_the_server_and_load_nothing_themselves(served: Served, home: Path) -> None:
    answer, loaded = asked("ask", QUESTION, "--home", home)
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
def test_the_server_is_asked_with_the_filters_of_the_command(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ("raids until Friday", "--home", home)
    one = prints(capfd, "search", *words, "--document", "1", "--published-after", "2001")
    none = prints(capfd, "search", *words, "--collection", "none")
    assert (len(one["results"]), none["results"]) == (1, [])
    assert prints(capfd, "ask", *words, "--published-before", "2001")["cause"] == "empty_library"


@pytest.mark.usefixtures("served")
def test_what_the_server_refuses_is_one_line_and_wrong_usage(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert fails(capfd, 2, "ask", "why " * 600, "--home", home)


def test_a_sync_beside_the_server_is_seen_by_it(
    served: Served, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    report = home.parent / "reports" / "flood.txt"
    report.write_text("The Isken flood destroyed 2,140 houses in one night.")
    try:
        synced = prints(capfd, "sync", "--home", home)
        assert synced["added"] == ["flood.txt"]
        answer = prints(capfd, "ask", "How many houses did the flood destroy?", "--home", home)
        assert answer["generation"] == synced["generation"]
        assert "2,140 houses" in answer["citations"][0]["quote"]
    finally:
        report.unlink()
        prints(capfd, "sync", "--home", home)
    assert paths(served.address) == ["raids.txt"]


@pytest.mark.slow
def test_a_server_that_watches_takes_a_new_report_by_itself(home: Path, own_home: Path) -> None:
    report = home.parent / "reports" / "storm.txt"
    with serving(own_home, "--watch") as server:
        report.write_text("The Orrin storm took 30 roofs.")
        try:
            until = time.monotonic() + 60
            listed: list[str] = []
            while listed != ["raids.txt", "storm.txt"] and time.monotonic() < until:
                listed = paths(server.address)
                time.sleep(0.1)
        finally:
            report.unlink()
        assert listed == ["raids.txt", "storm.txt"]
        code, out, err = server.stop()
    assert (code, out, err) == (0, "", "Starting…\n")
    assert not (own_home / "server.json").exists()


def test_a_second_server_on_the_port_or_of_the_home_ends_with_one_line(
    served: Served, home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    port = served.address.rpartition(":")[2]
    assert main(["serve", "--port", port, "--home", str(tmp_path)]) == 1
    assert capfd.readouterr().err == (
        f"Starting…\nfootnoted: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "give another --port, or stop what uses it\n"
    )
    assert main(["serve", "--port", "0", "--home", str(home)]) == 1
    assert capfd.readouterr().err == (
        f"Starting…\nfootnoted: the library in {home} is served already, at {served.address} by process "
        f"{served.process.pid}; use that server, or stop it first\n"
    )


def test_the_command_says_what_it_means_to_listen_for_other_machines(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--host", "0.0.0.0", "--port", "0", "--home", str(tmp_path)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == (
        "footnoted: people must sign in, because other machines can reach 0.0.0.0, and nobody can yet; add "
        "yourself with `footnoted user add NAME --administrator`, or accept this with --insecure"
    )


def test_of_two_servers_of_a_home_that_start_together_one_goes_on(tmp_path: Path) -> None:
    starting = f"^a server of the library in {tmp_path} is starting; use that one, or stop it first$"
    with only_server(tmp_path), pytest.raises(AlreadyServedError, match=starting), only_server(tmp_path):
        pass


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


@pytest.mark.slow_cases
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_stopped_while_it_loads_its_models_ends_quietly(
    own_home: Path, number: signal.Signals
) -> None:
    with serving(own_home, "--json") as server:
        # With ``--json``, the address is announced as JSON, before the models are loaded.
        assert json.loads(server.line) == {"address": server.address}
        early = get(server.address, "/readyz")
        assert (early.status_code, early.headers["Retry-After"]) == (503, "5")
        assert server.stop(number) == (0, "", "Starting…\n")
    assert not (own_home / "server.json").exists()


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
@pytest.mark.parametrize("answered", [False, True])
def test_a_head_that_does_not_arrive_ends_the_connection(
    address: tuple[str, int], part: bytes, answered: bool
) -> None:
    with socket.create_connection(address, timeout=60) as client:
        if answered:
            client.sendall(b"GET /fast HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.recv(1000).startswith(b"HTTP/1.1 204 ")
        client.sendall(part)
        assert client.recv(1) == b""


def test_an_answer_may_take_longer(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 204 ")
