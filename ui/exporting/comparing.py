"""The rest of an exported answer, held against its footnotes, the library and the answer that it keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from re import escape

import regex

from index.documents import Document
from index.reading import CatalogReader
from rag.rechecking import Footnote, Place, cited_document
from rag.wording import visible
from ui.exporting.reading import Exported, Row
from ui.exporting.sheet import Note, Sheet, facts
from ui.naming import RECOGNISED, UNDATED, dated

_JOINED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
"""Letters that may stand at a figure without being a part of it: they are written without spaces."""

_BEFORE = rf"(?<!(?!{_JOINED})[\p{{L}}\p{{N}}.,])"
_AFTER = rf"(?!(?!{_JOINED})[\p{{L}}\p{{N}}]|[.,]\p{{N}})"
"""What a figure ends at: the dot or comma of its sentence is no part of it."""

_SUPERSEDED = regex.compile(r" \(version [0-9]+, superseded\)$")
_MORE = regex.compile(
    rf"(, superseded by version [0-9]+ when this was answered)?(, {escape(visible(RECOGNISED))})?"
)
"""What a footnote may say after what it must say of its document."""


def beside_footnotes(reader: CatalogReader, exported: Exported) -> Iterator[str]:
    """What is wrong with an exported answer by its own footnotes and the documents that they cite."""
    if exported.abstention and (exported.claims or exported.footnotes):
        yield f"it says beside an answer that there is none: “{exported.abstention}”"
    notes = {footnote.number: footnote for footnote in exported.footnotes}
    for row in exported.rows:
        yield from _unfounded(reader, row, notes.get(row.footnote))
    texts = cache(reader.text)
    for footnote in exported.footnotes:
        if (more := _added(reader, texts, footnote)) is not None:
            yield f"footnote {footnote.number} says of its source also “{more}”"


def beside_kept(exported: Exported, sheet: Sheet) -> Iterator[str]:
    """Where an exported answer reads otherwise than the one that is kept.

    Footnotes are compared by where their words stand: Word numbers them in its own way.

    Args:
        exported: the answer as it is read.
        sheet: the kept answer, as it is laid out.
    """
    if exported.question != sheet.question:
        yield f"its question is not the one that was asked: “{sheet.question}”"
    if exported.abstention != (sheet.abstention or ""):
        yield "what it says of there being no answer is not what the library keeps; export it again"
    said = [sentence.text for paragraph in sheet.paragraphs for sentence in paragraph]
    if [claim.text for claim in exported.claims] != said:
        yield "its sentences are not those of the answer that the library keeps; export it again"
    places = {entry.number: _words_of(entry.place) for entry in sheet.manifest.footnotes}
    kept = [
        (difference.about, *row[:3], places.get(row[3]))
        for difference in sheet.differences
        for row in difference.rows
    ]
    own = {footnote.number: _words_of(footnote.place) for footnote in exported.footnotes}
    if [(row.about, row.value, row.source, row.date, own.get(row.footnote)) for row in exported.rows] != kept:
        yield "its different figures are not those of the answer that the library keeps; export it again"
    yield from _otherwise(exported, {places[note.number]: note for note in sheet.notes})


def has_figure(value: str, quote: str) -> bool:
    """Whether a figure stands in a quote as a whole: 10 does not in 310, nor in 10.5."""
    return bool(value) and regex.search(f"{_BEFORE}{escape(value)}{_AFTER}", quote) is not None


def _otherwise(exported: Exported, kept: Mapping[tuple[int, ...], Note]) -> Iterator[str]:
    """The footnotes that say another thing of their source than the kept answer's."""
    for footnote in exported.footnotes:
        note = kept.get(_words_of(footnote.place))
        if note is None or (footnote.attribution, footnote.headings) != (note.attribution, note.headings):
            yield f"footnote {footnote.number} is not as in the answer that the library keeps"


def _unfounded(reader: CatalogReader, row: Row, footnote: Footnote | None) -> Iterator[str]:
    table = f"the table of different figures has “{row.value}”"
    if footnote is None or not has_figure(row.value, footnote.quote):
        yield f"{table}, which is not in footnote {row.footnote}"
    if footnote is None:
        return
    source = _SUPERSEDED.sub("", row.source)
    record = cited_document(reader, footnote.place) if footnote.place is not None else None
    if record is not None:
        named = source == visible(record.title)
        same_date = row.date == visible(dated(record.stated))
    else:
        named = f"{footnote.attribution}, ".startswith(f"{source}, ")
        same_date = row.date == UNDATED or row.date in footnote.attribution
    if not named:
        yield f"{table} of “{row.source}”, which is not the source of footnote {row.footnote}"
    if not same_date:
        yield f"{table} with the date “{row.date}”, which is not that of footnote {row.footnote}"


def _added(reader: CatalogReader, texts: Callable[[int, int], Document], footnote: Footnote) -> str | None:
    """What a footnote says of its document beside what is so; None where it says nothing else.

    What it lacks is found with its quote.
    """
    place = footnote.place
    if place is None or place.start < 0 or (record := cited_document(reader, place)) is None:
        return None
    page = texts(record.document_id, record.version).page_at(place.start)
    rest = footnote.attribution
    known = [visible(fact) for fact in facts(record, page)]
    if any(fact not in rest for fact in known):
        return None
    rest = rest.removeprefix(", ".join(known))
    return None if _MORE.fullmatch(rest) else rest


def _words_of(place: Place | None) -> tuple[int, ...]:
    """Where words stand, in numbers; empty where nothing says it."""
    return (place.document_id, place.version, place.start, place.end) if place is not None else ()
