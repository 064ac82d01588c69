"""Writes exported answers as Markdown, with the footnotes of GitHub, Pandoc and Obsidian; text is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ui.export import exported_answers as sheets
from ui.words import DOUBTS

# Characters that can be markup in CommonMark, or in an extension of GitHub or of a common viewer.
_ACTIVE = re.compile(r"[\\`*_{}\[\]<>#|~&$^@]|[=+](?=[=+])|(?<=[=+])[=+]|:(?=//|[A-Za-z_][\w-]*:)", re.ASCII)
# The start of a list, a rule or a definition at the start of a line.
_AT_START = re.compile(r"[-+=:]|[0-9]{1,9}(?=[.)])")
# The dot after *www*. GitHub would turn a name that begins with *www.* into a link.
_SITE = re.compile(r"(?<=www)\.", re.IGNORECASE)


def escape_markdown(words: str) -> str:
    """Return ``words``, a single line, escaped so that Markdown shows them literally at any position."""
    escaped = _SITE.sub(r"\\.", _ACTIVE.sub(r"\\\g<0>", words))
    start = _AT_START.match(escaped)
    if start is None:
        return escaped
    begun = start.group()
    return f"\\{escaped}" if not begun.isdigit() else f"{begun}\\{escaped[len(begun) :]}"


def write_markdown(sheet: sheets.Sheet) -> bytes:
    blocks = [] if sheet.name is None else [f"# {escape_markdown(sheet.name)}"]
    for part in sheet.parts:
        blocks += _part(part, level=1 if sheet.name is None else 2)
    blocks += map(_note, sheet.notes)
    return ("\n\n".join(blocks) + "\n").encode()


def _part(part: sheets.Part, level: int) -> Iterator[str]:
    section = "#" * (level + 1)
    yield f"{'#' * level} {escape_markdown(part.question)}"
    if part.abstention is not None:
        yield from (f"{section} {sheets.NO_ANSWER}", escape_markdown(part.abstention))
    if part.missing is not None:
        yield f"*{escape_markdown(part.missing)}*"
    if part.first_line is not None:
        value, details = escape_markdown(part.first_line.value), escape_markdown(part.first_line.details)
        yield f"**{value}** {details}".rstrip()
    yield from ("\n".join(map(_sentence, paragraph)) for paragraph in part.paragraphs)
    if part.remarks:
        lines = "\n".join(f"- {escape_markdown(line)}" for line in part.remarks)
        yield from (f"{section} {sheets.REMARKS}", lines)
    if part.differences:
        yield f"{section} {sheets.DIFFERENCES}"
        yield from map(_difference, part.differences)
    facts = "\n".join(f"- {name}: {escape_markdown(value)}" for name, value in part.colophon)
    yield from (f"{section} {sheets.ABOUT}", facts)


def _sentence(sentence: sheets.Sentence) -> str:
    words = escape_markdown(sentence.words)
    if sentence.verdict == "unsupported":
        words = f"~~{words}~~"
    doubt = DOUBTS[sentence.verdict]
    return words + _marks(sentence.footnotes) + (f" *{doubt}*" if doubt else "")


def _marks(numbers: Sequence[int]) -> str:
    return "".join(f"[^{number}]" for number in numbers)


def _difference(difference: sheets.Difference) -> str:
    rows = (
        f"| {' | '.join(map(escape_markdown, words))} | {_marks((number,))} |"
        for *words, number in difference.rows
    )
    head = f"| {' | '.join(sheets.COLUMNS)} |", "|---" * len(sheets.COLUMNS) + "|"
    return "\n".join([f"{escape_markdown(difference.about)}\n", *head, *rows])


def _note(note: sheets.Note) -> str:
    lines = [escape_markdown(note.words)]
    if note.headings is not None:
        lines.append(f"{sheets.HEADINGS}{escape_markdown(note.headings)}")
    lines.append(f"— {escape_markdown(note.attribution)}")
    return f"[^{note.number}]: " + "\n    ".join(lines)
