"""Reads delimited text (.csv, .tsv) as a Document with one row per record."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

import regex

from index.documents import Document, Section
from index.errors import LoadError
from index.loaders.blocks import Block, join, row
from index.loaders.decoding import decode
from index.loaders.metadata import assemble, title_of_line
from index.loaders.options import DEFAULTS, Options
from index.loaders.sheets.grid import is_written_figure
from index.loaders.text import unwrap
from index.text.tabular import is_row

_DELIMITERS = "\t;|,"
"""The delimiters to try, in order of preference. Commas come last, since figures and sentences have them,
too."""

_SAMPLE_CHARACTERS = 200_000

_PARTED_SHARE = 0.5
"""A delimiter must split at least this share of the records."""

_EVEN_SHARE = 0.9
"""A comma or semicolon that is always followed by a space is punctuation if the records that it splits are
uneven: less than this share of them have the most frequent number of values."""

_MAX_FIELD_CHARACTERS = 2**31 - 1
"""The most characters of a field: the csv module's default of 131,072 would refuse a file for one long
comment."""

MAX_COLUMNS = 16_384
"""The most values of a record: as many columns as a spreadsheet may have."""

_SEPARATOR_LINE = regex.compile(r"sep=(?P<delimiter>.)[ \t]*(?:\r\n|\r|\n|\Z)", regex.IGNORECASE)
"""A line before the first record, in which spreadsheet programs name the delimiter."""

_SENTENCE_END = regex.compile(r"[.!?…。！？][\"'”’»)\]]*\s*\Z")


def read_delimited(data: bytes, path: Path, _options: Options = DEFAULTS) -> Document:
    """Read delimited text as a document: values separated by commas, semicolons, tabs or bars.

    Each record becomes one line, with spaces for the line breaks inside quotes; records may have different
    numbers of values. If an empty record precedes a record without figures, that record has the headings of a
    new table. A file without a delimiter is read as prose.

    Raises:
        LoadError: if the file is binary, cannot be decoded, holds no text, or has more than ``MAX_COLUMNS``
            columns.
    """
    text = decode(data, path)
    named = _SEPARATOR_LINE.match(text)
    body = text[named.end() :] if named else text
    delimiter = named["delimiter"] if named else _delimiter(body, path)
    blocks = list(_blocks(_records(body, delimiter), path)) if delimiter else []
    words = join(blocks) or unwrap(text)
    if not any(map(str.isalnum, words)):
        raise LoadError(path, "holds no words to read", "save it again with its values")
    title = None if blocks and is_row(blocks[0].text) else title_of_line(words)
    sections = (Section(words.index(title), 1, title),) if title and title in words else ()
    return assemble(path, "csv", words, heading=title, sections=sections)


def _delimiter(text: str, path: Path) -> str | None:
    """Return the delimiter that splits the most records into the same number of values; None for prose.

    Raises:
        LoadError: if no delimiter does so, and one splits a record into more than ``MAX_COLUMNS`` values.
    """
    sample = _sample(text)
    best, most = None, 0.0
    widest: list[str] = []
    for delimiter in _DELIMITERS:
        every = list(_records(sample, delimiter))
        widest = max([widest, *every], key=len)
        records = [record for record in every if any(map(str.strip, record))]
        parted = [record for record in records if len(record) > 1]
        if not parted or len(parted) < _PARTED_SHARE * len(records):
            continue
        even = max(Counter(map(len, parted)).values())
        if even / len(records) > most and not _is_prose(parted, delimiter, even / len(parted)):
            best, most = delimiter, even / len(records)
    if best is None:
        _check_width(widest, path)
    return best


def _sample(text: str) -> str:
    """Return the first whole lines of a text, up to ``_SAMPLE_CHARACTERS`` characters."""
    if len(text) <= _SAMPLE_CHARACTERS:
        return text
    end = text.rfind("\n", 0, _SAMPLE_CHARACTERS)
    return text[: end if end > 0 else _SAMPLE_CHARACTERS]


def _is_prose(records: Sequence[Sequence[str]], delimiter: str, even: float) -> bool:
    """Return whether a delimiter is punctuation in prose, instead of a separator of values.

    A comma or semicolon is punctuation if a space always follows it, and the records either have different
    numbers of values or mostly end like sentences. Other delimiters are never punctuation.

    Args:
        records: the records that the delimiter splits.
        delimiter: the delimiter.
        even: the share of ``records`` that have the most frequent number of values.
    """
    if delimiter not in ",;" or not all(value.startswith(" ") for record in records for value in record[1:]):
        return False
    ended = sum(_SENTENCE_END.search(record[-1]) is not None for record in records)
    return even < _EVEN_SHARE or 2 * ended >= len(records)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the records of ``text``. In a line with unbalanced quotes, quotes are ordinary characters."""
    csv.field_size_limit(_MAX_FIELD_CHARACTERS)
    lines = list(StringIO(text, newline=""))
    begun = 0
    while begun < len(lines):
        first = begun
        reader = csv.reader((lines[at] for at in range(first, len(lines))), delimiter=delimiter, strict=True)
        try:
            for record in reader:
                yield record
                begun = first + reader.line_num
        except csv.Error:
            yield from csv.reader([lines[begun]], delimiter=delimiter, quoting=csv.QUOTE_NONE)
            begun += 1


def _check_width(record: Sequence[str], path: Path) -> None:
    if len(record) > MAX_COLUMNS:
        cause = f"has {len(record):,} columns, more than the limit of {MAX_COLUMNS:,}"
        raise LoadError(path, cause, "split it, or save it again with its columns as rows")


def _blocks(records: Iterator[list[str]], path: Path) -> Iterator[Block]:
    """Yield one block per record; the records of a table form a group."""
    group = object()
    parted = False
    for record in records:
        _check_width(record, path)
        text = row(record)
        if not text:
            parted = True
            continue
        if parted and not any(is_written_figure(value.strip()) for value in record):
            group = object()
        parted = False
        yield Block(text, group)
