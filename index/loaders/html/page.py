"""Reads an HTML page: trafilatura finds the main text, but the words and their order are the page's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING
from unicodedata import normalize

from index.documents import Document
from index.errors import LoadError
from index.loaders.assembly import assemble
from index.loaders.blocks import Block, flow, join, sections_of
from index.loaders.cover import described, text_cover
from index.loaders.equations import from_mathml, is_mathml
from index.loaders.filings import declared_filing, filing
from index.loaders.html.elements import PageBlock, is_hidden, outlined, page_blocks, raise_references
from index.loaders.metadata import NO_PROPERTIES, Properties, iso_date, language_code, readable_property
from index.loaders.options import DEFAULTS, Options
from index.loaders.text import decode
from index.text.tabular import cells

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_DECLARED = re.compile(
    rb"""<(?:meta[^>]{0,200}?\bcharset|\?xml[^>]{0,200}?\bencoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE
)
# In bytes. Browsers search 1,024, but some exporters put long comments before the declaration.
_DECLARED_WITHIN = 4096
_SUBSET = re.compile(r"\s*(?:<\?xml[^>]{0,500}>\s*)?<!DOCTYPE[^\[<>]{0,1000}\[", re.IGNORECASE)
_SUBSET_END = re.compile(r"\]\s*>")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

_NAVIGATION_ROLES = {"navigation", "search", "dialog", "menu", "menubar"}


def page_source(data: bytes, path: Path) -> str:
    """Raises LoadError if the page is binary, empty, or cannot be decoded."""
    declared = _DECLARED.search(data[:_DECLARED_WITHIN])
    return decode(data, path, declared[1].decode("ascii", "replace") if declared else None)


def parse_page(source: str, styles: Iterable[str] = ()) -> HtmlElement | None:
    """None without an element."""
    page = parse_tree(source)
    if page is not None:
        drop_unseen(page, styles)
    return page


def parse_tree(source: str) -> HtmlElement | None:
    """Hidden elements stay; None without an element."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    opening = _SUBSET.match(source)
    closing = _SUBSET_END.search(source, opening.end()) if opening else None
    if closing:  # the parser would read the subset's declarations as text
        source = source[closing.end() :]
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        page = document_fromstring(_NOT_XML.sub(" ", source).encode("utf-8"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    for element in page.iter():  # character references can give control characters, which lxml refuses
        element.text, element.tail = _without_controls(element.text), _without_controls(element.tail)
    return page


def drop_unseen(page: HtmlElement, styles: Iterable[str] = ()) -> None:
    """Equations become text, and references ``sup`` elements; ``styles`` are external style sheets."""
    own_styles = [style.text or "" for style in page.iter("style")]
    _write_equations(page)
    for element in list(page.iter()):
        holds_metadata = element.tag == "head" or element.get("type") == "application/ld+json"
        is_navigation = element.tag in {"nav", "dialog"} or element.get("role") in _NAVIGATION_ROLES
        is_unread = not holds_metadata and (is_navigation or is_hidden(element))
        if is_unread and element.getparent() is not None:
            element.drop_tree()
    raise_references(page, [*own_styles, *styles])


def cover_facts(page: HtmlElement) -> dict[str, str]:
    """By name without ``dei:``, hidden ones included; of several facts with one name, the first counts."""
    facts: dict[str, str] = {}
    for element in page.xpath("//*[starts-with(@name, 'dei:')]"):
        facts.setdefault(element.get("name").removeprefix("dei:"), element.text_content())
    return facts


def _write_equations(page: HtmlElement) -> None:
    from lxml import etree

    equations: list[HtmlElement] = []
    walk = etree.iterwalk(page, events=("start",))
    for _, element in walk:
        if is_mathml(element):
            equations.append(element)
            walk.skip_subtree()
    for equation in equations:
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


def _without_controls(text: str | None) -> str | None:
    return _NOT_XML.sub(" ", text) if text else text


# In letters and digits. A shorter block is found only as a whole, or directly after a found one.
MIN_ANCHOR_CHARACTERS = 25
_COMPARED_CHARACTERS = 80
_MAX_LINKED = 0.6  # outside the main text, a block with a larger share of link text is navigation
# The whole page is read if the main text has a smaller share of its characters outside links.
MIN_MAIN_SHARE = 0.25
_COVER_LINES = 60  # in blocks, from the start of the page
# Deeper pages are damaged; trafilatura's time grows with the square: a minute for 2,000 tables.
DEEPEST_ELEMENT = 300
DEEPEST_TABLE = 20


def read_html(data: bytes, path: Path, _options: Options = DEFAULTS) -> Document:
    """The loader fetches nothing that the page refers to."""
    from trafilatura.metadata import extract_metadata

    nothing = LoadError(path, "holds no words to read", "save the page again with its text")
    page = parse_tree(page_source(data, path))
    if page is None:
        raise nothing
    facts = cover_facts(page)
    drop_unseen(page)
    blocks = _main_blocks(page)
    words = join(blocks)
    if not words:
        raise nothing
    first_lines = [flow(" ".join(cells(block.text))) for block in blocks[:_COVER_LINES]]
    form = declared_filing(facts, words) or filing(first_lines, words)
    # Dates in the text are left out, as they are guesses.
    markup = extract_metadata(page, date_config={"extensive_search": False, "original_date": True})
    properties = Properties(
        title=_title(page, markup.sitename),
        publisher=_declared_publisher(page),
        author=flow(markup.author or "") or None,
        # The title of a filing's page is often a file name with the last day of the reported period, which
        # would be taken for the date of publication.
        published=iso_date(markup.date) if form is None else None,
        language=language_code(page.get("lang") or page.get("xml:lang")),
    )
    cover = text_cover(words, properties, path.stem)
    stated, declared = described(cover, form.details if form else NO_PROPERTIES)
    sections = sections_of(outlined(blocks), words)
    return assemble(path, "html", words, declared, stated=stated, sections=sections)


def _declared_publisher(page: HtmlElement) -> str | None:
    """Of Dublin Core, schema.org (JSON-LD) or the site."""
    declared: dict[str, str] = {}
    for meta in page.iter("meta"):
        name = (meta.get("name") or meta.get("property") or "").casefold()
        declared.setdefault(
            name.removeprefix("dcterms.").removeprefix("dc."), flow(meta.get("content") or "")
        )
    for script in page.iter("script"):
        if script.get("type") == "application/ld+json":
            try:
                declared.setdefault("publisher", _publisher_of(json.loads(script.text or "")))
            except (ValueError, RecursionError):
                continue
    return declared.get("publisher") or declared.get("og:site_name") or None


def _publisher_of(value: object) -> str:
    """Empty if none is named; a list or graph names that of its first part that has one."""
    if isinstance(value, list):
        return next(filter(None, map(_publisher_of, value)), "")
    if not isinstance(value, dict):
        return ""
    publisher = value.get("publisher")
    name = publisher.get("name") if isinstance(publisher, dict) else publisher
    return flow(name) if isinstance(name, str) else _publisher_of(value.get("@graph"))


def fragment_blocks(source: str) -> list[Block]:
    """For HTML in a file of another format, such as an e-mail."""
    page = parse_page(source)
    return list(page_blocks(page)) if page is not None else []


def _main_blocks(page: HtmlElement) -> list[PageBlock]:
    """From the first to the last block that trafilatura finds: its own output omits words."""
    blocks = page_blocks(page)
    found = _found_by_trafilatura(page, blocks)
    if not any(found):
        return blocks
    first, last = found.index(True), len(found) - 1 - found[::-1].index(True)
    first, last = _with_tables(blocks, first, last)
    while first > 0 and blocks[first - 1].heading:
        first -= 1
    main = [
        block
        for number, block in enumerate(blocks)
        if first <= number <= last and (found[number] or block.linked < _MAX_LINKED)
    ]
    return main if _characters(main) >= MIN_MAIN_SHARE * _characters(blocks) else blocks


def _with_tables(blocks: Sequence[PageBlock], first: int, last: int) -> tuple[int, int]:
    """Trafilatura drops tables with few sentences. Rows of links are not data, nor are those in an aside."""
    is_data: list[bool] = []
    for _, neighbours in groupby(blocks, key=lambda block: id(block.group) if block.is_row else None):
        rows = list(neighbours)
        links = fmean(block.linked for block in rows)
        is_data += [rows[0].is_row and not rows[0].is_aside and links < _MAX_LINKED] * len(rows)
    bounds = [first, last]
    for side, outward in enumerate((range(first - 1, -1, -1), range(last + 1, len(blocks)))):
        for number in outward:
            if is_data[number]:
                bounds[side] = number
            elif not blocks[number].heading:
                break
    return bounds[0], bounds[1]


def _characters(blocks: list[PageBlock]) -> float:
    return sum(len(block.text) * (1 - block.linked) for block in blocks)


def _found_by_trafilatura(page: HtmlElement, blocks: list[PageBlock]) -> list[bool]:
    from trafilatura import bare_extraction
    from trafilatura.settings import Document as Extracted

    depths = f"count(ancestor::*) > {DEEPEST_ELEMENT} or count(ancestor::table) > {DEEPEST_TABLE}"
    if page.xpath(f"boolean(//*[{depths}])"):
        return [False] * len(blocks)
    try:
        extracted = bare_extraction(page, favor_recall=True, include_comments=False, include_tables=True)
    except RecursionError:  # trafilatura follows nested lists by recursion
        extracted = None
    if not isinstance(extracted, Extracted) or extracted.body is None:
        return [False] * len(blocks)
    whole = _letters("".join(extracted.body.itertext()))
    parts = {_letters("".join(element.itertext())) for element in extracted.body.iter()}
    return list(_each_found(blocks, whole, parts))


def _each_found(blocks: Iterable[PageBlock], whole: str, parts: set[str]) -> Iterator[bool]:
    """On a short page, trafilatura joins short lines into one paragraph of ``whole``.

    A short block counts if it directly follows a block that counts, both on the page and in ``whole``.
    """
    end: int | None = None
    for block in blocks:
        words = _letters(block.text)
        head, tail = words[:_COMPARED_CHARACTERS], words[-_COMPARED_CHARACTERS:]
        is_long = len(words) >= MIN_ANCHOR_CHARACTERS
        is_found = words in parts or (is_long and (head in whole or tail in whole))
        may_follow = bool(words) and not block.is_aside and block.linked < _MAX_LINKED
        if is_found and is_long:
            place = whole.find(tail, end or 0)
            end = place + len(tail) if place >= 0 else None
        elif may_follow and end is not None and whole.startswith(words, end):
            end += len(words)
            is_found = True
        yield is_found


def _letters(text: str) -> str:
    """Trafilatura keeps these when it changes white space."""
    return "".join(character for character in normalize("NFKC", text) if character.isalnum())


def _title(page: HtmlElement, site: str | None) -> str | None:
    """The first heading if the title contains it, else the title without the site's name."""
    heads = [flow(head.text_content()) for head in page.iter("h1")]
    head = readable_property(heads[0]) if heads else None
    named = readable_property(flow(page.findtext(".//title") or ""))
    if named is None or (head and head in named):
        return head
    for separator in (" | ", " - ", " – ", " — ", " · "):
        name, found, ending = named.rpartition(separator)
        if found and site and ending.casefold() == site.casefold():
            return name
    return named
