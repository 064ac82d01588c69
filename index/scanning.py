"""Lists the files of a folder with their sizes and times, reading none of them."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

QUESTIONS = "questions.jsonl"
"""Questions with their gold answers, which a folder of reports may hold for its own evaluation."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file or folder that could not be read: its path and the cause, in words."""

    path: str
    cause: str


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
class Listing:
    """The files found under a root.

    Attributes:
        root: what was gone over.
        files: size in bytes and mtime_ns by path under the root's source, in order.
        failures: what could not be listed.
        unseen: paths under which nothing can be said to be gone, since they could not be listed.
    """

    root: Root
    files: Mapping[str, tuple[int, int]]
    failures: tuple[Failure, ...]
    unseen: tuple[Root, ...]


def root_of(path: Path, followed: Collection[str]) -> Root:
    """The root that ``path`` stands for: a part of a folder that is followed already, or a new one."""
    absolute = path.absolute()
    for folder in [absolute, *absolute.parents]:
        if str(folder) in followed and (folder.is_dir() or not folder.exists()) and folder != absolute:
            return Root(str(folder), absolute.relative_to(folder).as_posix())
    if absolute.is_file():
        return Root(str(absolute.parent), absolute.name)
    return Root(str(absolute))


def scan(root: Root, followed: Collection[str] = ()) -> Listing:
    """List the files under ``root``, in order of their paths.

    Hidden files, the questions of an evaluation, and folders that are followed on their own are left
    out. Links to folders are not followed; a link to a file counts if the file lies in the source.

    Args:
        root: a folder, or a part of one.
        followed: the folders that the library follows, as absolute paths.
    """
    walk = _Walk(root, frozenset(followed) - {root.source})
    location = root.location
    if not location.exists():
        walk.fail(root.part, "does not exist; if it was moved, sync its new place")
    elif location.is_dir():
        walk.folder(location)
    else:
        walk.file(location)
    return Listing(root, dict(sorted(walk.files.items())), tuple(walk.failures), tuple(walk.unseen))


class _Walk:
    def __init__(self, root: Root, elsewhere: frozenset[str]) -> None:
        self.files: dict[str, tuple[int, int]] = {}
        self.failures: list[Failure] = []
        self.unseen: list[Root] = []
        self._source = Path(root.source)
        self._elsewhere = elsewhere

    def fail(self, path: str, cause: str) -> None:
        self.failures.append(Failure(path or str(self._source), cause))
        self.unseen.append(Root(str(self._source), path))

    def folder(self, folder: Path) -> None:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self.fail(self._path(folder), f"{error.strerror}; check the folder's permissions")
            return
        for entry in entries:
            if entry.name.startswith(".") or entry.name == QUESTIONS:
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.path not in self._elsewhere:
                    self.folder(Path(entry.path))
            elif not entry.is_symlink() or not Path(entry.path).is_dir():
                self.file(Path(entry.path))

    def file(self, file: Path) -> None:
        path = self._path(file)
        try:
            path.encode()
        except UnicodeEncodeError:
            shown = path.encode("utf-8", "backslashreplace").decode()
            self.failures.append(Failure(shown, "its name is not UTF-8; rename the file"))
            return
        try:
            inside = not file.is_symlink() or file.resolve().is_relative_to(self._source.resolve())
            state = file.stat()
        except OSError as error:
            self.fail(path, f"{error.strerror}; check the file's permissions, or what it links to")
            return
        if inside:
            self.files[path] = (state.st_size, state.st_mtime_ns)
        else:
            self.fail(path, "is a link that leads out of the folder; put the file itself there")

    def _path(self, location: Path) -> str:
        relative = location.relative_to(self._source).as_posix()
        return "" if relative == "." else relative
