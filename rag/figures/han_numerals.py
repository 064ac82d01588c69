"""Numbers in Chinese texts, in digits, in words and in both: 98.7万, 一千零四十三."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import regex

from rag.figures.digits import Number, value_of
from rag.figures.number_words import HAN_COUNTED, HAN_DIGITS, HAN_FACTORS, HAN_SCALES, HAN_VAGUE

_HAN = "".join([*HAN_DIGITS, *HAN_FACTORS, *HAN_SCALES])
_HAN_NUMBER = regex.compile(
    rf"(?P<vague>{'|'.join(sorted(HAN_VAGUE, key=len, reverse=True))})"
    rf"|(?P<digits>\p{{Nd}}[\p{{Nd}},]*(?:\.\p{{Nd}}+)?)\s?(?P<scale>[十百千]?[万萬亿億]{{0,2}})"
    rf"|(?P<words>[{_HAN}]+(?:点[{''.join(HAN_DIGITS)}]+[万亿]*)?)"
)


def han_numbers(text: str) -> Iterator[Number]:
    """The numbers in a Chinese text, in order."""
    for match in _HAN_NUMBER.finditer(text):
        if match["vague"]:
            low, high = HAN_VAGUE[match["vague"]]
            yield Number(Decimal(low), Decimal(high), Decimal(low), match.start(), match.end(), True)
        elif match["digits"]:
            value, step = value_of(match["digits"].rstrip(","), "zh")
            factor = Decimal(1)
            for mark in match["scale"]:
                factor *= {**HAN_FACTORS, **HAN_SCALES}[mark]
            yield Number(value * factor, value * factor, step * factor, match.start(), match.end())
        elif _is_counted(match, text):
            value = _han_value(match["words"])
            yield Number(value, value, Decimal(1), match.start(), match.end(), True)


def _is_counted(match: regex.Match[str], text: str) -> bool:
    """Whether Chinese numerals are a number, and not a part of a word (一些, 万一)."""
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
        scale = 1
        for mark in decimals:
            scale *= HAN_SCALES.get(mark, 1)
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
