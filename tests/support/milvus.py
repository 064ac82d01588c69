"""A server of Milvus for the tests, the real one (one at a time: its port is fixed) or milvus-lite."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import pytest

from index.errors import VectorsUnreachableError
from index.search.maintenance import Maintenance
from index.vectors import milvus
from index.vectors.milvus import MilvusStore

Kind = Literal["milvus", "milvus-lite"]

KINDS: frozenset[Kind] = frozenset({"milvus", "milvus-lite"})

ON_ONE_SERVER = (
    # With one server, a search finds all new vectors at once when an update has counted them.
    (milvus, "SETTLED_SECONDS", 0),
    (milvus, "SILENCE", 0),
    # Search in Milvus even if the vectors are few.
    (milvus, "are_few", lambda _count, _wanted: False),
)
"""The module, the name and the value of each constant that differs in the tests."""

_SERVER_PORTS = range(23_000, 31_000)

_SECONDS = 120


class MilvusServer:
    """``address`` is for the setting ``index``; the data are in a folder."""

    def __init__(self, kind: Kind, folder: Path) -> None:
        self.kind = kind
        self._folder = folder
        self._port, self._etcd, self._metrics = _free_ports(3)
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"milvus://127.0.0.1:{self._port}"

    def start(self) -> None:
        process = self._launch()
        deadline = time.monotonic() + _SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.2)
        self.stop()
        said = (self._folder / "log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{self.kind} does not start: {said}; one server of Milvus can run at a time")

    def _launch(self) -> subprocess.Popen[bytes]:
        data, port, environment = self._folder / "data", str(self._port), dict(os.environ)
        program = data / "bin" / "milvus"
        command: list[str | Path]
        if self.kind == "milvus-lite":
            command = [
                _program(self.kind),
                "server",
                "--data-dir",
                data,
                "--host",
                "127.0.0.1",
                "--port",
                port,
            ]
        elif program.exists():
            # The script would choose another port, since this one still has connections that have ended.
            command = [program, "run", "standalone"]
            environment |= {
                "DEPLOY_MODE": "STANDALONE",
                "METRICS_PORT": str(self._metrics),
                "MILVUS_RUN_DIR": str(data / "run"),
                "LD_LIBRARY_PATH": str(program.parent),
            }
        else:
            # The script unpacks the program and writes its configuration.
            command = [
                _program(self.kind),
                "--data",
                data,
                "--proxy-port",
                port,
                "--etcd-port",
                str(self._etcd),
            ]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=data if program.exists() else self._folder,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self._process

    def stop(self) -> None:
        """End the server as a crash does, and wait until its ports are free."""
        if self._process is None:
            return
        # The program that serves is a child of the started program, and ignores SIGTERM.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        deadline = time.monotonic() + _SECONDS
        while not (_is_free(self._port) and _is_free(self._etcd)):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.kind} was killed and still has port {self._port} or {self._etcd}")
            time.sleep(0.05)

    def renew(self) -> None:
        self.stop()
        shutil.rmtree(self._folder / "data" / "data", ignore_errors=True)
        self.start()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1):
                pass
            MilvusStore(self.address).names("")
        except (OSError, VectorsUnreachableError):
            return False
        return True


@contextmanager
def running(kind: Kind) -> Iterator[MilvusServer]:
    folder = Path(tempfile.mkdtemp(prefix="footnoted-milvus-"))
    server = MilvusServer(kind, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def is_installed(kind: Kind) -> bool:
    return os.access(_program(kind), os.X_OK)


def _program(kind: Kind) -> Path:
    return Path(sys.executable).parent / ("milvus-server" if kind == "milvus" else "milvus-lite")


@contextmanager
def in_place_of_files(address: str) -> Iterator[None]:
    """Let the server at ``address`` keep the base of each library, however few passages it has."""
    init = Maintenance.__init__

    def made(self: Maintenance, *arguments: Any) -> None:  # noqa: ANN401
        *others, policy, store = arguments
        bound: Callable[..., None] = init
        bound(self, *others, replace(policy, small=0), store or MilvusStore(address))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Maintenance, "__init__", made)
        for module, name, value in ON_ONE_SERVER:
            patch.setattr(module, name, value)
        yield


def _free_ports(count: int) -> list[int]:
    """The system must give them to no client, such as one that waits for the server."""
    ports = random.sample(_SERVER_PORTS, len(_SERVER_PORTS))
    return list(islice(filter(_is_free, ports), count))


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        # The connections of a server that has ended do not hold its port.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("", port))
        except OSError:
            return False
    return True
