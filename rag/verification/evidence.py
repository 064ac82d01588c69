"""The input of the verification: the sentence to check, and its evidence, with the cells of cited rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import regex

from index.documents import UNKNOWN_LANGUAGE, Document, Section, Span
from index.records import DocumentRecord
from index.text import (
    PATH_SEPARATOR,
    PERCENT,
    TableCell,
    cells,
    currency_at,
    detect,
    is_row,
    scale_in,
    sentences,
    table_cells,
    unit_at,
    words_outside_columns,
)
from rag.figures.dates import Periods, periods_of, without_periods
from rag.figures.quantities import Quantity, quantities
from rag.finding.citations import DocumentTexts
from rag.finding.reading import ReadSentence


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that a sentence cites, with what a reader needs to understand them.

    ``context`` are headings or a lead-in, title and publisher: a sentence may take names from it, and units
    and years from the headings, but no figures. ``before`` tells whom *He* means. ``quote_matches``: the
    stored text, read again, is equal. Without ``cells``, a row's are read from the headings. ``around`` is
    the paragraph, or a row's table with its headings, and ``section`` the path of headings above: they tell
    what the quote speaks of, and are not cited.
    """

    quote: str
    context: str = ""
    language: str = "und"
    published: str | None = None
    quote_matches: bool = True
    before: str = ""
    cells: tuple[TableCell, ...] = ()
    around: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence to check, and all that it cites."""

    text: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """If its language is uncertain, it is that of its evidence."""

    text: str
    language: str


_BEFORE_CHARACTERS = 400


def evidence_of(record: DocumentRecord, sentence: ReadSentence, document_texts: DocumentTexts) -> Evidence:
    document = document_texts.text(record)
    quote = sentence.span.of(document.text)
    found = evidence_at(record, document, sentence.span, quote, sentence.headings or sentence.lead_in)
    if sentence.header is None:
        return replace(found, quote_matches=quote == sentence.text)
    return replace(
        found,
        quote_matches=quote == sentence.text,
        cells=tuple(table_cells(document.text, sentence.header, sentence.span)),
        around=_table_around(document.text, sentence.header, sentence.span),
    )


def evidence_at(
    record: DocumentRecord, document: Document, span: Span, quote: str, headings: str | None
) -> Evidence:
    """``quote`` are the span's words, or their visible form; ``headings`` a table's, or a list's lead-in."""
    context = [headings, record.title, record.publisher or record.author]
    near = document.text[max(span.start - _BEFORE_CHARACTERS, 0) : span.start]
    paragraph = near[near.rstrip(" \t").rfind("\n") + 1 :]
    before = sentences(paragraph, record.language)
    return Evidence(
        quote=quote,
        context="\n".join(filter(None, context)),
        language=record.language,
        published=record.published,
        before=before[-1].of(paragraph) if before else "",
        around=_paragraph_around(document.text, span),
        section=PATH_SEPARATOR.join(_headings_above(document, span.start)),
    )


_AROUND_CHARACTERS = 700  # on either side
_PARAGRAPH_ENDS = regex.compile(r"\n[ \t]*\n")


def _paragraph_around(text: str, span: Span) -> str:
    start = max(span.start - _AROUND_CHARACTERS, 0)
    before = list(_PARAGRAPH_ENDS.finditer(text, start, span.start))
    after = _PARAGRAPH_ENDS.search(text, span.end, span.end + _AROUND_CHARACTERS)
    begin = before[-1].end() if before else _next_space(text, start) if start else 0
    end = after.start() if after else text.rfind(" ", span.end, span.end + _AROUND_CHARACTERS)
    return text[begin : end if end >= span.end else len(text)].strip()


def _next_space(text: str, offset: int) -> int:
    """Half a word would be another word."""
    match = regex.search(r"\s", text, pos=offset)
    return match.end() if match else offset


def _table_around(text: str, header: Span, row: Span) -> str:
    """The headings, and the whole rows near this one."""
    start = max(row.start - _AROUND_CHARACTERS, header.end)
    first = start if start == header.end else text.find("\n", start) + 1
    last = text.rfind("\n", row.end, row.end + _AROUND_CHARACTERS)
    table_end = _PARAGRAPH_ENDS.search(text, row.end)
    ends = [last if last >= row.end else len(text), table_end.start() if table_end else len(text)]
    return f"{header.of(text)}\n{text[min(first, row.start) : min(ends)].strip()}"


def _headings_above(document: Document, offset: int) -> Iterator[str]:
    """From the highest one down to the nearest."""
    path: list[Section] = []
    for section in document.sections:
        if section.start > offset:
            break
        path = [*(above for above in path if above.level < section.level), section]
    yield from (section.title for section in path)


_VIETNAMESE = regex.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", regex.IGNORECASE)
_HAN = regex.compile(r"\p{Han}")
_LETTER = regex.compile(r"\p{L}")
_INDONESIAN = regex.compile(
    r"\b(?:yang|dan|di|pada|dengan|untuk|tidak|adalah|dari|orang|akan|telah|oleh|dalam|menurut|setiap|bagi"
    r"|lebih|atas)\b",
    regex.IGNORECASE,
)
_ENGLISH = regex.compile(
    r"\b(?:the|of|was|were|is|are|has|had|by|for|that|with|in|and|from)\b", regex.IGNORECASE
)
SURE_FROM = 80  # letters from which the language identifier is trusted more than the language of the evidence
_PRONOUN = regex.compile(
    r"^\W*(?:he|she|it|they|his|her|its|their|this|these|that|those|ông|bà|họ|anh|chị|nó|ia|dia|mereka|beliau"
    r"|他|她|它|他们|她们)\b",
    regex.IGNORECASE,
)
_GENERAL = regex.compile(
    r"^\W*(?:both|the (?:ministry|minister|company|group|agency|court|man|woman|official|president|mayor|two"
    r"|former|latter)|该)\b",
    regex.IGNORECASE,
)


@lru_cache(maxsize=4096)
def language_of(text: str, otherwise: str = UNKNOWN_LANGUAGE) -> str:
    """By script and letters, then function words and an identifier; ``otherwise`` if unclear."""
    letters = len(_LETTER.findall(text))
    han = len(_HAN.findall(text))
    if han * 3 > letters:
        return otherwise if otherwise == "ja" else "zh"
    if len(_VIETNAMESE.findall(text)) * 12 > letters:
        return "vi"
    if len(_INDONESIAN.findall(text)) >= 2:
        return "id"
    return _of_spaced(text, letters, otherwise)


def _of_spaced(text: str, letters: int, otherwise: str) -> str:
    if otherwise != "en" and _ENGLISH.search(text) and not _INDONESIAN.search(text):
        return "en"
    found = detect(text)
    if found in {"id", "ms", "jv", "tl"} and (otherwise == "id" or not _ENGLISH.search(text)):
        return "id"
    likely = otherwise if otherwise not in {UNKNOWN_LANGUAGE, "zh", "ja", "vi"} else "en"
    return likely if found == UNKNOWN_LANGUAGE or letters < SURE_FROM else found


def language_in(item: Evidence) -> str:
    return item.language if item.language != UNKNOWN_LANGUAGE else language_of(item.quote)


def referents(item: Evidence) -> str:
    """The context and, if a quote begins with a pronoun or *the ministry*, the sentence before."""
    is_open = _PRONOUN.match(item.quote) or _GENERAL.match(item.quote)
    return f"{item.context} {item.before if is_open else ''}".strip()


def begins_with_pronoun(sentence: str) -> bool:
    return _PRONOUN.match(sentence) is not None


def premise(evidence: Sequence[Evidence]) -> str:
    context = [text for item in evidence for text in (*item.context.splitlines(), item.before) if text]
    lines = [f"(Context: {text})" for text in dict.fromkeys(context)]
    return "\n".join([*lines, *dict.fromkeys(item.quote for item in evidence)])


_EXCEPTION = regex.compile(r"\b(?:except|unless|other than)\b", regex.IGNORECASE)
# Accounts write ``$ (531)`` or ``(4) %``.
_NEGATIVE = regex.compile(
    r"(?P<sign>\p{Sc}|[A-Z]{2,3})?\s?\(\s?(?P<value>[^()]*\p{N}[^()]*)\)\s?(?P<unit>%?)"
)
_CENTS = regex.compile(r"\p{N}[.,]\p{N}{2}(?!\p{N})")
_SIGN = regex.compile(r"^\p{Sc}\s")
_WORD = regex.compile(r"(?<![\p{L}\p{N}])(?=[\p{L}\p{Sc}%])")


@dataclass(frozen=True, slots=True)
class Cell:
    """A ``possible`` figure, whose unit the table leaves open, neither refutes nor confirms a sentence."""

    value: str
    figures: tuple[Quantity, ...]
    possible: tuple[Quantity, ...]
    column: str
    periods: Periods

    @property
    def is_in_brackets(self) -> bool:
        return _NEGATIVE.fullmatch(self.value) is not None

    @property
    def has_no_unit(self) -> bool:
        """Many tables have signs only in the first row."""
        return all(figure.unit is figure.currency is None for figure in self.figures)


@dataclass(frozen=True, slots=True)
class Row:
    """It lacks empty cells; ``periods`` are those of its label."""

    label: str
    cells: tuple[Cell, ...]
    periods: Periods
    caption: Periods


@lru_cache(maxsize=1024)
def row_of(item: Evidence) -> Row | None:
    """Return None if it is not a row, or has no headings of columns."""
    if not is_row(item.quote):
        return None
    lines = item.context.splitlines()
    # A title and a publisher may follow the headings.
    last = max((number for number, line in enumerate(lines, 1) if is_row(line)), default=0)
    headings = "\n".join(lines[:last])
    found = item.cells
    if headings and not found:
        text = f"{headings}\n{item.quote}"
        found = tuple(table_cells(text, Span(0, len(headings)), Span(len(headings) + 1, len(text))))
    if not found:
        return None
    language = language_in(item)
    label = cells(item.quote)[0]
    units = _units_in(without_periods(item.context, language))
    # Without the whole table, the names of the row's groups are unknown: *per share* may be one.
    is_excepted = not item.cells and _EXCEPTION.search(headings) is not None
    return Row(
        label,
        tuple(_cell(each, language, units, is_excepted) for each in found),
        periods_of(label, language),
        periods_of(words_outside_columns(headings), language),
    )


def with_units(quantity: Quantity, context: str, language: str) -> Iterator[Quantity]:
    scaled = _scaled(quantity, 1 if scale_in(quantity.written) > 1 else scale_in(context))
    if scaled != quantity:
        yield scaled
    if quantity.currency is None:
        yield from _with_each(scaled, _units_in(without_periods(context, language)))


def _cell(cell: TableCell, language: str, units: Sequence[_Unit], is_excepted: bool) -> Cell:
    column = cell.column.replace(PATH_SEPARATOR, " ")
    sure: list[Quantity] = []
    possible: list[Quantity] = []
    for raw in _raw(cell.value, language):
        if raw.currency is None and cell.unit == "%":
            sure.append(replace(raw, unit=raw.unit or PERCENT))
            continue
        scaled = _scaled(raw, cell.scale)
        if raw.currency is raw.unit is None and cell.currency:
            scaled = replace(scaled, currency=cell.currency)
        if scaled != raw:
            scaled = replace(scaled, written=f"{cell.value} ({_SIGN.sub('', cell.unit)})")
            is_share = is_excepted and _CENTS.search(cell.value) is not None
            is_doubtful = is_share or _EXCEPTION.search(cell.unit) is not None or raw.currency is None
            possible += [raw] if is_doubtful else []
        sure.append(scaled)
        if scaled.currency is scaled.unit is None:
            sure += _with_each(scaled, units)
    return Cell(cell.value, tuple(sure), tuple(possible), column, periods_of(column, language))


def _raw(value: str, language: str) -> Iterator[Quantity]:
    negative = _NEGATIVE.fullmatch(value)
    text = value
    if negative:
        text = f"-{negative['sign'] or ''}{negative['value'].strip()}{negative['unit']}"
    for quantity in quantities(text, language):
        yield replace(quantity, written=value if negative else quantity.written, noun=None)


def _scaled(quantity: Quantity, scale: int) -> Quantity:
    """A figure with a unit stays as it is."""
    if scale == 1 or quantity.unit is not None:
        return quantity
    return replace(quantity, low=quantity.low * scale, high=quantity.high * scale, step=quantity.step * scale)


@dataclass(frozen=True, slots=True)
class _Unit:
    unit: str | None
    currency: str | None


def _units_in(context: str) -> Sequence[_Unit]:
    found = []
    for match in _WORD.finditer(context):
        unit, currency = unit_at(context, match.start()), currency_at(context, match.start())
        if unit and len(context[match.start() : unit[1]]) > 1 - (unit[0] == PERCENT):
            found.append(_Unit(unit[0], None))
        if currency:
            found.append(_Unit(None, currency[0]))
    return found


def _with_each(quantity: Quantity, units: Sequence[_Unit]) -> Iterator[Quantity]:
    for each in units:
        yield replace(quantity, unit=each.unit, currency=each.currency)
