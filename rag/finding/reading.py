"""Readings: stretches of documents to read for an answer.

A reading joins neighbouring passages that a search found in one document, with a few sentences around them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.documents import Span
from index.records import DocumentRecord, Passage
from index.search import Hit, Snapshot
from index.text import is_group, table_context
from rag.answer_limits import WIDEN_BY


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence of a document.

    Attributes:
        header: for a row of a table, the span of the table's caption and headings.
        headings: the words of ``header``.
        section: for a row, the names of the groups of rows that contain it, one per line.
        chunk_id: the passage that contains it.
        number: its number in the passage, from 0.
        is_heading: whether it is a caption, a row of headings or the name of a group of rows.
    """

    span: Span
    text: str
    header: Span | None = None
    headings: str = ""
    section: str = ""
    chunk_id: int = 0
    number: int = 0
    is_heading: bool = False

    @property
    def in_context(self) -> str:
        """The sentence's words; for a row, preceded by the table's headings and the row's groups."""
        before = table_context(self.headings, self.section)
        return f"{before}\n{self.text}" if before else self.text


@dataclass(frozen=True, slots=True)
class Reading:
    """A stretch of one document that is read for an answer.

    ``score`` is the best search score, fused from vectors and words, of the found passages that it joins.
    """

    document: DocumentRecord
    sentences: tuple[ReadSentence, ...]
    score: float

    @property
    def span(self) -> Span:
        return Span(self.sentences[0].span.start, self.sentences[-1].span.end)


def read(index: Snapshot, hits: Sequence[Hit], widen_by: int = WIDEN_BY) -> list[Reading]:
    """Return the found passages, widened by neighbouring sentences on either side, best first.

    Passages that then touch are merged, so none overlap.
    """
    readings: list[Reading] = []
    for hit in hits:
        reading = _widened(hit, index.neighbours(hit) if widen_by else (), widen_by)
        for other in [other for other in readings if _touch(reading, other)]:
            readings.remove(other)
            joined = sorted({*other.sentences, *reading.sentences}, key=lambda sentence: sentence.span)
            reading = Reading(other.document, tuple(joined), max(other.score, reading.score))
        readings.append(reading)
    readings.sort(key=lambda reading: -reading.score)
    return readings


def _widened(hit: Hit, around: Sequence[Passage], widen_by: int) -> Reading:
    before = [sentence for passage in around if passage.span < hit.span for sentence in sentences_of(passage)]
    after = [sentence for passage in around if passage.span > hit.span for sentence in sentences_of(passage)]
    sentences = (*before[max(len(before) - widen_by, 0) :], *sentences_of(hit), *after[:widen_by])
    return Reading(hit.document, sentences, hit.score)


def sentences_of(passage: Passage | Hit) -> list[ReadSentence]:
    start, header = passage.span.start, passage.header
    sentences = []
    for number, span in enumerate(passage.sentences):
        text = passage.text[span.start - start : span.end - start]
        sentence = ReadSentence(span, text, chunk_id=passage.chunk_id, number=number)
        if header is not None and span.start < header.end:
            sentence = replace(sentence, is_heading=header.covers(span))
        elif header is not None:
            section, is_name = passage.sections[number] if passage.sections else "", is_group(text)
            sentence = replace(
                sentence, header=header, headings=passage.headings, section=section, is_heading=is_name
            )
        sentences.append(sentence)
    return sentences


def _touch(left: Reading, right: Reading) -> bool:
    same = left.document.document_id == right.document.document_id
    # Adjacent chunks are at most a paragraph break apart.
    return same and left.span.start <= right.span.end + 4 and right.span.start <= left.span.end + 4
