"""A library in one file, made and put back while it is served.

The file is an uncompressed tar: ``manifest.json``, ``catalog.sqlite`` and what lies beside it in the home
folder (uploads, feedback). Caches are left out: they are made again from the catalog, with nothing embedded.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import uuid
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath, PureWindowsPath

from index.catalog.database import Catalog
from index.catalog.lock import WriteLock
from index.errors import BackupError, CatalogError, SchemaError
from index.private import FILE, FOLDER, make_file, make_folder, opener

CATALOG = "catalog.sqlite"
_MANIFEST = "manifest.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup holds.

    Attributes:
        file: where it lies.
        made: when it was made, ISO 8601 in UTC.
        generation: the library's generation.
        documents: how many documents.
        bytes: the size of the file.
        put_aside: after it was put back, the folder in which what was there before lies; else None.
        unconfirmed: after it was put back, the folders that it followed: the library follows each again once
            that is synced by its name.
    """

    file: str
    made: str
    generation: int
    documents: int
    bytes: int
    put_aside: str | None = None
    unconfirmed: tuple[str, ...] = ()


def back_up(home: Path, file: Path, beside: Sequence[str] = ()) -> BackupReport:
    """Write the library under ``home``, as it is now, to ``file``. Others read and write meanwhile.

    Args:
        home: the library's folder.
        file: must not exist; it appears when it is whole, and only its owner can read it.
        beside: names of files and folders in ``home`` that belong to the library.

    Raises:
        BackupError: if there is no library, or ``file`` exists or cannot be written.
        CatalogError: if the catalog cannot be read.
    """
    if not (home / CATALOG).is_file():
        raise BackupError(f"there is no library in {home}; give the folder of one with --home")
    if file.exists():
        raise BackupError(f"{file} exists; choose another name, or move it away")
    part = file.with_name(f".{file.name}.part")
    try:
        # A run that was killed may have left one.
        part.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.absolute().parent) as place:
            copy = Path(place) / CATALOG
            _copy(home / CATALOG, copy)
            made = datetime.now(UTC).isoformat(timespec="seconds")
            generation, documents = _counts(copy)
            manifest = {
                "format": _FORMAT, "made": made, "generation": generation, "documents": documents,
                "home": str(home.absolute()),
            }  # fmt: skip
            # What a link leads to belongs to the library, too; links themselves are not put back.
            with (
                open(part, "xb", opener=opener) as written,
                tarfile.open(fileobj=written, mode="w", dereference=True) as tar,
            ):
                _add_text(tar, _MANIFEST, json.dumps(manifest))
                tar.add(copy, CATALOG)
                for name in beside:
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


_REMEDY = "put a backup back with `footnoted restore FILE`"


def restore(home: Path, file: Path, beside: Sequence[str] = ()) -> BackupReport:
    """Put the library in ``file`` in the place of the one under ``home``, if there is one.

    A server of the same home goes on, and answers from what was put back. What was there is not deleted: it
    is put aside in a folder that the report names. Folders that the backup follows are not followed until
    somebody confirms them, since another person's backup may name any folder of this machine.

    Args:
        home: the library's folder.
        file: from :func:`back_up`.
        beside: names of files and folders that belong to a library; whatever else is in the file stays there.

    Raises:
        BackupError: if ``file`` is no whole backup; nothing is changed.
        LibraryLockedError: if another process goes on writing for half a minute.
    """
    make_folder(home)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as place:
        unpacked = Path(place)
        manifest = _unpack(file, unpacked)
        there = [name for name in beside if (unpacked / name).exists()]
        _relocate(unpacked / CATALOG, str(manifest["home"]), str(home.absolute()))
        unconfirmed = _unconfirm(unpacked / CATALOG, {str(home.absolute() / name) for name in beside})
        with WriteLock(home).hold("restore"):
            aside = home / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:4]}"
            had_something = _put_aside(home, aside, there)
            _renew(unpacked / CATALOG, at_least=_generation(home / CATALOG))
            _put_catalog(unpacked / CATALOG, home / CATALOG, aside)
            for name in there:
                (unpacked / name).replace(home / name)
            shutil.rmtree(home / "caches", ignore_errors=True)
    return BackupReport(
        str(file),
        str(manifest["made"]),
        int(manifest["generation"]),
        int(manifest["documents"]),
        file.stat().st_size,
        str(aside) if had_something else None,
        unconfirmed,
    )


def _unwritable(file: Path, cause: str) -> BackupError:
    return BackupError(f"{file} cannot be written: {cause}; choose a folder with room for it")


def _unpack(file: Path, folder: Path) -> dict[str, str | int]:
    """The manifest of a backup, whose files are put into ``folder`` and checked."""
    wrong = "is no backup of a library, or it is damaged"
    try:
        with tarfile.open(file, "r:") as tar:
            tar.extractall(folder, filter=_plain)  # noqa: S202 # nosec B202 # the filter goes by data_filter
        if not all((folder / name).is_file() for name in (_MANIFEST, CATALOG)):
            raise BackupError(f"{file} {wrong}: it has no {_MANIFEST} and {CATALOG}; choose another one")
        manifest: dict[str, str | int] = json.loads((folder / _MANIFEST).read_bytes())
        with closing(sqlite3.connect(folder / CATALOG)) as connection:
            found = connection.execute("PRAGMA quick_check").fetchone()[0]
            fault = _foreign(connection) if found == "ok" else str(found)
        if fault is not None:
            raise BackupError(f"{file} {wrong}: {fault}; choose another one")
        if manifest["format"] != _FORMAT:
            raise BackupError(f"{file} was made by a newer program; update footnoted")
        Catalog.open(folder / CATALOG).close()
    except SchemaError as error:
        raise BackupError(f"{file} was made by a newer program; update footnoted") from error
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error.strerror or error}; check its path") from error
    except (tarfile.TarError, sqlite3.Error, CatalogError, ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{file} {wrong}: {error}; choose another one") from error
    return manifest


def _plain(entry: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Leaves out links, which could lead to what a backup must not show; the rest is its owner's alone."""
    if not (entry.isreg() or entry.isdir()):
        return None
    return tarfile.data_filter(entry, folder).replace(mode=FOLDER if entry.isdir() else FILE, deep=False)


def _foreign(connection: sqlite3.Connection) -> str | None:
    """What a catalog holds that no library writes, and that would act beyond it; None where nothing does."""
    query = "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')"
    for kind, name in connection.execute(query):
        return f"its catalog has a {kind} {name!r}, which acts by itself"
    for (path,) in connection.execute("SELECT path FROM documents"):
        if any(_leads_out(flavour(path)) for flavour in (PurePosixPath, PureWindowsPath)):
            return f"its document {path!r} leads out of its folder"
    return None


def _leads_out(path: PurePosixPath | PureWindowsPath) -> bool:
    return bool(path.anchor) or ".." in path.parts


def _relocate(catalog: Path, former: str, home: str) -> None:
    """Let what lay in the former home folder lie in this one."""
    with closing(sqlite3.connect(catalog)) as connection, connection:
        for table, column in (("documents", "source"), ("sources", "folder")):
            connection.execute(
                f"UPDATE OR REPLACE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608 (our names)
                # Not by LIKE, to which Reports and reports are the same.
                f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                (home, len(former) + 1, former, len(former) + 1, former + "/"),
            )


def _unconfirm(catalog: Path, own: Collection[str]) -> tuple[str, ...]:
    """Follow none but the library's ``own`` folders; returns the others, in order.

    What could not be read in them is not listed either: nobody looks at it again until they are confirmed.
    """
    with closing(sqlite3.connect(catalog)) as connection, connection:
        found = connection.execute("SELECT folder FROM sources ORDER BY folder").fetchall()
        connection.executemany(
            "UPDATE sources SET confirmed = ? WHERE folder = ?", [(name in own, name) for (name,) in found]
        )
        connection.execute("DELETE FROM failures")
    return tuple(name for (name,) in found if name not in own)


def _renew(catalog: Path, at_least: int) -> None:
    """Give a catalog another name and a generation that was never seen: no cache may pass for its own."""
    with closing(sqlite3.connect(catalog)) as connection, connection:
        own = int(
            (connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone() or [0])[0]
        )
        for key, value in (("lineage", uuid.uuid4().hex), ("generation", str(max(own, at_least) + 1))):
            connection.execute("DELETE FROM meta WHERE key = ?", (key,))
            connection.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (key, value))


def _put_aside(home: Path, aside: Path, beside: Sequence[str]) -> bool:
    """Move what is about to be replaced to ``aside``; returns whether there was anything."""
    there = [home / name for name in beside if (home / name).exists()]
    catalog = home / CATALOG
    if not there and not catalog.exists():
        return False
    aside.mkdir(FOLDER)
    for entry in there:
        entry.replace(aside / entry.name)
    if catalog.exists() and _is_readable(catalog):
        _copy(catalog, aside / CATALOG)
    return True


def _put_catalog(new: Path, catalog: Path, aside: Path) -> None:
    """Write the pages of ``new`` over the catalog in one transaction, or put it in a damaged one's place."""
    if catalog.exists() and _is_readable(catalog):
        _copy(new, catalog)
        return
    for suffix in ("", "-wal", "-shm"):
        former = catalog.with_name(catalog.name + suffix)
        if former.exists():
            former.replace(aside / former.name)
    new.replace(catalog)


def _copy(source: Path, target: Path) -> None:
    make_file(target)
    with closing(sqlite3.connect(source)) as ours, closing(sqlite3.connect(target, timeout=30)) as copy:
        ours.backup(copy)


def _is_readable(catalog: Path) -> bool:
    try:
        with closing(sqlite3.connect(catalog)) as connection:
            return bool(connection.execute("PRAGMA quick_check").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False


def _generation(catalog: Path) -> int:
    return _counts(catalog)[0] if catalog.exists() and _is_readable(catalog) else 0


def _counts(catalog: Path) -> tuple[int, int]:
    """The generation of a catalog, and how many documents it has."""
    with closing(sqlite3.connect(catalog)) as connection:
        found = connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
        documents = connection.execute("SELECT count(*) FROM documents").fetchone()[0]
    return int(found[0]) if found else 0, int(documents)


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))


def _add(tar: tarfile.TarFile, place: Path, name: str) -> None:
    """Add what is at ``place``, less what goes while it is looked at.

    What is only on its way is left out, too: uploads that are being read.
    """
    try:
        inside = sorted(place.iterdir()) if place.is_dir() else []
        tar.add(place, name, recursive=False)
    except FileNotFoundError:
        return
    for entry in inside:
        if not entry.name.startswith("."):
            _add(tar, entry, f"{name}/{entry.name}")
