"""A slide → blocks: what stands on it from top to bottom and from left to right, then the notes to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from index.loaders.blocks import Block, flow
from index.loaders.sheets.grid import Cell, Row, is_written_figure, table_blocks
from index.loaders.slides.charts import chart_blocks
from index.loaders.slides.diagrams import diagram_blocks
from index.loaders.slides.text import choose, lines_of

if TYPE_CHECKING:
    from pptx.shapes.base import BaseShape
    from pptx.shapes.graphfrm import GraphicFrame
    from pptx.slide import Slide
    from pptx.table import Table

NOTES_MARK = "Notes: "
"""What a speaker's notes begin with."""

_PICTURE = "{http://schemas.openxmlformats.org/presentationml/2006/main}pic"


def is_hidden(slide: Slide) -> bool:
    """Whether a slide is left out when the presentation is shown."""
    return slide._element.get("show") in {"0", "false"}


def has_pictures(slide: Slide) -> bool:
    """Whether there is a picture on a slide."""
    return next(slide._element.iter(_PICTURE), None) is not None


def title_of(slide: Slide) -> str:
    """A slide's title on one line; empty where it has none."""
    title = slide.shapes.title
    return flow(" ".join(lines_of(title.text_frame))) if title is not None else ""


def slide_blocks(slide: Slide) -> Iterator[Block]:
    """The blocks of a slide without its title, in reading order, and the notes to it.

    Slide numbers, dates, headers and footers are left out, as are hidden shapes and the words of pictures.
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
    """Shapes from top to bottom; those at about the same height from left to right.

    Two are so if the lower one begins above the middle of the higher one, or of itself were it moved there.
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
