"""Reads the characters of a page with their boxes, and groups them into text runs.

It restores ligatures whose font does not name the letters, such as *fi* in *rst* for *first*.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import compress, islice, pairwise, starmap
from statistics import median
from struct import Struct, unpack
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import category, normalize

import regex

from index.loaders.blocks import INDENT, without_bars
from index.loaders.equations import superscript
from index.text.find import UNSPACED
from index.text.geometry import BOX_BYTES, UNITS
from index.text.tabular import CELL_SEPARATOR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from pypdfium2 import PdfPage, PdfTextPage

# The lowest code of a character. If a font does not name a glyph's character, PDFium gives the code 0 or the
# glyph's number in the font.
FIRST_NAMED = 0x20
LIGATURES = ("fi", "fl", "ff", "ffi", "ffl")
_TOLERANCE = 0.15  # share by which the width of a ligature differs from the width of its letters
_ALIKE = 0.05  # ligatures whose widths differ less cannot be told apart by width: i is as wide as l
_TOUCHING = 0.15  # largest gap between the letters of a word, as a share of their height
_SAME_HEIGHT = 0.03
_VOWELS = "aeiouyäëïöüæøåáéíóúýàèìòùâêîôûãõ"
_IE = ("d", "l", "n", "r", "s")  # the letters that follow ``fie`` inside words such as ``certified``
_INITIAL_IE = ("l", "n", "r", "st")  # at the start, as in ``field``; before others, ``fle`` is usual
_WORD = regex.compile(r"\p{L}{3,}")
Box = Sequence[float]  # left, bottom, right, top, in points
_BOX = Struct(f"{BOX_BYTES}s")
NOWHERE = bytes(BOX_BYTES)  # the box of a character that is not on the page
MIN_GUTTER = 0.7  # line heights between columns, at least: most spaces between words are half as wide
WRAPPED_HYPHEN = "\u00ad"  # the soft hyphen, which here marks the end of a line that divides a word
_UNSPACED = regex.compile(rf"[{UNSPACED}]")
_INK = regex.compile(r"\S+")
_BOLD = re.compile(rb"bold|black|heavy|[-,]?bd\b|medi\b|cmbx", re.IGNORECASE)
_LINE_ENDS = frozenset({"\r", "\n", WRAPPED_HYPHEN})
_MAX_COORDINATE = 1e6  # points; broken fonts give infinity, a page has 14,400 (ISO 32000-1, annex C)
_MAX_BOX_COORDINATE = 65_535  # the largest that ``PageLayout.boxes`` can hold


@dataclass(frozen=True, slots=True)
class Placed:
    """``BOX_BYTES`` bytes a character; ``mended`` has the offsets of removed hyphens and line breaks."""

    text: str
    boxes: bytes
    mended: tuple[int, ...] = ()

    def __add__(self, other: Placed) -> Placed:
        mended = self.mended
        if other.mended:
            mended += tuple(len(self.text) + offset for offset in other.mended)
        return Placed(self.text + other.text, self.boxes + other.boxes, mended)

    def cut(self, start: int, end: int) -> Placed:
        if start == 0 and end == len(self.text):
            return self
        mended = tuple(offset - start for offset in self.mended if start <= offset <= end)
        return Placed(self.text[start:end], self.boxes[start * BOX_BYTES : end * BOX_BYTES], mended)

    def sides(self) -> tuple[float, float] | None:
        """The left and the right edge in points; None if nothing of it is on the page."""
        edges = unpack(f"<{len(self.boxes) // 2}H", self.boxes)
        rights = [right for right in edges[2::4] if right]
        if not rights:
            return None
        lefts = edges[::4]
        if len(rights) < len(lefts):
            lefts = tuple(left for left, right in zip(lefts, edges[2::4], strict=True) if right)
        return min(lefts) / UNITS, max(rights) / UNITS

    def strip(self) -> Placed:
        return self.cut(len(self.text) - len(self.text.lstrip()), len(self.text.rstrip()))

    def on_one_line(self) -> Placed:
        """Each run of white space becomes one space, and none stays at the ends."""
        stripped = self.strip()
        if " ".join(stripped.text.split()) == stripped.text:
            return stripped
        return joined_by(" ", (stripped.cut(*match.span()) for match in _INK.finditer(stripped.text)))


def unplaced(text: str) -> Placed:
    return Placed(text, NOWHERE * len(text))


def joined_by(between: str, parts: Iterable[Placed]) -> Placed:
    """``between`` is not on the page."""
    mark = unplaced(between)
    whole: Placed | None = None
    for part in parts:
        whole = part if whole is None else whole + mark + part
    return whole or unplaced("")


class Glyph(NamedTuple):  # a page has thousands, and a dataclass takes three times as long to make
    """The edges are in points, ``bottom`` and ``top`` those of the font; a line break's have no meaning.

    ``bold`` is set only for the first and last character of a line.
    """

    character: str
    left: float
    bottom: float
    right: float
    top: float
    bold: bool = False
    box: bytes = NOWHERE


@dataclass(frozen=True, slots=True)
class Cell:
    """A stretch between two wide gaps; ``first_word`` is a width. All are in points."""

    words: Placed
    left: float
    right: float
    first_word: float

    def followed_by(self, below: Cell) -> Cell:
        words = joined_by(" ", (self.words.strip(), below.words.strip()))
        return Cell(words, min(self.left, below.left), max(self.right, below.right), self.first_word)


@dataclass(frozen=True, slots=True)
class Line:
    """The bounds are the font's, in points; ``bold`` is for the first and the last character.

    ``level`` tells how deep a row's label is indented, ``resumes`` where final superscripts begin. A line
    with ``rows`` stands for a table whose cells are parted by rules.
    """

    cells: tuple[Cell, ...]
    bottom: float
    top: float
    bold: tuple[bool, bool] = (False, False)
    is_row: bool = False
    begins_table: bool = False
    level: int = 0
    resumes: float | None = None
    rows: tuple[Line, ...] = ()

    @property
    def words(self) -> Placed:
        """A row has " | " between its cells, and an indented row begins with spaces."""
        if len(self.cells) == 1 and not self.is_row:
            return self.cells[0].words
        if self.is_row:
            cells = [cell.words.strip() for cell in self.cells]
            row = joined_by(CELL_SEPARATOR, [_without_bars(cell) for cell in cells]).strip()
            return unplaced(INDENT * self.level) + row if self.level else row
        *others, last = self.cells
        return joined_by(" ", [*(cell.words.strip() for cell in others), last.words])

    @property
    def text(self) -> str:
        return self.words.text

    @property
    def left(self) -> float:
        return self.cells[0].left

    @property
    def right(self) -> float:
        return self.cells[-1].right

    @property
    def first_word(self) -> float:
        return self.cells[0].first_word

    @property
    def height(self) -> float:
        """In points; never 0."""
        return max(self.top - self.bottom, 0.1)

    def shared_height(self, other: Line) -> float:
        """In points; negative for the gap between them."""
        return min(self.top, other.top) - max(self.bottom, other.bottom)


@dataclass(frozen=True, slots=True)
class Frame:
    """The visible area in PDF coordinates (points); ``width`` and ``height`` are after the rotation."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int
    width: float
    height: float

    def shown(self, x: float | None, y: float | None) -> tuple[float, float]:
        """From PDF coordinates to points from the rotated page's lower left corner."""
        import numpy as np

        x, y = (self.left if x is None else x), (self.top if y is None else y)
        left, bottom, _, _ = turned(np.array([[x, y, x, y]]), self)[0].tolist()
        return left, bottom


def frame(page: PdfPage) -> Frame:
    left, bottom, right, top = page.get_bbox()
    width, height = page.get_size()
    return Frame(left, bottom, right, top, page.get_rotation(), width, height)


def glyphs(frame: Frame, text_page: PdfTextPage) -> list[Glyph]:
    """Those outside the visible page are left out; a ligature gives several, each with its box."""
    from ctypes import c_int, c_uint, c_void_p

    from pypdfium2.raw import FPDFText_GetUnicode

    count = text_page.count_chars()
    ask, handle = _direct(FPDFText_GetUnicode, c_uint, c_void_p, c_int), _address(text_page.raw)
    codes = [ask(handle, index) for index in range(count)]
    shown = _boxes(frame, text_page, count)
    characters = _characters(codes)
    if not all(characters):
        characters = with_ligatures(characters, codes, _upright(shown, frame, text_page).tolist())
    bold = [False] * count
    for index in _edges(characters):
        bold[index] = _is_bold(text_page, index)
    left, bottom, right, top = shown.T
    inside = (right >= 0) & (left <= frame.width) & (top >= 0) & (bottom <= frame.height)
    kept = [
        character != "" and (is_inside or character.isspace())
        for character, is_inside in zip(characters, inside.tolist(), strict=True)
    ]
    boxes = (box for (box,) in _BOX.iter_unpack(box_bytes(shown, frame)))
    fields = zip(characters, *shown.T.tolist(), bold, boxes, strict=True)
    placed = list(starmap(Glyph, compress(fields, kept)))
    for place in [number for number, glyph in enumerate(placed) if len(glyph.character) > 1][::-1]:
        ligature = placed[place]
        placed[place : place + 1] = [ligature._replace(character=each) for each in ligature.character]
    return placed


def _direct(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:  # noqa: ANN401 - of ctypes
    """It takes addresses: it is called for each character, and checking pointers would take half the time."""
    from ctypes import CFUNCTYPE

    return CFUNCTYPE(result, *arguments)(_address(function))


def _address(pointer: Any) -> int:  # noqa: ANN401 - of ctypes
    from ctypes import c_void_p, cast

    return cast(pointer, c_void_p).value or 0


def _boxes(frame: Frame, text_page: PdfTextPage, count: int) -> NDArray[np.float64]:
    """Left, bottom, right and top on the visible page; shape (n, 4)."""
    from ctypes import addressof, c_int, c_void_p, sizeof

    import numpy as np
    from pypdfium2.raw import FS_RECTF, FPDFText_GetLooseCharBox

    ask = _direct(FPDFText_GetLooseCharBox, c_int, c_void_p, c_int, c_void_p)
    rectangles = (FS_RECTF * count)()
    handle, start, size = _address(text_page.raw), addressof(rectangles), sizeof(FS_RECTF)
    for index, place in enumerate(range(start, start + count * size, size)):
        ask(handle, index, place)
    left, top, right, bottom = np.frombuffer(rectangles, np.float32).reshape(-1, 4).T.astype(np.float64)
    shown = turned(np.column_stack((left, bottom, right, top)), frame)
    return np.clip(np.nan_to_num(shown), -_MAX_COORDINATE, _MAX_COORDINATE)


def turned(boxes: NDArray[np.float64], frame: Frame) -> NDArray[np.float64]:
    """From PDF coordinates to the visible, rotated page; shape (n, 4)."""
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
    """Text then runs from left to right, but boxes turned differently cannot be compared; shape (n, 4)."""
    from ctypes import c_float, c_int, c_void_p

    import numpy as np
    from pypdfium2.raw import FPDFText_GetCharAngle

    ask, handle = _direct(FPDFText_GetCharAngle, c_float, c_void_p, c_int), _address(text_page.raw)
    angles = np.array([ask(handle, index) for index in range(len(shown))])  # clockwise, in radians
    turns = np.rint(-np.degrees(angles) / 90 - frame.rotation / 90) % 4
    upright = shown.copy()
    for turn in (1, 2, 3):
        upright[turns == turn] = turned(shown[turns == turn], replace(frame, rotation=90 * turn))
    return upright


def box_bytes(shown: ArrayLike, frame: Frame) -> bytes:
    """The bytes of ``PageLayout.boxes``, clipped, at least one unit wide and high; ``shown`` is (n, 4)."""
    import numpy as np

    left, bottom, right, top = np.asarray(shown, np.float64).reshape(-1, 4).T
    corners = np.column_stack((left, frame.height - top, right, frame.height - bottom))
    limits = np.minimum(np.array([frame.width, frame.height] * 2) * UNITS, _MAX_BOX_COORDINATE)
    first = np.floor(np.clip(np.nan_to_num(corners[:, :2]) * UNITS, 0, limits[:2] - 1))
    last = np.ceil(np.clip(np.nan_to_num(corners[:, 2:]) * UNITS, 0, limits[2:]))
    return np.hstack((first, np.maximum(last, first + 1))).astype("<u2").tobytes()


def _characters(codes: Sequence[int]) -> list[str]:
    """Readable ones; a pair of surrogates gives the character and then an empty string."""
    known = {code: readable(chr(code)) for code in set(codes)}
    characters = list(map(known.__getitem__, codes))
    if any(0xD800 <= code < 0xDC00 for code in known):
        for index, (code, following) in enumerate(pairwise(codes)):
            if 0xD800 <= code < 0xDC00 <= following < 0xE000:
                characters[index] = readable(chr(0x10000 + ((code - 0xD800) << 10) + following - 0xDC00))
    return characters


@lru_cache(maxsize=4096)
def readable(character: str) -> str:
    """Empty for most control characters."""
    if not character or "\ufb00" <= character <= "\ufb06":
        return normalize("NFKC", character)
    if character in "\ufffe\x02":  # PDFium's marks of a hyphen that divides a word at a line's end
        return WRAPPED_HYPHEN
    if character in "\uf0b7\uf0a7\uf0d8\uf06c\uf06e\uf0fc":  # Symbol's and Wingdings' bullets
        return "•"
    if character in "\t\r\n":
        return character
    return "" if category(character) in {"Cc", "Cs", "Cf"} and character not in "\u200c\u200d" else character


def _edges(characters: Sequence[str]) -> set[int]:
    """The first and last of each line; white space does not count."""
    edges: set[int] = set()
    ends = [index for index, character in enumerate(characters, 1) if character in _LINE_ENDS]
    for start, end in pairwise((0, *ends, len(characters))):
        for line in (range(start, end), range(end - 1, start - 1, -1)):
            edges.update(islice((index for index in line if characters[index].strip()), 1))
    return edges


def _is_bold(text_page: PdfTextPage, index: int) -> bool:
    from ctypes import create_string_buffer

    from pypdfium2.raw import FPDFText_GetFontInfo

    name = create_string_buffer(128)
    FPDFText_GetFontInfo(text_page, index, name, len(name), None)
    return _BOLD.search(name.value) is not None


def with_ligatures(characters: Sequence[str], codes: Sequence[int], boxes: Sequence[Box]) -> list[str]:
    """A ligature has no character, a code below ``FIRST_NAMED`` (unnamed), and letters beside it."""
    restored = list(characters)
    unnamed = [index for index, code in enumerate(codes) if code < FIRST_NAMED and not characters[index]]
    if not unnamed:
        return restored
    sizes: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for character, (left, bottom, right, top) in zip(characters, boxes, strict=True):
        if character in ("f", "i", "l") and top > bottom:
            sizes[character].append((top - bottom, right - left))
    written = "".join(character or "\0" for character in characters)
    known = frozenset(word.casefold() for word in _WORD.findall(written))
    for index in unnamed:
        before, after = _letters(characters, boxes, index, -1), _letters(characters, boxes, index, 1)
        fitting = _fitting(boxes[index], sizes) if before or after else []
        if fitting:
            restored[index] = ligature(before.casefold(), after.casefold(), fitting, known)
    return restored


def ligature(before: str, after: str, fitting: Sequence[str], known: frozenset[str]) -> str:
    """All in lower case. ``fitting`` has the likeliest first, ``known`` other words of the page."""
    whole = (one for one in fitting if f"{before}{one}{after}" in known)
    usual = (one for one in fitting if _can_stand(before, one, after))
    return next(one for ones in (whole, usual, fitting) for one in ones)


def _can_stand(before: str, one: str, after: str) -> bool:
    """Vowels usually follow fl, but follow fi only in words such as ``justifiable`` and ``certified``."""
    if one == "ff":
        return not after.startswith(("i", "l"))  # the ligature would then be ffi or ffl
    takes_i = not after or after[0] not in _VOWELS or after.startswith("ab")
    if after.startswith("e") and not one.startswith("ff"):
        endings = _IE if before else _INITIAL_IE
        takes_i = after[1:].startswith(endings)
    return takes_i == one.endswith("i")


def _fitting(box: Box, sizes: Mapping[str, list[tuple[float, float]]]) -> list[str]:
    """Its letters are together about as wide; ``sizes`` has (height, width) in points."""
    left, bottom, right, top = box
    height, width = top - bottom, right - left
    usual: dict[str, float] = {}
    for letter, its in sizes.items():
        alike = [(high, wide) for high, wide in its if abs(high - height) <= _SAME_HEIGHT * height]
        usual[letter] = median(wide * height / high for high, wide in alike or its)
    if height <= 0 or width <= 0 or usual.keys() != {"f", "i", "l"}:
        return []
    differences = {one: abs(sum(map(usual.__getitem__, one)) / width - 1) for one in LIGATURES}
    closest = min(differences.values())
    if closest > _TOLERANCE:
        return []
    return [one for one, difference in differences.items() if difference <= closest + _ALIKE]


def _letters(characters: Sequence[str], boxes: Sequence[Box], index: int, step: int) -> str:
    """After the glyph if ``step`` is 1, before it if it is -1."""
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


def pieces(glyphs: Iterable[Glyph]) -> Iterator[Line]:
    """A gap of more than ``MIN_GUTTER`` begins a cell of the run, although it may be between columns."""
    run: list[Glyph] = []
    for glyph in glyphs:
        character = glyph.character
        if character not in "\r\n":
            if run and glyph.right < run[-1].left and _is_lower(glyph, run[-1]):
                yield from _line(run)
                run = []
            run.append(glyph)
        if character in _LINE_ENDS:
            yield from _line(run)
            run = []
    yield from _line(run)


def _is_lower(glyph: Glyph, before: Glyph) -> bool:
    """Some files have no break between the end of a line and a line further down and to the left."""
    is_below = glyph.top - before.bottom < 0.5 * (glyph.top - glyph.bottom)
    return is_below and not glyph.character.isspace()


def _line(glyphs: list[Glyph]) -> Iterator[Line]:
    inked = [(number, glyph) for number, glyph in enumerate(glyphs) if not glyph.character.isspace()]
    if not inked:
        return
    top, bottom = median([glyph.top for _, glyph in inked]), median([glyph.bottom for _, glyph in inked])
    height = max(top - bottom, 0.1)
    gap = MIN_GUTTER * height
    starts = [number for (_, before), (number, glyph) in pairwise(inked) if glyph.left - before.right > gap]
    cells = [_cell(glyphs[start:end], top, height) for start, end in pairwise((0, *starts, len(glyphs)))]
    yield Line(tuple(cells), bottom, top, (inked[0][1].bold, inked[-1][1].bold))


def _cell(glyphs: Sequence[Glyph], top: float, height: float) -> Cell:
    """White space becomes one space, also at the end; raised figures become superscripts.

    The first word of a script without spaces is its first character.
    """
    characters, lefts, bottoms, rights, tops, _, boxes = zip(*glyphs, strict=True)
    text, placed = "".join(characters), b"".join(boxes)
    words: list[tuple[int, int]] = []
    end = 0
    for word in text.split():
        start = text.index(word, end)
        end = start + len(word)
        words.append((start, end))
    (first, after), (_, last) = words[0], words[-1]
    unspaced = _UNSPACED.search(text, first, after)
    first_word = rights[unspaced.start() if unspaced else after - 1] - lefts[first]
    least, highest = 0.8 * height, top - 0.15 * height
    raised = [upper - bottom < least and upper > highest for bottom, upper in zip(bottoms, tops, strict=True)]
    if True in raised:
        pairs = zip(text, raised, strict=True)
        text = "".join(superscript(letter) if is_raised else letter for letter, is_raised in pairs)
    written = " ".join(text[start:end] for start, end in words)
    found = NOWHERE.join(placed[start * BOX_BYTES : end * BOX_BYTES] for start, end in words)
    if last < len(text):
        written, found = written + " ", found + NOWHERE
    return Cell(Placed(written, found), lefts[first], rights[last - 1], first_word)


def _without_bars(words: Placed) -> Placed:
    return Placed(without_bars(words.text), words.boxes) if "|" in words.text else words


def is_unspaced(character: str) -> bool:
    return bool(_UNSPACED.match(character))
