"""Lists the files of a folder with sizes and times, without reading them, and records those that failed."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from index.catalog.database import Catalog
from index.catalog.dialects import insert_into, writing
from index.catalog.schema import failures
from index.documents import SIDECAR, sidecar_of
from index.errors import FailureNotFoundError

QUESTIONS = "questions.jsonl"  # evaluation questions, which are not listed as a report
MISSING = "does not exist; if it was moved, sync its new place"

_HOME = "lies in the library's home, which holds its own files; name a folder of reports"

_NOT_UTF8 = "its name is not UTF-8; rename it"


@dataclass(frozen=True, slots=True)
class Root:
    """A folder to list, or ``part`` of one: its path in ``source`` with slashes. Both identify a document."""

    source: str
    part: str = ""

    @property
    def location(self) -> Path:
        return Path(self.source, self.part)

    def holds(self, path: str) -> bool:
        return not self.part or path == self.part or path.startswith(self.part + "/")


@dataclass(frozen=True, slots=True)
class Failure:
    """``path`` is printable; ``cause`` has the remedy too."""

    path: str
    cause: str
    place: Root = field(default=Root(""), compare=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """Size and mtime_ns by path, with the sidecar's; a file in ``unlisted`` may exist, too."""

    root: Root
    files: Mapping[str, tuple[int, int]]
    failures: tuple[Failure, ...]
    unlisted: tuple[Root, ...]
    missing: bool = False

    def covers(self, path: str) -> bool:
        return self.root.holds(path) and not any(part.holds(path) for part in self.unlisted)


def root_of(path: Path, followed: Collection[str]) -> Root:
    """Part of a followed folder; else a folder itself, or a file in its folder. ``path`` need not exist."""
    # Resolve only paths with "..", since resolving also follows links that the user has named on purpose.
    absolute = path.resolve() if ".." in path.parts else path.absolute()
    if str(absolute) not in followed:
        for folder in absolute.parents:
            if str(folder) in followed and not stat.S_ISREG(mode_of(folder)):
                return Root(str(folder), absolute.relative_to(folder).as_posix())
    if stat.S_ISDIR(mode_of(absolute)) or absolute == absolute.parent:
        return Root(str(absolute))
    return Root(str(absolute.parent), absolute.name)


def mode_of(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def lies_in(path: Path, folder: Path) -> bool:
    # Path.resolve fails on a link to itself; os.path.realpath does not.
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def is_own(root: Root, followed: Collection[str], home: Path) -> bool:
    """In the library's home folder, but not in a followed folder there."""
    if not lies_in(root.location, home):
        return False
    return root.source not in followed or not lies_in(Path(root.source).parent, home)


def state_of(file: Path, status: os.stat_result) -> tuple[int, int]:
    """The total size of a file and its sidecar, and the later mtime_ns of the two."""
    size, mtime_ns = _state(sidecar_of(file))
    return status.st_size + size, max(status.st_mtime_ns, mtime_ns)


def _state(file: Path) -> tuple[int, int]:
    try:
        state = file.lstat()
    except OSError:
        return 0, 0
    return state.st_size, state.st_mtime_ns


def is_utf8(path: str) -> bool:
    """Else it cannot be stored; Linux allows any bytes in a name."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def scan(root: Root, followed: Collection[str] = (), home: Path | None = None) -> Listing:
    """Leave out hidden files, evaluation questions, folders that are followed on their own, and ``home``.

    Links to folders are left out too; a link to a file outside the source is a failure, and so is a ``root``
    in the home, unless it is in a followed folder there.
    """
    walk = _Walk(root, frozenset(followed) - {root.source}, home)
    missing = False
    try:
        mode = root.location.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        missing = bool(root.part) and stat.S_ISDIR(mode_of(root.location.parent))
        if not missing:
            walk.fail(root.part, MISSING, str(root.location))
    except OSError as error:
        cause = f"{error.strerror}; check its name and the permissions of the folders around it"
        walk.fail(root.part, cause, str(root.location))
    else:
        if not is_utf8(str(root.location)):
            walk.fail(root.part, _NOT_UTF8, str(root.location))
        elif home is not None and is_own(root, followed, home):
            walk.fail(root.part, _HOME, str(root.location))
        elif stat.S_ISDIR(mode):
            walk.folder(root.location)
        else:
            walk.file(root.location)
    failures = sorted(walk.failures, key=lambda failure: failure.path)
    return Listing(root, dict(sorted(walk.files.items())), tuple(failures), tuple(walk.unlisted), missing)


def without_files(listing: Listing, skipped: Collection[Path]) -> Listing:
    """Files in ``skipped`` count as ``unlisted``, not as deleted."""
    source = Path(listing.root.source)
    paths = {file.relative_to(source).as_posix() for file in skipped if file.is_relative_to(source)}
    if not paths:
        return listing
    files = {path: state for path, state in listing.files.items() if path not in paths}
    unlisted = (*listing.unlisted, *(Root(listing.root.source, path) for path in sorted(paths)))
    return replace(listing, files=files, unlisted=unlisted)


class _Walk:
    def __init__(self, root: Root, elsewhere: frozenset[str], home: Path | None) -> None:
        self.files: dict[str, tuple[int, int]] = {}
        self.failures: list[Failure] = []
        self.unlisted: list[Root] = []
        self._source = Path(root.source)
        self._elsewhere = elsewhere
        # A followed folder in the home, such as the uploads, contains reports instead of the library's own
        # files.
        self._home = None if home is None or lies_in(self._source.parent, home) else home

    def fail(self, path: str, cause: str, shown: str | None = None) -> None:
        name, place = shown or path or str(self._source), Root(str(self._source), path)
        self.failures.append(Failure(name.encode("utf-8", "backslashreplace").decode(), cause, place))
        self.unlisted.append(place)

    def folder(self, top: Path) -> None:
        folders = [top]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(folder) as entries:
                    inside = [entry for entry in entries if not _is_hidden(entry.name)]
            except OSError as error:
                self.fail(self._path(folder), f"{error.strerror}; check the folder's permissions")
                continue
            for entry in inside:
                path = Path(entry.path)
                if entry.is_dir(follow_symlinks=False):
                    if entry.path not in self._elsewhere and not self._is_home(entry):
                        folders.append(path)
                elif entry.is_symlink() and stat.S_ISDIR(mode_of(path)):
                    continue
                # A file that is followed on its own has the folder around it as source. If that is the
                # listed folder, the file belongs to this listing.
                elif entry.path not in self._elsewhere or folder == self._source:
                    self.file(path)

    def file(self, file: Path) -> None:
        path = self._path(file)
        if not is_utf8(path):
            self.fail(path, _NOT_UTF8)
            return
        try:
            # Call stat first, since it fails on a link to itself.
            state = file.stat()
            inside = not file.is_symlink() or self._may_lead_to(file.resolve())
        except OSError as error:
            self.fail(path, f"{error.strerror}; check the file's permissions, or what it links to")
            return
        if not inside:
            self.fail(path, "is a link that leads out of the folder; put the file itself there")
        elif not stat.S_ISREG(state.st_mode):
            self.fail(path, "is a device, pipe or socket, not a file; take it out of the folder")
        else:
            self.files[path] = state_of(file, state)

    def _is_home(self, entry: os.DirEntry[str]) -> bool:
        if self._home is None or entry.inode() != self._home_number:
            return False
        return self._home.samefile(entry.path)

    @cached_property
    def _home_number(self) -> int:
        return self._home.stat().st_ino if self._home is not None and self._home.exists() else -1

    def _may_lead_to(self, target: Path) -> bool:
        own = self._home is not None and lies_in(target, self._home)
        return target.is_relative_to(self._source.resolve()) and not own

    def _path(self, location: Path) -> str:
        relative = location.relative_to(self._source).as_posix()
        return "" if relative == "." else relative


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == QUESTIONS or name.endswith(SIDECAR)


@dataclass(frozen=True, slots=True)
class KeptFailure:
    """``path`` is empty for the folder ``source`` itself."""

    failure_id: int
    source: str
    path: str
    cause: str
    since: str


class Failures:
    """Those that the viewer may see. Safe to share between threads."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._engine = catalog.engine

    def undismissed(self) -> list[KeptFailure]:
        query = sa.select(*(column for column in failures.c if column is not failures.c.dismissed))
        by_path = query.where(~failures.c.dismissed).order_by(failures.c.path, failures.c.source)
        with self._catalog.reading() as reader:
            hidden = reader.hidden_paths()
            found = [KeptFailure(*row) for row in reader.connection.execute(by_path)]
        return [failure for failure in found if failure.path not in hidden]

    def dismiss(self, failure_id: int) -> None:
        """Hide a failure until the file fails for another cause. Raises FailureNotFoundError."""
        if failure_id not in {failure.failure_id for failure in self.undismissed()}:
            raise FailureNotFoundError(f"failure {failure_id} is not listed; read the list again")
        with writing(self._engine) as connection:
            mine = sa.update(failures).where(failures.c.id == failure_id)
            connection.execute(mine.values(dismissed=True))

    def note(self, listings: Sequence[Listing], failed: Sequence[Failure], followed: Collection[str]) -> None:
        """Also delete the failures of all other files in ``listings``."""
        causes = {_kept(failure.place, followed): failure.cause for failure in failed}
        causes = {
            (source, path): cause
            for (source, path), cause in causes.items()
            if source and not (cause == MISSING and path)
        }
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with writing(self._engine) as connection:
            places = sa.select(failures.c.id, failures.c.source, failures.c.path)
            for number, source, path in connection.execute(places).all():
                if (source, path) not in causes and any(_covers(each, source, path) for each in listings):
                    connection.execute(sa.delete(failures).where(failures.c.id == number))
            for (source, path), cause in causes.items():
                same = sa.and_(failures.c.source == source, failures.c.path == path)
                still = sa.and_(failures.c.dismissed, failures.c.cause == cause)
                update = sa.update(failures).where(same).values(cause=cause, dismissed=still)
                if not connection.execute(update).rowcount:
                    new = insert_into(connection, failures).on_conflict_do_nothing()
                    row = {"source": source, "path": path, "cause": cause, "since": now, "dismissed": False}
                    connection.execute(new, row)


def _kept(place: Root, followed: Collection[str]) -> tuple[str, str]:
    """The followed folder or "", and the path in it, where bytes that are not UTF-8 are escaped."""
    source, path = place.source, place.part
    if str(place.location) in followed:
        # If a followed folder is gone, or a followed path is a single file, the listing names it as a part
        # of the folder around it.
        source, path = str(place.location), ""
    elif source not in followed:
        source = ""
    return source.encode("utf-8", "backslashreplace").decode(), path.encode(
        "utf-8", "backslashreplace"
    ).decode()


def _covers(listing: Listing, source: str, path: str) -> bool:
    root = listing.root
    if root.part and not path and str(root.location) == source:
        return listing.covers(root.part)
    return root.source == source and listing.covers(path)
