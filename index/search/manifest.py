"""The caches of a build on disk: a base of vectors, a folder of words, and what they were when saved.

They lie in a folder of their own for each build, ``HOME/caches/LINEAGE-NUMBER``, and are made again from the
catalog whenever they are gone or damaged. Vectors that came after the base was made are in memory only.
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

_MARKER = "current.json"

_FORMER = ("vectors.faiss", "caches.json", "lexical")
"""What earlier versions kept in the home folder itself."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What is noted of the caches of a build.

    Attributes:
        base: the file of the vectors' base, or None while all are in memory.
        last: no chunk that the base has, or was removed before it was made, has a higher number.
        base_generation: the catalog's generation that the base was made of.
        words: the folder of the words.
        words_generation: the generation whose removals are removed from the words.
        writing: whether the words are being written: files may have come that are not noted yet.
        digests: sha256 of each file, by its path under the folder.
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
        """No cache has a chunk that went in this generation or before it."""
        return min(self.words_generation, self.base_generation) if self.base else self.words_generation


FileStates = Mapping[str, tuple[int, int, int, int]]
"""Files with their inode, their size in bytes, and when they and their inodes were last changed, in ns."""


def states_of(files: Iterable[str | Path]) -> FileStates:
    """The states of those of ``files`` that are there."""
    found: dict[str, tuple[int, int, int, int]] = {}
    for file in files:
        with suppress(FileNotFoundError):
            # Setting the times of a file back changes its inode.
            state = os.stat(file)  # noqa: PTH116 (twice as fast, and asked before every search)
            found[str(file)] = state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
    return found


def are_unchanged(states: FileStates) -> bool:
    """Whether none of these files was written to, cut short or replaced since.

    Deleted files count as unchanged: who has a file mapped keeps its contents. Where a mapped file is cut
    short instead, the system ends the process that reads beyond its end; hence this is asked before a search.
    """
    return all(now == states[file] for file, now in states_of(states).items())


def folder_of(home: Path, build: Build) -> Path:
    """Where the caches of a build lie."""
    return home / "caches" / f"{build.lineage[:8]}-{build.number}"


def read_marker(folder: Path) -> Saved | None:
    """What is noted of the caches in ``folder``; None where nothing is, or nothing of use."""
    try:
        noted = json.loads((folder / _MARKER).read_bytes())
        return Saved(**noted["saved"]) if noted["digest"] == _digest_of(noted["saved"]) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_marker(folder: Path, saved: Saved) -> None:
    """Note ``saved`` in one step: a new file, synced to disk, renamed over the old one."""
    part = folder / f"{_MARKER}.part"
    with open(part, "w", encoding="utf-8", opener=opener) as file:
        json.dump({"saved": asdict(saved), "digest": _digest_of(asdict(saved))}, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / _MARKER)


def digests(folder: Path, saved: Saved) -> dict[str, str]:
    """The digests of the files that ``saved`` names, of which only those are read that it has none of.

    Neither FAISS nor tantivy notices every damage to its own. All files but tantivy's list of them are never
    written again once they are there.
    """
    files = [folder / saved.base] if saved.base else []
    files += sorted((folder / saved.words).glob("[!.]*")) if saved.words else []
    known = {name: digest for name, digest in saved.digests.items() if not name.endswith("meta.json")}
    found: dict[str, str] = {}
    for file in files:
        name = file.relative_to(folder).as_posix()
        found[name] = known.get(name) or _digest(file)
    return found


def is_whole(folder: Path, saved: Saved) -> bool:
    """Whether the files are those that were saved, to the last bit.

    Where a process ended while it wrote the words, files may have come since that nothing is noted of, and
    tantivy's list of them is one or the other.
    """
    try:
        now = digests(folder, Saved(saved.base, words=saved.words))
    except OSError:
        return False
    if saved.writing:
        lasting = {name for name in saved.digests.keys() & now.keys() if not name.endswith("meta.json")}
        return all(now[name] == saved.digests[name] for name in lasting)
    return now == saved.digests


def has_sound_base(folder: Path, saved: Saved) -> bool:
    """Whether the base of vectors is the file that was saved."""
    return saved.base is not None and (folder / saved.base).is_file() and is_whole(folder, _of_base(saved))


def with_base(saved: Saved, other: Saved) -> Saved:
    """``saved`` with the base of ``other``."""
    base = _of_base(other)
    kept = {name: digest for name, digest in saved.digests.items() if name != saved.base}
    return replace(
        saved,
        base=base.base,
        last=base.last,
        base_generation=base.base_generation,
        digests={**kept, **base.digests},
    )


def with_words(saved: Saved, other: Saved) -> Saved:
    """``saved`` with the words of ``other``."""
    kept = _of_base(saved).digests
    own = {name: digest for name, digest in other.digests.items() if name != other.base}
    return replace(saved, words=other.words, words_generation=other.words_generation, digests={**kept, **own})


def _of_base(saved: Saved) -> Saved:
    """What is noted of the base alone."""
    own = {name: digest for name, digest in saved.digests.items() if name == saved.base}
    return Saved(saved.base, saved.last, saved.base_generation, digests=own)


def clear_away(home: Path, build: Build, saved: Saved) -> None:
    """Delete what the caches of ``build`` do not use any more, and what earlier versions kept."""
    for former in _FORMER:
        _delete(home / former)
    for entry in folder_of(home, build).iterdir():
        if entry.name not in {_MARKER, saved.base, saved.words}:
            _delete(entry)


def clear_others(home: Path, build: Build) -> None:
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
    """Tells that a marker is as it was written: a number in it that is off is as bad as a file that is."""
    return hashlib.sha256(json.dumps(noted, sort_keys=True).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
