"""Text with the box of each character on its page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from index.text.geometry import BOX_BYTES

NOWHERE = bytes(BOX_BYTES)
"""The box, all zeros, of a character that is not on the page."""

_SPACES = regex.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Placed:
    """Text with a box for each character.

    Attributes:
        text: the text.
        boxes: ``BOX_BYTES`` bytes for each character.
        mended: the offsets at which a hyphen and a line break were removed, in order.
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
        """Return the characters from ``start`` to ``end`` with their boxes."""
        if start == 0 and end == len(self.text):
            return self
        mended = tuple(offset - start for offset in self.mended if start <= offset <= end)
        return Placed(self.text[start:end], self.boxes[start * BOX_BYTES : end * BOX_BYTES], mended)

    def strip(self) -> Placed:
        """Return the text without white space at its ends."""
        return self.cut(len(self.text) - len(self.text.lstrip()), len(self.text.rstrip()))

    def replaced(self, character: str, by: str) -> Placed:
        """Return the text with each ``character`` replaced by ``by``; both are single characters."""
        return Placed(self.text.replace(character, by), self.boxes, self.mended)

    def on_one_line(self) -> Placed:
        """Return the text with one space instead of each run of white space, and none at the ends."""
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
    """Return ``text``, which is not on the page, with the box ``NOWHERE`` (zeros) for each character."""
    return Placed(text, NOWHERE * len(text))


def joined_by(between: str, parts: Iterable[Placed]) -> Placed:
    """Join ``parts``, which may be empty, with ``between``, a separator that is not on the page."""
    mark = unplaced(between)
    whole: Placed | None = None
    for part in parts:
        whole = part if whole is None else whole + mark + part
    return whole or unplaced("")
