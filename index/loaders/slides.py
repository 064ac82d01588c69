"""Reads a PowerPoint presentation: text, tables, charts and diagrams (DrawingML; ECMA-376, part 1, 21)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import regex

from index.documents import Document, Section
from index.loaders import merged_cells
from index.loaders.archive import check_archive, core_properties, damage_reported, parse_xml
from index.loaders.assembly import assemble
from index.loaders.blocks import Block, block_starts, flow, join, stretches
from index.loaders.equations import from_word, in_font, is_equation
from index.loaders.merged_cells import table_lines
from index.loaders.metadata import title_of_line
from index.loaders.numerals import written_number
from index.loaders.options import DEFAULTS, Options
from index.loaders.sheets.grid import Cell, Row, table_blocks
from index.loaders.sheets.number_formats import GENERAL, shown_moment, shown_number
from index.text.tabular import MAX_CAPTION_CHARACTERS, is_row

if TYPE_CHECKING:
    from lxml.etree import _Element as Element
    from pptx.shapes.base import BaseShape
    from pptx.shapes.graphfrm import GraphicFrame
    from pptx.slide import Slide
    from pptx.table import Table
    from pptx.text.text import TextFrame


def read_pptx(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """Each slide is a page and a section; hidden ones are empty pages, so that the numbers agree."""
    from pptx import Presentation
    from pptx.exc import PythonPptxError

    check_archive(data, path, "ppt/presentation.xml", "a PowerPoint presentation", options.limits)
    with damage_reported(path, "presentation program", PythonPptxError):
        slides = [_slide(slide) for slide in Presentation(BytesIO(data)).slides]
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


def _slide(slide: Slide) -> _Slide:
    if slide._element.get("show") in {"0", "false"}:
        return _Slide()
    choose(slide._element)
    titled = slide.shapes.title
    title = flow(" ".join(lines_of(titled.text_frame))) if titled is not None else ""
    blocks = tuple(block for block in (Block(title), *slide_blocks(slide)) if block.text)
    if not blocks:
        return _Slide(is_picture=next(slide._element.iter(_PICTURE), None) is not None)
    first = blocks[0].text
    return _Slide(title or (None if is_row(first) else title_of_line(first)), blocks)


def slide_blocks(slide: Slide) -> Iterator[Block]:
    """Without title, slide numbers, dates, headers, footers and hidden shapes; the notes come last."""
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
        elif isinstance(shape, GraphicFrame) and shape.has_table:
            yield from _table_blocks(shape.table)
        elif isinstance(shape, GraphicFrame) and shape.has_chart:
            yield from chart_blocks(shape.chart._chartSpace)
        elif isinstance(shape, GraphicFrame):
            yield from diagram_blocks(shape)
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
    """From top to bottom; tops within half the smaller height are in one row."""
    placed = [(shape.top or 0, shape.left or 0, shape.height or 0, shape) for shape in shapes]
    lines = stretches(
        sorted(placed, key=lambda entry: entry[:2]),
        lambda line, entry: entry[0] <= line[0][0] + min(line[0][2], entry[2]) / 2,
    )
    return [entry[3] for line in lines for entry in sorted(line, key=lambda entry: (entry[1], entry[0]))]


def _table_blocks(table: Table) -> Iterator[Block]:
    """A cell over several rows stands in each of them, unless it is long."""
    rows: list[list[merged_cells.Cell]] = [[] for _ in table.rows]
    for place, line in enumerate(table.rows):
        for column, cell in enumerate(line.cells):
            text = flow(" ".join(lines_of(cell.text_frame)))
            if not text or cell.is_spanned:
                continue
            width, height = (cell.span_width, cell.span_height) if cell.is_merge_origin else (1, 1)
            runs = [run for line in cell.text_frame.paragraphs for run in line.runs if run.text.strip()]
            is_bold = bool(runs) and all(run.font.bold for run in runs)
            made = merged_cells.Cell(text, column, column + width, is_bold=is_bold)
            for cells in rows[place : place + (height if len(text) <= MAX_CAPTION_CHARACTERS else 1)]:
                cells.append(made)
    for part in table_lines([sorted(cells, key=lambda cell: cell.start) for cells in rows if cells]):
        group = object()
        yield from (Block(line, group) for _, line in part)


_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_EQUATION = "{http://schemas.microsoft.com/office/drawing/2010/main}m"
_ALTERNATIVES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"

_RAISED = regex.compile(r"0*[1-9][0-9]*(?:\.[0-9]+)?%?")
_NUMBERED = regex.compile(r"(arabic|alphaLc|alphaUc|romanLc|romanUc)(Period|ParenR|ParenBoth|Plain)")
_KINDS = {
    "arabic": "decimal",
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
}
_SHAPES = {"Period": "{}. ", "ParenR": "{}) ", "ParenBoth": "({}) ", "Plain": "{} "}


def choose(root: Element) -> None:
    """Slides may have content in two versions; that for newer programs stays."""
    for alternatives in list(root.iter(_ALTERNATIVES)):
        parent, choice = alternatives.getparent(), next(alternatives.iterchildren(_CHOICE), None)
        if parent is None:
            continue
        for shown in list(choice) if choice is not None else ():
            alternatives.addprevious(shown)
        parent.remove(alternatives)


def lines_of(frame: TextFrame) -> Iterator[str]:
    counts: dict[int, int] = {}
    for paragraph in frame._txBody.iterfind(f"{_A}p"):
        words = "".join(_words(paragraph)).replace("\v", "\n")
        lines = [line for line in map(flow, words.split("\n")) if line]
        if lines:
            marker = _marker(paragraph, counts)
            yield from (line if number else marker + line for number, line in enumerate(lines))


def _marker(paragraph: Element, counts: dict[int, int]) -> str:
    """Such as ``2. ``, or empty; updates ``counts``, the last number on each level."""
    properties = paragraph.find(f"{_A}pPr")
    level = int(properties.get("lvl", "0")) if properties is not None else 0
    for deeper in [one for one in counts if one > level]:
        del counts[deeper]
    numbered = properties.find(f"{_A}buAutoNum") if properties is not None else None
    named = _NUMBERED.fullmatch(numbered.get("type", "")) if numbered is not None else None
    if numbered is None or named is None:
        counts.pop(level, None)
        return ""
    counts[level] = counts.get(level, int(numbered.get("startAt", "1")) - 1) + 1
    return _SHAPES[named[2]].format(written_number(counts[level], _KINDS[named[1]]))


def _words(paragraph: Element) -> Iterator[str]:
    for child in paragraph:
        if child.tag in {f"{_A}r", f"{_A}fld"}:
            yield _run(child)
        elif child.tag == f"{_A}br":
            yield "\n"
        elif child.tag == _EQUATION:
            yield "".join(from_word(one, lambda _: "") for one in child if is_equation(one))


def _run(run: Element) -> str:
    text, properties = run.findtext(f"{_A}t") or "", run.find(f"{_A}rPr")
    if properties is None:
        return in_font(text, None)
    fonts = {
        name: one.get("typeface")
        for name in ("latin", "sym")
        if (one := properties.find(_A + name)) is not None
    }
    # The symbol font applies only to characters of the private use area.
    private = not text.isascii() and "sym" in fonts
    is_raised = _RAISED.fullmatch(properties.get("baseline", "")) is not None
    return in_font(text, fonts["sym"] if private else fonts.get("latin"), is_raised=is_raised)


_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"

_LAST_DATE = 2_958_465  # 31 December 9999, the last day that a spreadsheet has


@dataclass(frozen=True, slots=True)
class _Series:
    name: str
    labels: Mapping[int, str]
    values: Mapping[int, str]


def chart_blocks(root: Element) -> Iterator[Block]:
    """Neighbouring series with the same categories share a table; the workbook is not opened."""
    group = object()
    title = root.find(f"{_C}chart/{_C}title")
    words = title.iter(f"{_A}t", f"{_C}v") if title is not None else ()
    yield Block(flow(" ".join(text.text or "" for text in words)), group)
    every = map(_series, root.iter(f"{_C}ser"))
    for several in stretches(every, lambda held, series: series.labels == held[0].labels):
        yield from table_blocks(_rows(several), group)
        group = object()


def _rows(several: Sequence[_Series]) -> list[Row]:
    named = [
        series.name or (f"Series {number}" if len(several) > 1 else "")
        for number, series in enumerate(several, 1)
    ]
    rows = [Row(0, {column: Cell(name) for column, name in enumerate(named, 1) if name})]
    places = sorted({place for series in several for place in (*series.labels, *series.values)})
    for place in places:
        label = several[0].labels.get(place, "")
        cells = {0: Cell(label)} if label else {}
        for column, series in enumerate(several, 1):
            if series.values.get(place):
                cells[column] = Cell(series.values[place], figure=True)
        rows.append(Row(place + 1, cells))
    return [line for line in rows if line.cells]


def _series(element: Element) -> _Series:
    labels, values = element.find(f"{_C}cat"), element.find(f"{_C}val")
    if values is None:
        labels, values = element.find(f"{_C}xVal"), element.find(f"{_C}yVal")
    named = element.find(f"{_C}tx")
    words = named.iter(f"{_C}v") if named is not None else ()
    name = flow(" ".join(text.text or "" for text in words))
    return _Series(name, _points(labels), _points(values))


def _points(data: Element | None) -> dict[int, str]:
    if data is None:
        return {}
    levels = list(data.iter(f"{_C}lvl"))
    if not levels:
        code = flow(data.findtext(f".//{_C}formatCode") or GENERAL)
        numbers = next(data.iter(f"{_C}numCache", f"{_C}numLit"), None) is not None
        return {
            place: _shown(text, own or code) if numbers else text for place, text, own in _each_point(data)
        }
    # The first level is the innermost. On an outer level, a label holds until the next label.
    inner, *outer = [{place: text for place, text, _ in _each_point(level)} for level in levels]
    found: dict[int, str] = {}
    current = [""] * len(outer)
    for place in sorted(inner):
        current = [level.get(place, held) for level, held in zip(outer, current, strict=True)]
        found[place] = flow(" ".join([*reversed(current), inner[place]]))
    return found


def _each_point(data: Element) -> Iterator[tuple[int, str, str | None]]:
    for point in data.iter(f"{_C}pt"):
        text = flow(point.findtext(f"{_C}v") or "")
        place = _number(point.get("idx")) if text else None
        if place is not None:
            yield place, text, point.get("formatCode")


def _number(written: str | None) -> int | None:
    return int(written) if written and written.isascii() and written.isdigit() else None


def _shown(text: str, code: str) -> str:
    from openpyxl.styles.numbers import is_date_format
    from openpyxl.utils.datetime import from_excel

    try:
        value = float(text)
    except ValueError:
        return text
    if is_date_format(code) and 0 <= value <= _LAST_DATE:
        return shown_moment(from_excel(value), code)
    return shown_number(value, code)


_D = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_DATA = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"


def diagram_blocks(shape: GraphicFrame) -> Iterator[Block]:
    """In outline order: a point precedes the points below it."""
    ids = next(shape._element.iter(f"{_D}relIds"), None)
    reference = ids.get(_DATA) if ids is not None else None
    if reference is None:
        return
    root = parse_xml(shape.part.related_part(reference).blob)
    points = {point.get("modelId"): point for point in root.iter(f"{_D}pt")}
    below: dict[str | None, list[str | None]] = defaultdict(list)
    links = [link for link in root.iter(f"{_D}cxn") if link.get("type", "parOf") == "parOf"]
    for link in sorted(links, key=lambda link: _number(link.get("srcOrd")) or 0):
        below[link.get("srcId")].append(link.get("destId"))
    group = object()
    seen: set[str | None] = set()
    waiting = [name for name, point in points.items() if point.get("type") == "doc"]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in points:
            continue
        seen.add(name)
        for paragraph in points[name].iterfind(f"{_D}t/{_A}p"):
            yield Block(flow("".join(text.text or "" for text in paragraph.iter(f"{_A}t"))), group)
        waiting += reversed(below[name])


_PAGE = Block("")  # marks the start of a slide
NOTES_MARK = "Notes: "

_PICTURE = "{http://schemas.openxmlformats.org/presentationml/2006/main}pic"


@dataclass(frozen=True, slots=True)
class _Slide:
    """``title`` may be the first line; ``blocks`` are empty for a hidden slide, or one of pictures alone."""

    title: str | None = None
    blocks: tuple[Block, ...] = ()
    is_picture: bool = False
