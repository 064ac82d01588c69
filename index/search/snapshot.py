"""Searches one generation of a library by vectors and words, and tells the status of a library."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from index.catalog.duplicate_groups import Duplicates
from index.catalog.reader import CatalogReader
from index.documents import Span
from index.embedding.encoder import Encoder
from index.embedding.model import Vectors
from index.embedding.onnx import unpack
from index.records import NO_FILTERS, DocumentRecord, Filters, Passage
from index.search.bm25 import Term, WordSearch
from index.search.caches import Caches
from index.search.fusion import DENSE_WEIGHT, fuse, share_of_vectors

POOL = 100  # The vectors and the words each contribute this many candidates to the fusion.


@dataclass(frozen=True, slots=True)
class Hit:
    """``score`` is fused, 0 to 1; ``dense`` a cosine; ``lexical`` BM25, 0 if not in the best :data:`POOL`."""

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
    page_label: str | None = None
    in_headings: tuple[bool, ...] = ()


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
        """Rebuilt if one of their files was damaged meanwhile."""
        self._last_caches = self._ensure_intact(self._last_caches)
        return self._last_caches

    @property
    def _words(self) -> WordSearch | None:
        return self._caches.words_of(self.reader)

    def search(
        self, query: str, limit: int = 10, filters: Filters = NO_FILTERS, dense_weight: float = DENSE_WEIGHT
    ) -> list[Hit]:
        """Return the passages nearest to ``query`` in meaning and words, best first; it has no syntax.

        Ties are ordered by path and place, so that the library's history does not count. If no passage has a
        word of the query, the vectors rank alone. :func:`share_of_vectors` may lower ``dense_weight``.
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

    def document_with(self, word: str) -> int | None:
        """The id of a document that has the word, with exactly these capitals."""
        words = self._words
        number = words.passage_with(word) if words else None
        found = self.reader.passages([number] if number is not None else [])
        return next((passage.document.document_id for passage in found), None)

    def alike(self, word: str, most: int) -> dict[str, float]:
        words = self._words
        return words.alike(word, most) if words else {}

    def sentence_vectors(self, chunk_ids: Collection[int]) -> dict[int, Vectors]:
        """By chunk id, shape (sentences, dimensions); passages without any are absent."""
        stored = self.reader.sentence_vectors(chunk_ids)
        return {number: unpack(packed, self.encoder.dimensions) for number, packed in stored.items()}

    def neighbours(self, hits: Sequence[Hit]) -> list[list[Passage]]:
        """For each hit, its passage and those directly before and after it in its document."""
        # One transaction gives consecutive ids to a version's chunks.
        near = [range(hit.chunk_id - 1, hit.chunk_id + 2) for hit in hits]
        found = {each.chunk_id: each for each in self.reader.passages({*chain.from_iterable(near)})}
        return [
            [
                found[number]
                for number in numbers
                if number in found and found[number].document.document_id == hit.document.document_id
            ]
            for hit, numbers in zip(hits, near, strict=True)
        ]

    def groups(self) -> Mapping[int, tuple[int, ...]]:
        """See :meth:`index.catalog.duplicate_groups.Duplicates.groups`."""
        return self._duplicates.groups(self.reader)


def _best(scores: Mapping[int, float], limit: int) -> dict[int, float]:
    """With all ties of the last. Scores are rounded: their last digits depend on the number of threads."""
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
        passage.page_label,
        in_headings=passage.in_headings,
    )
