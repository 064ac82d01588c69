"""Lists the files of a folder with their sizes and times, reading none of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from index.loaders.sidecar import SUFFIX as SIDECAR
from index.loaders.sidecar import sidecar_of

QUESTIONS = "questions.jsonl"
"""Questions with their gold answers, which a folder of reports may hold for its own evaluation."""

MISSING = "does not exist; if it was moved, sync its new place"
"""The cause of a path that was asked for and is not there."""

_HOME = "lies in the library's home, which holds its own files; name a folder of reports"

_NOT_UTF8 = "its name is not UTF-8; rename it"


@dataclass(frozen=True, slots=True)
class Root:
    """What to go over: a folder of the library, or a part of it.

    Attributes:
        source: the folder, as an absolute path; documents are known by their path under it.
        part: a file or folder under it, with forward slashes; empty for all of it.
    """

    source: str
    part: str = ""

    @property
    def location(self) -> Path:
        """Where it lies on disk."""
        return Path(self.source, self.part)

    def holds(self, path: str) -> bool:
        """Whether ``path``, under the same source, lies in this part."""
        return not self.part or path == self.part or path.startswith(self.part + "/")


@dataclass(frozen=True, slots=True)
class Failure:
    """A file or folder that could not be read.

    Attributes:
        path: its path, in a form that can be shown.
        cause: the cause, in words.
        place: the file or folder itself.
    """

    path: str
    cause: str
    place: Root = field(default=Root(""), compare=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """The files found under a root.

    Attributes:
        root: what was gone over.
        files: size in bytes and mtime_ns by path under the root's source, in order; a file and its sidecar
            count together, so that a change of either shows.
        failures: what could not be listed.
        unseen: paths under which nothing can be said to be gone, since they could not be listed.
        missing: whether the root is not there, although the folder around it is.
    """

    root: Root
    files: Mapping[str, tuple[int, int]]
    failures: tuple[Failure, ...]
    unseen: tuple[Root, ...]
    missing: bool = False

    def tells_of(self, path: str) -> bool:
        """Whether it tells if there is something at ``path``, under the same source."""
        return self.root.holds(path) and not any(unseen.holds(path) for unseen in self.unseen)


def root_of(path: Path, followed: Collection[str]) -> Root:
    """The root that ``path`` stands for: a followed folder, a part of one, or a new one.

    Args:
        path: a folder or file, which need not exist.
        followed: the folders and files that the library follows, as absolute paths.
    """
    # Only where it must, because resolving also follows the links that somebody chose to name.
    absolute = path.resolve() if ".." in path.parts else path.absolute()
    if str(absolute) not in followed:
        for folder in absolute.parents:
            if str(folder) in followed and not stat.S_ISREG(mode_of(folder)):
                return Root(str(folder), absolute.relative_to(folder).as_posix())
    if stat.S_ISDIR(mode_of(absolute)) or absolute == absolute.parent:
        return Root(str(absolute))
    return Root(str(absolute.parent), absolute.name)


def mode_of(path: Path) -> int:
    """What lies at ``path``, as in ``stat.st_mode``; 0 where nothing does or it is out of reach."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def lies_in(path: Path, folder: Path) -> bool:
    """Whether ``path`` is ``folder`` or lies in it, whatever links lead to either."""
    # Unlike Path.resolve, this does not fail at a link that leads to itself.
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def is_own(root: Root, followed: Collection[str], home: Path) -> bool:
    """Whether a root is the library's home or lies in it, and is no folder there that the library follows."""
    if not lies_in(root.location, home):
        return False
    return root.source not in followed or not lies_in(Path(root.source).parent, home)


def state_of(file: Path, status: os.stat_result) -> tuple[int, int]:
    """The size and mtime_ns of a file, whose own are ``status``, together with its sidecar."""
    size, mtime_ns = _state(sidecar_of(file))
    return status.st_size + size, max(status.st_mtime_ns, mtime_ns)


def _state(file: Path) -> tuple[int, int]:
    """The size and mtime_ns of a file or a link; zeros where there is none, or none that can be read."""
    try:
        state = file.lstat()
    except OSError:
        return 0, 0
    return state.st_size, state.st_mtime_ns


def is_utf8(path: str) -> bool:
    """Whether a path can be stored and shown; Linux allows any bytes in a name."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def scan(root: Root, followed: Collection[str] = (), home: Path | None = None) -> Listing:
    """List the files under ``root``, in order of their paths.

    Hidden files, the questions of an evaluation, and what is followed on its own are left out. Links to
    folders are not followed; a link to a file counts if the file lies in the source.

    Args:
        root: a folder, or a part of one.
        followed: the folders and files that the library follows, as absolute paths.
        home: the library's home, which is left out; a folder in it is listed only if the library follows it.
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
    return Listing(root, dict(sorted(walk.files.items())), tuple(failures), tuple(walk.unseen), missing)


def without(listing: Listing, left: Collection[Path]) -> Listing:
    """``listing`` as if nothing were known of the files ``left``, whether they are there or not."""
    source = Path(listing.root.source)
    paths = {file.relative_to(source).as_posix() for file in left if file.is_relative_to(source)}
    if not paths:
        return listing
    files = {path: state for path, state in listing.files.items() if path not in paths}
    unseen = (*listing.unseen, *(Root(listing.root.source, path) for path in sorted(paths)))
    return replace(listing, files=files, unseen=unseen)


class _Walk:
    def __init__(self, root: Root, elsewhere: frozenset[str], home: Path | None) -> None:
        self.files: dict[str, tuple[int, int]] = {}
        self.failures: list[Failure] = []
        self.unseen: list[Root] = []
        self._source = Path(root.source)
        self._elsewhere = elsewhere
        # A folder in the home, such as that of the uploads, holds reports and not the library's own files.
        self._home = None if home is None or lies_in(self._source.parent, home) else home

    def fail(self, path: str, cause: str, shown: str | None = None) -> None:
        name, place = shown or path or str(self._source), Root(str(self._source), path)
        self.failures.append(Failure(name.encode("utf-8", "backslashreplace").decode(), cause, place))
        self.unseen.append(place)

    def folder(self, top: Path) -> None:
        """List what lies in a folder, however deep: one folder is open at a time, and none calls itself."""
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
                # A file of this very folder that is also followed by itself has the same source.
                elif entry.path not in self._elsewhere or folder == self._source:
                    self.file(path)

    def file(self, file: Path) -> None:
        path = self._path(file)
        if not is_utf8(path):
            self.fail(path, _NOT_UTF8)
            return
        try:
            # First of all, because it is what tells of a link that leads to itself.
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
        """Whether a folder is the library's home, by which path it may have been reached."""
        if self._home is None or entry.inode() != self._home_number:
            return False
        return self._home.samefile(entry.path)

    @cached_property
    def _home_number(self) -> int:
        return self._home.stat().st_ino if self._home is not None and self._home.exists() else -1

    def _may_lead_to(self, target: Path) -> bool:
        """Whether a link to ``target`` stays in the source, and out of the library's home."""
        own = self._home is not None and lies_in(target, self._home)
        return target.is_relative_to(self._source.resolve()) and not own

    def _path(self, location: Path) -> str:
        relative = location.relative_to(self._source).as_posix()
        return "" if relative == "." else relative


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == QUESTIONS or name.endswith(SIDECAR)
