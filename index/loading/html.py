"""HTML page → Document: its main text as a reader sees it, without navigation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING
from unicodedata import normalize

from index.documents import Document, Origin
from index.languages import detect
from index.loading.blocks import Block, flow, join
from index.loading.decoding import decode
from index.loading.elements import PageBlock, is_hidden, page_blocks
from index.loading.equations import from_mathml, is_mathml
from index.loading.errors import LoadError
from index.loading.metadata import iso_date, language_code, readable_property, title_of_name
from index.loading.note_references import raise_references
from index.loading.options import DEFAULTS, Options
from index.loading.outline import Heading, sections_of

if TYPE_CHECKING:
    import trafilatura
    from lxml.html import HtmlElement

_DECLARED = re.compile(
    rb"""<(?:meta[^>]{0,200}?\bcharset|\?xml[^>]{0,200}?\bencoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE
)
_DECLARED_WITHIN = 4096
"""Browsers look for the declaration in the first 1,024 bytes; some exporters put long comments before it."""

_SUBSET = re.compile(r"\s*(?:<\?xml[^>]{0,500}>\s*)?<!DOCTYPE[^\[<>]{0,1000}\[", re.IGNORECASE)
_SUBSET_END = re.compile(r"\]\s*>")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

MIN_ANCHOR_CHARACTERS = 25
"""A block with fewer letters and digits may be found in any text by chance."""

_COMPARED_CHARACTERS = 80
_MAX_LINKED = 0.6
"""From this share of links on, a block that is not in the main text is navigation."""

MIN_MAIN_SHARE = 0.25
"""Where the main text has a smaller share of the page's words, the choice of it is not trusted."""

DEEPEST_ELEMENT = 300
DEEPEST_TABLE = 20
"""What lies deeper is damage. trafilatura's time grows with the square of the depth: for 2,000 elements it is
some seconds, for as many tables a minute."""

_NAVIGATION = {"nav", "dialog"}
_NAVIGATION_ROLES = {"navigation", "search", "dialog", "menu", "menubar"}


def read_html(data: bytes, path: Path, _options: Options = DEFAULTS) -> Document:
    """The document of an HTML page. Nothing that it refers to is fetched.

    Raises:
        LoadError: if the file is binary, cannot be decoded, or has no words to read.
    """
    page = parse_page(page_source(data, path))
    blocks = _main_blocks(page) if page is not None else []
    words = join(blocks)
    if page is None or not words:
        raise LoadError(path, "holds no words to read", "save the page again with its text")
    markup = _metadata(page)
    title = _title(page, markup.sitename)
    said = {
        "title": title,
        "publisher": flow(markup.sitename or "") or None,
        "author": flow(markup.author or "") or None,
        "published": iso_date(markup.date),
        "language": language_code(page.get("lang") or page.get("xml:lang")),
    }
    origins: dict[str, Origin] = {name: "document properties" for name, value in said.items() if value}
    origins.setdefault("title", "file name")
    outlined = [
        Heading(block.text, block.group, block.heading) if block.heading else block for block in blocks
    ]
    return Document(
        text=words,
        title=title or title_of_name(path),
        kind="html",
        language=said["language"] or detect(words),
        publisher=said["publisher"],
        published=said["published"],
        author=said["author"],
        origins=origins,
        sections=sections_of(outlined, words),
    )


def fragment_blocks(source: str) -> list[Block]:
    """The blocks of a piece of HTML inside another format."""
    page = parse_page(source)
    return list(page_blocks(page)) if page is not None else []


def page_source(data: bytes, path: Path) -> str:
    """The characters of a page, in the encoding that it declares or shows.

    Raises:
        LoadError: if it is binary, empty, or cannot be decoded.
    """
    declared = _DECLARED.search(data[:_DECLARED_WITHIN])
    return decode(data, path, declared[1].decode("ascii", "replace") if declared else None)


def parse_page(source: str, styles: Iterable[str] = ()) -> HtmlElement | None:
    """The page's tree without what a reader does not see; None where there is no element at all.

    Equations are written as text, and references to notes are raised.

    Args:
        source: the page's characters.
        styles: style sheets that it has beside its own.
    """
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        page = document_fromstring(_NOT_XML.sub(" ", _without_subset(source)).encode("utf-8"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    for element in page.iter():  # character references can name what XML, and so lxml, refuses
        element.text, element.tail = _without_controls(element.text), _without_controls(element.tail)
    own_styles = [style.text or "" for style in page.iter("style")]
    _write_equations(page)
    unseen = [element for element in page.iter() if _is_unread(element)]
    for element in unseen:
        if element.getparent() is not None:
            element.drop_tree()
    raise_references(page, [*own_styles, *styles])
    return page


def _equations(page: HtmlElement) -> list[HtmlElement]:
    """The equations of a page; what is nested in one is a part of it."""
    from lxml import etree

    found: list[HtmlElement] = []
    walk = etree.iterwalk(page, events=("start",))
    for _, element in walk:
        if is_mathml(element):
            found.append(element)
            walk.skip_subtree()
    return found


def _write_equations(page: HtmlElement) -> None:
    """Write equations as text, each once; what draws one again for the eye alone is left out."""
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
    """A page without the declarations in its document type, which a parser of HTML takes for words."""
    opening = _SUBSET.match(source)
    closing = _SUBSET_END.search(source, opening.end()) if opening else None
    return source[closing.end() :] if closing else source


def _without_controls(text: str | None) -> str | None:
    return _NOT_XML.sub(" ", text) if text else text


def _is_unread(element: HtmlElement) -> bool:
    """Whether an element is neither words nor something that the page says of itself."""
    if element.tag == "head" or element.get("type") == "application/ld+json":
        return False
    return is_hidden(element) or element.tag in _NAVIGATION or element.get("role") in _NAVIGATION_ROLES


def _main_blocks(page: HtmlElement) -> list[PageBlock]:
    """The blocks from the first to the last that trafilatura takes for main text, navigation left out.

    Only the choice is trafilatura's: its own output drops repeated paragraphs, headings and even words
    inside a sentence, so the words are read from the page.
    """
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
    """The bounds of the main text, moved outwards over the tables beside it and the headings between.

    trafilatura drops whole tables, and the end of others, where it finds few sentences in them.
    """
    is_data = _rows_of_data(blocks)
    bounds = [first, last]
    for side, beside in enumerate((range(first - 1, -1, -1), range(last + 1, len(blocks)))):
        for number in beside:
            if is_data[number]:
                bounds[side] = number
            elif not blocks[number].heading:
                break
    return bounds[0], bounds[1]


def _rows_of_data(blocks: Sequence[PageBlock]) -> list[bool]:
    """Which of ``blocks`` are rows of tables that are no navigation: neither aside nor mostly links."""
    is_data: list[bool] = []
    for _, neighbours in groupby(blocks, key=lambda block: id(block.group) if block.is_row else None):
        rows = list(neighbours)
        links = fmean(block.linked for block in rows)
        is_data += [rows[0].is_row and not rows[0].is_aside and links < _MAX_LINKED] * len(rows)
    return is_data


def _characters(blocks: list[PageBlock]) -> float:
    """How many characters of words that are not links there are."""
    return sum(len(block.text) * (1 - block.linked) for block in blocks)


def _found_by_trafilatura(page: HtmlElement, blocks: list[PageBlock]) -> list[bool]:
    """Which of ``blocks`` trafilatura takes for main text; none where it would take too long."""
    from trafilatura import bare_extraction
    from trafilatura.settings import Document as Extracted

    if _is_nested(page):
        return [False] * len(blocks)
    try:
        extracted = bare_extraction(page, favor_recall=True, include_comments=False, include_tables=True)
    except RecursionError:  # it follows nested lists by recursion
        extracted = None
    if not isinstance(extracted, Extracted) or extracted.body is None:
        return [False] * len(blocks)
    whole = _letters("".join(extracted.body.itertext()))
    parts = {_letters("".join(element.itertext())) for element in extracted.body.iter()}
    letters = [_letters(block.text) for block in blocks]
    found = [_is_found(words, whole, parts) for words in letters]
    may_follow = [not block.is_aside and block.linked < _MAX_LINKED for block in blocks]
    return _with_followers(found, letters, whole, may_follow)


def _with_followers(
    found: Sequence[bool], letters: Sequence[str], whole: str, may_follow: Sequence[bool]
) -> list[bool]:
    """``found`` with the short blocks that follow in the main text where they follow on the page.

    Of a short page trafilatura makes one paragraph, in which a row or a short line is no part of its own.
    """
    followed: list[bool] = []
    end: int | None = None
    for is_found, words, may in zip(found, letters, may_follow, strict=True):
        if is_found and len(words) >= MIN_ANCHOR_CHARACTERS:
            tail = words[-_COMPARED_CHARACTERS:]
            place = whole.find(tail, end or 0)
            end = place + len(tail) if place >= 0 else None
            followed.append(True)
        elif may and words and end is not None and whole.startswith(words, end):
            end += len(words)
            followed.append(True)
        else:
            followed.append(is_found)
    return followed


def _is_nested(page: HtmlElement) -> bool:
    """Whether something lies deeper in others than on any page that is meant to be read."""
    depths = f"count(ancestor::*) > {DEEPEST_ELEMENT} or count(ancestor::table) > {DEEPEST_TABLE}"
    return bool(page.xpath(f"boolean(//*[{depths}])"))


def _is_found(letters: str, whole: str, parts: set[str]) -> bool:
    if letters in parts or len(letters) < MIN_ANCHOR_CHARACTERS:
        return letters in parts
    return letters[:_COMPARED_CHARACTERS] in whole or letters[-_COMPARED_CHARACTERS:] in whole


def _letters(text: str) -> str:
    """The letters and digits of ``text``: what trafilatura's handling of white space leaves alone."""
    return "".join(character for character in normalize("NFKC", text) if character.isalnum())


def _metadata(page: HtmlElement) -> trafilatura.settings.Document:
    """What the page says of itself. Dates come from its markup alone: in running text they are guesses."""
    from trafilatura.metadata import extract_metadata

    return extract_metadata(page, date_config={"extensive_search": False, "original_date": True})


def _title(page: HtmlElement, site: str | None) -> str | None:
    """The page's title without the site's name; its first heading where that is the page's own name."""
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
