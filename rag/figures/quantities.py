"""Recognises quantities (value, unit, counted things, precision), but no dates, and compares them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal

import regex

from index.documents import Span
from index.text import DOLLAR, PERCENT, POINTS, currency_at, currency_before, unit_at
from rag.figures.dates import dates
from rag.figures.numerals import ORDINALS, Number, hundredths, numbers, value_of
from rag.questions import word_set

# A month has no exact number of days.
_MULTIPLES: Mapping[str, tuple[str, str]] = {
    "millimetre": ("metre", "0.001"), "centimetre": ("metre", "0.01"), "kilometre": ("metre", "1000"),
    "milligram": ("gram", "0.001"), "kilogram": ("gram", "1000"), "tonne": ("gram", "1000000"),
    "millilitre": ("litre", "0.001"), "cubic metre": ("litre", "1000"),
    "hectare": ("square metre", "10000"), "square kilometre": ("square metre", "1000000"),
    "minute": ("second", "60"), "hour": ("second", "3600"), "day": ("second", "86400"),
    "week": ("second", "604800"), "year": ("month", "12"), "decade": ("month", "120"),
    "megawatt-hour": ("kilowatt-hour", "1000"), "gigawatt-hour": ("kilowatt-hour", "1000000"),
    "terawatt-hour": ("kilowatt-hour", "1000000000"), "megawatt": ("kilowatt", "1000"),
    "gigawatt": ("kilowatt", "1000000"), "mile": ("metre", "1609.344"), "foot": ("metre", "0.3048"),
    "inch": ("metre", "0.0254"), "acre": ("square metre", "4046.8564224"),
    "pound (weight)": ("gram", "453.59237"),
}  # fmt: skip
_PER = regex.compile(
    r"\s?(?:/|per\s|an?\s(?=(?:second|minute|hour|day|week|month|year)\b"
    r"(?!\s(?:before|earlier|ago|later|after|previously|prior)\b))|each\s|every\s|mỗi\s"
    r"|một\s(?=năm|tháng"
    r"|ngày|giờ|tuần)|setiap\s|每)\s?(?P<unit>\p{L}+)"
    r"|\s(?P<adverb>daily|weekly|monthly|annually|yearly)\b",
    regex.IGNORECASE,
)
_ADVERBS = {"daily": "day", "weekly": "week", "monthly": "month", "annually": "year", "yearly": "year"}


def period_at(text: str, offset: int) -> tuple[str, int] | None:
    """Return ``hour`` for *per hour*, and the end."""
    match = _PER.match(text, offset)
    if match is None:
        return None
    if match["adverb"]:
        return _ADVERBS[match["adverb"].lower()], match.end()
    found = unit_at(match["unit"], 0)
    if found is None or found[1] != len(match["unit"]):
        return match["unit"].lower(), match.end()
    return found[0], match.end()


def in_base(value: Decimal, unit: str | None) -> tuple[Decimal, str | None]:
    """2 kilometres become 2,000 and ``metre``."""
    if unit is None:
        return value, None
    name, slash, rest = unit.partition("/")
    base, factor = _MULTIPLES.get(name, (name, "1"))
    return value * Decimal(factor), base + slash + rest


def same_currency(one: str | None, other: str | None) -> bool:
    """A dollar of an unknown country matches any dollar."""
    if one == other:
        return True
    pair = {one, other}
    dollars = {DOLLAR, "USD", "AUD", "CAD", "SGD", "HKD"}
    return (DOLLAR in pair and pair <= dollars) or pair in ({"YEN OR YUAN", "JPY"}, {"YEN OR YUAN", "CNY"})


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
    """The words are *the number of X rose to* or *X:*."""
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
    groups = "|".join(f"(?P<{name.replace(' ', '_')}>{each})" for name, each in forms.items())
    return f"(?p)(?:{groups})"


@cache
def _before() -> regex.Pattern[str]:
    return regex.compile(
        rf"(?<![\p{{L}}--[\p{{Han}}]]){_any_of(_BEFORE)}(?={_GLUE}$)", regex.IGNORECASE | regex.V1
    )


@cache
def _han_before() -> regex.Pattern[str]:
    longer = {name: "|".join(form for form in forms.split("|") if regex.fullmatch(r"\p{Han}{2,}", form))
              for name, forms in _BEFORE.items()}  # fmt: skip
    return regex.compile(rf"{_any_of(longer)}(?=\p{{Han}}{{0,3}}$)")


_FAR = 40  # characters before a figure in which words that qualify it are sought


@cache
def _after() -> regex.Pattern[str]:
    return regex.compile(rf"[\s,]?(?:\p{{L}}+ (?=or ))?{_any_of(_AFTER)}", regex.IGNORECASE | regex.V1)


def _of(match: regex.Match[str]) -> Comparator:
    group = str(match.lastgroup).replace("_", " ")
    return next(name for name in _BEFORE if name == group)


def _comparator_before(text: str, start: int) -> regex.Match[str] | None:
    # Of overlapping comparators, the first is the longest: "no more than" begins before "more than".
    first = max(0, start - _FAR)
    return _before().search(text, first, start) or _han_before().search(text, first, start)


def comparator_of(text: str, start: int, end: int) -> Comparator:
    before = _comparator_before(text, start)
    if before:
        return _of(before)
    after = _after().match(text, end)
    return _of(after) if after else "exactly"


def with_comparator(text: str, span: Span) -> Span:
    before = _comparator_before(text, span.start)
    if before:
        return Span(before.start(), span.end)
    after = _after().match(text, span.end)
    return Span(span.start, after.end()) if after else span


ORDINAL = "in order"


@dataclass(frozen=True, slots=True)
class Quantity:
    """``low`` and ``high`` differ for a range (*17 to 20*) or a vague number (*dozens*).

    ``step`` is one unit in the last written digit (100,000 for 9.9 million), the bound of rounding. ``unit``
    is such as *litre/day*, ``currency`` ISO 4217 or ``dollar``; ``span`` and ``written`` include both.
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
        return self.low != self.high and not self.vague


_BETWEEN_BEFORE = regex.compile(r"(?i)\b(?:between|giữa|antara)\s$")


def qualified(text: str, quantity: Quantity) -> str:
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
    start, end = number.span.start, number.span.end
    if before := currency_before(text, start):
        return *before, end
    of = regex.match(r"\s(?:de|of)(?=\s)", text[end : end + 4])
    after = None if number.share else currency_at(text, end + (of.end() if of else 0))
    return (after[0], start, after[1]) if after else (None, start, end)


def _unit(text: str, start: int, end: int) -> tuple[str | None, int]:
    unit, unit_end = unit_at(text, end) or (None, end)
    aged = unit in {None, "year"} and _AGE.search(text[max(0, start - 12) : start])
    return ("year of age" if aged else unit), unit_end


def _merged(
    found: Iterable[Quantity], merge: Callable[[Quantity, Quantity], Sequence[Quantity]]
) -> list[Quantity]:
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
    """*3 to 5 million euros* starts at 3 million."""
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
    """*one in five* becomes 20%."""

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


# How far *over* or *under* may be from the true figure, as a share of the larger one.
FAIR_DISTANCE = Decimal("0.2")
NEAR = Decimal("0.1")  # how far *nearly* may be from the true figure, as a share of the stated one
_THIRDS = frozenset({Decimal("33.33"), Decimal("66.67")})

# The score of a figure that omits a hedge of the cited figure, or that is rounded without saying so.
LOOSENED = 0.6


def same_kind(stated: Quantity, cited: Quantity) -> bool:
    """The stated one may leave out a rate such as *a day*; a bare number, also the currency."""
    if stated.currency or cited.currency:
        bare = stated.currency is None and stated.noun is None and stated.unit is None
        return bare or (
            same_currency(stated.currency, cited.currency) and _base_unit(stated) in {None, _base_unit(cited)}
        )
    unit, cited_unit = _base_unit(stated), _base_unit(cited)
    return unit == cited_unit or (
        cited_unit is not None and unit is not None and cited_unit.startswith(f"{unit}/")
    )


def comparable(one: Quantity, other: Quantity) -> bool:
    return same_kind(one, other) and same_kind(other, one)


def _base_unit(quantity: Quantity) -> str | None:
    return in_base(quantity.low, quantity.unit)[1]


def same_value(stated: Quantity, cited: Quantity) -> bool:
    """Return whether two quantities of the same kind have the same value, in equal or convertible units."""
    ends = [in_base(value, stated.unit)[0] for value in (stated.low, stated.high)]
    cited_ends = [in_base(value, cited.unit)[0] for value in (cited.low, cited.high)]
    if ends == cited_ends:
        return True
    may_be_third = stated.unit == PERCENT and not stated.is_range and not cited.is_range
    # Thirds have no exact decimal form.
    return may_be_third and ends[0] in _THIRDS and abs(ends[0] - cited_ends[0]) <= Decimal("0.7")


def fairness(stated: Quantity, cited: Quantity) -> float:
    """1 if it is fair, :data:`LOOSENED` if it omits a hedge or rounds without saying so, else 0."""
    if same_value(stated, cited):
        return _same(stated, cited)
    if stated.is_range and cited.is_range:
        ends = ((stated.low, cited.low), (stated.high, cited.high))
        is_fair = all(_is_rounding(value, true_value) and _digits(value) >= 2 for value, true_value in ends)
        return LOOSENED if is_fair else 0.0
    if cited.vague or cited.is_range:
        return _within(stated, cited)
    if stated.vague:
        return 1.0 if stated.low <= cited.low <= stated.high else 0.0
    if stated.is_range:
        return 0.0
    value = in_base(stated.low, stated.unit)[0]
    true_value = in_base(cited.low, cited.unit)[0]
    return _rounded(stated, value, cited, true_value)


# The sentence's, then its evidence's; they agree if the figures have the same value.
_IMPLIED = {
    ("at least", "over"), ("at most", "under"), ("under", "nearly"), ("about", "nearly"), ("about", "over"),
    ("about", "exactly"), ("nearly", "about"), ("about", "under"), ("at least", "exactly"),
    ("at most", "exactly"),
}  # fmt: skip
# If both figures have one, different values disagree, unless the stated one has fewer digits.
_LIMITS = {"at least", "at most", "over", "under"}
_DROPPED = {"about", "nearly", "over", "at least"}


def _same(stated: Quantity, cited: Quantity) -> float:
    if stated.comparator == cited.comparator or (stated.comparator, cited.comparator) in _IMPLIED:
        adds_limit = stated.comparator in {"at least", "at most"} and cited.comparator == "exactly"
        return LOOSENED if adds_limit else 1.0
    return LOOSENED if stated.comparator == "exactly" and cited.comparator in _DROPPED else 0.0


def _within(stated: Quantity, cited: Quantity) -> float:
    if stated.vague or stated.is_range:
        return 0.0
    fits = {
        "at least": stated.low == cited.low, "over": stated.low < cited.low and cited.vague,
        "at most": stated.low == cited.high, "under": False,
    }  # fmt: skip
    return 1.0 if fits.get(stated.comparator, False) else 0.0


def _rounded(stated: Quantity, value: Decimal, cited: Quantity, true_value: Decimal) -> float:
    hedge, cited_hedge = stated.comparator, cited.comparator
    is_other_limit = {hedge, cited_hedge} <= _LIMITS and _digits(value) >= _digits(true_value)
    if not true_value or not value or is_other_limit:
        return 0.0
    below, above = (true_value - value) / abs(true_value), (value - true_value) / abs(value)
    if hedge in {"over", "at least"}:
        return float(cited_hedge not in {"at most", "under", "nearly"} and 0 < below <= FAIR_DISTANCE)
    if hedge in {"under", "at most"}:
        return float(cited_hedge not in {"over", "at least"} and 0 < above <= FAIR_DISTANCE)
    if hedge == "nearly":
        return float(cited_hedge in {"exactly", "about"} and 0 < above <= NEAR)
    is_fair = _is_rounding(value, true_value)
    if hedge == "about":
        return float(is_fair and cited_hedge in {"exactly", "about", "nearly", "over"})
    return LOOSENED if is_fair and cited_hedge in {"exactly", "about"} and _digits(value) >= 2 else 0.0


def agree(one: Quantity, other: Quantity) -> bool:
    pairs = ((one, other), (other, one))
    return comparable(one, other) and any(fairness(*pair) > 0 or _allows(*pair) for pair in pairs)


def _allows(limit: Quantity, item: Quantity) -> bool:
    """*Over 100* allows *120*; *between 10 and 20* allows *15*."""
    least, most = (in_base(value, limit.unit)[0] for value in (limit.low, limit.high))
    low, high = (in_base(value, item.unit)[0] for value in (item.low, item.high))
    if limit.comparator in {"over", "at least"}:
        return least <= high
    return low <= most if limit.comparator in {"under", "at most"} else least <= low <= high <= most


def _is_rounding(value: Decimal, true_value: Decimal) -> bool:
    """By at most a twentieth, as 1,000 rounds 1,043."""
    place = Decimal(1).scaleb(value.normalize().adjusted() - _digits(value) + 1)
    return abs(value - true_value) * 2 <= place and abs(value - true_value) * 20 <= abs(true_value)


def _digits(value: Decimal) -> int:
    return len(value.normalize().as_tuple().digits)
