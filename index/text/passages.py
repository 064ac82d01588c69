"""Splits a canonical text into sentences, and packs these into passages for embedding and search."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, overload

import regex
import sentencex

from index.documents import UNKNOWN_LANGUAGE, Chunk, Document, Span
from index.text.minhash import signature
from index.text.tabular import CELL_EDGE, LINE, Table, cells, is_group, label_cells, tables
from index.text.tokens import TokenSpans, tokens_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"

# Khmer and Burmese signs, at which sentencex 1.0 does not split.
_UNSEGMENTED_STOPS = regex.compile(r"(?<=[។៕။])\s*")
# With the number of a note ("stayed silent.1 Only"), which sentencex 1.0 takes for a decimal. The word is
# longer than an abbreviation ("No.5", "para.4"), and neither a month nor a unit follows.
_RAISED_NUMBER = regex.compile(
    rf"""(?:(?<=\p{{Ll}}{{5}})(?<!approx|paras|chaps|sects)[.!?]|[.!?][”’»"]|\)[.!?])\d{{1,3}}(?=\s+[\p{{Lu}}“‘«"])
    (?!\s+(?:(?:{MONTHS})\b
    |(?![AI]\b)[\p{{Lu}}\d]{{1,3}}\b|Million|Billion|Percent|Per\b))""",
    regex.VERBOSE,
)
# If it follows a sentence without a space, it belongs to that sentence.
_NOTE_MARK = regex.compile(
    r"(?:\[(?:\p{Ll}|note\s\d{1,3}|\d{1,3}(?:[,–-]\s?\d{1,3})*)\]|\(\d{1,3}\)|⁽?[⁰¹²³⁴-⁹]{1,3}⁾?|[*†‡]{1,3})+(?=\s|$)"
)
# Where sentencex 1.0 ends a sentence that goes on: after abbreviations that it does not know, in "April. 18,
# 2023", inside initials ("non-U.S."), before a time zone ("2 p.m. ET").
_GOES_ON = regex.compile(
    rf"""(?<=\b(?:Ms|Mx|Mses|Amb|Atty)\.[ \u00a0]*)(?=\p{{Lu}})
    |(?<=\b(?:Figs|Eqs?|Vols?|Chs?|[Pp]aras?|Exh?|[Aa]pprox)\.[ \u00a0]*)(?=\p{{N}})
    |(?<=\b(?:{MONTHS})\.[ \u00a0]*)(?=\p{{N}}{{1,2}},[ \u00a0]\p{{N}}{{4}}\b)
    |(?<=\b\p{{Lu}}\.)(?=\p{{Lu}}\.)
    |(?<=\p{{N}}[ \u00a0]?[ap]\.m\.[ \u00a0]*)
    (?=\p{{Lu}}{{1,3}}T\b|UTC\b|(?:\p{{Lu}}\p{{Ll}}+[ ]){{1,3}}[Tt]ime\b)""",
    regex.VERBOSE,
)
_WORD_OR_DIGIT = regex.compile(r"[\p{L}\p{N}]")


def sentences(text: str, language: str = UNKNOWN_LANGUAGE) -> list[Span]:
    """Every character but white space is in exactly one; a row of a table is one sentence.

    The sentence before takes a piece without letters and digits, one that begins with a bar between cells,
    and the mark of a footnote. ``language`` decides the abbreviations; ``und`` uses English ones.
    """
    return list(each_sentence(text, language, tables(text)))


def each_sentence(text: str, language: str, found: Sequence[Table]) -> Iterator[Span]:
    rows = {line.start: line.end for table in found for line in table.lines}
    for block in LINE.finditer(text):  # loaders leave no line break inside a paragraph
        start, end = block.span()
        if rows.get(start) == end:
            yield from filter(None, [_trim(text, start, end)])
        else:
            yield from _in_block(text, start, end, _splitting(language))


def _splitting(language: str) -> str:
    return "en" if language == UNKNOWN_LANGUAGE else language


def _in_block(text: str, start: int, end: int, language: str) -> list[Span]:
    # The pieces keep every character, so adding up their lengths gives their places without a search.
    edges = [start]
    for piece in sentencex.segment(language, text[start:end]):
        origin = edges[-1]
        stops = {stop.end() for form in (_UNSEGMENTED_STOPS, _RAISED_NUMBER) for stop in form.finditer(piece)}
        edges.extend(origin + stop for stop in sorted(stops) if stop < len(piece))
        edges.append(origin + len(piece))
    if edges[-1] != end:
        raise ValueError(
            f"sentencex changed the text: {edges[-1] - start} characters came back of {end - start}"
        )
    spans: list[Span] = []
    for left, right in pairwise(edges):
        begin = left
        if spans and spans[-1].end == left and (mark := _NOTE_MARK.match(text, left, right)):
            begin = mark.end()
            spans[-1] = Span(spans[-1].start, begin)
        span = _trim(text, begin, right)
        if span is None:
            continue
        continues = any(form.match(text, span.start) for form in (CELL_EDGE, _GOES_ON))
        if spans and (continues or not _WORD_OR_DIGIT.search(text, span.start, span.end)):
            spans[-1] = Span(spans[-1].start, span.end)
        else:
            spans.append(span)
    return spans


def _trim(text: str, start: int, end: int) -> Span | None:
    piece = text[start:end]
    if not piece.strip():
        return None
    return Span(start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip()))


_MAX_NUMBER = 6  # characters of a heading's number, for example ``12.1.3``


ITEM = regex.compile(
    r"\s*(?:[•◦▪■‣·]\s*|[*–—-]\s+|\(?(?:\p{N}{1,2}|\p{L}|[ivx]{1,4})\)\s*|\p{N}{1,2}\.\s+)(?=[\p{L}\p{N}“\"‘'(])"
)
LEADS = regex.compile(r"[:：]\s*$")
_MARK = regex.compile(r"\s*+(?:\(?(?:(?<number>\p{N})|\p{L}+(?=[).]))|(?<sign>\S))")
_LINE_BREAKS = "\n\r\f\v\x1c\x1d\x1e\x85\u2028\u2029"
_BEFORE = 4_000  # characters before an item in which its list may begin


def lead_in(text: str, start: int, language: str) -> Span | None:
    """The sentence that ends with a colon above the list, if a sentence of an item begins at ``start``.

    An item above leads if it is less indented or, as deep, has marks of another kind.
    """
    near = max(start - _BEFORE, 0)
    begins = max(text.rfind(mark, near, start) for mark in _LINE_BREAKS) + 1
    item = LINE.match(text, begins) if begins or not near else None
    if item is None or not ITEM.match(item[0]):
        return None
    above = [line for line in LINE.finditer(text, near, begins) if line[0].strip()]
    for line in reversed(above):
        is_item, deeper = ITEM.match(line[0]) is not None, _depth(item[0]) - _depth(line[0])
        leads = not is_item or deeper > 0 or (deeper == 0 and _kind(line[0]) != _kind(item[0]))
        if leads and LEADS.search(line[0]):
            return _in_block(text, *line.span(), _splitting(language))[-1]
        if not is_item:
            return None
        if deeper > 0:
            item = line
    return None


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _kind(item: str) -> str:
    """``1`` for numbers, ``a`` for letters, or the sign itself."""
    mark = _MARK.match(item)
    if mark is None:
        return ""
    return "1" if mark["number"] else mark["sign"] or "a"


def is_titled(text: str, title: str) -> bool:
    """The section number may be missing from the text or from the title."""
    if len(text) > len(title) + _MAX_NUMBER and not text.startswith(title):
        return False
    shorter, longer = sorted(("".join(filter(str.isalnum, one.casefold())) for one in (text, title)), key=len)
    number = longer.removesuffix(shorter)
    return bool(shorter) and longer.endswith(shorter) and len(number) <= _MAX_NUMBER


def heading_lines(document: Document) -> list[Span]:
    """In order; a section may also begin at a line that is not its title, where a bookmark points."""
    lines = (LINE.match(document.text, section.start) for section in document.sections)
    return [
        Span(*line.span())
        for line, section in zip(lines, document.sections, strict=True)
        if line is not None and is_titled(line[0].rstrip(), section.title)
    ]


MAX_CHUNK_TOKENS = 200  # with the title, a chunk then fits into the window of any usual encoder, 256
# It rises when passages are cut, prefixed or stored in another way; older libraries are then rebuilt.
CHUNKING = 7
# Left free for the table's headings and groups, which precede its rows when it is searched.
_HEADING_TOKENS = 60
_SECTION_TOKENS = 20
# From their end, in the text that rows are embedded as: the headings of the columns come last.
_HEADING_CHARACTERS = 300
_ROW_HEADING_CHARACTERS = 200
# In characters. A longer token is text that the tokenizer does not know, such as a whole phrase of Thai or
# Khmer, which is one unknown token for MiniLM; it counts as several.
_LONGEST_WORD = 20
_CHARACTERS_A_TOKEN = 4  # about as many as in a token of English
_GRAPHEME = regex.compile(r"\X")


def chunk(document: Document, token_spans: TokenSpans, max_tokens: int = MAX_CHUNK_TOKENS) -> list[Chunk]:
    """In order, with only white space between; a longer sentence is cut at white space or graphemes.

    A list that fits into a chunk is not cut from its lead-in, nor the first item of a longer one.
    Rows of a table have chunks of their own, with room for its headings, which precede each in a search.
    """
    return list(each_chunk(document, token_spans, max_tokens))


def each_chunk(document: Document, token_spans: TokenSpans, max_tokens: int) -> Iterator[Chunk]:
    text = document.text
    tokens = _TokenCounter(text, token_spans)
    found = tables(text)
    held: list[Span] = []
    table: Table | None = None
    room = max_tokens
    for sentence in each_sentence(text, document.language, found):
        place = bisect_right(found, sentence.start, key=lambda one: one.span.start) - 1
        next_table = found[place] if place >= 0 and found[place].span.covers(sentence) else None
        if held and next_table is not table:
            yield _as_chunk(held, table)
            held = []
        if next_table is not table:
            table, room = next_table, _room(text, next_table, tokens, max_tokens)
        for piece in _fitting(text, sentence, tokens, room):
            if held and tokens.between(held[0].start, _end_with_list(text, piece, tokens, room)) > room:
                yield _as_chunk(held, table)
                held = []
            held.append(piece)
    if held:
        yield _as_chunk(held, table)


def _end_with_list(text: str, sentence: Span, tokens: _TokenCounter, room: int) -> int:
    """Where the list ends that ``sentence`` leads in, or its first item if it is too long."""
    first = end = sentence.end
    if not LEADS.search(text, sentence.start, sentence.end):
        return end
    for line in LINE.finditer(text, sentence.end):
        if not line[0].strip():
            continue
        if not ITEM.match(line[0]):
            break
        if tokens.between(sentence.start, line.end()) > room:
            return first
        first, end = line.end() if first == sentence.end else first, line.end()
    return end


def _room(text: str, table: Table | None, tokens: _TokenCounter, max_tokens: int) -> int:
    if table is None:
        return max_tokens
    headings = min(tokens.between(table.header.start, table.header.end), _HEADING_TOKENS)
    has_groups = any(line.start >= table.header.end and is_group(line.of(text)) for line in table.lines)
    before = headings + (_SECTION_TOKENS if has_groups else 0)
    return max(max_tokens - before, max_tokens // 2, 1)


class _TokenCounter:
    """By bisection over one tokenisation of the document."""

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
    """Into as few pieces as possible."""
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
    """In ``(start, limit]``, after white space, or else between graphemes."""
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
    """It then has rows of a table without the table's headings."""
    return header is not None and not span.covers(header)


def table_context(headings: str, section: str) -> str:
    return "\n".join(part for part in (headings, section) if part)


def row_text(title: str, headings: str, section: str, row: str) -> str:
    """What a row is embedded as: no figures, since they say nothing to an encoder."""
    words = _one_line(headings)[-_ROW_HEADING_CHARACTERS:].lstrip()
    named = " ".join(part for part in (words, _one_line(section), _label(row)) if part)
    return f"{title}: {named}" if title else named


def rows_text(title: str, headings: str, section: str, rows: Sequence[str]) -> str:
    """What a passage of rows is embedded as: title, end of the headings, first row's groups, all labels."""
    words = _one_line(headings)[-_HEADING_CHARACTERS:].lstrip()
    labels = "; ".join(filter(None, map(_label, rows)))
    return "\n".join(part for part in (title, words, _one_line(section), labels) if part)


def _label(row: str) -> str:
    return " ".join(label_cells(cells(row)))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def passage_text(title: str, text: str, headings: str = "") -> str:
    """What is indexed, and embedded for prose; ``headings`` only if the passage lacks them."""
    return "\n".join(part for part in (title, headings, text) if part)


@dataclass(frozen=True, slots=True)
class Cutting:
    """``tokenizer`` is JSON of ``tokenizers``; an empty ``language`` is the one that the loader finds."""

    tokenizer: str
    max_tokens: int
    language: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """The passages, as arrays of four-byte numbers in the machine's byte order.

    ``counts`` are the sentences of each; ``sentences`` and ``headers`` are starts and ends, (1, 0) for none.
    """

    language: str
    counts: bytes
    sentences: bytes
    headers: bytes
    signature: bytes | None

    def fits(self, text: str) -> bool:
        """All passages are in order and within ``text``."""
        if any(len(numbers) % 4 for numbers in (self.counts, self.sentences, self.headers)):
            return False
        counts, sentences, headers = map(_numbers, (self.counts, self.sentences, self.headers))
        if len(headers) != 2 * len(counts) or len(sentences) != 2 * counts.sum(dtype="u8"):
            return False
        ends = headers[1::2][headers[::2] <= headers[1::2]]
        return bool(
            (counts > 0).all()
            and (sentences[::2] < sentences[1::2]).all()
            and (sentences[1:-1:2] <= sentences[2::2]).all()
            and (not len(sentences) or sentences[-1] <= len(text))
            and (ends <= len(text)).all()
        )


def cut(document: Document, token_spans: TokenSpans, max_tokens: int) -> Cut:
    counts, sentences, headers = array("I"), array("I"), array("I")
    for chunk in each_chunk(document, token_spans, max_tokens):
        counts.append(len(chunk.sentences))
        for span in chunk.sentences:
            sentences.append(span.start)
            sentences.append(span.end)
        headers.extend((chunk.header.start, chunk.header.end) if chunk.header else (1, 0))
    return Cut(
        document.language,
        counts.tobytes(),
        sentences.tobytes(),
        headers.tobytes(),
        signature(document.text),
    )


class Chunks(Sequence[Chunk]):
    """Each is created when it is accessed."""

    def __init__(self, compact: Cut) -> None:
        import numpy as np

        self._ends = np.cumsum(_numbers(compact.counts), dtype=np.int64)
        self._sentences = _numbers(compact.sentences)
        self._headers = _numbers(compact.headers)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, place: int) -> Chunk: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Chunk]: ...
    def __getitem__(self, place: int | slice) -> Chunk | Sequence[Chunk]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        # As with a list, negative positions count from the end, and positions outside raise IndexError.
        place = range(len(self))[place]
        first = int(self._ends[place - 1]) if place else 0
        edges = self._sentences[2 * first : 2 * int(self._ends[place])].tolist()
        spans = tuple(map(Span, edges[::2], edges[1::2]))
        start, end = self._headers[2 * place : 2 * place + 2].tolist()
        return Chunk(Span(spans[0].start, spans[-1].end), spans, Span(start, end) if start <= end else None)


def _numbers(packed: bytes) -> npt.NDArray[np.uint32]:
    import numpy as np

    return np.frombuffer(packed, np.uint32)
