"""Parses a language model's reply, and yields each statement with its citations once it is complete.

The prompt asks for numbers at the start of each line; models also put them after a sentence, or write JSON.
The parser trusts nothing, because every statement is verified later.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any, Literal

import regex

from index.text import LEADS, cells, sentences
from rag.llm.messages import LONGEST_LINE, NO_ANSWER, NOT_FOUND, pair_surrogates, without_thoughts

MAX_CHARACTERS = 12_000  # a model that writes more is repeating itself
MAX_STATEMENT_CHARACTERS = 1_000  # anything longer is not a sentence
MAX_WHAT_CHARACTERS = 300
MAX_CITED = 6  # with more, no reader can tell which of them supports the statement
# Characters. A line almost as long as the longest may have been cut, as another token would not have fitted.
_LONGEST_TOKEN = 16
_NUMBER = r"\p{N}+\s*\.\s*\p{N}+"
_MARK = regex.compile(rf"\s*[\[［【]\s*({_NUMBER}(?:\s*[,;，、；]\s*{_NUMBER})*)\s*[\]］】]")
_MARKS = regex.compile(rf"(?:{_MARK.pattern})+")
_ONE = regex.compile(_NUMBER)
_BULLET = regex.compile(r"^\s*(?:[-*•–]|\p{N}+[.)])\s+(?=\S)")
_NONE = regex.compile(rf"^\W*(?:{NO_ANSWER}\b|(?i:{NO_ANSWER})\s*(?:[.!:;,–—-]|\n|\Z))")
_MISSING = regex.compile(rf"^[\W_]*{NOT_FOUND}\b\W*", regex.IGNORECASE)
_HEADING = regex.compile(r"^\s*#{1,6}\s")
_RULE = regex.compile(r"^\s*[-*_=](?:\s*[-*_=]){2,}\s*$")
_ROW = regex.compile(r"^\s*\|.*\|")
_ROW_RULE = regex.compile(r"^\s*\|(?:\s*:?-+:?\s*\|)+\s*$")
_NUMBER_FIRST = regex.compile(r"^\s*[\[［【]")
_NONE_ALONE = regex.compile(rf"^[\W\p{{N}}]*{NO_ANSWER}\W*$", regex.IGNORECASE)
_ENDS = regex.compile(r"""[.!?…。！？।។]["'”’»)*_]*\s*$""")
_TAIL = regex.compile(r"""^\s*[.!?…。！？।។]+["'”’»)*_]*(?=\s|$)""")
_JSON = regex.compile(r"^\s*(?:```\w*\s*)?(\[?)\s*\{")
_MAY_BE_JSON = regex.compile(r"^\s*(?:`{0,3}|```\w*\s*)\[?\s*$")
_CONTROL = regex.compile(r"\p{Cc}")
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, an item of a list, or a row of a table.

    ``opens`` stands before it: a space, or a line break and the mark of an item. ``head`` are the lines of a
    table above its first row. ``claim`` is what a row says, each value with its heading. ``leads``: it ends
    with a colon, and rests on what the items below it cite. ``block`` counts paragraphs, lists and tables.
    """

    text: str
    sentence_numbers: tuple[str, ...]
    block: int = 0
    opens: str = " "
    head: str = ""
    claim: str = ""
    leads: bool = False

    @property
    def said(self) -> str:
        return self.claim or self.text


@dataclass(frozen=True, slots=True)
class Missing:
    """What the sentences that the model was given do not say, in its words."""

    what: str


class NoAnswer(Exception):  # noqa: N818 (a reply of the model, not an error)
    """The model says that the sentences do not answer the question, and perhaps ``what`` is missing."""

    def __init__(self, what: str = "") -> None:
        super().__init__(what)
        self.what = what


def parse_reply(
    pieces: Iterable[str], language: str, is_cut: Callable[[], bool] = lambda: False
) -> Iterator[Statement | Missing]:
    """Without the last statement if the reply was cut (``is_cut``). Raises NoAnswer if there is none."""
    whole, read, any_found = "", 0, False
    blocks = _Blocks(language)
    for piece in pieces:
        whole = (whole + piece)[:MAX_CHARACTERS]
        found, read = _complete(without_thoughts(whole), read, blocks)
        any_found = any_found or bool(found)
        yield from found
        if len(whole) == MAX_CHARACTERS:
            break
    spoken = without_thoughts(whole)
    if none := _NONE.match(spoken) or _NONE_ALONE.match(spoken):
        raise NoAnswer(_what(spoken[none.end() :].partition("\n")[0]))
    if _is_empty(spoken):
        raise NoAnswer
    if not _JSON.match(spoken):
        rest = [*blocks.lines(spoken[read:]), *blocks.end()]
        is_whole = len(whole) < MAX_CHARACTERS and not is_cut()
        yield from rest if is_whole else rest[:-1]
    elif not any_found:
        yield from _of_object(_decoded(spoken), language)


def _what(text: str) -> str:
    return " ".join(_MARKS.sub("", text).replace("**", "").split()).strip(" .:;,–—-")[:MAX_WHAT_CHARACTERS]


def _complete(text: str, read: int, blocks: _Blocks) -> tuple[list[Statement | Missing], int]:
    if begins := _JSON.match(text):
        objects, read = _objects(text, read, begins, blocks.language)
        return [*objects], read
    end = text.rfind("\n") + 1
    may_be_none = NO_ANSWER.startswith(text.strip(" \n\t*\"'.").upper()) or _NONE.match(text)
    if end <= read or _MAY_BE_JSON.match(text) or may_be_none:
        return [], read
    return list(blocks.lines(text[read:end])), end


@dataclass(slots=True)
class _Blocks:
    """Reads lines of Markdown one after another: paragraphs, lists and tables."""

    language: str
    _count: int = 0
    _kind: Literal["", "paragraph", "list", "table"] = ""
    _is_apart: bool = True
    _headings: list[str] = field(default_factory=list)
    _first: str = ""
    _lead: Statement | None = None
    _led: list[Statement] = field(default_factory=list)

    def lines(self, text: str) -> Iterator[Statement | Missing]:
        for line in text.splitlines():
            if line.lstrip().startswith("```"):
                continue
            if self._first and not _ROW_RULE.match(line):
                # Without a rule below it, the first row is no heading.
                first, self._first = self._first, ""
                yield from self._held(self._row(first))
            if not line.strip() or _HEADING.match(line) or _RULE.match(line):
                self._is_apart = True
            elif missing := _MISSING.match(line):
                yield from self.end()
                if what := _what(line[missing.end() :]):
                    yield Missing(what)
            elif _ROW_RULE.match(line):
                self._headings = _row_cells(self._first) if self._first else []
                self._first, self._kind = "", ""
            elif _ROW.match(line) and (self._is_apart if self._kind == "table" else not self._headings):
                self._first = line
            elif _ROW.match(line):
                yield from self._held(self._row(line))
            else:
                yield from self._held(self._words(line))

    def end(self) -> Iterator[Statement]:
        """Let go of a lead-in and its items, which waited for each other."""
        if self._first:
            first, self._first = self._first, ""
            yield from self._held(self._row(first))
        lead, led = self._lead, self._led
        self._lead, self._led = None, []
        if lead is not None:
            numbers = (number for item in led for number in item.sentence_numbers)
            yield replace(lead, sentence_numbers=tuple(dict.fromkeys(numbers))[:MAX_CITED])
            yield from led

    def _held(self, found: Iterable[Statement]) -> Iterator[Statement]:
        """What ends with a colon, and cites nothing, waits for the numbers of its items."""
        for statement in found:
            if self._lead is not None and statement.block != self._lead.block:
                yield from self.end()
            if self._lead is not None:
                self._led.append(statement)
            elif statement.leads and not statement.sentence_numbers:
                self._lead = statement
            else:
                yield statement

    def _words(self, line: str) -> Iterator[Statement]:
        mark = _BULLET.match(line)
        kind: Literal["paragraph", "list"] = "list" if mark else "paragraph"
        # Some models put an empty line between the items of a list, or before its first one.
        goes_on = kind == "list" and (self._kind == "list" or self._lead is not None)
        # Indented words below an item belong to it.
        goes_on = goes_on or (not self._is_apart and kind == "paragraph" and self._kind == "paragraph")
        goes_on = goes_on or (not self._is_apart and self._kind == "list" and line[:1].isspace())
        goes_on = goes_on or (not self._is_apart and self._kind == "paragraph" and kind == "list")
        self._begin(kind, goes_on=goes_on)
        opens = f"\n{mark[0].strip() if mark[0].strip()[0].isdigit() else '-'} " if mark else " "
        if not goes_on:
            opens = f"\n{opens}" if mark else "\n\n"
        found = list(_line(_BULLET.sub("", " ".join(line.split())), self.language))
        is_cut = (
            len(line) > LONGEST_LINE - _LONGEST_TOKEN and _NUMBER_FIRST.match(line) and not _ENDS.search(line)
        )
        for each in found[:-1] if is_cut else found:
            leads = LEADS.search(each.text) is not None
            yield replace(each, block=self._count, opens=opens, leads=leads)
            opens = " "

    def _row(self, line: str) -> Iterator[Statement]:
        row = _row_cells(line)
        if not any(map(_has_words, row)):
            return
        head = ""
        if self._headings and self._kind != "table":
            head = f"{_as_row(self._headings)}\n| {' | '.join('---' for _ in self._headings)} |\n"
        goes_on = self._kind == "table" and not self._is_apart
        self._begin("table", goes_on=goes_on or self._lead is not None)
        named = zip_longest(self._headings[1:], row[1:], fillvalue="")
        values = "; ".join(filter(None, (f"{name} {value}".strip() for name, value in named)))
        numbers = tuple(dict.fromkeys(each for mark in _MARKS.finditer(line) for each in _numbers(mark[0])))
        yield Statement(
            _as_row(row),
            numbers[:MAX_CITED],
            self._count,
            "\n" if goes_on else "\n\n",
            head,
            f"{row[0]}: {values}" if values else row[0],
        )

    def _begin(self, kind: Literal["paragraph", "list", "table"], *, goes_on: bool) -> None:
        self._count += not goes_on
        if kind != "table":
            self._headings = []
        self._kind, self._is_apart = kind, False


def _row_cells(line: str) -> list[str]:
    """Without the empty cells that the bars at both ends make."""
    return [_plain(cell) for cell in cells(_MARKS.sub("", line).strip())][1:-1]


def _as_row(row: Iterable[str]) -> str:
    return f"| {' | '.join(row)} |"


def _plain(text: str) -> str:
    return " ".join(_CONTROL.sub("", " ".join(text.split())).replace("**", "").split())


def _line(line: str, language: str) -> Iterator[Statement]:
    """Citation marks at the start of a line belong to the words after them, others to those before them."""
    marks = list(_MARKS.finditer(line))
    edges = [*(mark.end() for mark in marks), len(line)]
    text = line[: marks[0].start()] if marks else line
    leads = not _has_words(text)
    numbers: list[str] = []
    for number, mark in enumerate(marks):
        after = line[mark.end() : marks[number + 1].start() if number + 1 < len(marks) else edges[-1]]
        # The full stop of a sentence may follow its citation mark.
        tail = found.group() if (found := _TAIL.match(after)) and not leads else ""
        if leads and _has_words(after) and _has_words(text) and _ENDS.search(text):
            yield from _statements(text, numbers, language)
            text, numbers = "", []
        numbers += _numbers(mark.group())
        text, after = text + tail, after[len(tail) :]
        if not leads and _has_words(after) and _ENDS.search(text):
            yield from _statements(text, numbers, language)
            text, numbers = "", []
        text += after
    yield from _statements(text, numbers, language)


def _statements(text: str, numbers: Iterable[str], language: str) -> Iterator[Statement]:
    cited = tuple(dict.fromkeys(numbers))[:MAX_CITED]
    plain = _plain(text)
    for span in sentences(plain, language):
        words = span.of(plain).strip(" *_")
        if _has_words(words) and len(words) <= MAX_STATEMENT_CHARACTERS and not _NONE_ALONE.match(words):
            yield Statement(words, cited)


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _numbers(listed: str) -> list[str]:
    return [unicodedata.normalize("NFKC", "".join(number.split())) for number in _ONE.findall(listed)]


def _is_empty(text: str) -> bool:
    """JSON whose statements, if any, only say that there is no answer."""
    value = _decoded(text) if _JSON.match(text) else None
    listed = value.get("sentences") if isinstance(value, dict) else value
    return isinstance(listed, list) and all(
        isinstance(item, dict) and _NONE_ALONE.match(str(item.get("text"))) for item in listed
    )


def _decoded(text: str) -> Any:  # noqa: ANN401 (JSON)
    begins = _JSON.match(text)
    if begins is None:
        return None
    start = begins.start(1) if begins.group(1) else begins.end() - 1
    try:
        return _DECODER.raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return None


def _objects(text: str, read: int, begins: regex.Match[str], language: str) -> tuple[list[Statement], int]:
    found: list[Statement] = []
    listed = begins.start(1) if begins.group(1) else text.find("[", begins.end())
    offset = max(read, listed + 1)
    if listed < 0:
        return found, read
    while (start := text.find("{", offset)) >= 0:
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            break
        found += _of_object(value, language)
        offset = end
    return found, offset


def _of_object(value: Any, language: str) -> list[Statement]:  # noqa: ANN401 (JSON)
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return []
    cites = value.get("cites")
    listed = [str(number) for number in cites] if isinstance(cites, list) else [str(cites)]
    words = pair_surrogates(value["text"])
    numbers = [*_numbers(" ".join(listed)), *(n for mark in _MARK.findall(words) for n in _numbers(mark))]
    return list(_statements(_MARK.sub("", words), numbers, language))
