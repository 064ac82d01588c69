"""Names of units and currencies in several languages, and exact conversions between units."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache

import regex

PERCENT = "percent"
POINTS = "percentage point"

_UNITS: Mapping[str, str] = {
    PERCENT: "%|％|per cent|percent|pct|phần trăm|persen|pour cent|prozent|por ciento|por cento|percento",
    POINTS: "percentage points?|pp|điểm phần trăm|poin persentase|poin persen|个百分点|prozentpunkte?"
            "|points? de pourcentage",
    "millimetre": "mm|millimet(?:re|er)s?|毫米|milimeter",
    "centimetre": "cm|centimet(?:re|er)s?|厘米|xen-ti-mét|sentimeter",
    "metre": "m|met(?:re|er)s?|米|mét|meter|mètres?|metros?",
    "kilometre": "km|kilomet(?:re|er)s?|公里|千米|ki-lô-mét|cây số|kilomètres?|kilómetros?|quilômetros?",
    "mile": "miles?|mi|英里|dặm|mil laut",
    "foot": "feet|foot|ft|英尺|kaki",
    "inch": "inch(?:es)?|英寸|inci",
    "square metre": "m²|m2|sq m|square met(?:re|er)s?|平方米|mét vuông|meter persegi",
    "square kilometre": "km²|km2|sq km|square kilomet(?:re|er)s?|平方公里|kilomet vuông|km vuông"
                        "|kilometer persegi|km persegi",
    "hectare": "ha|hectares?|公顷|héc-ta|hecta|hektare?|hektar",
    "acre": "acres?|英亩|mẫu",
    "milligram": "mg|milligrams?|毫克",
    "gram": "g|grams?|grammes?|克",
    "kilogram": "kg|kgs|kilos?|kilogram(?:me)?s?|公斤|千克|ki-lô-gam|cân",
    "tonne": "t|tonnes?|metric tons?|吨|tấn|ton|tonnen|toneladas?",
    "short ton": "short tons?",
    "pound (weight)": "lbs?|磅",
    "millilitre": "ml|millilit(?:re|er)s?|毫升",
    "litre": "l|lit(?:re|er)s?|升|lít|litros?",
    "cubic metre": "m³|m3|cubic met(?:re|er)s?|立方米|mét khối|meter kubik",
    "gallon": "gallons?|加仑|galon",
    "barrel": "barrels?|bbl|桶|thùng|barel",
    "second": "seconds?|secs?|秒|giây|detik",
    "minute": "minutes?|mins?|分钟|phút|menit|minuten|minutos?",
    "hour": "hours?|hrs?|h|小时|giờ|tiếng|jam|stunden?|heures?|horas?",
    "day": "days?|天|日|ngày|hari|tage?|tagen|jours?|días?|dias?",
    "week": "weeks?|周|星期|tuần|minggu|pekan|wochen?|semaines?|semanas?",
    "month": "months?|个月|tháng|bulan|monate?|monaten|mois|meses|mes",
    "year": "years?|年|năm|tahun|jahre?|jahren|ans|années?|años?|anos?",
    "decade": "decades?|thập kỷ|dekade|dasawarsa",
    "year of age": "years? old|years? of age|岁|tuổi|year-olds?",
    "degree Celsius": "°\\s?c|degrees? celsius|degrees? centigrade|摄氏度|độ c|derajat celsius",
    "degree Fahrenheit": "°\\s?f|degrees? fahrenheit|华氏度|độ f",
    "degree": "degrees?|°|độ|derajat|度",
    "kilowatt-hour": "kwh|kilowatt[- ]hours?|千瓦时|度电",
    "megawatt-hour": "mwh|megawatt[- ]hours?|兆瓦时",
    "gigawatt-hour": "gwh|gigawatt[- ]hours?",
    "terawatt-hour": "twh|terawatt[- ]hours?",
    "kilowatt": "kw|kilowatts?|千瓦",
    "megawatt": "mw|megawatts?|兆瓦",
    "gigawatt": "gw|gigawatts?|吉瓦",
    "kilometre an hour": "km/h|kph|kmph|kilomet(?:re|er)s? (?:per|an) hour"
                         "|公里/小时|km/giờ|km/jam|km per jam",
    "mile an hour": "mph|miles? (?:per|an) hour|英里/小时",
    "knot": "knots?|节|hải lý/giờ",
    "kilobyte": "kb|kilobytes?",
    "megabyte": "mb|megabytes?",
    "gigabyte": "gb|gigabytes?",
    "terabyte": "tb|terabytes?",
    "time": "times|倍|lần|kali",
}  # fmt: skip
"""For the name of each unit, the pattern of its written forms; the case is ignored."""

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
"""Units that are exact multiples of another. A month has no exact number of days."""

DOLLAR = "dollar"
"""A dollar of an unknown country."""

_CURRENCIES: Mapping[str, str] = {
    "USD": r"us\$|usd|us dollars?|u\.s\. dollars?|american dollars?|美元|美金|đô la mỹ|đô-la mỹ|dolar as",
    "AUD": r"a\$|aud|australian dollars?|澳元", "CAD": r"c\$|cad|canadian dollars?|加元",
    "SGD": r"s\$|sgd|singapore dollars?|新元", "HKD": r"hk\$|hkd|hong kong dollars?|港元|港币",
    DOLLAR: r"\$|dollars?|đô la|đô-la|đôla|dolar|dólares?",
    "EUR": "€|eur|euros?|欧元|ơ-rô", "GBP": "£|gbp|pounds? sterling|pounds?|英镑|bảng anh|poundsterling",
    "JPY": "jpy|yen|日元|yên", "CNY": "cny|rmb|yuan|renminbi|人民币|元|nhân dân tệ|tệ", "YEN OR YUAN": "¥|￥",
    "VND": "₫|vnd|vnđ|đồng|dong|đ|越南盾|越盾", "IDR": "rp|idr|rupiah|印尼盾|印度尼西亚卢比",
    "MYR": "rm|myr|ringgit|林吉特", "THB": "฿|thb|baht|泰铢|bạt", "KHR": "៛|khr|riels?|瑞尔",
    "INR": "₹|inr|rupees?|卢比", "KRW": "₩|krw|south korean won|韩元",
    "PHP": "₱|php|pesos?|比索", "CHF": "chf|swiss francs?",
    "RUB": "₽|rub|roubles?|rubles?|卢布",
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


@cache
def _pattern(names: str) -> regex.Pattern[str]:
    table = _UNITS if names == "units" else _CURRENCIES
    forms = "|".join(f"(?P<n{number}>{form})" for number, form in enumerate(table.values()))
    # (?p) selects POSIX matching: the longest form wins.
    return regex.compile(rf"(?p)(?:{forms})(?![a-zà-ỹđ\d²³])", regex.IGNORECASE)


def _name(match: regex.Match[str], table: Mapping[str, str]) -> str:
    return list(table)[int(str(match.lastgroup)[1:])]


def unit_at(text: str, offset: int) -> tuple[str, int] | None:
    """Return the name and end of the unit at ``offset``, or after a space or hyphen there, or else None."""
    start = offset + (1 if text[offset : offset + 1] in {" ", "-", "\u00a0", "\u202f"} else 0)
    match = _pattern("units").match(text, start)
    return (_name(match, _UNITS), match.end()) if match else None


def currency_at(text: str, offset: int) -> tuple[str, int] | None:
    """Return the code and end of the currency at ``offset``, or after a space there, or else None.

    The code is from ISO 4217, or a name for a currency that may be one of several, such as ``dollar``.
    """
    start = offset + (text[offset : offset + 1] in {" ", "\u00a0", "\u202f"})
    match = _pattern("currencies").match(text, start)
    return (_name(match, _CURRENCIES), match.end()) if match else None


def currency_before(text: str, offset: int) -> tuple[str, int] | None:
    """Return the code and the start of the currency that ends just before ``offset``; None if there is none.

    The code is like that of :func:`currency_at`.
    """
    first = max(0, offset - 8)
    before = text[first:offset].rstrip(" \u00a0\u202f")
    for start in range(len(before)):
        if start and before[start - 1].isalpha() and before[start].isalpha():
            continue
        match = _pattern("currencies").fullmatch(before, start)
        if match and (not match[0].isalpha() or len(match[0]) <= 3):
            return _name(match, _CURRENCIES), first + start
    return None


def period_at(text: str, offset: int) -> tuple[str, int] | None:
    """Return the unit of a rate (``hour`` for *per hour*) at ``offset``, and the rate's end, or else None."""
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
    """Convert a value to the base unit of ``unit``, and return both: 2,000 and ``metre`` for 2 kilometres."""
    if unit is None:
        return value, None
    name, slash, rest = unit.partition("/")
    base, factor = _MULTIPLES.get(name, (name, "1"))
    return value * Decimal(factor), base + slash + rest


def same_currency(one: str | None, other: str | None) -> bool:
    """Return whether two currencies may be the same: a dollar of an unknown country matches any dollar."""
    if one == other:
        return True
    pair = {one, other}
    dollars = {DOLLAR, "USD", "AUD", "CAD", "SGD", "HKD"}
    return (DOLLAR in pair and pair <= dollars) or pair in ({"YEN OR YUAN", "JPY"}, {"YEN OR YUAN", "CNY"})
