"""Reads plain text as a Document: unchanged, except for the line breaks of hard-wrapped paragraphs."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from index.documents import Document
from index.errors import LoadError
from index.loaders.decoding import decode
from index.loaders.front_matter import split_front_matter
from index.loaders.metadata import assemble, title_of_line
from index.loaders.options import DEFAULTS, Options

MIN_WRAPPED_CHARACTERS = 45
"""The least width at which a program wraps lines; a shorter line was not wrapped."""

MAX_WRAPPED_CHARACTERS = 120
"""The largest width at which a program wraps lines; a longer line is a whole paragraph."""

_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_SENTENCE_END = re.compile(r"[.!?:;…。！？；：።។။][\"'”’»)\]]*\s*\Z")
_OWN_LINE = re.compile(
    r"\s*(?:[-–—*•·▪‣◦+>|#=~]|[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)\]:]\s)"  # items, quotes, headings
    r"|\s{4,}\S"  # indented: a new paragraph, or set out in columns
)
_COLUMNS = re.compile(r"\S(?:\t|\s{3,})\S")


def read_text(data: bytes, path: Path, _options: Options = DEFAULTS) -> Document:
    """Read a plain text file as a document.

    The document holds the text after the front matter. Inside a hard-wrapped paragraph, each character of a
    line break becomes one space, so that all offsets stay the same.

    Raises:
        LoadError: if the file is binary, cannot be decoded, has invalid front matter, or holds no text.
    """
    properties, body = split_front_matter(decode(data, path), path)
    if not body.strip():
        raise LoadError(path, "is empty: it holds only front matter", "save it again with its text")
    text = unwrap(body)
    return assemble(path, "text", text, properties, origin="front matter", heading=title_of_line(body))


def unwrap(text: str) -> str:
    """Replace the line breaks inside hard-wrapped paragraphs by spaces; the text keeps its length."""
    out: list[str] = []
    paragraph: list[tuple[str, str]] = []
    for match in _LINE.finditer(text):
        line, line_break = match.groups()
        paragraph.append((line, line_break))
        if not line.strip():
            out += _unwrapped(paragraph)
            paragraph = []
    return "".join(out + _unwrapped(paragraph))


def _unwrapped(paragraph: list[tuple[str, str]]) -> list[str]:
    """Return the lines of a paragraph, each followed by its line break or by the spaces that replace it.

    A line was wrapped if the first word of the next line would not have fitted before the margin. The margin
    is the length of the longest line that contains a space. A paragraph is hard-wrapped if most of its lines
    were wrapped and the margin is narrow enough.
    """
    margin = max((len(line) for line, _ in paragraph if " " in line), default=0)
    breaks = [
        _is_wrapped(line, following, margin)
        for (line, _), (following, _) in pairwise(paragraph)
        if following.strip()
    ]
    hard_wrapped = margin <= MAX_WRAPPED_CHARACTERS and 2 * sum(breaks) > len(breaks)
    pieces: list[str] = []
    for number, (line, line_break) in enumerate(paragraph):
        wrapped = hard_wrapped and number < len(breaks) and breaks[number]
        pieces += [line, " " * len(line_break) if wrapped else line_break]
    return pieces


def _is_wrapped(line: str, following: str, margin: int) -> bool:
    if len(line) < MIN_WRAPPED_CHARACTERS or _SENTENCE_END.search(line):
        return False
    if _OWN_LINE.match(following) or _COLUMNS.search(line) or _COLUMNS.search(following):
        return False
    first_word = following.split(maxsplit=1)[0]
    return len(line.rstrip()) + 1 + len(first_word) > margin
