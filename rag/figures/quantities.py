"""Recognition of quantities in a text: value, unit, counted things, and precision.

Dates are not quantities (:mod:`rag.figures.dates`), and neither is a number such as the 3 in *table 3*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal

import regex

from index.documents import Span
from rag.figures.dates import dates
from rag.figures.number_words import ORDINALS
from rag.figures.numerals import Number, hundredths, numbers, value_of
from rag.figures.units import PERCENT, POINTS, currency_at, currency_before, period_at, unit_at
from rag.word_parsing import word_set

_STOPS = word_set("""
a about adalah after akan already also among an and are arrested as at be because been before being
between but by bị came can cho could các của dalam dan dari dengan di did died ditangkap do does during
each every fell fewer for from grew had has have he her his i if in ini injured into is it its itu just
karena ke ketika khi không killed left less là made may might more must mà nhưng những no not này of
oleh on only onto or our over pada para per rose saat said says sedang serta shall she should since so
still sudah sẽ telah than that the their then theo these they this those tidak to took trong tại tới từ
under until untuk và vào về với was we went were when where which while who whom will with would yang
your đang đã đó được đến để ở
lower higher below above larger smaller longer shorter older younger later earlier ago up down
""")
_SKIPPED = word_set("""
additional all các của dari its lainnya more những of other para the their these those
""")
_WORD = regex.compile(r"\s*(?P<word>[\p{L}\p{M}][\p{L}\p{M}’'-]*)")
_HAN_NOUN = regex.compile(
    r"([多余]?(?:[名人个家座次栋辆条件起位户艘架套项所头间份批处支张幅只层]|以上|左右)?)(\p{Han}{1,6})?"
)
_NUMBER_OF = regex.compile(
    r"\b(?:number|total|share|proportion"
    r"|count) of (?P<noun>(?:[\p{L}’'-]+\s){0,3}?[\p{L}’'-]+)\s(?:\p{L}+\s){1,3}?$"
    r"|(?P<label>[\p{L}’'() -]{2,40})(?::\s?|：)$"
    r"|\b(?:jumlah|số lượng|số) (?P<other>[\p{L}’'-]+(?:\s[\p{L}’'-]+)?)\s(?:\p{L}+\s){1,3}?$",
    regex.IGNORECASE,
)
MOST_WORDS = 5


def noun_after(text: str, offset: int, language: str) -> str | None:
    """Return the words after ``offset`` that name the counted things, as written, or None."""
    if language in {"zh", "ja"}:
        found = _HAN_NOUN.match(text, offset)
        classifier, noun = found.groups("") if found else ("", "")
        return noun or ("人" if "人" in classifier else None)
    words: list[Span] = []
    while len(words) < MOST_WORDS and (match := _WORD.match(text, offset)):
        offset = match.end()
        if match["word"].lower() in _SKIPPED and not words:
            continue
        if match["word"].lower() in _STOPS:
            break
        words.append(Span(*match.span("word")))
    return text[words[0].start : words[-1].end] if words else None


def noun_before(text: str, offset: int, language: str) -> str | None:
    """Return the counted things X from the words before a figure, as in *the number of X rose to* or *X:*.

    Args:
        text: the text.
        offset: the offset of the figure.
        language: ISO 639-1; for Chinese and Japanese the result is always None.

    Returns:
        The words as written; None if no such phrase precedes the figure.
    """
    if language in {"zh", "ja"}:
        return None
    match = _NUMBER_OF.search(text[max(0, offset - 80) : offset])
    return next(group.strip() for group in match.groups() if group) if match else None


Comparator = Literal["exactly", "about", "nearly", "over", "under", "at least", "at most"]

_BEFORE: Mapping[Comparator, str] = {
    "at least": "at least|no fewer than|no less than|not less than|not fewer than|a minimum of|minimum of"
                "|as little as|starting at|ít nhất|tối thiểu|không dưới|không ít hơn|setidaknya|sedikitnya"
                "|paling sedikit|minimal|sekurang-kurangnya|tidak kurang dari|至少|最少|不少于|不低于"
                "|mindestens|au moins|al menos|pelo menos",
    "at most": "at most|no more than|not more than|not over|not above|up to|as many as|as much as"
               "|a maximum of"
               "|maximum of|capped at|tối đa|không quá|nhiều nhất|không hơn|paling banyak|maksimal|maksimum"
               "|tidak lebih dari|至多|最多|不超过|不多于|不高于|höchstens|au plus|como máximo|no máximo",
    "over": "just over|more than|over|above|exceeding|exceeds|exceeded|upwards of|well over|greater than"
            "|surpassing|surpassed|topped|older than|longer than|heavier than|larger than"
            "|higher than|hơn|trên|vượt quá|vượt|nhiều hơn|lebih dari|di atas|melebihi"
            "|melampaui|超过|逾|多于|高于|超|上|mehr als|über|plus de|más de|mais de",
    "under": "less than|fewer than|under|below|lower than|smaller than|younger than|shorter than"
             "|lighter than|dưới|ít hơn|chưa đến|chưa đầy|chưa tới"
             "|kurang dari|di bawah|不到|少于|低于|不足|不满|weniger als|unter|moins de|menos de",
    "nearly": "nearly|almost|close to|just under|just below|approaching|just short of|nearing|gần|suýt"
              "|hampir|nyaris|mendekati|近|将近|接近|fast|presque|casi|quase",
    "about": "about|around|roughly|approximately|approx\\.?|some|circa|ca\\.?|an estimated|estimated at"
             "|estimated|nearly about|~|khoảng|chừng|xấp xỉ|ước tính|sekitar|kira-kira|kurang lebih"
             "|diperkirakan|约为|大约|大概|约|左右|估计|etwa|rund|ungefähr|environ|unos|unas|cerca de",
}  # fmt: skip

_AFTER: Mapping[Comparator, str] = {
    "at least": "or more|or above|at least|at the least|and over|and above|or older|trở lên|atau lebih"
                "|ke atas"
                "|及以上|以上|\\+",
    "at most": "or less|or fewer|or under|at most|at the most|or below|trở xuống|atau kurang|ke bawah"
    "|及以下|以下"
               "|以内",
    "over": "plus\\b(?! de)|and more|lebih\\b|多|余",
    "about": "or so|左右|上下|-odd",
}  # fmt: skip

_GLUE = r"(?:\s|a total of|the age of|the|of|một|tổng cộng|total|có|到|达|是|到达|về)*"


def _any_of(forms: Mapping[Comparator, str]) -> str:
    """Return a pattern of all ``forms``, with a group for each comparator. The longest form wins."""
    groups = "|".join(f"(?P<{name.replace(' ', '_')}>{each})" for name, each in forms.items())
    return f"(?p)(?:{groups})"


@cache
def _before() -> regex.Pattern[str]:
    return regex.compile(
        rf"(?<![\p{{L}}--[\p{{Han}}]]){_any_of(_BEFORE)}(?={_GLUE}$)", regex.IGNORECASE | regex.V1
    )


@cache
def _han_before() -> regex.Pattern[str]:
    """Return a pattern for a Chinese comparator before a verb: 最多 (*at most*) in 最多可载240名."""
    longer = {name: "|".join(form for form in forms.split("|") if regex.fullmatch(r"\p{Han}{2,}", form))
              for name, forms in _BEFORE.items()}  # fmt: skip
    return regex.compile(rf"{_any_of(longer)}(?=\p{{Han}}{{0,3}}$)")


_FAR = 40
"""The words that qualify a figure are sought in this many characters before it."""


@cache
def _after() -> regex.Pattern[str]:
    return regex.compile(rf"[\s,]?(?:\p{{L}}+ (?=or ))?{_any_of(_AFTER)}", regex.IGNORECASE | regex.V1)


def _of(match: regex.Match[str]) -> Comparator:
    group = str(match.lastgroup).replace("_", " ")
    return next(name for name in _BEFORE if name == group)


def _comparator_before(text: str, start: int) -> regex.Match[str] | None:
    """Return the match of the qualifier before a figure, in the last ``_FAR`` characters before it."""
    # Of overlapping comparators, the first is the longest: "no more than" begins before "more than".
    first = max(0, start - _FAR)
    return _before().search(text, first, start) or _han_before().search(text, first, start)


def comparator_of(text: str, start: int, end: int) -> Comparator:
    """Return the qualifier beside the figure ``text[start:end]``, such as *at most*, or else *exactly*."""
    before = _comparator_before(text, start)
    if before:
        return _of(before)
    after = _after().match(text, end)
    return _of(after) if after else "exactly"


def with_comparator(text: str, span: Span) -> Span:
    """Return the span of a figure together with words that qualify it: *at most* in *at most 40*."""
    before = _comparator_before(text, span.start)
    if before:
        return Span(before.start(), span.end)
    after = _after().match(text, span.end)
    return Span(span.start, after.end()) if after else span


ORDINAL = "in order"
"""The unit of *third* and *21st*."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity as a text states it.

    Attributes:
        low: its value; for a range (*17 to 20*) or a vague number (*dozens*), the smallest.
        high: the same as ``low``; for a range or a vague number, the largest.
        step: the value of one unit in the last written digit: 100,000 for 9.9 million. It bounds the error of
            rounding.
        unit: the name of its unit (*kilometre*, *percent*, *litre/day*); None without a unit.
        currency: the ISO 4217 code of its currency, or ``dollar`` for a dollar of an unknown country; None if
            it is not an amount of money.
        noun: the counted or measured things, as written; None if the text beside the figure names none.
        comparator: how the text qualifies the figure; *exactly* if it does not.
        span: its span in the text, including the unit or currency.
        written: the words of the span.
        vague: whether the figure is a word for an approximate number (*dozens*).
    """

    low: Decimal
    high: Decimal
    step: Decimal
    unit: str | None
    currency: str | None
    noun: str | None
    comparator: Comparator
    span: Span
    written: str
    vague: bool = False

    @property
    def is_range(self) -> bool:
        """Return whether the text states a range, such as *17 to 20*."""
        return self.low != self.high and not self.vague


_BETWEEN_BEFORE = regex.compile(r"(?i)\b(?:between|giữa|antara)\s$")


def qualified(text: str, quantity: Quantity) -> str:
    """Return a quantity of ``text`` with the words before it that qualify it: *more than 100*.

    Each run of white space becomes one space.
    """
    span = quantity.span
    between = _BETWEEN_BEFORE.search(text, 0, span.start) if quantity.is_range else None
    start = between.start() if between else with_comparator(text, span).start
    return " ".join(text[start : span.end].split())


_RANGE = {
    "en": r"\s?(?:-|–|—|to|and)\s?", "vi": r"\s?(?:-|–|—|đến|tới|và)\s?",
    "id": r"\s?(?:-|–|—|hingga|sampai|dan)\s?", "zh": r"\s?(?:-|–|—|~|至|到)\s?",
}  # fmt: skip
_AND = {"and", "và", "dan"}
_BETWEEN = regex.compile(r"(?:between|từ|giữa|antara)\s?\p{Sc}?$", regex.IGNORECASE)
_CHANGE = regex.compile(
    r"(?:from|dari|(?:tăng|giảm|lên|xuống)[^.]{0,15}từ|从|由)\s?\p{Sc}?$", regex.IGNORECASE
)
_SHARE = regex.compile(
    r"(?P<part>\p{L}+|\p{N}+) (?:in|out of|of every) (?:every )?(?P<whole>\p{L}+|\p{N}+)\b"
)
_ORDINAL = regex.compile(
    rf"\b(?:(?P<digits>\p{{N}}+)(?:st|nd|rd|th)|(?<!\b(?:an?|one|two|three|four"
    rf"|nine)[\s-])(?P<word>{'|'.join(ORDINALS)}))\b(?!\s(?:of all|half|quarters?))"
    r"|第(?P<han>[一二三四五六七八九十]|\p{N}+)(?=[个次名位届])"
    r"|\bthứ (?P<vi>hai|ba|tư|năm|sáu|bảy|\p{N}+)(?! \p{N})"
    r"|\b(?P<id>kedua|ketiga|keempat|kelima|keenam|pertama)\b|\bke-(?P<idn>\p{N}+)",
    regex.IGNORECASE,
)
_NAMED_ORDINALS = {
    "hai": 2, "ba": 3, "tư": 4, "năm": 5, "sáu": 6, "bảy": 7, "pertama": 1, "kedua": 2, "ketiga": 3,
    "keempat": 4, "kelima": 5, "keenam": 6,
    **{mark: number for number, mark in enumerate("一二三四五六七八九十", 1)},
}  # fmt: skip
_LABEL = regex.compile(
    r"(?:\b(?:section|chapter|table|figure|article|page|no\.|number|annex|step|route|highway|flight)\s"
    r"|[A-Z]-?"
    r"|COVID-|#)$",
    regex.IGNORECASE,
)
_MONEY = regex.compile(r"(?<!\p{L})(?:Rp|RM|US|USD|IDR|VND|EUR|GBP|CNY|RMB)\.?$", regex.IGNORECASE)
_MINUS = regex.compile(r"(?:^|[\s(|:])[-−–]$")
_LENGTH = regex.compile(
    r"\b(?P<half>half )?(?:an?|one) (?P<unit>fortnight|decade|century|year|month|week|day|hour)"
    r"(?P<more> and a half)?\b(?! (?:earlier|before|ago|later|on|old)\b)",
    regex.IGNORECASE,
)
_LENGTHS = {"fortnight": ("day", 14), "decade": ("year", 10), "century": ("year", 100)}
_AGE = regex.compile(r"\b(?:aged?|ages|age of|berusia|usia)\s$", regex.IGNORECASE)
_ONE = frozenset({"one", "một", "satu", "un", "uno", "um", "eins"})
_ONE_AFTER = regex.compile(
    r"\s(?:of|another|who|that|which|day|side|thing|way|hand|or|số|trong|cách|sama|lain|per|by)\b"
)
_ONE_BEFORE = regex.compile(
    r"\b(?:no|any|each|every|this|that|the|the only|nobody|salah|là|such|which|another|as|for)\s$",
    regex.IGNORECASE,
)


@lru_cache(maxsize=4096)
def quantities(text: str, language: str) -> tuple[Quantity, ...]:
    """Return the quantities in ``text``, in order.

    Args:
        text: a sentence, a quote, or a row of a table.
        language: ISO 639-1. Number words are read in English, Chinese, Vietnamese and Indonesian; in other
            languages only digits, and scales such as *Millionen* after digits. An unknown language is read
            like English.
    """
    taken = [found.span for found in dates(text, language) if not found.may_be_count]
    plain = [number for number in numbers(text, language) if _is_quantity(number, text, taken)]
    others = [*_ordinals(text), *(_lengths(text) if language == "en" else ())]
    others = [each for each in others if not any(map(each.span.overlaps, taken))]
    found = [
        _quantity(number, text, language)
        for number in plain
        if not any(number.span.overlaps(other.span) for other in others)
    ]
    merged = _shares(_ranges(found, text, language), text)
    return tuple(sorted([*merged, *others], key=lambda each: each.span.start))


def _lengths(text: str) -> Iterator[Quantity]:
    """Yield lengths of time without a numeral: *a decade*, *half a year*, *a year and a half*."""
    for match in _LENGTH.finditer(text):
        name = match["unit"].lower()
        if match["half"] or match["more"] or name in _LENGTHS:
            unit, factor = _LENGTHS.get(name, (name, 1))
            value = factor * Decimal("0.5" if match["half"] else "1.5" if match["more"] else "1")
            span = Span(*match.span())
            comparator = comparator_of(text, span.start, span.end)
            yield Quantity(value, value, value, unit, None, None, comparator, span, match[0])


def _is_quantity(number: Number, text: str, taken: list[Span]) -> bool:
    if any(map(number.span.overlaps, taken)):
        return False
    written, before = number.span.of(text).lower(), text[: number.span.start]
    if _LABEL.search(before[-12:]) and not _MONEY.search(before[-5:]):
        return False
    if written in _ONE:
        return not (_ONE_AFTER.match(text, number.span.end) or _ONE_BEFORE.search(before[-10:]))
    return True


def _quantity(number: Number, text: str, language: str) -> Quantity:
    currency, start, end = _currency(number, text)
    if _MINUS.search(text[max(0, start - 2) : start]) and not number.in_words:
        number, start = replace(number, low=-number.high, high=-number.low), start - 1
    unit: str | None = PERCENT if number.share else None
    if text[:start].endswith("百分之"):
        unit, start = PERCENT, start - 3
    if unit is None and currency is None:
        unit, end = _unit(text, start, end)
    rate = period_at(text, end)
    if rate is not None and unit not in {PERCENT, POINTS}:
        unit, end = f"{unit or ''}/{rate[0]}", rate[1]
    noun = noun_after(text, end, language) or noun_before(text, start, language)
    comparator = comparator_of(text, start, number.span.end)
    if comparator == "exactly" and end != number.span.end:
        comparator = comparator_of(text, start, end)
    return Quantity(
        number.low, number.high, number.step, unit, currency, noun, comparator, Span(start, end),
        text[start:end], number.low != number.high,
    )  # fmt: skip


def _currency(number: Number, text: str) -> tuple[str | None, int, int]:
    """Return a number's currency, or None, and the start and end of the number together with its currency."""
    start, end = number.span.start, number.span.end
    if before := currency_before(text, start):
        return *before, end
    of = regex.match(r"\s(?:de|of)(?=\s)", text[end : end + 4])
    after = None if number.share else currency_at(text, end + (of.end() if of else 0))
    return (after[0], start, after[1]) if after else (None, start, end)


def _unit(text: str, start: int, end: int) -> tuple[str | None, int]:
    """Return the unit of the number ``text[start:end]`` and the unit's end; *aged 16* has ``year of age``."""
    unit, unit_end = unit_at(text, end) or (None, end)
    aged = unit in {None, "year"} and _AGE.search(text[max(0, start - 12) : start])
    return ("year of age" if aged else unit), unit_end


def _merged(
    found: Iterable[Quantity], merge: Callable[[Quantity, Quantity], Sequence[Quantity]]
) -> list[Quantity]:
    """Return the quantities, with those that ``merge`` returns in place of two neighbours."""
    merged: list[Quantity] = []
    for quantity in found:
        merged[-1:] = [*merge(merged[-1], quantity)] if merged else [quantity]
    return merged


def _ranges(found: Iterable[Quantity], text: str, language: str) -> list[Quantity]:
    between = regex.compile(_RANGE.get(language, _RANGE["en"]), regex.IGNORECASE)

    def merge(first: Quantity, second: Quantity) -> Sequence[Quantity]:
        if first.is_range:
            return first, second
        first = _completed(first, second, text, between)
        return [_range(first, second, text)] if _joined(first, second, text, between) else [first, second]

    return _merged(found, merge)


def _completed(first: Quantity, second: Quantity, text: str, between: regex.Pattern[str]) -> Quantity:
    """Give the first figure the scale and unit of the second: *3 to 5 million euros* starts at 3 million."""
    gap = text[first.span.end : second.span.start]
    joins = gap.strip().lower() in _AND and not _BETWEEN.search(text[: first.span.start].rstrip())
    if joins or not between.fullmatch(gap) or first.unit or first.vague or second.vague:
        return first
    numeral = regex.search(r"\p{N}+(?:[.,]\p{N}+)?", second.written)
    unscaled = value_of(numeral[0], "en")[0] if numeral else Decimal(0)
    scale = second.low / unscaled if unscaled and first.low < 1000 <= second.low / unscaled else Decimal(1)
    return replace(
        first, low=first.low * scale, high=first.high * scale, step=first.step * scale, unit=second.unit,
        currency=first.currency or second.currency,
    )  # fmt: skip


def _joined(first: Quantity, second: Quantity, text: str, between: regex.Pattern[str]) -> bool:
    gap = text[first.span.end : second.span.start]
    if not between.fullmatch(gap) or first.low >= second.high or first.vague or second.vague:
        return False
    before = text[max(0, first.span.start - 30) : first.span.start].rstrip()
    if gap.strip().lower() in _AND:
        return _BETWEEN.search(before) is not None
    alike = first.unit == "year of age" or (first.unit or first.currency or second.unit) in {
        second.unit,
        second.currency,
    }
    is_change = _CHANGE.search(before) is not None and gap.strip() not in {"-", "–", "—"}
    return alike and not is_change


def _range(first: Quantity, second: Quantity, text: str) -> Quantity:
    span = Span(first.span.start, second.span.end)
    return replace(
        second, low=first.low, currency=second.currency or first.currency,
        unit="year of age" if first.unit == "year of age" else second.unit, comparator=first.comparator,
        span=span, written=span.of(text),
    )  # fmt: skip


def _shares(found: Iterable[Quantity], text: str) -> list[Quantity]:
    """Merge two figures that state a share: *one in five* becomes 20%."""

    def merge(part: Quantity, whole: Quantity) -> Sequence[Quantity]:
        span = Span(part.span.start, whole.span.end)
        small = 0 < part.low < whole.low <= 100 and part.low == part.high
        if not small or not _SHARE.fullmatch(span.of(text)):
            return part, whole
        share = hundredths(100 * part.low / whole.low)
        return [
            replace(whole, low=share, high=share, step=Decimal(1), unit=PERCENT, span=span,
                    written=span.of(text), comparator=part.comparator)
        ]  # fmt: skip

    return _merged(found, merge)


def _ordinals(text: str) -> Iterator[Quantity]:
    for match in _ORDINAL.finditer(text):
        word = next(group for group in match.groups() if group).lower()
        if word != "second" or not text[: match.start()].endswith(("per ", "a ", "one ")):
            value = Decimal(ORDINALS.get(word) or _NAMED_ORDINALS.get(word) or int(word))
            span = Span(*match.span())
            yield Quantity(value, value, Decimal(1), ORDINAL, None, None, "exactly", span, match[0])
