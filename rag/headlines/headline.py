"""The headline of an answer, and all headlines that an exported answer may have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations

import regex

from index.text import PATH_SEPARATOR, table_cells
from rag.answers import Citation, Headline
from rag.finding.cells.choice import Row
from rag.finding.cells.pairs import CellPair, mark_of
from rag.headlines.comparisons import headline_of_pair
from rag.headlines.values import headline_of_cell
from rag.questions import Question
from rag.verdicts import DOUBTFUL

_ASKS_OTHERWISE = regex.compile(
    r"\W*(?:(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b"
    r"|(?:who|whose|where|when|why|(?:\p{L}+\s)?wh(?:ich|om)|what (?:caused|(?:is|was) the reason))\b)",
    regex.IGNORECASE,
)
"""The beginning of a question that a figure alone does not answer."""


def headline_of(
    question: Question, citations: Sequence[Citation], pair: CellPair | None = None
) -> Headline | None:
    """Return the headline of a quoted answer.

    It is the value of the cell that the first footnote cites, or a comparison of two cells. If a cell already
    states the change over time that the question asks for, no change is computed. Return None if there is
    neither a clear value nor a clear comparison, if the first footnote has a doubtful verdict, or if the
    question asks for something other than a value, such as *why*.

    Args:
        question: the question.
        citations: the footnotes of the answer, in the order of its sentences.
        pair: the two cells that the question compares, or None.
    """
    if not citations or citations[0].verification.verdict in DOUBTFUL:
        return None
    cell = citations[0].cell
    is_value = cell is not None and not _ASKS_OTHERWISE.match(question.text)
    if pair is not None and not (is_value and pair.is_over_time):
        return headline_of_pair(question.text, pair)
    return headline_of_cell(cell) if is_value and cell is not None else None


def possible_headlines(question: str, rows: Sequence[Row]) -> Iterator[Headline]:
    """Yield the headlines that an answer may have: one for each cell of its first row, and the comparisons.

    A comparison may begin with an answer: yes, no or the name of a row. If the question and the two figures
    decide the answer, only the headline with this answer is yielded. Otherwise, the standalone form of a
    follow-up may decide it. This form is not known here, so a headline without an answer and one with each
    possible answer are yielded.

    Args:
        question: the question as it was asked.
        rows: the rows of one table that the answer cites, in order.
    """
    if not rows:
        return
    cells = [cell for row in rows for cell in table_cells(row.text, row.header, row.span)]
    yield from map(headline_of_cell, table_cells(rows[0].text, rows[0].header, rows[0].span))
    for first, second in permutations(cells, 2):
        if first.row != second.row and first.column != second.column:
            continue
        for is_over_time in (True,) if first.row == second.row else (True, False):
            pair = CellPair(first, second, is_over_time, mark_of(rows[0]), rows[0].language)
            made = headline_of_pair(question, pair)
            if made is None or made.comparison is None:
                continue
            computed = made.comparison.computed
            names = [each.row.rpartition(PATH_SEPARATOR)[2] for each in (first, second)]
            answers: list[str | None] = (
                [computed.answer] if computed.answer is not None else [None, "yes", "no", *names]
            )
            for answer in answers:
                yield replace(
                    made, comparison=replace(made.comparison, computed=replace(computed, answer=answer))
                )
