"""Puts references to notes in HTML pages into ``sup`` elements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import regex

from index.loaders.blocks import flow
from index.loaders.superscripts import note_mark

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_MARK = regex.compile(r"(?:\p{Nd}{1,4}|[*∗†‡§¶#]{1,4}|\p{Ll}|[ivx]{1,6}|[A-Z])")
_NAMED = regex.compile(
    r"(?:foot|end)-?notes?[-_]?(?:ref|call|anchor|link|mark|num)|note-?ref|fn-?ref|(?:foot|end)notereference",
    regex.IGNORECASE,
)
"""Class names that mark an element as a reference to a note."""

_NO_REFERENCE = regex.compile(r"back|return", regex.IGNORECASE)
_RAISED_STYLE = regex.compile(
    r"vertical-align\s*:\s*(?:super|0*\.?[1-9][0-9.]*\s*(?:em|ex|%|pt))"
    r"|position\s*:\s*relative\s*;(?:[^;]*;)?\s*top\s*:\s*-0*[.1-9]",
    regex.IGNORECASE,
)
_CLASS = regex.compile(r"\.([\w-]+)(?:\s+a)?(?::link|:visited)?\s*$")
_SCHEME = regex.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ABBREVIATION = regex.compile(
    r"\b(?:fig|figs|eq|eqs|no|nos|p|pp|sec|art|tab|ch|chap|vol|para|nr|abb|ref|refs|app|s)\.\Z",
    regex.IGNORECASE,
)
_BETWEEN = regex.compile(r"[\s,;]*")
_KEPT_CHARACTERS = 20
_MOST_INSIDE = 4
"""The most elements inside a reference, so that very deep nesting costs little time."""

_WORD = "word"
"""The value of ``_PrecedingText.since_last`` at the start of a paragraph. It differs from "", which means
that a reference directly precedes the current position."""

_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd"}
    | {"label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt"}
    | {"u", "var", "wbr"}
)


@dataclass(slots=True)
class _PrecedingText:
    """The text of a paragraph before the current position in a page.

    Attributes:
        words: the last characters of this text.
        since_last: the last characters of this text that follow its most recent reference to a note.
    """

    words: str = ""
    since_last: str = _WORD

    def cross(self, element: HtmlElement) -> None:
        """At the start or end of a block element, forget the text, since a new paragraph begins there."""
        if element.tag not in _INLINE:
            self.words, self.since_last = "", _WORD

    def add(self, text: str | None) -> None:
        """Add the text that comes next on the page."""
        self.words = (self.words + (text or ""))[-_KEPT_CHARACTERS:]
        self.since_last = (self.since_last + (text or ""))[-_KEPT_CHARACTERS:]


def raise_references(page: HtmlElement, styles: Iterable[str] = ()) -> None:
    """Put references to notes, and text that a style raises, into ``sup`` elements.

    Without ``sup``, ``2,500`` with a reference to note ``2`` would read as ``2,5002``. A link or ``span``
    that consists of a number, or of a mark such as ``*``, is a reference in two cases:

    - its role or class says so;
    - it is a link to a place in a page, and directly follows a word, a figure or another reference.

    Args:
        page: the page; this function changes it.
        styles: the page's style sheets.
    """
    from lxml import etree

    classes = _raised_classes(styles)
    found: list[HtmlElement] = []
    preceding, inside = _PrecedingText(), 0
    for event, element in etree.iterwalk(page, events=("start", "end")):
        if not isinstance(element.tag, str):
            continue
        preceding.cross(element)
        if event == "start":
            if element.tag == "sup" or inside:
                inside += 1
            elif _is_raised(element, classes) or _is_reference(element, preceding):
                found.append(element)
                inside = 1
            preceding.add(element.text)
        else:
            inside = max(inside - 1, 0)
            if not inside and (element.tag == "sup" or element in found[-1:]):
                preceding.since_last = ""
            preceding.add(element.tail)
    for element in found:
        _raise(element)


def _raised_classes(styles: Iterable[str]) -> frozenset[str]:
    """Return the names of the classes whose text is raised above the line by the style sheets."""
    classes: set[str] = set()
    for style in styles:
        for rule in style.split("}"):
            selectors, _, declarations = rule.rpartition("{")
            if _RAISED_STYLE.search(declarations):
                named = map(_CLASS.search, selectors.rpartition("{")[2].split(","))
                classes |= {one[1] for one in named if one}
    return frozenset(classes)


def _is_raised(element: HtmlElement, classes: frozenset[str]) -> bool:
    if element.tag not in _INLINE:
        return False
    named = set((element.get("class") or "").split())
    return bool(named & classes) or _RAISED_STYLE.search(element.get("style") or "") is not None


def _is_reference(element: HtmlElement, preceding: _PrecedingText) -> bool:
    if element.tag not in {"a", "span"} or (element.text is None and len(element) == 0):
        return False
    inside = list(islice(element.iter(), 1, _MOST_INSIDE + 2))
    if len(inside) > _MOST_INSIDE or any(one.tag == "sup" for one in inside):
        return False
    if not _MARK.fullmatch(flow("".join(element.itertext())).strip("[]()")):
        return False
    return _is_called_reference(element) or (
        element.tag == "a" and _is_placed_like_reference(element, preceding)
    )


def _is_called_reference(element: HtmlElement) -> bool:
    kinds = f"{element.get('role') or ''} {element.get('epub:type') or ''}".split()
    named = element.get("class") or ""
    is_named = _NAMED.search(named) and not _NO_REFERENCE.search(named)
    return bool({"doc-noteref", "noteref"} & set(kinds) or is_named)


def _is_placed_like_reference(link: HtmlElement, preceding: _PrecedingText) -> bool:
    """Return whether a link directly follows a word, a figure or another reference."""
    target = link.get("href") or ""
    if "#" in target and _BETWEEN.fullmatch(preceding.since_last):
        return True
    words = preceding.words
    if not target or not words or words[-1].isspace() or _ABBREVIATION.search(words):
        return False
    if (link.tail or "")[:1].isalnum():
        return False
    return "#" in target or (words[-1].isdecimal() and not _SCHEME.match(target))


def _raise(element: HtmlElement) -> None:
    """Put the content of an element into ``sup``.

    A link that consists of letters, such as ``a`` or ``iv``, also gets brackets.
    """
    from lxml.html import Element

    written = flow("".join(element.itertext()))
    is_link = element.tag == "a" or next(element.iter("a"), None) is not None
    raised = Element("sup")
    if is_link and _MARK.fullmatch(written) and written.isalpha():
        for child in list(element):
            element.remove(child)
        raised.text = note_mark(written)
    else:
        raised.text = element.text
        raised.extend(list(element))
    element.text = None
    element.append(raised)
