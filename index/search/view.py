"""What is held in memory of one generation: the vectors and the words, side by side."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.catalog.reader import CatalogReader
from index.errors import LexicalIndexError
from index.private import make_folder
from index.records import Allowed, Build, Filters
from index.search.bm25 import LexicalIndex, Words, entries, files_in
from index.search.manifest import (
    FileStates,
    Saved,
    are_unchanged,
    digests,
    is_whole,
    read_marker,
    states_of,
    write_marker,
)
from index.vectors import SIZES, Sizes, VectorIndex, VectorIndexError

_DEAD_WORDS = 0.05
"""Of the passages: once more of them were removed and still count in BM25, the words are written afresh."""

_FILTERS = 16
"""Combinations of filters that are remembered for a generation: a byte a passage each."""

_QUICK_WORDS = 20_000
"""Up to so many passages the words are written afresh for a single one that was removed: about a second."""


@dataclass(frozen=True, slots=True)
class View:
    """One generation as it is searched. Safe to share between threads.

    Attributes:
        generation: the catalog's.
        build: whose passages they are; None while nothing was ever indexed.
        last: no chunk of that generation has a higher number.
        vectors: the passages by vector.
        index: the folder of the words, as far as there is one.
        words: the passages by word. What is ``hidden`` may be among them.
        gone: numbers of chunks that were removed, in order, as far as the words may still have them.
        files: the states of the files that ``vectors`` and ``words`` have mapped, from before they were read.
        narrowed: what the filters of the last searches allow, by them and what dates go by.
    """

    generation: int
    build: Build | None
    last: int
    vectors: VectorIndex
    index: LexicalIndex | None = None
    words: Words | None = None
    gone: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    files: FileStates = field(default_factory=dict)
    narrowed: dict[tuple[Filters, int], Allowed] = field(default_factory=dict, compare=False)

    def is_sound(self) -> bool:
        """Whether no file was changed that is mapped; if one was, a search may find nonsense, or crash."""
        return are_unchanged(self.files)

    def is_writable(self) -> bool:
        """Whether the words can be added to. For the one who holds the library's lock."""
        try:
            # Opened afresh, since what is open has files that may be gone by now.
            return self.index is None or LexicalIndex(self.index.folder).words().count_after(self.last) >= 0
        except LexicalIndexError:
            return False

    def with_words(self) -> View:
        """The same generation with the words as they are now; raises LexicalIndexError."""
        if self.index is None:
            return self
        words = self.index.words()
        return replace(self, words=words, files={**states_of(files_in(self.index.folder)), **self.files})

    def hidden(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of ``numbers`` do not belong to this generation: written ahead of it, or removed in it."""
        if not len(self.gone):
            return np.asarray(numbers > self.last)
        places = np.minimum(np.searchsorted(self.gone, numbers), len(self.gone) - 1)
        return np.asarray((numbers > self.last) | (self.gone[places] == numbers))

    def allowed(self, reader: CatalogReader, filters: Filters) -> Allowed:
        """What ``filters`` allow in this generation, which ``reader`` reads."""
        state = filters, reader.touched
        known = self.narrowed.get(state)
        if known is None:
            known = reader.allowed(filters)
            if len(self.narrowed) >= _FILTERS:
                self.narrowed.clear()
            self.narrowed[state] = known
        return known

    def has_dead_words(self) -> bool:
        """Whether the words count removed passages, and it is time to write them afresh."""
        if self.words is None:
            return False
        # Those are there, too, that went while they could not be removed from the words.
        words = self.words
        dead = words.dead + words.count(self.gone.tolist()) + words.count_after(self.last)
        return dead > (0 if len(words) <= _QUICK_WORDS else _DEAD_WORDS * len(words))


def open_view(folder: Path, reader: CatalogReader, dimensions: int) -> View | None:
    """The generation that ``reader`` reads, from the caches in ``folder``; None where they are of no use.

    Args:
        folder: the build's.
        reader: of a library that has a build.
        dimensions: the length of its vectors.
    """
    saved = read_marker(folder)
    if saved is None:
        return None
    try:
        files = states_of([*files_in(folder / saved.words), *_bases(folder)])
        if not is_whole(folder, saved):
            return None
        base = VectorIndex.open(folder / saved.base, dimensions) if saved.base else None
        index = LexicalIndex(folder / saved.words)
        words = index.words()
    except (VectorIndexError, LexicalIndexError):
        return None
    gone = reader.removed()
    vectors = (base or VectorIndex.empty(dimensions)).removed(gone if base else ())
    view = View(
        reader.generation,
        reader.build,
        reader.last_chunk(),
        _with_new(vectors, reader, saved.last if base else 0),
        index,
        words,
        np.array(gone, np.int64),
        files,
    )
    return view if _is_complete(view, reader) else None


def follow_view(view: View, folder: Path, reader: CatalogReader) -> View | None:
    """The generation that ``reader`` reads, from the view of an earlier one; None where that is no way."""
    if view.index is None or view.generation < reader.forgotten():
        return None
    saved = read_marker(folder)
    if saved is None:
        return None
    removed = reader.removed(since=view.generation)
    try:
        same = view.index.folder == folder / saved.words
        index = view.index if same else LexicalIndex(folder / saved.words)
        words = index.words()
        files = states_of([*files_in(index.folder), *_bases(folder)])
    except LexicalIndexError:
        return None
    vectors = _with_new(view.vectors.removed(removed), reader, view.last)
    gone = np.union1d(view.gone, np.array(removed, np.int64))
    last = reader.last_chunk()
    # As where the folder was deleted, and another one begun in its place.
    if len(words) - words.count_after(last) < len(vectors):
        return None
    # What is known of a file is what it was when it was found to be whole.
    files = {file: view.files.get(file, state) for file, state in files.items()}
    return View(reader.generation, view.build, last, vectors, index, words, gone, files)


def make_words(folder: Path, reader: CatalogReader, *, titled: bool) -> Saved:
    """Write the words of the generation that ``reader`` reads to a new folder; nothing is embedded.

    Returns:
        What is to be noted of the caches, without a base of vectors: all of them are in memory.
    """
    make_folder(folder)
    saved = Saved(words=f"words-{uuid.uuid4().hex[:8]}", words_generation=reader.generation)
    LexicalIndex(folder / saved.words).add(entries(reader.passages(), titled=titled))
    return replace(saved, digests=digests(folder, saved))


def make_base(folder: Path, reader: CatalogReader, dimensions: int, sizes: Sizes = SIZES) -> Saved:
    """Write the vectors of the generation that ``reader`` reads to a new base.

    Returns:
        What is to be noted of the base, and of no words.
    """
    make_folder(folder)
    name = f"vectors-{uuid.uuid4().hex[:8]}.faiss"
    VectorIndex.build(folder / name, dimensions, reader.count_chunks(), reader.all_vectors, sizes)
    made = Saved(base=name, last=reader.last_chunk(), base_generation=reader.generation)
    return replace(made, digests=digests(folder, made))


def catch_up_words(folder: Path, saved: Saved, reader: CatalogReader, last: int, *, titled: bool) -> Saved:
    """Add to words that were made meanwhile what came, and remove what went since.

    Args:
        folder: the build's.
        saved: names the words and the generation that they were made of.
        reader: reads the generation that they are to have.
        last: the highest number of a chunk in the generation that they were made of.
        titled: as for :func:`~index.search.manifest.entries`.
    """
    words = LexicalIndex(folder / saved.words)
    if reader.last_chunk() > last:
        words.add(entries(reader.passages(after=last), titled=titled))
    words.remove(reader.removed(since=saved.words_generation))
    caught_up = replace(saved, words_generation=reader.generation)
    return replace(caught_up, digests=digests(folder, caught_up))


def prepare_words(folder: Path, last: int) -> tuple[Saved, LexicalIndex]:
    """The words in ``folder``, to be written to: without what a broken-off commit may have left.

    Args:
        folder: the build's; a new one is made.
        last: the highest number of a chunk that was ever committed.
    """
    make_folder(folder)
    saved = read_marker(folder) or Saved(words=f"words-{uuid.uuid4().hex[:8]}")
    write_marker(folder, replace(saved, writing=True))
    words = LexicalIndex(folder / saved.words)
    words.remove_after(last)
    return saved, words


def _bases(folder: Path) -> Iterator[Path]:
    return folder.glob("vectors-*.faiss")


def _with_new(vectors: VectorIndex, reader: CatalogReader, after: int) -> VectorIndex:
    for numbers, rows in reader.all_vectors(after):
        vectors = vectors.added(numbers.tolist(), rows)
    return vectors


def _is_complete(view: View, reader: CatalogReader) -> bool:
    """Whether both halves have as many passages as the catalog."""
    passages = reader.count_chunks()
    if view.words is None or len(view.vectors) != passages:
        return False
    ahead, behind = view.words.count_after(view.last), view.words.count(view.gone.tolist())
    return len(view.words) - ahead - behind == passages
