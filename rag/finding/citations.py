"""Makes citations and passages, whose quotes are copied from the documents, and finds copies of documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from index.catalog import CatalogReader
from index.documents import Document, PageLayout, Span
from index.errors import DocumentNotFoundError
from index.library import POOL
from index.records import DocumentRecord, Filters
from index.search import Hit, Snapshot
from index.text import Box, TableCell, boxes
from rag.answer_limits import AnswerLimits
from rag.answers import CellAddress, Citation, Copy, Passage, Verification
from rag.finding.matching import is_fragment
from rag.finding.ranking import Candidate, Scored
from rag.finding.reading import Reading, ReadSentence, sentences_of
from rag.questions import Question

_BLANK = PageLayout(0.0, 0.0, b"")


class DocumentTexts:
    def __init__(self, reader: CatalogReader) -> None:
        self._reader = reader
        self._texts: dict[tuple[int, int], Document] = {}

    def text(self, record: DocumentRecord) -> Document:
        """Raises DocumentNotFoundError if the document was deleted."""
        key = (record.document_id, record.version)
        if key not in self._texts:
            self._texts[key] = self._reader.text(*key)
        return self._texts[key]

    def boxes(self, record: DocumentRecord, span: Span) -> tuple[Box, ...]:
        document = self.text(record)
        first, last = document.page_at(span.start), document.page_at(max(span.end - 1, span.start))
        if first is None or last is None:
            return ()
        layouts = self._reader.layouts(record.document_id, record.version, range(first, last + 1))
        if not layouts:
            return ()
        # Only the layouts of the span's pages are fetched; all other pages have blank layouts.
        pages = range(1, len(document.page_starts) + 1)
        return boxes(replace(document, layouts=tuple(layouts.get(page, _BLANK) for page in pages)), span)

    def box(self, record: DocumentRecord, span: Span) -> Box | None:
        found = self.boxes(record, span)
        own = [box for box in found if box.page == found[0].page]
        if not own:
            return None
        return Box(
            own[0].page,
            min(box.left for box in own),
            min(box.top for box in own),
            max(box.right for box in own),
            max(box.bottom for box in own),
        )


def cite(
    number: int,
    answer_start: int,
    sentence: str,
    cited: CitedSentence,
    *,
    document_texts: DocumentTexts,
    verification: Verification,
    cell: TableCell | None = None,
) -> Citation:
    record, span, header = cited.record, cited.sentence.span, cited.sentence.header
    document = document_texts.text(record)
    address = None
    if cell is not None:
        box = document_texts.box(record, cell.span)
        start, end = cell.span.start, cell.span.end
        address = CellAddress(
            row=cell.row,
            column=cell.column,
            value=cell.value,
            unit=cell.unit,
            start=start,
            end=end,
            box=box,
            currency=cell.currency,
            scale=cell.scale,
            period=cell.period,
        )
    return Citation(
        id=number,
        answer_start=answer_start,
        answer_end=answer_start + len(sentence),
        document_id=record.document_id,
        version=record.version,
        title=record.title,
        publisher=record.publisher,
        author=record.author,
        published=record.published,
        path=record.path,
        page=document.page_at(span.start),
        page_label=document.label_at(span.start),
        start=span.start,
        end=span.end,
        quote=span.of(document.text),
        boxes=document_texts.boxes(record, span),
        verification=verification,
        headings=header.of(document.text) if header else None,
        lead_in=cited.sentence.lead_in or None,
        cell=address,
        also_in=cited.also_in,
        recognised=_is_recognised(record, document, span),
        superseded_by=record.superseded_by,
    )


def as_passage(reading: Reading, document_texts: DocumentTexts, shortfall: str | None = None) -> Passage:
    passage = _passage(reading.document, reading.span, reading.score, document_texts)
    return replace(passage, shortfall=shortfall)


def as_alternative(cited: CitedSentence, score: float, document_texts: DocumentTexts) -> Passage:
    passage = _passage(cited.record, cited.sentence.span, score, document_texts)
    return replace(passage, headings=cited.sentence.headings or None)


def _passage(record: DocumentRecord, span: Span, score: float, document_texts: DocumentTexts) -> Passage:
    document = document_texts.text(record)
    return Passage(
        document_id=record.document_id,
        version=record.version,
        title=record.title,
        publisher=record.publisher,
        author=record.author,
        published=record.published,
        path=record.path,
        page=document.page_at(span.start),
        page_label=document.label_at(span.start),
        start=span.start,
        end=span.end,
        text=span.of(document.text),
        score=score,
        recognised=_is_recognised(record, document, span),
    )


def _is_recognised(record: DocumentRecord, document: Document, span: Span) -> bool:
    return record.recognised(document.page_at(span.start), document.page_at(max(span.end - 1, span.start)))


_MOST_COPIES = 20

_REPEATS = 0.5  # of a passage's sentences; with more in another copy, both passages count as one


@dataclass(frozen=True, slots=True)
class CitedSentence:
    record: DocumentRecord
    sentence: ReadSentence
    also_in: tuple[Copy, ...] = ()


class Copies:
    """For one answer. A document must pass ``filters`` to be cited or named."""

    def __init__(self, index: Snapshot, document_texts: DocumentTexts, filters: Filters) -> None:
        self._index = index
        self._document_texts = document_texts
        self._filters = filters
        self._groups: Mapping[int, tuple[int, ...]] = index.groups()

    def group(self, document_id: int) -> int:
        return self._groups.get(document_id, (document_id,))[0]

    def earliest(self, record: DocumentRecord, sentence: ReadSentence) -> CitedSentence:
        """Undated copies, or those with a file's date, come last.

        Of a row, the headings must agree, too, and of an item of a list, the lead-in.
        """
        searched = [(other, self._find(other, sentence)) for other in self._others(record)]
        copies = [(record, sentence), *((other, found) for other, found in searched if found is not None)]
        (best, cited), *others = sorted(copies, key=lambda copy: _age(copy[0]))
        return CitedSentence(
            best,
            cited,
            tuple(
                Copy(
                    other.document_id, other.version, other.title, other.publisher, other.published,
                    found.span.start, found.span.end,
                )
                for other, found in others
            ),
        )  # fmt: skip

    def joined(self, cited: Sequence[CitedSentence]) -> list[CitedSentence]:
        """Neighbours in a paragraph of one copy get one footnote, and so does an item below its lead-in."""
        found: list[CitedSentence] = []
        for item in cited:
            before = found[-1] if found else item
            gap = item.sentence.span.start - before.sentence.span.end
            is_prose = not (before.sentence.headings or item.sentence.headings)
            is_led = gap > 1 and item.sentence.section == before.sentence.text
            if before.record == item.record and is_prose and (0 <= gap <= 1 or is_led):
                span = Span(before.sentence.span.start, item.sentence.span.end)
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
        try:
            text = self._document_texts.text(record).text
        except DocumentNotFoundError:
            # The document was removed after its record was read.
            return None
        start = text.find(sentence.text)
        while start >= 0:
            span = Span(start, start + len(sentence.text))
            found = self._index.reader.sentence(record, span)
            if found is not None:
                header, lead = found
                headings, section = header.of(text) if header else "", lead.of(text) if lead else ""
                if headings == sentence.headings and (headings or section == sentence.section):
                    return ReadSentence(span, sentence.text, header, headings, section)
            start = text.find(sentence.text, start + 1)
        return None


def find_passages(
    index: Snapshot, question: Question, limits: AnswerLimits, filters: Filters, copies: Copies
) -> list[Hit]:
    """Search for the passages to read, best first; copies of one passage count as one.

    One of whose sentences better copies have all is left out; with at least half, it is partly new (a newer
    figure). At most ``limits.read_hits`` are new, as many partly new, and ``POOL`` searched.
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
    """An earlier sentence from another copy of its document has the same words."""
    first: dict[tuple[int, str], int] = {}
    kept: list[Candidate] = []
    for item in candidates:
        number = item.reading.document.document_id
        words = f"{item.sentence.headings}\n{_plain(item.sentence.text)}"
        if first.setdefault((copies.group(number), words), number) == number:
            kept.append(item)
    return kept


def without_repeated_readings(readings: Sequence[Reading], copies: Copies) -> list[Reading]:
    """Earlier passages from copies of the document have at least half the sentences."""
    shares = _repeated_shares(((reading.document, reading.sentences) for reading in readings), copies)
    return [reading for reading, share in zip(readings, shares, strict=True) if share < _REPEATS]


def cite_earliest(groups: Sequence[Sequence[Scored]], copies: Copies) -> list[CitedSentence]:
    """Join neighbours in a paragraph; the first group stays first, the others are sorted by place."""
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
    """Fragments, such as headlines, count only in a passage without a whole sentence."""
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


def _in_both(copies: Iterable[Copy], others: Iterable[Copy], gap: int) -> tuple[Copy, ...]:
    ends = {(copy.document_id, copy.version, copy.start): copy.end for copy in others}
    keys = [(copy, (copy.document_id, copy.version, copy.end + gap)) for copy in copies]
    return tuple(replace(copy, end=ends[key]) for copy, key in keys if key in ends)


def _plain(sentence: str) -> str:
    return " ".join(sentence.split()).casefold()


def _age(record: DocumentRecord) -> tuple[bool, str, str, str]:
    return record.published is None, record.published or "", record.path, record.source
