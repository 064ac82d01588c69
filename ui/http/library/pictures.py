"""Pages as pictures, the cited words marked: drawn apart from the server, and kept for the next reader."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from index.documents import Span
from index.errors import LoadError
from index.library import Library
from index.loaders import Isolated, Options, content
from index.private import make_folder
from index.records import DocumentRecord
from index.text import Box
from rag.finding import DocumentTexts
from ui.errors import PictureError

MAX_KEPT_BYTES = 256 * 1024 * 1024
"""Of pictures on disk; the ones that were asked for longest ago go first."""

_PART = ".part"
_WRITING_SECONDS = 60.0
"""Longer than a picture is being written: what is older and not finished is left over."""

_PNG_BEGINS, _PNG_ENDS = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"

_MARK = (255, 226, 130)
"""Multiplied with the page, so that the words stay as dark as they are."""

_EDGE = (185, 127, 16)
_MARGIN_POINTS = 1.5


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture to be drawn.

    Attributes:
        record: the document.
        page: the page's number, from 1.
        width: of the picture, in pixels.
        span: what to mark, as a span of the document's text; None for nothing.
    """

    record: DocumentRecord
    page: int
    width: int
    span: Span | None = None


def has_pictures(record: DocumentRecord) -> bool:
    """Whether the pages of a document can be drawn: of a PDF whose file is the one that was read."""
    return record.kind == "pdf" and record.superseded_by is None


def page_picture(index: Library, reader: Isolated, options: Options, drawing: Drawing) -> bytes:
    """A page as PNG, the words of the drawing's span marked on it.

    Args:
        index: the library.
        reader: draws the page, in a process of its own.
        options: what that may take, and the passwords that may open the file.
        drawing: which page, and what to mark.

    Raises:
        PictureError: if the format has no pages, the document no such page, or its file is no longer the one
            that was read.
    """
    record, page, span = drawing.record, drawing.page, drawing.span
    if not has_pictures(record):
        raise PictureError(f"{record.title} has no pages that can be drawn; read its text")
    if not 1 <= page <= (record.pages or 0):
        raise PictureError(f"{record.title} has no page {page}; it has {record.pages}")
    kept = _folder(index) / f"{record.digest}-{page}-{drawing.width}.png"
    picture = _kept(kept)
    if picture is None:
        picture = _drawn(reader, options, drawing)
        # Where it cannot be kept, the next reader's is drawn again.
        with suppress(OSError):
            _keep(kept, picture)
    with index.catalog.reading() as catalog:
        boxes = DocumentTexts(catalog).boxes(record, span) if span else ()
        layout = catalog.layouts(record.document_id, record.version, [page]).get(page)
    marked = [box for box in boxes if box.page == page]
    return _marked(picture, marked, layout.width) if marked and layout else picture


def _drawn(reader: Isolated, options: Options, drawing: Drawing) -> bytes:
    record = drawing.record
    path = Path(record.source, record.path)
    try:
        if hashlib.sha256(content(path, options.limits)).hexdigest() != record.digest:
            raise PictureError(f"{record.path} is no longer the file that was read; sync the library")
        return reader.draw_page(path, drawing.page, drawing.width, options)
    except LoadError as error:
        raise PictureError(str(error)) from error


def _folder(index: Library) -> Path:
    return index.home / "pages"


def sweep_pictures(index: Library) -> None:
    """Delete what processes left of pictures that they did not finish. For a server that starts."""
    _sweep(_folder(index))


def _sweep(folder: Path) -> None:
    unfinished = time.time() - _WRITING_SECONDS
    for part in folder.glob(f"*{_PART}"):
        with suppress(FileNotFoundError):  # another process may sweep, too
            if part.stat().st_mtime < unfinished:
                part.unlink()


def _kept(place: Path) -> bytes | None:
    """A picture that is kept; None where none can be read, or only a part of one."""
    try:
        picture = place.read_bytes()
        os.utime(place)
    except OSError:
        return None
    return picture if picture.startswith(_PNG_BEGINS) and picture.endswith(_PNG_ENDS) else None


def _keep(place: Path, picture: bytes) -> None:
    make_folder(place.parent)
    with tempfile.NamedTemporaryFile(dir=place.parent, suffix=_PART, delete=False) as part:
        try:
            part.write(picture)
            part.flush()
            Path(part.name).replace(place)
        finally:
            Path(part.name).unlink(missing_ok=True)
    _sweep(place.parent)
    states = sorted(_states(place.parent))
    excess = sum(size for _, size, _ in states) - MAX_KEPT_BYTES
    for _, size, file in states[:-1]:
        if excess <= 0:
            break
        file.unlink(missing_ok=True)
        excess -= size


def _states(folder: Path) -> Iterator[tuple[int, int, Path]]:
    """When each kept picture was last asked for, its size and its place."""
    for file in folder.glob("*.png"):
        with suppress(FileNotFoundError):  # another request may have made room meanwhile
            state = file.stat()
            yield state.st_mtime_ns, state.st_size, file


def _marked(picture: bytes, boxes: Sequence[Box], width_in_points: float) -> bytes:
    from PIL import Image, ImageChops, ImageDraw

    page = Image.open(BytesIO(picture)).convert("RGB")
    scale = page.width / width_in_points
    ink = Image.new("RGB", page.size, "white")
    areas = [
        (
            (box.left - _MARGIN_POINTS) * scale,
            (box.top - _MARGIN_POINTS) * scale,
            (box.right + _MARGIN_POINTS) * scale,
            (box.bottom + _MARGIN_POINTS) * scale,
        )
        for box in boxes
    ]
    draw = ImageDraw.Draw(ink)
    for left, top, right, bottom in areas:
        draw.rectangle((left, top, right, bottom), fill=_MARK)
        draw.line((left, bottom, right, bottom), fill=_EDGE, width=max(1, round(scale)))
    marked = BytesIO()
    ImageChops.multiply(page, ink).save(marked, "PNG")
    return marked.getvalue()
