"""The README and the pages of ``docs/``: their code blocks, inline code and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent.parent
PAGES = ("README.md", *sorted(f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md")))

ANYTHING = "…"
"""Stands for any words in the output that a page shows."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code."""

    language: str
    text: str


def tokens(page: str) -> list[Token]:
    return MarkdownIt().enable("table").parse((ROOT / page).read_text(encoding="utf-8"))


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [Block(token.info, token.content) for token in tokens(page) if token.type == "fence"]


def inline(page: str, kind: str) -> Iterator[Token]:
    """The tokens of a kind in the running text and the tables of a page."""
    return (child for token in tokens(page) for child in token.children or [] if child.type == kind)


def code(page: str) -> list[str]:
    """The inline code in the running text and the tables of a page."""
    return [token.content for token in inline(page, "code_inline")]


def links(page: str) -> list[str]:
    """The addresses of a page's links and pictures."""
    pairs = [(token, "href") for token in inline(page, "link_open")]
    pairs += [(token, "src") for token in inline(page, "image")]
    return [str(token.attrGet(name)) for token, name in pairs]


def prints(shown: str, printed: str) -> bool:
    """Tell if ``printed`` is the output that a page shows, apart from line breaks and the words for ``…``."""
    pattern = re.escape(" ".join(shown.split()))
    pattern = re.sub(rf"(\\ )?{ANYTHING}(\\ )?", ".*", pattern)
    return re.fullmatch(pattern, " ".join(printed.split())) is not None


def holds(whole: object, part: object) -> bool:
    """Return whether ``whole`` contains ``part``: some keys of its objects, the first items of its lists."""
    if part == ANYTHING:
        return True
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and holds(whole[key], value) for key, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) >= len(part) and all(map(holds, whole, part))
    return whole == part
