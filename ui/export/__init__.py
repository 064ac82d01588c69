"""Exports answers and conversations as Markdown, HTML or Word files, and reads such files and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag.answers import Answer, Verdict
from rag.conversations import Claim, Footnote, load
from rag.errors import AnswerFormError
from ui.errors import NotExportedError
from ui.export.exported_answers import Digests, Sheet, digests_of, facts, lay_out, lay_out_conversation
from ui.export.reader import Exported, ReadAnswer, Row
from ui.words import DOUBTS

__all__ = [
    "FORMATS",
    "HTML",
    "Digests",
    "Exported",
    "Format",
    "NotExportedError",
    "digests_of",
    "export",
    "export_conversation",
    "facts",
    "format_of",
    "read_export",
    "sheet_as_read",
]


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its suffix without the dot, equivalent suffixes, and its media type."""

    suffix: str
    also: tuple[str, ...]
    media_type: str


MARKDOWN = Format("md", ("markdown",), "text/markdown; charset=utf-8")
HTML = Format("html", ("htm",), "text/html; charset=utf-8")
DOCX = Format("docx", (), "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
FORMATS = (MARKDOWN, HTML, DOCX)

_JSON = "json"


def format_of(suffix: str) -> Format | None:
    """Return the format with this suffix, given without the dot and in any case; None if there is none."""
    wanted = suffix.lower()
    return next((each for each in FORMATS if wanted == each.suffix or wanted in each.also), None)


def export(answer: Answer, form: Format, digests: Digests) -> bytes:
    """Return an answer as a file.

    Args:
        answer: the answer.
        form: the format.
        digests: the digests of the cited files, from :func:`digests_of`.
    """
    return _written(lay_out(answer, digests), form)


def export_conversation(
    conversation_id: str, name: str, answers: Sequence[Answer], form: Format, digests: Digests
) -> bytes:
    """Return the answers of a conversation as one file.

    Args:
        conversation_id: the conversation's id.
        name: the title of the file.
        answers: the conversation's answers in order; at least one.
        form: the format.
        digests: the digests of the cited files, from :func:`digests_of`.
    """
    return _written(lay_out_conversation(conversation_id, name, answers, digests), form)


def _written(sheet: Sheet, form: Format) -> bytes:
    if form is MARKDOWN:
        from ui.export.markdown import write_markdown

        return write_markdown(sheet)
    if form is HTML:
        from ui.export.html import write_html

        return write_html(sheet)
    from ui.export.docx import write_docx

    return write_docx(sheet)


def read_export(data: bytes, path: Path) -> Exported:
    """Read the visible text of an answer or conversation from an exported file or from JSON.

    Args:
        data: the content of the file.
        path: the name of the file, whose suffix names the format.

    Raises:
        NotExportedError: if the file has no exported answer or conversation.
    """
    suffix = path.suffix.removeprefix(".").lower()
    form = format_of(suffix)
    if suffix == _JSON:
        return _read_json(data)
    if form is MARKDOWN:
        from ui.export.markdown import read_markdown

        return read_markdown(data)
    if form is HTML:
        from ui.export.html import read_html

        return read_html(data)
    if form is DOCX:
        from ui.export.docx_reader import read_docx_export

        return read_docx_export(data)
    known = ", ".join(f".{each.suffix}" for each in FORMATS)
    raise NotExportedError(f"its name ends in none of {known} and .{_JSON}")


def sheet_as_read(sheet: Sheet) -> Exported:
    """Return what :func:`read_export` would return for a file exported from ``sheet``.

    No file is written. The verdict ``quoted`` becomes ``supported``, because Markdown, HTML and Word files
    show no label for either of the two.
    """
    return _as_read(sheet, lambda verdict: verdict if DOUBTS[verdict] else "supported")


def _as_read(sheet: Sheet, shown: Callable[[Verdict], Verdict]) -> Exported:
    """Return the visible text of the exported answers in ``sheet``.

    Args:
        sheet: the exported answers.
        shown: maps a sentence's stored verdict to the verdict visible in this file format.
    """
    answers = tuple(
        ReadAnswer(
            part.question,
            part.abstention or "",
            tuple(
                Claim(sentence.text, sentence.footnotes, shown(sentence.verdict))
                for paragraph in part.paragraphs
                for sentence in paragraph
            ),
            tuple(Row(found.about, *row) for found in part.differences for row in found.rows),
            part.first_line,
        )
        for part in sheet.parts
    )
    places = {entry.number: entry.place for entry in sheet.manifest.footnotes}
    footnotes = tuple(
        Footnote(note.number, note.quote, note.headings, note.attribution, places[note.number])
        for note in sheet.notes
    )
    return Exported(sheet.name, answers, footnotes, sheet.manifest)


def _read_json(data: bytes) -> Exported:
    try:
        sheet = _sheet_of_json(data)
    except AnswerFormError as error:
        raise NotExportedError(f"it is {error}") from error
    # JSON shows every verdict, and has no manifest.
    return replace(_as_read(sheet, lambda verdict: verdict), manifest=None)


def _sheet_of_json(data: bytes) -> Sheet:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        fields = None
    answers = fields.get("answers") if isinstance(fields, dict) else None
    if not isinstance(answers, list) or not answers:
        return lay_out(load(data), {})
    return lay_out_conversation(
        "", str(fields.get("name") or ""), [load(json.dumps(answer)) for answer in answers], {}
    )
