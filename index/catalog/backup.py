"""Backs up a library to one file, restores it, and moves its catalog between databases.

A backup is an uncompressed tar of ``manifest.json``, ``catalog.sqlite`` and the uploads, without the caches.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import sqlalchemy as sa

from index.catalog.database import Catalog
from index.catalog.dialects import (
    CATALOG,
    address_of,
    begin_reading,
    database_at,
    database_of,
    is_file,
    shown,
    writing,
)
from index.catalog.lock import WriteLock
from index.catalog.reader import get_meta
from index.catalog.schema import chunks, documents, metadata, versions
from index.errors import BackupError, CatalogError, SchemaError, line_of
from index.private import FILE, FOLDER, database_files, make_file, make_folder, opener

# The seconds to wait until closed connections have left the server's list, and the seconds between two
# readings of the list.
_CLOSING_SECONDS, _POLL_SECONDS = 2.0, 0.05
_AT_ONCE = 500
_TEXTS_AT_ONCE = 10  # for rows with texts, since one text may take twenty megabytes


@dataclass(frozen=True, slots=True)
class MovedCatalog:
    """``passages`` counts those of all builds."""

    target: str
    generation: int
    documents: int
    passages: int
    rows: int


def move_catalog(home: Path, from_url: str, to_url: str) -> MovedCatalog:
    """Raises CatalogError if the new database has documents, or the copy differs; LibraryLockedError."""
    source, target = address_of(home, from_url), address_of(home, to_url)
    if not database_at(source).exists(source):
        raise CatalogError(f"there is no catalog in {shown(source)}; sync a folder first")
    if source == target:
        raise CatalogError(f"the catalog is in {shown(target)} already; name another database")
    with closing(Catalog.open(source)) as ours, closing(Catalog.open(target)) as theirs:
        with WriteLock(home, ours.engine).hold("migrate"):
            counts = copy_tables(metadata, ours.engine, theirs.engine, only_into_empty=True)
        generation = theirs.generation()
    rows = sum(counts.values())
    return MovedCatalog(shown(target), generation, counts[documents.name], counts[chunks.name], rows)


def check_empty(home: Path, database_url: str) -> None:
    """Raises CatalogError if a database has documents, or cannot be used."""
    address = address_of(home, database_url)
    if not database_at(address).exists(address):
        return
    with closing(Catalog.open(address)) as catalog:
        if catalog.generation():
            raise _full(address)


def check_unused(home: Path, database_url: str) -> None:
    """Raises CatalogError if another program, such as another home's server, keeps the database open."""
    address = address_of(home, database_url)
    database = database_at(address)
    engine = database.connect(address)
    try:
        with engine.connect() as connection:
            until = time.monotonic() + _CLOSING_SECONDS
            while programs := database.programs(connection):
                if time.monotonic() > until:
                    raise CatalogError(
                        f"other programs have {programs} connections to {shown(address)}; stop all servers "
                        "and commands that use it, then try again"
                    )
                time.sleep(_POLL_SECONDS)
                connection.rollback()
    finally:
        engine.dispose()


def _full(address: sa.URL) -> CatalogError:
    return CatalogError(f"{shown(address)} has a catalog with documents; name an empty database")


def put_aside_catalog(home: Path, others: Sequence[str] = ()) -> Path | None:
    """Move the files to a new folder, so that no program mistakes them for current."""
    names = (CATALOG, *others)
    files = [file for name in names for file in database_files(home / name) if file.exists()]
    if not files:
        return None
    aside = home / f"moved-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    aside.mkdir(FOLDER)
    for file in files:
        file.replace(aside / file.name)
    return aside


def copy_tables(
    tables: sa.MetaData, source: sa.Engine, target: sa.Engine, *, only_into_empty: bool = False
) -> Mapping[str, int]:
    """Replace the rows of ``tables`` in ``target``, in one transaction of each database.

    Ids stay the same, and the target never reuses an id of the source. Raises CatalogError, and changes
    nothing, if the copy differs, or if ``only_into_empty`` and something was indexed there.
    """
    counts: dict[str, int] = {}
    with source.connect() as reading, writing(target) as connection:
        begin_reading(reading)
        if only_into_empty and get_meta(connection, "generation"):
            raise _full(target.url)
        for table in reversed(tables.sorted_tables):
            connection.execute(sa.delete(table))
        for table in tables.sorted_tables:
            counts[table.name] = 0
            for rows in _rows(reading, table):
                connection.execute(sa.insert(table), rows)
                counts[table.name] += len(rows)
        for table in tables.sorted_tables:
            if _digest(reading, table) != _digest(connection, table):
                raise CatalogError(
                    f"the table {table.name} of {shown(target.url)} differs from the one that was copied; "
                    "nothing is changed there: try again, and report this error if it repeats"
                )
        # Only now, since PostgreSQL does not undo this.
        for table in tables.sorted_tables:
            if table.autoincrement_column is not None and table.dialect_options["sqlite"]["autoincrement"]:
                [key] = table.primary_key.columns
                highest = reading.scalar(sa.select(sa.func.max(key))) or 0
                number = max(database_of(reading).last_number(reading, table), highest)
                database_of(connection).set_last_number(connection, table, number)
    return counts


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    at_once = _TEXTS_AT_ONCE if table is versions else _AT_ONCE
    query = sa.select(table).order_by(*table.primary_key.columns).execution_options(yield_per=at_once)
    for part in connection.execute(query).partitions():
        yield [dict(row._mapping) for row in part]


def _digest(connection: sa.Connection, table: sa.Table) -> str:
    digest = hashlib.sha256()
    for rows in _rows(connection, table):
        for row in rows:
            digest.update(
                repr([row[column.name] for column in table.columns]).encode("utf-8", "surrogatepass")
            )
    return digest.hexdigest()


_MANIFEST = "manifest.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class _Manifest:
    """``made`` is ISO 8601 in UTC, ``home`` the folder that was backed up."""

    made: str
    generation: int
    documents: int
    home: str
    format: int = _FORMAT


@dataclass(frozen=True, slots=True)
class BackupReport:
    """``made`` is ISO 8601 in UTC, ``put_aside`` the folder with the files that a restore replaced.

    ``unconfirmed`` are folders that the library followed, and follows again once a user syncs them.
    """

    file: str
    made: str
    generation: int
    documents: int
    bytes: int
    put_aside: str | None = None
    unconfirmed: tuple[str, ...] = ()


def back_up(home: Path, file: Path, names: Sequence[str] = (), database_url: str = "") -> BackupReport:
    """Other processes may write meanwhile. Raises BackupError if ``file`` exists or cannot be written."""
    address = address_of(home, database_url)
    if not database_at(address).exists(address):
        raise BackupError(f"there is no library in {home}; give the folder of one with --home")
    if file.exists():
        raise BackupError(f"{file} exists; choose another name, or move it away")
    part = file.with_name(f".{file.name}.part")
    try:
        # A killed run may have left this file.
        part.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.absolute().parent) as place:
            copy = Path(place) / CATALOG
            if is_file(address):
                _copy(Path(str(address.database)), copy)
            else:
                with closing(Catalog.open(address)) as server:
                    _save_rows(server.engine, copy)
            made = datetime.now(UTC).isoformat(timespec="seconds")
            generation, documents = _counts(copy)
            manifest = _Manifest(made, generation, documents, str(home.absolute()))
            # ``dereference`` stores a link's target instead of the link, since :func:`restore` drops links.
            with (
                open(part, "xb", opener=opener) as written,
                tarfile.open(fileobj=written, mode="w", dereference=True) as tar,
            ):
                data = json.dumps(asdict(manifest)).encode()
                entry = tarfile.TarInfo(_MANIFEST)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
                tar.add(copy, CATALOG)
                for name in names:
                    _add(tar, home / name, name)
        with part.open("rb") as whole:
            os.fsync(whole.fileno())
        part.replace(file)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise CatalogError(f"the catalog of {home} is damaged: {error}; {_REMEDY}") from error
        raise _unwritable(file, str(error)) from error
    except OSError as error:
        raise _unwritable(file, error.strerror or str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return BackupReport(str(file), made, generation, documents, file.stat().st_size)


_REMEDY = "restore a backup with `footnoted restore FILE`"


def restore(home: Path, file: Path, names: Sequence[str] = (), database_url: str = "") -> BackupReport:
    """Replace the library in ``home``, if any; a running server continues with the restored one.

    The folders that the backup lists wait for a user's confirmation, since a backup from another person may
    list any folder. Raises BackupError, and nothing is changed, if ``file`` is not a complete backup or the
    present library cannot be put aside; also if the disk fails later, and names the folder with the old
    library.
    """
    make_folder(home)
    address = address_of(home, database_url)
    with (
        ExitStack() as opened,
        tempfile.TemporaryDirectory(prefix=".restore-", dir=home, ignore_cleanup_errors=True) as place,
    ):
        unpacked = Path(place)
        manifest, unconfirmed = _unpack(file, unpacked, home.absolute(), names)
        size = file.stat().st_size
        unpacked_names = [name for name in names if (unpacked / name).exists()]
        server = None if is_file(address) else opened.enter_context(closing(Catalog.open(address)))
        with WriteLock(home, server.engine if server else None).hold("restore"):
            aside = home / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:4]}"
            if server:
                present = server.generation()
            else:
                present = _counts(home / CATALOG)[0] if _is_readable(home / CATALOG) else 0
            _renew(unpacked / CATALOG, at_least=present)
            try:
                _put_catalog_aside(home, server, aside)
            except (OSError, sqlite3.Error, sa.exc.SQLAlchemyError, CatalogError) as error:
                shutil.rmtree(aside, ignore_errors=True)
                raise BackupError(
                    f"{file} was not restored, and nothing was changed: the library of {home} cannot be put "
                    f"aside: {line_of(error)}"
                ) from error
            try:
                # Replace the catalog first: if that fails, or the process is killed meanwhile, no file has
                # been moved yet. Then only renames are left.
                if server:
                    with closing(Catalog.open(unpacked / CATALOG)) as restored:
                        copy_tables(metadata, restored.engine, server.engine)
                else:
                    _put_catalog(unpacked / CATALOG, home / CATALOG, aside)
                for name in unpacked_names:
                    if (home / name).exists():
                        aside.mkdir(FOLDER, exist_ok=True)
                        (home / name).replace(aside / name)
                    (unpacked / name).replace(home / name)
            except (OSError, sqlite3.Error, sa.exc.SQLAlchemyError, CatalogError) as error:
                former = f"; the former library is in {aside}, apart from files that are still in {home}"
                raise BackupError(
                    f"{file} was restored only in part: {line_of(error)}; then restore it again"
                    f"{former if aside.exists() else ''}"
                ) from error
            shutil.rmtree(home / "caches", ignore_errors=True)
            put_aside = str(aside) if aside.exists() else None
    return BackupReport(
        str(file), manifest.made, manifest.generation, manifest.documents, size, put_aside, unconfirmed
    )


def _unwritable(file: Path, cause: str) -> BackupError:
    return BackupError(f"{file} cannot be written: {cause}; choose a folder with room for it")


def _unpack(file: Path, folder: Path, home: Path, names: Sequence[str]) -> tuple[_Manifest, tuple[str, ...]]:
    wrong = "is not a backup of a library, or is damaged"
    try:
        with tarfile.open(file, "r:") as tar:
            tar.extractall(folder, filter=_extraction_filter)  # noqa: S202 # nosec B202 # the filter calls data_filter
        if not all((folder / name).is_file() for name in (_MANIFEST, CATALOG)):
            raise BackupError(f"{file} {wrong}: it has no {_MANIFEST} and {CATALOG}; choose another file")
        manifest = _read_manifest((folder / _MANIFEST).read_bytes())
        with closing(sqlite3.connect(folder / CATALOG)) as connection:
            found = connection.execute("PRAGMA quick_check").fetchone()[0]
            fault = _suspicious_content(connection) if found == "ok" else str(found)
        if fault is not None:
            raise BackupError(f"{file} {wrong}: {fault}; choose another file")
        if manifest.format != _FORMAT:
            raise BackupError(f"{file} was made by a newer program; update footnoted")
        Catalog.open(folder / CATALOG).close()
        _counts(folder / CATALOG)
        _relocate(folder / CATALOG, manifest.home, str(home))
        unconfirmed = _unconfirm(folder / CATALOG, {str(home / name) for name in names})
    except SchemaError as error:
        raise BackupError(f"{file} was made by a newer program; update footnoted") from error
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error.strerror or error}; check its path") from error
    except (tarfile.TarError, sqlite3.Error, CatalogError, ValueError, TypeError) as error:
        raise BackupError(f"{file} {wrong}: {error}; choose another file") from error
    return manifest, unconfirmed


def _read_manifest(data: bytes) -> _Manifest:
    from pydantic import TypeAdapter, ValidationError

    try:
        manifest = TypeAdapter(_Manifest).validate_json(data, strict=True)
        datetime.fromisoformat(manifest.made)
    except ValidationError as error:
        fault = error.errors()[0]
        raise ValueError(f"its {_MANIFEST}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}") from error
    if not manifest.home:
        raise ValueError(f"its {_MANIFEST}: home: is empty")
    return manifest


def _extraction_filter(entry: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Skip devices, and links, which could expose files outside ``folder``."""
    if not (entry.isreg() or entry.isdir()):
        return None
    return tarfile.data_filter(entry, folder).replace(mode=FOLDER if entry.isdir() else FILE, deep=False)


def _suspicious_content(connection: sqlite3.Connection) -> str | None:
    """Describe a trigger, view or path out of the folder; this program writes none: it may be an attack."""
    query = "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')"
    for kind, name in connection.execute(query):
        return f"its catalog has a {kind} {name!r}, which a catalog of Footnoted never has"
    for (path,) in connection.execute("SELECT path FROM documents"):
        if any(_leads_out(flavour(path)) for flavour in (PurePosixPath, PureWindowsPath)):
            return f"its document {path!r} leads out of its folder"
    return None


def _leads_out(path: PurePosixPath | PureWindowsPath) -> bool:
    return bool(path.anchor) or ".." in path.parts


def _relocate(catalog: Path, former: str, home: str) -> None:
    with closing(sqlite3.connect(catalog)) as connection, connection:
        for table, column in (("documents", "source"), ("sources", "folder")):
            connection.execute(
                f"UPDATE OR REPLACE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608 (our names)
                # LIKE would ignore case.
                f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                (home, len(former) + 1, former, len(former) + 1, former + "/"),
            )


def _unconfirm(catalog: Path, own: Collection[str]) -> tuple[str, ...]:
    with closing(sqlite3.connect(catalog)) as connection, connection:
        found = connection.execute("SELECT folder FROM sources ORDER BY folder").fetchall()
        connection.executemany(
            "UPDATE sources SET confirmed = ? WHERE folder = ?", [(name in own, name) for (name,) in found]
        )
        connection.execute("DELETE FROM failures")
    return tuple(name for (name,) in found if name not in own)


def _renew(catalog: Path, at_least: int) -> None:
    """Give a catalog a new lineage and a higher generation, so that no old cache matches it."""
    with closing(sqlite3.connect(catalog)) as connection, connection:
        own = int(
            (connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone() or [0])[0]
        )
        for key, value in (("lineage", uuid.uuid4().hex), ("generation", str(max(own, at_least) + 1))):
            connection.execute("DELETE FROM meta WHERE key = ?", (key,))
            connection.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (key, value))


def _put_catalog_aside(home: Path, server: Catalog | None, aside: Path) -> None:
    """Copy the file, which others may have open; a damaged one stays for :func:`_put_catalog` to move."""
    present = home / CATALOG
    if server is not None:
        if server.generation():
            aside.mkdir(FOLDER)
            _save_rows(server.engine, aside / CATALOG)
    elif present.exists():
        aside.mkdir(FOLDER)
        if _is_readable(present):
            _copy(present, aside / CATALOG)


def _put_catalog(new: Path, catalog: Path, aside: Path) -> None:
    """Overwrite the catalog in one transaction; the files of a damaged one move to ``aside``."""
    if _is_readable(catalog):
        _copy(new, catalog)
        return
    for former in database_files(catalog):
        if former.exists():
            former.replace(aside / former.name)
    new.replace(catalog)


def _save_rows(engine: sa.Engine, file: Path) -> None:
    with closing(Catalog.open(file)) as saved:
        copy_tables(metadata, engine, saved.engine)
        saved.clear_log()


def _copy(source: Path, target: Path) -> None:
    make_file(target)
    with closing(sqlite3.connect(source)) as ours, closing(sqlite3.connect(target, timeout=30)) as copy:
        ours.backup(copy)


def _is_readable(catalog: Path) -> bool:
    if not catalog.exists():
        return False
    try:
        with closing(sqlite3.connect(catalog)) as connection:
            return bool(connection.execute("PRAGMA quick_check").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False


def _counts(catalog: Path) -> tuple[int, int]:
    """Return a catalog's generation and number of documents."""
    with closing(sqlite3.connect(catalog)) as connection:
        found = connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
        documents = connection.execute("SELECT count(*) FROM documents").fetchone()[0]
    return int(found[0]) if found else 0, int(documents)


def _add(tar: tarfile.TarFile, place: Path, name: str) -> None:
    """Skip files that disappear meanwhile, and hidden files in a folder: uploads that are not indexed yet."""
    try:
        inside = sorted(place.iterdir()) if place.is_dir() else []
        tar.add(place, name, recursive=False)
    except FileNotFoundError:
        return
    for entry in inside:
        if not entry.name.startswith("."):
            _add(tar, entry, f"{name}/{entry.name}")
