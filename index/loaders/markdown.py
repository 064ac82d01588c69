"""Reads Markdown as a Document: renders it as HTML, and reads the HTML like a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, cast

from index.documents import Document
from index.loaders.assembly import assemble
from index.loaders.blocks import join, sections_of, stretches
from index.loaders.html.elements import outlined, page_blocks
from index.loaders.html.page import parse_page
from index.loaders.lines import divided, is_one_word, known_words
from index.loaders.options import DEFAULTS, Options
from index.loaders.text import decode, joins, split_front_matter, stand_alone

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token

_TOKENS_OF_PARAGRAPH = 3  # its start, its words and its end
_INLINE_HTML = re.compile(r"<(/?)(br|sup|script|style|template)\b", re.IGNORECASE)


def read_markdown(data: bytes, path: Path, _options: Options = DEFAULTS) -> Document:
    """CommonMark with tables and footnotes, which come after the text, each with its number."""
    properties, body = split_front_matter(decode(data, path), path)
    page = parse_page(_rendered(body))
    blocks = outlined(page_blocks(page)) if page is not None else []
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


def _rendered(body: str) -> str:
    """Each note begins with its number; descriptions replace the pictures."""
    from markdown_it.token import Token

    parser = _parser()
    tokens = _closed_up(parser.parse(body))
    note: Token | None = None
    for token in tokens:
        if token.type == "footnote_open":
            note = token
        elif note is not None and token.children is not None:
            token.children.insert(0, Token("footnote_ref", "", 0, meta=note.meta))
            token.children.insert(1, Token("text", "", 0, content=" "))
            note = None
    return str(parser.renderer.render(tokens, parser.options, {}))


def _closed_up(tokens: Sequence[Token]) -> list[Token]:
    """If nearly all paragraphs have one line, those that go on are one; divided words become whole."""
    from markdown_it.token import Token

    heights = {
        number: tokens[number + 1].content.count("\n") + 1
        for number, token in enumerate(tokens)
        if token.type == "paragraph_open" and token.level == 0
    }
    single = [
        number
        for number, height in heights.items()
        if height == 1 and all(child.type != "html_inline" for child in tokens[number + 1].children or ())
    ]
    continued: set[int] = set()
    for run in stretches(single if stand_alone(heights.values()) else [], _adjoins):
        joined = joins([_words(tokens[number + 1]) for number in run], apart=True)
        continued.update(number + 1 for number, is_joined in zip(run[1:], joined, strict=True) if is_joined)
    closed: list[Token] = []
    for number, token in enumerate(tokens):
        if number in continued:
            del closed[-2:]  # where the paragraph before ends, and this one begins
            closed[-1].children = [
                *(closed[-1].children or ()),
                Token("softbreak", "br", 0),
                *(token.children or ()),
            ]
            closed[-1].content += f"\n{token.content}"
        else:
            closed.append(token)
    known = known_words(
        line for token in closed if token.type == "inline" for line in token.content.split("\n")
    )
    for token in closed:
        children = token.children or []
        for before, line_break, after in zip(children, children[1:], children[2:], strict=False):
            if line_break.type == "softbreak" and divided(before.content):
                line_break.type = "text"
                if is_one_word(before.content, after.content, known):
                    before.content = before.content[:-1]
    return closed


def _words(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())


def _adjoins(run: Sequence[int], number: int) -> bool:
    return number == run[-1] + _TOKENS_OF_PARAGRAPH


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin

    parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable("table").use(footnote_plugin)
    renderer = cast("RendererHTML", parser.renderer)
    rules: dict[str, Callable[..., str]] = {
        "image": lambda tokens, place, *rest: escape(
            renderer.renderInlineAsText(tokens[place].children, *rest)
        ),
        "table_open": lambda *_: '<table role="table">',
        "html_block": lambda tokens, place, *_: _closed(tokens[place].content),
        "html_inline": lambda tokens, place, *_: _inline_html(tokens[place].content),
        "footnote_ref": lambda tokens, place, *_: f"<sup>{tokens[place].meta['id'] + 1}</sup>",
        **dict.fromkeys(
            (f"footnote_{part}" for part in ("block_open", "block_close", "open", "close", "anchor")),
            lambda *_: "",
        ),
    }
    renderer.rules |= rules  # type: ignore[arg-type]  # The type asks for methods; functions work, too.
    return parser


def _closed(source: str) -> str:
    """An open element could hide the rest of the document."""
    from lxml.html import tostring

    page = parse_page(source)
    return "".join(tostring(child, encoding="unicode") for child in page) if page is not None else ""


def _inline_html(tag: str) -> str:
    """Line breaks and superscripts stay, scripts and styles are hidden, other tags are dropped."""
    found = _INLINE_HTML.match(tag)
    if found is None:
        return ""
    closing, name = found[1], found[2].lower()
    if name in {"br", "sup"}:
        return f"<{closing}{name}>"
    return "</span>" if closing else "<span hidden>"
