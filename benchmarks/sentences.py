"""Prints how many sentences of prose begin in the middle of one, or end there, by format.

``python -m benchmarks.sentences [FOLDER] [--show N]``: five minutes for the 125 reports of ``train``. Rows,
headings, captions and items that are no whole sentences are not prose: a heading is a bookmark, or a line of
a few words without an end. What stays and begins with a small letter, or ends without an end, was mostly cut
by a line, a column, a page, a figure or a note. ``--show`` prints as many of each, drawn by chance.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import regex

from benchmarks.datasets import data_folder
from benchmarks.side_by_side import machine, note
from index.documents import Document, Span
from index.errors import LoadError
from index.loaders import SUFFIXES, load
from index.text import is_row, sentences, tables
from index.text.tabular import LINE

_FEWEST_WORDS = 4  # fewer are a mark, a name or the number of an item
_HEADING_WORDS = 14  # a line of as many words may be a heading if it has no end
_WORD = regex.compile(r"\p{L}{2,}|\p{Han}|\p{Kana}+")
_END = regex.compile(r"[.!?:;…。！？：；።។][\W¹²³⁰⁴-⁹\d]{0,12}\Z")
_SMALL = regex.compile(r"[\W¹²³⁰⁴-⁹]*\p{Ll}(?!\p{Lu})")  # not ``eMetals``
_ADDRESS = regex.compile(r"(?:https?:|www\.)\S+|\S+@\S+")
_ITEM = regex.compile(
    r"(?:[•●○◦▪■□‣∙·➢✓›*–—-]|[¹²³⁰⁴-⁹]{1,3}(?=\S)|\(?(?:\d{1,3}|\p{L}|[ivxIVX]{1,5})[.)]|\d{1,2}(?:\.\d{1,2})+\.?)(?:\s+|(?<=\p{N}))"
)
_CAPTION = regex.compile(
    r"(?:figure|fig|table|chart|box|map|sources?|notes?|graph|exhibit|annex|abbildung|quelle|tableau|cuadro|fuente|图|表)\b"
    r"[\s.:]*\p{N}?",
    regex.IGNORECASE,
)
_CONTENTS = regex.compile(r"(?:\.\s?){4,}|…{2,}")


@dataclass(frozen=True, slots=True)
class Prose:
    """One sentence of prose, and where it is cut."""

    document: str
    place: str
    text: str
    begins_small: bool
    lacks_end: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=None)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N of each kind, by chance")
    parser.add_argument("--seed", type=int, default=51)
    arguments = parser.parse_args()
    folder = arguments.folder or data_folder() / "train"
    counted: dict[str, int] = defaultdict(int)
    found: dict[str, list[Prose]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in SUFFIXES:
            continue
        try:
            document = load(path)
        except LoadError as error:
            note(str(error))
            continue
        suffix = path.suffix.lower()
        counted[suffix] += len(sentences(document.text, document.language))
        found[suffix] += prose(document, path.name)
    print(machine())
    print("| | sentences | of prose | begin small | end without an end |\n|---|---:|---:|---:|---:|")
    for suffix in sorted(found):
        own = found[suffix]
        small, unended = sum(one.begins_small for one in own), sum(one.lacks_end for one in own)
        shares = " | ".join(f"{count / max(len(own), 1):.4f}" for count in (small, unended))
        print(f"| {suffix} | {counted[suffix]:,} | {len(own):,} | {shares} |")
    chance = random.Random(arguments.seed)  # noqa: S311
    every = [one for own in found.values() for one in own]
    for title, cut in (
        ("begins with a small letter", [one for one in every if one.begins_small]),
        ("ends without an end", [one for one in every if one.lacks_end]),
    ):
        for one in chance.sample(cut, min(arguments.show, len(cut))):
            print(f"\n{title}: {one.document}, {one.place}\n  {one.text}")


def prose(document: Document, name: str) -> Iterator[Prose]:
    text = document.text
    rows = {line.start for table in tables(text) for line in table.lines}
    titles = {section.start for section in document.sections}
    whole = sentences(text, document.language)
    number = 0
    for line in LINE.finditer(text):
        inside: list[Span] = []
        while number < len(whole) and whole[number].start < line.end():
            inside.append(whole[number])
            number += 1
        start = line.start() + len(line[0]) - len(line[0].lstrip())
        if (
            line.start() in rows
            or start in titles
            or is_row(line[0])
            or not _is_prose(line[0].strip(), inside)
        ):
            continue
        for sentence in inside:
            words = sentence.of(text)
            item = _ITEM.match(words)
            if len(_WORD.findall(_ADDRESS.sub("", words))) < _FEWEST_WORDS:
                continue
            begins_small = _SMALL.match(words, item.end() if item else 0) is not None
            lacks_end = _END.search(words) is None
            if item and (begins_small or lacks_end):
                continue  # an item need not be a sentence
            page = document.page_at(sentence.start)
            place = f"page {page}" if page else f"character {sentence.start}"
            yield Prose(name, place, words, begins_small, lacks_end)


def _is_prose(line: str, inside: list[Span]) -> bool:
    if _CAPTION.match(line) or _CONTENTS.search(line):
        return False
    is_short = len(_WORD.findall(line)) < _HEADING_WORDS
    is_one = len(inside) == 1 or (len(inside) == 2 and _ITEM.match(line) is not None)
    return not (is_short and is_one and _END.search(line) is None and not _SMALL.match(line))


if __name__ == "__main__":
    main()
