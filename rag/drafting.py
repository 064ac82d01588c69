"""What a language model writes → statements and the numbers that they cite, as soon as each is whole.

A line begins with the numbers of the sentences that it rests on. Models also put them behind a sentence, or
write JSON: all three are read, and nothing is taken on trust, since every statement is checked afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import regex

from index.segmentation import sentences
from rag.prompting import NO_ANSWER

MAX_CHARACTERS = 12_000
"""Of a reply; a model that writes more repeats itself."""

MAX_STATEMENT_CHARACTERS = 1_000
"""Of one statement; a longer one is no sentence."""

_NUMBER = r"\p{N}+\s*\.\s*\p{N}+"
_MARK = regex.compile(rf"\s*\[\s*({_NUMBER}(?:\s*[,;]\s*{_NUMBER})*)\s*\]")
_ONE = regex.compile(_NUMBER)
_BULLET = regex.compile(r"^\s*(?:[-*•–]|\p{N}+[.)])\s+(?=\S)")
_THOUGHT = regex.compile(r"<think>.*?(?:</think>|$)", regex.DOTALL)
_NONE = regex.compile(rf"^\W*{NO_ANSWER}\b", regex.IGNORECASE)
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement of a model.

    Attributes:
        text: its words, without marks.
        numbers: the sentences that it cites, as the prompt numbers them, each once.
    """

    text: str
    numbers: tuple[str, ...]


class NoAnswer(Exception):  # noqa: N818 (what a model says, and no error)
    """The model says that the sentences do not answer the question."""


def drafts(
    pieces: Iterable[str], language: str, is_cut: Callable[[], bool] = lambda: False
) -> Iterator[Draft]:
    """The statements of a reply, each as soon as it is whole.

    Args:
        pieces: the reply, as it is written.
        language: of what is written, as an ISO 639-1 code.
        is_cut: asked after the last piece, whether the reply was cut off: then its last line is left out.

    Raises:
        NoAnswer: if that is how the reply begins.
    """
    whole, read = "", 0
    for piece in pieces:
        whole = (whole + piece)[: MAX_CHARACTERS + 1]
        if len(whole) > MAX_CHARACTERS:
            return
        shown = _THOUGHT.sub("", whole) if "<think>" in whole else whole
        if _is_json(shown):
            found, read = _objects(shown, read)
            yield from found
        elif not _may_be_none(shown):
            end = shown.rfind("\n") + 1
            if end > read:
                yield from _lines(shown[read:end], language)
                read = end
    shown = _THOUGHT.sub("", whole)
    if _NONE.match(shown) or _is_empty_list(shown):
        raise NoAnswer
    if not _is_json(shown) and not is_cut():
        yield from _lines(shown[read:], language)


def _lines(text: str, language: str) -> Iterator[Draft]:
    for line in text.splitlines():
        if _NONE.match(line):
            continue
        yield from _line(_BULLET.sub("", line), language)


def _line(line: str, language: str) -> Iterator[Draft]:
    """The statements of a line: marks at its beginning are its own, others those of the words before them."""
    first = _MARK.match(line)
    if first:
        leading: list[str] = []
        place = 0
        while mark := _MARK.match(line, place):
            leading += _numbers(mark)
            place = mark.end()
        inner = [number for mark in _MARK.finditer(line, place) for number in _numbers(mark)]
        yield from _statements(_MARK.sub("", line[place:]), [*leading, *inner], language)
        return
    place = 0
    pending = ""
    marks: list[str] = []
    for mark in _MARK.finditer(line):
        between = line[place : mark.start()]
        if marks and any(character.isalnum() for character in between):
            yield from _statements(pending, marks, language)
            pending, marks = "", []
        pending += between
        marks += _numbers(mark)
        place = mark.end()
    rest = line[place:]
    if any(character.isalnum() for character in rest):
        if marks:
            yield from _statements(pending, marks, language)
        yield from _statements(rest, [], language)
    elif pending:
        yield from _statements(pending + rest, marks, language)


def _statements(text: str, numbers: Iterable[str], language: str) -> Iterator[Draft]:
    """The sentences of some words, each with all of their numbers."""
    cited = tuple(dict.fromkeys(numbers))
    for span in sentences(text, language):
        words = " ".join(span.of(text).split()).strip(" *_")
        if any(character.isalnum() for character in words) and len(words) <= MAX_STATEMENT_CHARACTERS:
            yield Draft(words, cited)


def _numbers(mark: regex.Match[str]) -> list[str]:
    return ["".join(number.split()) for number in _ONE.findall(mark.group(1))]


def _may_be_none(text: str) -> bool:
    """Whether it says, or begins to say, that there is no answer."""
    words = text.strip(" \n\t*\"'.").upper()
    return NO_ANSWER.startswith(words) or bool(_NONE.match(text))


def _is_json(text: str) -> bool:
    stripped = text.lstrip().removeprefix("```json").lstrip()
    return stripped.startswith("{")


def _is_empty_list(text: str) -> bool:
    if not _is_json(text):
        return False
    try:
        found, _ = _DECODER.raw_decode(text[text.index("{") :])
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("sentences") == []


def _objects(text: str, read: int) -> tuple[list[Draft], int]:
    """The statements of a JSON reply that are whole, from ``read`` on, and where the next one begins."""
    found: list[Draft] = []
    place = max(read, text.find("[", text.find("{")) + 1)
    if place == 0:
        return found, read
    while (start := text.find("{", place)) >= 0:
        try:
            value, end = _DECODER.raw_decode(text, start)
        except ValueError:
            break
        found += _of_object(value)
        place = end
    return found, place


def _of_object(value: Any) -> list[Draft]:  # noqa: ANN401 (JSON)
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return []
    cites = value.get("cites")
    listed = [str(number) for number in cites] if isinstance(cites, list) else []
    numbers = tuple(dict.fromkeys(_ONE.findall(" ".join(listed))))
    words = " ".join(_MARK.sub("", value["text"]).split())
    return [Draft(words, numbers)] if words and len(words) <= MAX_STATEMENT_CHARACTERS else []
