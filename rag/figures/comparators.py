"""Words that say how a figure stands to the true one: *over*, *at most*, *nearly*, *about*."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

import regex

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


@cache
def _before() -> regex.Pattern[str]:
    parts = [f"(?P<{_group(name)}>{forms})" for name, forms in _BEFORE.items()]
    joined = "|".join(parts)
    return regex.compile(
        rf"(?p)(?<![\p{{L}}--[\p{{Han}}]])(?:{joined})(?={_GLUE}$)", regex.IGNORECASE | regex.V1
    )


@cache
def _han_before() -> regex.Pattern[str]:
    """Chinese puts the verb between: 最多可载240名."""
    longer = {name: [form for form in forms.split("|") if regex.fullmatch(r"\p{Han}{2,}", form)]
              for name, forms in _BEFORE.items()}  # fmt: skip
    parts = [f"(?P<{_group(name)}>{'|'.join(forms)})" for name, forms in longer.items()]
    return regex.compile(rf"(?p)(?:{'|'.join(parts)})(?=\p{{Han}}{{0,3}}$)")


@cache
def _after() -> regex.Pattern[str]:
    joined = "|".join(f"(?P<{_group(name)}>{forms})" for name, forms in _AFTER.items())
    return regex.compile(rf"(?p)[\s,]?(?:\p{{L}}+ (?=or ))?(?:{joined})", regex.IGNORECASE | regex.V1)


def _group(name: str) -> str:
    return name.replace(" ", "_")


def _of(match: regex.Match[str]) -> Comparator:
    found: dict[str, Comparator] = {_group(name): name for name in (*_BEFORE, *_AFTER)}
    return found[str(match.lastgroup)]


def comparator_of(text: str, start: int, end: int) -> Comparator:
    """How the figure at ``text[start:end]`` stands to the true one, by the words right before or after it."""
    before = text[max(0, start - 40) : start]
    found = list(_before().finditer(before)) or list(_han_before().finditer(before))
    if found:
        # The longest that reaches to the figure begins first: "no more than" before "more than".
        return _of(found[0])
    after = _after().match(text, end)
    return _of(after) if after else "exactly"
