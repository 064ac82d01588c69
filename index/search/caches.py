"""Opens, updates and writes the *words* (a tantivy index) and the *base* (a file of older vectors)."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.catalog.database import Catalog
from index.catalog.dialects import database_of
from index.catalog.reader import CatalogReader
from index.errors import LexicalIndexError, LibraryLockedError, VectorIndexError
from index.private import make_folder
from index.records import NO_FILTERS, Allowed, Build, Filters
from index.search.bm25 import LexicalIndex, WordSearch, entries, files_in
from index.search.manifest import (
    FileStates,
    Manifest,
    are_unchanged,
    digests,
    is_intact,
    read_manifest,
    states_of,
    write_manifest,
)
from index.vectors import DEFAULT_POLICY, Change, Expected, IndexPolicy, Mark, MilvusStore, VectorIndex

_log = logging.getLogger(__name__)

# How many vectors of a stored base are compared with the catalog's vectors: the newest ones, and vectors that
# are spread over the whole base.
_NEWEST, _SPREAD = 5, 10


class FileBases:
    def __init__(self, policy: IndexPolicy = DEFAULT_POLICY) -> None:
        self._policy = policy

    def open(
        self, folder: Path, manifest: Manifest, reader: CatalogReader, dimensions: int
    ) -> tuple[VectorIndex, int]:
        """Return an index, perhaps with removed passages, and the highest id of its base; else empty and 0.

        ``reader`` reads the newest generation. Raises VectorIndexError or VectorsUnreachableError.
        """
        del reader
        if manifest.base is None:
            return VectorIndex.empty(dimensions), 0
        return VectorIndex.open(folder / manifest.base, dimensions), manifest.last

    def build(self, folder: Path, reader: CatalogReader, dimensions: int, patience: float = 0) -> Manifest:
        """A manifest of the base alone. Raises LibraryLockedError or VectorsUnreachableError."""
        del patience
        make_folder(folder)
        name = f"vectors-{uuid.uuid4().hex[:8]}.faiss"
        VectorIndex.build(folder / name, dimensions, reader.count_chunks(), reader.all_vectors, self._policy)
        made = Manifest(base=name, last=reader.last_chunk(), base_generation=reader.generation)
        return replace(made, digests=digests(folder, made))

    def removals_applied_until(self, manifest: Manifest, build: Build) -> int:
        """The generation up to which the catalog may forget removals."""
        del build
        return manifest.removals_applied_until


class SharedBases:
    """On a server, for all home folders of a library."""

    def __init__(self, store: MilvusStore, catalog: Catalog) -> None:
        self._store = store
        self._catalog = catalog

    def open(
        self, folder: Path, manifest: Manifest, reader: CatalogReader, dimensions: int
    ) -> tuple[VectorIndex, int]:
        del folder, manifest
        name, mark = self._latest(reader)
        if mark is None:
            return VectorIndex.empty(dimensions), 0
        if mark.generation > reader.generation:
            raise VectorIndexError(
                f"the collection {name} is newer than the catalog that is read; read the catalog again"
            )
        base = self._store.open(name, _expected(reader, mark))
        if base is None:
            _log.warning("The collection %s lacks vectors; they are read from the catalog.", name)
            return VectorIndex.empty(dimensions), 0
        return VectorIndex.over(base, dimensions), mark.last

    def build(self, folder: Path, reader: CatalogReader, dimensions: int, patience: float = 0) -> Manifest:
        del folder
        with self._alone(patience):
            name, mark = self._latest(reader)
            if mark is not None and mark.generation > reader.generation:
                # A process of another home folder has brought the base up to date meanwhile.
                return Manifest(last=mark.last, base_generation=mark.generation)
            if mark is not None and self._store.open(name, _expected(reader, mark)) is None:
                mark = None
            if mark is not None and mark.generation == reader.generation:
                return Manifest(last=mark.last, base_generation=mark.generation)
            removed: list[int] = []
            if mark is None:
                # A new name, so that no process searches the base before it is finished.
                name, mark = f"{_prefix(reader)}{uuid.uuid4().hex[:8]}", Mark(0, reader.generation)
                self._store.create(name, dimensions)
            else:
                removed = reader.removed(mark.generation)
            made = Mark(reader.last_chunk(), reader.generation)
            new = partial(reader.all_vectors, mark.last)
            self._store.update(name, Change(made, reader.count_chunks(), new, removed))
            self._drop_others(reader, name)
        return Manifest(last=made.last, base_generation=made.generation)

    def removals_applied_until(self, manifest: Manifest, build: Build) -> int:
        found = self._store.latest(prefix_of(build))
        return (
            manifest.removals_applied_until
            if found is None
            else min(manifest.words_generation, found[1].generation)
        )

    def _latest(self, reader: CatalogReader) -> tuple[str, Mark | None]:
        """No name and mark if there is none; no mark if the base cannot be updated to the catalog."""
        name, mark = self._store.latest(_prefix(reader)) or ("", None)
        if mark is None:
            return name, None
        if mark.generation > reader.generation:
            # The catalog may have lost commits, as may happen when a standby takes over.
            known = mark.generation <= self._catalog.generation()
        else:
            # The catalog must still record all chunks that were removed after the mark.
            known = reader.forgotten() <= mark.generation
        return name, mark if known else None

    @contextmanager
    def _alone(self, patience: float) -> Iterator[None]:
        engine = self._catalog.engine
        with database_of(engine).lock(engine, patience, "base") as held:
            if not held:
                line = "a process of another home folder brings the vectors in Milvus up to date"
                raise LibraryLockedError(line, line)
            yield

    def _drop_others(self, reader: CatalogReader, kept: str) -> None:
        searched = self._catalog.build()
        family = _prefix(reader).removesuffix("_").rpartition("_")[0] + "_"
        for name in self._store.names(family):
            number = name.removeprefix(family).partition("_")[0]
            is_former = number.isdecimal() and searched is not None and int(number) < searched.number
            if name != kept and (is_former or name.startswith(_prefix(reader))):
                self._store.drop(name)


def prefix_of(build: Build) -> str:
    return f"footnoted_{build.lineage.replace('-', '')}_{build.number}_"


def _prefix(reader: CatalogReader) -> str:
    if reader.build is None:
        raise ValueError("a library without a build has no base")
    return prefix_of(reader.build)


def _expected(reader: CatalogReader, mark: Mark) -> Expected:
    """The sample has the newest passages: a catalog that lost its last commits reuses their ids."""
    alive = reader.chunk_mask(mark.last)
    numbers = np.flatnonzero(alive)
    some = sorted({*numbers[-_NEWEST:].tolist(), *numbers[:: max(1, len(numbers) // _SPREAD)].tolist()})
    sample = dict(zip(some, reader.vectors(some), strict=True))
    return Expected(alive, reader.removed(mark.generation), sample)


_REMOVED_SHARE = 0.05  # the words are rewritten if a larger share of their passages is removed
_FILTERS = 16  # how many results of filters, each a byte for each passage, and views of the words are kept
# Up to this many passages, one removal suffices to rewrite the words, which takes about a second.
_QUICK_WORDS = 20_000


@dataclass(frozen=True, slots=True)
class Caches:
    """The vectors and words of one generation. Safe to share between threads.

    ``build``, ``index`` and ``words`` are None while nothing was ever indexed. ``gone`` are rising ids of
    removed chunks that the words may still contain; searches use :meth:`words_of`. ``files`` are states just
    before opening. The keys of ``filter_results`` and ``views`` include the reader's ``hidden`` and
    ``invalidation_count``, which also decide what passes.
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
        """As they are on disk now. Raises LexicalIndexError."""
        if self.index is None:
            return self
        words = self.index.searcher()
        files = {**states_of(files_in(self.index.folder)), **self.files}
        return replace(self, words=words, files=files, views={})

    def words_of(self, reader: CatalogReader) -> WordSearch | None:
        """Those that the viewer of ``reader``, which reads this generation, may see."""
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
        """Whether each chunk was removed, or is being added for a later commit."""
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
    """None if they are missing, damaged or incomplete."""
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
    """None if they must be opened anew."""
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
    """The manifest describes only the words."""
    make_folder(folder)
    manifest = Manifest(words=f"words-{uuid.uuid4().hex[:8]}", words_generation=reader.generation)
    LexicalIndex(folder / manifest.words).add(entries(reader.passages(), titled=titled))
    return replace(manifest, digests=digests(folder, manifest))


def catch_up_words(
    folder: Path, manifest: Manifest, reader: CatalogReader, last: int, *, titled: bool
) -> Manifest:
    """The words cover the chunks up to ``last``."""
    words = LexicalIndex(folder / manifest.words)
    if reader.last_chunk() > last:
        words.add(entries(reader.passages(after=last), titled=titled))
    words.remove(reader.removed(since=manifest.words_generation))
    caught_up = replace(manifest, words_generation=reader.generation)
    return replace(caught_up, digests=digests(folder, caught_up))


def catch_up_caches(folder: Path, reader: CatalogReader, *, titled: bool, checked: bool = False) -> bool:
    """Update them after a commit by another home folder; call this only with this one's write lock.

    ``checked``: the files are known to be unchanged. Returns False if the caches are damaged, or if the
    catalog no longer knows all removed passages that the words contain.
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
    """After a failed commit here and another home's commit, an id may belong to two passages."""
    return manifest.writing and manifest.mark != reader.mark and reader.last_chunk() > manifest.written_after


def prepare_words(folder: Path, last: int, mark: str) -> tuple[Manifest, LexicalIndex]:
    """Remove what an interrupted commit left after the id ``last``; return the manifest as it was."""
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
