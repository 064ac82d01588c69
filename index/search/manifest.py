"""Notes which files of the caches belong together, and checks that they are intact."""

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


@dataclass(frozen=True, slots=True)
class Manifest:
    """The caches of a build on disk: the base (the file of vectors) and the words (the tantivy index).

    ``last`` and ``base_generation`` are the highest chunk id and the generation that the base was built from;
    ``base`` is None while all vectors are in memory. Passages removed up to ``words_generation`` are gone
    from the words. While ``writing``, a process adds words for the commit ``mark`` after the chunk id
    ``written_after``, and some of their files may lack a digest. ``digests`` has the sha256 of each file, by
    its path in the folder.
    """

    base: str | None = None
    last: int = 0
    base_generation: int = 0
    words: str = ""
    words_generation: int = 0
    writing: bool = False
    mark: str = ""
    written_after: int = 0
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def removals_applied_until(self) -> int:
        """The generation up to which removed passages are gone from the base and the words."""
        return min(self.words_generation, self.base_generation) if self.base else self.words_generation


# For each file: inode, size in bytes, and the times of the last change of content and of inode, in ns.
FileStates = Mapping[str, tuple[int, int, int, int]]


def states_of(files: Iterable[str | Path]) -> FileStates:
    found: dict[str, tuple[int, int, int, int]] = {}
    for file in files:
        with suppress(FileNotFoundError):
            # A program can set a file's modification time back, but that changes the inode's own time.
            state = os.stat(file)  # noqa: PTH116 (twice as fast, and runs before each search)
            found[str(file)] = state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
    return found


def are_unchanged(states: FileStates) -> bool:
    """Return whether no file was changed, shortened or replaced since ``states`` were recorded.

    Deleted files count as unchanged, since a mapped file keeps its content. Callers check this before each
    search, because reading beyond the end of a shortened mapped file kills the process.
    """
    return all(now == states[file] for file, now in states_of(states).items())


def folder_of(home: Path, build: Build) -> Path:
    return home / "caches" / f"{build.lineage[:8]}-{build.number}"


def read_manifest(folder: Path) -> Manifest | None:
    """Return None if the manifest is missing or damaged."""
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
    """Return the sha256 of each file, by its path; it reveals damage that FAISS and tantivy do not notice.

    Files never change once they are written, so known digests are taken from ``manifest``. Only
    ``meta.json``, tantivy's list of its files, changes.
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
    """Return whether all files of the base and the words have the digests in ``manifest``.

    If a process died while it wrote the words, some files may have no digest, and ``meta.json`` may be the
    old or the new one. While ``manifest.writing`` is set, these are left out.
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
    return (
        manifest.base is not None
        and (folder / manifest.base).is_file()
        and is_intact(folder, _of_base(manifest))
    )


def with_base(manifest: Manifest, other: Manifest) -> Manifest:
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
    kept = _of_base(manifest).digests
    own = {name: digest for name, digest in other.digests.items() if name != other.base}
    return replace(
        manifest, words=other.words, words_generation=other.words_generation, digests={**kept, **own}
    )


def _of_base(manifest: Manifest) -> Manifest:
    """Return a copy of ``manifest`` that describes only the base."""
    own = {name: digest for name, digest in manifest.digests.items() if name == manifest.base}
    return Manifest(manifest.base, manifest.last, manifest.base_generation, digests=own)


def delete_unused(home: Path, build: Build, manifest: Manifest) -> None:
    for entry in folder_of(home, build).iterdir():
        if entry.name not in {_MANIFEST, manifest.base, manifest.words}:
            _delete(entry)


def delete_other_builds(home: Path, build: Build) -> None:
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
    """Digest a manifest itself: a damaged one would do as much harm as a damaged cache."""
    return hashlib.sha256(json.dumps(noted, sort_keys=True).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
