"""Parses HTML into a tree of the elements that a reader sees, for pages, books, e-mails and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from index.loaders.decoding import decode
from index.loaders.equations import from_mathml, is_mathml
from index.loaders.html.elements import is_hidden
from index.loaders.html.note_references import raise_references

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_DECLARED = re.compile(
    rb"""<(?:meta[^>]{0,200}?\bcharset|\?xml[^>]{0,200}?\bencoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE
)
_DECLARED_WITHIN = 4096
"""The number of bytes, from the start, that are searched for the declaration of the encoding. Browsers search
1,024, but some exporters put long comments before the declaration."""

_SUBSET = re.compile(r"\s*(?:<\?xml[^>]{0,500}>\s*)?<!DOCTYPE[^\[<>]{0,1000}\[", re.IGNORECASE)
_SUBSET_END = re.compile(r"\]\s*>")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

_NAVIGATION = {"nav", "dialog"}
_NAVIGATION_ROLES = {"navigation", "search", "dialog", "menu", "menubar"}


def page_source(data: bytes, path: Path) -> str:
    """Decode a page. The encoding comes from the page's declaration or its content.

    Raises:
        LoadError: if the page is binary, empty, or cannot be decoded.
    """
    declared = _DECLARED.search(data[:_DECLARED_WITHIN])
    return decode(data, path, declared[1].decode("ascii", "replace") if declared else None)


def parse_page(source: str, styles: Iterable[str] = ()) -> HtmlElement | None:
    """Parse a page as a tree without the elements that a reader does not see; None if there is no element.

    Equations become text, and references to notes become ``sup`` elements.

    Args:
        source: the page's characters.
        styles: the contents of the page's external style sheets.
    """
    page = parse_tree(source)
    if page is not None:
        drop_unseen(page, styles)
    return page


def parse_tree(source: str) -> HtmlElement | None:
    """Parse a page as a tree of all its elements, including hidden ones; None if there is no element."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        page = document_fromstring(_NOT_XML.sub(" ", _without_subset(source)).encode("utf-8"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    for element in page.iter():  # character references can give control characters, which lxml refuses
        element.text, element.tail = _without_controls(element.text), _without_controls(element.tail)
    return page


def drop_unseen(page: HtmlElement, styles: Iterable[str] = ()) -> None:
    """Remove the elements of a tree that a reader does not see.

    Equations become text, and references to notes become ``sup`` elements.

    Args:
        page: the result of ``parse_tree``; this function changes it.
        styles: the contents of the page's external style sheets.
    """
    own_styles = [style.text or "" for style in page.iter("style")]
    _write_equations(page)
    unread = [element for element in page.iter() if _is_unread(element)]
    for element in unread:
        if element.getparent() is not None:
            element.drop_tree()
    raise_references(page, [*own_styles, *styles])


def cover_facts(page: HtmlElement) -> dict[str, str]:
    """Return the inline XBRL facts about the cover of a filing, including hidden ones, by name.

    The names are those of the taxonomy ``dei``, without their prefix. Of several facts with the same name,
    the first counts.
    """
    facts: dict[str, str] = {}
    for element in page.xpath("//*[starts-with(@name, 'dei:')]"):
        facts.setdefault(element.get("name").removeprefix("dei:"), element.text_content())
    return facts


def _equations(page: HtmlElement) -> list[HtmlElement]:
    """Return the outermost equations of a page."""
    from lxml import etree

    found: list[HtmlElement] = []
    walk = etree.iterwalk(page, events=("start",))
    for _, element in walk:
        if is_mathml(element):
            found.append(element)
            walk.skip_subtree()
    return found


def _write_equations(page: HtmlElement) -> None:
    """Replace each equation by text, and remove its drawn copy, which is hidden from screen readers."""
    for equation in _equations(page):
        text = from_mathml(equation)
        for place in (equation, *equation.iterancestors()):
            drawn = [one for one in place.itersiblings() if one.get("aria-hidden") == "true"]
            if drawn:
                drawn[0].drop_tree()
                break
            if place.tag != "span" and place is not equation:
                break
        equation.tag = "span"
        equation.attrib.clear()
        for child in list(equation):
            equation.remove(child)
        equation.text = text


def _without_subset(source: str) -> str:
    """Remove the declarations inside a page's document type, which the parser would read as text."""
    opening = _SUBSET.match(source)
    closing = _SUBSET_END.search(source, opening.end()) if opening else None
    return source[closing.end() :] if closing else source


def _without_controls(text: str | None) -> str | None:
    return _NOT_XML.sub(" ", text) if text else text


def _is_unread(element: HtmlElement) -> bool:
    """Return whether an element is hidden or is navigation. Elements that hold metadata do not count."""
    if element.tag == "head" or element.get("type") == "application/ld+json":
        return False
    return is_hidden(element) or element.tag in _NAVIGATION or element.get("role") in _NAVIGATION_ROLES
