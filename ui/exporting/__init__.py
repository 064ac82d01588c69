"""An answer as a file that can be carried away, and read back: Markdown, HTML, Word and JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rag.answers import Answer
from rag.kept_answers import AnswerFormError, load
from rag.rechecking import Claim, Footnote
from ui.exporting.manifest import NotExportedError
from ui.exporting.reading import Exported, Row
from ui.exporting.sheet import Digests, Sheet, digests_of, facts, lay_out

__all__ = [
    "FORMATS",
    "Digests",
    "Exported",
    "Format",
    "NotExportedError",
    "digests_of",
    "export",
    "facts",
    "format_of",
    "read_export",
    "sheet_as_read",
]


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: its suffix, without the dot, other suffixes that mean the same, and its media type."""

    suffix: str
    also: tuple[str, ...]
    media_type: str


MARKDOWN = Format("md", ("markdown",), "text/markdown; charset=utf-8")
HTML = Format("html", ("htm",), "text/html; charset=utf-8")
DOCX = Format("docx", (), "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
FORMATS = (MARKDOWN, HTML, DOCX)

_JSON = "json"


def format_of(suffix: str) -> Format | None:
    """The format of a suffix, without the dot, in any case; None where there is none."""
    wanted = suffix.lower()
    return next((each for each in FORMATS if wanted == each.suffix or wanted in each.also), None)


def export(answer: Answer, form: Format, digests: Digests) -> bytes:
    """An answer as a file.

    Args:
        answer: the answer.
        form: which kind of file.
        digests: of the files that it cites, as :func:`digests_of` finds them.
    """
    sheet = lay_out(answer, digests)
    if form is MARKDOWN:
        from ui.exporting.markdown import write_markdown

        return write_markdown(sheet)
    if form is HTML:
        from ui.exporting.html import write_html

        return write_html(sheet)
    from ui.exporting.docx import write_docx

    return write_docx(sheet)


def read_export(data: bytes, path: Path) -> Exported:
    """What a reader sees of an exported answer, or of an answer in JSON.

    Args:
        data: the file's content.
        path: its name, whose suffix says what it is.

    Raises:
        NotExportedError: if it is neither.
    """
    suffix = path.suffix.removeprefix(".").lower()
    form = format_of(suffix)
    if suffix == _JSON:
        return _read_json(data)
    if form is MARKDOWN:
        from ui.exporting.markdown import read_markdown

        return read_markdown(data)
    if form is HTML:
        from ui.exporting.html_reading import read_html

        return read_html(data)
    if form is DOCX:
        from ui.exporting.docx_reading import read_docx_export

        return read_docx_export(data)
    known = ", ".join(f".{each.suffix}" for each in FORMATS)
    raise NotExportedError(f"its name ends in none of {known} and .{_JSON}")


def sheet_as_read(sheet: Sheet) -> Exported:
    """What a reader sees of a sheet, whatever it is printed as."""
    claims = tuple(
        Claim(sentence.text, sentence.footnotes, sentence.verdict)
        for paragraph in sheet.paragraphs
        for sentence in paragraph
    )
    places = {entry.number: entry.place for entry in sheet.manifest.footnotes}
    footnotes = tuple(
        Footnote(note.number, note.quote, note.headings, note.attribution, places[note.number])
        for note in sheet.notes
    )
    rows = tuple(Row(found.about, *row) for found in sheet.differences for row in found.rows)
    return Exported(sheet.question, sheet.abstention or "", claims, footnotes, rows, sheet.manifest)


def _read_json(data: bytes) -> Exported:
    try:
        answer = load(data)
    except AnswerFormError as error:
        raise NotExportedError(f"it is {error}") from error
    # It has no part for programs, which could differ from what is read.
    return replace(sheet_as_read(lay_out(answer, {})), manifest=None)
