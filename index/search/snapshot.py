"""One generation of a library, searched and read for as long as it is held."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from index.catalog.duplicates import Duplicates
from index.catalog.reader import CatalogReader
from index.documents import Document, PageLayout, Span
from index.embedding.encoder import Encoder
from index.embedding.model import Vectors
from index.embedding.quantize import unpack
from index.records import DENSE_WEIGHT, DocumentRecord, Filters, Passage
from index.search.analyzers import Term
from index.search.fusion import fuse, share_of_vectors
from index.search.view import View

POOL = 100
"""Candidates that each half brings to the fusion."""

NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    Attributes:
        chunk_id: the passage's number in this generation.
        document: the document that it belongs to.
        span: where it stands in the document's text.
        text: the words of the span.
        page: the page on which it begins, from 1, or None.
        score: the fused score, 0 to 1, relative to the other candidates.
        dense: its cosine to the query.
        lexical: its BM25 score for the query's words; 0 where it shares none or others filled the pool.
        sentences: its sentences, as spans of the document.
        header: for rows of a table, where its caption and headings stand.
        headings: the words of the header; empty for what is no table.
        recognised: whether any of its words were recognised in the picture of a page, perhaps wrongly.
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
    recognised: bool = False


class Snapshot:
    """A library at one generation, whatever is written meanwhile. Not for two threads at once.

    Attributes:
        generation: the generation that it shows.
        encoder: the encoder whose vectors the passages have.
    """

    def __init__(
        self,
        reader: CatalogReader,
        view: View,
        encoder: Encoder,
        duplicates: Duplicates,
        sound: Callable[[CatalogReader, View], View],
    ) -> None:
        """Show what ``view`` has of the state that ``reader`` reads.

        Args:
            reader: reads the catalog.
            view: the caches of the same state.
            encoder: the encoder whose vectors the passages have.
            duplicates: finds near-duplicates.
            sound: gives the view of the same state to search, as
                :meth:`index.search.maintenance.Upkeep.sound`.
        """
        self.generation = view.generation
        self.encoder = encoder
        self._reader = reader
        self._last_view = view
        self._duplicates = duplicates
        self._sound = sound

    @property
    def _view(self) -> View:
        """The caches of this generation; made again if somebody has damaged them meanwhile."""
        self._last_view = self._sound(self._reader, self._last_view)
        return self._last_view

    def documents(self) -> list[DocumentRecord]:
        """The current version of every document, by path."""
        return self._reader.documents()

    def records(self, document_ids: Collection[int], filters: Filters = NO_FILTERS) -> list[DocumentRecord]:
        """The current versions of those of ``document_ids`` that pass ``filters``, by path."""
        return self._reader.records(document_ids, filters)

    def count_documents(self, filters: Filters = NO_FILTERS) -> int:
        """How many documents pass ``filters`` in their current versions."""
        return self._reader.count_documents(filters)

    def document(self, document_id: int, version: int | None = None) -> DocumentRecord:
        """One document's current version, or the one asked for; raises DocumentNotFoundError."""
        return self._reader.document(document_id, version)

    def text(self, document_id: int, version: int | None = None) -> Document:
        """One document with its text; raises DocumentNotFoundError."""
        return self._reader.text(document_id, version)

    def layouts(self, document_id: int, version: int, pages: Collection[int]) -> dict[int, PageLayout]:
        """The layouts of those of ``pages``, from 1, that have one."""
        return self._reader.layouts(document_id, version, pages)

    def sentence(self, record: DocumentRecord, span: Span) -> tuple[Span, Span | None] | None:
        """As :meth:`index.catalog.reader.CatalogReader.sentence`."""
        return self._reader.sentence(record, span)

    def similar(self, document_id: int) -> list[tuple[DocumentRecord, float]]:
        """A document's near-duplicates and how much each resembles it, 0 to 1, best first."""
        return self._duplicates.similar(self._reader, document_id)

    def groups(self) -> Mapping[int, tuple[int, ...]]:
        """The groups of near-duplicates, by the number of each document that is in one."""
        return self._duplicates.groups(self._reader)

    def search(
        self,
        query: str,
        limit: int = 10,
        filters: Filters = NO_FILTERS,
        dense_weight: float = DENSE_WEIGHT,
    ) -> list[Hit]:
        """The passages nearest to ``query`` in meaning and words, best first.

        Passages of equal score stand in the order of their document's path and their place in it, so
        that the result depends on what the library holds and not on how it came there.

        Args:
            query: what is looked for.
            limit: how many passages at most.
            filters: which documents may be found; they apply before the ranking.
            dense_weight: 0 for words alone, 1 for vectors alone. Between the two it counts for less where the
                encoder does not read the query's language, for nothing where not even the letters are its
                own, and for all where no word is found.
        """
        view = self._view
        if view.words is None:
            return []
        weight = share_of_vectors(query, self.encoder.languages, dense_weight)
        vector = self.encoder.encode_query(query)
        pool = max(POOL, limit)
        allowed = view.allowed(self._reader, filters) if filters else None
        lexical = view.words.search(query, pool, allowed, view.hidden) if weight < 1 else {}
        share = weight if lexical else dense_weight
        stored = self._reader.vectors
        mask = None if allowed is None else allowed.chunks
        dense = view.vectors.search(vector, pool, mask, stored) if share > 0 else {}
        missing = [number for number in lexical if number not in dense]
        dense |= view.vectors.cosines(vector, missing, stored)
        scores = _best(fuse(dense, lexical, view.words.most(query), share), limit)
        hits = [_hit(passage, scores, dense, lexical) for passage in self._reader.passages(scores)]
        hits.sort(key=lambda hit: (-hit.score, hit.document.path, hit.document.source, hit.span.start))
        return hits[:limit]

    def most(self, query: str) -> float:
        """What no passage scores above in BM25 for the words of ``query``."""
        words = self._view.words
        return words.most(query) if words else 0.0

    def rarity(self, terms: Collection[Term]) -> dict[Term, float]:
        """How rare terms are in the library: their inverse document frequency among the passages."""
        words = self._view.words
        return words.rarity(terms) if words else {}

    def sentence_vectors(self, chunk_ids: Collection[int]) -> dict[int, Vectors]:
        """The vectors of the sentences of those of ``chunk_ids`` that have them, in their order.

        Each is of its sentence as it stands in its passage: shape (sentences, dimensions). There are none
        where the encoder gives none, or the passage was made before they were kept.
        """
        stored = self._reader.sentence_vectors(chunk_ids)
        return {number: unpack(packed, self.encoder.dimensions) for number, packed in stored.items()}

    def around(self, hit: Hit) -> list[Passage]:
        """The passage before ``hit``, itself, and the one after it, as far as its document has them."""
        # A version's chunks are numbered in a row, since one transaction writes them in order.
        near = self._reader.passages([hit.chunk_id - 1, hit.chunk_id, hit.chunk_id + 1])
        return [passage for passage in near if passage.document.document_id == hit.document.document_id]


def _best(scores: Mapping[int, float], limit: int) -> dict[int, float]:
    """The numbers of the ``limit`` highest scores, and all that share the last of them.

    Scores are rounded to what the encoder repeats whatever else is in its batch.
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
        passage.recognised,
    )
