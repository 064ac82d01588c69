"""Near-duplicates count as one source: their words are read once, cited once, and the other copies named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from index.documents import Span
from index.errors import DocumentNotFoundError
from index.library import POOL
from index.records import DocumentRecord, Filters
from index.search import Hit, Snapshot
from rag.answers import Copy
from rag.finding.citations import DocumentTexts
from rag.finding.ranking import Scored, is_fragment
from rag.finding.reading import Reading, ReadSentence
from rag.questions import Question
from rag.tuning import Tuning

_MOST_COPIES = 20
"""Copies of a document that are looked through for a sentence, the earliest first."""

_REPEATS = 0.5
"""From this share of its sentences on that another copy's has, a passage counts as one with it."""

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

    def __init__(self, index: Snapshot, library: DocumentTexts, filters: Filters) -> None:
        """Look up the library's groups of near-duplicates.

        Args:
            index: the library.
            library: has the texts of the answer.
            filters: which documents may be read; others are neither cited nor named.
        """
        self._index = index
        self._library = library
        self._filters = filters
        self._groups: Mapping[int, tuple[int, ...]] = index.groups()

    def group(self, document_id: int) -> int:
        """A number that a document shares with its near-duplicates, and with no others."""
        return self._groups.get(document_id, (document_id,))[0]

    def source(self, record: DocumentRecord, sentence: ReadSentence) -> Sourced:
        """The sentence as it is cited: in the earliest published of the copies that have it word by word.

        A copy without a date, or with no date but its file's, comes after the others; of equal ones, the
        first by path. A row of a table must stand under the same headings.
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
        return sorted(self._index.reader.records(others, self._filters), key=_age)[:_MOST_COPIES]

    def _find(self, record: DocumentRecord, sentence: ReadSentence) -> ReadSentence | None:
        """The same words as a whole sentence of another copy."""
        try:
            text = self._library.text(record).text
        except DocumentNotFoundError:
            # It was removed since its record was read.
            return None
        start = text.find(sentence.text)
        while start >= 0:
            place = self._index.reader.sentence(record, Span(start, start + len(sentence.text)))
            if place is not None:
                span, header = place
                headings = header.of(text) if header else ""
                if headings == sentence.headings:
                    return ReadSentence(span, sentence.text, header, headings)
            start = text.find(sentence.text, start + 1)
        return None


def find(index: Snapshot, question: Question, tuning: Tuning, filters: Filters, copies: Copies) -> list[Hit]:
    """The passages to be read, best first, of which copies of one passage count as one.

    What other copies have whole is left out. A copy that says something else beside, an outlet's footer or
    the newest figure, is read too, up to as many again; and more are searched for in the place of both.
    """
    wanted = limit = tuning.read_hits
    while True:
        hits = index.search(question.text, limit, filters, tuning.dense_weight)
        said = _said(hits, copies, lambda hit: hit.document.document_id, _words)
        new = [place for place, share in enumerate(said) if share < _REPEATS][:wanted]
        if len(new) == wanted or len(hits) < limit or limit >= POOL:
            break
        limit = min(4 * limit, POOL)
    last = new[-1] if len(new) == wanted else len(hits)
    partly = [place for place, share in enumerate(said[:last]) if _REPEATS <= share < 1][:wanted]
    return [hits[place] for place in sorted(new + partly)]


def distinct(ranked: Sequence[Scored], copies: Copies) -> list[Scored]:
    """The candidates, less those whose words a better one of another copy has."""
    first: dict[tuple[int, str], int] = {}
    kept: list[Scored] = []
    for item in ranked:
        number = item.candidate.reading.document.document_id
        words = f"{item.candidate.sentence.headings}\n{_plain(item.candidate.sentence.text)}"
        if first.setdefault((copies.group(number), words), number) == number:
            kept.append(item)
    return kept


def shown_once(readings: Sequence[Reading], copies: Copies) -> list[Reading]:
    """The readings, less those that mostly repeat a better one of another copy."""
    said = _said(
        readings,
        copies,
        lambda reading: reading.document.document_id,
        lambda reading: [sentence.text for sentence in reading.sentences],
    )
    return [reading for reading, share in zip(readings, said, strict=True) if share < _REPEATS]


def sourced(chosen: Sequence[Scored], copies: Copies) -> list[Sourced]:
    """The sentences of an answer in the copies that are cited, each document's together."""
    found = [copies.source(item.candidate.reading.document, item.candidate.sentence) for item in chosen]
    documents = list(dict.fromkeys(item.record.document_id for item in found))
    # The best sentence opens the answer, as in the selection.
    return found[:1] + sorted(
        found[1:], key=lambda item: (documents.index(item.record.document_id), item.sentence.span)
    )


def _said(
    items: Iterable[_Item],
    copies: Copies,
    document_of: Callable[[_Item], int],
    sentences_of: Callable[[_Item], Iterable[str]],
) -> list[float]:
    """What share of each item's whole sentences the items of other copies before it have, 0 to 1."""
    shares: list[float] = []
    before: dict[int, list[tuple[int, str]]] = {}
    for item in items:
        document_id = document_of(item)
        said = before.setdefault(copies.group(document_id), [])
        known = {words for other, words in said if other != document_id}
        sentences = [_plain(sentence) for sentence in sentences_of(item)]
        # Headlines differ between outlets.
        whole = [words for words in sentences if not is_fragment(words)] or sentences
        shares.append(sum(words in known for words in whole) / len(whole))
        said.extend((document_id, words) for words in sentences)
    return shares


def _plain(sentence: str) -> str:
    return " ".join(sentence.split()).casefold()


def _words(hit: Hit) -> list[str]:
    start = hit.span.start
    return [hit.text[span.start - start : span.end - start] for span in hit.sentences]


def _age(record: DocumentRecord) -> tuple[bool, str, str, str]:
    return record.stated is None, record.stated or "", record.path, record.source


def _copy(record: DocumentRecord, span: Span) -> Copy:
    return Copy(
        document_id=record.document_id,
        version=record.version,
        title=record.title,
        publisher=record.publisher,
        published=record.stated,
        start=span.start,
        end=span.end,
    )
