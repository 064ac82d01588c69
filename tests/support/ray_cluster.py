"""A Ray cluster of two nodes on this machine, one of which a test may end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tests.support.processes import ROOT

_START_SECONDS = 120


def is_installed() -> bool:
    return find_spec("ray") is not None


@dataclass
class Node:
    """A node: the process that a test started, and all processes that descend from it."""

    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        # Ray's other processes descend from the first one, and some have sessions of their own.
        for pid in [*_children(self.process.pid), self.process.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(_START_SECONDS)


class RayCluster:
    """``address`` is for ``footnoted sync --on`` on a node, ``client_address`` for elsewhere."""

    def __init__(self, folder: Path, temporary: str) -> None:
        port, client_port = _free_port(), _free_port()
        self.address = f"127.0.0.1:{port}"
        self.client_address = f"ray://127.0.0.1:{client_port}"
        log = folder / "head.log"
        self._head = _start(
            log,
            *("--head", f"--port={port}", "--node-ip-address=127.0.0.1", "--include-dashboard=false"),
            *(f"--temp-dir={temporary}", f"--ray-client-server-port={client_port}"),
        )
        _wait_for(log)
        self._second_log = folder / "second.log"
        self.regain()

    def lose(self) -> None:
        self._second.kill()

    def regain(self) -> None:
        self._second = _start(self._second_log, f"--address={self.address}")
        _wait_for(self._second_log)

    def end(self) -> None:
        self._second.kill()
        self._head.kill()


@contextmanager
def running(folder: Path) -> Iterator[RayCluster]:
    # The sockets of Ray need a short path.
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as temporary:
        started = RayCluster(folder, temporary)
        try:
            yield started
        finally:
            started.end()


def _start(log: Path, *arguments: str) -> Node:
    program = Path(sys.executable).parent / "ray"
    environment = os.environ | {
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": str(ROOT),
        "HF_HUB_OFFLINE": "1",
    }
    with log.open("wb") as said:
        return Node(
            subprocess.Popen(
                [str(program), "start", *arguments, "--num-cpus=1", "--block"],
                stdout=said,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        )


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == pid:
            found += [*_children(int(stat.parent.name)), int(stat.parent.name)]
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_for(log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while b"Ray runtime started" not in log.read_bytes():
        if time.monotonic() > until:
            raise TimeoutError(f"Ray has not started: {log.read_text()[-2000:]}")
        time.sleep(0.2)
