"""Makes pictures of pages with the cited words marked. A process renders; the disk caches unmarked ones."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Sequence
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

# The maximum size of all cached pictures together, in bytes; the least recently used are deleted first.
MAX_CACHED_BYTES = 256 * 1024 * 1024
_PART = ".part"
# Writing a picture takes fewer seconds than this, so a killed process left any older unfinished file.
_WRITING_SECONDS = 60.0
_PNG_BEGINS, _PNG_ENDS = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"

# The colour of the mark, which is multiplied with the page, so that the words stay dark.
_MARK = (255, 226, 130)
_CELL = (255, 184, 40)

_EDGE = (185, 127, 16)
_MARGIN_POINTS = 1.5


@dataclass(frozen=True, slots=True)
class Drawing:
    record: DocumentRecord
    page: int
    width: int
    span: Span | None = None
    cell: Span | None = None


def has_pictures(record: DocumentRecord) -> bool:
    """Return whether pages can be rendered: only a PDF's current version has such pages."""
    return record.kind == "pdf" and record.superseded_by is None


def page_picture(index: Library, reader: Isolated, options: Options, drawing: Drawing) -> bytes:
    """A PNG. Raises PictureError without such a page, or if the file is not as it was indexed."""
    record, page, span = drawing.record, drawing.page, drawing.span
    if not has_pictures(record):
        raise PictureError(f"the pages of {record.title} cannot be shown as pictures; read its text")
    if not 1 <= page <= (record.pages or 0):
        raise PictureError(f"{record.title} has no page {page}; it has {record.pages}")
    cached = _folder(index) / f"{record.digest}-{page}-{drawing.width}.png"
    picture = _read_cached(cached)
    if picture is None:
        picture = _rendered(reader, options, drawing)
        # A picture that cannot be cached is rendered again for the next request.
        with suppress(OSError):
            _write_cached(cached, picture)
    with index.catalog.reading() as catalog:
        library = DocumentTexts(catalog)
        boxes = library.boxes(record, span) if span else ()
        cell = library.box(record, drawing.cell) if drawing.cell else None
        layout = catalog.layouts(record.document_id, record.version, [page]).get(page)
    marks = [(box, _MARK) for box in boxes] + [(box, _CELL) for box in (cell,) if box is not None]
    marked = [(box, colour) for box, colour in marks if box.page == page]
    return _marked(picture, marked, layout.width) if marked and layout else picture


def _rendered(reader: Isolated, options: Options, drawing: Drawing) -> bytes:
    record = drawing.record
    path = Path(record.source, record.path)
    try:
        if hashlib.sha256(content(path, options.limits)).hexdigest() != record.digest:
            raise PictureError(f"{record.path} has changed since it was indexed; sync the library")
        return reader.draw_page(path, drawing.page, drawing.width, options)
    except LoadError as error:
        raise PictureError(str(error)) from error


def _folder(index: Library) -> Path:
    return index.home / "pages"


def sweep_pictures(index: Library) -> None:
    """Delete the unfinished pictures of killed processes. Call this when a server starts."""
    _sweep(_folder(index))


def _sweep(folder: Path) -> None:
    unfinished = time.time() - _WRITING_SECONDS
    for part in folder.glob(f"*{_PART}"):
        with suppress(FileNotFoundError):  # Another process may delete it at the same time.
            if part.stat().st_mtime < unfinished:
                part.unlink()


def _read_cached(place: Path) -> bytes | None:
    try:
        picture = place.read_bytes()
        os.utime(place)
    except OSError:
        return None
    return picture if picture.startswith(_PNG_BEGINS) and picture.endswith(_PNG_ENDS) else None


def _write_cached(place: Path, picture: bytes) -> None:
    make_folder(place.parent)
    with tempfile.NamedTemporaryFile(dir=place.parent, suffix=_PART, delete=False) as part:
        try:
            part.write(picture)
            part.flush()
            Path(part.name).replace(place)
        finally:
            Path(part.name).unlink(missing_ok=True)
    _sweep(place.parent)
    states: list[tuple[int, int, Path]] = []
    for file in place.parent.glob("*.png"):
        with suppress(FileNotFoundError):  # Another request may delete it to make room.
            state = file.stat()
            states.append((state.st_mtime_ns, state.st_size, file))
    excess = sum(size for _, size, _ in states) - MAX_CACHED_BYTES
    for _, size, file in sorted(states)[:-1]:
        if excess <= 0:
            break
        file.unlink(missing_ok=True)
        excess -= size


def _marked(
    picture: bytes, marks: Sequence[tuple[Box, tuple[int, int, int]]], width_in_points: float
) -> bytes:
    from PIL import Image, ImageChops, ImageDraw

    page = Image.open(BytesIO(picture)).convert("RGB")
    scale = page.width / width_in_points
    ink = Image.new("RGB", page.size, "white")
    draw = ImageDraw.Draw(ink)
    for box, colour in marks:
        left, top = (box.left - _MARGIN_POINTS) * scale, (box.top - _MARGIN_POINTS) * scale
        right, bottom = (box.right + _MARGIN_POINTS) * scale, (box.bottom + _MARGIN_POINTS) * scale
        outline = _EDGE if colour == _CELL else None
        draw.rectangle(
            (left, top, right, bottom), fill=colour, outline=outline, width=max(1, round(scale / 2))
        )
        draw.line((left, bottom, right, bottom), fill=_EDGE, width=max(1, round(scale)))
    marked = BytesIO()
    ImageChops.multiply(page, ink).save(marked, "PNG")
    return marked.getvalue()
