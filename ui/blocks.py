"""The paragraphs, lists and tables of an answer, whose text has Markdown between its sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

import regex

from index.text import cells

_MARK = regex.compile(r"(?:-|\p{N}{1,3}[.)]) $")

T = TypeVar("T")


@dataclass(slots=True)
class Block(Generic[T]):
    """``lines`` are a paragraph's only one, the items of a list or the rows of a table, of sentences.

    ``marks`` has the mark of each item, such as ``2.``; ``headings`` are those of a table.
    """

    kind: Literal["paragraph", "list", "table"]
    headings: tuple[str, ...] = ()
    marks: list[str] = field(default_factory=list)
    lines: list[list[T]] = field(default_factory=list)

    @property
    def is_numbered(self) -> bool:
        return self.kind == "list" and self.marks[0] != "-"


def is_written_row(sentence: str) -> bool:
    """Whether a model wrote it as a row of a table; a row that is quoted has no bars at its ends."""
    return sentence.startswith("| ") and sentence.endswith("|") and len(sentence) > len("| |")


def row_cells(row: str) -> list[str]:
    return cells(row.strip())[1:-1]


def blocks(sentences: Iterable[tuple[str, str, T]]) -> list[Block[T]]:
    """Of each sentence: what stands between the one before and it, its words, and what stands for it."""
    found: list[Block[T]] = []
    for gap, words, shown in sentences:
        is_row, mark = is_written_row(words), _MARK.search(gap)
        last = found[-1] if found else None
        if last is not None and "\n" not in gap and not is_row:
            last.lines[-1].append(shown)
            continue
        kind: Literal["paragraph", "list", "table"] = "table" if is_row else "list" if mark else "paragraph"
        goes_on = last is not None and last.kind == kind != "paragraph" and "\n\n" not in gap
        if last is None or not goes_on:
            head = next((line for line in gap.splitlines() if is_row and is_written_row(line)), "")
            last = Block(kind, tuple(row_cells(head)) if head else ())
            found.append(last)
        last.marks.append(mark[0].strip() if mark else "")
        last.lines.append([shown])
    return found
