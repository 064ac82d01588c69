"""An answer ↔ Markdown: sentences with footnotes as GitHub, Pandoc and Obsidian read them, one a line.

Words of documents and persons are escaped so that none of them is markup. What programs need stands in one
comment at the end, which no view shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from rag.wording import visible
from ui.exporting.manifest import NotExportedError, read_manifest
from ui.exporting.reading import Exported, Piece, Row, claims_of, footnote_of
from ui.exporting.sheet import (
    ABOUT,
    COLUMNS,
    DIFFERENCES,
    HEADINGS,
    LISTS,
    NO_ANSWER,
    REMARKS,
    SECTIONS,
    Difference,
    Note,
    Sentence,
    Sheet,
)
from ui.naming import DOUBTS

_ACTIVE = re.compile(r"[\\`*_{}\[\]<>#|~&$^@]|[=+](?=[=+])|(?<=[=+])[=+]|:(?=//|[A-Za-z_][\w-]*:)", re.ASCII)
"""What can be markup in CommonMark, GitHub's additions, or the extensions of usual viewers."""

_AT_START = re.compile(r"[-+=:]|[0-9]{1,9}(?=[.)])")
"""What begins a list, a rule or a definition at the start of a line."""

_SITE = re.compile(r"(?<=www)\.", re.IGNORECASE)
"""GitHub makes a link of a name that begins with www."""

_MARKUP = re.compile(r"\\.|\[\^(?P<mark>\d{1,6})\]|(?P<strike>~~)|(?P<aside>\*\([^*\\]*\)\*)", re.DOTALL)
_DEFINITION = re.compile(r"\[\^(\d{1,6})\]:[ \t]*(.*)")
_COMMENT = re.compile(r"<!-- footnoted (.*) -->\s*")
_MARK = re.compile(r"\[\^(\d{1,6})\]")
_ROW_LINE = re.compile(r"\|(.*)\|\s*")
_RULE = re.compile(r"\|[-:| ]*\|\s*")
_CELL_END = re.compile(r"(?<!\\)(?:\\\\)*\|")

_HEAD = (f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|")
"""The first two lines of a table of different figures."""

_INLINE = MarkdownIt("commonmark", {"html": False})


def escape_markdown(words: str) -> str:
    """``words``, which are on one line, so that Markdown shows them as they are, wherever they stand."""
    escaped = _SITE.sub(r"\\.", _ACTIVE.sub(r"\\\g<0>", words))
    start = _AT_START.match(escaped)
    if start is None:
        return escaped
    begun = start.group()
    return f"\\{escaped}" if not begun.isdigit() else f"{begun}\\{escaped[len(begun) :]}"


# Writing


def write_markdown(sheet: Sheet) -> bytes:
    """A sheet as a Markdown file."""
    blocks = [f"# {escape_markdown(sheet.question)}"]
    if sheet.abstention is not None:
        blocks += [f"## {NO_ANSWER}", escape_markdown(sheet.abstention)]
    blocks += ["\n".join(map(_sentence, paragraph)) for paragraph in sheet.paragraphs]
    if sheet.remarks:
        blocks += [f"## {REMARKS}", "\n".join(f"- {escape_markdown(line)}" for line in sheet.remarks)]
    if sheet.differences:
        blocks.append(f"## {DIFFERENCES}")
        blocks += map(_difference, sheet.differences)
    lines = (f"- {name}: {escape_markdown(value)}" for name, value in sheet.colophon)
    blocks += [f"## {ABOUT}", "\n".join(lines)]
    blocks += map(_note, sheet.notes)
    blocks.append(f"<!-- footnoted {sheet.manifest.to_json()} -->")
    return ("\n\n".join(blocks) + "\n").encode()


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
    return "\n".join([f"{escape_markdown(difference.about)}\n", *_HEAD, *rows])


def _note(note: Note) -> str:
    lines = [f"“{escape_markdown(note.quote)}”"]
    if note.headings is not None:
        lines.append(f"{HEADINGS}{escape_markdown(note.headings)}")
    lines.append(f"— {escape_markdown(note.attribution)}")
    return f"[^{note.number}]: " + "\n    ".join(lines)


# Reading


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
    read = _read_body(body)
    return Exported(
        read.question or "",
        visible(" ".join(read.abstention)),
        claims_of(read.pieces),
        tuple(footnote_of(number, own, manifest) for number, own in definitions),
        tuple(read.rows),
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


@dataclass(slots=True)
class _Body:
    """What stands outside of the footnotes."""

    question: str | None = None
    abstention: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def look_at(self, line: str) -> None:
        """Take a line for one of the answer: what is nothing else is checked as that."""
        self.pieces += [*_read_line(line), Piece("break")]


def _read_body(lines: Sequence[str]) -> _Body:
    body = _Body()
    section = ""
    differences: list[str] = []
    for line in lines:
        heading = _words(line[3:].strip()) if line.startswith("## ") else None
        if body.question is None and line.startswith("# "):
            body.question = _words(line[2:].strip())
        elif heading in SECTIONS:
            section = heading or ""
        elif heading is not None or line.startswith("# "):
            # Somebody else's: what stands below it is looked at.
            section = ""
            body.look_at(line.lstrip("#").strip())
        elif section == DIFFERENCES:
            differences.append(line)
        elif section == NO_ANSWER:
            body.abstention.append(_words(line))
        elif section not in LISTS or (line.strip() and not line.startswith("- ")):
            body.look_at(line)
    _read_differences(body, differences)
    return body


def _read_differences(body: _Body, lines: Sequence[str]) -> None:
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
            body.rows.append(row)
        else:
            about = "" if inside else about
            inside = False
            following = [each for each in lines[at + 1 : at + 4] if each.strip()]
            if line.strip() and not line.startswith("|") and _is_head(following[:2]):
                about = _words(line.strip())
            elif line.strip():
                body.look_at(line)


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
