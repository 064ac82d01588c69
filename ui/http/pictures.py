"""Makes pictures of pages with the cited words marked. Processes render; the disk caches unmarked ones."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from anyio import CapacityLimiter, to_thread

from index.documents import Span
from index.errors import BusyError, LoadError
from index.library import Library
from index.loaders import Isolated, Options, ReaderDiedError, content
from index.private import make_folder
from index.records import DocumentRecord
from index.text import Box
from rag.finding import DocumentTexts
from ui.errors import PictureError
from ui.http.router import MAX_WAITING, LimitedThreads

# An ordinary page takes a twentieth of a second, but a small file can have one that takes hours.
DRAWING_SECONDS = 10.0
# For so long after that, the page is not tried again, whatever its width.
_SLOW_SECONDS = 60.0

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


class Pictures:
    """Draws pages for many senders: within seconds, in turns, and each picture once at a time."""

    def __init__(self, renderers: Sequence[Isolated], options: Options) -> None:
        limits = options.limits
        seconds = min(limits.seconds, DRAWING_SECONDS)
        self._options = replace(options, limits=replace(limits, seconds=seconds))
        self._turns = _Turns(renderers)
        self._rendering = CapacityLimiter(len(renderers))
        self._threads = LimitedThreads("pictures of pages", at_once=4, waiting=MAX_WAITING)
        self._begun: dict[tuple[int, str, int, int], asyncio.Task[bytes]] = {}
        self._slow: dict[tuple[str, int], float] = {}

    async def page_picture(self, index: Library, drawing: Drawing, sender: str) -> bytes:
        """A PNG. Raises PictureError without such a page, or if the file is not as it was indexed."""
        record, page = drawing.record, drawing.page
        if not has_pictures(record):
            raise PictureError(f"the pages of {record.title} cannot be shown as pictures; read its text")
        if not 1 <= page <= (record.pages or 0):
            raise PictureError(f"{record.title} has no page {page}; it has {record.pages}")
        cached = _folder(index) / f"{record.digest}-{page}-{drawing.width}.png"
        picture = await self._threads.run(_read_cached, cached)
        if picture is None:
            # With the number of the document: errors name its file, which not all may see who see a copy.
            key = (record.document_id, record.digest, page, drawing.width)
            begun = self._begun.get(key)
            if begun is None:
                begun = self._begun[key] = asyncio.create_task(self._drawn(cached, drawing, sender))
                begun.add_done_callback(lambda ended: self._end(key, ended))
            # The others still wait for it if this request is broken off.
            picture = await asyncio.shield(begun)
        return await self._threads.run(_with_marks, index, drawing, picture)

    def _end(self, key: tuple[int, str, int, int], ended: asyncio.Task[bytes]) -> None:
        del self._begun[key]
        if not ended.cancelled():
            ended.exception()  # asyncio logs an error that nobody has looked at

    async def _drawn(self, cached: Path, drawing: Drawing, sender: str) -> bytes:
        record, page = drawing.record, drawing.page
        async with self._turns.turn(sender) as renderer:
            now = time.monotonic()
            self._slow = {each: until for each, until in self._slow.items() if until > now}
            if (record.digest, page) in self._slow:
                raise self._too_slow(drawing)
            try:
                return await to_thread.run_sync(
                    _render_and_cache, renderer, self._options, drawing, cached, limiter=self._rendering
                )
            except LoadError as error:
                died = error.__cause__
                if isinstance(died, ReaderDiedError) and died.expired:
                    self._slow[record.digest, page] = time.monotonic() + _SLOW_SECONDS
                    raise self._too_slow(drawing) from error
                raise PictureError(str(error)) from error

    def _too_slow(self, drawing: Drawing) -> PictureError:
        seconds = self._options.limits.seconds
        return PictureError(
            f"page {drawing.page} of {drawing.record.title} takes more than {seconds:g} seconds to draw; "
            "read its text"
        )


class _Turns:
    """Gives renderers to senders in turn. A sender never has more than one, so that others need not wait."""

    def __init__(self, renderers: Sequence[Isolated]) -> None:
        # The one that was used last comes first: the others may have no process yet.
        self._free = list(renderers)
        self._served: set[str] = set()
        self._waiting: dict[str, deque[asyncio.Future[Isolated]]] = {}

    @asynccontextmanager
    async def turn(self, sender: str) -> AsyncIterator[Isolated]:
        """Raises BusyError if too many of the sender's requests wait."""
        queue = self._waiting.setdefault(sender, deque())
        if len(queue) >= MAX_WAITING:
            raise BusyError(MAX_WAITING, "pictures of pages")
        own = asyncio.get_running_loop().create_future()
        queue.append(own)
        self._give()
        renderer = await own
        try:
            yield renderer
        finally:
            self._free.append(renderer)
            self._served.remove(sender)
            self._give()

    def _give(self) -> None:
        for sender in [each for each in self._waiting if each not in self._served][: len(self._free)]:
            queue = self._waiting.pop(sender)
            queue.popleft().set_result(self._free.pop())
            self._served.add(sender)
            if queue:
                self._waiting[sender] = queue  # behind the other senders


def _render_and_cache(renderer: Isolated, options: Options, drawing: Drawing, cached: Path) -> bytes:
    """Raises LoadError, or PictureError if the file has changed."""
    record = drawing.record
    path = Path(record.source, record.path)
    if hashlib.sha256(content(path, options.limits)).hexdigest() != record.digest:
        raise PictureError(f"{record.path} has changed since it was indexed; sync the library")
    picture = renderer.draw_page(path, drawing.page, drawing.width, options)
    # A picture that cannot be cached is rendered again for the next request.
    with suppress(OSError):
        _write_cached(cached, picture)
    return picture


def _with_marks(index: Library, drawing: Drawing, picture: bytes) -> bytes:
    record, page, span = drawing.record, drawing.page, drawing.span
    with index.catalog.reading() as catalog:
        library = DocumentTexts(catalog)
        boxes = library.boxes(record, span) if span else ()
        cell = library.box(record, drawing.cell) if drawing.cell else None
        layout = catalog.layouts(record.document_id, record.version, [page]).get(page)
    marks = [(box, _MARK) for box in boxes] + [(box, _CELL) for box in (cell,) if box is not None]
    marked = [(box, colour) for box, colour in marks if box.page == page]
    return _marked(picture, marked, layout.width) if marked and layout else picture


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
