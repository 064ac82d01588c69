"""Words with the place of each character on its page, and what is done to both at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

BOX_BYTES = 8
"""A character's box is four unsigned 16-bit numbers: see PageLayout."""

NOWHERE = bytes(BOX_BYTES)
"""The box of a character without a place."""

_SPACES = regex.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Placed:
    """Words and, for each of their characters, its box.

    Attributes:
        text: the words.
        boxes: BOX_BYTES for each character.
        mended: offsets in the text at which a hyphen and a line break were taken out.
    """

    text: str
    boxes: bytes
    mended: tuple[int, ...] = ()

    def __add__(self, other: Placed) -> Placed:
        mended = self.mended
        if other.mended:
            mended += tuple(len(self.text) + offset for offset in other.mended)
        return Placed(self.text + other.text, self.boxes + other.boxes, mended)

    def cut(self, start: int, end: int) -> Placed:
        """The characters from ``start`` to ``end``."""
        if start == 0 and end == len(self.text):
            return self
        mended = tuple(offset - start for offset in self.mended if start <= offset <= end)
        return Placed(self.text[start:end], self.boxes[start * BOX_BYTES : end * BOX_BYTES], mended)

    def strip(self) -> Placed:
        """Without the white space at both ends."""
        return self.cut(len(self.text) - len(self.text.lstrip()), len(self.text.rstrip()))

    def replaced(self, character: str, by: str) -> Placed:
        """With every ``character`` as ``by``, which is one character too."""
        return Placed(self.text.replace(character, by), self.boxes, self.mended)

    def on_one_line(self) -> Placed:
        """Every run of white space as one space, and none at the ends."""
        stripped = self.strip()
        if " ".join(stripped.text.split()) == stripped.text:
            return stripped
        return _joined(stripped.text, stripped)


def _joined(text: str, words: Placed) -> Placed:
    return joined_by(" ", [words.cut(*span) for span in _words(text)])


def _words(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for space in _SPACES.finditer(text):
        yield start, space.start()
        start = space.end()
    yield start, len(text)


def unplaced(text: str) -> Placed:
    """Words that stand nowhere on a page: what the loader puts in."""
    return Placed(text, NOWHERE * len(text))


def joined_by(between: str, parts: Iterable[Placed]) -> Placed:
    """``parts`` as one, with ``between`` between them."""
    mark = unplaced(between)
    whole: Placed | None = None
    for part in parts:
        whole = part if whole is None else whole + mark + part
    return whole or unplaced("")
