"""Passages by their words (BM25): the only module that keeps a tantivy index.

A query is analysed for every field that the library uses, since a few words do not tell their language.
BM25 is tantivy's, k1 = 1.2, b = 0.75. What is written is a cache: it can be made again from the catalog.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tantivy

from index.errors import LexicalIndexError
from index.private import make_folder
from index.records import Allowed, NewVersion, Passage
from index.search.analyzers import (
    NO_SPACES,
    PAIRS,
    Term,
    analyzers,
    composed,
    field_of,
    single_characters,
    terms_in,
)
from index.text.chunks import is_apart, passage_text

_ANY = "*"
"""In the field of fields of every passage: what was removed is counted with it until it is merged away."""

_FEW_DOCUMENTS = 1_000
"""Up to so many documents that are allowed are looked up before the ranking; of more, it is sieved."""

_SPARE = 8

_MOST_ALIKE = 2_000
"""So many passages that hold a single character are enough: each costs a look at its vector."""

_WRITER_BYTES = 50_000_000

_K1 = 1.2
"""tantivy's: what a word adds to a score stays below its rarity times ``_K1 + 1``, however often it occurs.
"""

_NOISE = 1e-5
"""Scores that differ by this share are equal: a sum depends on the order in which its parts are added."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage as it is indexed: its number, its language (ISO 639-1), its words, its document's number."""

    number: int
    language: str
    text: str
    document: int = 0


class LexicalIndex:
    """A tantivy index in a folder. One thread writes at a time; any read its :class:`Words` meanwhile."""

    def __init__(self, folder: Path) -> None:
        """Open the index in ``folder``, or make an empty one.

        Raises:
            LexicalIndexError: if the folder holds something else.
        """
        make_folder(folder)
        self.folder = folder
        try:
            self._index = tantivy.Index(_schema(), path=str(folder), reuse=True)
            for field, analyzer in analyzers().items():
                self._index.register_tokenizer(field, analyzer)
            self._index.reload()
        except (ValueError, OSError) as error:
            raise LexicalIndexError(f"{folder.name} cannot be read: {error}") from error

    def words(self) -> Words:
        """The passages as they are now, those that another process has written too."""
        try:
            self._index.reload()
            return Words(self._index)
        except (ValueError, OSError) as error:
            raise LexicalIndexError(f"{self.folder.name} cannot be read: {error}") from error

    def add(self, entries: Iterable[Entry]) -> None:
        """Add passages under numbers that are not there yet."""
        with self._writing() as writer:
            for entry in entries:
                writer.add_document(_as_document(entry))

    def remove(self, numbers: Collection[int]) -> None:
        """Remove passages; unknown numbers are passed over.

        tantivy counts them in its statistics until it merges them away, which cannot be asked for here: an
        index written afresh scores as if they had never been there.
        """
        if numbers:
            some = tantivy.Query.term_set_query(self._index.schema, "number", sorted(numbers))
            with self._writing() as writer:
                writer.delete_documents_by_query(some)

    def remove_after(self, last: int) -> None:
        """Remove the passages with a higher number than ``last``."""
        if self.words().count_after(last):
            with self._writing() as writer:
                writer.delete_documents_by_query(_after(self._index.schema, last))

    @contextmanager
    def _writing(self) -> Iterator[tantivy.IndexWriter]:
        """A writer, whose work is kept if nothing is raised."""
        try:
            writer = self._index.writer(_WRITER_BYTES, num_threads=1)
            try:
                yield writer
                writer.commit()
            finally:
                writer.wait_merging_threads()
        except (ValueError, OSError) as error:
            raise LexicalIndexError(f"{self.folder.name} cannot be written: {error}") from error


class Words:
    """The passages of a tantivy index as they were when it was read. Safe to share between threads."""

    def __init__(self, index: tantivy.Index) -> None:
        self._searcher = index.searcher()
        self._schema = index.schema
        self._used = [field for field in analyzers() if self._searcher.doc_freq("field", field)]

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    @property
    def dead(self) -> int:
        """How many passages were removed and still count in the statistics."""
        return int(self._searcher.doc_freq("field", _ANY)) - len(self)

    def count_after(self, last: int) -> int:
        """How many passages have a higher number than ``last``."""
        return self._count(_after(self._schema, last))

    def count(self, numbers: Collection[int]) -> int:
        """How many of ``numbers`` are there."""
        if not numbers:
            return 0
        some = tantivy.Query.term_set_query(self._schema, "number", sorted(numbers))
        return self._count(some)

    def _count(self, query: tantivy.Query) -> int:
        try:
            # tantivy's own description of its types lacks this one.
            return int(self._searcher.search(query, 1, count=True).count)  # type: ignore[attr-defined]
        except (ValueError, OSError) as error:
            raise LexicalIndexError(f"the words cannot be read: {error}") from error

    def search(
        self,
        query: str,
        limit: int,
        allowed: Allowed | None = None,
        hidden: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]] | None = None,
    ) -> dict[int, float]:
        """The best numbers and their BM25 score for the words of ``query``, best first.

        Args:
            query: any text; nothing in it is syntax.
            limit: how many; all that score as the last of them come too, so that it does not depend on
                the order of writing which ones are found.
            allowed: where given, only these are candidates.
            hidden: where given, says which numbers are none.
        """
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, field, term))
            for field in self._used
            for term in terms_in(field, query)
        ]
        alone = self._holding_alone(query)
        if not (clauses or alone) or limit < 1 or (allowed is not None and not allowed.documents):
            return {}
        words = tantivy.Query.boolean_query([*clauses, *alone])
        if allowed is not None and len(allowed.documents) <= _FEW_DOCUMENTS:
            some = tantivy.Query.term_set_query(self._schema, "document", list(allowed.documents))
            words = tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Must, words),
                    (tantivy.Occur.Must, tantivy.Query.const_score_query(some, 0.0)),
                ]
            )
        # Some more than are asked for, since the last of them must be seen to score less.
        wanted = limit + max(_SPARE, limit // 4)
        while True:
            hits = self._searcher.search(words, wanted, count=False).hits
            found = self._found(hits, allowed, hidden)
            least = found[:limit][-1][1] * (1 - _NOISE) if found else 0.0
            if len(hits) < wanted or (len(found) > limit and found[-1][1] < least):
                break
            if alone and wanted >= _MOST_ALIKE and len(found) >= limit:
                # Whatever holds the character scores the same, which may be every passage there is.
                break
            wanted *= 4
        return {number: score for number, score in found if score >= least}

    def _holding_alone(self, query: str) -> list[tuple[tantivy.Occur, tantivy.Query]]:
        """What finds the passages that hold the single characters of a query, each with the same score."""
        return [
            (tantivy.Occur.Should, tantivy.Query.regex_query(self._schema, field, pattern))
            for character in single_characters(query)
            for field in self._used
            for pattern in _holding(field, character)
        ]

    def _found(
        self,
        hits: Sequence[tuple[float, tantivy.DocAddress]],
        allowed: Allowed | None,
        hidden: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]] | None,
    ) -> list[tuple[int, float]]:
        """The numbers and scores of those of ``hits`` that may be found."""
        places = [address for _, address in hits]
        numbers = np.array(self._searcher.fast_field_values("number", places), np.int64)
        may = np.ones(len(numbers), np.bool_)
        if hidden is not None:
            may &= ~hidden(numbers)
        if allowed is not None:
            inside = numbers < len(allowed.chunks)
            may &= inside
            may[inside] &= allowed.chunks[numbers[inside]]
        return [
            (number, score)
            for number, (score, _), kept in zip(numbers.tolist(), hits, may.tolist(), strict=True)
            if kept
        ]

    def most(self, query: str) -> float:
        """What no passage scores above for the words of ``query``: BM25 with each word without end.

        A passage has its words in the field of its own language. The field that knows the query's words
        best, which is the query's own language as a rule, sets the bound; a passage of another language
        may exceed it. Pairs of characters set none, since most of a question's bridge two words and no
        passage has them.
        """
        text = NO_SPACES.sub(" ", query)
        fields = [[(field, term) for term in terms_in(field, text)] for field in self._used if field != PAIRS]
        return (_K1 + 1) * min((sum(self.rarity(words).values()) for words in fields if words), default=0.0)

    def rarity(self, terms: Collection[Term]) -> dict[Term, float]:
        """How rare terms are among the passages: BM25's inverse document frequency, by term.

        ln(1 + (N - n + 0.5) / (n + 0.5)) for a term that n of N passages hold (Robertson and Zaragoza,
        The Probabilistic Relevance Framework, 2009, as Lucene and tantivy compute it). Passages that were
        removed count in both for as long as tantivy counts them in its scores.
        """
        searcher = self._searcher
        total = searcher.doc_freq("field", _ANY)
        held = {(field, term): searcher.doc_freq(field, term) for field, term in terms}
        return {term: math.log(1 + (total - n + 0.5) / (n + 0.5)) for term, n in held.items()}


def files_in(folder: Path) -> list[Path]:
    """The files that hold the passages of the index in ``folder`` as they are now.

    tantivy never writes to any of them again. What it does not name yet, it may be writing.

    Raises:
        LexicalIndexError: if the index does not name its files.
    """
    try:
        segments = json.loads((folder / "meta.json").read_bytes())["segments"]
        deletes = {each["segment_id"].replace("-", ""): each["deletes"] or {} for each in segments}
        written = {file: file.name.split(".") for file in folder.iterdir()}
        return [
            file
            for file, (segment, *rest) in written.items()
            if segment in deletes and (rest[-1] != "del" or rest[0] == str(deletes[segment].get("opstamp")))
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LexicalIndexError(f"{folder.name} cannot be read: {error}") from error


def _holding(field: str, character: str) -> Sequence[str]:
    """Patterns of the terms of a field that hold a letter."""
    # A letter that ends a run begins no pair.
    return (f"{character}.", f".{character}") if field == PAIRS else (f".*{character}.*",)


def _after(schema: tantivy.Schema, last: int) -> tantivy.Query:
    """Picks the passages with a higher number than ``last``."""
    kind = tantivy.FieldType.Unsigned
    return tantivy.Query.range_query(schema, "number", kind, lower_bound=last, include_lower=False)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", indexed=True, fast=True)
    builder.add_unsigned_field("document", indexed=True)
    builder.add_text_field("field", tokenizer_name="raw", index_option="basic")
    for field in analyzers():
        builder.add_text_field(field, tokenizer_name=field, index_option="freq")
    return builder.build()


def _as_document(entry: Entry) -> tantivy.Document:
    document = tantivy.Document()
    document.add_unsigned("number", entry.number)
    document.add_unsigned("document", entry.document)
    document.add_text("field", _ANY)
    words = field_of(entry.language)
    text = composed(entry.text)
    document.add_text(words, text)
    document.add_text("field", words)
    runs = NO_SPACES.findall(text)
    # A value a run: pairs of characters never bridge what stands between two runs.
    for run in runs:
        document.add_text(PAIRS, run)
    if runs:
        document.add_text("field", PAIRS)
    return document


def entries(passages: Iterable[Passage], *, titled: bool) -> Iterator[Entry]:
    """Passages as the words are made of them.

    Args:
        passages: from the catalog.
        titled: whether a passage is also found by the words of its document's title.
    """
    for passage in passages:
        document = passage.document
        headings = passage.headings if is_apart(passage.span, passage.header) else ""
        text = passage_text(document.title if titled else "", passage.text, headings)
        yield Entry(passage.chunk_id, document.language, text, document.document_id)


def entries_of(
    item: NewVersion, document_id: int, numbers: Sequence[int], *, titled: bool
) -> Iterator[Entry]:
    """The passages of a document that is being written, as :func:`entries` has them."""
    document = item.incoming.document
    for number, piece in zip(numbers, item.chunks, strict=True):
        apart = piece.header is not None and is_apart(piece.span, piece.header)
        headings = piece.header.of(document.text) if piece.header and apart else ""
        text = passage_text(document.title if titled else "", piece.span.of(document.text), headings)
        yield Entry(number, document.language, text, document_id)
