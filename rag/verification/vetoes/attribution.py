"""Vetoes a sentence that gives a figure to another row, period, sign or subject than its quotes do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import regex

from index.search import terms
from rag.figures.dates import dates
from rag.figures.quantities import Quantity, comparable, quantities
from rag.verification.arithmetic import is_stated_by, stated_figures
from rag.verification.computation import compute, operands_in, periods_asked
from rag.verification.evidence import Cell, Evidence, Row, Statement, language_in, row_of

FEWEST = 2  # words that a clause and a quote about its subject share; a part of a count has its own quote
Term = tuple[str, str]

_TOTAL = regex.compile(r"\b(?:total|overall|all)\b", regex.IGNORECASE)
# Says what a negative value is: *Net income (loss)*.
_TWO_WAYS = regex.compile(
    r"\((?P<loss>loss(?:es)?|deficit|decrease|decline|outflows?|shortfall)\)", regex.IGNORECASE
)
_GAIN = regex.compile(r"\b(?:income|profit|earnings|gain|surplus|increase|inflow)", regex.IGNORECASE)
_CLAUSE = regex.compile(
    r"[,;:.()—–](?!\p{N})|\b(?:and|but|while|whereas|although|dan|và|nhưng|tetapi|y|pero)\b", regex.IGNORECASE
)


def attribution_fault(statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    if any(language_in(item) != statement.language for item in evidence):
        return None
    rows = [row for item in evidence if (row := row_of(item))]
    prose = [item for item in evidence if row_of(item) is None]
    stated = stated_figures(statement, evidence)
    operands = operands_in(evidence)
    for quantity in stated:
        if any(is_stated_by(quantity, other, statement.text) for other in _figures_of(prose)):
            continue
        computation = compute(quantity, statement, operands)
        if computation is not None and computation.is_sure:
            continue
        if found := _cells_with(quantity, statement, rows):
            fault = (
                _other_row(quantity, found, rows, statement)
                or _other_period(quantity, found, statement, bool(prose))
                or _other_sign(found, statement)
            )
            if fault:
                return fault
    return _other_quote(statement, stated, prose)


def uncertain_attribution(statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    """Years in another order than their figures' columns, or a clause whose figures no quote has."""
    rows = [row for item in evidence if (row := row_of(item))]
    stated = stated_figures(statement, evidence)
    years = [each.year for each in dates(statement.text, statement.language) if each.year and not each.decade]
    columns = [
        years_of
        for quantity in stated
        if (years_of := {
            year for _, cell in _cells_with(quantity, statement, rows) for year in cell.periods.years
        })
    ]  # fmt: skip
    is_paired = len(years) == len(columns) and all(map(set.__contains__, columns, years))
    if columns and len({*years}) > 1 and not is_paired:
        return "it names several years, and it is not certain which figure belongs to which"
    for clause in _clauses(statement, stated):
        numbers = [
            {number for number, item in enumerate(evidence) if _states(item, quantity, statement)}
            for quantity in clause[1]
        ]
        if len(evidence) > 1 and all(numbers) and numbers and not set.intersection(*numbers):
            return "its figures are in different cited sentences"
    return None


def _figures_of(evidence: Sequence[Evidence]) -> Iterator[Quantity]:
    for item in evidence:
        yield from quantities(item.quote, language_in(item))


def _states(item: Evidence, quantity: Quantity, statement: Statement) -> bool:
    row = row_of(item)
    if row is not None:
        return bool(_cells_with(quantity, statement, [row]))
    return any(is_stated_by(quantity, other, statement.text) for other in _figures_of([item]))


def _cells_with(quantity: Quantity, statement: Statement, rows: Sequence[Row]) -> list[tuple[Row, Cell]]:
    forms = (quantity, replace(quantity, currency=None, noun=None))
    return [
        (row, cell)
        for row in rows
        for cell in row.cells
        if any(
            is_stated_by(forms[cell.has_no_unit], each, statement.text)
            for figure in (*cell.figures, *cell.possible)
            for each in (figure, replace(figure, low=abs(figure.high), high=abs(figure.low)))
        )
    ]


def _other_row(
    quantity: Quantity, found: Sequence[tuple[Row, Cell]], rows: Sequence[Row], statement: Statement
) -> str | None:
    said = set(terms(statement.text, statement.language))
    labels = {row.label: set(terms(row.label, statement.language)) for row in rows}
    named = [label for label, words in labels.items() if words and words <= said]
    having = [row.label for row, _ in found]
    if not named or any(
        label in named
        or not labels[label]
        or _TOTAL.search(label)
        or labels[label] & said - set().union(*(words for other, words in labels.items() if other != label))
        for label in having
    ):
        return None
    return f"{quantity.written} is in the row “{having[0]}”, not in the row “{named[0]}”"


def _other_period(
    quantity: Quantity, found: Sequence[tuple[Row, Cell]], statement: Statement, has_prose: bool
) -> str | None:
    asked = periods_asked(statement)
    for row, cell in found:
        known = (cell.periods, row.periods, row.caption)
        if not asked.excludes(*known):
            return None
        columns = [other.periods for other in row.cells]
        if has_prose and not any(asked.shared(other) for other in columns):
            return None
    cell = found[0][1]
    return f"{quantity.written} is in the column “{cell.column}”, which is another period"


def _other_sign(found: Sequence[tuple[Row, Cell]], statement: Statement) -> str | None:
    row, cell = found[0]
    two_ways = _TWO_WAYS.search(row.label)
    if len(found) > 1 or two_ways is None or two_ways[0].lower() in statement.text.lower():
        # A sentence that repeats the label says neither of the two.
        return None
    is_gain = _GAIN.search(statement.text) is not None
    tells_loss = regex.search(rf"\b{two_ways['loss'].rstrip('s')}", statement.text, regex.IGNORECASE)
    is_negative = any(figure.high < 0 for figure in cell.figures)
    if tells_loss and not is_gain and not is_negative:
        return f"the cited row has {cell.value}, which is no {two_ways['loss'].lower()}"
    if is_gain and not tells_loss and is_negative:
        return f"the cited row has {cell.value}, which is a {two_ways['loss'].lower()}"
    return None


def _clauses(statement: Statement, stated: Sequence[Quantity]) -> Iterator[tuple[set[Term], list[Quantity]]]:
    edges = [
        match.span()
        for match in _CLAUSE.finditer(statement.text)
        if not any(each.span.start < match.end() and match.start() < each.span.end for each in stated)
    ]
    starts, ends = [0, *(end for _, end in edges)], [*(start for start, _ in edges), len(statement.text)]
    for start, end in zip(starts, ends, strict=True):
        figures = [each for each in stated if start <= each.span.start < end]
        words = list(statement.text[start:end])
        for each in figures:
            words[each.span.start - start : each.span.end - start] = " " * len(each.written)
        if figures:
            yield set(terms("".join(words), statement.language)), figures


def _other_quote(statement: Statement, stated: Sequence[Quantity], prose: Sequence[Evidence]) -> str | None:
    """A quote without the figure has its subject, with another figure in its place."""
    if len(prose) < 2:
        return None
    said = [set(terms(item.quote, statement.language)) for item in prose]
    for words, figures in _clauses(statement, stated):
        for quantity in figures:
            having = [number for number, item in enumerate(prose) if _states(item, quantity, statement)]
            for number, item in enumerate(prose) if having else ():
                own = words & said[number]
                instead = [
                    other
                    for other in _figures_of([item])
                    if comparable(quantity, other)
                    and not any(is_stated_by(each, other, statement.text) for each in figures)
                ]
                if (
                    number not in having
                    and len(own) >= FEWEST
                    and instead
                    and all(words & said[other] < own for other in having)
                    and (quantity.unit or all(len(words & said[other]) >= FEWEST for other in having))
                ):
                    return (
                        f"{quantity.written} is in another cited sentence; this one has {instead[0].written}"
                    )
    return None
