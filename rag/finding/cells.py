"""Finds the cell of a cited row that a question means, or the two cells that it compares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

import regex

from index.documents import Span
from index.search import Snapshot, Term, terms
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
from rag.figures.dates import Periods, periods_of, without_periods
from rag.figures.numerals import COMMA_FOR_POINT
from rag.figures.quantities import quantities
from rag.finding.citations import CitedSentence, DocumentTexts
from rag.finding.matching import contains_term, content_terms, content_words, names_label, words_of
from rag.questions import Form, Question

ValueKind = Literal["change", "percentage", "average", "ratio", "sum"]

_CHANGE = r"grow|grew|ris[ei]|rose|increas|fall|fell(?! to \p{L})|drop|decreas|declin|chang|difference"
_ASKS_CHANGE = regex.compile(rf"\b(?:{_CHANGE})\w*", regex.IGNORECASE)
_NAMES_CHANGE = regex.compile(rf"\b(?:{_CHANGE}|inc\b|dec\b|growth|variance)", regex.IGNORECASE)
_CHANGE_WORDS = regex.compile(rf"{_NAMES_CHANGE.pattern}\w*", regex.IGNORECASE)
_ASKS_PERCENTAGE = regex.compile(
    r"(?<!\p{N}\s?)\bper ?cent(?:ages?)?\b(?!\spoints?\b)|\bgrowth rate|\b(?:by what share|proportion)\b",
    regex.IGNORECASE,
)
_ASKS_MONEY = regex.compile(
    r"\bhow much money\b|\b(?:in|how many) (?:\p{L}+ )?(?:dollars|euros|pounds)\b|\bdollar (?:amount|change)",
    regex.IGNORECASE,
)
# If a question has one, the names of the cell must have one, too.
_COMPUTED: Mapping[ValueKind, regex.Pattern[str]] = {
    "average": regex.compile(r"\b(?:averag|means?\b)", regex.IGNORECASE),
    "ratio": regex.compile(r"\bratios?\b", regex.IGNORECASE),
    "sum": regex.compile(r"\b(?:sums?|combined|cumulative)\b", regex.IGNORECASE),
}
_IS_PERCENTAGE = regex.compile(r"%|\bper ?cent(?:ages?)?", regex.IGNORECASE)
# All cells are percentages, unlike those of *in millions, except percentages*.
_ARE_PERCENTAGES = regex.compile(r"(?:^|\b(?:as an?|in)\s|\()(?:%|per ?cent)", regex.IGNORECASE)


def asks_percentage(question: str) -> bool:
    """A percentage that the question states itself does not count."""
    return _ASKS_PERCENTAGE.search(question) is not None


def asked_kinds(question: str) -> Set[ValueKind]:
    """*By what percentage did it grow?* asks for a *percentage* and for a *change*."""
    found = _computed(question)
    if _ASKS_CHANGE.search(question):
        found.add("change")
    return found | {"percentage"} if asks_percentage(question) else found


def words_for_kinds(question: str) -> str:
    return " ".join([*_ASKS_PERCENTAGE.findall(question), *_ASKS_CHANGE.findall(question)])


def without_kinds(heading: str, kinds: Set[ValueKind]) -> str:
    if "change" in kinds:
        heading = _CHANGE_WORDS.sub(" ", heading)
    return _IS_PERCENTAGE.sub(" ", heading) if "percentage" in kinds else heading


def kinds_of(cell: TableCell, caption: str = "") -> Set[ValueKind]:
    """``caption``: the words above all columns, such as *as a percentage of revenues*."""
    found = _computed(f"{cell.row}\n{cell.column}\n{caption}")
    if _NAMES_CHANGE.search(f"{cell.row} {cell.column}"):
        found.add("change")
    is_percentage = (
        _IS_PERCENTAGE.search(f"{cell.value} {cell.column} {cell.row}")
        or _ARE_PERCENTAGES.search(cell.unit)
        or _ARE_PERCENTAGES.search(caption)
    )
    return found | {"percentage"} if is_percentage else found


def _computed(words: str) -> set[ValueKind]:
    return {kind for kind, pattern in _COMPUTED.items() if pattern.search(words)}


def names_change(words: str) -> bool:
    return _NAMES_CHANGE.search(words) is not None


def excludes_kind(question: str, cell: TableCell, caption: str) -> bool:
    lacks = not asked_kinds(question) <= kinds_of(cell, caption)
    return lacks or (cell.unit == "%" and _ASKS_MONEY.search(question) is not None)


# A question has at least this share of the words of a row's label, or more of a column's, by rarity.
NAMED = 0.5
# At most one of the question's words, or this share, may be missing from a cell's names; no period counts.
MISSING = 0.4
_NOTES = regex.compile(r"\((?:\p{N}{1,2}|\p{Ll})\)|[¹²³⁰⁴-⁹]+")

# *Total equity including non-controlling interests*.
_VARIANT = regex.compile(r"\b(?:includ|exclud|before|after|without|except|net of)", regex.IGNORECASE)
_PLURAL = regex.compile(r"(?<=\p{N})s\b")

YEAR = regex.compile(r"(?<![\p{L}\p{N}.,$€£¥])(?:19|20)\d\d(?![\p{N}%]|[.,]\p{N})")

_NEGATED = regex.compile(r"(?<!\p{L})non[-\s](\p{L}+)", regex.IGNORECASE)
_WORD = regex.compile(r"\p{L}+")
_NUMERAL = regex.compile(r"\p{N}(?:[\p{N}.,]*\p{N})?")


@dataclass(frozen=True, slots=True)
class CellChoice:
    index: Snapshot
    question: Question
    document_texts: DocumentTexts

    def cell(self, cited: CitedSentence, sentence: str, *, is_sure: bool = False) -> TableCell | None:
        """Return None if it is unclear which cell the question means, or if the citation is no row."""
        row = self.row(cited)
        if row is None:
            return None
        return choose_cell(self.index, self.question, row, sentence, is_sure=is_sure)

    def row(self, cited: CitedSentence) -> Row | None:
        header = cited.sentence.header
        if header is None or not is_row(cited.sentence.text):
            return None
        text = self.document_texts.text(cited.record).text
        return Row(text, cited.record.language, header, cited.sentence.span, cited.record.title)


@dataclass(frozen=True, slots=True)
class Row:
    """``header`` is the span of caption and headings, in the canonical text."""

    text: str
    language: str
    header: Span
    span: Span
    title: str = ""

    def names_of(self, *row_cells: TableCell) -> str:
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

    ``sentence`` must state its value; a change must be stated, unless the cell is one of a compared pair.
    """
    every = cells_of(index, question, row, is_sure=is_sure)
    # A value is a quantity, or only a sign such as a dash in its place.
    found = [cell for cell in every if is_quantity(cell.value) or not any(map(str.isalnum, cell.value))]
    stated = [cell for cell in found if _states(sentence, cell.value)]
    stated = [cell for cell in stated if not _negates(question.text, cell.column, row.language)]
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
    """Return no cell if the question does not name the row, or may mean another table."""
    every = table_cells(row.text, row.header, row.span)
    is_row_meant = bool(every) and (is_sure or _is_named(index, question, row))
    return every if is_row_meant and not _names_another(index, question, row, every) else []


def _label(line: str) -> str:
    return _NOTES.sub("", cells(line)[0]).strip()


def _is_named(index: Snapshot, question: Question, row: Row) -> bool:
    """Words of the caption do not count: *revenue* is not *total revenue* in a table of revenue."""
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
    name_terms = words_of(row.names_of(cell), row.language)
    if asked_kinds(question.text) <= kinds_of(cell, _caption(row)):
        name_terms |= words_of(words_for_kinds(question.text), row.language)
    things = _PLURAL.sub("", without_periods(question.text, row.language))
    asked = content_words(things, row.language)
    missing = {term for term in asked if not contains_term(name_terms, term)}
    return len(missing) <= max(1, MISSING * len(set(asked)))


def _is_asked_whole(question: Question, row: Row, cell: TableCell) -> bool:
    asked = words_of(question.text, row.language)
    return all(
        is_period(heading) or all(contains_term(asked, term) for term in content_words(heading, row.language))
        for heading in cell.column.split(PATH_SEPARATOR)
    )


def _is_variant(question: Question, row: Row, cell: TableCell) -> bool:
    return row.language == "en" and not {word.lower() for word in _VARIANT.findall(_own_label(cell.row))} <= {
        word.lower() for word in _VARIANT.findall(question.text)
    }


def rows_of(row: Row) -> list[list[TableCell]]:
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

    A cell whose labels have more of the question's words fits better, and so does a shorter label with the
    same ones: *total liabilities* is not *total current liabilities*. If only the names of groups differ,
    both fit. A row of another table fits if the question has its whole label (:func:`_lacks_name`).
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
    """A row's label with a capital, in the question, too: *Water* is a name, and *water* a word."""
    lacking = asked - words_of(row.names_of(cell), row.language)
    labels = {_label(line) for line in row.text.splitlines() if is_row(line)}
    return any(
        names_label(question.text, label) and not lacking.isdisjoint(words_of(label, row.language))
        for label in labels
    )


def _names_another(index: Snapshot, question: Question, row: Row, every: Sequence[TableCell]) -> bool:
    """If two tables are side by side, each line is a row of both."""
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
    """A question for a year, and no part of it, excludes the cells of a quarter or half."""
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
    """*% change* without a length of its own has that of the compared columns, on its left."""
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

    The column must have all that another has of the question, without words of the row or of every column.
    *Votes* is not *broker non-votes*. For a single value, the heading *Amount* is enough.
    """
    headings = {cell.span: words_of(cell.column, row.language) for cell in found}
    label = words_of(found[0].row, row.language) if found else frozenset()
    asked = [term for term in content_terms(index, question, row.language) if not contains_term(label, term)]
    periods, columns = _asked_periods(question, row), _column_periods(row)
    kinds = asked_kinds(question.text)
    shared: dict[Span, frozenset[object]] = {}
    for cell in found:
        is_negated = _negates(question.text, cell.column, row.language)
        heading = frozenset[Term]() if is_negated else headings[cell.span]
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


def _negates(question: str, heading: str, language: str) -> bool:
    """*Non-GAAP margin* and *GAAP margin* negate each other; a text with both does not."""
    asked_negated, has_negated = (
        frozenset(_NEGATED.findall(text.casefold())) for text in (question, heading)
    )
    asked, has = (
        frozenset(_WORD.findall(_NEGATED.sub(" ", text.casefold()))) for text in (question, heading)
    )
    negated = (has_negated - asked_negated - has) & asked or (asked_negated - has_negated - asked) & has
    return language == "en" and bool(negated)


def _is_column_named(
    index: Snapshot, question: Question, row: Row, cell: TableCell, common: frozenset[Term]
) -> bool:
    """Periods, the words for the kind of value, and those ``common`` to all columns do not count."""
    heading = without_periods(cell.column.rpartition(PATH_SEPARATOR)[2], row.language)
    if is_period(heading):
        return True
    own = words_of(without_kinds(heading, asked_kinds(question.text) & kinds_of(cell)), row.language)
    rarity = index.idf([term for term in own - common if not term[1].isdecimal()])
    asked = words_of(question.text, row.language)
    named = sum(weight for term, weight in rarity.items() if contains_term(asked, term))
    return not rarity or named > NAMED * sum(rarity.values())


def _asked_periods(question: Question, row: Row) -> Periods:
    periods = periods_of(question.text, row.language)
    return replace(periods, years=periods.years | frozenset(map(int, YEAR.findall(question.text))))


DecimalMark = Literal[".", ","]

MINUS = "−"

_PLAIN_NUMERAL = regex.compile(r"(?<![\p{L}\p{N}.,/-])\d[\d.,]*(?<=\d)(?![\p{L}\p{N}/-])")
_CURRENCY = r"(?:US|C|A)?[$€£¥₹]|\b(?:EUR|USD|GBP)\b"
_CELL = regex.compile(
    rf"(?P<currency>{_CURRENCY})?\s?(?P<negative>[(−–-])?\s?(?P<currency>{_CURRENCY})?\s?"
    rf"(?P<digits>\d[\d.,]*)\s?(?P<percent>%)?\s?(?P<closed>\))?\s?(?P<percent>%)?"
)


@dataclass(frozen=True, slots=True)
class CellNumber:
    """Negative in brackets; ``decimals`` counts digits, ``grouped``: separators group the thousands."""

    value: Decimal
    decimals: int
    currency: str
    percent: bool
    grouped: bool


def decimal_mark(table: str, language: str) -> DecimalMark | None:
    """``12.5`` decides, or else the language; None if it is in doubt."""
    numerals = _PLAIN_NUMERAL.findall(table)
    marks: tuple[DecimalMark, DecimalMark] = (".", ",")
    shown = [mark for mark in marks if any(_shows(numeral, mark) for numeral in numerals)]
    if shown:
        return shown[0] if len(shown) == 1 else None
    if language == "en":
        return "."
    return "," if language in COMMA_FOR_POINT else None


def cell_number(value: str, mark: DecimalMark | None) -> CellNumber | None:
    """None if there are other words, or if the mark may group thousands, like the point of ``3.933``."""
    match = _CELL.fullmatch(value.strip())
    if match is None or (match["negative"] == "(") is not bool(match["closed"]):
        return None
    digits = match["digits"]
    if mark is None and not digits.isdecimal():
        return None
    decimal, group = (".", ",") if mark != "," else (",", ".")
    whole, _, decimals = digits.partition(decimal)
    if not regex.fullmatch(rf"\d+|[1-9]\d{{0,2}}(?:\{group}\d{{3}})+", whole):
        return None
    # The mark may be a separator of thousands, as in 3.933.
    is_doubtful = len(decimals) == 3 and whole.isdecimal() and len(whole) <= 3 and whole[0] != "0"
    if decimal in digits and (is_doubtful or not decimals.isdecimal()):
        return None
    plain = whole.replace(group, "")
    number = Decimal(f"{plain}.{decimals}" if decimals else plain)
    signed = -number if match["negative"] else number
    currency = next(filter(None, match.captures("currency")), "")
    return CellNumber(signed, len(decimals), currency, bool(match.captures("percent")), group in whole)


def written(number: Decimal, decimals: int, mark: DecimalMark | None, *, grouped: bool) -> str:
    """The number has no sign; ``mark`` None is a point."""
    rounded = abs(number).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    words = f"{rounded:{',' if grouped else ''}f}"
    return words.translate(str.maketrans(".,", ",.")) if mark == "," else words


def _shows(numeral: str, mark: DecimalMark) -> bool:
    decimal, group = regex.escape(mark), regex.escape("," if mark == "." else ".")
    return bool(
        regex.fullmatch(
            rf"\d{{1,3}}(?:{group}\d{{3}})+{decimal}\d+|\d{{1,3}}(?:{group}\d{{3}}){{2,}}"
            rf"|\d+{decimal}(?:\d{{1,2}}|\d{{4,}})|(?:0|\d{{4,}}){decimal}\d{{3}}",
            numeral,
        )
    )


COVERED = 0.6

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
# For a cause, a time or a count, which two figures do not answer.
_OTHERWISE = regex.compile(
    r"^\W*(?:why|when|who)\b|\b(?:which|what) (?:\p{L}+ )?(?:years?|quarters?|months?|periods?)\b"
    r"|\bhow many (?:years|times|of)\b|\b(?:caus|reason|factor|driv|led\b|due\b|contribut|explain|attribut)",
    regex.IGNORECASE,
)
# They rule out a comparison, unless the table itself has them.
_DERIVED = regex.compile(
    r"\b(?:averages?|means?|sums?|totals?|combined|cumulative|ratios?|proportions?|shares?|cagr|compound"
    r"|per ?cent(?:age)? of|as a per ?cent(?:age)?|respectively|times)\b",
    regex.IGNORECASE,
)
_AGAINST = regex.compile(r"\b(?:between|than|compared|versus|vs|and|or)\b", regex.IGNORECASE)
# They say how things are compared, or for which period, but not which things.
_SHAPES = regex.compile(
    rf"\b(?:(?:{_CHANGES}|differ|compar|exceed|respect)\p{{L}}*|per ?cent\p{{L}}*|versus|vs|less|fewer"
    r"|amounts?|values?|figures?|(?:high|low|larg|small|great|bigg)er|between|years?|fiscal|ended|respective|absolute"
    r"|quarters?|half|months?|earlier|previous|prior|last|before|same|period|company"
    r"|first|second|third|fourth|[qh][1-4]|[1-4][qh]|(?:19|20)\d\d)\b",
    regex.IGNORECASE,
)
_DATES = regex.compile(
    r"\p{N}+|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\p{L}*|\b(?:as )?restated\b|[^\p{L}\p{N}]+",
    regex.IGNORECASE,
)
_LENGTHS = frozenset({"year", "month", "week", "quarter", "day"})


@dataclass(frozen=True, slots=True)
class CellPair:
    """First the later year, or the row named first. ``is_over_time``: they differ only in their years."""

    first: TableCell
    second: TableCell
    is_over_time: bool
    mark: DecimalMark | None
    language: str


def choose_pair(index: Snapshot, question: Question, rows: Sequence[Row]) -> CellPair | None:
    """In English only. The first of the cited rows has at least one of the cells; None if unclear."""
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
    return replace(question, text=_SHAPES.sub(" ", question.text))


def offset_of_name(question: str, cell: TableCell, other: TableCell, language: str) -> int | None:
    """By the words that tell this row from that of ``other``; None if it has none."""
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
    """Return None if there is a tie."""
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
    """The same label in another group rivals, unless the question has all words of the pair's names."""
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
    """The weight of the question's words in the name, minus that of the others."""
    name_terms = words_of(name, language)
    others = sum(not contains_term(frozenset(asked), term) for term in name_terms)
    return round(_weight_in(asked, name_terms), 6), -others


def _weight_in(asked: Mapping[Term, float], text_terms: frozenset[Term]) -> float:
    return sum(weight for term, weight in asked.items() if contains_term(text_terms, term))


def _without_dates(heading: str) -> str:
    return _DATES.sub(" ", heading).strip().lower()
