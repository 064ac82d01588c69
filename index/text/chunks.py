"""Packs a document's sentences into chunks that fit the encoder: exact spans without overlap."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import regex

from index.documents import Chunk, Document, Span
from index.text.segmentation import each_sentence
from index.text.tabular import Table, cells, is_group, label_cells, tables
from index.text.tokens import TokenSpans, tokens_of

__all__ = ["CHUNKING", "MAX_CHUNK_TOKENS", "TokenSpans", "chunk", "each_chunk"]

MAX_CHUNK_TOKENS = 200
"""The most tokens of a chunk; with the title it fits into the window of any usual encoder, 256."""

CHUNKING = 5
"""The version of the chunking. It rises whenever a release changes how passages are cut, prefixed or stored;
libraries with an older version are then rebuilt."""

_HEADING_TOKENS = 60
_SECTION_TOKENS = 20
"""The most tokens that a chunk of rows leaves free for the table's headings, and for the names of groups of
rows: both precede its rows when it is searched."""

_HEADING_CHARACTERS = 300
_ROW_HEADING_CHARACTERS = 200
"""The most characters of a table's caption and headings, counted from their end, in the text that a passage
of rows is embedded as, and in that of a single row: the headings of the columns come last."""

_LONGEST_WORD = 20
"""The longest token, in characters, that counts as one token. A longer token is text that the tokenizer does
not know: MiniLM's tokenizer turns a whole phrase of Thai, Khmer or Burmese into one unknown token."""

_CHARACTERS_A_TOKEN = 4
"""Each run of this many characters in such a longer token counts as one token. English has about as many
characters in a token, so a passage stays readable."""

_GRAPHEME = regex.compile(r"\X")


def chunk(document: Document, token_spans: TokenSpans, max_tokens: int = MAX_CHUNK_TOKENS) -> list[Chunk]:
    """Pack a document's sentences into chunks of at most ``max_tokens`` tokens.

    The chunks are in order and do not overlap. Only white space is between them. A sentence longer than a
    chunk is cut at white space, or between graphemes if it has none. A token longer than ``_LONGEST_WORD``
    counts as several tokens.

    Rows of a table have chunks of their own, with room for the table's headings, which precede each chunk
    when it is searched (``_HEADING_TOKENS``).

    Args:
        document: the document; its text may be empty.
        token_spans: the encoder's tokenizer.
        max_tokens: the most tokens in a chunk, at least 1.
    """
    return list(each_chunk(document, token_spans, max_tokens))


def each_chunk(document: Document, token_spans: TokenSpans, max_tokens: int) -> Iterator[Chunk]:
    """Yield the chunks that :func:`chunk` returns, one by one."""
    text = document.text
    tokens = _TokenCounter(text, token_spans)
    found = tables(text)
    held: list[Span] = []
    table: Table | None = None
    room = max_tokens
    for sentence in each_sentence(text, document.language, found):
        next_table = _table_at(found, sentence)
        if held and next_table is not table:
            yield _as_chunk(held, table)
            held = []
        if next_table is not table:
            table, room = next_table, _room(text, next_table, tokens, max_tokens)
        for piece in _fitting(text, sentence, tokens, room):
            if held and tokens.between(held[0].start, piece.end) > room:
                yield _as_chunk(held, table)
                held = []
            held.append(piece)
    if held:
        yield _as_chunk(held, table)


def _table_at(found: Sequence[Table], sentence: Span) -> Table | None:
    place = bisect_right(found, sentence.start, key=lambda table: table.span.start) - 1
    return found[place] if place >= 0 and found[place].span.covers(sentence) else None


def _room(text: str, table: Table | None, tokens: _TokenCounter, max_tokens: int) -> int:
    """Return the number of tokens left for rows in a chunk, after the headings that each chunk repeats."""
    if table is None:
        return max_tokens
    headings = min(tokens.between(table.header.start, table.header.end), _HEADING_TOKENS)
    has_groups = any(line.start >= table.header.end and is_group(line.of(text)) for line in table.lines)
    before = headings + (_SECTION_TOKENS if has_groups else 0)
    return max(max_tokens - before, max_tokens // 2, 1)


class _TokenCounter:
    """Counts the tokens that begin in a range, by bisection over one tokenisation of the document."""

    def __init__(self, text: str, token_spans: TokenSpans) -> None:
        self.starts = array("I")  # four bytes a token
        for start, end in tokens_of(text, token_spans):
            if end - start <= _LONGEST_WORD:
                self.starts.append(start)
            else:
                self.starts.extend(range(start, end, _CHARACTERS_A_TOKEN))

    def between(self, start: int, end: int) -> int:
        return bisect_left(self.starts, end) - bisect_left(self.starts, start)


def _as_chunk(held: Sequence[Span], table: Table | None) -> Chunk:
    header = table.header if table and len(table.header) else None
    return Chunk(Span(held[0].start, held[-1].end), tuple(held), header)


def _fitting(text: str, sentence: Span, tokens: _TokenCounter, max_tokens: int) -> list[Span]:
    """Return the whole sentence if it fits into a chunk; otherwise, cut it into as few pieces as possible."""
    pieces: list[Span] = []
    start = sentence.start
    while tokens.between(start, sentence.end) > max_tokens:
        # The first token that does not fit begins at this offset.
        limit = tokens.starts[bisect_left(tokens.starts, start) + max_tokens]
        # If a character has more tokens than a chunk can have, it becomes a chunk of its own.
        cut = _cut_before(text, start, max(start + 1, min(limit, sentence.end)))
        pieces.append(Span(start, start + len(text[start:cut].rstrip())))
        start = cut
        while start < sentence.end and text[start].isspace():
            start += 1
    if start < sentence.end:
        pieces.append(Span(start, sentence.end))
    return pieces


def _cut_before(text: str, start: int, limit: int) -> int:
    """Return the last position in ``(start, limit]`` after white space, or else between graphemes."""
    for cut in range(limit, start, -1):
        if text[cut - 1].isspace() and text[start:cut].strip():
            return cut
    last = start
    for match in _GRAPHEME.finditer(text, start):
        if match.end() > limit:
            break
        last = match.end()
    # A grapheme that is longer than a chunk (a base letter under hundreds of marks) is cut inside.
    return last if last > start else limit


def lacks_headings(span: Span, header: Span | None) -> bool:
    """Return whether a passage contains rows of a table without the table's headings.

    Args:
        span: the span of the passage.
        header: the span of the headings of the passage's table; None if there are none.
    """
    return header is not None and not span.covers(header)


def table_context(headings: str, section: str) -> str:
    """Return the words that precede a passage of table rows: the table's headings and the groups' names."""
    return "\n".join(part for part in (headings, section) if part)


def row_text(title: str, headings: str, section: str, row: str) -> str:
    """Return the text that a row of a table is embedded as: title, end of the headings, groups and label.

    The row's figures are left out, since they say nothing to an encoder.

    Args:
        title: the document's title, or "".
        headings: the table's caption and headings.
        section: the names of the groups of rows that contain the row, one per line; "" if none does.
        row: the words of the row.
    """
    words = _one_line(headings)[-_ROW_HEADING_CHARACTERS:].lstrip()
    named = " ".join(part for part in (words, _one_line(section), _label(row)) if part)
    return f"{title}: {named}" if title else named


def rows_text(title: str, headings: str, section: str, rows: Sequence[str]) -> str:
    """Return the text that a passage of rows is embedded as, on four lines; empty lines are left out.

    The lines have the title, the end of the table's headings, the groups of the first row, and the labels of
    all rows.

    Args:
        title: as for :func:`row_text`.
        headings: as for :func:`row_text`.
        section: the names of the groups that contain the passage's first row, one per line.
        rows: the words of the rows, and of the names of groups between them.
    """
    words = _one_line(headings)[-_HEADING_CHARACTERS:].lstrip()
    labels = "; ".join(filter(None, map(_label, rows)))
    return "\n".join(part for part in (title, words, _one_line(section), labels) if part)


def _label(row: str) -> str:
    return " ".join(label_cells(cells(row)))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def passage_text(title: str, text: str, headings: str = "") -> str:
    """Return the text that is indexed for a passage, and embedded for prose: title, headings and words.

    Args:
        title: the document's title, or "".
        text: the passage's words.
        headings: the headings of the passage's table, if the passage does not contain them; else "".
    """
    return "\n".join(part for part in (title, headings, text) if part)
