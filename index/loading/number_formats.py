"""A cell's value and its number format → what the sheet shows; dates and times as ISO 8601 writes them.

The codes are those of ECMA-376, part 1, section 18.8.31.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

import regex

from index.loading.blocks import flow

GENERAL = "General"
"""The code of a cell that nobody formatted."""

_SIGNIFICANT_DIGITS = 15
"""What a spreadsheet calculates with; the digits after these are noise of binary fractions."""

_GENERAL_DIGITS = 10
"""How many digits a cell without a format has room for, beside its decimal point."""

_GENERAL_BELOW = 1e15
_GENERAL_ABOVE = 1e-9

_ROOM = Context(prec=400)
"""Digits for the largest number of a cell, 10³⁰⁸, in full."""

_MOST_DECIMALS = 30
"""A code may ask for no more ([MS-OI29500], 2.1.739)."""

_TOKEN = regex.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<room>_.)|(?P<fill>\*.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General)|(?P<exponent>E[+-])|(?P<mark>[0#?.,%@])|(?P<slash>/)|(?P<other>.)",
    regex.IGNORECASE | regex.DOTALL,
)
_SECTION = regex.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[]|["\\\[])*', regex.DOTALL)
_CURRENCY = regex.compile(r"\$(?P<sign>[^-]*)(?:-.*)?")
_CONDITION = regex.compile(r"[<>=]")
_NOT_NOUGHT = regex.compile(r"[1-9]")
_NO_FIELD = regex.compile(r'"[^"]*"|\\.|_.|\*.|\[\$[^\]]*\]|\[(?![hms]+\])[^\]]*\]', regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Code:
    """A section of a format: its parts in order, each a kind and what it says; its kinds; all its marks."""

    parts: tuple[tuple[str, str], ...]
    kinds: frozenset[str]
    marks: str


def shown_number(value: float, code: str) -> str:
    """A number as a sheet shows it under a format; empty where the format hides it.

    Grouping, decimals, percent, currencies, brackets around negative figures and words are those of the
    format. A format that this does not know (fractions, conditions) counts as none. A cell without a format
    has ten significant digits, as one of the usual width has.

    Args:
        value: the cell's number.
        code: its format: ``#,##0.00;(#,##0.00)``.
    """
    if not math.isfinite(value):
        return str(value)
    exact = Decimal(f"{value:.{_SIGNIFICANT_DIGITS}g}") if isinstance(value, float) else Decimal(value)
    chosen = _chosen(exact, _sections(code))
    if chosen is None:
        return general(exact)
    section, signed = chosen
    amount = abs(exact)
    written = _filled(amount, section)
    negative = exact < 0 and signed and _NOT_NOUGHT.search(written) is not None
    return flow(("-" if negative else "") + written)


def shown_text(text: str, code: str) -> str:
    """Words as a sheet shows them under a format; empty where the format hides them."""
    sections = _sections(code)
    if len(sections) < 4:
        return text
    parts = sections[3].parts
    if not parts:
        return ""
    if ("mark", "@") not in parts:
        return text
    return "".join(text if said == "@" else said for kind, said in parts if kind in {"literal", "mark"})


def shown_moment(value: date | time | timedelta, code: str) -> str:
    """A date, a time of day or a duration, as ISO 8601 writes it.

    What the format leaves out is left out: ``mmm yy`` is ``2023-06``, ``yyyy`` is ``2023``; but a day or a
    month alone still has its year.
    """
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
    """A number of a cell without a format: ten significant digits, whole numbers in full."""
    size = abs(value)
    if value == value.to_integral_value() and size < Decimal(_GENERAL_BELOW):
        return f"{int(value)}"
    if not Decimal(_GENERAL_ABOVE) <= size < Decimal(_GENERAL_BELOW):
        return f"{value.normalize(Context(prec=_GENERAL_DIGITS)):E}"
    places = _GENERAL_DIGITS - (2 if size < 1 else 1)  # the nought before the point takes one
    decimals = max(places - size.adjusted(), 0)
    text = f"{_rounded(value, decimals):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=1024)  # a workbook has many cells and few formats
def _sections(code: str) -> tuple[_Code, ...]:
    """The sections of a format: for positive and negative figures, zero and words."""
    sections: list[str] = []
    place = 0
    while place <= len(code):
        match = _SECTION.match(code, place)
        if match is None:
            break
        sections.append(match[0])
        place = match.end() + 1
    return tuple(map(_parsed, sections or [""]))


def _chosen(value: Decimal, codes: tuple[_Code, ...]) -> tuple[_Code, bool] | None:
    """The section for a figure, and whether its minus sign is still to be written; None for one not known."""
    if any("condition" in code.kinds for code in codes):
        return None
    number = 1 if value < 0 else 2 if value == 0 else 0
    chosen = codes[number] if number < len(codes) else codes[0]
    if len(codes) == 1 and not chosen.parts:
        return None
    return None if "slash" in chosen.kinds else (chosen, len(codes) == 1)


def _parsed(section: str) -> _Code:
    parts: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(section):
        kind, text = match.lastgroup or "other", match[match.lastgroup or 0]
        if kind in {"quoted", "escaped", "other"}:
            parts.append(("literal", text))
        elif kind == "room":
            parts.append(("literal", " "))
        elif kind == "bracket":
            currency = _CURRENCY.fullmatch(text)
            if currency:
                parts.append(("literal", currency["sign"]))
            elif _CONDITION.match(text):
                parts.append(("condition", text))
        elif kind != "fill":
            parts.append((kind, text))
    marks = "".join(text for kind, text in parts if kind == "mark")
    return _Code(tuple(parts), frozenset(kind for kind, _ in parts), marks)


def _filled(amount: Decimal, section: _Code) -> str:
    """The section with a figure's digits in place of its marks."""
    parts = section.parts
    if "general" in section.kinds or "@" in section.marks:
        return "".join(
            text if kind == "literal" else general(amount) for kind, text in parts if text not in {".", ","}
        )
    places = [place for place, (kind, text) in enumerate(parts) if kind == "mark" and text in "0#?.,"]
    amount = amount.scaleb(2 * section.marks.count("%"))
    if not places:
        return "".join(text for _, text in parts)
    first, last = places[0], places[-1]
    before = "".join(text for _, text in parts[:first])
    if "exponent" in section.kinds:
        return before + _scientific(amount, section)
    after = "".join(text for _, text in parts[last + 1 :])
    return before + _digits(amount, parts[first : last + 1]) + after


def _scientific(amount: Decimal, section: _Code) -> str:
    marks = "".join(text for kind, text in section.parts if kind in {"mark", "exponent"})
    mantissa = marks.upper().partition("E")[0]
    return f"{amount:.{min(len(mantissa.partition('.')[2]), _MOST_DECIMALS)}E}"


def _digits(amount: Decimal, parts: tuple[tuple[str, str], ...]) -> str:
    """A figure under the marks from the first to the last; what stands between them stays there."""
    point = next((place for place, part in enumerate(parts) if part == ("mark", ".")), len(parts))
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
        integer = _grouped(integer)
    elif any(kind == "literal" for kind, _ in whole):
        integer = _between(integer, whole)
    return integer + (f".{rest}" if rest else "")


def _grouped(digits: str) -> str:
    start = len(digits) % 3
    threes = [digits[at : at + 3] for at in range(start, len(digits), 3)]
    return ",".join([digits[:start], *threes] if start else threes)


def _between(digits: str, parts: tuple[tuple[str, str], ...]) -> str:
    """Digits with the words that the format sets between them: ``00-00`` makes ``12-34`` of 1234."""
    written: list[str] = []
    left = digits
    for kind, text in reversed([part for part in parts if part != ("mark", ",")]):
        written.append(text if kind == "literal" else left[-1:])
        left = left if kind == "literal" else left[:-1]
    return left + "".join(reversed(written))


def _rounded(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal((0, (1,), -decimals)), ROUND_HALF_UP, _ROOM)
