"""Markdown → Document: the words that a reader of the rendered page sees."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from index.documents import Document
from index.loaders.blocks import BULLET, Block, Heading, flow, join, row, sections_of
from index.loaders.decoding import decode
from index.loaders.front_matter import split_front_matter
from index.loaders.html.page import fragment_blocks
from index.loaders.metadata import assemble
from index.loaders.options import DEFAULTS, Options
from index.loaders.superscripts import superscript

if TYPE_CHECKING:
    from markdown_it.token import Token

_UNREAD = re.compile(r"<(/?)(script|style|template)\b", re.IGNORECASE)
_RAISED = re.compile(r"<(/?)sup\b", re.IGNORECASE)
_BREAK = re.compile(r"<br\b", re.IGNORECASE)


def read_markdown(data: bytes, path: Path, _options: Options = DEFAULTS) -> Document:
    """The document of a Markdown file (CommonMark with tables and footnotes), front matter as its metadata.

    Notes follow the text, each with the number that stands where it is referred to.

    Raises:
        LoadError: if the file is binary, cannot be decoded, has invalid front matter or no words.
    """
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin

    properties, body = split_front_matter(decode(data, path), path)
    parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable("table").use(footnote_plugin)
    tokens = parser.parse(body)
    blocks = list(_blocks(tokens))
    text = join(blocks)
    sections = sections_of(blocks, text)
    return assemble(
        path,
        "markdown",
        text,
        properties,
        origin="front matter",
        heading=sections[0].title if sections else None,
        sections=sections,
    )


@dataclass(slots=True)
class _Lists:
    """The lists that are open at a point of the document, outermost first.

    Attributes:
        numbers: the next item's number for each, None where it is unordered.
        marker: what the next block begins with: the bullet or number of an item just opened.
        group: stands for the outermost list.
    """

    numbers: list[int | None] = field(default_factory=list)
    marker: str = ""
    group: object | None = None

    def turn(self, token: Token) -> None:
        """Follow a token that opens or closes a list or an item."""
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                self.group = self.group if self.numbers else object()
                is_ordered = token.type == "ordered_list_open"
                self.numbers.append(int(token.attrs.get("start", 1)) if is_ordered else None)
            case "bullet_list_close" | "ordered_list_close":
                self.numbers.pop()
            case "list_item_open":
                self._open_item()
            case "list_item_close" | "footnote_close":
                self.marker = ""
            case "footnote_open":
                self.marker = f"{_mark(token)} "

    def _open_item(self) -> None:
        number = self.numbers[-1]
        self.marker += BULLET if number is None else f"{number}. "
        if number is not None:
            self.numbers[-1] = number + 1

    def block(self, text: str, group: object | None) -> Block:
        """The next block, with the marker of its item."""
        return Block(self._marked(text), self.group if self.numbers else group)

    def heading(self, text: str, level: int) -> Heading:
        """A heading, which may stand in an item, too."""
        return Heading(self._marked(text), self.group if self.numbers else None, level)

    def _marked(self, text: str) -> str:
        marked, self.marker = self.marker + text, ""
        return marked


def _blocks(tokens: list[Token]) -> Iterator[Block]:
    lists = _Lists()
    cells: list[str] = []
    table: object | None = None
    for number, token in enumerate(tokens):
        match token.type:
            case "table_open":
                table = object()
            case "tr_open":
                cells = []
            case "tr_close":
                yield lists.block(row(cells), group=table)
            case "inline" if tokens[number - 1].type in {"th_open", "td_open"}:
                cells.append(_inline_text(token.children or ()))
            case "inline" if tokens[number - 1].type == "heading_open":
                yield lists.heading(flow(_inline_text(token.children or ())), int(tokens[number - 1].tag[1]))
            case "inline":
                yield from _lines(lists, _inline_text(token.children or ()).split("\n"))
            case "fence" | "code_block":
                yield from _lines(lists, token.content.splitlines(), code=True)
            case "html_block":
                yield from fragment_blocks(token.content)
            case _:
                lists.turn(token)


def _lines(lists: _Lists, lines: Iterable[str], *, code: bool = False) -> Iterator[Block]:
    """A block a line, of one group: code, or a paragraph that its author broke."""
    group = object()
    for line in lines:
        if line.strip():
            yield lists.block(line.rstrip() if code else flow(line), group=group)


def _inline_text(children: Iterable[Token]) -> str:
    """The words of inline markup; a line break stands for a break that the author wrote."""
    parts: list[str] = []
    unread = ""
    is_raised = False
    for child in children:
        if child.type == "html_inline":
            unread = _unread_after(child.content, unread)
            turned = _RAISED.match(child.content)
            is_raised = not turned[1] if turned else is_raised
            if _BREAK.match(child.content):
                parts.append("\n")
        elif unread:
            continue
        elif child.type == "softbreak":
            parts.append(" ")
        elif child.type == "hardbreak":
            parts.append("\n")
        elif child.type == "image":
            parts.append(_inline_text(child.children or ()))
        elif child.type == "footnote_ref":
            parts.append(_mark(child))
        else:
            parts.append(superscript(child.content) if is_raised else child.content)
    return "".join(parts)


def _mark(token: Token) -> str:
    """The number of a note: they are counted in the order in which the text refers to them."""
    return superscript(str(token.meta["id"] + 1))


def _unread_after(tag: str, unread: str) -> str:
    """The element whose content is kept out after ``tag``, given that before it; empty for none."""
    match = _UNREAD.match(tag)
    if match is None:
        return unread
    closing, name = match[1], match[2].lower()
    if closing:
        return "" if name == unread else unread
    return unread or name
