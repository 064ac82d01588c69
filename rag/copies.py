"""Near-duplicates count as one source: their words are read once, cited once, and the other copies named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from index.documents import Span
from index.records import DocumentNotFoundError, DocumentRecord, Filters
from index.store import POOL, Hit, Index
from rag.answers import Copy
from rag.citations import Library
from rag.questions import Question
from rag.reading import Reading, ReadSentence
from rag.selection import Scored, is_fragment
from rag.tuning import Tuning

_MOST_COPIES = 20
"""Copies of a document that are looked through for a sentence, the earliest first."""

_SHOWN_TWICE = 0.5
"""From this share of its sentences on, a passage that is shown repeats one of another copy."""

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Sourced:
    """A sentence of an answer, in the copy that is cited.

    Attributes:
        record: the document.
        sentence: the sentence, where it stands in it.
        also_in: the other copies that have it.
    """

    record: DocumentRecord
    sentence: ReadSentence
    also_in: tuple[Copy, ...] = ()


class Copies:
    """The near-duplicates of what one answer reads."""

    def __init__(self, index: Index, library: Library, filters: Filters, generation: int) -> None:
        """Look up the library's groups of near-duplicates.

        Args:
            index: the library.
            library: has the texts of the answer.
            filters: which documents may be read; others are neither cited nor named.
            generation: the index's, as it was just read.
        """
        self._index = index
        self._library = library
        self._filters = filters
        self._groups: Mapping[int, tuple[int, ...]] = index.duplicates.groups(generation)

    def group(self, document_id: int) -> int:
        """A number that a document shares with its near-duplicates, and with no others."""
        return self._groups.get(document_id, (document_id,))[0]

    def source(self, record: DocumentRecord, sentence: ReadSentence) -> Sourced:
        """The sentence as it is cited: in the earliest published of the copies that have it word by word.

        A copy without a date comes after those with one; of equal ones, the first by path. A row of a table
        must stand under the same headings.
        """
        copies = [(record, sentence)]
        for other in self._others(record):
            found = self._find(other, sentence)
            if found is not None:
                copies.append((other, found))
        copies.sort(key=lambda copy: _age(copy[0]))
        (best, cited), *others = copies
        return Sourced(best, cited, tuple(_copy(other, found.span) for other, found in others))

    def _others(self, record: DocumentRecord) -> list[DocumentRecord]:
        others = set(self._groups.get(record.document_id, ())) - {record.document_id}
        return sorted(self._index.duplicates.records(others, self._filters), key=_age)[:_MOST_COPIES]

    def _find(self, record: DocumentRecord, sentence: ReadSentence) -> ReadSentence | None:
        """The same words as a whole sentence of another copy."""
        try:
            text = self._library.text(record).text
        except DocumentNotFoundError:
            # It was removed since its record was read.
            return None
        start = text.find(sentence.text)
        while start >= 0:
            place = self._index.duplicates.sentence(record, Span(start, start + len(sentence.text)))
            if place is not None:
                span, header = place
                headings = header.of(text) if header else ""
                if headings == sentence.headings:
                    return ReadSentence(span, sentence.text, header, headings)
            start = text.find(sentence.text, start + 1)
        return None


def find(index: Index, question: Question, tuning: Tuning, filters: Filters, copies: Copies) -> list[Hit]:
    """The passages to be read, best first: none whose every sentence a better one of another copy has.

    More are searched for in the place of those that are left out.
    """
    limit = tuning.read_hits
    while True:
        hits = index.search(question.text, limit, filters, tuning.dense_weight)
        kept = _unrepeated(hits, copies, lambda hit: hit.document.document_id, _words, 1.0)
        if len(kept) >= tuning.read_hits or len(hits) < limit or limit >= POOL:
            return kept[: tuning.read_hits]
        limit = min(4 * limit, POOL)


def shown_once(readings: Sequence[Reading], copies: Copies) -> list[Reading]:
    """The readings, less those that mostly repeat a better one of another copy."""
    return _unrepeated(
        readings,
        copies,
        lambda reading: reading.document.document_id,
        lambda reading: [sentence.text for sentence in reading.sentences],
        _SHOWN_TWICE,
    )


def sourced(chosen: Sequence[Scored], copies: Copies) -> list[Sourced]:
    """The sentences of an answer in the copies that are cited, each document's together."""
    found = [copies.source(item.candidate.reading.document, item.candidate.sentence) for item in chosen]
    documents = list(dict.fromkeys(item.record.document_id for item in found))
    # The best sentence opens the answer, as in the selection.
    return found[:1] + sorted(
        found[1:], key=lambda item: (documents.index(item.record.document_id), item.sentence.span)
    )


def _unrepeated(
    items: Iterable[_Item],
    copies: Copies,
    document_of: Callable[[_Item], int],
    sentences_of: Callable[[_Item], Iterable[str]],
    share: float,
) -> list[_Item]:
    kept: list[_Item] = []
    said: dict[int, list[tuple[int, str]]] = {}
    for item in items:
        document_id = document_of(item)
        before = said.setdefault(copies.group(document_id), [])
        sentences = [" ".join(sentence.split()).casefold() for sentence in sentences_of(item)]
        known = {words for other, words in before if other != document_id}
        # Headlines differ between outlets.
        whole = [words for words in sentences if not is_fragment(words)] or sentences
        if not known or sum(words in known for words in whole) < share * len(whole):
            kept.append(item)
            before.extend((document_id, words) for words in sentences)
    return kept


def _words(hit: Hit) -> list[str]:
    start = hit.span.start
    return [hit.text[span.start - start : span.end - start] for span in hit.sentences]


def _age(record: DocumentRecord) -> tuple[bool, str, str, str]:
    return record.published is None, record.published or "", record.path, record.source


def _copy(record: DocumentRecord, span: Span) -> Copy:
    return Copy(
        document_id=record.document_id,
        version=record.version,
        title=record.title,
        publisher=record.publisher,
        published=record.published,
        start=span.start,
        end=span.end,
    )
