"""Opens, updates and writes the search caches of one generation: its vectors and its words.

A generation is the number of commits that have changed the searchable passages. The *words* are the tantivy
index of the passages. The *base* is a file of vectors that never changes; vectors that are newer than the
base are in memory only.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.catalog.reader import CatalogReader
from index.errors import LexicalIndexError, VectorIndexError
from index.private import make_folder
from index.records import NO_FILTERS, Allowed, Build, Filters
from index.search.bases import (
    FileBases,
    FileStates,
    Manifest,
    SharedBases,
    are_unchanged,
    digests,
    is_intact,
    read_manifest,
    states_of,
    write_manifest,
)
from index.search.bm25 import LexicalIndex, WordSearch, entries, files_in
from index.vectors import VectorIndex

_REMOVED_SHARE = 0.05
"""The words are rewritten if a larger share of their passages is removed but still counts in BM25."""

_FILTERS = 16
"""The number of filters whose results the caches keep, and of views of the words. Each result takes one byte
for each passage."""

_QUICK_WORDS = 20_000
"""If there are at most this many passages, the words are rewritten after a single removal, which takes about
a second."""


@dataclass(frozen=True, slots=True)
class Caches:
    """The vectors and words of one generation. Safe to share between threads.

    ``build``, ``index`` and ``words`` are None while nothing was ever indexed. ``last`` is the highest chunk
    id of the generation, and ``gone`` are the ids of removed chunks that the words may still contain, in
    ascending order. ``words`` may include passages of other generations, which :meth:`hidden` recognises;
    searches use :meth:`words_of`. ``files`` are the states of the mapped files just before they were opened.

    The keys of ``filter_results`` and ``views`` include ``hidden`` and ``invalidation_count`` of the
    ``CatalogReader``, because these also decide what passes.
    """

    generation: int
    build: Build | None
    last: int
    vectors: VectorIndex
    index: LexicalIndex | None = None
    words: WordSearch | None = None
    gone: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    files: FileStates = field(default_factory=dict)
    filter_results: dict[tuple[Filters, tuple[str, ...], int], Allowed] = field(
        default_factory=dict, compare=False
    )
    views: dict[tuple[tuple[str, ...], int], WordSearch] = field(default_factory=dict, compare=False)

    def is_intact(self) -> bool:
        """A search of a changed file may return nonsense or crash."""
        return self.vectors.is_available() and are_unchanged(self.files)

    def is_writable(self) -> bool:
        """Call this only while holding the write lock."""
        try:
            # Open the index again, because the files of the open one may be deleted by now.
            return (
                self.index is None or LexicalIndex(self.index.folder).searcher().count_after(self.last) >= 0
            )
        except LexicalIndexError:
            return False

    def with_words(self) -> Caches:
        """Return these caches with the words as they are on disk now. Raises LexicalIndexError."""
        if self.index is None:
            return self
        words = self.index.searcher()
        files = {**states_of(files_in(self.index.folder)), **self.files}
        return replace(self, words=words, files=files, views={})

    def words_of(self, reader: CatalogReader) -> WordSearch | None:
        """Return the words that the viewer of ``reader``, which reads this generation, may see."""
        if self.words is None:
            return None
        state = reader.hidden, reader.invalidation_count
        known = self.views.get(state)
        if known is None:
            allowed = self.allowed(reader, NO_FILTERS) if reader.hidden else None
            known = self.words.view(allowed, partial(_are_hidden, self.last, self.gone))
            if len(self.views) >= _FILTERS:
                self.views.clear()
            self.views[state] = known
        return known

    def hidden(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Return whether each chunk was removed, or is being added for a later commit."""
        return _are_hidden(self.last, self.gone, numbers)

    def allowed(self, reader: CatalogReader, filters: Filters) -> Allowed:
        """``reader`` must read the generation of these caches."""
        state = filters, reader.hidden, reader.invalidation_count
        known = self.filter_results.get(state)
        if known is None:
            known = reader.allowed(filters)
            if len(self.filter_results) >= _FILTERS:
                self.filter_results.clear()
            self.filter_results[state] = known
        return known

    def are_words_due(self) -> bool:
        """Return whether too many removed passages still count in BM25."""
        if self.words is None:
            return False
        # Also count the passages whose removal is not yet written to the words.
        words = self.words
        removed = words.removed_count + words.count(self.gone.tolist()) + words.count_after(self.last)
        return removed > (0 if len(words) <= _QUICK_WORDS else _REMOVED_SHARE * len(words))


def _are_hidden(
    last: int, gone: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    if not len(gone):
        return np.asarray(numbers > last)
    places = np.minimum(np.searchsorted(gone, numbers), len(gone) - 1)
    return np.asarray((numbers > last) | (gone[places] == numbers))


def open_caches(
    folder: Path, reader: CatalogReader, dimensions: int, bases: FileBases | SharedBases
) -> Caches | None:
    """Open the caches in the state that ``reader`` reads; None if they are missing, damaged or incomplete."""
    manifest = read_manifest(folder)
    # Another home folder with the same catalog may have deleted records of removals that these caches need.
    if (
        manifest is None
        or reader.forgotten() > manifest.removals_applied_until
        or _is_foreign(manifest, reader)
    ):
        return None
    try:
        files = states_of([*files_in(folder / manifest.words), *_bases(folder)])
        if not is_intact(folder, manifest):
            return None
        vectors, last = bases.open(folder, manifest, reader, dimensions)
        index = LexicalIndex(folder / manifest.words)
        words = index.searcher()
    except (VectorIndexError, LexicalIndexError):
        return None
    gone = reader.removed()
    caches = Caches(
        reader.generation,
        reader.build,
        reader.last_chunk(),
        _with_new(vectors.removed(gone), reader, last),
        index,
        words,
        np.array(gone, np.int64),
        files,
    )
    return caches if _is_complete(caches, reader) else None


def follow_caches(caches: Caches, folder: Path, reader: CatalogReader) -> Caches | None:
    """Update caches of an earlier generation; None if they must be opened anew."""
    if caches.index is None or caches.generation < reader.forgotten():
        return None
    manifest = read_manifest(folder)
    if manifest is None or _is_foreign(manifest, reader):
        return None
    removed = reader.removed(since=caches.generation)
    try:
        same = caches.index.folder == folder / manifest.words
        index = caches.index if same else LexicalIndex(folder / manifest.words)
        words = index.searcher()
        files = states_of([*files_in(index.folder), *_bases(folder)])
    except LexicalIndexError:
        return None
    vectors = _with_new(caches.vectors.removed(removed), reader, caches.last)
    gone = np.union1d(caches.gone, np.array(removed, np.int64))
    last = reader.last_chunk()
    # The folder may have been deleted and created again.
    if len(words) - words.count_after(last) < len(vectors):
        return None
    # Keep the state that a file had when its digest was checked.
    files = {file: caches.files.get(file, state) for file, state in files.items()}
    return Caches(reader.generation, caches.build, last, vectors, index, words, gone, files)


def write_words(folder: Path, reader: CatalogReader, *, titled: bool) -> Manifest:
    """Write the words to a new folder, and return a manifest that describes only them."""
    make_folder(folder)
    manifest = Manifest(words=f"words-{uuid.uuid4().hex[:8]}", words_generation=reader.generation)
    LexicalIndex(folder / manifest.words).add(entries(reader.passages(), titled=titled))
    return replace(manifest, digests=digests(folder, manifest))


def catch_up_words(
    folder: Path, manifest: Manifest, reader: CatalogReader, last: int, *, titled: bool
) -> Manifest:
    """Update the words, which cover the chunks up to ``last``, and return the updated manifest."""
    words = LexicalIndex(folder / manifest.words)
    if reader.last_chunk() > last:
        words.add(entries(reader.passages(after=last), titled=titled))
    words.remove(reader.removed(since=manifest.words_generation))
    caught_up = replace(manifest, words_generation=reader.generation)
    return replace(caught_up, digests=digests(folder, caught_up))


def catch_up_caches(folder: Path, reader: CatalogReader, *, titled: bool, checked: bool = False) -> bool:
    """Bring the words up to date after a process of another home folder has committed.

    Call this only while holding the write lock of the home folder. ``checked`` says that the files are known
    to be unchanged. Returns False if the caches are damaged, or if the catalog no longer knows all removed
    passages that the words still contain.
    """
    manifest = read_manifest(folder)
    if manifest is None or reader.forgotten() > manifest.words_generation:
        return False
    if not (checked or is_intact(folder, manifest)):
        return False
    try:
        words = LexicalIndex(folder / manifest.words)
        words.remove_after(manifest.written_after if _is_foreign(manifest, reader) else reader.last_chunk())
        caught_up = catch_up_words(folder, manifest, reader, words.searcher().last, titled=titled)
    except LexicalIndexError:
        return False
    write_manifest(folder, replace(caught_up, writing=False))
    return True


def _is_foreign(manifest: Manifest, reader: CatalogReader) -> bool:
    """Return whether an id may belong to one passage in the words and to another in the catalog.

    This happens if a process of this home folder writes passages to the index and then fails to commit them,
    and the next commit, by a process of another home folder, reuses their ids.
    """
    return manifest.writing and manifest.mark != reader.mark and reader.last_chunk() > manifest.written_after


def prepare_words(folder: Path, last: int, mark: str) -> tuple[Manifest, LexicalIndex]:
    """Open the words for writing; remove what an interrupted commit left in them.

    ``last`` is the highest chunk id that was ever committed. Returns the manifest as it was before.
    """
    make_folder(folder)
    manifest = read_manifest(folder) or Manifest(words=f"words-{uuid.uuid4().hex[:8]}")
    write_manifest(folder, replace(manifest, writing=True, mark=mark, written_after=last))
    words = LexicalIndex(folder / manifest.words)
    words.remove_after(last)
    return manifest, words


def _bases(folder: Path) -> Iterator[Path]:
    return folder.glob("vectors-*.faiss")


def _with_new(vectors: VectorIndex, reader: CatalogReader, after: int) -> VectorIndex:
    for numbers, rows in reader.all_vectors(after):
        vectors = vectors.added(numbers.tolist(), rows)
    return vectors


def _is_complete(caches: Caches, reader: CatalogReader) -> bool:
    passages = reader.count_chunks()
    if caches.words is None or len(caches.vectors) != passages:
        return False
    ahead, behind = caches.words.count_after(caches.last), caches.words.count(caches.gone.tolist())
    return len(caches.words) - ahead - behind == passages
