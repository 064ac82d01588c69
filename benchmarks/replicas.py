"""Prints how three servers over one catalog perform compared with one, and what happens when one is killed.

``python -m benchmarks.replicas --database-url URL [--index milvus://HOST] [--seconds N] [--kills N]``. The
database must be empty, and is emptied at the end. Behind a proxy, each search must show the client's last
write; after random kills, each uploaded report must be there once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any

import httpx
import sqlalchemy as sa

from benchmarks.askers import asking, is_capacity_refusal
from benchmarks.engines import empty
from benchmarks.serving import COMMAND
from benchmarks.side_by_side import machine, note
from index.catalog import check_empty

HERE = Path(__file__).parents[1]
ASKERS = 30
SERVERS = 3
_SECONDS = 120.0
_ALONE = {"Connection": "close"}
"""So that the next request goes to another server."""

_REFUSED = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


class Replica:
    """In a home folder of its own, on a port of loopback that it keeps."""

    def __init__(self, home: Path, settings: dict[str, str]) -> None:
        self._home, self._settings = home, settings
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [*COMMAND, "serve", "--home", str(self._home), "--port", str(self.port)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTED_")}
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, env=kept | self._settings, stdout=quiet, stderr=quiet)
        until = time.monotonic() + _SECONDS
        while not self._is_ready():
            if time.monotonic() > until or self._process.poll() is not None:
                sys.exit("a server does not start")
            time.sleep(0.1)

    def end(self, how: int = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def proxied(ports: Sequence[int]) -> Iterator[str]:
    """It gives each connection to the next port in turn."""
    turns = cycle(ports)
    loop, ready, address = asyncio.new_event_loop(), Event(), list[str]()

    async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", next(turns))
        except ConnectionError:
            # A server that is down takes no requests; the client tries again.
            await reader.read(65536)
            writer.write(_REFUSED)
            writer.close()
            return
        await asyncio.gather(copy(reader, back), copy(there, writer))

    async def serve() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        address.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        ready.set()

    loop.create_task(serve())
    runs = Thread(target=loop.run_forever, daemon=True)
    runs.start()
    ready.wait()
    yield address[0]
    loop.call_soon_threadsafe(loop.stop)
    runs.join()


@dataclass(slots=True)
class Written:
    """``added`` in milliseconds; ``stale``: those of the ``checked`` searches without the last write."""

    added: list[float] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    checked: int = 0
    retried: int = 0
    reports: set[str] = field(default_factory=set)


class Writer:
    """Through the proxy; sends a refused request again."""

    def __init__(self, address: str) -> None:
        self.written = Written()
        self._client = httpx.Client(base_url=address, headers=_ALONE, timeout=_SECONDS)

    def turn(self, number: int) -> None:
        name = f"weir-{number}.txt"
        began = time.perf_counter()
        document = self.upload(name)
        self.written.added.append((time.perf_counter() - began) * 1000)
        self._compare(name, present=True)
        self._send("DELETE", f"/v1/documents/{document}")
        self.written.reports.discard(name)
        self._compare(name, present=False)

    def upload(self, name: str) -> int:
        """With a word that no other has; return its number."""
        files = {"file": (name, _words(name).encode())}
        sent = self._send("POST", "/v1/documents", files=files).json()
        self.written.reports.add(name)
        return int(sent["document_id"])

    def _compare(self, name: str, *, present: bool) -> None:
        for _ in range(SERVERS):
            found = self._send("POST", "/v1/search", json={"query": _words(name)}).json()
            self.written.checked += 1
            if (name in _names(found)) != present:
                self.written.stale.append(f"{name} is {'missing' if present else 'there'}")

    def _send(self, method: str, path: str, **content: object) -> httpx.Response:
        until = time.monotonic() + _SECONDS
        while True:
            try:
                response = self._client.request(method, path, **content)  # type: ignore[arg-type]
            except httpx.HTTPError:
                response = None
            if response is not None and not is_capacity_refusal(response):
                # A request that was broken off may have been carried out.
                if not (method == "DELETE" and response.status_code == 404):
                    response.raise_for_status()
                return response
            if time.monotonic() > until:
                sys.exit(f"{method} {path} was refused for {_SECONDS:.0f} s")
            self.written.retried += 1
            time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database-url", required=True, help="an empty PostgreSQL database")
    parser.add_argument("--index", default="", help="a server of Milvus; files in each home without one")
    parser.add_argument("--seconds", type=float, default=45)
    parser.add_argument("--kills", type=int, default=20)
    given = parser.parse_args()
    questions = (HERE / "seeds" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    queries = [json.loads(line)["text"] for line in questions]
    print(machine())
    with ExitStack() as opened:
        place = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        check_empty(place, given.database_url)
        opened.callback(empty, given.database_url)
        settings = {
            "FOOTNOTED_DATABASE_URL": given.database_url,
            "FOOTNOTED_UPLOADS": str(place / "uploads"),
            "FOOTNOTED_LIMIT_QUESTIONS": "0",
            "FOOTNOTED_LIMIT_REQUESTS": "0",
        } | ({"FOOTNOTED_INDEX": given.index} if given.index else {})
        synced = [*COMMAND, "sync", str(HERE / "seeds"), "--home", str(place / "0")]
        subprocess.run(synced, env=os.environ | settings, check=True, stdout=subprocess.DEVNULL)
        replicas = [Replica(place / str(number), settings) for number in range(SERVERS)]
        for replica in replicas:
            opened.callback(replica.end)
            replica.start()
            note("a server is ready")
        print(
            "| servers | searches a second | p50, p95 ms | uploads, p50 ms | compared | stale "
            "| refused or sent again |"
        )
        print("|---:|---:|---:|---:|---:|---:|---:|")
        for count in (1, SERVERS):
            print(_load(replicas[:count], queries, given.seconds), flush=True)
        _killed(replicas, queries, given)


def _load(replicas: Sequence[Replica], queries: Sequence[str], seconds: float) -> str:
    with proxied([replica.port for replica in replicas]) as address:
        writer = Writer(address)
        with asking(address, queries, ASKERS, headers=[_ALONE] * ASKERS) as asked:
            until, number = time.monotonic() + seconds, 0
            while time.monotonic() < until:
                writer.turn(number)
                number += 1
    written = writer.written
    for line in sorted({*asked.errors, *written.stale}):
        note(line)
    return (
        f"| {len(replicas)} | {len(asked.milliseconds) / seconds:.1f} "
        f"| {asked.quantile(0.5):.0f}, {asked.quantile(0.95):.0f} | {median(written.added):.0f} "
        f"| {written.checked} | {len(written.stale)} | {asked.refused + written.retried} |"
    )


def _killed(replicas: Sequence[Replica], queries: Sequence[str], given: argparse.Namespace) -> None:
    chance = random.Random(5)  # noqa: S311 (moments, not secrets)
    done = Event()
    with proxied([replica.port for replica in replicas]) as address:
        writer = Writer(address)

        def write() -> None:
            number = 0
            while not done.is_set():
                number += 1
                writer.upload(f"kept-{number}.txt")

        writes = Thread(target=write)
        with asking(address, queries, 3, pause=0.2, headers=[_ALONE] * 3) as asked:
            writes.start()
            for kill in range(given.kills):
                time.sleep(chance.uniform(0.1, 1.5))
                replica = chance.choice(replicas)
                replica.end(signal.SIGKILL)
                replica.start()
                note(f"{kill + 1} kills, {len(writer.written.reports)} reports")
            done.set()
            writes.join()
    names = sorted(writer.written.reports)
    engine = sa.create_engine(given.database_url)
    with engine.connect() as connection:
        paths = connection.scalars(sa.text("SELECT path FROM documents WHERE path LIKE '%kept-%'")).all()
    engine.dispose()
    there = [Path(path).name for path in paths]
    lost, twice = len(set(names) - set(there)), len(there) - len(set(there))
    found = ", ".join(str(_finds(replica, names)) for replica in replicas)
    # The proxy breaks connections off when it loses a server; everything else is an error.
    wrong = [error for error in asked.errors if not error.startswith(("RemoteProtocol", "ReadError"))]
    print(f"\n{given.kills} kills: {len(names)} reports were accepted, {lost} are lost, {twice} are there")
    print(f"twice; the servers find {found} of them.")
    broken = len(asked.errors) - len(wrong)
    print(
        f"{len(asked.milliseconds)} searches were answered, {asked.refused} refused for now, "
        f"{broken} broken off."
    )
    for error in sorted(set(wrong)):
        print(f"wrong: {error}")


def _finds(replica: Replica, names: Sequence[str]) -> int:
    count = 0
    with httpx.Client(base_url=f"http://127.0.0.1:{replica.port}", timeout=_SECONDS) as client:
        for name in names:
            found = client.post("/v1/search", json={"query": _words(name)}).raise_for_status().json()
            count += name in _names(found)
    return count


def _names(found: dict[str, Any]) -> list[str]:
    return [Path(each["path"]).name for each in found["results"]]


def _words(name: str) -> str:
    """Also the query: a made-up word alone finds similar words too."""
    return f"The weir {_word(name)} burst. Its gates had rusted."


def _word(name: str) -> str:
    """Such as *weirbc* for ``weir-12.txt``."""
    kind, number = Path(name).stem.split("-")
    return kind + "".join(chr(ord("a") + int(digit)) for digit in number)


if __name__ == "__main__":
    main()
