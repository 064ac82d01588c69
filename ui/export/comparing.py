"""The rest of exported answers, held against their footnotes, the library and the answers that it keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from re import escape

import regex

from index.catalog import CatalogReader
from index.documents import Document
from rag.conversations import Footnote, Place, cited_document
from rag.wording import visible
from ui.export.manifest import Manifest, digest_of
from ui.export.reading import Exported, ReadAnswer, Row
from ui.export.sheet import Sheet, facts
from ui.words import RECOGNISED, UNDATED, date_or_undated

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
    """What is wrong with exported answers by their own footnotes and the documents that they cite."""
    alone = exported.name is None
    for name, answer in _named(exported):
        if answer.abstention and (answer.claims or (alone and exported.footnotes)):
            yield f"{name}it says beside an answer that there is none: “{answer.abstention}”"
    notes = {footnote.number: footnote for footnote in exported.footnotes}
    for row in exported.rows:
        yield from _unfounded(reader, row, notes.get(row.footnote))
    texts = cache(reader.text)
    for footnote in exported.footnotes:
        if (more := _added(reader, texts, footnote)) is not None:
            yield f"footnote {footnote.number} says of its source also “{more}”"


def beside_manifest(exported: Exported, manifest: Manifest) -> Iterator[str]:
    """Where an exported file reads otherwise than it says for programs."""
    if manifest.whole is not None and digest_of(exported.name or "") != manifest.whole.name:
        yield f"its title is not the one that it was exported with: “{exported.name}”"
    if len(exported.answers) != len(manifest.answers):
        yield (
            f"it has {len(exported.answers)} answers where it was exported with {len(manifest.answers)}; "
            "export it again"
        )
        return
    for (name, answer), made in zip(_named(exported), manifest.answers, strict=True):
        if tuple(claim.footnotes for claim in answer.claims) != made.sentences:
            yield (
                f"{name}its sentences do not have the footnotes that they were exported with; export the "
                "answer again"
            )


def beside_kept(exported: Exported, kept: Sequence[Sheet | None]) -> Iterator[str]:
    """Where exported answers read otherwise than those that are kept.

    Footnotes are compared by where their words stand: Word numbers them in its own way.

    Args:
        exported: the answers as they are read.
        kept: for each of them, the kept one, laid out by itself; None where it is not kept.
    """
    places = {footnote.number: _words_of(footnote.place) for footnote in exported.footnotes}
    for (name, answer), sheet in zip(_named(exported), kept, strict=False):
        if sheet is not None:
            yield from (f"{name}{problem}" for problem in _changes(answer, sheet, places))
    notes: dict[tuple[int, ...], set[tuple[str, str | None]]] = {}
    for sheet in filter(None, kept):
        own = {entry.number: _words_of(entry.place) for entry in sheet.manifest.footnotes}
        for note in sheet.notes:
            notes.setdefault(own[note.number], set()).add((note.attribution, note.headings))
    for footnote in exported.footnotes:
        said = notes.get(places[footnote.number])
        # What an answer cited that is not kept any more is held against the document only.
        if said is None and None in kept:
            continue
        if said is None or (footnote.attribution, footnote.headings) not in said:
            yield f"footnote {footnote.number} is not as in the answer that the library keeps"


def has_figure(value: str, quote: str) -> bool:
    """Whether a figure stands in a quote as a whole: 10 does not in 310, nor in 10.5."""
    return bool(value) and regex.search(f"{_BEFORE}{escape(value)}{_AFTER}", quote) is not None


def _named(exported: Exported) -> Iterator[tuple[str, ReadAnswer]]:
    """The answers, each after what names it where there are several."""
    for number, answer in enumerate(exported.answers, 1):
        yield ("" if exported.name is None else f"answer {number}: "), answer


def _changes(answer: ReadAnswer, sheet: Sheet, places: Mapping[int, tuple[int, ...]]) -> Iterator[str]:
    """Where an answer reads otherwise than the kept one.

    Args:
        answer: as it is read.
        sheet: the kept one.
        places: where the words of the exported footnotes stand.
    """
    [part] = sheet.parts
    if answer.question != part.question:
        yield f"its question is not the one that was asked: “{part.question}”"
    if answer.abstention != (part.abstention or ""):
        yield "what it says of there being no answer is not what the library keeps; export it again"
    said = [sentence.text for paragraph in part.paragraphs for sentence in paragraph]
    if [claim.text for claim in answer.claims] != said:
        yield "its sentences are not those of the answer that the library keeps; export it again"
    own = {entry.number: _words_of(entry.place) for entry in sheet.manifest.footnotes}
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
