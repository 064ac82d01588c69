"""A page of a PDF, opened by PDFium → its characters with their boxes, as a reader of the page has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING
from unicodedata import category, normalize

from index.loading.lines import WRAPPED_HYPHEN, Glyph
from index.loading.placed import BOX_BYTES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pypdfium2 import PdfPage, PdfTextPage

_BOLD = re.compile(rb"bold|black|heavy|[-,]?bd\b|medi\b|cmbx", re.IGNORECASE)
_LINE_ENDS = frozenset({"\r", "\n", WRAPPED_HYPHEN})

_UNITS = 4
"""In a point: boxes are told in quarters of it."""

_FARTHEST = 65_535
"""What a box's numbers, of 16 bits, hold at most."""


def glyphs(page: PdfPage, text_page: PdfTextPage) -> list[Glyph]:
    """The characters on a page in the order of its text layer, placed on the page as it is shown.

    What lies outside the page is left out: printers' marks, and what was cut off.
    """
    from pypdfium2.raw import FPDFText_GetUnicode

    handle = text_page.raw  # the wrapper is unwrapped at every call otherwise
    count = text_page.count_chars()
    codes = [FPDFText_GetUnicode(handle, index) for index in range(count)]
    characters = [readable(character) for character in _characters(codes)]
    edges = _edges(characters)
    shown, inside, boxes = _places(page, text_page, count)
    placed: list[Glyph] = []
    end = 0
    for index, (character, (left, bottom, right, top), is_inside) in enumerate(
        zip(characters, shown, inside, strict=True)
    ):
        end += BOX_BYTES
        if not character or not (is_inside or character.isspace()):
            continue
        bold = index in edges and _is_bold(text_page, index)
        box = boxes[end - BOX_BYTES : end]
        placed += [Glyph(part, left, bottom, right, top, bold, box) for part in character]
    return placed


def _places(page: PdfPage, text_page: PdfTextPage, count: int) -> tuple[list[list[float]], list[bool], bytes]:
    """Where each character lies on the page as shown, whether any of it does, and its box for PageLayout."""
    from ctypes import byref

    import numpy as np
    from pypdfium2.raw import FS_RECTF, FPDFText_GetLooseCharBox

    handle, box = text_page.raw, FS_RECTF()
    pointer = byref(box)
    told = bytearray()
    for index in range(count):
        FPDFText_GetLooseCharBox(handle, index, pointer)
        told += bytes(box)
    left, top, right, bottom = np.frombuffer(told, np.float32).reshape(-1, 4).T.astype(np.float64)
    width, height = page.get_size()
    shown = _turned(np.column_stack((left, bottom, right, top)), page.get_bbox(), page.get_rotation())
    outside = (shown[:, 2] < 0) | (shown[:, 0] > width) | (shown[:, 3] < 0) | (shown[:, 1] > height)
    return shown.tolist(), (~outside).tolist(), _boxes(shown, width, height)


def _turned(
    boxes: NDArray[np.float64], page: tuple[float, float, float, float], rotation: int
) -> NDArray[np.float64]:
    """Boxes ``(left, bottom, right, top)`` in a page's own space, as it is shown when turned clockwise.

    Args:
        boxes: an array of shape (n, 4), in points.
        page: left, bottom, right and top of what is shown of the page.
        rotation: in degrees.

    Returns:
        An array of shape (n, 4), from the lower left corner of the page as it is shown.
    """
    import numpy as np

    left, bottom, right, top = boxes.T
    page_left, page_bottom, page_right, page_top = page
    match rotation:
        case 90:
            turned = (bottom - page_bottom, page_right - right, top - page_bottom, page_right - left)
        case 180:
            turned = (page_right - right, page_top - top, page_right - left, page_top - bottom)
        case 270:
            turned = (page_top - top, left - page_left, page_top - bottom, right - page_left)
        case _:
            turned = (left - page_left, bottom - page_bottom, right - page_left, top - page_bottom)
    return np.column_stack(turned)


def _boxes(shown: NDArray[np.float64], width: float, height: float) -> bytes:
    """The bytes of PageLayout for each of the boxes, cut off at the page's edges; none is empty."""
    import numpy as np

    left, bottom, right, top = shown.T
    corners = np.column_stack((left, height - top, right, height - bottom))
    limits = np.minimum(np.array([width, height, width, height]) * _UNITS, _FARTHEST)
    first = np.floor(np.clip(np.nan_to_num(corners[:, :2]) * _UNITS, 0, limits[:2] - 1))
    last = np.ceil(np.clip(np.nan_to_num(corners[:, 2:]) * _UNITS, 0, limits[2:]))
    return np.hstack((first, np.maximum(last, first + 1))).astype("<u2").tobytes()


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
    first = last = -1
    for index, character in enumerate(characters):
        if character and not character.isspace():
            first, last = first if first >= 0 else index, index
        if character in _LINE_ENDS and first >= 0:
            edges |= {first, last}
            first = -1
    return edges | ({first, last} if first >= 0 else set())


def _is_bold(text_page: PdfTextPage, index: int) -> bool:
    """Whether a character is set in a bold font, by the font's name."""
    from ctypes import create_string_buffer

    from pypdfium2.raw import FPDFText_GetFontInfo

    name = create_string_buffer(128)
    FPDFText_GetFontInfo(text_page, index, name, len(name), None)
    return _BOLD.search(name.value) is not None


@lru_cache(maxsize=4096)
def readable(character: str) -> str:
    """A character as it is read: ligatures spelled out, bullets of symbol fonts as bullets, controls gone."""
    if not character or "\ufb00" <= character <= "\ufb06":
        return normalize("NFKC", character)
    if character in "\ufffe\x02":  # PDFium's marks of a hyphen that divides a word at a line's end
        return WRAPPED_HYPHEN
    if character in "\uf0b7\uf0a7\uf0d8\uf06c\uf06e\uf0fc":  # Symbol's and Wingdings' bullets
        return "•"
    if character in "\t\r\n":
        return character
    return "" if category(character) in {"Cc", "Cs", "Cf"} and character not in "\u200c\u200d" else character
