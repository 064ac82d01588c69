"""Writes exported answers as Markdown, and reads the visible text of such a file.

Footnotes have the syntax that GitHub, Pandoc and Obsidian support; each sentence is on its own line. Text
from documents and users is escaped; a comment at the end, which no viewer shows, contains the manifest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from rag.visible_text import visible
from ui.errors import NotExportedError
from ui.export.exported_answers import (
    ABOUT,
    COLUMNS,
    DIFFERENCES,
    HEADINGS,
    LISTS,
    NO_ANSWER,
    REMARKS,
    SECTIONS,
    Difference,
    FirstLine,
    Note,
    Part,
    Sentence,
    Sheet,
)
from ui.export.manifest import read_manifest
from ui.export.reader import Exported, Gathered, Piece, Row, footnote_of, whole_answers
from ui.words import DOUBTS

_ACTIVE = re.compile(r"[\\`*_{}\[\]<>#|~&$^@]|[=+](?=[=+])|(?<=[=+])[=+]|:(?=//|[A-Za-z_][\w-]*:)", re.ASCII)
"""Characters that can be markup in CommonMark, or in an extension of GitHub or of a common viewer."""

_AT_START = re.compile(r"[-+=:]|[0-9]{1,9}(?=[.)])")
"""The start of a list, a rule or a definition at the start of a line."""

_SITE = re.compile(r"(?<=www)\.", re.IGNORECASE)
"""The dot after *www*. GitHub would turn a name that begins with *www.* into a link."""

HEAD = (f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|")
"""The first two lines of a table of different figures."""


def escape_markdown(words: str) -> str:
    """Return ``words``, a single line, escaped so that Markdown shows them literally at any position."""
    escaped = _SITE.sub(r"\\.", _ACTIVE.sub(r"\\\g<0>", words))
    start = _AT_START.match(escaped)
    if start is None:
        return escaped
    begun = start.group()
    return f"\\{escaped}" if not begun.isdigit() else f"{begun}\\{escaped[len(begun) :]}"


def write_markdown(sheet: Sheet) -> bytes:
    """Return a Markdown file in UTF-8 with the answers in ``sheet``."""
    blocks = [] if sheet.name is None else [f"# {escape_markdown(sheet.name)}"]
    for part in sheet.parts:
        blocks += _part(part, level=1 if sheet.name is None else 2)
    blocks += map(_note, sheet.notes)
    blocks.append(f"<!-- footnoted {sheet.manifest.to_json()} -->")
    return ("\n\n".join(blocks) + "\n").encode()


def _part(part: Part, level: int) -> Iterator[str]:
    """Yield the blocks of an answer; its question is a heading of ``level``."""
    section = "#" * (level + 1)
    yield f"{'#' * level} {escape_markdown(part.question)}"
    if part.abstention is not None:
        yield from (f"{section} {NO_ANSWER}", escape_markdown(part.abstention))
    if part.first_line is not None:
        value, details = escape_markdown(part.first_line.value), escape_markdown(part.first_line.details)
        yield f"**{value}** {details}".rstrip()
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


_MARKUP = re.compile(r"\\.|\[\^(?P<mark>\d{1,6})\]|(?P<strike>~~)|(?P<aside>\*\([^*\\]*\)\*)", re.DOTALL)
_FIRST_LINE = re.compile(r"\*\*((?:\\.|[^*\\])+)\*\*(?: (.*))?")
_DEFINITION = re.compile(r"\[\^(\d{1,6})\]:[ \t]*(.*)")
_COMMENT = re.compile(r"<!-- footnoted (.*) -->\s*")
_MARK = re.compile(r"\[\^(\d{1,6})\]")
_ROW_LINE = re.compile(r"\|(.*)\|\s*")
_RULE = re.compile(r"\|[-:| ]*\|\s*")
_CELL_END = re.compile(r"(?<!\\)(?:\\\\)*\|")

_INLINE = MarkdownIt("commonmark", {"html": False})


def read_markdown(data: bytes) -> Exported:
    """Return the visible text of a Markdown file that :func:`write_markdown` wrote.

    Raises:
        NotExportedError: if the file is not in UTF-8, or does not have one valid manifest.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotExportedError("it is not text in UTF-8") from error
    lines = text.replace("\r\n", "\n").split("\n")
    comments = [found.group(1) for line in lines if (found := _COMMENT.fullmatch(line))]
    if len(comments) != 1:
        what = "has no manifest at its end" if not comments else "has more than one answer"
        raise NotExportedError(f"it {what}")
    manifest = read_manifest(comments[0])
    body, definitions = _split_footnotes(line for line in lines if not _COMMENT.fullmatch(line))
    parts, outside = [_read_part(body, level=1)], Gathered()
    if manifest.conversation is not None:
        before, *chunks = _split_questions(body)
        parts, outside = [_read_part(chunk, level=2) for chunk in chunks], _read_part(before, level=1)
    return Exported(
        None if manifest.conversation is None else outside.question,
        whole_answers(parts, outside.pieces),
        tuple(footnote_of(number, own, manifest) for number, own in definitions),
        manifest,
    )


def _split_footnotes(lines: Iterator[str]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the lines outside of footnotes, and the number and the visible lines of each footnote."""
    body: list[str] = []
    notes: list[tuple[int, list[str]]] = []
    inside = False
    for line in lines:
        if found := _DEFINITION.fullmatch(line):
            notes.append((int(found.group(1)), [_words(found.group(2))]))
            inside = True
        elif inside and line.strip() and line.startswith((" ", "\t")):
            notes[-1][1].append(_words(line.strip()))
        else:
            inside = inside and not line.strip()
            body.append(line)
    return body, notes


def _split_questions(lines: Sequence[str]) -> list[list[str]]:
    """Return the lines before the first question of a conversation, then the lines of each question."""
    chunks: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("## "):
            chunks.append([])
        chunks[-1].append(line)
    return chunks


def _read_part(lines: Sequence[str], level: int) -> Gathered:
    """Read an answer; its question is a heading of ``level``.

    An unknown line counts as text of the answer, so that no visible text goes unchecked.
    """
    part = Gathered()
    asked, section = False, ""
    differences: list[str] = []
    title, below = f"{'#' * level} ", f"{'#' * (level + 1)} "
    for line in lines:
        heading = _words(line.removeprefix(below).strip()) if line.startswith(below) else None
        if not asked and line.startswith(title):
            asked, part.question = True, _words(line.removeprefix(title).strip())
        elif heading in SECTIONS:
            section = heading or ""
        elif not section and part.first_line is None and not part.has_text and _FIRST_LINE.fullmatch(line):
            part.first_line = _read_first_line(line)
        elif heading is not None or line.startswith(("# ", title)):
            # The heading is unknown, so the lines below it count as text of the answer.
            section = ""
            _add_line(part, line.lstrip("#").strip())
        elif section == DIFFERENCES:
            differences.append(line)
        elif section == NO_ANSWER:
            part.abstention.append(_words(line))
        elif section not in LISTS or (line.strip() and not line.startswith("- ")):
            _add_line(part, line)
    _read_differences(part, differences)
    return part


def _read_first_line(line: str) -> FirstLine | None:
    found = _FIRST_LINE.fullmatch(line)
    return FirstLine(visible(_words(found[1])), visible(_words(found[2] or ""))) if found else None


def _add_line(part: Gathered, line: str) -> None:
    part.pieces += [*_read_line(line), Piece("break")]


def _read_differences(part: Gathered, lines: Sequence[str]) -> None:
    """Read the tables with the figures that sources disagree on.

    A table has a caption, column headings above a rule, and rows. Any other line counts as text of the
    answer.
    """
    about, inside = "", False
    for at, line in enumerate(lines):
        if _is_head(lines[at : at + 2]):
            inside = True
        elif inside and _is_head(lines[at - 1 : at + 1]):
            continue
        elif inside and (row := _read_row(line, about)) is not None:
            part.rows.append(row)
        else:
            about = "" if inside else about
            inside = False
            following = [each for each in lines[at + 1 : at + 4] if each.strip()]
            if line.strip() and not line.startswith("|") and _is_head(following[:2]):
                about = _words(line.strip())
            elif line.strip():
                _add_line(part, line)


def _is_head(lines: Sequence[str]) -> bool:
    return len(lines) == 2 and _columns(lines[0]) == list(COLUMNS) and _RULE.fullmatch(lines[1]) is not None


def _read_line(line: str) -> Iterator[Piece]:
    struck, at, raw = False, 0, ""
    for found in _MARKUP.finditer(line):
        raw += line[at : found.start()]
        at = found.end()
        if found.lastgroup is None:
            raw += found.group()
            continue
        yield Piece("text", _words(raw), struck=struck)
        raw = ""
        if mark := found.group("mark"):
            yield Piece("mark", number=int(mark))
        elif found.group("strike"):
            struck = not struck
        else:
            yield Piece("aside", _words(found.group("aside")), struck=struck)
    yield Piece("text", _words(raw + line[at:]), struck=struck)


def _read_row(line: str, about: str) -> Row | None:
    cells = _columns(line)
    if len(cells) == len(COLUMNS) and (mark := _MARK.fullmatch(cells[-1])):
        value, source, date = map(_words, cells[:-1])
        return Row(about, value, source, date, int(mark.group(1)))
    return None


def _columns(line: str) -> list[str]:
    found = _ROW_LINE.fullmatch(line)
    return [cell.strip() for cell in _cells(found.group(1))] if found else []


def _cells(inside: str) -> Iterator[str]:
    at = 0
    for found in _CELL_END.finditer(inside):
        yield inside[at : found.end() - 1]
        at = found.end()
    yield inside[at:]


def _words(raw: str) -> str:
    """Return the visible text of a line of Markdown, without the signs for emphasis and links."""
    leading, trailing = raw[: len(raw) - len(raw.lstrip())], raw[len(raw.rstrip()) :]
    [inline] = _INLINE.parseInline(raw) or [Token("inline", "", 0)]
    return leading + "".join(map(_shown, inline.children or ())) + trailing


def _shown(token: Token) -> str:
    return " " if token.type in {"softbreak", "hardbreak"} else token.content
