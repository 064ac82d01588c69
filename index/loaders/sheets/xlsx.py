"""Excel workbook → Document: its sheets in order, tables as rows with their headings."""

from __future__ import annotations

import warnings
import zlib
from contextlib import redirect_stdout
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from index.documents import Document
from index.errors import LoadError
from index.loaders.archive import check_archive, core_properties
from index.loaders.blocks import Block, Heading, flow, join, sections_of
from index.loaders.metadata import assemble, title_of_line
from index.loaders.options import DEFAULTS, Options
from index.loaders.sheets.grid import grid_blocks
from index.loaders.sheets.worksheets import visible_rows
from index.text.tabular import is_row

if TYPE_CHECKING:
    from openpyxl import Workbook


def read_xlsx(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """The document of an Excel workbook (.xlsx, .xlsm). Macros are not run, and nothing is fetched.

    Its text is what a reader sees: each sheet's name, which is a heading, and its tables and lines, with
    numbers in the format of their cells and dates as ISO 8601 writes them. Hidden sheets, rows and columns
    are left out, as are charts (their figures are in the sheets), comments and text boxes. A formula has the
    value that was saved with it; one without is empty.

    Raises:
        LoadError: if the file is encrypted, broken, of another format, too large when unpacked, or empty of
            words.
    """
    check_archive(data, path, "xl/workbook.xml", "an Excel workbook", options.limits)
    blocks = _blocks(data, path)
    if all(isinstance(block, Heading) for block in blocks):
        raise LoadError(
            path, "holds no words to read: its visible sheets are empty", "save it again with them"
        )
    text = join(blocks)
    return assemble(
        path,
        "xlsx",
        text,
        core_properties(data, path),
        heading=_first_line(blocks),
        sections=sections_of(blocks, text),
    )


def _blocks(data: bytes, path: Path) -> list[Block]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    blocks: list[Block] = []
    try:
        # openpyxl warns of what it would not write, and prints what styles lack.
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")
            book = load_workbook(
                BytesIO(data), read_only=True, data_only=True, keep_links=False, rich_text=True
            )
            try:
                blocks += _sheets(book)
            finally:
                book.close()
    except (
        *(BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, InvalidFileException),
        *(KeyError, IndexError, ValueError, TypeError, AttributeError, OverflowError, SyntaxError),
    ) as error:
        # openpyxl checks little: what is wrong in a file shows as whatever error comes of it.
        first = error.__cause__ or error
        cause = flow(str(first.args[0] if first.args else "")) or type(first).__name__
        raise LoadError(
            path, f"is broken: {cause}", "open it in a spreadsheet program and save it again"
        ) from error
    return blocks


def _sheets(book: Workbook) -> list[Block]:
    blocks: list[Block] = []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        found = list(grid_blocks(visible_rows(sheet)))
        if found:
            blocks += [Heading(flow(sheet.title)), *found]
    return blocks


def _first_line(blocks: list[Block]) -> str | None:
    """The first line, if it stands above the first table and is short, as the name of a workbook is."""
    first = next((block for block in blocks if not isinstance(block, Heading)), None)
    return title_of_line(first.text) if first and not is_row(first.text) else None
