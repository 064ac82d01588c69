"""Compares exported answers with their footnotes, their manifest, and the answers that the library stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from re import escape

import regex

from index.catalog import CatalogReader
from index.documents import Document, Span
from index.text import tables
from rag.conversations import Footnote, Place, cited_document
from rag.finding import TableRow
from rag.headlines import possible_headlines
from rag.visible_text import visible
from ui.export.exported_answers import FirstLine, Sheet, facts, first_line
from ui.export.manifest import Manifest, digest_of
from ui.export.reader import Exported, ReadAnswer, Row
from ui.words import RECOGNISED, UNDATED, date_or_undated

_JOINED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
"""Letters of scripts without spaces between words. A figure beside such a letter is still a whole figure."""

_BEFORE = rf"(?<!(?!{_JOINED})[\p{{L}}\p{{N}}.,])"
_AFTER = rf"(?!(?!{_JOINED})[\p{{L}}\p{{N}}]|[.,]\p{{N}})"
"""The end of a figure. A full stop or comma after the figure does not belong to it."""

_SUPERSEDED = regex.compile(r" \(version [0-9]+, superseded\)$")
_MORE = regex.compile(
    rf"(, superseded by version [0-9]+ when this was answered)?(, {escape(visible(RECOGNISED))})?"
)
"""The words that may follow the facts of the document in an attribution."""


def check_footnotes(reader: CatalogReader, exported: Exported) -> Iterator[str]:
    """Yield a line for each problem of an exported file's figures, first lines and attributions.

    They are compared with the footnotes and the cited documents. If the file has both an answer and a reason
    for having none, that is a problem, too.
    """
    is_single = exported.name is None
    for name, answer in _with_prefixes(exported):
        if answer.abstention and (answer.claims or (is_single and exported.footnotes)):
            yield f"{name}it has both an answer and a reason for having none: “{answer.abstention}”"
    notes = {footnote.number: footnote for footnote in exported.footnotes}
    for row in exported.rows:
        yield from _unfounded(reader, row, notes.get(row.footnote))
    texts = cache(reader.text)
    for name, answer in _with_prefixes(exported):
        if answer.first_line is not None and answer.first_line not in _first_lines(
            reader, texts, answer, notes
        ):
            yield f"{name}its first line, “{answer.first_line.value}”, is not a cell of the row that it cites"
    for footnote in exported.footnotes:
        if (more := _addition(reader, texts, footnote)) is not None:
            yield f"footnote {footnote.number} has an unknown addition to its source: “{more}”"


def check_manifest(exported: Exported, manifest: Manifest) -> Iterator[str]:
    """Yield the differences between the visible text of a file and its manifest, one line each."""
    conversation = manifest.conversation
    if conversation is not None and digest_of(exported.name or "") != conversation.title_digest:
        yield f"its title is not the one that it was exported with: “{exported.name}”"
    if len(exported.answers) != len(manifest.answers):
        yield (
            f"it has {len(exported.answers)} answers where it was exported with {len(manifest.answers)}; "
            "export it again"
        )
        return
    for (name, answer), entry in zip(_with_prefixes(exported), manifest.answers, strict=True):
        if tuple(claim.footnotes for claim in answer.claims) != entry.sentences:
            yield (
                f"{name}its sentences do not have the footnotes that they were exported with; export the "
                "answer again"
            )


def check_kept(exported: Exported, kept: Sequence[Sheet | None]) -> Iterator[str]:
    """Yield the differences between exported answers and the stored ones, one line each.

    Footnotes are matched by the places of their quotes, since Word renumbers them.

    Args:
        exported: the answers that were read.
        kept: the layout of each stored answer; None for an answer that the library no longer has.
    """
    places = {footnote.number: _place_key(footnote.place) for footnote in exported.footnotes}
    for (name, answer), sheet in zip(_with_prefixes(exported), kept, strict=False):
        if sheet is not None:
            yield from (f"{name}{problem}" for problem in _changes(answer, sheet, places))
    notes: dict[tuple[int, ...], set[tuple[str, str | None]]] = {}
    for sheet in filter(None, kept):
        own = {entry.number: _place_key(entry.place) for entry in sheet.manifest.footnotes}
        for note in sheet.notes:
            notes.setdefault(own[note.number], set()).add((note.attribution, note.headings))
    for footnote in exported.footnotes:
        stored = notes.get(places[footnote.number])
        # The citation may belong to a deleted answer; then only the cited document can be compared.
        if stored is None and None in kept:
            continue
        if stored is None or (footnote.attribution, footnote.headings) not in stored:
            yield f"footnote {footnote.number} is not as in the answer that the library keeps"


def has_figure(value: str, quote: str) -> bool:
    """Return whether a quote contains a figure as a whole: 310 and 10.5 do not contain 10."""
    return bool(value) and regex.search(f"{_BEFORE}{escape(value)}{_AFTER}", quote) is not None


def _with_prefixes(exported: Exported) -> Iterator[tuple[str, ReadAnswer]]:
    """Yield each answer, with the prefix of messages about it; the prefix is empty for a single answer."""
    for number, answer in enumerate(exported.answers, 1):
        yield ("" if exported.name is None else f"answer {number}: "), answer


def _changes(answer: ReadAnswer, sheet: Sheet, places: Mapping[int, tuple[int, ...]]) -> Iterator[str]:
    """Yield the differences between an exported answer and the stored one.

    Args:
        answer: the answer that was read.
        sheet: the layout of the stored answer.
        places: the place of each exported footnote's quote, from :func:`_place_key`, by footnote number.
    """
    [part] = sheet.parts
    if answer.question != part.question:
        yield f"its question is not the one that was asked: “{part.question}”"
    if answer.abstention != (part.abstention or ""):
        yield "its reason for having no answer is not that of the library; export it again"
    if answer.first_line != part.first_line:
        yield "its first line is not that of the answer that the library keeps; export it again"
    sentences = [sentence.text for paragraph in part.paragraphs for sentence in paragraph]
    if [claim.text for claim in answer.claims] != sentences:
        yield "its sentences are not those of the answer that the library keeps; export it again"
    own = {entry.number: _place_key(entry.place) for entry in sheet.manifest.footnotes}
    kept = [(found.about, *row[:3], own.get(row[3])) for found in part.differences for row in found.rows]
    rows = [(row.about, row.value, row.source, row.date, places.get(row.footnote)) for row in answer.rows]
    if rows != kept:
        yield "its different figures are not those of the answer that the library keeps; export it again"


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
        same_date = row.date == visible(date_or_undated(record.stated))
    else:
        named = f"{footnote.attribution}, ".startswith(f"{source}, ")
        same_date = row.date == UNDATED or row.date in footnote.attribution
    if not named:
        yield f"{table} of “{row.source}”, which is not the source of footnote {row.footnote}"
    if not same_date:
        yield f"{table} with the date “{row.date}”, which is not that of footnote {row.footnote}"


def _first_lines(
    reader: CatalogReader,
    texts: Callable[[int, int], Document],
    answer: ReadAnswer,
    notes: Mapping[int, Footnote],
) -> Iterator[FirstLine]:
    """Yield the possible first lines of an answer, computed from the table rows that the answer cites.

    Use only rows of the table that the answer's first footnote cites. If this footnote does not cite a row of
    a table, yield nothing.
    """
    rows: list[TableRow] = []
    for number in dict.fromkeys(number for claim in answer.claims for number in claim.footnotes):
        row = _row_of(reader, texts, notes[number].place) if number in notes else None
        if row is None and not rows:
            return
        if row is not None and (not rows or (row.text, row.header) == (rows[0].text, rows[0].header)):
            rows.append(row)
    yield from map(first_line, possible_headlines(answer.question, rows))


def _row_of(
    reader: CatalogReader, texts: Callable[[int, int], Document], place: Place | None
) -> TableRow | None:
    """Return the row of a table that a footnote cites; None if the footnote does not cite a row."""
    if place is None or not 0 <= place.start <= place.end:
        return None
    if (record := cited_document(reader, place)) is None:
        return None
    text = texts(record.document_id, record.version).text
    span = Span(place.start, place.end)
    for table in tables(text):
        if table.span.covers(span) and span.start >= table.header.end:
            return TableRow(text, record.language, table.header, span, record.title)
    return None


def _addition(reader: CatalogReader, texts: Callable[[int, int], Document], footnote: Footnote) -> str | None:
    """Return the unexpected words that follow the document's facts in the attribution of a footnote.

    Return None if there are no such words. Return None also if the attribution lacks one of the facts,
    because the check of the quote reports the missing fact.
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


def _place_key(place: Place | None) -> tuple[int, ...]:
    """Return the document number, version, start and end of a quote, to compare places.

    The result is empty if the place is unknown.
    """
    return (place.document_id, place.version, place.start, place.end) if place is not None else ()
