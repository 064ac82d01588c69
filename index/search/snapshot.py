"""Searches one generation of a library by vectors and words, and tells the status of a library."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from index.catalog.database import Catalog
from index.catalog.duplicate_groups import Duplicates
from index.catalog.reader import CatalogReader, get_build
from index.catalog.schema import builds, chunks, documents
from index.catalog.writes import count_missing
from index.documents import Span
from index.embedding.encoder import Encoder
from index.embedding.model import Vectors
from index.embedding.onnx import unpack
from index.records import NO_FILTERS, DocumentRecord, Filters, Passage
from index.search.bm25 import Term, WordSearch
from index.search.caches import Caches, Manifest, folder_of, read_manifest
from index.text.languages import detect, is_latin, may_be_in

DENSE_WEIGHT = 0.5
"""The share of the dense score in the fused score. BM25 scores rarely come near their upper bound, so the
dense score counts for more than half. ``benchmarks/encoders.py`` compares other shares and methods."""

UNREAD = 0.2
"""The factor on the vectors' share for a query in a language that the encoder does not read. With the bundled
encoder, a lower factor is best for Vietnamese, and a higher one for Indonesian (mlqa-vi, tydi-id); with this
factor, neither language does worse than with words alone. The encoder knows the names and loan words that
such a language shares with the languages that the encoder reads. The default encoder knows only the Latin
alphabet; for a query in any other alphabet, the factor is 0, which is best for mlqa-zh."""


def share_of_vectors(query: str, languages: frozenset[str] | None, share: float) -> float:
    """Reduce ``share``, unless it is 0 or 1, if the encoder does not read the language of ``query``."""
    if share in {0, 1} or may_be_in(detect(query), languages):
        return share
    return share * UNREAD if is_latin(query) else 0.0


def fuse(
    dense: Mapping[int, float],
    lexical: Mapping[int, float],
    max_score: float,
    dense_weight: float = DENSE_WEIGHT,
) -> dict[int, float]:
    """Scale cosines and BM25 scores to 0..1, and add them by weight; return the fused scores by chunk id.

    Cosines, those of all candidates, are scaled between the lowest and the highest. BM25 scores, absent for
    candidates without a word of the query, are divided by ``max_score``, or by a higher score in ``lexical``.
    If even the best passage has few of the query's words, all BM25 scores therefore stay low, and the vectors
    decide. A ``dense_weight`` of 0 is words alone, 1 vectors alone.
    """
    low, high = min(dense.values(), default=0.0), max(dense.values(), default=0.0)
    best = max(max_score, max(lexical.values(), default=0.0))
    return {
        number: dense_weight * ((cosine - low) / (high - low) if high > low else 1.0)
        + (1 - dense_weight) * (lexical.get(number, 0.0) / best if best > 0 else 0.0)
        for number, cosine in dense.items()
    }


POOL = 100  # The vectors and the words each contribute this many candidates to the fusion.


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search has found, with the fields of a Passage and its scores.

    ``score`` is fused, 0 to 1, relative to the other candidates; ``dense`` is the cosine; ``lexical`` the
    BM25 score, 0 if the passage shares no word with the query or is not among the best :data:`POOL` by words.
    """

    chunk_id: int
    document: DocumentRecord
    span: Span
    text: str
    page: int | None
    score: float
    dense: float
    lexical: float
    sentences: tuple[Span, ...]
    header: Span | None = None
    headings: str = ""
    sections: tuple[str, ...] = ()
    recognised: bool = False


class Snapshot:
    """A library at one generation; later commits do not change it. Only one thread may use it at a time."""

    def __init__(
        self,
        reader: CatalogReader,
        caches: Caches,
        encoder: Encoder,
        duplicates: Duplicates,
        ensure_intact: Callable[[Caches], Caches],
    ) -> None:
        self.reader = reader
        self.generation = caches.generation
        self.encoder = encoder
        self._last_caches = caches
        self._duplicates = duplicates
        self._ensure_intact = ensure_intact

    @property
    def _caches(self) -> Caches:
        """The caches of this generation, rebuilt if one of their files was damaged meanwhile."""
        self._last_caches = self._ensure_intact(self._last_caches)
        return self._last_caches

    @property
    def _words(self) -> WordSearch | None:
        return self._caches.words_of(self.reader)

    def search(
        self, query: str, limit: int = 10, filters: Filters = NO_FILTERS, dense_weight: float = DENSE_WEIGHT
    ) -> list[Hit]:
        """Return the passages nearest to ``query`` in meaning and words, best first.

        Nothing in the query is syntax. Equal scores are ordered by the document's path and the passage's
        place in it, so that the result depends on the library's content alone, not on its history.
        ``dense_weight`` is the share of the vectors, lowered by :func:`share_of_vectors`; if no passage has a
        word of the query, the vectors rank alone.
        """
        caches = self._caches
        words = caches.words_of(self.reader)
        if words is None:
            return []
        weight = share_of_vectors(query, self.encoder.languages, dense_weight)
        vector = self.encoder.encode_query(query)
        pool = max(POOL, limit)
        allowed = caches.allowed(self.reader, filters) if filters or self.reader.hidden else None
        lexical = words.search(query, pool, allowed, caches.hidden) if weight < 1 else {}
        share = weight if lexical else dense_weight
        fetch = self.reader.vectors
        mask = None if allowed is None else allowed.chunks
        dense = caches.vectors.search(vector, pool, mask, fetch) if share > 0 else {}
        missing = [number for number in lexical if number not in dense]
        dense |= caches.vectors.cosines(vector, missing, fetch)
        scores = _best(fuse(dense, lexical, words.max_score(query), share), limit)
        hits = [_hit(passage, scores, dense, lexical) for passage in self.reader.passages(scores)]
        hits.sort(key=lambda hit: (-hit.score, hit.document.path, hit.document.source, hit.span.start))
        return hits[:limit]

    def max_score(self, query: str) -> float:
        """See :meth:`index.search.bm25.WordSearch.max_score`, as for the next three."""
        words = self._words
        return words.max_score(query) if words else 0.0

    def idf(self, terms: Collection[Term]) -> dict[Term, float]:
        words = self._words
        return words.idf(terms) if words else {}

    def is_written(self, word: str) -> bool:
        words = self._words
        return words is not None and words.is_written(word)

    def alike(self, word: str, most: int) -> dict[str, float]:
        words = self._words
        return words.alike(word, most) if words else {}

    def sentence_vectors(self, chunk_ids: Collection[int]) -> dict[int, Vectors]:
        """Return the vectors of sentences by chunk id, shape (sentences, dimensions).

        The vector of a row of a table is that of :func:`index.text.row_text`; the vector of any other
        sentence also reflects the sentences around it. Passages for which the encoder made none are absent.
        """
        stored = self.reader.sentence_vectors(chunk_ids)
        return {number: unpack(packed, self.encoder.dimensions) for number, packed in stored.items()}

    def neighbours(self, hit: Hit) -> list[Passage]:
        """Return the passage of ``hit``, and those directly before and after it in its document."""
        # One transaction gives consecutive ids to a version's chunks.
        near = self.reader.passages([hit.chunk_id - 1, hit.chunk_id, hit.chunk_id + 1])
        return [passage for passage in near if passage.document.document_id == hit.document.document_id]

    def groups(self) -> Mapping[int, tuple[int, ...]]:
        """See :meth:`index.catalog.duplicate_groups.Duplicates.groups`."""
        return self._duplicates.groups(self.reader)


def _best(scores: Mapping[int, float], limit: int) -> dict[int, float]:
    """Return the ``limit`` highest scores, and all that tie with the last of them, by id.

    Scores are rounded, because the last digits of a vector depend on the number of threads that made it.
    """
    rounded = {number: round(score, 5) for number, score in scores.items()}
    last = sorted(rounded.values(), reverse=True)[:limit][-1:]
    return {number: score for number, score in rounded.items() if last and score >= last[0]}


def _hit(
    passage: Passage, scores: Mapping[int, float], dense: Mapping[int, float], lexical: Mapping[int, float]
) -> Hit:
    number = passage.chunk_id
    return Hit(
        number,
        passage.document,
        passage.span,
        passage.text,
        passage.page,
        scores[number],
        dense[number],
        lexical.get(number, 0.0),
        passage.sentences,
        passage.header,
        passage.headings,
        passage.sections,
        passage.recognised,
    )


@dataclass(frozen=True, slots=True)
class UnfinishedBuild:
    """A build with ``documents`` of all its documents, which a process makes or a later one will resume."""

    encoder: str
    documents: int
    of: int


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """The status of a library; ``build`` and ``encoder`` are None while nothing was ever indexed.

    ``recent`` passages are newer than the base: opening the library reads their vectors from the catalog.
    ``removed`` ones are still in the caches. ``cached`` says that the caches are finished; if not, the next
    search builds them.
    """

    generation: int
    build: int | None
    encoder: str | None
    passages: int
    recent: int
    removed: int
    cached: bool
    cache_bytes: int
    building: UnfinishedBuild | None


def library_status(home: Path, catalog: Catalog) -> LibraryStatus:
    with catalog.reading() as reader:
        build, generation = reader.build, reader.generation
        if build is None:
            return LibraryStatus(generation, None, None, 0, 0, 0, True, 0, _building(catalog, None))
        folder = folder_of(home, build)
        noted = read_manifest(folder)
        manifest = noted or Manifest()
        mine = chunks.c.build == build.number
        after = sa.select(sa.func.count()).select_from(chunks).where(mine, chunks.c.id > manifest.last)
        recent = int(reader.connection.scalar(after) or 0)
        passages, removed = reader.count_chunks(), len(reader.removed())
    return LibraryStatus(
        generation,
        build.number,
        build.recipe.encoder,
        passages,
        recent,
        removed,
        noted is not None and not noted.writing,
        size_of(folder),
        _building(catalog, build.number),
    )


def size_of(place: Path) -> int:
    """Return the bytes of a file or of a folder's files; skip files that disappear meanwhile."""
    files = [Path(folder, name) for folder, _, names in os.walk(place) for name in names]
    total = 0
    for file in files or [place]:
        with suppress(OSError):
            state = file.lstat()
            total += state.st_size if stat.S_ISREG(state.st_mode) else 0
    return total


def _building(catalog: Catalog, searched: int | None) -> UnfinishedBuild | None:
    with catalog.engine.connect() as connection:
        others = sa.select(sa.func.max(builds.c.id)).where(builds.c.id != (searched or 0))
        number = connection.scalar(others)
        if number is None:
            return None
        build = get_build(connection, number)
        total = int(connection.scalar(sa.select(sa.func.count()).select_from(documents)) or 0)
    return UnfinishedBuild(build.recipe.encoder, total - count_missing(catalog.engine, build), total)
