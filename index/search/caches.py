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
from index.errors import LexicalIndexError
from index.private import make_folder
from index.records import NO_FILTERS, Allowed, Build, Filters
from index.search.bases import (
    Bases,
    FileStates,
    Manifest,
    are_unchanged,
    digests,
    is_intact,
    read_manifest,
    states_of,
    write_manifest,
)
from index.search.bm25 import LexicalIndex, WordSearch, entries, files_in
from index.vectors import VectorIndex, VectorIndexError

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
    """The vectors and words of one generation (state of the library). Safe to share between threads.

    Attributes:
        generation: the catalog's generation.
        build: the build of the passages; None while nothing was ever indexed.
        last: the highest chunk id of the generation.
        vectors: the passages' vectors.
        index: the tantivy index of the words; None while nothing was ever indexed.
        words: a fixed view of the words of all passages, for the upkeep of the caches. It may include
            passages of other generations, which :meth:`hidden` recognises. Searches use :meth:`words_of`.
        gone: the ids of removed chunks that the words may still contain, in ascending order.
        files: the state of each mapped file just before it was opened.
        filter_results: the documents and chunks that pass recently used filters. A key consists of the
            filters and of ``hidden`` and ``invalidation_count`` of the ``CatalogReader``, because these also
            decide what passes.
        views: the words that viewers may see, by ``hidden`` and ``invalidation_count`` as above.
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
        """Return whether all mapped files are unchanged, and no search has found the base missing.

        A search of a changed file may return nonsense or crash.
        """
        return self.vectors.is_available() and are_unchanged(self.files)

    def is_writable(self) -> bool:
        """Return whether the tantivy index can be written. Call this only while holding the write lock."""
        try:
            # Open the index again, because the files of the open one may be deleted by now.
            return (
                self.index is None or LexicalIndex(self.index.folder).searcher().count_after(self.last) >= 0
            )
        except LexicalIndexError:
            return False

    def with_words(self) -> Caches:
        """Return these caches with a new view of the tantivy index, as it is on disk now.

        Raises:
            LexicalIndexError: if the tantivy index cannot be opened.
        """
        if self.index is None:
            return self
        words = self.index.searcher()
        files = {**states_of(files_in(self.index.folder)), **self.files}
        return replace(self, words=words, files=files, views={})

    def words_of(self, reader: CatalogReader) -> WordSearch | None:
        """Return the words of the passages that the viewer of ``reader`` may see; None without any passage.

        ``reader`` must read the generation (the state of the library) of these caches.
        """
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
        """Return whether searches must not find a chunk, for each chunk id in ``numbers``.

        Searches must not find chunks that were removed, or that a writer is adding for a later commit. The
        result has the shape of ``numbers``.
        """
        return _are_hidden(self.last, self.gone, numbers)

    def allowed(self, reader: CatalogReader, filters: Filters) -> Allowed:
        """Return the documents and chunks that pass ``filters``.

        ``reader`` must read the generation (the state of the library) of these caches.
        """
        state = filters, reader.hidden, reader.invalidation_count
        known = self.filter_results.get(state)
        if known is None:
            known = reader.allowed(filters)
            if len(self.filter_results) >= _FILTERS:
                self.filter_results.clear()
            self.filter_results[state] = known
        return known

    def are_words_due(self) -> bool:
        """Return whether so many removed passages still count in BM25 that the index should be rewritten."""
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


def open_caches(folder: Path, reader: CatalogReader, dimensions: int, bases: Bases) -> Caches | None:
    """Open the caches in ``folder``, in the state of the library that ``reader`` reads.

    Args:
        folder: the build's folder of caches.
        reader: reads a catalog that has a build.
        dimensions: the length of a vector.
        bases: opens the base.

    Returns:
        The caches; None if they are missing, damaged or incomplete.
    """
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
    """Update caches of an earlier state of the library to the state that ``reader`` reads.

    Returns:
        The updated caches; None if they cannot be updated, so that the caller must open them anew.
    """
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
    """Write the words (the tantivy index) of all passages that ``reader`` reads to a new folder.

    Returns:
        A manifest that describes only the words. Caches opened with it have all vectors in memory.
    """
    make_folder(folder)
    manifest = Manifest(words=f"words-{uuid.uuid4().hex[:8]}", words_generation=reader.generation)
    LexicalIndex(folder / manifest.words).add(entries(reader.passages(), titled=titled))
    return replace(manifest, digests=digests(folder, manifest))


def catch_up_words(
    folder: Path, manifest: Manifest, reader: CatalogReader, last: int, *, titled: bool
) -> Manifest:
    """Update the words (the tantivy index) to the state that ``reader`` reads; return the updated manifest.

    Args:
        folder: the build's folder of caches.
        manifest: names the words, and the generation (the state of the library) that they have now.
        reader: reads a newer generation.
        last: the highest chunk id that the words cover.
        titled: whether the words include the title of the document with each passage.
    """
    words = LexicalIndex(folder / manifest.words)
    if reader.last_chunk() > last:
        words.add(entries(reader.passages(after=last), titled=titled))
    words.remove(reader.removed(since=manifest.words_generation))
    caught_up = replace(manifest, words_generation=reader.generation)
    return replace(caught_up, digests=digests(folder, caught_up))


def catch_up_caches(folder: Path, reader: CatalogReader, *, titled: bool, checked: bool = False) -> bool:
    """Bring the words (the tantivy index) up to date after a process of another home folder has committed.

    Call this only while holding the write lock of the home folder.

    Args:
        folder: the build's folder of caches.
        reader: reads the newest generation (state of the library).
        titled: whether the words include the title of the document with each passage.
        checked: whether the files are known to be unchanged, so that their digests need not be computed.

    Returns:
        Whether the words are up to date now. False if the caches are damaged, or if the catalog no longer
        knows all removed passages that the words still contain.
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
    """Return whether an id may belong to one passage in the tantivy index and to another in the catalog.

    This happens if a process of this home folder writes passages to the index and then fails to commit them,
    and the next commit, by a process of another home folder, reuses their ids.
    """
    return manifest.writing and manifest.mark != reader.mark and reader.last_chunk() > manifest.written_after


def prepare_words(folder: Path, last: int, mark: str) -> tuple[Manifest, LexicalIndex]:
    """Open the words (the tantivy index) for writing; remove what an interrupted commit left in them.

    Args:
        folder: the build's folder of caches, created if it is missing.
        last: the highest chunk id that was ever committed.
        mark: the random name of the coming commit.

    Returns:
        The manifest as it was before this call, and the opened words.
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
    """Return whether the vectors and the words have as many passages as the catalog that ``reader`` reads."""
    passages = reader.count_chunks()
    if caches.words is None or len(caches.vectors) != passages:
        return False
    ahead, behind = caches.words.count_after(caches.last), caches.words.count(caches.gone.tolist())
    return len(caches.words) - ahead - behind == passages
