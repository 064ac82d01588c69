"""Writes a cell's value in its number format (ECMA-376, part 1, 18.8.31), but dates in ISO 8601."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

import regex

from index.loaders.blocks import flow

_TOKEN = regex.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<room>_.)|(?P<fill>\*.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General)|(?P<exponent>E[+-])|(?P<mark>[0#?.,%@])|(?P<slash>/)|(?P<other>.)",
    regex.IGNORECASE | regex.DOTALL,
)
_SECTION = regex.compile(r';((?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[]|["\\\[])*)', regex.DOTALL)
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


GENERAL = "General"

_SIGNIFICANT_DIGITS = 15  # further digits result from binary fractions
_GENERAL_DIGITS = 10  # in an unformatted cell of the usual width
_GENERAL_BELOW = 1e15

_GENERAL_ABOVE = 1e-9

_ROOM = Context(prec=400)  # enough digits to write the largest number of a cell, 10³⁰⁸, in full
_MOST_DECIMALS = 30  # [MS-OI29500], 2.1.739
_NOT_NOUGHT = regex.compile(r"[1-9]")
_THOUSAND = regex.compile(r"(?<=\d)(?=(?:\d{3})+\Z)")

_NO_FIELD = regex.compile(r'"[^"]*"|\\.|_.|\*.|\[\$[^\]]*\]|\[(?![hms]+\])[^\]]*\]', regex.IGNORECASE)

Parts = tuple[tuple[str, str], ...]  # the kind and text of each part of a section
_MOST_PLACES = 7  # of a denominator, as in Excel
_NO_REST = 5e-8


@dataclass(frozen=True, slots=True)
class Section:
    """Kinds of parts: ``literal``, ``mark`` (one of ``0#?.,%@``), ``general``, ``exponent``, ``slash``."""

    parts: tuple[tuple[str, str], ...]
    kinds: frozenset[str]
    marks: str
    condition: tuple[str, Decimal] | None

    def holds(self, value: Decimal) -> bool:
        return self.condition is not None and _COMPARED[self.condition[0]](value, self.condition[1])

    def is_for_negative_alone(self) -> bool:
        if self.condition is None:
            return False
        sign, bound = self.condition
        return (sign == "<" and bound <= 0) or (sign in {"<=", "="} and bound < 0)


@lru_cache(maxsize=1024)  # a workbook has many cells and few formats
def sections(code: str) -> tuple[Section, ...]:
    """For positive figures, negative ones, zero and text, unless a section has a condition."""
    return tuple(map(_parsed, _SECTION.findall(f";{code}")))


def chosen(value: Decimal, codes: tuple[Section, ...]) -> tuple[Section, bool]:
    """Also whether ``value`` needs a minus sign: not in a section for negative figures alone."""
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
    # If a figure meets no condition, the first section without a condition applies.
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


def shown_number(value: float, code: str) -> str:
    """Empty if the format, such as ``#,##0.00;(#,##0.00)``, hides the number."""
    if not math.isfinite(value):
        return str(value)
    exact = Decimal(f"{value:.{_SIGNIFICANT_DIGITS}g}") if isinstance(value, float) else Decimal(value)
    codes = sections(code)
    if len(codes) == 1 and not codes[0].parts:
        return general(exact)
    section, signed = chosen(exact, codes)
    amount = abs(exact)
    written = _filled(amount, section)
    negative = exact < 0 and signed and _NOT_NOUGHT.search(written) is not None
    return flow(("-" if negative else "") + written)


def shown_text(text: str, code: str) -> str:
    """Empty if the format hides the text."""
    codes = sections(code)
    if len(codes) < 4:
        return text
    parts = codes[3].parts
    if not parts:
        return ""
    if ("mark", "@") not in parts:
        return text
    return "".join(text if part == "@" else part for kind, part in parts if kind in {"literal", "mark"})


def shown_moment(value: date | time | timedelta, code: str) -> str:
    """Only the fields of the format: ``mmm yy`` gives ``2023-06``; a duration is ``26:05:00``."""
    fields = _NO_FIELD.sub("", code.split(";", maxsplit=1)[0]).lower()
    seconds = "s" in fields
    if isinstance(value, timedelta):
        minutes, rest = divmod(round(value.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}" + (f":{rest:02}" if seconds else "")
    if isinstance(value, time):
        return value.isoformat("seconds" if seconds else "minutes")
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    moment = (moment + timedelta(microseconds=500_000)).replace(microsecond=0)
    has_time = "h" in fields or seconds
    has_date = "y" in fields or "d" in fields
    clock = moment.time().isoformat("seconds" if seconds else "minutes")
    if has_time and not has_date:
        return clock
    day = moment.date().isoformat()
    if has_time:
        return f"{day} {clock}"
    if "d" in fields or not {"y", "m"} & set(fields):
        return day if moment.time() == time() or "d" in fields else f"{day} {clock}"
    return day[:7] if "m" in fields else day[:4]


def general(value: Decimal) -> str:
    """A whole number in full, any other with ten significant digits; extreme ones are scientific."""
    size = abs(value)
    if value == value.to_integral_value() and size < Decimal(_GENERAL_BELOW):
        return f"{int(value)}"
    if not Decimal(_GENERAL_ABOVE) <= size < Decimal(_GENERAL_BELOW):
        return f"{value.normalize(Context(prec=_GENERAL_DIGITS)):E}"
    places = _GENERAL_DIGITS - (2 if size < 1 else 1)  # the nought before the point takes a digit
    decimals = max(places - size.adjusted(), 0)
    text = f"{_rounded(value, decimals):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _filled(amount: Decimal, section: Section) -> str:
    parts = section.parts
    if "general" in section.kinds or "@" in section.marks:
        return "".join(
            text if kind == "literal" else general(amount) for kind, text in parts if text not in {".", ","}
        )
    marks = [index for index, (kind, text) in enumerate(parts) if kind == "mark" and text in "0#?.,"]
    amount = amount.scaleb(2 * section.marks.count("%"))
    if not marks:
        return "".join(text for _, text in parts)
    first, last = marks[0], marks[-1]
    before = "".join(text for _, text in parts[:first])
    if "slash" in section.kinds:
        return _as_fraction(amount, section)
    # Excel ignores an exponent without digits before it.
    if any(kind == "exponent" for kind, _ in parts[first:]):
        return before + _scientific(amount, parts[first:])
    after = "".join(text for _, text in parts[last + 1 :])
    return before + _digits(amount, parts[first : last + 1]) + after


def _scientific(amount: Decimal, parts: Parts) -> str:
    """``##0.0E+0`` gives exponents that are multiples of 3, its places before the point."""
    at = next(index for index, (kind, _) in enumerate(parts) if kind == "exponent")
    mantissa, ending = parts[:at], parts[at + 1 :]
    marks = "".join(text for kind, text in mantissa if kind == "mark")
    whole, _, fraction = marks.partition(".")
    step = max(sum(whole.count(mark) for mark in "0#?"), 1)
    decimals = min(sum(fraction.count(mark) for mark in "0#?"), _MOST_DECIMALS)
    power = amount.adjusted() // step * step if amount else 0
    if _rounded(amount.scaleb(-power), decimals) >= 10**step:
        power += step
    digits = sum(text == "0" for kind, text in ending if kind == "mark")
    sign = "-" if power < 0 else "+" if parts[at][1][1] == "+" else ""
    after = "".join(text for kind, text in ending if kind != "mark" or text not in "0#?")
    return f"{_digits(amount.scaleb(-power), mantissa)}E{sign}{abs(power):0{max(digits, 1)}}{after}"


def _as_fraction(amount: Decimal, section: Section) -> str:
    """``# ?/?`` writes 1.75 as ``1 3/4``; a format gives the denominator, or its digits."""
    parts = section.parts
    slash = next(index for index, (kind, _) in enumerate(parts) if kind == "slash")
    start = _end_of_run(parts, slash - 1, -1, _is_digit_mark)
    end = _end_of_run(parts, slash + 1, 1, _is_digit_mark)
    fixed = 0
    if parts[slash + 1 : slash + 2] and parts[slash + 1][0] == "literal":
        end = _end_of_run(parts, slash + 1, 1, lambda part: part[1].isdecimal() and part[1].isascii())
        fixed = int("".join(text for _, text in parts[slash + 1 : end])[:_MOST_PLACES] or "1") or 1
    before = parts[: start + 1]
    has_whole = any(map(_is_digit_mark, before))
    most = 10 ** min(end - slash - 1, _MOST_PLACES) - 1
    above, below = (int(_rounded(amount * fixed, 0)), fixed) if fixed else _near(float(amount), most)
    whole, above = divmod(above, below) if has_whole else (0, above)
    written = f"{above}/{below}" if above or not has_whole else ""
    is_shown = has_whole and (whole > 0 or not written or any(part == ("mark", "0") for part in before))
    after = "".join(text for _, text in parts[end:])
    words = "".join(text for kind, text in before if kind == "literal" and text.strip())
    return f"{words}{whole if is_shown else ''} {written}{after}"


def _near(value: float, most: int) -> tuple[int, int]:
    """As Excel, the last convergent whose denominator is at most ``most``."""
    before, last, rest = (0, 1), (1, 0), value
    while True:
        whole = math.floor(rest)
        found = (whole * last[0] + before[0], whole * last[1] + before[1])
        if found[1] > max(most, 1):
            return last
        if rest - whole < _NO_REST:
            return found
        before, last, rest = last, found, 1 / (rest - whole)


def _is_digit_mark(part: tuple[str, str]) -> bool:
    return part[0] == "mark" and part[1] in "0#?"


def _end_of_run(parts: Parts, start: int, step: int, belongs: Callable[[tuple[str, str]], bool]) -> int:
    index = start
    while 0 <= index < len(parts) and belongs(parts[index]):
        index += step
    return index


def _digits(amount: Decimal, parts: Parts) -> str:
    point = next((index for index, part in enumerate(parts) if part == ("mark", ".")), len(parts))
    whole, fraction = parts[:point], [text for kind, text in parts[point + 1 :] if kind == "mark"]
    marks = "".join(text for kind, text in whole if kind == "mark")
    thousands = len(marks) - len(marks.rstrip(",")) + fraction.count(",")
    decimals = [mark for mark in fraction if mark != ","][:_MOST_DECIMALS]
    rounded = _rounded(amount.scaleb(-3 * thousands), len(decimals))
    integer, _, rest = f"{rounded:f}".partition(".")
    integer = integer.lstrip("0").rjust(marks.count("0"), "0")
    while rest and decimals and decimals[-1] != "0" and rest.endswith("0"):
        rest, decimals = rest[:-1], decimals[:-1]
    if "," in marks.rstrip(",").lstrip(","):
        integer = _THOUSAND.sub(",", integer)
    elif any(kind == "literal" for kind, _ in whole):
        integer = _with_literals(integer, whole)
    return integer + (f".{rest}" if rest else "")


def _with_literals(digits: str, parts: Parts) -> str:
    """``00-00`` writes 1234 as ``12-34``."""
    written: list[str] = []
    left = digits
    for kind, text in reversed([part for part in parts if part != ("mark", ",")]):
        written.append(text if kind == "literal" else left[-1:])
        left = left if kind == "literal" else left[:-1]
    return left + "".join(reversed(written))


def _rounded(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal((0, (1,), -decimals)), ROUND_HALF_UP, _ROOM)
