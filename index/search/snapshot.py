"""Searches one generation (one state) of a library."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from index.catalog.duplicate_groups import Duplicates
from index.catalog.reader import CatalogReader
from index.documents import Span
from index.embedding.encoder import Encoder
from index.embedding.model import Vectors
from index.embedding.quantize import unpack
from index.records import NO_FILTERS, DocumentRecord, Filters, Passage
from index.search.analyzers import Term
from index.search.bm25 import WordSearch
from index.search.caches import Caches
from index.search.fusion import DENSE_WEIGHT, fuse, share_of_vectors

POOL = 100
"""The vectors and the words each contribute this many candidates to the fusion."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search has found.

    Attributes:
        chunk_id: the passage's id in this generation.
        document: the passage's document.
        span: the passage's place in the document's text.
        text: the text of the span.
        page: the page on which the passage begins, from 1, or None.
        score: the fused score, 0 to 1, relative to the other candidates.
        dense: the cosine of the passage and the query.
        lexical: the BM25 score; 0 if the passage shares no word with the query, or is not among the best
            passages by words (:data:`POOL`).
        sentences: the passage's sentences, as spans of the document.
        header: for rows of a table, the span of the table's caption and headings; else None.
        headings: the text of the header; empty outside tables.
        sections: for each sentence, the names of the groups of rows that it belongs to, one per line; "" if
            it belongs to none.
        recognised: whether text recognition (OCR) read some of the passage's words, perhaps wrongly.
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
    """A library at one generation (the state after one commit); later commits do not change it.

    Only one thread may use a snapshot at a time.

    Attributes:
        reader: reads the catalog at this generation.
        generation: the generation's number.
        encoder: the encoder of the passages' vectors.
    """

    def __init__(
        self,
        reader: CatalogReader,
        caches: Caches,
        encoder: Encoder,
        duplicates: Duplicates,
        ensure_intact: Callable[[Caches], Caches],
    ) -> None:
        """Search one generation of the library.

        Args:
            reader: reads the catalog at this generation.
            caches: vectors and words of the same generation.
            encoder: the encoder of the passages' vectors.
            duplicates: finds near-duplicates.
            ensure_intact: given caches, returns intact caches of the same generation
                (:meth:`index.search.maintenance.Maintenance.ensure_intact`).
        """
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
        """The words of the passages that the viewer may see; None while nothing was ever indexed."""
        return self._caches.words_of(self.reader)

    def search(
        self,
        query: str,
        limit: int = 10,
        filters: Filters = NO_FILTERS,
        dense_weight: float = DENSE_WEIGHT,
    ) -> list[Hit]:
        """Return the passages nearest to ``query`` in meaning and words, best first.

        Equal scores are ordered by the document's path and the passage's place in it, so that the result
        depends on the library's content alone, not on its history.

        Args:
            query: any text; nothing in it is syntax.
            limit: the most hits to return.
            filters: select the documents, before the ranking.
            dense_weight: the share of the vectors, from 0 (words alone) to 1 (vectors alone). The search
                lowers it if the encoder does not read the query's language, and sets it to 0 if the encoder
                does not know the alphabet either. If no passage has a word of the query, the vectors rank
                alone.
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
        """Return the highest BM25 score that a passage in the query's language can reach."""
        words = self._words
        return words.max_score(query) if words else 0.0

    def idf(self, terms: Collection[Term]) -> dict[Term, float]:
        """Return the inverse document frequency of each term among the passages that the viewer may see."""
        words = self._words
        return words.idf(terms) if words else {}

    def is_written(self, word: str) -> bool:
        """Return whether a passage that the viewer may see contains ``word`` with exactly these capitals."""
        words = self._words
        return words is not None and words.is_written(word)

    def alike(self, word: str, most: int) -> dict[str, float]:
        """Return the words that ``word`` may be a misspelling of, each with its share of passages.

        Only passages that the viewer may see count: see :meth:`index.search.bm25.WordSearch.alike`.
        """
        words = self._words
        return words.alike(word, most) if words else {}

    def sentence_vectors(self, chunk_ids: Collection[int]) -> dict[int, Vectors]:
        """Return an array of sentence vectors for each passage, by chunk id.

        The shape of an array is (sentences, dimensions). The vector of a row of a table is that of
        :func:`index.text.row_text`; the vector of any other sentence also reflects the sentences around it. A
        passage is left out if the encoder made no sentence vectors for it.
        """
        stored = self.reader.sentence_vectors(chunk_ids)
        return {number: unpack(packed, self.encoder.dimensions) for number, packed in stored.items()}

    def neighbours(self, hit: Hit) -> list[Passage]:
        """Return the passage of ``hit``, and those directly before and after it in its document, if any."""
        # One transaction gives consecutive ids to a version's chunks.
        near = self.reader.passages([hit.chunk_id - 1, hit.chunk_id, hit.chunk_id + 1])
        return [passage for passage in near if passage.document.document_id == hit.document.document_id]

    def groups(self) -> Mapping[int, tuple[int, ...]]:
        """Return the group of near-duplicates of each document that has any, by document id.

        The group includes the document itself: see
        :meth:`index.catalog.duplicate_groups.Duplicates.groups`.
        """
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
