"""Restores the ligatures of fonts that do not say which letters their glyphs stand for.

Without its ligature, ``first`` becomes ``rst``. The width of the glyph, compared with letters on the page,
and the word around the glyph show whether it is fi, fl, ff, ffi or ffl.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

import regex

FIRST_NAMED = 0x20
"""The lowest code that stands for a character. If a font does not say which character a glyph stands for,
PDFium gives the glyph the code 0 or the glyph's number in the font."""

LIGATURES = ("fi", "fl", "ff", "ffi", "ffl")

_TOLERANCE = 0.15
"""A ligature is about as wide as its letters together: the widths differ by less than this share."""

_ALIKE = 0.05
"""Ligatures whose widths differ by less than this share cannot be told apart by width: i is as wide as l."""

_TOUCHING = 0.15
"""The largest gap between the letters of a word, as a share of their height."""

_SAME_HEIGHT = 0.03
_VOWELS = "aeiouyäëïöüæøåáéíóúýàèìòùâêîôûãõ"
_IE = ("d", "l", "n", "r", "s")
"""The letters that follow ``fie`` inside words such as ``certified`` and ``classifier``."""

_INITIAL_IE = ("l", "n", "r", "st")
"""The letters that follow ``fie`` at the start of words such as ``field`` and ``fierce``. Before other
letters, ``fle`` is usual, as in ``flesh`` and ``fled``."""

_WORD = regex.compile(r"\p{L}{3,}")

Box = Sequence[float]
"""Left, bottom, right, top, in points."""


def with_ligatures(characters: Sequence[str], codes: Sequence[int], boxes: Sequence[Box]) -> list[str]:
    """Return the characters of a page, with the letters of missing ligatures filled in.

    A glyph without a character becomes a ligature if it stands beside letters and is as wide as a ligature.

    Args:
        characters: a string for each glyph, empty if the glyph gives no character.
        codes: the code of each glyph; below ``FIRST_NAMED`` if its font does not name its character.
        boxes: the box of each glyph.
    """
    restored = list(characters)
    unnamed = [index for index, code in enumerate(codes) if code < FIRST_NAMED and not characters[index]]
    if not unnamed:
        return restored
    widths = _widths(characters, boxes)
    known = frozenset(
        word.casefold() for word in _WORD.findall("".join(character or "\0" for character in characters))
    )
    for index in unnamed:
        before, after = _letters(characters, boxes, index, -1), _letters(characters, boxes, index, 1)
        fitting = _fitting(boxes[index], widths) if before or after else []
        if fitting:
            restored[index] = ligature(before.casefold(), after.casefold(), fitting, known)
    return restored


def ligature(before: str, after: str, fitting: Sequence[str], known: frozenset[str]) -> str:
    """Choose the ligature that completes a word. All arguments are in lower case.

    Args:
        before: the letters before the ligature.
        after: the letters after the ligature.
        fitting: the possible ligatures, the likeliest first; not empty.
        known: other words of the page.
    """
    for one in fitting:
        if f"{before}{one}{after}" in known:
            return one
    return next((one for one in fitting if _can_stand(before, one, after)), fitting[0])


def _can_stand(before: str, one: str, after: str) -> bool:
    """Return whether European words usually allow the ligature ``one`` between ``before`` and ``after``.

    Vowels usually follow fl, but follow fi only in words such as ``justifiable`` and ``certified``.
    """
    if one == "ff":
        return not after.startswith(("i", "l"))  # the ligature would then be ffi or ffl
    takes_i = not after or after[0] not in _VOWELS or after.startswith("ab")
    if after.startswith("e") and not one.startswith("ff"):
        endings = _IE if before else _INITIAL_IE
        takes_i = after[1:].startswith(endings)
    return takes_i == one.endswith("i")


def _widths(characters: Sequence[str], boxes: Sequence[Box]) -> Mapping[str, list[tuple[float, float]]]:
    """Return the (height, width), in points, of each f, i and l on a page, by letter."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for character, (left, bottom, right, top) in zip(characters, boxes, strict=True):
        if character in ("f", "i", "l") and top > bottom:
            found[character].append((top - bottom, right - left))
    return found


def _fitting(box: Box, widths: Mapping[str, list[tuple[float, float]]]) -> list[str]:
    """Return the ligatures whose letters together are about as wide as ``box``; empty if there are none.

    For example, fi fits a box that is as wide as an f and an i of the same height.
    """
    left, bottom, right, top = box
    height, width = top - bottom, right - left
    usual: dict[str, float] = {}
    for letter, sizes in widths.items():
        alike = [(high, wide) for high, wide in sizes if abs(high - height) <= _SAME_HEIGHT * height]
        usual[letter] = median(wide * height / high for high, wide in alike or sizes)
    if height <= 0 or usual.keys() != {"f", "i", "l"}:
        return []
    differences = {one: abs(sum(map(usual.__getitem__, one)) / width - 1) for one in LIGATURES if width > 0}
    closest = min(differences.values(), default=1.0)
    return [
        one
        for one, difference in differences.items()
        if closest <= _TOLERANCE and difference <= closest + _ALIKE
    ]


def _letters(characters: Sequence[str], boxes: Sequence[Box], index: int, step: int) -> str:
    """Return the letters of a word that follow a glyph (``step`` is 1) or precede it (``step`` is -1)."""
    letters: list[str] = []
    while 0 <= index + step < len(characters):
        here, there = boxes[index], boxes[index + step]
        character = characters[index + step]
        gap = there[0] - here[2] if step > 0 else here[0] - there[2]
        height = here[3] - here[1]
        is_beside = abs(gap) <= _TOUCHING * height and abs(there[1] - here[1]) <= _TOUCHING * height
        if not character.isalpha() or not is_beside:
            break
        letters.append(character)
        index += step
    return "".join(letters[::step])
