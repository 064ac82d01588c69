"""The headline of an answer: the value of the cell that the question means, with its unit and names."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from index.text import TableCell
from rag.answers import DOUBTFUL, CellAddress, Citation, Headline
from rag.questions import Question
from rag.word_lists import listed

_ASKS_OTHERWISE = regex.compile(
    r"\W*(?:(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b"
    r"|(?:who|whom|whose|where|when|why|which)\b)",
    regex.IGNORECASE,
)
"""The beginning of a question that a figure alone does not answer."""

_SIGN = regex.compile(r"(?:US|C|A)?\p{Sc}|%|[A-Z]{3}\b")
_EXCEPTION = regex.compile(r",?\s*(?:except|unless)\b\s*(?:for\s)?(?P<words>.*)", regex.IGNORECASE)
_GENERAL = listed("amount amounts data per and or in as where otherwise noted")


def headline_of(question: Question, citations: Sequence[Citation]) -> Headline | None:
    """Return the headline of a quoted answer: the value of the cell that its first footnote cites.

    Return None if that footnote has no cell or a doubtful verdict, or if the question asks for something else
    than a value, such as *why*.

    Args:
        question: the question.
        citations: the footnotes of the answer, in the order of its sentences.
    """
    first = next(iter(citations), None)
    if first is None or first.cell is None or first.verification.verdict in DOUBTFUL:
        return None
    return None if _ASKS_OTHERWISE.match(question.text) else headline_of_cell(first.cell)


def headline_of_cell(cell: CellAddress | TableCell) -> Headline:
    """Return the headline that states the value of a cell."""
    return Headline(cell.value, _unit(cell), cell.row, cell.column)


def _unit(cell: CellAddress | TableCell) -> str:
    """Return the part of a cell's unit that the value does not show.

    An exception in the unit, such as *except per share data*, is left out if it does not concern the cell.
    """
    sign = _SIGN.match(cell.unit)
    unit = cell.unit[sign.end() :].strip() if sign and sign[0] in cell.value else cell.unit
    exception = _EXCEPTION.search(unit)
    if exception is not None:
        named = set(regex.findall(r"\p{L}+", exception["words"].lower())) - _GENERAL
        names = f"{cell.row} {cell.column}".lower()
        if not any(word.removesuffix("s") in names for word in named):
            unit = unit[: exception.start()]
    return f"{unit[:1].lower()}{unit[1:]}" if unit[1:2].islower() else unit
