"""Recognises numbers in a text, in digits or words, with their exact values."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import count
from math import prod

import regex

from index.documents import Span
from rag.questions import word_set


def _numbered(words: str, start: int = 0, step: int = 1) -> dict[str, int]:
    return dict(zip(words.split(), count(start, step), strict=False))


@dataclass(frozen=True, slots=True)
class Words:
    """The number words of a language that separates words by spaces.

    ``values`` are added (*twenty*, *five*); ``factors`` multiply the number just before (*hundred*),
    ``scales`` all before (*million*); ``teens`` add ten (dua *belas*), ``after`` half of a scale (một triệu
    *rưỡi*); ``one``: *a* hundred; ``halves``: *half a* million; ``joins``: two hundred *and* five. ``vague``
    has the smallest and the largest meaning, ``shares`` per cent.
    """

    values: Mapping[str, int]
    factors: Mapping[str, int] = field(default_factory=dict)
    scales: Mapping[str, int] = field(default_factory=dict)
    teens: frozenset[str] = frozenset()
    one: frozenset[str] = frozenset()
    halves: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    joins: frozenset[str] = frozenset()
    vague: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)


ENGLISH = Words(
    values={
        **_numbered("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
                    "fifteen sixteen seventeen eighteen nineteen"),
        **_numbered("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10),
    },
    factors={"hundred": 100, "dozen": 12},
    scales={"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12},
    one=frozenset({"a", "an"}),
    halves=frozenset({"half a"}),
    joins=frozenset({"and"}),
    vague={"tens": (20, 99), "dozens": (20, 99), "scores": (20, 99), "hundreds": (200, 999),
           "thousands": (2000, 99_999),
           "millions": (2 * 10**6, 999 * 10**6), "billions": (2 * 10**9, 999 * 10**9)},
    shares={"half": 50, "one half": 50, "a third": 100 / 3, "one third": 100 / 3, "two thirds": 200 / 3,
            "a quarter": 25, "one quarter": 25, "three quarters": 75, "a fifth": 20, "one fifth": 20,
            "two fifths": 40, "three fifths": 60, "four fifths": 80, "a tenth": 10, "one tenth": 10},
)  # fmt: skip

VIETNAMESE = Words(
    values={**_numbered("một hai ba bốn năm sáu bảy tám chín mười", 1), "mốt": 1, "tư": 4, "lăm": 5,
            "bẩy": 7},
    factors={"mươi": 10, "chục": 10, "trăm": 100, "tá": 12},
    scales={"nghìn": 10**3, "ngàn": 10**3, "vạn": 10**4, "triệu": 10**6, "tỷ": 10**9, "tỉ": 10**9},
    halves=frozenset({"nửa"}),
    after=frozenset({"rưỡi"}),
    joins=frozenset({"linh", "lẻ"}),
    vague={"hàng chục": (20, 99), "hàng trăm": (200, 999), "hàng nghìn": (2000, 99_999),
           "hàng ngàn": (2000, 99_999), "hàng triệu": (2 * 10**6, 999 * 10**6)},
    shares={"một nửa": 50, "phân nửa": 50, "một phần ba": 100 / 3, "hai phần ba": 200 / 3,
            "một phần tư": 25, "ba phần tư": 75, "một phần năm": 20},
)  # fmt: skip

INDONESIAN = Words(
    values={**_numbered("nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas")},
    factors={"puluh": 10, "ratus": 100, "seratus": 100, "lusin": 12, "selusin": 12},
    scales={"ribu": 10**3, "seribu": 10**3, "juta": 10**6, "sejuta": 10**6, "miliar": 10**9,
            "milyar": 10**9, "triliun": 10**12},
    teens=frozenset({"belas"}),
    halves=frozenset({"setengah"}),
    vague={"puluhan": (20, 99), "ratusan": (200, 999), "ribuan": (2000, 99_999),
           "jutaan": (2 * 10**6, 999 * 10**6)},
    shares={"separuh": 50, "setengah": 50, "sepertiga": 100 / 3, "dua pertiga": 200 / 3, "seperempat": 25,
            "tiga perempat": 75, "seperlima": 20},
)  # fmt: skip

WORDS: Mapping[str, Words] = {"en": ENGLISH, "vi": VIETNAMESE, "id": INDONESIAN, "ms": INDONESIAN}

SUFFIXES: Mapping[str, int] = {
    "k": 10**3, "m": 10**6, "mn": 10**6, "mln": 10**6, "bn": 10**9, "b": 10**9, "tn": 10**12,
}  # fmt: skip

HAN_DIGITS: Mapping[str, int] = {**_numbered("〇 一 二 三 四 五 六 七 八 九"), "零": 0, "两": 2, "兩": 2}
HAN_FACTORS: Mapping[str, int] = {"十": 10, "百": 100, "千": 1000}
HAN_SCALES: Mapping[str, int] = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
HAN_VAGUE: Mapping[str, tuple[int, int]] = {
    "数十": (20, 99), "几十": (20, 99), "数百": (200, 999), "几百": (200, 999), "数千": (2000, 9999),
    "几千": (2000, 9999), "数万": (20_000, 99_999), "数百万": (2 * 10**6, 9_999_999),
}  # fmt: skip
# After a single Chinese numeral, they show that it counts: classifiers, units, scales.
HAN_COUNTED = (
    "名人个家座次年月日天岁所栋辆条件起位户吨米元倍成项艘架头只套部层间村县省市国张份批处支场口周"
    "小时分钟公里公斤公顷平方美英欧万亿多余以左"
)
ORDINALS: Mapping[str, int] = _numbered(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth", 1
)


COMMA_FOR_POINT = word_set("id vi de es pt fr it nl da sv no fi pl cs ro ru uk tr el hu bg hr sl sk ca km lo")


@dataclass(frozen=True, slots=True)
class Number:
    """``step`` is one unit in the last written digit: 100,000 for 9.9 million. A ``share`` is in per cent."""

    low: Decimal
    high: Decimal
    step: Decimal
    span: Span
    in_words: bool = False
    share: bool = False


def value_of(digits: str, language: str) -> tuple[Decimal, Decimal]:
    """And one unit in the last digit. The language decides about a lone separator before three digits."""
    digits = regex.sub("[ '’]", "", unicodedata.normalize("NFKC", digits)).replace("·", ".")
    digits = "".join(str(unicodedata.digit(mark)) if mark.isdigit() else mark for mark in digits)
    point = _point(digits, language)
    decimals = digits[point + 1 :] if point >= 0 else ""
    whole = regex.sub("[.,]", "", digits.removesuffix(decimals))
    return Decimal(f"{whole}.{decimals}"), Decimal(1).scaleb(-len(decimals))


def hundredths(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01")).normalize()


def _point(digits: str, language: str) -> int:
    """Return -1 if all separators group thousands."""
    marks = [(index, mark) for index, mark in enumerate(digits) if mark in ".,"]
    if not marks:
        return -1
    last, mark = marks[-1]
    if len({each for _, each in marks}) == 2:
        return last
    if len(marks) > 1:
        return -1
    may_group = len(digits) - last - 1 == 3 and last <= 3 and not digits.startswith("0")
    return -1 if may_group and mark == ("." if language in COMMA_FOR_POINT else ",") else last


_HAN_MULTIPLES = {**HAN_FACTORS, **HAN_SCALES}
_HAN = "".join([*HAN_DIGITS, *_HAN_MULTIPLES])
_HAN_NUMBER = regex.compile(
    rf"(?P<whole>[{_HAN}]+)分之(?P<part>[{_HAN}]+)|(?P<tenths>[{_HAN}])成(?!\p{{Han}}功)|(?P<half>一半|半数)"
    rf"|(?P<vague>{'|'.join(sorted(HAN_VAGUE, key=len, reverse=True))})"
    rf"|(?P<digits>\p{{Nd}}[\p{{Nd}},]*(?:\.\p{{Nd}}+)?)\s?(?P<scale>[十百千]?[万萬亿億]{{0,2}})"
    rf"|(?P<words>[{_HAN}]+(?:点[{''.join(HAN_DIGITS)}]+[万亿]*)?)"
)


def han_numbers(text: str) -> Iterator[Number]:
    for match in _HAN_NUMBER.finditer(text):
        span = Span(*match.span())
        if (share := _han_share(match)) is not None:
            yield Number(share, share, Decimal(1), span, True, True)
        elif match["vague"]:
            low, high = HAN_VAGUE[match["vague"]]
            yield Number(Decimal(low), Decimal(high), Decimal(low), span, True)
        elif match["digits"]:
            value, step = value_of(match["digits"].rstrip(","), "zh")
            factor = prod(_HAN_MULTIPLES[mark] for mark in match["scale"])
            yield Number(value * factor, value * factor, step * factor, span)
        elif _is_number(match, text):
            value = _han_value(match["words"])
            yield Number(value, value, Decimal(1), span, True)


def _han_share(match: regex.Match[str]) -> Decimal | None:
    if match["half"]:
        return Decimal(50)
    if match["tenths"]:
        return 10 * _han_value(match["tenths"])
    if not match["whole"] or not (whole := _han_value(match["whole"])):
        return None
    return hundredths(100 * _han_value(match["part"]) / whole)


def _is_number(match: regex.Match[str], text: str) -> bool:
    """The numerals are no part of a word such as 一些 (*some*)."""
    words = match["words"]
    before, after = text[: match.start()], text[match.end() : match.end() + 1]
    if before.endswith(("百分之", "第")):
        return True
    if len(words) == 1:
        return (words not in "零〇一百千万萬亿億" and after != "" and after in HAN_COUNTED) or (
            words == "一" and after in {"名", "人", "座", "家", "所"}
        )
    return words != "万一"


def _han_value(words: str) -> Decimal:
    words, _, decimals = words.partition("点")
    if decimals:
        digits = "".join(str(HAN_DIGITS[mark]) for mark in decimals if mark in HAN_DIGITS)
        scale = prod(HAN_SCALES.get(mark, 1) for mark in decimals)
        return (_han_value(words) + Decimal(f"0.{digits}")) * scale
    if all(mark in HAN_DIGITS for mark in words):
        return Decimal("".join(str(HAN_DIGITS[mark]) for mark in words))
    total, group, digit = 0, 0, 0
    for mark in words:
        if mark in HAN_DIGITS:
            digit = HAN_DIGITS[mark]
        elif mark in HAN_FACTORS:
            group, digit = group + (digit or 1) * HAN_FACTORS[mark], 0
        elif HAN_SCALES[mark] == 10**8:
            total, group, digit = (total + group + digit) * 10**8, 0, 0
        else:
            total, group, digit = total + ((group + digit) or 1) * HAN_SCALES[mark], 0, 0
    return Decimal(total + group + digit)


_TOKEN = regex.compile(
    r"(?P<digits>(?<![\p{N}.,]|\p{N} )\p{Nd}{1,3}(?: \p{Nd}{3})+(?![\p{N}]|-\p{L}|[.,]\p{N}{3}| \p{N})"
    r"|\p{Nd}+(?:[.,·\u00a0\u202f'’]\p{Nd}+)*)(?!\p{L}+\p{N})(?P<suffix>(?:mln|mn|bn|tn|[kmb])\b)?"
    r"|(?P<word>[\p{L}\p{M}]+)"
    r"|(?P<other>[^\s-])",
    regex.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    span: Span
    kind: str
    suffix: str


def numbers(text: str, language: str) -> list[Number]:
    if language in {"zh", "ja"}:
        return list(han_numbers(text))
    words = words_of(language)
    tokens = [_token(match) for match in _TOKEN.finditer(text)]
    found: list[Number] = []
    index = 0
    while index < len(tokens):
        number, index = _number_at(tokens, index, words, language) or (None, index + 1)
        if number is not None:
            found.append(number)
    return found


@cache
def words_of(language: str) -> Words:
    """Without an entry in ``WORDS``, only scales from babel; one unknown there is read like English."""
    if language in WORDS:
        return WORDS[language]
    from babel import Locale, UnknownLocaleError

    try:
        forms = Locale(language).compact_decimal_formats["long"]
    except (UnknownLocaleError, ValueError):
        return ENGLISH
    scales = {
        "".join(regex.findall(r"\p{L}", str(pattern.pattern))).lower(): 10 ** (len(power) - 1)
        for patterns in forms.values()
        for power, pattern in patterns.items()
        if regex.fullmatch(r"0\s\p{L}+", str(pattern.pattern))
    }
    return Words(values={}, scales=scales)


def _token(match: regex.Match[str]) -> _Token:
    kind = next(kind for kind in ("digits", "word", "other") if match[kind])
    text = unicodedata.normalize("NFC", match[kind]).lower()
    return _Token(text, Span(*match.span()), kind, (match["suffix"] or "").lower())


def _number_at(tokens: list[_Token], index: int, words: Words, language: str) -> tuple[Number, int] | None:
    if tokens[index].kind == "digits":
        return _in_digits(tokens, index, words, language)
    if tokens[index].kind == "other":
        return None
    return _share(tokens, index, words) or _vague(tokens, index, words) or _in_words(tokens, index, words)


def _share(tokens: list[_Token], index: int, words: Words) -> tuple[Number, int] | None:
    end = _listed(tokens, index, words.shares)
    if end == index or _scaled_after(tokens, end, words):
        return None
    share = Decimal(str(words.shares[_text(tokens, index, end)]))
    scale, end = _of_scale(tokens, end, words)
    if scale > 1:
        value = Decimal(round(share * scale / 100))
        return Number(value, value, value, _span(tokens, index, end), True), end
    share = hundredths(share)
    return Number(share, share, Decimal(1), _span(tokens, index, end), True, True), end


def _vague(tokens: list[_Token], index: int, words: Words) -> tuple[Number, int] | None:
    end = _listed(tokens, index, words.vague)
    if end == index:
        return None
    low, high = words.vague[_text(tokens, index, end)]
    scale, end = _of_scale(tokens, end, words)
    least, most = Decimal(low * scale), Decimal((high + 1) * scale - 1)
    return Number(least, most, least, _span(tokens, index, end), True), end


def _text(tokens: list[_Token], start: int, end: int) -> str:
    return " ".join(token.text for token in tokens[start:end])


def _span(tokens: list[_Token], start: int, end: int) -> Span:
    return Span(tokens[start].span.start, tokens[end - 1].span.end)


def _scaled_after(tokens: list[_Token], index: int, words: Words) -> bool:
    following = [token.text for token in tokens[index : index + 2]]
    if following and following[0] in words.one:
        del following[0]
    return bool(following) and (following[0] in words.scales or following[0] in words.factors)


def _of_scale(tokens: list[_Token], index: int, words: Words) -> tuple[int, int]:
    for end in (index + 2, index + 3):
        name = regex.fullmatch(r"of (?:(?:a|one) )?(\p{L}+?)s?", _text(tokens, index, end))
        if name and name[1] in words.scales:
            return words.scales[name[1]], end
    return 1, index


def _listed(tokens: list[_Token], index: int, phrases: Collection[str]) -> int:
    ends = range(min(index + 3, len(tokens)), index, -1)
    return next((end for end in ends if _text(tokens, index, end) in phrases), index)


def _in_digits(tokens: list[_Token], index: int, words: Words, language: str) -> tuple[Number, int]:
    value, step = value_of(tokens[index].text, language)
    factor = SUFFIXES.get(tokens[index].suffix, 1)
    end = index + 1
    for following in tokens[end:]:
        short = SUFFIXES.get(following.text) if len(following.text) > 1 else None
        scale = words.scales.get(following.text) or words.factors.get(following.text) or short
        if scale is None:
            break
        factor, end = factor * scale, end + 1
    return Number(value * factor, value * factor, step * factor, _span(tokens, index, end)), end


@dataclass(slots=True)
class _Sum:
    """``whole`` ends with a scale, ``group`` with a factor; ``digit`` follows, negative if none does."""

    whole: Decimal = Decimal(0)
    group: Decimal = Decimal(0)
    digit: Decimal = Decimal(-1)
    last: Decimal = Decimal(0)

    def take(self, word: str, words: Words) -> bool:
        """Return False, and add nothing, if the word does not continue the number."""
        joined = word.startswith("se")
        if word in words.values and _adds(self.digit, words.values[word]):
            self.digit = max(self.digit, Decimal(0)) + words.values[word]
        elif word in words.teens and 0 < self.digit < 10:
            self.digit += 10
        elif word in words.factors and (self.digit > 0 or joined):
            self.last = Decimal(words.factors[word])
            self.group += (self.digit if self.digit > 0 else 1) * self.last
            self.digit = Decimal(-1)
        elif word in words.scales and (self.digit > 0 or self.group > 0 or joined):
            self.last = Decimal(words.scales[word])
            part = self.group + max(self.digit, Decimal(0))
            self.whole += (part or 1) * self.last
            self.group, self.digit = Decimal(0), Decimal(-1)
        else:
            return False
        return True

    @property
    def value(self) -> Decimal:
        return self.whole + self.group + max(self.digit, Decimal(0))


def _in_words(tokens: list[_Token], index: int, words: Words) -> tuple[Number, int] | None:
    made = _Sum()
    end = _listed(tokens, index, words.halves)
    if end > index and _scaled_after(tokens, end, words):
        made.digit = Decimal("0.5")
    elif tokens[index].text in words.one and _scaled_after(tokens, index, words):
        made.digit, end = Decimal(1), index + 1
    else:
        end = index
    while end < len(tokens):
        joins = tokens[end].text in words.joins and end > index and made.last
        if joins and _continues(tokens, end, words) and made.take(tokens[end + 1].text, words):
            end += 2
        elif made.take(tokens[end].text, words):
            end += 1
        else:
            break
    if end == index or (made.value == 0 and made.digit < 0) or _is_date_word(tokens, index, end):
        return None
    value, end = _with_half(made, tokens, end, words)
    step = Decimal(1) if made.digit >= 0 else made.last or Decimal(1)
    return Number(value, value, step, _span(tokens, index, end), True), end


def _with_half(made: _Sum, tokens: list[_Token], end: int, words: Words) -> tuple[Decimal, int]:
    """một triệu *rưỡi* (1.5 million), one *and a half* million."""
    if end < len(tokens) and tokens[end].text in words.after and made.last:
        return made.value + made.last / 2, end + 1
    if [token.text for token in tokens[end : end + 3]] != ["and", "a", "half"]:
        return made.value, end
    scale = words.scales.get(tokens[end + 3].text, 1) if end + 3 < len(tokens) else 1
    return (made.value + Decimal("0.5")) * scale, end + 3 + (scale != 1)


def _adds(digit: Decimal, value: int) -> bool:
    return (
        digit < 0 or (digit >= 20 and digit % 10 == 0 and 0 < value < 10) or digit == Decimal(10) > value > 0
    )


def _continues(tokens: list[_Token], index: int, words: Words) -> bool:
    return index + 1 < len(tokens) and tokens[index + 1].text in words.values


def _is_date_word(tokens: list[_Token], start: int, end: int) -> bool:
    """The Vietnamese *năm* means *year* or *five*."""
    if end - start != 1 or tokens[start].text != "năm":
        return False
    before = tokens[start - 1] if start else None
    after = tokens[end] if end < len(tokens) else None
    if before is not None and (
        before.kind == "digits" or before.text in {"mỗi", "trong", "một", "hàng", "hằng"}
    ):
        return True
    years = {"nay", "ngoái", "qua", "trước", "sau", "tới", "học", "tài", "vừa", "đó", "và"}
    return after is None or after.kind != "word" or after.text in years
