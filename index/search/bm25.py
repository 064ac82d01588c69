"""Finds passages by their words (BM25) in a tantivy index, which is a cache of the catalog.

A query is analysed for every language field in use, since a few words do not reveal their language. tantivy
scores with k1 = 1.2 and b = 0.75.
"""

from __future__ import annotations

import json
import math
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import regex
import tantivy

from index.errors import LexicalIndexError
from index.private import make_folder
from index.records import Allowed, NewVersion, Passage
from index.text.find import UNSPACED
from index.text.passages import lacks_headings, lead_in, passage_text, table_context
from index.text.tabular import section_at

# The languages that tantivy stems (ISO 639-1), and its names for them.
_STEMMED = {
    "ar": "arabic", "da": "danish", "nl": "dutch", "en": "english", "fi": "finnish", "fr": "french",
    "de": "german", "el": "greek", "hu": "hungarian", "it": "italian", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "es": "spanish", "sv": "swedish",
    "ta": "tamil", "tr": "turkish",
}  # fmt: skip
_WITHOUT_STOP_WORDS = {"ar", "el", "ro", "ta", "tr"}  # Stemmed languages for which tantivy has no stop words.
_PLAIN = "plain"  # The field of the words of all languages that tantivy does not stem.
PAIRS = "pairs"  # The field of pairs of characters, for scripts without spaces between words.

# A run of characters of a script that puts no spaces between words.
NO_SPACES = regex.compile(rf"[{UNSPACED}ーｰ]+")
# A longer run of letters does not count as a word.
_WRITTEN_WORD = regex.compile(r"(?<![\p{L}\p{M}])\p{L}[\p{L}\p{M}]{2,39}+(?![\p{L}\p{M}])")
# A field of the index (a language code, ``plain`` or ``pairs``), and a term in that field.
Term = tuple[str, str]


def terms(text: str, language: str) -> list[Term]:
    """Each once; the pairs of characters come last."""
    # ASCII has no script without spaces, so most sentences need no field of pairs.
    fields = (field_of(language),) if text.isascii() else (field_of(language), PAIRS)
    return [(field, term) for field in fields for term in terms_in(field, text)]


def single_characters(text: str) -> list[str]:
    """Of scripts without spaces, whose terms are pairs; none if any two are adjacent."""
    runs = dict.fromkeys(NO_SPACES.findall(composed(text)))
    return list(runs) if all(len(run) == 1 for run in runs) else []


def field_of(language: str) -> str:
    return language if language in _STEMMED else _PLAIN


def terms_in(field: str, text: str) -> list[str]:
    """In order, each once."""
    text = composed(text)
    parts = NO_SPACES.findall(text) if field == PAIRS else [text]
    return list(dict.fromkeys(term for part in parts for term in analyzers()[field].analyze(part)))


def written_words(text: str) -> list[str]:
    """Of 3 to 40 letters, each once, except those of scripts without spaces."""
    return list(dict.fromkeys(_WRITTEN_WORD.findall(NO_SPACES.sub(" ", composed(text)))))


@cache
def analyzers() -> Mapping[str, tantivy.TextAnalyzer]:
    return {field: _analyzer(field) for field in (*_STEMMED, _PLAIN, PAIRS)}


def _analyzer(field: str) -> tantivy.TextAnalyzer:
    if field == PAIRS:
        return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(2, 2)).build()
    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(80))
        .filter(tantivy.Filter.lowercase())
    )
    if field in _STEMMED and field not in _WITHOUT_STOP_WORDS:
        builder = builder.filter(tantivy.Filter.stopword(_STEMMED[field]))
    if field in _STEMMED:
        builder = builder.filter(tantivy.Filter.stemmer(_STEMMED[field]))
    return builder.filter(tantivy.Filter.ascii_fold()).build()


def composed(text: str) -> str:
    """Compose letter and accent (NFC): tantivy would end a word before an accent of its own."""
    return unicodedata.normalize("NFC", text)


# Every passage has it in the field ``field``. Removed passages count until tantivy merges their files.
_ANY = "*"
_WRITTEN = "written"  # The field of the words as they are written, neither stemmed nor in lower case.

# Up to this many allowed documents, a search names them in its query; else it filters its hits.
_FEW_DOCUMENTS = 1_000
_MIN_EXTRA_HITS = 8  # more hits than wanted, to see whether they tie with the last one
# About up to this number, the passages that have a term are counted one by one; more are estimated.
_COUNTED = 2_000
_MOST_COUNTS = 10_000

_MOST_ALIKE = 2_000  # for a single character, since the vectors of the passages found are compared too
_WRITER_BYTES = 50_000_000

_K1 = 1.2  # tantivy's k1: a word adds less than its inverse document frequency times ``_K1 + 1`` to a score.

_NOISE = 1e-5  # the share by which equal scores may differ: a rounded sum depends on the order of its terms


@dataclass(frozen=True, slots=True)
class Entry:
    """``number`` is a chunk id."""

    number: int
    language: str
    text: str
    document: int = 0


_Hidden = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]]


class LexicalIndex:
    """One thread may write at a time. Other threads search meanwhile through :class:`WordSearch`."""

    def __init__(self, folder: Path) -> None:
        """Raises LexicalIndexError if the folder cannot be opened as an index."""
        make_folder(folder)
        self.folder = folder
        try:
            self._index = tantivy.Index(_schema(), path=str(folder), reuse=True)
            for field, analyzer in analyzers().items():
                self._index.register_tokenizer(field, analyzer)
            self._index.reload()
        except (ValueError, OSError) as error:
            raise LexicalIndexError(f"{folder.name} cannot be read: {error}") from error

    def searcher(self) -> WordSearch:
        """A view of all passages on disk now. Raises LexicalIndexError if they cannot be read."""
        try:
            self._index.reload()
            return WordSearch(self._index)
        except (ValueError, OSError) as error:
            raise LexicalIndexError(f"{self.folder.name} cannot be read: {error}") from error

    def add(self, entries: Iterable[Entry]) -> None:
        """Their ids must not be in the index yet."""
        with self._writing() as writer:
            for entry in entries:
                writer.add_document(_as_document(entry))

    def remove(self, numbers: Collection[int]) -> None:
        """Unknown ids are ignored. Removed passages affect scores until the index is rewritten."""
        if numbers:
            some = tantivy.Query.term_set_query(self._index.schema, "number", sorted(numbers))
            with self._writing() as writer:
                writer.delete_documents_by_query(some)

    def remove_after(self, last: int) -> None:
        if self.searcher().count_after(last):
            with self._writing() as writer:
                writer.delete_documents_by_query(_after(self._index.schema, last))

    @contextmanager
    def _writing(self) -> Iterator[tantivy.IndexWriter]:
        try:
            writer = self._index.writer(_WRITER_BYTES, num_threads=1)
            try:
                yield writer
                writer.commit()
            finally:
                writer.wait_merging_threads()
        except (ValueError, OSError) as error:
            raise LexicalIndexError(f"{self.folder.name} cannot be written: {error}") from error


class WordSearch:
    """The passages of an index as they were at one moment. Safe to share between threads."""

    def __init__(self, index: tantivy.Index) -> None:
        self._searcher = index.searcher()
        self._schema = index.schema
        self._used = [field for field in analyzers() if self._searcher.doc_freq("field", field)]
        self._allowed: Allowed | None = None
        self._hidden: _Hidden | None = None
        self._counts: dict[Term, int] = {}

    def view(self, allowed: Allowed | None, hidden: _Hidden) -> WordSearch:
        """Return a view whose words, frequencies and scores do not depend on passages that it leaves out.

        Only the mean length of a passage still does. If ``allowed`` is None, removed passages count as long
        as tantivy counts them. ``hidden`` returns, for each id of an array, whether to leave out the passage.
        """
        view = copy(self)
        view._allowed, view._hidden, view._counts = allowed, hidden, {}
        if allowed is not None:
            view._used = [field for field in self._used if view._count_of("field", field)]
        return view

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    @property
    def removed_count(self) -> int:
        """Those that tantivy still counts in its statistics."""
        return int(self._searcher.doc_freq("field", _ANY)) - len(self)

    @property
    def last(self) -> int:
        """0 if there is none."""
        limit = 1
        while self.count_after(limit):
            limit *= 2
        return bisect_left(range(limit), True, key=lambda number: not self.count_after(number))

    def count_after(self, last: int) -> int:
        return self._count(_after(self._schema, last))

    def count(self, numbers: Collection[int]) -> int:
        if not numbers:
            return 0
        some = tantivy.Query.term_set_query(self._schema, "number", sorted(numbers))
        return self._count(some)

    def _count(self, query: tantivy.Query) -> int:
        try:
            # tantivy's type stubs lack this attribute.
            return int(self._searcher.search(query, 1, count=True).count)  # type: ignore[attr-defined]
        except (ValueError, OSError) as error:
            raise LexicalIndexError(f"the words cannot be read: {error}") from error

    def search(
        self, query: str, limit: int, allowed: Allowed | None = None, hidden: _Hidden | None = None
    ) -> dict[int, float]:
        """Scores by chunk id, best first, with all ties of the last. A query has no syntax."""
        clauses = [
            (tantivy.Occur.Should, clause)
            for field in self._used
            for term in terms_in(field, query)
            if (clause := self._clause(field, term)) is not None
        ]
        single = self._single_character_clauses(query)
        if not (clauses or single) or limit < 1 or (allowed is not None and not allowed.documents):
            return {}
        words = tantivy.Query.boolean_query([*clauses, *single])
        if allowed is not None and len(allowed.documents) <= _FEW_DOCUMENTS:
            some = tantivy.Query.term_set_query(self._schema, "document", list(allowed.documents))
            words = tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Must, words),
                    (tantivy.Occur.Must, tantivy.Query.const_score_query(some, 0.0)),
                ]
            )
        # Request more hits than wanted, to see whether hits beyond the limit tie with the last one.
        wanted = limit + max(_MIN_EXTRA_HITS, limit // 4)
        while True:
            hits = self._searcher.search(words, wanted, count=False).hits
            found = self._found(hits, allowed, hidden)
            least = found[:limit][-1][1] * (1 - _NOISE) if found else 0.0
            if len(hits) < wanted or (len(found) > limit and found[-1][1] < least):
                break
            if single and wanted >= _MOST_ALIKE and len(found) >= limit:
                # All passages with the character have the same score, and all passages may have the
                # character.
                break
            wanted *= 4
        return {number: score for number, score in found if score >= least}

    def _clause(self, field: str, term: str) -> tantivy.Query | None:
        """Scored by its rarity in this view; None if the view does not have the term."""
        clause = tantivy.Query.term_query(self._schema, field, term)
        if self._allowed is None:
            return clause
        count = self._count_of(field, term)
        if not count:
            return None
        whole = _idf(self._searcher.doc_freq(field, term), self._searcher.doc_freq("field", _ANY))
        return tantivy.Query.boost_query(clause, _idf(count, self._total) / whole)

    def _single_character_clauses(self, query: str) -> list[tuple[tantivy.Occur, tantivy.Query]]:
        """All passages that a clause finds get the same score."""
        return [
            (tantivy.Occur.Should, tantivy.Query.regex_query(self._schema, field, pattern))
            for character in single_characters(query)
            for field in self._used
            for pattern in _patterns_containing(field, character)
        ]

    def _found(
        self,
        hits: Sequence[tuple[float, tantivy.DocAddress]],
        allowed: Allowed | None,
        hidden: _Hidden | None,
    ) -> list[tuple[int, float]]:
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

    def max_score(self, query: str) -> float:
        """The lowest bound of all fields; passages in other languages than the query's may score higher."""
        text = NO_SPACES.sub(" ", query)
        fields = [[(field, term) for term in terms_in(field, text)] for field in self._used if field != PAIRS]
        return (_K1 + 1) * min((sum(self.idf(words).values()) for words in fields if words), default=0.0)

    def idf(self, terms: Collection[Term]) -> dict[Term, float]:
        """As in Lucene, ln(1 + (N - n + 0.5) / (n + 0.5)) for n of N (Robertson and Zaragoza, 2009)."""
        if self._allowed is not None:
            return {(field, term): _idf(self._count_of(field, term), self._total) for field, term in terms}
        total = self._searcher.doc_freq("field", _ANY)
        return {(field, term): _idf(self._searcher.doc_freq(field, term), total) for field, term in terms}

    def is_written(self, word: str) -> bool:
        """With exactly these capitals."""
        return self._count_of(_WRITTEN, word) > 0

    def passage_with(self, word: str) -> int | None:
        """The id of a passage with exactly these capitals."""
        query, wanted = tantivy.Query.term_query(self._schema, _WRITTEN, word), _COUNTED
        while True:
            hits = self._searcher.search(query, wanted, count=False).hits
            for number, _ in self._found(hits, self._allowed, self._hidden):
                return number
            if len(hits) < wanted:
                return None
            wanted *= 4

    def alike(self, word: str, most: int) -> dict[str, float]:
        """Words with the same first letter and at most ``most`` mistakes, and their share of passages."""
        from symspellpy.editdistance import DistanceAlgorithm, EditDistance

        # The object keeps the state of a comparison, so threads must not share it.
        distances = EditDistance(DistanceAlgorithm.DAMERAU_OSA)
        first = {word[:1], word[:1].upper()}
        forms = [form for letter in first for form, _ in self._searcher.terms_with_prefix(_WRITTEN, letter)]
        near = (
            form
            for form in forms
            if abs(len(form) - len(word)) <= most and distances.compare(word, form.lower(), most) >= 0
        )
        return {form: count / self._total for form in near if (count := self._count_of(_WRITTEN, form))}

    @property
    def _total(self) -> int:
        return len(self) if self._allowed is None else int(np.count_nonzero(self._allowed.chunks))

    def _count_of(self, field: str, term: str) -> int:
        """0 only if no passage has it."""
        known = self._counts.get((field, term))
        if known is None:
            if len(self._counts) >= _MOST_COUNTS:
                self._counts.clear()
            known = self._counts[field, term] = self._counted(field, term)
        return known

    def _counted(self, field: str, term: str) -> int:
        query = tantivy.Query.term_query(self._schema, field, term)
        wanted = _COUNTED
        while True:
            hits = self._searcher.search(query, wanted, count=False).hits
            found = len(self._found(hits, self._allowed, self._hidden))
            if len(hits) < wanted:
                return found
            if found:
                return max(1, self._searcher.doc_freq(field, term) * found // len(hits))
            wanted *= 4


def _idf(count: int, total: int) -> float:
    return math.log(1 + (total - count + 0.5) / (count + 0.5))


def files_in(folder: Path) -> list[Path]:
    """Files that tantivy never changes; the folder may have unfinished ones. Raises LexicalIndexError."""
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


def _patterns_containing(field: str, character: str) -> Sequence[str]:
    # The character may be the first or the second of a pair: the last of a run is only ever the second.
    return (f"{character}.", f".{character}") if field == PAIRS else (f".*{character}.*",)


def _after(schema: tantivy.Schema, last: int) -> tantivy.Query:
    kind = tantivy.FieldType.Unsigned
    return tantivy.Query.range_query(schema, "number", kind, lower_bound=last, include_lower=False)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", indexed=True, fast=True)
    builder.add_unsigned_field("document", indexed=True)
    builder.add_text_field("field", tokenizer_name="raw", index_option="basic")
    for field in analyzers():
        builder.add_text_field(field, tokenizer_name=field, index_option="freq")
    builder.add_text_field(_WRITTEN, tokenizer_name="whitespace", index_option="basic")
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
    # One value for each run, so that no pair consists of characters of two runs.
    for run in runs:
        document.add_text(PAIRS, run)
    if runs:
        document.add_text("field", PAIRS)
    document.add_text(_WRITTEN, " ".join(written_words(text)))
    return document


def entries(passages: Iterable[Passage], *, titled: bool) -> Iterator[Entry]:
    """``titled``: index each passage together with its document's title."""
    for passage in passages:
        document = passage.document
        headings = passage.sections[0] if passage.header is None else ""
        if lacks_headings(passage.span, passage.header):
            headings = table_context(passage.headings, passage.sections[0])
        text = passage_text(document.title if titled else "", passage.text, headings)
        yield Entry(passage.chunk_id, document.language, text, document.document_id)


def entries_of(
    item: NewVersion, document_id: int, numbers: Sequence[int], *, titled: bool
) -> Iterator[Entry]:
    """A commit is about to write the document with the chunk ids ``numbers``."""
    document = item.incoming.document
    for number, piece in zip(numbers, item.chunks, strict=True):
        lead = lead_in(document.text, piece.span.start, document.language) if piece.header is None else None
        headings = lead.of(document.text) if lead else ""
        if piece.header and lacks_headings(piece.span, piece.header):
            group = section_at(document.text, piece.header, piece.span.start)
            headings = table_context(piece.header.of(document.text), group)
        text = passage_text(document.title if titled else "", piece.span.of(document.text), headings)
        yield Entry(number, document.language, text, document_id)
