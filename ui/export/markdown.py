"""Answers → Markdown: sentences with footnotes as GitHub, Pandoc and Obsidian read them, one a line.

Words of documents and persons are escaped so that none of them is markup. What programs need stands in one
comment at the end, which no view shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ui.export.sheet import (
    ABOUT,
    COLUMNS,
    DIFFERENCES,
    HEADINGS,
    NO_ANSWER,
    REMARKS,
    Difference,
    Note,
    Part,
    Sentence,
    Sheet,
)
from ui.words import DOUBTS

_ACTIVE = re.compile(r"[\\`*_{}\[\]<>#|~&$^@]|[=+](?=[=+])|(?<=[=+])[=+]|:(?=//|[A-Za-z_][\w-]*:)", re.ASCII)
"""What can be markup in CommonMark, GitHub's additions, or the extensions of usual viewers."""

_AT_START = re.compile(r"[-+=:]|[0-9]{1,9}(?=[.)])")
"""What begins a list, a rule or a definition at the start of a line."""

_SITE = re.compile(r"(?<=www)\.", re.IGNORECASE)
"""GitHub makes a link of a name that begins with www."""

HEAD = (f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|")
"""The first two lines of a table of different figures."""


def escape_markdown(words: str) -> str:
    """``words``, which are on one line, so that Markdown shows them as they are, wherever they stand."""
    escaped = _SITE.sub(r"\\.", _ACTIVE.sub(r"\\\g<0>", words))
    start = _AT_START.match(escaped)
    if start is None:
        return escaped
    begun = start.group()
    return f"\\{escaped}" if not begun.isdigit() else f"{begun}\\{escaped[len(begun) :]}"


def write_markdown(sheet: Sheet) -> bytes:
    """A sheet as a Markdown file."""
    blocks = [] if sheet.name is None else [f"# {escape_markdown(sheet.name)}"]
    for part in sheet.parts:
        blocks += _part(part, level=1 if sheet.name is None else 2)
    blocks += map(_note, sheet.notes)
    blocks.append(f"<!-- footnoted {sheet.manifest.to_json()} -->")
    return ("\n\n".join(blocks) + "\n").encode()


def _part(part: Part, level: int) -> Iterator[str]:
    """The blocks of an answer, whose question is a heading of a level."""
    section = "#" * (level + 1)
    yield f"{'#' * level} {escape_markdown(part.question)}"
    if part.abstention is not None:
        yield from (f"{section} {NO_ANSWER}", escape_markdown(part.abstention))
    yield from ("\n".join(map(_sentence, paragraph)) for paragraph in part.paragraphs)
    if part.remarks:
        lines = "\n".join(f"- {escape_markdown(line)}" for line in part.remarks)
        yield from (f"{section} {REMARKS}", lines)
    if part.differences:
        yield f"{section} {DIFFERENCES}"
        yield from map(_difference, part.differences)
    facts = "\n".join(f"- {name}: {escape_markdown(value)}" for name, value in part.colophon)
    yield from (f"{section} {ABOUT}", facts)


def _sentence(sentence: Sentence) -> str:
    words = escape_markdown(sentence.text)
    if sentence.verdict == "unsupported":
        words = f"~~{words}~~"
    doubt = DOUBTS[sentence.verdict]
    return words + _marks(sentence.footnotes) + (f" *{doubt}*" if doubt else "")


def _marks(numbers: Sequence[int]) -> str:
    return "".join(f"[^{number}]" for number in numbers)


def _difference(difference: Difference) -> str:
    rows = (
        f"| {' | '.join(map(escape_markdown, words))} | {_marks((number,))} |"
        for *words, number in difference.rows
    )
    return "\n".join([f"{escape_markdown(difference.about)}\n", *HEAD, *rows])


def _note(note: Note) -> str:
    lines = [f"“{escape_markdown(note.quote)}”"]
    if note.headings is not None:
        lines.append(f"{HEADINGS}{escape_markdown(note.headings)}")
    lines.append(f"— {escape_markdown(note.attribution)}")
    return f"[^{note.number}]: " + "\n    ".join(lines)
