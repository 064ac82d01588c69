"""The command ``serve``: listen, announce the address, serve, and stop within seconds."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event, Thread, Timer
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from filelock import FileLock, Timeout
from uvicorn.protocols.http.h11_impl import H11Protocol

from ui.accounts.access import is_exposed, open_sign_in
from ui.cli.server import RunningServer, remove_server_file, running_server, write_server_file
from ui.cli.shutdown import EXIT_SECONDS, exit_within
from ui.errors import AlreadyServedError, PortInUseError
from ui.opening import open_library
from ui.operations import configure_log, logging_prints
from ui.settings import Settings

if TYPE_CHECKING:
    from rag.engine import QueryEngine


# The seconds that open connections may take to end; an open browser page always holds a connection.
STOP_SECONDS = 3
HEAD_SECONDS = 15.0

MAX_CONNECTIONS = 800  # further requests get a 503. Systems usually allow a process 1,024 open files
# Locked by the running server; the operating system releases the lock when the server ends.
LOCK_FILE = "serve.lock"
# How long a thread may hold the interpreter's lock while others wait. Encoding takes it hundreds of times:
# with Python's 5 ms, embedding would hardly advance during searches.
SWITCH_SECONDS = 0.0005


class _Connection(H11Protocol):
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
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
    """Calls ``on_ready`` with a function that stops it, and ``on_stop`` at the first signal to stop."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_ready: Callable[[Callable[[], None]], None],
        on_stop: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except OSError as error:
            # Two servers can bind a port, but only one can listen: another server was faster.
            raise PortInUseError(f"cannot listen: {error.strerror}; give another --port") from error
        self._on_ready(self._stop)

    def _stop(self) -> None:
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            self._on_stop()
        super().handle_exit(sig, frame)


def serve(
    settings: Settings, announce: Callable[[str], None], interrupted: Event, *, watch: bool = False
) -> None:
    """``announce`` gets the URL when requests are accepted, before the models are loaded.

    Raises AlreadyServedError, UsedWronglyError for unsafe sign-in, KeyboardInterrupt if a signal comes before
    the server is ready, and PortInUseError before anything is loaded.
    """
    with ExitStack() as opened:
        opened.enter_context(only_server(settings.home))
        _stop_if(interrupted)
        listener = opened.enter_context(listening_socket(settings.host, settings.port))
        sign_in = opened.enter_context(open_sign_in(settings, exposed=is_exposed(listener)))
        index = opened.enter_context(open_library(settings, allow_other_model=True))
        _stop_if(interrupted)
        from ui.app import create_app
        from ui.opening import open_engine

        engine = opened.enter_context(open_engine(settings, index, stored=False))
        app = create_app(index, engine, settings, sign_in=sign_in, watch=watch)
        server = RunningServer(
            os.getpid(),
            settings.host,
            listener.getsockname()[1],
            datetime.now(UTC).isoformat(timespec="seconds"),
            sign_in.machine_token if sign_in else "",
        )

        models, stdout = _Models(engine), sys.stdout

        def on_ready(stop: Callable[[], None]) -> None:
            if interrupted.is_set():
                stop()
                return
            write_server_file(settings.home, server)
            with redirect_stdout(stdout):
                announce(server.address)
            models.load(stop)

        def on_stop() -> None:
            exit_within(EXIT_SECONDS, partial(remove_server_file, settings.home))
            aborting = Timer(STOP_SECONDS, abort_reply)
            aborting.daemon = True
            aborting.start()

        def abort_reply() -> None:
            """Abort the reply of the language model: the threads of open questions would wait for its end."""
            if engine.writer is not None:
                engine.writer.model.abort()

        _stop_if(interrupted)
        configure_log(settings)
        sys.setswitchinterval(SWITCH_SECONDS)
        config = uvicorn.Config(
            app,
            http=_Connection,
            proxy_headers=False,  # The app knows which proxies are trusted.
            ws="none",  # No route is a WebSocket.
            limit_concurrency=MAX_CONNECTIONS,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=STOP_SECONDS,
            server_header=False,
        )
        try:
            # After a clean stop, uvicorn raises the signal again, which `signals_noted` only notes.
            with logging_prints(settings):
                _Server(config, on_ready, on_stop).run(sockets=[listener])
        finally:
            remove_server_file(settings.home)
            models.close()


def _stop_if(interrupted: Event) -> None:
    if interrupted.is_set():
        raise KeyboardInterrupt


class _Models:
    """The models of an engine, which a thread loads while the server answers requests that need no model."""

    def __init__(self, engine: QueryEngine) -> None:
        engine.is_warming = True
        self._engine = engine
        self._error: Exception | None = None
        self._thread: Thread | None = None

    def load(self, stop: Callable[[], None]) -> None:
        def warm_up() -> None:
            try:
                self._engine.warm_up()
            except Exception as error:  # noqa: BLE001 (the main thread raises it again)
                self._error = error
                stop()

        self._thread = Thread(target=warm_up, name="models")
        self._thread.start()

    def close(self) -> None:
        """Raise the thread's error. Without the wait, the interpreter could end in its import, and crash."""
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error


@contextmanager
def only_server(home: Path) -> Iterator[None]:
    """Raises AlreadyServedError if another server holds the lock."""
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
    """It is bound, but does not listen yet. Raises PortInUseError if it cannot be bound."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortInUseError(
            f"{host!r} is not an address to listen on: {error.strerror}; give another --host"
        ) from error
    try:
        # Reuse the port of a server that has just stopped. On Windows this option would share a port in use.
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise PortInUseError(
            f"cannot listen on {host}:{port}: {error.strerror}; give another --port, or stop what uses it"
        ) from error
    return listener
