"""Reads the characters of a page with PDFium, with their boxes on the visible page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Any
from unicodedata import category, normalize

from index.loaders.pdf.ligatures import with_ligatures
from index.loaders.pdf.runs import WRAPPED_HYPHEN, Glyph
from index.text.geometry import BOX_BYTES, UNITS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from pypdfium2 import PdfPage, PdfTextPage

_BOLD = re.compile(rb"bold|black|heavy|[-,]?bd\b|medi\b|cmbx", re.IGNORECASE)
_LINE_ENDS = frozenset({"\r", "\n", WRAPPED_HYPHEN})


_MAX_COORDINATE = 1e6
"""The largest coordinate that is read, in points: broken fonts put characters at infinity. A page has at most
14,400 points (ISO 32000-1, annex C)."""

_MAX_BOX_COORDINATE = 65_535
"""The largest coordinate that ``PageLayout.boxes`` can hold: the largest unsigned 16-bit number."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The visible area of a page, and its rotation. The four edges are in PDF coordinates, in points.

    Attributes:
        left: the left edge.
        bottom: the lower edge.
        right: the right edge.
        top: the upper edge.
        rotation: the clockwise rotation of the visible page, in degrees.
        width: the width of the visible page after rotation, in points.
        height: the height of the visible page after rotation, in points.
    """

    left: float
    bottom: float
    right: float
    top: float
    rotation: int
    width: float
    height: float

    def shown(self, x: float | None, y: float | None) -> tuple[float, float]:
        """Convert a point from PDF coordinates to coordinates on the visible page, after rotation.

        The origin of the result is the lower left corner of the visible page. If ``x`` is None, the point is
        at the left edge of the page before rotation; if ``y`` is None, at its upper edge.
        """
        if x is None or y is None:
            x, y = (self.left if x is None else x), (self.top if y is None else y)
        match self.rotation:
            case 90:
                return y - self.bottom, self.right - x
            case 180:
                return self.right - x, self.top - y
            case 270:
                return self.top - y, x - self.left
            case _:
                return x - self.left, y - self.bottom


def frame(page: PdfPage) -> Frame:
    """Return the visible area of ``page``."""
    left, bottom, right, top = page.get_bbox()
    width, height = page.get_size()
    return Frame(left, bottom, right, top, page.get_rotation(), width, height)


def glyphs(frame: Frame, text_page: PdfTextPage) -> list[Glyph]:
    """Return a page's characters in the order of its text layer, with their places on the visible page.

    Characters outside the visible page, such as printers' marks, are left out. A ligature gives several
    characters, each with the box of the ligature.
    """
    count = text_page.count_chars()
    codes = _codes(text_page, count)
    shown = _boxes(frame, text_page, count)
    characters = [readable(character) for character in _characters(codes)]
    if not all(characters):
        characters = with_ligatures(characters, codes, _upright(shown, frame, text_page).tolist())
    edges = _edges(characters)
    boxes = box_bytes(shown, frame)
    placed: list[Glyph] = []
    places = zip(*shown.T.tolist(), _is_inside(shown, frame).tolist(), strict=True)
    for index, (character, (left, bottom, right, top, is_inside)) in enumerate(
        zip(characters, places, strict=True)
    ):
        if not character or not (is_inside or character.isspace()):
            continue
        bold = index in edges and _is_bold(text_page, index)
        box = boxes[index * BOX_BYTES : (index + 1) * BOX_BYTES]
        if len(character) == 1:
            placed.append(Glyph(character, left, bottom, right, top, bold, box))
        else:  # a ligature
            placed += [Glyph(part, left, bottom, right, top, bold, box) for part in character]
    return placed


def _codes(text_page: PdfTextPage, count: int) -> list[int]:
    from ctypes import c_int, c_uint, c_void_p

    from pypdfium2.raw import FPDFText_GetUnicode

    ask, handle = _direct(FPDFText_GetUnicode, c_uint, c_void_p, c_int), _address(text_page.raw)
    return [ask(handle, index) for index in range(count)]


def _direct(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:  # noqa: ANN401 - of ctypes
    """Return a function of PDFium in a form that takes addresses (integers) instead of pointers.

    The loader calls the function for each character, and checking pointers would take half of the time.
    """
    from ctypes import CFUNCTYPE

    return CFUNCTYPE(result, *arguments)(_address(function))


def _address(pointer: Any) -> int:  # noqa: ANN401 - of ctypes
    from ctypes import c_void_p, cast

    return cast(pointer, c_void_p).value or 0


def _boxes(frame: Frame, text_page: PdfTextPage, count: int) -> NDArray[np.float64]:
    """Return the box (left, bottom, right, top) of each character on the visible page; shape (n, 4)."""
    from ctypes import addressof, c_int, c_void_p, sizeof

    import numpy as np
    from pypdfium2.raw import FS_RECTF, FPDFText_GetLooseCharBox

    ask = _direct(FPDFText_GetLooseCharBox, c_int, c_void_p, c_int, c_void_p)
    rectangles = (FS_RECTF * count)()
    handle, start, size = _address(text_page.raw), addressof(rectangles), sizeof(FS_RECTF)
    for index, place in enumerate(range(start, start + count * size, size)):
        ask(handle, index, place)
    left, top, right, bottom = np.frombuffer(rectangles, np.float32).reshape(-1, 4).T.astype(np.float64)
    shown = _turned(np.column_stack((left, bottom, right, top)), frame)
    return np.clip(np.nan_to_num(shown), -_MAX_COORDINATE, _MAX_COORDINATE)


def _is_inside(shown: NDArray[np.float64], frame: Frame) -> NDArray[np.bool_]:
    """Return for each box whether at least a part of it is on the visible page; shape (n,)."""
    left, bottom, right, top = shown.T
    inside: NDArray[np.bool_] = (right >= 0) & (left <= frame.width) & (top >= 0) & (bottom <= frame.height)
    return inside


def _turned(boxes: NDArray[np.float64], frame: Frame) -> NDArray[np.float64]:
    """Convert boxes (left, bottom, right, top) from PDF coordinates to those of the visible, rotated page.

    The array and the result have the shape (n, 4).
    """
    import numpy as np

    left, bottom, right, top = boxes.T
    match frame.rotation:
        case 90:
            turned = (bottom - frame.bottom, frame.right - right, top - frame.bottom, frame.right - left)
        case 180:
            turned = (frame.right - right, frame.top - top, frame.right - left, frame.top - bottom)
        case 270:
            turned = (frame.top - top, left - frame.left, frame.top - bottom, right - frame.left)
        case _:
            turned = (left - frame.left, bottom - frame.bottom, right - frame.left, top - frame.bottom)
    return np.column_stack(turned)


def _upright(shown: NDArray[np.float64], frame: Frame, text_page: PdfTextPage) -> NDArray[np.float64]:
    """Turn each box so that its text runs from left to right; shape (n, 4).

    The names of a chart's axes, for example, are often written vertically. Boxes of text in different
    directions are turned by different angles, so their places cannot be compared with each other.
    """
    from ctypes import c_float, c_int, c_void_p

    import numpy as np
    from pypdfium2.raw import FPDFText_GetCharAngle

    ask, handle = _direct(FPDFText_GetCharAngle, c_float, c_void_p, c_int), _address(text_page.raw)
    angles = np.array([ask(handle, index) for index in range(len(shown))])  # clockwise, in radians
    turns = np.rint(-np.degrees(angles) / 90 - frame.rotation / 90) % 4
    upright = shown.copy()
    for turn in (1, 2, 3):
        upright[turns == turn] = _turned(shown[turns == turn], replace(frame, rotation=90 * turn))
    return upright


def box_bytes(shown: ArrayLike, frame: Frame) -> bytes:
    """Convert boxes to the bytes of ``PageLayout.boxes``.

    Boxes are clipped at the page's edges, but keep a width and a height of at least one unit.

    Args:
        shown: boxes ``(left, bottom, right, top)`` on the visible page; shape (n, 4).
        frame: the page.
    """
    import numpy as np

    left, bottom, right, top = np.asarray(shown, np.float64).reshape(-1, 4).T
    corners = np.column_stack((left, frame.height - top, right, frame.height - bottom))
    limits = np.minimum(np.array([frame.width, frame.height] * 2) * UNITS, _MAX_BOX_COORDINATE)
    first = np.floor(np.clip(np.nan_to_num(corners[:, :2]) * UNITS, 0, limits[:2] - 1))
    last = np.ceil(np.clip(np.nan_to_num(corners[:, 2:]) * UNITS, 0, limits[2:]))
    return np.hstack((first, np.maximum(last, first + 1))).astype("<u2").tobytes()


def _characters(codes: Sequence[int]) -> Iterator[str]:
    """Yield the character of each code; for a pair of surrogates, the character and then an empty string."""
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
    """Return the indexes of the first and the last character of each line; white space does not count."""
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
    """Return whether the name of a character's font has a word for bold type, such as ``heavy``."""
    from ctypes import create_string_buffer

    from pypdfium2.raw import FPDFText_GetFontInfo

    name = create_string_buffer(128)
    FPDFText_GetFontInfo(text_page, index, name, len(name), None)
    return _BOLD.search(name.value) is not None


@lru_cache(maxsize=4096)
def readable(character: str) -> str:
    """Return the text that a character of a page stands for.

    A ligature becomes its letters. A bullet of a symbol font becomes ``•``. PDFium's mark for a word that is
    divided at a line's end becomes ``WRAPPED_HYPHEN``. Most control characters become an empty string.
    """
    if not character or "\ufb00" <= character <= "\ufb06":
        return normalize("NFKC", character)
    if character in "\ufffe\x02":  # PDFium's marks of a hyphen that divides a word at a line's end
        return WRAPPED_HYPHEN
    if character in "\uf0b7\uf0a7\uf0d8\uf06c\uf06e\uf0fc":  # Symbol's and Wingdings' bullets
        return "•"
    if character in "\t\r\n":
        return character
    return "" if category(character) in {"Cc", "Cs", "Cf"} and character not in "\u200c\u200d" else character
