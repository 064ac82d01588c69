"""Reads a PowerPoint presentation as a Document: one page per slide, its title first, its notes last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from index.documents import Document, Section
from index.loaders.archive import check_archive, core_properties, damage_reported
from index.loaders.blocks import Block, block_starts, flow, join
from index.loaders.metadata import assemble, title_of_line
from index.loaders.options import DEFAULTS, Options
from index.loaders.sheets.grid import Cell, Row, is_written_figure, table_blocks
from index.loaders.slides.charts import chart_blocks
from index.loaders.slides.diagrams import diagram_blocks
from index.loaders.slides.text import choose, lines_of
from index.text.tabular import is_row

if TYPE_CHECKING:
    from pptx.shapes.base import BaseShape
    from pptx.shapes.graphfrm import GraphicFrame
    from pptx.slide import Slide
    from pptx.table import Table


_PAGE = Block("")
"""A block that marks the start of a slide."""


NOTES_MARK = "Notes: "
"""The words before a speaker's notes."""

_PICTURE = "{http://schemas.openxmlformats.org/presentationml/2006/main}pic"


@dataclass(frozen=True, slots=True)
class _Slide:
    """A slide.

    Attributes:
        title: the title of the slide; if it has none, its first line if that looks like a title; else None.
        blocks: the blocks of text, including the title; empty for a hidden slide.
        is_picture: whether the slide has a picture but no text.
    """

    title: str | None = None
    blocks: tuple[Block, ...] = ()
    is_picture: bool = False


def read_pptx(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """Read a PowerPoint presentation (.pptx, .pptm) as a document. Macros do not run; nothing is fetched.

    Each slide is a page and a section: its title, its texts, tables, diagrams and the data of its charts in
    reading order, then the speaker's notes. Hidden slides and slides without text are empty pages, so that
    each page has the number of its slide. ``Document.unread_pages`` lists slides that are only pictures.

    Raises:
        LoadError: if the file is encrypted, broken, of another format, too large when unpacked, or has no
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
    from pptx import Presentation
    from pptx.exc import PythonPptxError

    with damage_reported(path, "presentation program", PythonPptxError):
        return [_slide(slide) for slide in Presentation(BytesIO(data)).slides]


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


def is_hidden(slide: Slide) -> bool:
    """Return whether the slide show skips a slide."""
    return slide._element.get("show") in {"0", "false"}


def has_pictures(slide: Slide) -> bool:
    """Return whether a slide has a picture."""
    return next(slide._element.iter(_PICTURE), None) is not None


def title_of(slide: Slide) -> str:
    """Return a slide's title on one line; empty if the slide has none."""
    title = slide.shapes.title
    return flow(" ".join(lines_of(title.text_frame))) if title is not None else ""


def slide_blocks(slide: Slide) -> Iterator[Block]:
    """Yield the blocks of a slide in reading order, without its title, then those of the speaker's notes.

    Slide numbers, dates, headers, footers and hidden shapes are left out.
    """
    title = slide.shapes.title
    own = title.shape_id if title is not None else None
    yield from _shape_blocks(shape for shape in slide.shapes if shape.shape_id != own)
    if slide.has_notes_slide:
        notes = slide.notes_slide.notes_text_frame
        choose(slide.notes_slide._element)
        lines = list(lines_of(notes)) if notes is not None else []
        group = object()
        yield from (Block(line if number else NOTES_MARK + line, group) for number, line in enumerate(lines))


def _shape_blocks(shapes: Iterable[BaseShape]) -> Iterator[Block]:
    from pptx.shapes.autoshape import Shape
    from pptx.shapes.graphfrm import GraphicFrame
    from pptx.shapes.group import GroupShape

    for shape in _in_reading_order([shape for shape in shapes if _is_read(shape)]):
        if isinstance(shape, GroupShape):
            yield from _shape_blocks(shape.shapes)
        elif isinstance(shape, GraphicFrame):
            yield from _graphic_blocks(shape)
        elif isinstance(shape, Shape):
            group = object()
            yield from (Block(line, group) for line in lines_of(shape.text_frame))


def _is_read(shape: BaseShape) -> bool:
    from pptx.enum.shapes import PP_PLACEHOLDER

    if shape._element._nvXxPr.cNvPr.get("hidden") in {"1", "true"}:
        return False
    return not shape.is_placeholder or shape.placeholder_format.type not in {
        *(PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER, PP_PLACEHOLDER.SLIDE_NUMBER),
    }


def _in_reading_order(shapes: Iterable[BaseShape]) -> list[BaseShape]:
    """Sort shapes from top to bottom, and the shapes of one row from left to right.

    Two shapes are in one row if their tops differ by at most half the height of the smaller shape.
    """
    placed = [(shape.top or 0, shape.left or 0, shape.height or 0, shape) for shape in shapes]
    lines: list[list[tuple[int, int, int, BaseShape]]] = []
    for entry in sorted(placed, key=lambda entry: entry[:2]):
        top, _, height, _ = entry
        if lines and top <= lines[-1][0][0] + min(lines[-1][0][2], height) / 2:
            lines[-1].append(entry)
        else:
            lines.append([entry])
    return [entry[3] for line in lines for entry in sorted(line, key=lambda entry: (entry[1], entry[0]))]


def _graphic_blocks(shape: GraphicFrame) -> Iterator[Block]:
    if shape.has_table:
        yield from table_blocks(_table_rows(shape.table), object())
    elif shape.has_chart:
        yield from chart_blocks(shape.chart._chartSpace)
    else:
        yield from diagram_blocks(shape)


def _table_rows(table: Table) -> list[Row]:
    rows: list[Row] = []
    for place, line in enumerate(table.rows):
        cells: dict[int, Cell] = {}
        for column, cell in enumerate(line.cells):
            text = flow(" ".join(lines_of(cell.text_frame)))
            if text and not cell.is_spanned:
                width = cell.span_width if cell.is_merge_origin else 1
                cells[column] = Cell(text, is_written_figure(text), width)
        if cells:
            rows.append(Row(place, cells))
    return rows
