"""Checks the JSON of an answer or a conversation against the library as it is now, without any search."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from re import escape

import regex

from index.catalog import Catalog, CatalogReader
from index.documents import Document, Span
from index.errors import DocumentNotFoundError
from index.records import DocumentRecord
from index.text import lead_in, tables
from rag.answers import VERDICTS, Answer, Citation, Verdict
from rag.conversations import load, stored_answer
from rag.errors import AnswerNotFoundError
from rag.finding import TableRow
from rag.headlines import possible_headlines
from rag.verification import Evidence, Gate, Judge, evidence_at, is_verbatim
from rag.visible_text import readable, visible
from ui.export.exported_answers import (
    FirstLine,
    Note,
    Part,
    Sentence,
    Sheet,
    facts,
    first_line,
    lay_out,
    lay_out_conversation,
)
from ui.words import date_or_undated, page_words

_VERDICT_WORDS: Mapping[Verdict, str] = {"unsupported": "not supported", "paraphrased": "only paraphrased"}

_MAX_INTEGER = 2**63 - 1

# Letters of scripts without spaces between words. A figure beside such a letter is still a whole figure.
_JOINED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_BEFORE = rf"(?<!(?!{_JOINED})[\p{{L}}\p{{N}}.,])"
# The end of a figure. A full stop or comma after the figure does not belong to it.
_AFTER = rf"(?!(?!{_JOINED})[\p{{L}}\p{{N}}]|[.,]\p{{N}})"
_SUPERSEDED = regex.compile(r" \(version [0-9]+, superseded\)$")


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of checking a sentence or a footnote; ``remarks`` are no faults."""

    number: int
    words: str
    problems: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class Verified:
    """The result of checking a file; ``answers`` is None for an answer without a conversation."""

    sentences: tuple[Checked, ...]
    footnotes: tuple[Checked, ...]
    problems: tuple[str, ...]
    answers: int | None = None

    @property
    def holds(self) -> bool:
        return not self.problems and all(each.holds for each in (*self.sentences, *self.footnotes))


def verify_json(catalog: Catalog, data: bytes, judge: Callable[[], Judge | None] | None = None) -> Verified:
    """Raises AnswerFormError. ``judge``, which takes seconds, is called only if a sentence is no quote."""
    answers, sheet = _read(data)
    said = [sentence for part in sheet.parts for sentence in part.sentences]
    with catalog.reading() as reader:
        texts = cache(reader.text)
        found = {note.number: _check_footnote(reader, texts, note) for note in sheet.notes}
        problems = [*_check_parts(reader, texts, sheet)]
    sentences = _check_sentences(said, found, Gate())
    if judge is not None and any(not each.holds for each in sentences) and (opened := judge()):
        sentences = _check_sentences(said, found, Gate(opened))
    for number, answer in enumerate(answers, 1):
        problems += [f"{_prefix(sheet, number)}{problem}" for problem in _changes(catalog, answer)]
    return Verified(
        sentences,
        tuple(checked for checked, _ in found.values()),
        tuple(problems),
        None if sheet.name is None else len(answers),
    )


def _read(data: bytes) -> tuple[list[Answer], Sheet]:
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        whole = None
    given = whole.get("answers") if isinstance(whole, dict) else None
    if not isinstance(given, list) or not given:
        answer = load(data)
        return [answer], lay_out(answer)
    answers = [load(json.dumps(each)) for each in given]
    return answers, lay_out_conversation(str(whole.get("name") or ""), answers)


def _prefix(sheet: Sheet, number: int) -> str:
    return "" if sheet.name is None else f"answer {number}: "


def _changes(catalog: Catalog, answer: Answer) -> Iterator[str]:
    """Yield the differences from the answer that the library keeps; none if it keeps no such answer."""
    try:
        kept = stored_answer(catalog, answer.answer_id)
    except AnswerNotFoundError:
        return
    for name in (each.name for each in fields(Answer)):
        if getattr(answer, name) != getattr(kept, name):
            yield f"its field {name} differs from the answer that the library keeps; export it again"


def _check_sentences(
    said: Sequence[Sentence], notes: Mapping[int, tuple[Checked, Evidence]], gate: Gate
) -> tuple[Checked, ...]:
    return tuple(_check_sentence(number, sentence, notes, gate) for number, sentence in enumerate(said, 1))


def _check_sentence(
    number: int, said: Sentence, notes: Mapping[int, tuple[Checked, Evidence]], gate: Gate
) -> Checked:
    if said.verdict == "unsupported":
        return Checked(number, said.text, (), ("is struck out, as not supported",))
    if not said.footnotes:
        return Checked(number, said.text, ("has no footnote",))
    problems = [
        f"footnote {mark} {'does not hold' if mark in notes else 'is missing'}"
        for mark in said.footnotes
        if mark not in notes or not notes[mark][0].holds
    ]
    remarks = ("is marked as paraphrased",) if said.verdict == "paraphrased" else ()
    cited = [notes[mark] for mark in said.footnotes if mark in notes]
    repeated = [note for note, _ in cited if is_verbatim(said.text, [Evidence(note.words)])]
    if any(note.holds for note in repeated):
        # A literal quote needs no further support, even if it is a table's row or half a sentence.
        return Checked(number, said.text, tuple(problems), remarks)
    if said.verdict == "quoted":
        problems += [] if repeated else ["is marked as quoted, but differs from the words that it cites"]
        return Checked(number, said.text, tuple(problems), remarks)
    # Check against the words of the footnote, because these are what the reader sees, even if the document's
    # words differ.
    found = gate.check(said.text, [evidence for _, evidence in cited])
    if VERDICTS.index(found.verdict) > VERDICTS.index(said.verdict):
        problems.append(f"is {_VERDICT_WORDS[found.verdict]} by what it cites: {found.reason}")
    return Checked(number, said.text, tuple(problems), remarks)


_Texts = Callable[[int, int], Document]


def _check_footnote(reader: CatalogReader, texts: _Texts, note: Note) -> tuple[Checked, Evidence]:
    """Check a footnote; return the result, and the quote as evidence for the sentences that cite it."""
    alone = Evidence(note.quote, note.headings or "")
    record = _cited_document(reader, note.cited)
    if record is None:
        absent = DocumentNotFoundError(note.cited.document_id, note.cited.version)
        return Checked(note.number, note.quote, (str(absent),)), alone
    document = texts(record.document_id, record.version)
    problems = tuple(_differences(note, record, document))
    remarks = []
    if record.superseded_by is not None:
        remarks.append(f"the library now has version {reader.document(record.document_id).version}")
    checked = Checked(note.number, note.quote, problems, tuple(remarks))
    if problems:
        return checked, alone
    span = Span(note.cited.start, note.cited.end)
    rows = [] if note.headings is None else tables(document.text)
    headings = next((each.header.of(document.text) for each in rows if each.span.covers(span)), None)
    context = headings or note.cited.lead_in  # which :func:`_differences` has found in the document
    return checked, evidence_at(record, document, span, span.of(document.text), context)


def _cited_document(reader: CatalogReader, cited: Citation) -> DocumentRecord | None:
    if max(cited.document_id, cited.version) > _MAX_INTEGER:
        return None
    try:
        return reader.document(cited.document_id, cited.version)
    except DocumentNotFoundError:
        return None


def _differences(note: Note, record: DocumentRecord, document: Document) -> Iterator[str]:
    start, end = note.cited.start, note.cited.end
    within = 0 <= start <= end <= len(document.text)
    words = readable(document.text[start:end]) if within else ""
    if words != note.quote:
        yield f"the quote differs from the document, which says there: “{words}”"
    if note.headings is not None and note.headings not in readable(document.text):
        yield f"its headings, “{note.headings}”, are not in the document"
    if note.cited.lead_in:
        lead = lead_in(document.text, start, document.language)
        if lead is None or lead.of(document.text) != note.cited.lead_in:
            yield f"“{readable(note.cited.lead_in)}” is not the sentence above its list in the document"
    stated = facts(note.cited, note.cited.published, page_words(note.cited.page, note.cited.page_label))
    known = facts(record, record.published, page_words(document.page_at(start), document.label_at(start)))
    yield from (f"does not state “{visible(fact)}” about its source" for fact in known if fact not in stated)
    yield from (
        f"states “{visible(fact)}” about its source, which the library does not"
        for fact in stated
        if fact not in known
    )


def _check_parts(reader: CatalogReader, texts: _Texts, sheet: Sheet) -> Iterator[str]:
    """Yield faults of first lines and of differing figures, and of answers that also abstain."""
    notes = {note.number: note for note in sheet.notes}
    for number, part in enumerate(sheet.parts, 1):
        prefix = _prefix(sheet, number)
        if part.abstention and (part.paragraphs or (sheet.name is None and notes)):
            yield f"{prefix}it has both an answer and a reason for having none: “{part.abstention}”"
        for found in part.differences:
            for row in found.rows:
                yield from _unfounded(reader, row, notes.get(row[-1]))
        line = part.first_line
        if line is not None and line not in _first_lines(reader, texts, part, notes):
            yield f"{prefix}its first line, “{line.value}”, is not a cell of the row that it cites"


def _unfounded(reader: CatalogReader, row: tuple[str, str, str, int], note: Note | None) -> Iterator[str]:
    value, source, date, number = row
    table = f"the table of different figures has “{value}”"
    if note is None or not has_figure(value, note.quote):
        yield f"{table}, which is not in footnote {number}"
    if note is None or (record := _cited_document(reader, note.cited)) is None:
        return
    if _SUPERSEDED.sub("", source) != visible(record.title):
        yield f"{table} of “{source}”, which is not the source of footnote {number}"
    if date != visible(date_or_undated(record.published)):
        yield f"{table} with the date “{date}”, which is not that of footnote {number}"


def has_figure(value: str, quote: str) -> bool:
    """Return whether a quote contains a figure as a whole: 310 and 10.5 do not contain 10."""
    return bool(value) and regex.search(f"{_BEFORE}{escape(value)}{_AFTER}", quote) is not None


def _first_lines(
    reader: CatalogReader, texts: _Texts, part: Part, notes: Mapping[int, Note]
) -> Iterator[FirstLine]:
    """Only rows of the table that the first footnote cites count; none do if it cites no row of a table."""
    rows: list[TableRow] = []
    for number in dict.fromkeys(number for sentence in part.sentences for number in sentence.footnotes):
        row = _row_of(reader, texts, notes[number].cited) if number in notes else None
        if row is None and not rows:
            return
        if row is not None and (not rows or (row.text, row.header) == (rows[0].text, rows[0].header)):
            rows.append(row)
    yield from map(first_line, possible_headlines(part.question, rows))


def _row_of(reader: CatalogReader, texts: _Texts, cited: Citation) -> TableRow | None:
    if not 0 <= cited.start <= cited.end or (record := _cited_document(reader, cited)) is None:
        return None
    text, span = texts(record.document_id, record.version).text, Span(cited.start, cited.end)
    for table in tables(text):
        if table.span.covers(span) and span.start >= table.header.end:
            return TableRow(text, record.language, table.header, span, record.title)
    return None
