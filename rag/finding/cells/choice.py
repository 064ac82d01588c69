"""Chooses the cell of a cited row that a question means, or none if the question may mean several.

A wrong cell in bold is worse than none. A column is chosen only if the question names it, and if it has all
words of the question that the other columns have. No other row of the document may fit the question better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import regex

from index.documents import Span
from index.search import Snapshot, Term
from index.text import (
    PATH_SEPARATOR,
    TableCell,
    cells,
    is_period,
    is_quantity,
    is_row,
    table_cells,
    tables,
    words_outside_columns,
)
from rag.figures.reporting_periods import Periods, periods_of, without_periods
from rag.finding.cells.kinds import (
    asked_kinds,
    excludes_kind,
    kinds_of,
    names_change,
    without_kinds,
    words_for_kinds,
)
from rag.finding.citations import DocumentTexts
from rag.finding.copies import CitedSentence
from rag.finding.matching import contains_term, content_terms, content_words, names_label, words_of
from rag.questions import Form, Question

NAMED = 0.5
"""A question names a row if it has at least this share of the words of its label, weighted by rarity, and a
column if it has more than this share of the words of its heading."""

MISSING = 0.4
"""A cell can be meant only if the names of the cell, its table and its document (:func:`_is_covered`) lack at
most one of the question's words, or at most this share of them. Periods are compared apart, so their words do
not count."""

_NOTES = regex.compile(r"\((?:\p{N}{1,2}|\p{Ll})\)|[¹²³⁰⁴-⁹]+")
"""The marks of footnotes in a row's label."""

_VARIANT = regex.compile(r"\b(?:includ|exclud|before|after|without|except|net of)", regex.IGNORECASE)
"""Begins what a row counts in or leaves out: *Total equity including non-controlling interests*."""

_PLURAL = regex.compile(r"(?<=\p{N})s\b")
"""The ending of *F-35s*."""

YEAR = regex.compile(r"(?<![\p{L}\p{N}.,$€£¥])(?:19|20)\d\d(?![\p{N}%]|[.,]\p{N})")
"""Matches a year in a question or a heading."""

_NEGATED = regex.compile(r"(?<!\p{L})non[-\s](\p{L}+)", regex.IGNORECASE)
_WORD = regex.compile(r"\p{L}+")

_NUMERAL = regex.compile(r"\p{N}(?:[\p{N}.,]*\p{N})?")


@dataclass(frozen=True, slots=True)
class CellChoice:
    """Chooses the cells that a question means in the table rows that an answer cites.

    Attributes:
        index: the library, for the rarity of words.
        question: the question in its standalone form.
        document_texts: provides the texts of documents.
    """

    index: Snapshot
    question: Question
    document_texts: DocumentTexts

    def cell(self, cited: CitedSentence, sentence: str, *, is_sure: bool = False) -> TableCell | None:
        """Return the cell of a cited row that the question means.

        Return None if that is unclear, or if the cited sentence is not a row.

        Args:
            cited: the cited sentence of a document.
            sentence: the sentence of the answer that cites it.
            is_sure: whether the reader is sure of the row (:data:`SURE`).
        """
        row = self.row(cited)
        if row is None:
            return None
        return choose_cell(self.index, self.question, row, sentence, is_sure=is_sure)

    def row(self, cited: CitedSentence) -> Row | None:
        """Return the cited row of a table; None if the cited sentence is not a row."""
        header = cited.sentence.header
        if header is None or not is_row(cited.sentence.text):
            return None
        text = self.document_texts.text(cited.record).text
        return Row(text, cited.record.language, header, cited.sentence.span, cited.record.title)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, in a document's text.

    Attributes:
        text: the document's canonical text.
        language: the document's language.
        header: the span of the caption and headings of its table.
        span: the span of the row.
        title: the document's title.
    """

    text: str
    language: str
    header: Span
    span: Span
    title: str = ""

    def names_of(self, *row_cells: TableCell) -> str:
        """Return the labels of cells of this table, the table's headings and the document's title."""
        labels = [name for cell in row_cells for name in (cell.row, cell.column)]
        return "\n".join([*labels, self.header.of(self.text), self.title])


def choose_cell(
    index: Snapshot,
    question: Question,
    row: Row,
    sentence: str,
    *,
    of_pair: bool = False,
    is_sure: bool = False,
) -> TableCell | None:
    """Return the cell of a row that a question means; None if that is unclear.

    Only cells whose value ``sentence`` states can be meant.

    Args:
        index: the library, for the rarity of words.
        question: the question.
        row: the row that the sentence cites.
        sentence: a sentence of the answer: the row itself, or a sentence about it.
        of_pair: whether the cell is one of two that are compared. If not, a question about a change means
            only a cell that states a change.
        is_sure: whether the reader is sure of the row, so that the question may name it in other words.
    """
    every = cells_of(index, question, row, is_sure=is_sure)
    found = [cell for cell in every if _is_value(cell.value)]
    stated = [cell for cell in found if _states(sentence, cell.value)]
    stated = [cell for cell in stated if not _is_negated(question, row, cell)]
    if not of_pair:
        stated = [cell for cell in stated if not excludes_kind(question.text, cell, _caption(row))]
    fitting = fitting_cells(_asked_periods(question, row), row, stated)
    best = _best_cell(index, question, row, found, fitting)
    if best is None or not is_quantity(best.value):
        return None
    if not of_pair and _is_variant(question, row, best):
        return None
    is_clear = (is_sure and _is_asked_whole(question, row, best)) or _is_covered(question, row, best)
    is_meant = of_pair or (is_clear and not _means_another(index, question, row, best))
    return best if is_meant else None


def cells_of(index: Snapshot, question: Question, row: Row, *, is_sure: bool = False) -> list[TableCell]:
    """Return the cells of a row; none if the question does not name the row, or may mean another table."""
    every = table_cells(row.text, row.header, row.span)
    is_row_meant = bool(every) and (is_sure or _is_named(index, question, row))
    return every if is_row_meant and not _names_another(index, question, row, every) else []


def _is_value(words: str) -> bool:
    """Return whether a cell's words are a value: a quantity, or only a sign such as a dash in its place."""
    return is_quantity(words) or not any(map(str.isalnum, words))


def _label(line: str) -> str:
    return _NOTES.sub("", cells(line)[0]).strip()


def _is_named(index: Snapshot, question: Question, row: Row) -> bool:
    """Return whether the question has every figure of the row's label, and enough of the label's words.

    If the question lacks words of the label, the words that are also in the table's caption do not count:
    *revenue* alone does not mean *total revenue* in a table of revenue by product.
    """
    label = _label(row.span.of(row.text))
    figures = set(_NUMERAL.findall(label))
    if not figures <= set(_NUMERAL.findall(question.text)):
        return False
    words = frozenset(term for term in words_of(label, row.language) if not term[1].isdecimal())
    asked = words_of(question.text, row.language)
    lacking = {term for term in words if not contains_term(asked, term)}
    rarity = index.idf(list(words - words_of(_caption(row), row.language) if lacking else words))
    named = sum(weight for term, weight in rarity.items() if term not in lacking)
    return named >= NAMED * sum(rarity.values()) if rarity else bool(words or figures) and not lacking


def _is_covered(question: Question, row: Row, cell: TableCell) -> bool:
    """Return whether the names of a cell, its table and its document have enough words of the question."""
    name_terms = words_of(row.names_of(cell), row.language)
    if asked_kinds(question.text) <= kinds_of(cell, _caption(row)):
        name_terms |= words_of(words_for_kinds(question.text), row.language)
    things = _PLURAL.sub("", without_periods(question.text, row.language))
    asked = content_words(things, row.language)
    missing = {term for term in asked if not contains_term(name_terms, term)}
    return len(missing) <= max(1, MISSING * len(set(asked)))


def _is_asked_whole(question: Question, row: Row, cell: TableCell) -> bool:
    """Return whether the headings above a cell are periods, or have no word that the question lacks."""
    asked = words_of(question.text, row.language)
    return all(
        is_period(heading) or all(contains_term(asked, term) for term in content_words(heading, row.language))
        for heading in cell.column.split(PATH_SEPARATOR)
    )


def _is_variant(question: Question, row: Row, cell: TableCell) -> bool:
    """Return whether a row counts in or leaves out something, and the question does not say so."""
    return row.language == "en" and not {word.lower() for word in _VARIANT.findall(_own_label(cell.row))} <= {
        word.lower() for word in _VARIANT.findall(question.text)
    }


def rows_of(row: Row) -> list[list[TableCell]]:
    """Return the cells of each row in the table of ``row``."""
    lines = [
        line
        for table in tables(row.text)
        if table.header == row.header
        for line in table.lines
        if line.start >= row.header.end and is_row(line.of(row.text))
    ]
    return [found for line in lines if (found := table_cells(row.text, row.header, line))]


def _means_another(index: Snapshot, question: Question, row: Row, cell: TableCell) -> bool:
    """Return whether the question may mean another cell of the table, or a row of another table.

    - A cell fits better if the labels of its row and column have all words of the question that the labels of
      ``cell`` have, and more. This holds for an empty cell, too.
    - A row whose label has the same words of the question fits better if this label is shorter: a question
      for *total liabilities* does not mean *total current liabilities*. It fits as well if only the names of
      the groups differ: a question for *sales* does not tell those of 2018 from those of 2019.
    - A row of another table fits better if the question contains its whole label, and ``cell`` lacks a word
      of the label (:func:`_lacks_name`).
    """
    asked = content_terms(index, question, row.language)

    def asked_in(names: str) -> frozenset[Term]:
        own = words_of(names, row.language)
        return frozenset(term for term in asked if contains_term(own, term))

    def is_no_longer(name: str) -> bool:
        words = words_of(name, row.language)
        is_shorter = words < label and (label - words).isdisjoint(asked)
        return is_shorter or (
            name != cell.row and _own_label(name) == _own_label(cell.row) and not label < words
        )

    label, column = words_of(cell.row, row.language), asked_in(cell.column)
    own = asked_in(cell.row) | column
    table = [other for found in rows_of(row) for other in found]
    rows = {other.row: asked_in(other.row) for other in table}
    caption = _caption(row)
    same_kind = {other.column for other in table if not excludes_kind(question.text, other, caption)}
    columns = set(map(asked_in, same_kind))
    return (
        any(words | others > own for words in rows.values() for others in columns)
        or any(words | column >= own and is_no_longer(name) for name, words in rows.items())
        or (question.form is not Form.COMPARISON and _lacks_name(question, row, cell, frozenset(asked)))
    )


def _own_label(path: str) -> str:
    return path.rpartition(PATH_SEPARATOR)[2]


def _lacks_name(question: Question, row: Row, cell: TableCell, asked: frozenset[Term]) -> bool:
    """Return whether the question contains a row label of the document, and ``cell`` lacks a word of it.

    ``cell`` lacks a word if its labels, its table's headings and the document's title do not have it. The row
    label must begin with a capital, in the question too: the capital tells the name of a row, such as
    *Water*, from an ordinary word.
    """
    lacking = asked - words_of(row.names_of(cell), row.language)
    labels = {_label(line) for line in row.text.splitlines() if is_row(line)}
    return any(
        names_label(question.text, label) and not lacking.isdisjoint(words_of(label, row.language))
        for label in labels
    )


def _names_another(index: Snapshot, question: Question, row: Row, every: Sequence[TableCell]) -> bool:
    """Return whether a word of the question is in another cell of the row, but not in the row's label.

    The question may then mean another table: if two tables are side by side, each line is a row of both.
    """
    asked = [term for term in content_terms(index, question, row.language) if not term[1].isdecimal()]
    label = words_of(every[0].row, row.language)
    words = [words_of(cell.value, row.language) for cell in every if not is_quantity(cell.value)]
    return any(
        term in cell_terms and not contains_term(label, term) for cell_terms in words for term in asked
    )


def _states(sentence: str, value: str) -> bool:
    numeral = _NUMERAL.search(value)
    return numeral is None or numeral[0] in _NUMERAL.findall(sentence)


def fitting_cells(asked: Periods, row: Row, among: Sequence[TableCell]) -> list[TableCell]:
    """Return the cells that the periods of a question do not exclude (:meth:`Periods.excludes`).

    A question for a year, and no month or part of it, excludes the cells of a quarter or half.
    """
    caption = periods_of(_caption(row), row.language)
    columns = _column_periods(row)
    is_for_year = bool(asked.years) and not asked.months and not asked.lengths

    def fits(cell: TableCell) -> bool:
        column, label = columns[cell.span], periods_of(cell.row, row.language)
        lengths = column.lengths or label.lengths or caption.lengths
        is_part = bool(lengths) and "12 months" not in lengths
        return not (is_for_year and is_part) and not asked.excludes(column, label, caption)

    return list(filter(fits, among))


def _caption(row: Row) -> str:
    return words_outside_columns(row.header.of(row.text))


def _column_periods(row: Row) -> dict[Span, Periods]:
    """Return the periods that the headings above each cell of a row name, by the span of the cell.

    A column of changes, such as *% change*, compares the columns on its left. If its own heading names no
    length of a period, the column gets the length that the headings of those columns name.
    """
    periods: dict[Span, Periods] = {}
    lengths: frozenset[str] = frozenset()
    for cell in table_cells(row.text, row.header, row.span):
        named = periods_of(cell.column, row.language)
        if not named.lengths and names_change(cell.column):
            named = replace(named, lengths=lengths)
        lengths = named.lengths
        periods[cell.span] = named
    return periods


def _best_cell(
    index: Snapshot, question: Question, row: Row, found: Sequence[TableCell], fitting: Sequence[TableCell]
) -> TableCell | None:
    """Return the cell whose column the question means, if it means one column.

    The words of the row's label do not tell a column from another, nor do words that every column has. Of the
    rest of the question, the column must have something, and everything that any other column has. The
    question must also name the column: *votes* alone does not mean *broker non-votes*. If the row has a
    single value, a heading without a word of the question, such as *Amount*, is enough.

    Args:
        index: the library, for the rarity of words.
        question: the question.
        row: the row.
        found: all cells of the row that have a value.
        fitting: those that the question does not exclude.
    """
    headings = {cell.span: words_of(cell.column, row.language) for cell in found}
    label = words_of(found[0].row, row.language) if found else frozenset()
    asked = [term for term in content_terms(index, question, row.language) if not contains_term(label, term)]
    periods, columns = _asked_periods(question, row), _column_periods(row)
    kinds = asked_kinds(question.text)
    shared: dict[Span, frozenset[object]] = {}
    for cell in found:
        heading = frozenset[Term]() if _is_negated(question, row, cell) else headings[cell.span]
        words = frozenset(term for term in asked if contains_term(heading, term))
        shared[cell.span] = words | periods.shared(columns[cell.span]) | (kinds & kinds_of(cell))
    if len(found) == len(fitting) == 1 and not shared[found[0].span]:
        return found[0]
    common = frozenset[Term]() if len(found) < 2 else frozenset.intersection(*headings.values())
    everywhere = frozenset[object]() if len(found) < 2 else frozenset.intersection(*shared.values())
    meant = [
        cell
        for cell in fitting
        if shared[cell.span] > everywhere
        and all(shared[other.span] <= shared[cell.span] for other in fitting)
        and _is_column_named(index, question, row, cell, common)
    ]
    if len(meant) != 1:
        return None
    # If an amount and a percentage fit alike, neither is clear.
    alike = [other for other in fitting if shared[other.span] == shared[meant[0].span]]
    return meant[0] if all(kinds_of(meant[0]) <= kinds_of(other) for other in alike) else None


def _is_negated(question: Question, row: Row, cell: TableCell) -> bool:
    """Return whether only one of a question and a heading has *non* before a word: *votes*, *non-votes*."""
    return row.language == "en" and _negates(question.text, cell.column)


def _negates(question: str, heading: str) -> bool:
    """Return whether one of two texts has *non* before a word that the other has, and only, without it.

    *Non-GAAP operating margin* negates *GAAP operating margin*, and the reverse. A text with both does not.
    """
    asked_negated, has_negated = (
        frozenset(_NEGATED.findall(text.casefold())) for text in (question, heading)
    )
    asked, has = (
        frozenset(_WORD.findall(_NEGATED.sub(" ", text.casefold()))) for text in (question, heading)
    )
    return bool((has_negated - asked_negated - has) & asked or (asked_negated - has_negated - asked) & has)


def _is_column_named(
    index: Snapshot, question: Question, row: Row, cell: TableCell, common: frozenset[Term]
) -> bool:
    """Return whether the question has most of the words of the lowest heading above a cell.

    Periods are compared apart, so their words do not count. Nor do the words for the kind of value that the
    question asks for, and those that the headings of every column have (``common``).
    """
    heading = without_periods(cell.column.rpartition(PATH_SEPARATOR)[2], row.language)
    if is_period(heading):
        return True
    own = words_of(without_kinds(heading, asked_kinds(question.text) & kinds_of(cell)), row.language)
    rarity = index.idf([term for term in own - common if not term[1].isdecimal()])
    asked = words_of(question.text, row.language)
    named = sum(weight for term, weight in rarity.items() if contains_term(asked, term))
    return not rarity or named > NAMED * sum(rarity.values())


def _asked_periods(question: Question, row: Row) -> Periods:
    """Return the periods that a question names, with each year of a list, such as *2019, 2018 and 2017*."""
    periods = periods_of(question.text, row.language)
    return replace(periods, years=periods.years | frozenset(map(int, YEAR.findall(question.text))))
