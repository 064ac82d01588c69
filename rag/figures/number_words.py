"""Tables of number words in the supported languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count


def _numbered(words: str, start: int = 0, step: int = 1) -> dict[str, int]:
    return dict(zip(words.split(), count(start, step), strict=False))


@dataclass(frozen=True, slots=True)
class Words:
    """The number words of a language that separates words by spaces.

    Attributes:
        values: words for 0 to 99, whose values are added: *twenty*, *five*.
        factors: words that multiply only the number just before them: *hundred*.
        scales: words that multiply everything before them: *thousand*, *million*.
        teens: words that add ten to the preceding digit: dua *belas* (12).
        one: words for one before a factor or a scale: *a* hundred.
        halves: words for a half before a scale: *half a* million.
        after: words that add half of the preceding scale: một triệu *rưỡi* (1.5 million).
        joins: words that may connect the parts of a number: two hundred *and* five.
        vague: words for an approximate number, with the smallest and the largest number that they may mean.
        shares: words for parts of a whole, with their values in per cent.
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
"""Number words by ISO 639-1 code; :func:`rag.figures.numerals.words_of` provides those of other languages."""

SUFFIXES: Mapping[str, int] = {
    "k": 10**3, "m": 10**6, "mn": 10**6, "mln": 10**6, "bn": 10**9, "b": 10**9, "tn": 10**12,
}  # fmt: skip
"""Abbreviated scales that follow digits: $1.2bn, 3 bn."""

HAN_DIGITS: Mapping[str, int] = {**_numbered("〇 一 二 三 四 五 六 七 八 九"), "零": 0, "两": 2, "兩": 2}
HAN_FACTORS: Mapping[str, int] = {"十": 10, "百": 100, "千": 1000}
HAN_SCALES: Mapping[str, int] = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
HAN_VAGUE: Mapping[str, tuple[int, int]] = {
    "数十": (20, 99), "几十": (20, 99), "数百": (200, 999), "几百": (200, 999), "数千": (2000, 9999),
    "几千": (2000, 9999), "数万": (20_000, 99_999), "数百万": (2 * 10**6, 9_999_999),
}  # fmt: skip
HAN_COUNTED = (
    "名人个家座次年月日天岁所栋辆条件起位户吨米元倍成项艘架头只套部层间村县省市国张份批处支场口周"
    "小时分钟公里公斤公顷平方美英欧万亿多余以左"
)
"""A single Chinese numeral before one of these characters counts something: classifiers, units, scales."""

ORDINALS: Mapping[str, int] = _numbered(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth", 1
)
