"""PowerPoint presentation → Document: a page for each slide, its title first, its notes last."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from index.documents import Document, Section
from index.errors import LoadError
from index.loaders.archive import check_archive, core_properties
from index.loaders.blocks import Block, block_starts, flow, join
from index.loaders.metadata import assemble, title_of_line
from index.loaders.options import DEFAULTS, Options
from index.loaders.slides.shapes import has_pictures, is_hidden, slide_blocks, title_of
from index.loaders.slides.text import choose
from index.text.tabular import is_row

if TYPE_CHECKING:
    from pptx.slide import Slide

_PAGE = Block("")
"""Stands where a slide begins."""


@dataclass(frozen=True, slots=True)
class _Slide:
    """A slide as it was read: its title, or a first line that could be one; whether it is a mere picture."""

    title: str | None = None
    blocks: tuple[Block, ...] = ()
    is_picture: bool = False


def read_pptx(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """The document of a PowerPoint presentation (.pptx, .pptm). Macros are not run, and nothing is fetched.

    Each slide is a page and a section: its title, its texts, tables, diagrams and the data of its charts in
    reading order, then the speaker's notes. Hidden slides are left out, but keep their numbers, so that a
    page is the slide of that number in the program. So do slides without words; those that are pictures are
    among the unread pages.

    Raises:
        LoadError: if the file is encrypted, broken, of another format, too large when unpacked, or empty of
            words.
    """
    check_archive(data, path, "ppt/presentation.xml", "a PowerPoint presentation", options.limits)
    slides = _slides(data, path)
    blocks = [block for slide in slides for block in (_PAGE, *slide.blocks)]
    text = join(blocks)
    starts = [
        start for block, start in zip(blocks, block_starts(blocks, text), strict=True) if block is _PAGE
    ]
    on_page = next((slide.title for slide in slides if slide.blocks), None)
    sections = tuple(
        Section(start, 1, slide.title or f"Slide {number}")
        for number, (start, slide) in enumerate(zip(starts, slides, strict=True), 1)
        if slide.blocks
    )
    properties = core_properties(data, path)
    return replace(
        assemble(path, "pptx", text, properties, heading=on_page, sections=sections),
        page_starts=tuple(starts),
        unread_pages=tuple(number for number, slide in enumerate(slides, 1) if slide.is_picture),
    )


def _slides(data: bytes, path: Path) -> list[_Slide]:
    from lxml.etree import LxmlError
    from pptx import Presentation
    from pptx.exc import PythonPptxError

    try:
        return [_slide(slide) for slide in Presentation(BytesIO(data)).slides]
    except (
        *(PythonPptxError, LxmlError, BadZipFile, zlib.error, EOFError, OSError, NotImplementedError),
        *(KeyError, IndexError, ValueError, TypeError, AttributeError, OverflowError, AssertionError),
    ) as error:
        # python-pptx checks little: what is wrong in a file shows as whatever error comes of it.
        cause = flow(str(error.args[0] if error.args else "")) or type(error).__name__
        remedy = "open it in a presentation program and save it again"
        raise LoadError(path, f"is broken: {cause}", remedy) from error


def _slide(slide: Slide) -> _Slide:
    if is_hidden(slide):
        return _Slide()
    choose(slide._element)
    title = title_of(slide)
    blocks = (Block(title), *slide_blocks(slide))
    blocks = tuple(block for block in blocks if block.text)
    if not blocks:
        return _Slide(is_picture=has_pictures(slide))
    first = blocks[0].text
    return _Slide(title or (None if is_row(first) else title_of_line(first)), blocks)
