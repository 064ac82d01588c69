"""The manifest of a build's caches: names their files, and holds the digests that prove them intact.

The caches of a build are a base of vectors and a folder of words in ``HOME/caches/LINEAGE-NUMBER``. They are
rebuilt from the catalog when they are missing or damaged. Vectors newer than the base are in memory only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from index.private import opener
from index.records import Build

_MANIFEST = "current.json"

_FORMER = ("vectors.faiss", "caches.json", "lexical")
"""Files that earlier versions wrote to the home folder itself."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The caches of a build on disk.

    Attributes:
        base: the file of the base of vectors; None while all vectors are in memory.
        last: the highest chunk id at the generation of the base.
        base_generation: the generation that the base was built from.
        words: the folder of the words.
        words_generation: the newest generation whose removals have reached the words.
        writing: whether a process is writing to the words, so that files may lack a digest.
        digests: the sha256 of each file, by its path in the folder.
    """

    base: str | None = None
    last: int = 0
    base_generation: int = 0
    words: str = ""
    words_generation: int = 0
    writing: bool = False
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def known_from(self) -> int:
        """The oldest generation among the caches: older removals have reached all of them."""
        return min(self.words_generation, self.base_generation) if self.base else self.words_generation


FileStates = Mapping[str, tuple[int, int, int, int]]
"""By file: inode, size in bytes, and the times of the last change of content and of inode, in ns."""


def states_of(files: Iterable[str | Path]) -> FileStates:
    """The states of those of ``files`` that exist."""
    found: dict[str, tuple[int, int, int, int]] = {}
    for file in files:
        with suppress(FileNotFoundError):
            # Setting back a file's modification time changes the inode's own time.
            state = os.stat(file)  # noqa: PTH116 (twice as fast, and runs before each search)
            found[str(file)] = state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
    return found


def are_unchanged(states: FileStates) -> bool:
    """Whether none of these files was written to, cut short or replaced since.

    Deleted files count as unchanged: a mapped file keeps its content. Reading beyond the end of a mapped file
    that was cut short kills the process, so this check runs before each search.
    """
    return all(now == states[file] for file, now in states_of(states).items())


def folder_of(home: Path, build: Build) -> Path:
    """The folder of a build's caches."""
    return home / "caches" / f"{build.lineage[:8]}-{build.number}"


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in ``folder``; None if it is missing or damaged."""
    try:
        noted = json.loads((folder / _MANIFEST).read_bytes())
        return Manifest(**noted["manifest"]) if noted["digest"] == _digest_of(noted["manifest"]) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step: write a new file, sync it, and rename it over the old one."""
    part = folder / f"{_MANIFEST}.part"
    with open(part, "w", encoding="utf-8", opener=opener) as file:
        json.dump({"manifest": asdict(manifest), "digest": _digest_of(asdict(manifest))}, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / _MANIFEST)


def digests(folder: Path, manifest: Manifest) -> dict[str, str]:
    """The digests of the files that ``manifest`` names; reads only files without a known digest.

    FAISS and tantivy do not notice all damage to their files. No file changes once it is written, except
    tantivy's list of its files.
    """
    files = [folder / manifest.base] if manifest.base else []
    files += sorted((folder / manifest.words).glob("[!.]*")) if manifest.words else []
    known = {name: digest for name, digest in manifest.digests.items() if not name.endswith("meta.json")}
    found: dict[str, str] = {}
    for file in files:
        name = file.relative_to(folder).as_posix()
        found[name] = known.get(name) or _digest(file)
    return found


def is_intact(folder: Path, manifest: Manifest) -> bool:
    """Whether all files have their recorded digests.

    If a process died while it wrote the words, there may be files without a digest, and tantivy's list of
    files may be the old or the new one.
    """
    try:
        now = digests(folder, Manifest(manifest.base, words=manifest.words))
    except OSError:
        return False
    if manifest.writing:
        lasting = {name for name in manifest.digests.keys() & now.keys() if not name.endswith("meta.json")}
        return all(now[name] == manifest.digests[name] for name in lasting)
    return now == manifest.digests


def has_intact_base(folder: Path, manifest: Manifest) -> bool:
    """Whether the base of vectors has its recorded digest."""
    return (
        manifest.base is not None
        and (folder / manifest.base).is_file()
        and is_intact(folder, _of_base(manifest))
    )


def with_base(manifest: Manifest, other: Manifest) -> Manifest:
    """``manifest`` with the base of ``other``."""
    base = _of_base(other)
    kept = {name: digest for name, digest in manifest.digests.items() if name != manifest.base}
    return replace(
        manifest,
        base=base.base,
        last=base.last,
        base_generation=base.base_generation,
        digests={**kept, **base.digests},
    )


def with_words(manifest: Manifest, other: Manifest) -> Manifest:
    """``manifest`` with the words of ``other``."""
    kept = _of_base(manifest).digests
    own = {name: digest for name, digest in other.digests.items() if name != other.base}
    return replace(
        manifest, words=other.words, words_generation=other.words_generation, digests={**kept, **own}
    )


def _of_base(manifest: Manifest) -> Manifest:
    """The part of the manifest that concerns the base."""
    own = {name: digest for name, digest in manifest.digests.items() if name == manifest.base}
    return Manifest(manifest.base, manifest.last, manifest.base_generation, digests=own)


def delete_unused(home: Path, build: Build, manifest: Manifest) -> None:
    """Delete unused files of the caches of ``build``, and files of earlier versions."""
    for former in _FORMER:
        _delete(home / former)
    for entry in folder_of(home, build).iterdir():
        if entry.name not in {_MANIFEST, manifest.base, manifest.words}:
            _delete(entry)


def delete_other_builds(home: Path, build: Build) -> None:
    """Delete the caches of every build but ``build``."""
    kept = folder_of(home, build)
    for folder in kept.parent.iterdir():
        if folder != kept:
            _delete(folder)


def _delete(entry: Path) -> None:
    if entry.is_dir():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)


def _digest_of(noted: Mapping[str, Any]) -> str:
    """The digest of the manifest itself: a wrong number in it does as much harm as a damaged file."""
    return hashlib.sha256(json.dumps(noted, sort_keys=True).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
