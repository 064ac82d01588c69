"""A Markdown file that answers were exported to → what a reader sees of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ui.errors import NotExportedError
from ui.export.manifest import read_manifest
from ui.export.reading import Exported, Gathered, Piece, Row, footnote_of, whole_answers
from ui.export.sheet import COLUMNS, DIFFERENCES, LISTS, NO_ANSWER, SECTIONS

_MARKUP = re.compile(r"\\.|\[\^(?P<mark>\d{1,6})\]|(?P<strike>~~)|(?P<aside>\*\([^*\\]*\)\*)", re.DOTALL)
_DEFINITION = re.compile(r"\[\^(\d{1,6})\]:[ \t]*(.*)")
_COMMENT = re.compile(r"<!-- footnoted (.*) -->\s*")
_MARK = re.compile(r"\[\^(\d{1,6})\]")
_ROW_LINE = re.compile(r"\|(.*)\|\s*")
_RULE = re.compile(r"\|[-:| ]*\|\s*")
_CELL_END = re.compile(r"(?<!\\)(?:\\\\)*\|")

_INLINE = MarkdownIt("commonmark", {"html": False})


def read_markdown(data: bytes) -> Exported:
    """What a reader sees of a Markdown file that :func:`write_markdown` wrote.

    Raises:
        NotExportedError: if it is none.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotExportedError("it is no text in UTF-8") from error
    lines = text.replace("\r\n", "\n").split("\n")
    comments = [found.group(1) for line in lines if (found := _COMMENT.fullmatch(line))]
    if len(comments) != 1:
        what = "has no comment for programs at its end" if not comments else "has more than one answer"
        raise NotExportedError(f"it {what}")
    manifest = read_manifest(comments[0])
    body, definitions = _parted(line for line in lines if not _COMMENT.fullmatch(line))
    parts, outside = [_read_part(body, level=1)], Gathered()
    if manifest.whole is not None:
        before, *chunks = _chunks(body)
        parts, outside = [_read_part(chunk, level=2) for chunk in chunks], _read_part(before, level=1)
    return Exported(
        None if manifest.whole is None else outside.question,
        whole_answers(parts, outside.pieces),
        tuple(footnote_of(number, own, manifest) for number, own in definitions),
        manifest,
    )


def _parted(lines: Iterator[str]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The lines outside of footnotes, and the words of the lines of each footnote."""
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


def _chunks(lines: Sequence[str]) -> list[list[str]]:
    """The lines before the first question of a conversation, and those of each question."""
    chunks: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("## "):
            chunks.append([])
        chunks[-1].append(line)
    return chunks


def _read_part(lines: Sequence[str], level: int) -> Gathered:
    """An answer, whose question is a heading of a level.

    What is nothing else is taken for a line of the answer: it is checked as that.
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
        elif heading is not None or line.startswith(("# ", title)):
            # Somebody else's: what stands below it is looked at.
            section = ""
            _look_at(part, line.lstrip("#").strip())
        elif section == DIFFERENCES:
            differences.append(line)
        elif section == NO_ANSWER:
            part.abstention.append(_words(line))
        elif section not in LISTS or (line.strip() and not line.startswith("- ")):
            _look_at(part, line)
    _read_differences(part, differences)
    return part


def _look_at(part: Gathered, line: str) -> None:
    part.pieces += [*_read_line(line), Piece("break")]


def _read_differences(part: Gathered, lines: Sequence[str]) -> None:
    """The tables of different figures: a line that says of what, a head, and the rows.

    A line that is none of these where it stands is one of the answer.
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
                _look_at(part, line)


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
    """What is read of a line of Markdown, whatever is emphasised or linked in it."""
    leading, trailing = raw[: len(raw) - len(raw.lstrip())], raw[len(raw.rstrip()) :]
    [inline] = _INLINE.parseInline(raw) or [Token("inline", "", 0)]
    return leading + "".join(map(_shown, inline.children or ())) + trailing


def _shown(token: Token) -> str:
    return " " if token.type in {"softbreak", "hardbreak"} else token.content
