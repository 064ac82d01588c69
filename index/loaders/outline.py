"""Where blocks stand in the canonical text that was joined of them, and the outline that they make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from index.documents import Section
from index.loaders.blocks import Block


@dataclass(frozen=True, slots=True)
class Heading(Block):
    """A block that is a heading.

    Attributes:
        level: how deep it lies, from 1.
    """

    level: int = 1


def block_starts(blocks: Iterable[Block], text: str) -> list[int]:
    """The offset of each block in ``text``, which ``join`` made of them.

    A block without words stands where the next one does, or at the end of the text.
    """
    starts: list[int] = []
    end = 0
    for block in blocks:
        start = end
        while start < len(text) and text[start] == "\n":
            start += 1
        starts.append(start)
        if block.text.strip():
            end = start + len(block.text)
    return starts


def sections_of(blocks: Iterable[Block], text: str) -> tuple[Section, ...]:
    """The headings among ``blocks`` as the outline of ``text``, which ``join`` made of them."""
    listed = list(blocks)
    return tuple(
        Section(start, block.level, block.text)
        for block, start in zip(listed, block_starts(listed, text), strict=True)
        if isinstance(block, Heading) and block.text.strip()
    )
