"""Splits a canonical text into sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import regex
import sentencex

from index.documents import UNKNOWN_LANGUAGE, Span
from index.text.date_words import MONTHS
from index.text.tabular import CELL_EDGE, Table, tables

_BLOCK_BREAK = regex.compile(r"[\n\r\f\v\x1c-\x1e\x85\u2028\u2029]+")
"""The end of a block, such as a paragraph: loaders leave no line break inside a paragraph."""

_UNSEGMENTED_STOPS = regex.compile(r"(?<=[។៕။])\s*")
"""The Khmer khan and bariyoosan and the Burmese section sign, at which sentencex 1.0 does not split."""

_RAISED_NUMBER = regex.compile(
    rf"""(?:(?<=\p{{Ll}}{{5}})(?<!approx|paras|chaps|sects)[.!?]|[.!?][”’»"]|\)[.!?])\d{{1,3}}(?=\s+[\p{{Lu}}“‘«"])
    (?!\s+(?:(?:{MONTHS})\b
    |(?![AI]\b)[\p{{Lu}}\d]{{1,3}}\b|Million|Billion|Percent|Per\b))""",
    regex.VERBOSE,
)
"""The end of a sentence with the number of a note ("stayed silent.1 Only"), which sentencex 1.0 takes for a
decimal. The word before the number is longer than an abbreviation ("No.5", "para.4"), and neither a month nor
a unit follows."""

_NOTE_MARK = regex.compile(
    r"(?:\[(?:\p{Ll}|note\s\d{1,3}|\d{1,3}(?:[,–-]\s?\d{1,3})*)\]|\(\d{1,3}\)|⁽?[⁰¹²³⁴-⁹]{1,3}⁾?|[*†‡]{1,3})+(?=\s|$)"
)
"""The mark of a footnote. If it follows a sentence without a space, it belongs to that sentence."""

_GOES_ON = regex.compile(
    rf"""(?<=\b(?:Ms|Mx|Mses|Amb|Atty)\.[ \u00a0]*)(?=\p{{Lu}})
    |(?<=\b(?:Figs|Eqs?|Vols?|Chs?|[Pp]aras?|Exh?|[Aa]pprox)\.[ \u00a0]*)(?=\p{{N}})
    |(?<=\b(?:{MONTHS})\.[ \u00a0]*)(?=\p{{N}}{{1,2}},[ \u00a0]\p{{N}}{{4}}\b)
    |(?<=\b\p{{Lu}}\.)(?=\p{{Lu}}\.)
    |(?<=\p{{N}}[ \u00a0]?[ap]\.m\.[ \u00a0]*)
    (?=\p{{Lu}}{{1,3}}T\b|UTC\b|(?:\p{{Lu}}\p{{Ll}}+[ ]){{1,3}}[Tt]ime\b)""",
    regex.VERBOSE,
)
"""Matches the places at which sentencex 1.0 ends a sentence that goes on: after abbreviations that it does
not know (of titles and of counted things); in a date whose month has a stop ("April. 18, 2023"); inside
initials ("non-U.S."); before a time zone ("2 p.m. ET")."""

_WORD_OR_DIGIT = regex.compile(r"[\p{L}\p{N}]")


def sentences(text: str, language: str = UNKNOWN_LANGUAGE) -> list[Span]:
    """Return the sentences of ``text``, in order, without the white space around them.

    Every character that is not white space is in exactly one sentence. A row of a table is one sentence,
    regardless of its punctuation. Three kinds of pieces join the sentence before them in the same block:

    - a piece without a letter or digit, such as a lone bullet or a closing quotation mark
    - a piece that begins with the bar between two cells: ``Figure 2. | Rate of``
    - the mark of a footnote directly after the sentence

    Args:
        text: a document's canonical text, in which a line break ends a block.
        language: an ISO 639-1 code, which decides the abbreviations; ``und`` uses English abbreviations.
    """
    return list(each_sentence(text, language, tables(text)))


def each_sentence(text: str, language: str, found: Sequence[Table]) -> Iterator[Span]:
    """Yield the sentences of ``text``, whose tables are ``found``; see :func:`sentences`."""
    rows = {line.start: line.end for table in found for line in table.lines}
    for start, end in _blocks(text):
        if rows.get(start) == end:
            yield from filter(None, [_trim(text, start, end)])
        else:
            yield from _in_block(text, start, end, "en" if language == UNKNOWN_LANGUAGE else language)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _BLOCK_BREAK.finditer(text):
        if start < match.start():
            yield start, match.start()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def _in_block(text: str, start: int, end: int, language: str) -> list[Span]:
    # The pieces keep every character, so adding up their lengths gives their places without a search.
    edges = [start]
    for piece in sentencex.segment(language, text[start:end]):
        origin = edges[-1]
        edges.extend(origin + stop for stop in _further_stops(piece))
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


def _further_stops(piece: str) -> list[int]:
    ends = {match.end() for stops in (_UNSEGMENTED_STOPS, _RAISED_NUMBER) for match in stops.finditer(piece)}
    return sorted(end for end in ends if end < len(piece))


def _trim(text: str, start: int, end: int) -> Span | None:
    piece = text[start:end]
    if not piece.strip():
        return None
    return Span(start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip()))
