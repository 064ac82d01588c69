"""Treats near-duplicates (copies of one report) as one source.

If several copies contain a sentence, an answer cites it once, from one copy, and names the other copies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from index.documents import Span
from index.errors import DocumentNotFoundError
from index.library import POOL
from index.records import DocumentRecord, Filters
from index.search import Hit, Snapshot
from rag.answer_limits import AnswerLimits
from rag.answers import Copy
from rag.finding.candidates import Candidate
from rag.finding.citations import DocumentTexts
from rag.finding.fragments import is_fragment
from rag.finding.ranking import Scored
from rag.finding.reading import Reading, ReadSentence, sentences_of
from rag.questions import Question

_MOST_COPIES = 20
"""The most copies of a document that are searched for a sentence, the earliest first."""

_REPEATS = 0.5
"""If at least this share of a passage's sentences is in another copy, both passages count as one."""


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A sentence that an answer cites, and the copy of the document from which it is cited.

    Attributes:
        record: the copy that is cited.
        sentence: the sentence, with its span in that copy.
        also_in: the other copies that contain the sentence.
    """

    record: DocumentRecord
    sentence: ReadSentence
    also_in: tuple[Copy, ...] = ()


class Copies:
    """Finds the near-duplicates (copies) of the documents that are read for one answer."""

    def __init__(self, index: Snapshot, document_texts: DocumentTexts, filters: Filters) -> None:
        """Fetch the library's groups of near-duplicates.

        Args:
            index: the library.
            document_texts: provides the texts of documents.
            filters: the filters that a document must pass to be cited or named.
        """
        self._index = index
        self._document_texts = document_texts
        self._filters = filters
        self._groups: Mapping[int, tuple[int, ...]] = index.groups()

    def group(self, document_id: int) -> int:
        """Return a number that a document shares with its near-duplicates, and with no other document."""
        return self._groups.get(document_id, (document_id,))[0]

    def earliest(self, record: DocumentRecord, sentence: ReadSentence) -> CitedSentence:
        """Return the sentence in the earliest published copy that contains it word for word.

        Copies without a date, or with only the date of their file, come last; the path breaks ties. A copy
        contains a row of a table only if the headings are the same, too.
        """
        searched = [(other, self._find(other, sentence)) for other in self._others(record)]
        copies = [(record, sentence), *((other, found) for other, found in searched if found is not None)]
        (best, cited), *others = sorted(copies, key=lambda copy: _age(copy[0]))
        return CitedSentence(best, cited, tuple(_copy(other, found.span) for other, found in others))

    def joined(self, cited: Sequence[CitedSentence]) -> list[CitedSentence]:
        """Join sentences that follow one another in a paragraph of one copy: they get one footnote."""
        found: list[CitedSentence] = []
        for item in cited:
            before = found[-1] if found else item
            if before.record == item.record and _is_next(before.sentence, item.sentence):
                span = Span(before.sentence.span.start, item.sentence.span.end)
                gap = item.sentence.span.start - before.sentence.span.end
                text = span.of(self._document_texts.text(item.record).text)
                sentence = replace(before.sentence, span=span, text=text)
                found[-1] = CitedSentence(item.record, sentence, _in_both(before.also_in, item.also_in, gap))
            else:
                found.append(item)
        return found

    def _others(self, record: DocumentRecord) -> list[DocumentRecord]:
        others = set(self._groups.get(record.document_id, ())) - {record.document_id}
        return sorted(self._index.reader.records(others, self._filters), key=_age)[:_MOST_COPIES]

    def _find(self, record: DocumentRecord, sentence: ReadSentence) -> ReadSentence | None:
        """Return the sentence of the copy ``record`` that has the same words and headings, or None."""
        try:
            text = self._document_texts.text(record).text
        except DocumentNotFoundError:
            # The document was removed after its record was read.
            return None
        start = text.find(sentence.text)
        while start >= 0:
            found = self._index.reader.sentence(record, Span(start, start + len(sentence.text)))
            if found is not None:
                span, header = found
                headings = header.of(text) if header else ""
                if headings == sentence.headings:
                    return ReadSentence(span, sentence.text, header, headings)
            start = text.find(sentence.text, start + 1)
        return None


def find_passages(
    index: Snapshot, question: Question, limits: AnswerLimits, filters: Filters, copies: Copies
) -> list[Hit]:
    """Search for the passages to read, best first; copies of one passage count as one.

    Each passage is compared with all better passages from other copies of its document:

    - If they contain less than half of its sentences, it is new.
    - If they contain at least half of its sentences, but not all, it is partly new: it adds an outlet's
      footer or a newer figure, for example.
    - If they contain all of its sentences, it is left out.

    The result has at most ``limits.read_hits`` new passages, and at most as many partly new ones. At most
    ``POOL`` passages are searched for new ones.
    """
    wanted = limit = limits.read_hits
    while True:
        hits = index.search(question.text, limit, filters, limits.dense_weight)
        shares = _repeated_shares(((hit.document, sentences_of(hit)) for hit in hits), copies)
        new = [number for number, share in enumerate(shares) if share < _REPEATS][:wanted]
        if len(new) == wanted or len(hits) < limit or limit >= POOL:
            break
        limit = min(4 * limit, POOL)
    last = new[-1] if len(new) == wanted else len(hits)
    partly = [number for number, share in enumerate(shares[:last]) if _REPEATS <= share < 1][:wanted]
    return [hits[number] for number in sorted(new + partly)]


def without_repeated_sentences(candidates: Sequence[Candidate], copies: Copies) -> list[Candidate]:
    """Drop each sentence whose words an earlier one from another copy of its document has."""
    first: dict[tuple[int, str], int] = {}
    kept: list[Candidate] = []
    for item in candidates:
        number = item.reading.document.document_id
        words = f"{item.sentence.headings}\n{_plain(item.sentence.text)}"
        if first.setdefault((copies.group(number), words), number) == number:
            kept.append(item)
    return kept


def without_repeated_readings(readings: Sequence[Reading], copies: Copies) -> list[Reading]:
    """Drop each passage if earlier passages from copies of its document have at least half its sentences."""
    shares = _repeated_shares(((reading.document, reading.sentences) for reading in readings), copies)
    return [reading for reading, share in zip(readings, shares, strict=True) if share < _REPEATS]


def cite_earliest(groups: Sequence[Sequence[Scored]], copies: Copies) -> list[CitedSentence]:
    """Return what an answer cites, sorted, each with the copy from which it is cited: the earliest.

    Sentences of a group that follow one another in a paragraph become one.

    Args:
        groups: the sentences, in groups that stay together. The first group stays first; the others are
            sorted by the cited document and the position in it.
        copies: finds the copies.
    """
    found = [
        [copies.earliest(item.candidate.reading.document, item.candidate.sentence) for item in group]
        for group in groups
    ]
    documents = list(dict.fromkeys(item.record.document_id for group in found for item in group))
    later = sorted(
        found[1:], key=lambda group: (documents.index(group[0].record.document_id), group[0].sentence.span)
    )
    return [item for group in (*found[:1], *later) for item in copies.joined(group)]


def _repeated_shares(
    passages: Iterable[tuple[DocumentRecord, Sequence[ReadSentence]]], copies: Copies
) -> list[float]:
    """Return, for each passage, the share of its sentences that earlier passages from other copies contain.

    Fragments, such as headlines, count only in a passage without a whole sentence.
    """
    shares: list[float] = []
    before: dict[int, list[tuple[int, str]]] = {}
    for document, read in passages:
        seen = before.setdefault(copies.group(document.document_id), [])
        known = {words for other, words in seen if other != document.document_id}
        sentences = [_plain(sentence.text) for sentence in read]
        # Outlets give the same story different headlines.
        whole = [words for words in sentences if not is_fragment(words)] or sentences
        shares.append(sum(words in known for words in whole) / len(whole))
        seen.extend((document.document_id, words) for words in sentences)
    return shares


def _is_next(sentence: ReadSentence, other: ReadSentence) -> bool:
    return not (sentence.headings or other.headings) and 0 <= other.span.start - sentence.span.end <= 1


def _in_both(copies: Iterable[Copy], others: Iterable[Copy], gap: int) -> tuple[Copy, ...]:
    """Return the copies that contain both of two neighbours, with ``gap`` code points between them."""
    ends = {(copy.document_id, copy.version, copy.start): copy.end for copy in others}
    keys = [(copy, (copy.document_id, copy.version, copy.end + gap)) for copy in copies]
    return tuple(replace(copy, end=ends[key]) for copy, key in keys if key in ends)


def _plain(sentence: str) -> str:
    return " ".join(sentence.split()).casefold()


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
