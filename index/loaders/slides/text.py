"""Reads the visible text of paragraphs on slides (DrawingML; ECMA-376, part 1, 21.1.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import regex

from index.loaders.blocks import flow
from index.loaders.equations import from_word, is_equation
from index.loaders.numerals import written_number
from index.loaders.superscripts import superscript
from index.loaders.symbols import in_font

if TYPE_CHECKING:
    from lxml.etree import _Element as Element
    from pptx.text.text import TextFrame

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_EQUATION = "{http://schemas.microsoft.com/office/drawing/2010/main}m"
_ALTERNATIVES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"

_RAISED = regex.compile(r"0*[1-9][0-9]*(?:\.[0-9]+)?%?")
_NUMBERED = regex.compile(r"(arabic|alphaLc|alphaUc|romanLc|romanUc)(Period|ParenR|ParenBoth|Plain)")
_KINDS = {
    "arabic": "decimal",
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
}
_SHAPES = {"Period": "{}. ", "ParenR": "{}) ", "ParenBoth": "({}) ", "Plain": "{} "}


def choose(root: Element) -> None:
    """Keep only the version for newer programs of content that a slide has in two versions."""
    for alternatives in list(root.iter(_ALTERNATIVES)):
        parent, choice = alternatives.getparent(), next(alternatives.iterchildren(_CHOICE), None)
        if parent is None:
            continue
        for shown in list(choice) if choice is not None else ():
            alternatives.addprevious(shown)
        parent.remove(alternatives)


def lines_of(frame: TextFrame) -> Iterator[str]:
    """Yield the lines of a text; an item of a numbered list begins with its number."""
    counts: dict[int, int] = {}
    for paragraph in frame._txBody.iterfind(f"{_A}p"):
        words = "".join(_words(paragraph)).replace("\v", "\n")
        lines = [line for line in map(flow, words.split("\n")) if line]
        if lines:
            marker = _marker(paragraph, counts)
            yield from (line if number else marker + line for number, line in enumerate(lines))


def _marker(paragraph: Element, counts: dict[int, int]) -> str:
    """Return the number of an item of a numbered list, such as ``2. ``; empty for other paragraphs.

    ``counts`` holds the last number on each level; this function updates it.
    """
    properties = paragraph.find(f"{_A}pPr")
    level = int(properties.get("lvl", "0")) if properties is not None else 0
    for deeper in [one for one in counts if one > level]:
        del counts[deeper]
    numbered = properties.find(f"{_A}buAutoNum") if properties is not None else None
    named = _NUMBERED.fullmatch(numbered.get("type", "")) if numbered is not None else None
    if numbered is None or named is None:
        counts.pop(level, None)
        return ""
    counts[level] = counts.get(level, int(numbered.get("startAt", "1")) - 1) + 1
    return _SHAPES[named[2]].format(written_number(counts[level], _KINDS[named[1]]))


def _words(paragraph: Element) -> Iterator[str]:
    for child in paragraph:
        if child.tag in {f"{_A}r", f"{_A}fld"}:
            yield _run(child)
        elif child.tag == f"{_A}br":
            yield "\n"
        elif child.tag == _EQUATION:
            yield "".join(from_word(one, lambda _: "") for one in child if is_equation(one))


def _run(run: Element) -> str:
    text, properties = run.findtext(f"{_A}t") or "", run.find(f"{_A}rPr")
    if properties is None:
        return in_font(text, None)
    fonts = {
        name: one.get("typeface")
        for name in ("latin", "sym")
        if (one := properties.find(_A + name)) is not None
    }
    # The symbol font applies only to characters of the private use area.
    private = not text.isascii() and "sym" in fonts
    shown = in_font(text, fonts["sym"] if private else fonts.get("latin"))
    return superscript(shown) if _RAISED.fullmatch(properties.get("baseline", "")) else shown
