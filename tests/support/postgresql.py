"""A PostgreSQL server of its own for a test process, with a database for each catalog of its tests."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from index.catalog import CATALOG, address_of, backup
from index.catalog.dialects import PostgreSQL, SQLite

_USER = "footnoted"
_ACCOUNT = "postgres"

ON_SQLITE = ".sqlite"
"""The name of a home folder whose catalog is always a SQLite file, so that tests can compare with it."""


class Server:
    """A running server. It listens on a socket in its own folder, and on no port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._databases: dict[Path, str] = {}
        self._engine = sa.create_engine(
            self.address("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
        )

    def address(self, database: str) -> sa.URL:
        folder = {"host": str(self.folder), "port": "5432"}
        return sa.URL.create("postgresql+psycopg", _USER, database=database, query=folder)

    def create(self, options: str = "") -> sa.URL:
        return self.address(self._create(options=options))

    def _create(self, template: str | None = None, options: str = "") -> str:
        name = f"c{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'} {options}")
        return name

    def of(self, file: Path) -> sa.URL:
        """``file`` then has only its own path, so that a copied home gets a copy of the database."""
        if file not in self._databases:
            template = self._databases.get(_place_in(file)) if file.is_file() else None
            self._databases[file] = self._create(template)
            if file.parent.is_dir():
                file.write_text(str(file))
        return self.address(self._databases[file])

    def drop_under(self, folder: Path) -> None:
        for file in [file for file in self._databases if file.is_relative_to(folder)]:
            self._run(f"DROP DATABASE {self._databases.pop(file)} WITH (FORCE)")

    def drop(self, address: sa.URL) -> None:
        self._run(f"DROP DATABASE {address.database} WITH (FORCE)")

    def stop(self, how: str = "fast") -> None:
        """End the server: ``fast``, or ``immediate`` as a crash does."""
        run_as_owner(self.folder, "pg_ctl", "-D", str(self.folder / "data"), "-m", how, "stop")

    def start(self) -> None:
        settings = {
            "listen_addresses": "", "unix_socket_directories": str(self.folder), "max_connections": "300",
            # Written data must survive a crash of the server, but not of the machine.
            "fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB",
        }  # fmt: skip
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        data, log = str(self.folder / "data"), str(self.folder / "log")
        run_as_owner(self.folder, "pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)


@contextmanager
def running() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="footnoted-pg-"))
    try:
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            account = pwd.getpwnam(_ACCOUNT)
            os.chown(folder, account.pw_uid, account.pw_gid)
        data = str(folder / "data")
        run_as_owner(folder, "initdb", "-D", data, "-U", _USER, "--auth=trust", "-E", "UTF8", "--locale=C")
        server = Server(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_as_owner(folder: Path, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL as the user that owns ``folder``."""
    command = [str(_programs() / program), *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "-u", _ACCOUNT, "--", *command]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    log = folder / "log"
    if done.returncode:
        said = log.read_text()[-2000:] if log.exists() else ""
        raise RuntimeError(f"{' '.join(command)} failed: {done.stdout} {done.stderr} {said}")


def _programs() -> Path:
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which("initdb")
    if found is None:
        pytest.fail("PostgreSQL is not installed (Debian: postgresql-17)")
    return Path(found).parent


@contextmanager
def in_place_of_sqlite(server: Server) -> Iterator[None]:
    """Let a database of ``server`` stand for the SQLite file of each home folder."""
    connect, exists, other = SQLite.connect, SQLite.exists, PostgreSQL()

    def connected(sqlite: SQLite, address: sa.URL, schema: str = "") -> sa.Engine:
        file = Path(str(address.database))
        return connect(sqlite, address) if _is_saved(file) else other.connect(server.of(file), schema)

    def existing(sqlite: SQLite, address: sa.URL) -> bool:
        file = Path(str(address.database))
        return exists(sqlite, address) and (_is_saved(file) or other.exists(server.of(file)))

    def address(home: Path, database_url: str) -> sa.URL:
        """The address of the catalog that a backup copies, or that a restoration replaces."""
        file = home / CATALOG
        return address_of(home, database_url) if database_url or _is_saved(file) else server.of(file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLite, "connect", connected)
        patch.setattr(SQLite, "exists", existing)
        patch.setattr(backup, "address_of", address)
        yield


def _is_saved(file: Path) -> bool:
    """Tell if a file belongs to a backup or to a folder ``ON_SQLITE``, or a restoration has put it aside."""
    return any(part.startswith((".", "replaced-")) for part in file.parts)


def _place_in(file: Path) -> Path:
    """The place that is written in a file that stands for a database."""
    try:
        return Path(file.read_text())
    except (OSError, ValueError):
        return file
