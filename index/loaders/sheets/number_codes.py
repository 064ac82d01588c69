"""The code of a number format → its sections, and the one that a figure is written in.

The codes are those of ECMA-376, part 1, section 18.8.31.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import regex

_TOKEN = regex.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<room>_.)|(?P<fill>\*.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General)|(?P<exponent>E[+-])|(?P<mark>[0#?.,%@])|(?P<slash>/)|(?P<other>.)",
    regex.IGNORECASE | regex.DOTALL,
)
_SECTION = regex.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[]|["\\\[])*', regex.DOTALL)
_CURRENCY = regex.compile(r"\$(?P<sign>[^-]*)(?:-.*)?")
_CONDITION = regex.compile(r"(<=|>=|<>|<|>|=)\s*([-+]?\d{1,15}(?:\.\d{1,15})?)")
_COMPARED: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
_NOT_NEGATIVE = ((">", Decimal(0)), (">=", Decimal(0)))


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a code.

    Attributes:
        parts: what it is made of, in order: each a kind and what it says.
        kinds: the kinds of its parts.
        marks: the marks of its digits, and ``%`` and ``@``.
        condition: the figures that it is for, where it says so: ``<=`` and the bound.
    """

    parts: tuple[tuple[str, str], ...]
    kinds: frozenset[str]
    marks: str
    condition: tuple[str, Decimal] | None

    def holds(self, value: Decimal) -> bool:
        """Whether a figure is one that the section is for; none is without a condition."""
        return self.condition is not None and _COMPARED[self.condition[0]](value, self.condition[1])

    def is_for_negative_alone(self) -> bool:
        """Whether its condition holds for negative figures alone."""
        if self.condition is None:
            return False
        sign, bound = self.condition
        return (sign == "<" and bound <= 0) or (sign in {"<=", "="} and bound < 0)


@lru_cache(maxsize=1024)  # a workbook has many cells and few formats
def sections(code: str) -> tuple[Section, ...]:
    """The sections of a code: for positive and negative figures, zero and words, or for conditions."""
    found: list[str] = []
    place = 0
    while place <= len(code):
        match = _SECTION.match(code, place)
        if match is None:
            break
        found.append(match[0])
        place = match.end() + 1
    return tuple(map(_parsed, found or [""]))


def chosen(value: Decimal, codes: tuple[Section, ...]) -> tuple[Section, bool]:
    """The section for a figure, and whether its minus sign is still to be written."""
    figures = codes[:3]
    if not any(code.condition for code in figures[:2]):
        number = 1 if value < 0 else 2 if value == 0 else 0
        section = figures[number] if number < len(figures) else figures[0]
        return section, len(figures) == 1
    asked = [code for code in figures[:2] if code.condition is not None]
    held = next((code for code in asked if code.holds(value)), None)
    if held is not None:
        return held, not held.is_for_negative_alone()
    others = [code for code in figures if code.condition is None]
    # A figure that no condition holds for is written by the first of the others that is for its sign.
    section = others[0] if others else figures[-1]
    is_rest_negative = len(asked) == 1 and asked[0].condition in _NOT_NEGATIVE
    return section, not is_rest_negative


def _parsed(section: str) -> Section:
    parts: list[tuple[str, str]] = []
    condition: tuple[str, Decimal] | None = None
    for match in _TOKEN.finditer(section):
        kind, text = match.lastgroup or "other", match[match.lastgroup or 0]
        if kind in {"quoted", "escaped", "other"}:
            parts.append(("literal", text))
        elif kind == "room":
            parts.append(("literal", " "))
        elif kind == "bracket":
            currency, asked = _CURRENCY.fullmatch(text), _CONDITION.fullmatch(text)
            if currency:
                parts.append(("literal", currency["sign"]))
            elif asked:
                condition = (asked[1], Decimal(asked[2]))
        elif kind != "fill":
            parts.append((kind, text))
    marks = "".join(text for kind, text in parts if kind == "mark")
    return Section(tuple(parts), frozenset(kind for kind, _ in parts), marks, condition)
