"""Chooses the two cells that a question compares: one row in two years, or two rows in one column.

A wrong comparison in bold is worse than none, so no pair is chosen if there is any doubt, for example if a
third cell fits as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import regex

from index.search import Snapshot, Term, terms
from index.text import PATH_SEPARATOR, TableCell, cells, is_quantity
from rag.figures.quantities import quantities
from rag.figures.reporting_periods import periods_of
from rag.finding.cells.choice import YEAR, Row, cells_of, choose_cell, fitting_cells, rows_of
from rag.finding.cells.numbers import DecimalMark, decimal_mark
from rag.finding.matching import contains_term, content_terms, words_of
from rag.questions import Question

COVERED = 0.6
"""The names of the cells must have at least this share of the comparison's words, weighted by rarity."""

_CHANGES = (
    r"chang|increas|decreas|gr[eo]w|ris[ei]|rose|fall|fell(?! to \p{L})|drop|declin|mov(?:e|ed)\b"
    r"|(?:go|went|gone)\b"
)
_OVER_TIME = regex.compile(rf"\b(?:{_CHANGES})", regex.IGNORECASE)
_COMPARES = regex.compile(
    rf"\b(?:{_CHANGES}|differ|compar|versus\b|vs\b|more\b|less\b|fewer\b|exceed"
    r"|(?:high|low|larg|small|great|bigg)er\b)",
    regex.IGNORECASE,
)
_OTHERWISE = regex.compile(
    r"^\W*(?:why|when|who)\b|\b(?:which|what) (?:\p{L}+ )?(?:years?|quarters?|months?|periods?)\b"
    r"|\bhow many (?:years|times|of)\b|\b(?:caus|reason|factor|driv|led\b|due\b|contribut|explain|attribut)",
    regex.IGNORECASE,
)
"""Matches a question that asks for a cause, a time or a count, which two figures do not answer."""

_DERIVED = regex.compile(
    r"\b(?:averages?|means?|sums?|totals?|combined|cumulative|ratios?|proportions?|shares?|cagr|compound"
    r"|per ?cent(?:age)? of|as a per ?cent(?:age)?|respectively|times)\b",
    regex.IGNORECASE,
)
"""Words for figures other than a difference. They rule out a comparison, unless the table itself has them."""

_AGAINST = regex.compile(r"\b(?:between|than|compared|versus|vs|and|or)\b", regex.IGNORECASE)
_SHAPES = regex.compile(
    rf"\b(?:(?:{_CHANGES}|differ|compar|exceed|respect)\p{{L}}*|per ?cent\p{{L}}*|versus|vs|less|fewer"
    r"|amounts?|values?|figures?|(?:high|low|larg|small|great|bigg)er|between|years?|fiscal|ended|respective|absolute"
    r"|quarters?|half|months?|earlier|previous|prior|last|before|same|period|company"
    r"|first|second|third|fourth|[qh][1-4]|[1-4][qh]|(?:19|20)\d\d)\b",
    regex.IGNORECASE,
)
"""Words of a comparison that say how things are compared, or for which period, but not which things."""

_DATES = regex.compile(
    r"\p{N}+|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\p{L}*|\b(?:as )?restated\b|[^\p{L}\p{N}]+",
    regex.IGNORECASE,
)
_LENGTHS = frozenset({"year", "month", "week", "quarter", "day"})


@dataclass(frozen=True, slots=True)
class CellPair:
    """The two cells that a comparison means.

    Attributes:
        first: the cell of the later year, or the cell of the row that the question names first.
        second: the other cell.
        is_over_time: whether the cells differ only in their years.
        mark: the decimal mark of their table; None if it is in doubt.
        language: the language of their document.
    """

    first: TableCell
    second: TableCell
    is_over_time: bool
    mark: DecimalMark | None
    language: str


def choose_pair(index: Snapshot, question: Question, rows: Sequence[Row]) -> CellPair | None:
    """Return the two cells that a question compares; None if that is unclear, or if it compares nothing.

    A comparison is recognised in English only.

    Args:
        index: the library, for the rarity of words.
        question: the question.
        rows: the rows that the answer cites; the first one has at least one of the cells.
    """
    if not rows or not _COMPARES.search(question.text) or _OTHERWISE.search(question.text):
        return None
    found = _of_two_years(index, question, rows[0]) or _of_two_rows(index, question, rows)
    if found is None:
        return None
    row = rows[0]
    names = row.names_of(found.first, found.second)
    is_clear = _is_asked_alone(index, question, row, names) and not _has_rival(index, question, row, found)
    return found if is_clear else None


def subject_of(question: Question) -> Question:
    """Return a question with only the words that say what is compared: without *rise* and *2023*."""
    return replace(question, text=_SHAPES.sub(" ", question.text))


def offset_of_name(question: str, cell: TableCell, other: TableCell, language: str) -> int | None:
    """Return the offset at which a question first names the row of ``cell``.

    Only the words that tell this row from the row of ``other`` count. Return None if there are no such words,
    or if the question lacks one of them.
    """
    own = {term for term in words_of(cell.row, language) if not term[1].isdecimal()}
    own -= words_of(other.row, language)
    offsets = {
        term: match.start()
        for match in reversed(list(regex.finditer(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}'’&.-]*", question)))
        for term in terms(match[0], language)
        if term in own
    }
    return min(offsets.values()) if own and own <= offsets.keys() else None


def mark_of(row: Row) -> DecimalMark | None:
    """Return the decimal mark of a row's table, judged by the lines near the row; None if it is in doubt."""
    lines = row.text[row.header.end : row.span.end + 2000].splitlines()
    return decimal_mark("\n".join(cell for line in lines for cell in cells(line)[1:]), row.language)


def _of_two_years(index: Snapshot, question: Question, row: Row) -> CellPair | None:
    years = _years(question.text)
    if len(years) == 1 and _OVER_TIME.search(question.text) and not _AGAINST.search(question.text):
        years |= {min(years) - 1}
    if len(years) != 2:
        return None
    asked = replace(periods_of(question.text, row.language), years=years)
    quantity_cells = [cell for cell in cells_of(index, question, row) if is_quantity(cell.value)]
    of_years = [
        cell
        for cell in fitting_cells(asked, row, quantity_cells)
        if len(YEAR.findall(cell.column)) == 1 and _years(cell.column) <= years
    ]
    columns: dict[str, list[TableCell]] = defaultdict(list)
    for cell in of_years:
        columns[_without_dates(cell.column)].append(cell)
    # A heading centred above several columns is missing from the names of the columns left of the centre.
    named = [name for name in columns if name]
    groups = [of_years] if len(of_years) == 2 and len(named) < 2 else list(columns.values())
    pairs = [group for group in groups if {max(_years(cell.column)) for cell in group} == years]
    pair = _best_group(index, question, pairs, row.language)
    if pair is None or len(pair) != 2:
        return None
    earlier, later = sorted(pair, key=lambda cell: max(_years(cell.column)))
    return CellPair(later, earlier, True, mark_of(row), row.language)


def _years(words: str) -> frozenset[int]:
    return frozenset(map(int, YEAR.findall(words)))


def _best_group(
    index: Snapshot, question: Question, groups: Sequence[Sequence[TableCell]], language: str
) -> Sequence[TableCell] | None:
    """Return the group of cells whose heading has the most words of the question; None if there is a tie."""
    asked = content_terms(index, question, language)
    scored = [
        (_weight_in(asked, words_of(_without_dates(cells[0].column), language)), cells) for cells in groups
    ]
    scored.sort(key=lambda item: -item[0])
    return scored[0][1] if len(scored) == 1 or (scored and scored[0][0] > scored[1][0]) else None


def _of_two_rows(index: Snapshot, question: Question, rows: Sequence[Row]) -> CellPair | None:
    table = [row for row in rows if row.header == rows[0].header and row.text == rows[0].text]
    found = [choose_cell(index, question, row, row.span.of(row.text), of_pair=True) for row in table]
    chosen = [cell for cell in found if cell is not None]
    if len(chosen) != 2 or found[0] is None or chosen[0].column != chosen[1].column:
        return None
    mark, language = mark_of(rows[0]), rows[0].language
    one, other = chosen
    years, others = (periods_of(cell.row, language).years for cell in chosen)
    if years != others:
        if len(years) != 1 or len(others) != 1 or _without_dates(one.row) != _without_dates(other.row):
            return None
        later, earlier = (one, other) if max(years) > max(others) else (other, one)
        return CellPair(later, earlier, True, mark, language)
    offset = offset_of_name(question.text, one, other, language)
    another = offset_of_name(question.text, other, one, language)
    if offset is None or another is None or offset == another or _OVER_TIME.search(question.text):
        return None
    first, second = (one, other) if offset < another else (other, one)
    return CellPair(first, second, False, mark, language)


def _is_asked_alone(index: Snapshot, question: Question, row: Row, names: str) -> bool:
    """Return whether a question asks only for two figures, and not for an average, share or third figure."""
    if any(word.lower() not in names.lower() for word in _DERIVED.findall(question.text)):
        return False
    # Two columns named only by years may be full years, so a length of time in the question, such as a
    # quarter, must also be in the names.
    lengths = periods_of(question.text, row.language).lengths
    if lengths and not lengths & periods_of(names, row.language).lengths:
        return False
    if any(
        (found.unit or "").rpartition("/")[2] not in _LENGTHS
        and found.written not in names
        and not YEAR.fullmatch(found.written)
        for found in quantities(question.text, "en")
    ):
        return False
    plain = subject_of(question)
    asked = content_terms(index, plain, row.language) if plain.text.strip(" ?.") else {}
    return _weight_in(asked, words_of(names, row.language)) >= COVERED * sum(asked.values())


def _has_rival(index: Snapshot, question: Question, row: Row, pair: CellPair) -> bool:
    """Return whether the question names another row of the table at least as clearly as the pair's rows.

    A row with the same label in another group of rows counts as equally clear, unless the question has all
    words of the names of the pair's rows.
    """
    language = row.language
    heading = words_of(row.header.of(row.text), language)
    weights = content_terms(index, subject_of(question), language)
    asked = {term: weight for term, weight in weights.items() if term not in heading}
    own = {pair.first.row, pair.second.row}
    best = min(_fit(asked, name, language) for name in own)
    labels = {name.rpartition(PATH_SEPARATOR)[2] for name in own}
    dated = {_without_dates(name) for name in own if YEAR.search(name)}
    for other in {found[0].row for found in rows_of(row)} - own:
        if _without_dates(other) in dated:
            continue
        fit = _fit(asked, other, language)
        is_alike = other.rpartition(PATH_SEPARATOR)[2] in labels and fit[0] == best[0]
        if fit >= best or (is_alike and best[1] < 0):
            return True
    return False


def _fit(asked: Mapping[Term, float], name: str, language: str) -> tuple[float, int]:
    """Return how well a name fits the question, as a pair of numbers: a larger pair is a better fit.

    The first number is the weight of the question's words in the name. The second is minus the number of the
    other words in the name: -2 if there are two.
    """
    name_terms = words_of(name, language)
    others = sum(not contains_term(frozenset(asked), term) for term in name_terms)
    return round(_weight_in(asked, name_terms), 6), -others


def _weight_in(asked: Mapping[Term, float], text_terms: frozenset[Term]) -> float:
    return sum(weight for term, weight in asked.items() if contains_term(text_terms, term))


def _without_dates(heading: str) -> str:
    return _DATES.sub(" ", heading).strip().lower()
