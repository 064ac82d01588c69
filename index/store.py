"""The index of a library: catalog, vectors and words behind one door."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from index.caches import passage_text
from index.catalog import Catalog
from index.chunking import HEADING_TOKENS, MAX_CHUNK_TOKENS, chunk
from index.documents import Chunk, Document, PageLayout, Span
from index.embedding import Encoder, vector_digest
from index.fusion import DENSE_WEIGHT, fuse, share_of_vectors
from index.lexical import Term
from index.records import Committed, DocumentRecord, Filters, Incoming, NewVersion, Passage
from index.similarity import signature
from index.upkeep import EncoderMismatchError, Upkeep

POOL = 100
"""Candidates that each half brings to the fusion."""

TITLE_TOKENS = 40
"""What of a title goes in front of each passage; a chunk and this fit into MiniLM's window."""

_EMBED_AT_ONCE = 256
"""Texts between two savings of their vectors: what a broken-off run loses at most."""

NO_FILTERS = Filters()

Progress = Callable[[str, int, int], None]
"""Called with a stage (``reading``, ``embedding``), how much of it is done, and of how much."""


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


class Index:
    """A library under a home folder, open for searching and writing. Safe to share between threads.

    Writers exclude each other, in other processes too. A search sees one generation throughout.

    Attributes:
        home: the folder that holds everything the library keeps.
        catalog: the library's database.
        encoder: turns passages and queries into vectors.
        duplicates: which documents are near-duplicates of each other.
    """

    def __init__(
        self,
        home: Path,
        catalog: Catalog,
        encoder: Encoder,
        *,
        max_chunk_tokens: int = MAX_CHUNK_TOKENS,
        title_tokens: int = TITLE_TOKENS,
    ) -> None:
        self.home = home
        self.catalog = catalog
        self.encoder = encoder
        self.duplicates = catalog.duplicates
        self._max_chunk_tokens = max_chunk_tokens
        self._title_tokens = title_tokens
        self._upkeep = Upkeep(home, catalog, encoder, titled=title_tokens > 0)

    @classmethod
    def open(
        cls,
        home: Path,
        encoder: Encoder,
        *,
        reembed: bool = False,
        max_chunk_tokens: int = MAX_CHUNK_TOKENS,
        title_tokens: int = TITLE_TOKENS,
    ) -> Self:
        """Open the library under ``home``, making an empty one where there is none.

        Args:
            home: the folder that holds everything the library keeps.
            encoder: the encoder that it was indexed with, or will be.
            reembed: whether to embed every passage again where another encoder was used before.
            max_chunk_tokens: the room in a passage. What is indexed already keeps its own, so that
                another value than the default is for an index that is made to compare and thrown away.
            title_tokens: how much of its document's title goes in front of a passage; with 0 the title is
                neither embedded nor found by its words. The same holds of another value.

        Raises:
            CatalogError: if the catalog cannot be opened.
            EncoderMismatchError: if another encoder was used and ``reembed`` is not set.
            LibraryLockedError: if the passages are to be embedded again while another process writes.
        """
        home.mkdir(parents=True, exist_ok=True)
        catalog = Catalog.open(home / "catalog.sqlite")
        index = cls(home, catalog, encoder, max_chunk_tokens=max_chunk_tokens, title_tokens=title_tokens)
        try:
            index._upkeep.check_encoder()
        except EncoderMismatchError:
            if not reembed:
                catalog.close()
                raise
            with index._upkeep.writing():
                index._upkeep.commit_all(index._embed(list(_everything(catalog)), None))
        return index

    def close(self) -> None:
        """Close the catalog."""
        self.catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def generation(self) -> int:
        """The generation that a search would see now."""
        with self._upkeep.current() as caches:
            return caches.generation

    def documents(self) -> list[DocumentRecord]:
        """The current version of every document, by path."""
        return self.catalog.documents()

    def document(self, document_id: int, version: int | None = None) -> DocumentRecord:
        """One document's current version, or the one asked for; raises DocumentNotFoundError."""
        return self.catalog.document(document_id, version)

    def text(self, document_id: int, version: int | None = None) -> Document:
        """One document with its text; raises DocumentNotFoundError."""
        return self.catalog.text(document_id, version)

    def layouts(self, document_id: int, version: int, pages: Collection[int]) -> dict[int, PageLayout]:
        """The layouts of those of ``pages``, from 1, that have one."""
        return self.catalog.layouts(document_id, version, pages)

    def similar(self, document_id: int) -> list[tuple[DocumentRecord, float]]:
        """A document's near-duplicates and how much each resembles it, 0 to 1, best first."""
        return self.duplicates.similar(document_id)

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
        weight = share_of_vectors(query, self.encoder.languages, dense_weight)
        vector = self.encoder.encode_query(query)
        pool = max(POOL, limit)
        passages: list[Passage] | None = None
        while passages is None:
            with self._upkeep.current() as caches:
                allowed = self.catalog.chunk_ids(filters) if filters else None
                lexical = caches.words.search(query, pool, allowed) if weight < 1 else {}
                share = weight if lexical else dense_weight
                dense = caches.vectors.search(vector, pool, allowed) if share > 0 else {}
                dense |= caches.vectors.cosines(vector, [number for number in lexical if number not in dense])
                scores = _best(fuse(dense, lexical, caches.words.most(query), share), limit)
                passages = list(self.catalog.passages(scores))
                if self.catalog.generation() != caches.generation:
                    # Another process committed meanwhile, and what was found may be gone.
                    passages = None
        hits = [_hit(passage, scores, dense, lexical) for passage in passages]
        hits.sort(key=lambda hit: (-hit.score, hit.document.path, hit.document.source, hit.span.start))
        return hits[:limit]

    def most(self, query: str) -> float:
        """What no passage scores above in BM25 for the words of ``query``."""
        with self._upkeep.current() as caches:
            return caches.words.most(query)

    def rarity(self, terms: Collection[Term]) -> dict[Term, float]:
        """How rare terms are in the library: their inverse document frequency among the passages."""
        with self._upkeep.current() as caches:
            return caches.words.rarity(terms)

    def around(self, hit: Hit) -> list[Passage]:
        """The passage before ``hit``, itself, and the one after it, as far as its document has them."""
        # A version's chunks are numbered in a row, since one transaction writes them in order.
        near = self.catalog.passages([hit.chunk_id - 1, hit.chunk_id, hit.chunk_id + 1])
        return [passage for passage in near if passage.document.document_id == hit.document.document_id]

    def replace(
        self, incoming: Sequence[Incoming], removed: Collection[int] = (), progress: Progress | None = None
    ) -> Committed:
        """Add documents or new versions of them, and remove others, in one step.

        Vectors of new passages are stored first, so that a broken-off run need not embed them again;
        then the catalog commits, then the caches follow.

        Args:
            incoming: what was read; a document at a known place supersedes the version before it.
            removed: numbers of documents to remove.
            progress: told how many passages are embedded.

        Raises:
            EncoderMismatchError: if another process has embedded the library again with another encoder.
            LibraryLockedError: if another process goes on writing for half a minute.
        """
        with self._upkeep.writing():
            with self._upkeep.current():
                # Put in order first what others can read, as embedding may take hours.
                pass
            return self._upkeep.commit(self._embed(incoming, progress), removed)

    def _embedded(self, title: str, piece: Chunk, text: str) -> str:
        """What the encoder sees of a passage."""
        apart = piece.header is not None and not piece.span.covers(piece.header)
        headings = self.encoder.clip(piece.header.of(text), HEADING_TOKENS) if piece.header and apart else ""
        return passage_text(title, piece.span.of(text), headings)

    def _embed(self, incoming: Sequence[Incoming], progress: Progress | None) -> list[NewVersion]:
        new: list[NewVersion] = []
        texts: dict[str, str] = {}
        for item in incoming:
            chunks = tuple(chunk(item.document, self.encoder.token_spans, self._max_chunk_tokens))
            title = self.encoder.clip(item.document.title, self._title_tokens)
            embedded = [self._embedded(title, piece, item.document.text) for piece in chunks]
            digests = [vector_digest(self.encoder.key, text) for text in embedded]
            texts.update(zip(digests, embedded, strict=True))
            new.append(NewVersion(item, chunks, tuple(digests), signature(item.document.text)))
        known = self.catalog.known_vectors(texts)
        missing = [digest for digest in texts if digest not in known]
        for start in range(0, len(missing), _EMBED_AT_ONCE):
            part = missing[start : start + _EMBED_AT_ONCE]
            vectors = self.encoder.encode([texts[digest] for digest in part])
            self.catalog.put_vectors(dict(zip(part, vectors, strict=True)))
            if progress is not None:
                progress("embedding", start + len(part), len(missing))
        return new


def _everything(catalog: Catalog) -> Iterator[Incoming]:
    for source in sorted({record.source for record in catalog.documents()}):
        for path, state in sorted(catalog.files(source).items()):
            document = catalog.text(state.document_id)
            yield Incoming(source, path, state.size, state.mtime_ns, state.digest, document)


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
