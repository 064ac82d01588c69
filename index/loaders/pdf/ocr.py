"""Recognises the characters in the picture of a page, and their places, in a process of tesseract (OCR)."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import groupby
from statistics import fmean, median
from typing import TYPE_CHECKING, NamedTuple

from index.errors import RecognitionError
from index.loaders.pdf.text import Frame, Glyph, box_bytes, is_unspaced
from index.text.geometry import BOX_BYTES

if TYPE_CHECKING:
    from PIL.Image import Image

PROGRAM = "tesseract"
RESOLUTION = 300  # dots per inch: the minimum that tesseract's manual recommends
MAX_PIXELS = 40_000_000  # an A2 page at ``RESOLUTION``; larger pages are scaled down
MIN_CONFIDENCE = 40.0  # the average of a line's words, from 0 to 100: stains, stamps and drawings have less
INSTALL = "install it (Debian: tesseract-ocr), or turn the setting ocr off"
_POINTS = 72
_WORD_LEVEL = "5\t"
_LIST_SECONDS = 10.0


class _Word(NamedTuple):
    """The edges are in pixels from the upper left corner; tesseract's confidence is 0 to 100."""

    paragraph: tuple[str, ...]
    line: str
    left: int
    top: int
    right: int
    bottom: int
    confidence: float
    text: str


def check(languages: Sequence[str]) -> None:
    """Raises RecognitionError if tesseract, or one of the languages, is not installed."""
    listed = _run([PROGRAM, "--list-langs"], b"", _LIST_SECONDS).decode("utf-8", "replace")
    known = set(listed.splitlines()[1:])
    for language in languages:
        if language not in known:
            package = "" if "/" in language else f" (Debian: tesseract-ocr-{language.replace('_', '-')})"
            remedy = f"install it{package}, or name others in the setting ocr_languages; it has "
            raise RecognitionError(
                f"{PROGRAM} does not know the language {language!r}", remedy + ", ".join(sorted(known))
            )


def recognised(picture: Image, frame: Frame, languages: Sequence[str], seconds: float) -> list[Glyph]:
    """In reading order; a word's box is divided equally. Raises RecognitionError."""
    image = BytesIO()
    picture.convert("L").save(image, "PPM")
    command = [PROGRAM, "stdin", "stdout", "--dpi", str(RESOLUTION), "-l", "+".join(languages), "tsv"]
    table = _run(command, image.getvalue(), seconds).decode("utf-8", "replace")
    across, down = frame.width / picture.width, frame.height / picture.height
    return list(_glyphs(_words(table), frame, across, down))


def scale(frame: Frame) -> float:
    """Pixels per point."""
    area = max(frame.width * frame.height, 1.0)
    return min(RESOLUTION / _POINTS, math.sqrt(MAX_PIXELS / area))


def _run(command: list[str], given: bytes, seconds: float) -> bytes:
    if shutil.which(PROGRAM) is None:
        raise RecognitionError(f"the program {PROGRAM} is not installed", INSTALL)
    # tesseract is three times as fast with one thread, because its threads mostly wait for one another.
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    try:
        # No shell runs the command, and the command has no text of a document.
        done = subprocess.run(  # noqa: S603 # nosec B603
            command, input=given, capture_output=True, env=environment, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        cause = f"{PROGRAM} took more than {seconds:,g} seconds"
        raise RecognitionError(cause, "allow more time, or close other programs") from error
    except OSError as error:
        cause = f"{PROGRAM} does not start ({error.strerror or error})"
        raise RecognitionError(cause, "close other programs, or install it again") from error
    if done.returncode:
        messages = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"code {done.returncode}"]
        raise RecognitionError(
            f"{PROGRAM} failed ({messages[-1]})", "see whether its languages are installed"
        )
    return done.stdout


def _words(table: str) -> Iterator[_Word]:
    """TSV: level, page, block, paragraph, line, word, left, top, width, height, confidence, text."""
    for row in table.split("\n"):
        level, *place, confidence, text = row.split("\t", 11) if row.startswith(_WORD_LEVEL) else ("", "", "")
        if not level or not text.strip():
            continue
        page, block, paragraph, line, _ = place[:5]
        left, top, width, height = map(int, place[5:])
        box = (left, top, left + width, top + height)
        yield _Word((page, block, paragraph), line, *box, float(confidence), text.strip())


def _glyphs(words: Iterable[_Word], frame: Frame, across: float, down: float) -> Iterator[Glyph]:
    for _, paragraph in groupby(words, lambda word: word.paragraph):
        lines = [list(line) for _, line in groupby(paragraph, lambda word: word.line)]
        lines = [line for line in lines if fmean(word.confidence for word in line) >= MIN_CONFIDENCE]
        if not lines:
            continue
        # A line without descenders has a smaller box than others of its paragraph, but the same font size.
        height = median(_bottom(line) - _top(line) for line in lines)
        for line in lines:
            middle = (_bottom(line) + _top(line)) / 2
            bounds = frame.height - (middle + height / 2) * down, frame.height - (middle - height / 2) * down
            yield from _line(line, frame, (across, down), bounds)


def _top(line: Sequence[_Word]) -> int:
    return min(word.top for word in line)


def _bottom(line: Sequence[_Word]) -> int:
    return max(word.bottom for word in line)


def _line(
    words: Sequence[_Word], frame: Frame, points: tuple[float, float], bounds: tuple[float, float]
) -> Iterator[Glyph]:
    """``points`` are a pixel's width and height, ``bounds`` the font's bottom and top, in points."""
    bottom, top = bounds
    low, high = frame.height - _bottom(words) * points[1], frame.height - _top(words) * points[1]
    before: _Word | None = None
    for word in words:
        start, end = word.left * points[0], word.right * points[0]
        if before is not None and not (is_unspaced(before.text[-1]) and is_unspaced(word.text[0])):
            yield Glyph(" ", before.right * points[0], bottom, start, top)
        before = word
        width = (end - start) / len(word.text)
        lefts = [start + number * width for number in range(len(word.text))]
        boxes = box_bytes([(left, low, left + width, high) for left in lefts], frame)
        for number, (character, left) in enumerate(zip(word.text, lefts, strict=True)):
            box = boxes[number * BOX_BYTES : (number + 1) * BOX_BYTES]
            yield Glyph(character, left, bottom, left + width, top, False, box)
    yield Glyph("\n", 0, bottom, 0, top)
