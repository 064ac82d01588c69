"""Prints how many reports are loaded with the title, publisher and date that a librarian would write.

``python -m benchmarks.covers [--misses] [--gold FILE] [FILE …]``: two minutes for the 181 reports of
``questions/covers.jsonl``, from which ``train_covers`` learned: that one prints the figures of reports left
out. All are compared without case, punctuation and blanks. A title is right if it is one of the gold's, or
has one, and its other words stand on the first pages, such as a subtitle, a series or the company of a
filing; a report in which no title is printed is not counted. A publisher must be one of the gold's names, a
date one of its dates or a less exact one that agrees; where the gold has none, none or another name that it
allows is right.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex

from benchmarks.datasets import data_folder
from benchmarks.real_reports import share
from benchmarks.side_by_side import machine, note
from index.documents import Document
from index.errors import LoadError
from index.loaders import load

GOLD = Path(__file__).parent / "questions" / "covers.jsonl"
_COVER_CHARACTERS = 6_000
_WORD = regex.compile(r"\p{L}+|\p{N}+")


@dataclass(frozen=True, slots=True)
class Found:
    """``title`` is None where no title is printed; ``person`` is for a publisher."""

    file: str
    title: bool | None
    publisher: bool
    date: bool
    person: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="*")
    parser.add_argument("--gold", type=Path, default=GOLD, help="lines as in questions/covers.jsonl")
    parser.add_argument("--misses", action="store_true", help="print each detail that is wrong")
    arguments = parser.parse_args()
    found: list[Found] = []
    for gold in golds(arguments.gold):
        if gold["file"] not in (arguments.files or [gold["file"]]):
            continue
        try:
            document = load(data_folder() / gold["file"])
        except LoadError as error:
            note(str(error))
            continue
        one = judged(gold, document)
        found.append(one)
        if arguments.misses:
            for line in _misses(gold, document, one):
                print(line)
    print_shares(found)


def print_shares(found: Sequence[Found]) -> None:
    print(machine())
    print("| | reports | title | publisher | of these a person | date |\n|---|---:|---:|---:|---:|---:|")
    for label, own in _groups(found):
        titles = share(one.title for one in own if one.title is not None)
        publishers, dates = share(one.publisher for one in own), share(one.date for one in own)
        persons = sum(one.person for one in own)
        print(f"| {label} | {len(own)} | {titles} | {publishers} | {persons} | {dates} |")


def golds(file: Path = GOLD) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def judged(gold: Mapping[str, Any], document: Document) -> Found:
    return Found(
        gold["file"],
        None if gold["title"] is None else is_title(gold, document.title, document.text),
        is_publisher(gold, document.publisher),
        is_date(gold, document.published),
        document.publisher is not None and _folded(document.publisher) in _all(gold["persons"]),
    )


def is_title(gold: Mapping[str, Any], title: str | None, text: str) -> bool:
    """Whether it is one of the gold's, perhaps with other words of the first pages."""
    shown, on_cover = _words(title), set(_words(text[:_COVER_CHARACTERS]))
    for right in map(_words, (gold["title"], *gold["titles"])):
        for start in range(len(shown) - len(right) + 1) if right else ():
            others = shown[:start] + shown[start + len(right) :]
            if shown[start : start + len(right)] == right and on_cover.issuperset(others):
                return True
    return "".join(shown) in {"".join(_words(right)) for right in (gold["title"], *gold["titles"]) if right}


def is_publisher(gold: Mapping[str, Any], publisher: str | None) -> bool:
    if publisher is None:
        return gold["publisher"] is None
    return _folded(publisher) in _all([gold["publisher"], *gold["publishers"]])


def is_date(gold: Mapping[str, Any], date: str | None) -> bool:
    if date is None:
        return gold["date"] is None
    return any(right.startswith(date) for right in (gold["date"], *gold["dates"]) if right)


def _groups(found: Sequence[Found]) -> Iterator[tuple[str, list[Found]]]:
    yield "all", list(found)
    for suffix in sorted({Path(one.file).suffix for one in found}):
        yield suffix, [one for one in found if one.file.endswith(suffix)]


def _misses(gold: Mapping[str, Any], document: Document, one: Found) -> list[str]:
    return [
        f"{name}\t{one.file}\t{shown}\tinstead of\t{gold[key]}"
        for name, key, right, shown in (
            ("title", "title", one.title, document.title),
            ("publisher", "publisher", one.publisher, document.publisher),
            ("date", "date", one.date, document.published),
        )
        if right is False
    ]


def _words(text: str | None) -> list[str]:
    return _WORD.findall((text or "").casefold())


def _folded(text: str) -> str:
    return "".join(_words(text))


def _all(names: Sequence[str | None]) -> set[str]:
    return {_folded(name) for name in names if name}


if __name__ == "__main__":
    main()
