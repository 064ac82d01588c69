"""Prints how many of the asked cells are loaded with their row and the headings of their column.

``python -m benchmarks.cells [--misses] [DOCUMENT …]``: five minutes for the 2,424 questions about a cell in
``questions/reports``. A cell is right if its value stands in a cell of its own, the names of its row have the
words of the row, and its headings, or those of its table, the words and the period of the column. Nothing is
chosen by a tenth of the documents, whose figures are apart. A label is a cell, too. Some words are enough
of a cell of sentences.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex

from benchmarks.asked import LEARNED, UNTOUCHED, questions_of
from benchmarks.datasets import data_folder
from benchmarks.real_reports import share
from benchmarks.side_by_side import machine, note
from index.documents import Document
from index.errors import LoadError
from index.loaders import load
from index.search import Term
from index.text import PATH_SEPARATOR, cells, is_row, table_cells, tables, words_outside_columns
from rag.finding.matching import contains_term, content_words, words_of

_NEIGHBOURS = 1  # pages
_LEAST_ROW = 0.7
"""The share of the row's words that its names must have: writers add what the table says elsewhere."""
_HELD = regex.compile(r"-?\d{4,}(?:\.\d+)?|-?\d+\.\d{5,}")
_SHARE = regex.compile(r"0\.\d{3,}")
_SHORTEST_PART = 12  # letters
_SHORTEST_SENTENCE = 20  # letters
_WORD = regex.compile(r"[\p{L}\p{N}](?:[\p{L}\p{N}.,]*[\p{L}\p{N}])?")
_SPACES_AND_SIGNS = regex.compile(r"[\s$€£¥¹²³⁰⁴-⁹*]+")


@dataclass(frozen=True, slots=True)
class Found:
    """Whether the value stands in a cell, that cell's row has its names, and its column has its headings."""

    document: str
    value: bool
    row: bool
    column: bool


@dataclass(frozen=True, slots=True)
class _Cell:
    """``row``: the words of the row and the caption; ``names``: of the row's and the column's names.

    ``headings`` are the column's, without spaces: ``P 9`` is ``P9``.
    """

    page: int | None
    value: str
    sentence: tuple[str, ...]
    row: frozenset[Term]
    names: frozenset[Term]
    headings: frozenset[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("documents", nargs="*")
    parser.add_argument("--misses", action="store_true", help="print each, but none of those kept aside")
    arguments = parser.parse_args()
    found: list[Found] = []
    aside = _aside()
    asked: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for question in questions_of(*LEARNED, UNTOUCHED):
        if question.get("cell") and question["document"] in (arguments.documents or [question["document"]]):
            asked[question["document"]].append(question)
    for name, questions in sorted(asked.items()):
        try:
            loaded = load(data_folder() / "train" / name)
        except LoadError as error:
            note(str(error))
            continue
        held = list(_cells(loaded))
        for question in questions:
            one = _found(name, loaded.language, question, held)
            found.append(one)
            if arguments.misses and name not in aside and not (one.value and one.row and one.column):
                print(_miss(question, one, held))
    print(machine())
    print(
        "| | cells | value in a cell | and its row | and its column, all right |\n|---|---:|---:|---:|---:|"
    )
    for label, own in _groups(found, aside):
        shares = (
            share(one.value for one in own),
            share(one.value and one.row for one in own),
            share(one.value and one.row and one.column for one in own),
        )
        print(f"| {label} | {len(own)} | {' | '.join(shares)} |")


def _aside() -> frozenset[str]:
    names = sorted({question["document"] for question in questions_of(*LEARNED, UNTOUCHED)})
    return frozenset(random.Random(51).sample(names, len(names) // 10))  # noqa: S311


def _groups(found: Sequence[Found], aside: frozenset[str]) -> Iterator[tuple[str, list[Found]]]:
    chosen = [one for one in found if one.document not in aside]
    yield "all but those aside", chosen
    for suffix in sorted({Path(one.document).suffix for one in chosen}):
        yield suffix, [one for one in chosen if one.document.endswith(suffix)]
    if own := [one for one in found if one.document in aside]:
        yield "kept aside", own


def _cells(document: Document) -> Iterator[_Cell]:
    for table in tables(document.text):
        header = table.header.of(document.text)
        caption = words_outside_columns(header)
        for line in table.lines:
            if line.start < table.header.end:
                continue
            row = line.of(document.text)
            found = table_cells(document.text, table.header, line)
            # Where no heading stands over the column, those of the table are for all of it.
            named = [
                (cell.value, cell.row, f"{cell.column}\n{cell.unit}\n{cell.period}" * bool(cell.column))
                for cell in found
            ]
            label = cells(row)[0] if is_row(row) else ""
            for value, name, column in [(label, "", caption), *named]:
                words, names = (
                    words_of(f"{name}\n{caption}\n{others}", document.language)
                    for others in (row, column or header)
                )
                sentence = tuple(_WORD.findall(value.casefold())) if name else ()
                headings = frozenset(map(_value, column.replace(PATH_SEPARATOR, "\n").splitlines()))
                yield _Cell(document.page_at(line.start), _value(value), sentence, words, names, headings)


def _found(document: str, language: str, question: Mapping[str, Any], held: Sequence[_Cell]) -> Found:
    asked = question["cell"]
    pages = {
        page + step
        for each in [*question["evidence"], *question.get("also", [])]
        if (page := each["page"]) is not None
        for step in range(-_NEIGHBOURS, _NEIGHBOURS + 1)
    }
    row, column = (content_words(asked[name], language) for name in ("row", "column"))
    value = [
        cell
        for cell in held
        if (not pages or cell.page is None or cell.page in pages) and _holds(cell, asked["value"])
    ]
    named = [cell for cell in value if _share(row, cell.row | cell.names) >= _LEAST_ROW]
    headed = any(
        _share(column, cell.names) == 1 or _value(asked["column"]) in cell.headings for cell in named
    )
    return Found(document, bool(value), bool(named), headed)


def _share(words: Sequence[Term], found: frozenset[Term]) -> float:
    return sum(contains_term(found, word) for word in words) / len(words) if words else 1.0


def _miss(question: Mapping[str, Any], one: Found, held: Sequence[_Cell]) -> str:
    asked = question["cell"]
    same = [cell for cell in held if _holds(cell, asked["value"])][:3]
    seen = [f"p. {cell.page}: {' '.join(sorted(word for _, word in cell.names))}" for cell in same]
    where = f"{question['document']} p. {question['evidence'][0]['page']}"
    what = "value" if not one.value else "row" if not one.row else "column"
    return f"{what}\t{where}\t{asked['row']} / {asked['column']} = {asked['value']}\t{' ;; '.join(seen)}"


def _written(value: str) -> set[str]:
    """With the forms in which a sheet shows the number that it holds."""
    forms = ["", ",", ",.0f", ",.1f", ",.2f", ".2f"] if _HELD.fullmatch(value) else []
    forms += [".0%", ".1%", ".2%"] if _SHARE.fullmatch(value) else []
    return {_value(value), *(_value(f"{float(value):{form}}") for form in forms)}


def _holds(cell: _Cell, value: str) -> bool:
    written = _written(value)
    if cell.value in written or any(len(each) >= _SHORTEST_PART and each in cell.value for each in written):
        return True
    words = tuple(_WORD.findall(value.casefold()))
    is_sentence = sum(map(str.isalpha, cell.value)) >= _SHORTEST_SENTENCE
    places = range(len(cell.sentence) - len(words) + 1) if is_sentence and words else ()
    return any(cell.sentence[at : at + len(words)] == words for at in places)


def _value(written: str) -> str:
    return _SPACES_AND_SIGNS.sub("", written).casefold().strip("()%").replace("−", "-").replace("—", "-")


if __name__ == "__main__":
    main()
