"""Passages by their words (BM25): the only module that knows tantivy.

Each passage is indexed in the field of its document's language, with that language's stemmer and stop
words. Scripts that put no spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) go to a
field of character pairs, in a document of any language. A query is analysed for every field that the
library uses, since a few words do not tell their language. BM25 is tantivy's, k1 = 1.2, b = 0.75.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import regex
import tantivy

_STEMMED = {
    "ar": "arabic", "da": "danish", "nl": "dutch", "en": "english", "fi": "finnish", "fr": "french",
    "de": "german", "el": "greek", "hu": "hungarian", "it": "italian", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "es": "spanish", "sv": "swedish",
    "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""ISO 639-1 codes of the languages that tantivy stems, and its names for them."""

_WITHOUT_STOP_WORDS = {"ar", "el", "ro", "ta", "tr"}
"""Stemmed languages for which tantivy carries no stop words."""

_PLAIN = "plain"
_PAIRS = "pairs"

_NO_SPACES = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}"
    r"\p{Script=Khmer}\p{Script=Myanmar}ーｰ]+"
)

_WRITER_BYTES = 50_000_000

_K1 = 1.2
"""tantivy's: what a word adds to a score stays below its rarity times ``_K1 + 1``, however often it occurs.
"""

_NOISE = 1e-5
"""Scores that differ by this share are equal: a sum depends on the order in which its parts are added."""

Term = tuple[str, str]
"""A field of the index (a language, or one of the two fields for all languages) and a word in it."""


class LexicalIndexError(Exception):
    """The stored index cannot be read; it must be made again from the catalog."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage as it is indexed: its number, its language (ISO 639-1) and its words."""

    number: int
    language: str
    text: str


class LexicalIndex:
    """A tantivy index in a folder. Searches may run while another thread writes."""

    def __init__(self, folder: Path) -> None:
        """Open the index in ``folder``, or make an empty one.

        Raises:
            LexicalIndexError: if the folder holds something else.
        """
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._index = tantivy.Index(_schema(), path=str(folder), reuse=True)
            for field, analyzer in _analyzers().items():
                self._index.register_tokenizer(field, analyzer)
            self._reload()
        except (ValueError, OSError) as error:
            raise LexicalIndexError(f"{folder.name} cannot be read: {error}") from error

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def add(self, entries: Iterable[Entry]) -> None:
        """Add passages under numbers that are not there yet; seen by searches when this returns."""
        self._write(entries, clear=False)

    def replace_all(self, entries: Iterable[Entry]) -> None:
        """Make the index hold just these passages.

        tantivy counts deleted passages in its statistics until it merges them away, which cannot be
        asked for here; an index written afresh scores as if they had never been there.
        """
        self._write(entries, clear=True)

    def search(self, query: str, limit: int, allowed: Collection[int] | None = None) -> dict[int, float]:
        """The best numbers and their BM25 score for the words of ``query``, best first.

        Args:
            query: any text; nothing in it is syntax.
            limit: how many; all that score as the last of them come too, so that it does not depend on
                the order of writing which ones are found.
            allowed: where given, only these numbers are candidates.
        """
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._index.schema, field, term))
            for field in self._used
            for term in _in_field(field, query)
        ]
        if not clauses or limit < 1 or (allowed is not None and not allowed):
            return {}
        words = tantivy.Query.boolean_query(clauses)
        if allowed is not None:
            some = tantivy.Query.term_set_query(self._index.schema, "number", sorted(allowed))
            words = tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Must, words),
                    (tantivy.Occur.Must, tantivy.Query.const_score_query(some, 0.0)),
                ]
            )
        wanted = limit
        while True:
            hits = self._searcher.search(words, wanted, count=False).hits
            least = hits[:limit][-1][0] * (1 - _NOISE) if hits else 0.0
            if len(hits) < wanted or hits[-1][0] < least:
                break
            wanted *= 2
        return {
            int(self._searcher.doc(address)["number"][0]): float(score)
            for score, address in hits
            if score >= least
        }

    def most(self, query: str) -> float:
        """What no passage scores above for the words of ``query``: BM25 with each word without end.

        A passage has its words in the field of its own language. The field that knows the query's words
        best, which is the query's own language as a rule, sets the bound; a passage of another language
        may exceed it. Pairs of characters set none, since most of a question's bridge two words and no
        passage has them.
        """
        text = _NO_SPACES.sub(" ", query)
        fields = [
            [(field, term) for term in _in_field(field, text)] for field in self._used if field != _PAIRS
        ]
        return (_K1 + 1) * min((sum(self.rarity(words).values()) for words in fields if words), default=0.0)

    def rarity(self, terms: Collection[Term]) -> dict[Term, float]:
        """How rare terms are among the passages: BM25's inverse document frequency, by term.

        ln(1 + (N - n + 0.5) / (n + 0.5)) for a term that n of N passages hold (Robertson and Zaragoza,
        The Probabilistic Relevance Framework, 2009, as Lucene and tantivy compute it).
        """
        searcher = self._searcher
        total = searcher.num_docs
        held = {(field, term): searcher.doc_freq(field, term) for field, term in terms}
        return {term: math.log(1 + max(total - n + 0.5, 0.5) / (n + 0.5)) for term, n in held.items()}

    def _reload(self) -> None:
        self._index.reload()
        self._searcher = self._index.searcher()
        self._used = [field for field in _analyzers() if self._holds(field)]

    def _holds(self, field: str) -> bool:
        marker = tantivy.Query.term_query(self._index.schema, "field", field)
        return bool(self._searcher.search(marker, 1, count=False).hits)

    def _write(self, entries: Iterable[Entry], *, clear: bool) -> None:
        writer = self._index.writer(_WRITER_BYTES, num_threads=1)
        try:
            if clear:
                writer.delete_all_documents()
            for entry in entries:
                writer.add_document(_as_document(entry))
            writer.commit()
        finally:
            writer.wait_merging_threads()
        self._reload()


def terms(text: str, language: str) -> list[Term]:
    """The words of ``text`` as a document in ``language`` is indexed by them, in order, each once."""
    fields = (language if language in _STEMMED else _PLAIN, _PAIRS)
    return [(field, term) for field in fields for term in _in_field(field, text)]


def _in_field(field: str, text: str) -> list[str]:
    text = _composed(text)
    parts = _NO_SPACES.findall(text) if field == _PAIRS else [text]
    return list(dict.fromkeys(term for part in parts for term in _analyzers()[field].analyze(part)))


@cache
def _analyzers() -> Mapping[str, tantivy.TextAnalyzer]:
    return {field: _analyzer(field) for field in _fields()}


def _fields() -> list[str]:
    return [*_STEMMED, _PLAIN, _PAIRS]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", stored=True, indexed=True)
    builder.add_text_field("field", tokenizer_name="raw", index_option="basic")
    for field in _fields():
        builder.add_text_field(field, tokenizer_name=field, index_option="freq")
    return builder.build()


def _analyzer(field: str) -> tantivy.TextAnalyzer:
    if field == _PAIRS:
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


def _composed(text: str) -> str:
    """``text`` with a letter and its accent as one character: tantivy takes an accent for a word's end."""
    return unicodedata.normalize("NFC", text)


def _as_document(entry: Entry) -> tantivy.Document:
    document = tantivy.Document()
    document.add_unsigned("number", entry.number)
    words = entry.language if entry.language in _STEMMED else _PLAIN
    text = _composed(entry.text)
    document.add_text(words, text)
    document.add_text("field", words)
    runs = _NO_SPACES.findall(text)
    # A value a run: pairs of characters never bridge what stands between two runs.
    for run in runs:
        document.add_text(_PAIRS, run)
    if runs:
        document.add_text("field", _PAIRS)
    return document
