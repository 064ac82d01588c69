"""A server that is told to stop ends its streams with an error, and exits even if a part of it hangs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa

from benchmarks.writing import smollm2
from index.catalog import CATALOG, Catalog, kept
from index.embedding.encoder import Encoder
from index.ingest.jobs import Jobs
from index.ingest.synchronize import sync
from index.library import Library
from tests.support.children import children_of, is_gone
from tests.support.processes import ROOT, Served, serving
from tests.support.reports import write
from ui.cli.serve import listening_socket, only_server
from ui.cli.shutdown import interruptible, signals_noted
from ui.http.streaming import STOPPING

ENDS_WITHIN = 10.0
PATIENCE = 60.0
QUESTION = "How many suspects were arrested?"
SENTENCE = "Police in Harlamoor arrested 41 suspects over two days."
STREAMS = {
    "/v1/chat": {"question": QUESTION, "stream": True},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": QUESTION}], "stream": True},
}


@pytest.fixture
def home(encoder: Encoder, tmp_path: Path) -> Path:
    """A home with one report."""
    write(tmp_path / "reports" / "raids.txt", SENTENCE)
    with Library.open(tmp_path / "home", encoder) as index:
        sync(index, [tmp_path / "reports"])
    return tmp_path / "home"


@contextmanager
def stuck(home: Path, fifo: str) -> Iterator[Served]:
    """A server with parts that hang."""
    with serving(home, command=(sys.executable, "-m", "tests.support.stuck_server", fifo)) as server:
        yield server


def last_of(lines: Iterator[str]) -> Any:  # noqa: ANN401 (JSON)
    """The data of a stream's last event."""
    return json.loads([line for line in lines if line.startswith("data: ")][-1].removeprefix("data: "))


@contextmanager
def streams(server: Served) -> Iterator[list[Iterator[str]]]:
    """A stream of each route, after its first event."""
    with ExitStack() as opened:
        http = opened.enter_context(httpx.Client(base_url=server.address, timeout=PATIENCE, trust_env=False))
        begun: list[Iterator[str]] = []
        for path, body in STREAMS.items():
            lines = opened.enter_context(http.stream("POST", path, json=body)).iter_lines()
            assert any(line.startswith("data: ") for line in lines)
            begun.append(lines)
        yield begun


def assert_told(chat: Iterator[str], completions: Iterator[str]) -> None:
    problem, chunk = last_of(chat), last_of(completions)
    assert (problem["status"], problem["title"], problem["detail"]) == (503, "Service Unavailable", STOPPING)
    assert (chunk["error"]["code"], chunk["error"]["message"]) == (503, STOPPING)


def test_streams_end_with_an_error_and_the_server_in_good_order(home: Path) -> None:
    with stuck(home, "-") as server, streams(server) as begun:
        server.process.send_signal(signal.SIGTERM)
        assert_told(*begun)
        assert server.process.wait(ENDS_WITHIN) == 0
    assert not (home / "server.json").exists()


@pytest.mark.slow
def test_a_server_that_is_stopped_while_a_model_from_a_file_writes_ends_in_good_order(home: Path) -> None:
    """The model writes one reply, and the other question waits for it."""
    with ExitStack() as opened:
        starting = serving(
            home,
            FOOTNOTED_LLM="llamacpp",
            FOOTNOTED_LLM_MODEL=str(smollm2()),
            FOOTNOTED_LLM_TIMEOUT="3600",
            FOOTNOTED_LLM_CONTEXT="8192",
            FOOTNOTED_LLM_REPLY="4096",
        )
        server = opened.enter_context(starting)
        pool = opened.enter_context(ThreadPoolExecutor(1))
        http = opened.enter_context(httpx.Client(base_url=server.address, timeout=PATIENCE, trust_env=False))
        [child] = children_of(server.process.pid, "rag.llm.providers")
        streamed = opened.enter_context(http.stream("POST", "/v1/chat", json=STREAMS["/v1/chat"]))
        lines = streamed.iter_lines()
        assert any(line.startswith("data: ") for line in lines)
        whole = pool.submit(http.post, "/v1/chat", json={"question": QUESTION})
        time.sleep(1.0)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(ENDS_WITHIN) == 0
        assert any(line.startswith("data: ") for line in lines)
        answered = whole.result(PATIENCE)
        assert answered.status_code in {200, 500}
    assert is_gone(int(child.split()[0]))
    with closing(Catalog.open(home / CATALOG)) as catalog, catalog.engine.connect() as connection:
        stored = [json.loads(body) for body in connection.scalars(sa.select(kept.c.body))]
    # What the model had written of it is not stored; an answer that was quoted instead is whole.
    assert {(each["model"], each["fallback"], each["text"]) for each in stored} <= {
        ("quoted", "error", SENTENCE)
    }


@pytest.mark.slow
def test_a_server_that_is_stopped_while_it_embeds_ends_in_good_order(home: Path, encoder: Encoder) -> None:
    # Each paragraph is another passage, so that embedding takes longer than the server may take to end.
    text = "\n\n".join(f"Gate {number} of the weir was raised. " + "It held. " * 40 for number in range(900))
    with serving(home) as server, httpx.Client(base_url=server.address, timeout=PATIENCE) as http:
        file = {"file": ("gates.txt", text.encode())}
        posted = http.post("/v1/documents", files=file, data={"background": "true"})
        job = posted.raise_for_status().json()["job_id"]
        until = time.monotonic() + PATIENCE
        while not http.get(f"/v1/jobs/{job}").json()["passages"]["done"]:
            assert time.monotonic() < until
        code, _, err = server.stop()
    assert (code, "terminate" in err) == (0, False)
    with Library.open(home, encoder) as index:
        assert Jobs(index.catalog).get(job).state == "cancelled"


def test_a_process_ends_after_its_threads_and_registered_functions_and_frees_nothing() -> None:
    script = """
import atexit, threading, time
from ui.cli.shutdown import exit_with

class Freed:
    def __del__(self):
        print("freed")

def work():
    time.sleep(0.2)
    print("worked")

def command():
    atexit.register(print, "registered")
    threading.Thread(target=threading.Event().wait, args=(60,), daemon=True).start()
    threading.Thread(target=work).start()
    print("returned")
    return 3

kept = Freed()
exit_with(command)
"""
    assert ended(script) == (3, "returned\nworked\nregistered\n", "")


def test_a_command_that_raises_ends_with_a_failure() -> None:
    code, out, err = ended("from ui.cli.shutdown import exit_with\nexit_with(lambda: 1 // 0)")
    assert (code, out) == (1, "")
    assert err.endswith("ZeroDivisionError: integer division or modulo by zero\n")


def ended(script: str) -> tuple[int, str, str]:
    """The exit code, the standard output and the standard error of a Python script."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes")
def test_a_server_ends_within_ten_seconds_whatever_its_parts_do(home: Path) -> None:
    os.mkfifo(fifo := home.parent / "fifo")
    judged = {"question": QUESTION, "verdict": "wrong"}
    with ExitStack() as opened:
        server = opened.enter_context(stuck(home, str(fifo)))
        pool = opened.enter_context(ThreadPoolExecutor(1))
        http = opened.enter_context(httpx.Client(base_url=server.address, timeout=PATIENCE, trust_env=False))
        job = http.post("/v1/index/sync").raise_for_status().json()["job_id"]
        until = time.monotonic() + PATIENCE
        while http.get(f"/v1/jobs/{job}").json()["state"] != "running":
            assert time.monotonic() < until
        address = urlsplit(server.address)
        assert address.hostname is not None
        assert address.port is not None
        slow = opened.enter_context(socket.create_connection((address.hostname, address.port)))
        slow.sendall(b"POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{")
        begun = opened.enter_context(streams(server))
        unanswered = pool.submit(http.post, "/v1/feedback", json=judged)
        # Opening the pipe for writing waits until the thread has opened it for reading.
        opened.callback(os.close, os.open(fifo, os.O_WRONLY))
        server.process.send_signal(signal.SIGTERM)
        told = time.monotonic()
        assert_told(*begun)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(ENDS_WITHIN) == 1
        assert time.monotonic() - told < ENDS_WITHIN
        assert unanswered.result(PATIENCE).status_code == 500
    assert not (home / "server.json").exists()
    with only_server(home), listening_socket(address.hostname, address.port):
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_both_signals_interrupt_are_known_if_swallowed_and_are_as_before_afterwards(
    number: signal.Signals,
) -> None:
    before = signal.getsignal(number)
    with interruptible() as told:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        assert told.is_set()
    assert signal.getsignal(number) == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_starts_is_interrupted_only_where_it_looks(number: signal.Signals) -> None:
    """An exception in the midst of an import would be printed, or abort the process."""
    before = signal.getsignal(number)
    with signals_noted(PATIENCE) as noted:
        signal.raise_signal(number)
        signal.raise_signal(number)
        assert noted.is_set()
    assert signal.getsignal(number) == before


@pytest.mark.slow
def test_a_start_that_does_not_look_is_killed() -> None:
    code = (
        "import signal, time; from ui.cli.shutdown import signals_noted\n"
        "with signals_noted(0.2):\n    signal.raise_signal(signal.SIGTERM)\n    time.sleep(60)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "killed the process, which did not end within 0.2 seconds" in done.stderr
