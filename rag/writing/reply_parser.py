"""Parses a language model's reply, and yields each statement with its citations once it is complete.

The prompt asks for numbers at the start of each line; models also put them after a sentence, or write JSON.
The parser trusts nothing, because every statement is verified later.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import regex

from index.text import sentences
from rag.llm.messages import LONGEST_LINE, NO_ANSWER, pair_surrogates, without_thoughts

MAX_CHARACTERS = 12_000  # a model that writes more is repeating itself
MAX_STATEMENT_CHARACTERS = 1_000  # anything longer is not a sentence
MAX_CITED = 6  # with more, no reader can tell which of them supports the statement
# Characters. A line almost as long as the longest may have been cut, as another token would not have fitted.
_LONGEST_TOKEN = 16
_NUMBER = r"\p{N}+\s*\.\s*\p{N}+"
_MARK = regex.compile(rf"\s*[\[［【]\s*({_NUMBER}(?:\s*[,;，、；]\s*{_NUMBER})*)\s*[\]］】]")
_MARKS = regex.compile(rf"(?:{_MARK.pattern})+")
_ONE = regex.compile(_NUMBER)
_BULLET = regex.compile(r"^\s*(?:[-*•–]|\p{N}+[.)])\s+(?=\S)")
_NONE = regex.compile(rf"^\W*(?:{NO_ANSWER}\b|(?i:{NO_ANSWER})\s*(?:[.!:;,–—-]|\n|\Z))")
_NONE_ALONE = regex.compile(rf"^[\W\p{{N}}]*{NO_ANSWER}\W*$", regex.IGNORECASE)
_ENDS = regex.compile(r"""[.!?…。！？।។]["'”’»)*_]*\s*$""")
_TAIL = regex.compile(r"""^\s*[.!?…。！？।។]+["'”’»)*_]*(?=\s|$)""")
_JSON = regex.compile(r"^\s*(?:```\w*\s*)?(\[?)\s*\{")
_MAY_BE_JSON = regex.compile(r"^\s*(?:`{0,3}|```\w*\s*)\[?\s*$")
_CONTROL = regex.compile(r"\p{Cc}")
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)


@dataclass(frozen=True, slots=True)
class Statement:
    text: str
    sentence_numbers: tuple[str, ...]


class NoAnswer(Exception):  # noqa: N818 (a reply of the model, not an error)
    """The model says that the sentences do not answer the question."""


def parse_reply(
    pieces: Iterable[str], language: str, is_cut: Callable[[], bool] = lambda: False
) -> Iterator[Statement]:
    """Without the last statement if the reply was cut (``is_cut``). Raises NoAnswer if there is none."""
    whole, read, any_found = "", 0, False
    for piece in pieces:
        whole = (whole + piece)[:MAX_CHARACTERS]
        found, read = _complete(without_thoughts(whole), read, language)
        any_found = any_found or bool(found)
        yield from found
        if len(whole) == MAX_CHARACTERS:
            break
    spoken = without_thoughts(whole)
    if _NONE.match(spoken) or _NONE_ALONE.match(spoken) or _is_empty(spoken):
        raise NoAnswer
    if not _JSON.match(spoken):
        rest = list(_lines(spoken[read:], language))
        is_whole = len(whole) < MAX_CHARACTERS and not is_cut()
        yield from rest if is_whole else rest[:-1]
    elif not any_found:
        yield from _of_object(_decoded(spoken), language)


def _complete(text: str, read: int, language: str) -> tuple[list[Statement], int]:
    if begins := _JSON.match(text):
        return _objects(text, read, begins, language)
    end = text.rfind("\n") + 1
    may_be_none = NO_ANSWER.startswith(text.strip(" \n\t*\"'.").upper()) or _NONE.match(text)
    if end <= read or _MAY_BE_JSON.match(text) or may_be_none:
        return [], read
    return list(_lines(text[read:end], language)), end


def _lines(text: str, language: str) -> Iterator[Statement]:
    for line in text.splitlines():
        if not line.lstrip().startswith("```"):
            found = list(_line(_BULLET.sub("", " ".join(line.split())), language))
            is_cut = len(line) > LONGEST_LINE - _LONGEST_TOKEN and not _ENDS.search(line)
            yield from found[:-1] if is_cut else found


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
    plain = " ".join(_CONTROL.sub("", " ".join(text.split())).split())
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
