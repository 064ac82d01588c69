"""Chooses the cell of a cited row that a question means, or none if the question may mean several.

A wrong cell in bold is worse than none, so a column is chosen only if its headings fit the question clearly
better than those of every other column, and if no other row of the table fits the question better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import regex

from index.documents import Span
from index.search import Snapshot, Term
from index.text import TableCell, cells, is_quantity, is_row, table_cells, tables, words_outside_columns
from rag.figures.reporting_periods import Periods, periods_of
from rag.finding.cells.kinds import asked_kinds, excludes_kind, kinds_of, names_change, words_for_kinds
from rag.finding.citations import DocumentTexts
from rag.finding.copies import CitedSentence
from rag.finding.features import contains_term, content_terms, names_label, words_of
from rag.questions import Form, Question

CLEARLY = 0.75
"""The best column is clear if the second-best column has at most this share of the best one's score."""

NAMED = 0.5
"""A question names a row if it has at least this share of the words of its label, weighted by rarity."""

COVERED = 0.5
"""A cell can be meant only if the names of the cell, its table and its document (:func:`is_covered`) contain
at least this share of the question's words."""

_NOTES = regex.compile(r"\((?:\p{N}{1,2}|\p{Ll})\)|[¹²³⁰⁴-⁹]+")
"""The marks of footnotes in a row's label."""

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

    def cell(self, cited: CitedSentence, sentence: str) -> TableCell | None:
        """Return the cell of a cited row that the question means.

        Return None if that is unclear, or if the cited sentence is not a row.

        Args:
            cited: the cited sentence of a document.
            sentence: the sentence of the answer that cites it.
        """
        row = self.row(cited)
        return None if row is None else choose_cell(self.index, self.question, row, sentence)

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
    index: Snapshot, question: Question, row: Row, sentence: str, *, of_pair: bool = False
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
    """
    every = cells_of(index, question, row)
    found = [cell for cell in every if _is_value(cell.value)]
    stated = [cell for cell in found if _states(sentence, cell.value)]
    if not of_pair:
        stated = [cell for cell in stated if not excludes_kind(question.text, cell, _caption(row))]
    fitting = fitting_cells(periods_of(question.text, row.language), row, stated)
    best = fitting[0] if len(found) == len(fitting) == 1 else _best_cell(index, question, row, found, fitting)
    if best is None or not is_quantity(best.value) or not is_covered(index, question, row, best):
        return None
    return best if of_pair or not _means_another(index, question, row, best) else None


def cells_of(index: Snapshot, question: Question, row: Row) -> list[TableCell]:
    """Return the cells of a row; none if the question does not name the row, or may mean another table."""
    every = table_cells(row.text, row.header, row.span)
    if not every or not _is_named(index, question, row) or _names_another(index, question, row, every):
        return []
    return every


def _is_value(words: str) -> bool:
    """Return whether a cell's words are a value: a quantity, or only a sign such as a dash in its place."""
    return is_quantity(words) or not any(map(str.isalnum, words))


def _is_named(index: Snapshot, question: Question, row: Row) -> bool:
    """Return whether the question has every figure of the row's label, and enough of the label's words."""
    label = _NOTES.sub("", cells(row.span.of(row.text))[0])
    figures = set(_NUMERAL.findall(label))
    if not figures <= set(_NUMERAL.findall(question.text)):
        return False
    rarity = index.idf([term for term in words_of(label, row.language) if not term[1].isdecimal()])
    asked = words_of(question.text, row.language)
    asked_weight = sum(weight for term, weight in rarity.items() if contains_term(asked, term))
    return asked_weight >= NAMED * sum(rarity.values()) if rarity else bool(figures)


def is_covered(index: Snapshot, question: Question, row: Row, cell: TableCell) -> bool:
    """Return whether a cell's labels, table headings and document title have enough words of the question."""
    name_terms = words_of(row.names_of(cell), row.language)
    if len(asked_kinds(question.text) & kinds_of(cell, _caption(row))) > 1:
        name_terms |= words_of(words_for_kinds(question.text), row.language)
    asked = content_terms(index, question, row.language)
    return sum(contains_term(name_terms, term) for term in asked) >= COVERED * len(asked)


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
    """Return whether another cell of the table, or a row of another table, fits the question better.

    - A cell fits better if the labels of its row and column have all words of the question that the labels of
      ``cell`` have, and more. This holds for an empty cell, too.
    - A row whose label has the same words of the question fits better if this label is shorter: a question
      for *total liabilities* does not mean *total current liabilities*.
    - A row of another table fits better if the question contains its whole label, and ``cell`` lacks a word
      of the label (:func:`_lacks_name`).
    """
    asked = content_terms(index, question, row.language)

    def asked_in(names: str) -> frozenset[Term]:
        own = words_of(names, row.language)
        return frozenset(term for term in asked if contains_term(own, term))

    def is_shorter(name: str) -> bool:
        short = words_of(name, row.language)
        return short < label and (label - short).isdisjoint(asked)

    label, column = words_of(cell.row, row.language), asked_in(cell.column)
    own = asked_in(cell.row) | column
    table = [other for found in rows_of(row) for other in found]
    rows = {other.row: asked_in(other.row) for other in table}
    caption = _caption(row)
    same_kind = {other.column for other in table if not excludes_kind(question.text, other, caption)}
    columns = set(map(asked_in, same_kind))
    return (
        any(words | others > own for words in rows.values() for others in columns)
        or any(words | column >= own and is_shorter(name) for name, words in rows.items())
        or (question.form is not Form.COMPARISON and _lacks_name(question, row, cell, frozenset(asked)))
    )


def _lacks_name(question: Question, row: Row, cell: TableCell, asked: frozenset[Term]) -> bool:
    """Return whether the question contains a row label of the document, and ``cell`` lacks a word of it.

    ``cell`` lacks a word if its labels, its table's headings and the document's title do not have it. The row
    label must begin with a capital, in the question too: the capital tells the name of a row, such as
    *Water*, from an ordinary word.
    """
    lacking = asked - words_of(row.names_of(cell), row.language)
    labels = {_NOTES.sub("", cells(line)[0]) for line in row.text.splitlines() if is_row(line)}
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
    """Return the cells that the periods of a question do not exclude (:meth:`Periods.excludes`)."""
    caption = periods_of(_caption(row), row.language)
    columns = _column_periods(row)
    return [
        cell
        for cell in among
        if not asked.excludes(columns[cell.span], periods_of(cell.row, row.language), caption)
    ]


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
    """Return the cell whose column fits the question clearly better than all other columns, or None.

    Words that name the row, or that occur in the headings of every column, do not count. If several
    columns fit about equally well, one of them is still clear if the headings of the others have all words of
    its heading, and more: *Change*, and not *Change at constant currency*.
    """
    weights = content_terms(index, question, row.language)
    label = words_of(found[0].row, row.language) if found else frozenset()
    asked = {term: weight for term, weight in weights.items() if not contains_term(label, term)}
    periods = periods_of(question.text, row.language)
    greatest = max(weights.values(), default=0.0)
    kinds = asked_kinds(question.text)
    columns = _column_periods(row)
    weights_by_cell: list[dict[object, float]] = []
    for cell in found:
        column = words_of(cell.column, row.language)
        own_weights: dict[object, float] = {
            term: asked[term] for term in asked if contains_term(column, term)
        }
        shared = periods.shared(columns[cell.span]) | (kinds & kinds_of(cell))
        weights_by_cell.append(own_weights | dict.fromkeys(shared, greatest))
    everywhere = set.intersection(*map(set, weights_by_cell)) if weights_by_cell else set()
    scores = {
        cell.span: sum(weight for name, weight in own_weights.items() if name not in everywhere)
        for cell, own_weights in zip(found, weights_by_cell, strict=True)
    }
    ranked = sorted(fitting, key=lambda cell: -scores[cell.span])
    if not ranked or scores[ranked[0].span] <= 0:
        return None
    rivals = [cell for cell in ranked if scores[cell.span] > CLEARLY * scores[ranked[0].span]]
    shortest = min(rivals, key=lambda cell: (-scores[cell.span], len(cell.column)))
    short = words_of(shortest.column, row.language)
    others = [words_of(cell.column, row.language) for cell in rivals if cell is not shortest]
    return shortest if all(short < other for other in others) else None
