"""A page of a PDF, opened by PDFium → its characters with their boxes, as a reader of the page has them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING
from unicodedata import category, normalize

from index.loading.lines import WRAPPED_HYPHEN, Glyph

if TYPE_CHECKING:
    from pypdfium2 import PdfPage, PdfTextPage

_EVERYWHERE = (-math.inf, -math.inf, math.inf, math.inf)
"""For a page turned by a quarter, whose bounds PDFium does not give in the coordinates of its characters."""

_BOLD = re.compile(rb"bold|black|heavy|[-,]?bd\b|medi\b|cmbx", re.IGNORECASE)
_LINE_ENDS = frozenset({"\r", "\n", WRAPPED_HYPHEN})


def glyphs(page: PdfPage, text_page: PdfTextPage) -> list[Glyph]:
    """The characters on a page in the order of its text layer, turned as the page is.

    What lies outside the page is left out: printers' marks, and what was cut off.
    """
    from ctypes import byref

    from pypdfium2.raw import FS_RECTF, FPDFText_GetLooseCharBox, FPDFText_GetUnicode

    codes = [FPDFText_GetUnicode(text_page, index) for index in range(text_page.count_chars())]
    characters = [readable(character) for character in _characters(codes)]
    edges = _edges(characters)
    rotation = page.get_rotation()
    left, bottom, right, top = page.get_bbox() if rotation in {0, 180} else _EVERYWHERE
    box = FS_RECTF()
    placed: list[Glyph] = []
    for index, character in enumerate(characters):
        if not character:
            continue
        FPDFText_GetLooseCharBox(text_page, index, byref(box))
        is_outside = box.right < left or box.left > right or box.top < bottom or box.bottom > top
        if is_outside and not character.isspace():
            continue
        turned = _turned(box.left, box.bottom, box.right, box.top, rotation)
        bold = index in edges and _is_bold(text_page, index)
        placed += [Glyph(part, *turned, bold) for part in character]
    return placed


def _turned(
    left: float, bottom: float, right: float, top: float, rotation: int
) -> tuple[float, float, float, float]:
    """A box as it lies once its page is turned clockwise by ``rotation`` degrees about the origin."""
    match rotation:
        case 90:
            return bottom, -right, top, -left
        case 180:
            return -right, -top, -left, -bottom
        case 270:
            return -top, left, -bottom, right
        case _:
            return left, bottom, right, top


def _characters(codes: Sequence[int]) -> Iterator[str]:
    """A character for each UTF-16 or UTF-32 code; a pair of surrogates counts as its first, then nothing."""
    high = 0
    for code, following in zip_longest(codes, codes[1:], fillvalue=0):
        if 0xD800 <= code < 0xDC00 and 0xDC00 <= following < 0xE000:
            high = code
            yield chr(0x10000 + ((code - 0xD800) << 10) + (following - 0xDC00))
        elif high:
            high = 0
            yield ""
        else:
            yield chr(code)


def _edges(characters: Sequence[str]) -> set[int]:
    """Where the lines begin and end: the first and the last character of each that is no space."""
    edges: set[int] = set()
    inked: list[int] = []
    for index, character in enumerate(characters):
        if character and not character.isspace():
            inked.append(index)
        if inked and character in _LINE_ENDS:
            edges |= {inked[0], inked[-1]}
            inked = []
    return edges | set(inked[:1] + inked[-1:])


def _is_bold(text_page: PdfTextPage, index: int) -> bool:
    """Whether a character is set in a bold font, by the font's name."""
    from ctypes import create_string_buffer

    from pypdfium2.raw import FPDFText_GetFontInfo

    name = create_string_buffer(128)
    FPDFText_GetFontInfo(text_page, index, name, len(name), None)
    return _BOLD.search(name.value) is not None


def readable(character: str) -> str:
    """A character as it is read: ligatures spelled out, bullets of symbol fonts as bullets, controls gone."""
    if "\ufb00" <= character <= "\ufb06":
        return normalize("NFKC", character)
    if character in "\ufffe\x02":  # PDFium's marks of a hyphen that divides a word at a line's end
        return WRAPPED_HYPHEN
    if character in "\uf0b7\uf0a7\uf0d8\uf06c\uf06e\uf0fc":  # Symbol's and Wingdings' bullets
        return "•"
    if character in "\t\r\n":
        return character
    return "" if category(character) in {"Cc", "Cs", "Cf"} and character not in "\u200c\u200d" else character
