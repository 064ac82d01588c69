"""Run the server of a home folder: listen, say so, and stop without losing a word."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from threading import Event
from types import FrameType

import uvicorn
from fastapi import FastAPI
from filelock import FileLock, Timeout
from uvicorn.protocols.http.h11_impl import H11Protocol

from index.ingest import QUESTIONS
from ui.cli.server import RunningServer, remove_server_file, running_server, write_server_file
from ui.cli.stopping import end_within
from ui.errors import AlreadyServedError, PortInUseError, UsedWronglyError
from ui.opening import open_library
from ui.settings import Settings

STOP_SECONDS = 3
"""How long open connections may take to end; a browser page holds one for as long as it is shown."""

END_SECONDS = 8.0
"""How long all may take to end once the process is told to stop; what has not ended then is cut off."""

HEAD_SECONDS = 15.0
"""How long a client may take to send the head of a request."""

MOST_CONNECTIONS = 800
"""Further requests are answered 503. Systems allow a process 1,024 open files unless told otherwise."""

LOCK_FILE = "serve.lock"
"""In a home; a server holds it for as long as it lives, and the system gives it back whatever happens."""

SWITCH_SECONDS = 0.0005
"""How long one thread may keep the interpreter while others wait for it. A pass through the model and a
search give it up and ask for it again hundreds of times: at Python's own 5 ms each, what embeds hardly gets
on while many search."""

EXAMPLES = 4
"""Questions that the page offers to begin with."""


class _Connection(H11Protocol):
    """uvicorn's connection, which is closed where the head of a request does not arrive in time."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the head of the first request."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Take bytes of a head, or of a body."""
        super().data_received(data)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        self._stop_waiting()

    def _wait_for_head(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Server(uvicorn.Server):
    """uvicorn's server, which calls back once it listens and once it is told to stop."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], told: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._told = told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then call back."""
        try:
            await super().startup(sockets)
        except OSError as error:
            # Two servers can bind a port and only one can listen: the other one started a moment earlier.
            raise PortInUseError(f"cannot listen: {error.strerror}; give another --port") from error
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Call back at the first signal, and stop."""
        if not self.should_exit:
            self._told()
        super().handle_exit(sig, frame)


def serve(settings: Settings, announce: Callable[[str], None], told: Event, *, watch: bool = False) -> None:
    """Answer over HTTP until the process is told to stop (SIGTERM or SIGINT).

    Args:
        settings: home, address and model.
        announce: called with the server's URL when it can be asked.
        told: set once the process was told to stop, from :func:`~ui.cli.stopping.told_to_stop`.
        watch: whether followed folders are synced whenever something in them changes.

    Raises:
        AlreadyServedError: if another server of the same home is running or starting.
        UsedWronglyError: if other machines reach the address, and the settings do not accept that.
        PortInUseError: if the address cannot be listened on; found before anything is loaded.
        KeyboardInterrupt: if it is told to stop before it is ready.
    """
    with ExitStack() as opened:
        opened.enter_context(only_server(settings.home))
        listener = opened.enter_context(listening_socket(settings.host, settings.port))
        refuse_exposure(settings, listener)
        index = opened.enter_context(open_library(settings, former=True))
        from ui.app import create_app
        from ui.opening import open_engine

        engine = opened.enter_context(open_engine(settings, index))
        # The first text takes longer than all later ones; nobody should wait for it.
        engine.warm_up()
        examples = example_questions(map(Path, index.catalog.sources()))
        app = create_app(index, engine, settings, examples, watch=watch)
        me = RunningServer(
            os.getpid(),
            settings.host,
            listener.getsockname()[1],
            datetime.now(UTC).isoformat(timespec="seconds"),
        )

        def ready() -> None:
            write_server_file(settings.home, me)
            announce(me.address)

        if told.is_set():
            raise KeyboardInterrupt

        def told_to() -> None:
            end_within(END_SECONDS, partial(remove_server_file, settings.home))

        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            _run(app, listener, ready, told_to)
        finally:
            remove_server_file(settings.home)


@contextmanager
def only_server(home: Path) -> Iterator[None]:
    """Keep other servers of ``home`` out, for as long as the context lasts.

    Raises:
        AlreadyServedError: if there is one.
    """
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(FileLock(home / LOCK_FILE, timeout=0))
        except Timeout as error:
            other = running_server(home)
            raise AlreadyServedError(
                f"the library in {home} is served already, at {other.address} by process {other.pid}; "
                "use that server, or stop it first"
                if other
                else f"a server of the library in {home} is starting; use that one, or stop it first"
            ) from error
        yield


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket bound to the address, not listening yet.

    Raises:
        PortInUseError: if it cannot be bound.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortInUseError(
            f"{host!r} is no address to listen on: {error.strerror}; give another --host"
        ) from error
    try:
        # A port whose last server has just stopped is free; on Windows the option would share a used one.
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise PortInUseError(
            f"cannot listen on {host}:{port}: {error.strerror}; give another --port, or stop what uses it"
        ) from error
    return listener


def refuse_exposure(settings: Settings, listener: socket.socket) -> None:
    """Refuse an address that other machines reach, unless the settings accept it.

    Raises:
        UsedWronglyError: if ``listener`` is bound to one; the message says what that means.
    """
    address = listener.getsockname()[0]
    if ip_address(address.partition("%")[0]).is_loopback or settings.insecure:
        return
    raise UsedWronglyError(
        f"other machines reach {settings.host}, and no log-in keeps whoever reaches the server from reading, "
        "adding and deleting reports; listen on 127.0.0.1 behind a proxy that asks for a log-in, or give "
        "--insecure to accept it"
    )


def example_questions(folders: Iterable[Path]) -> list[str]:
    """A question about each of some documents, out of the followed folders' ``questions.jsonl``.

    A line is a JSON object with ``text``, ``answerable`` and ``evidence``, whose entries name their
    ``document``. Lines of another form are passed over.
    """
    by_document: dict[tuple[Path, str], str] = {}
    for folder in folders:
        try:
            lines = (folder / QUESTIONS).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for line in lines:
            try:
                entry = json.loads(line)
                place = folder, str(entry["evidence"][0]["document"])
                question = str(entry["text"])
            except (ValueError, LookupError, TypeError):
                continue
            by_document.setdefault(place, question)
    return list(by_document.values())[:EXAMPLES]


def _run(app: FastAPI, listener: socket.socket, ready: Callable[[], None], told: Callable[[], None]) -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    config = uvicorn.Config(
        app,
        http=_Connection,
        limit_concurrency=MOST_CONNECTIONS,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        server_header=False,
    )
    # uvicorn stops in good order and then repeats the signal that it was stopped by.
    with suppress(KeyboardInterrupt):
        _Server(config, ready, told).run(sockets=[listener])
