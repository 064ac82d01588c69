"""Finds the units, currencies and scales that texts name, in several languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

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
DOLLAR = "dollar"

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


@cache
def _pattern(names: str) -> regex.Pattern[str]:
    table = _UNITS if names == "units" else _CURRENCIES
    forms = "|".join(f"(?P<n{number}>{form})" for number, form in enumerate(table.values()))
    # (?p) selects POSIX matching: the longest form wins.
    return regex.compile(rf"(?p)(?:{forms})(?![a-zà-ỹđ\d²³])", regex.IGNORECASE)


def _name(match: regex.Match[str], table: Mapping[str, str]) -> str:
    return list(table)[int(str(match.lastgroup)[1:])]


def unit_at(text: str, offset: int) -> tuple[str, int] | None:
    start = offset + (1 if text[offset : offset + 1] in {" ", "-", "\u00a0", "\u202f"} else 0)
    match = _pattern("units").match(text, start)
    return (_name(match, _UNITS), match.end()) if match else None


def currency_at(text: str, offset: int) -> tuple[str, int] | None:
    """Also return its end. The code is ISO 4217, or a name such as ``dollar`` for one of several."""
    start = offset + (text[offset : offset + 1] in {" ", "\u00a0", "\u202f"})
    match = _pattern("currencies").match(text, start)
    return (_name(match, _CURRENCIES), match.end()) if match else None


def currency_before(text: str, offset: int) -> tuple[str, int] | None:
    first = max(0, offset - 8)
    before = text[first:offset].rstrip(" \u00a0\u202f")
    for start in range(len(before)):
        if start and before[start - 1].isalpha() and before[start].isalpha():
            continue
        match = _pattern("currencies").fullmatch(before, start)
        if match and (not match[0].isalpha() or len(match[0]) <= 3):
            return _name(match, _CURRENCIES), first + start
    return None


# In a heading or caption; *billion* is a thousand millions.
_MONEY = r"(?:[$€£]|eur)\s?"
_SCALES: Mapping[int, str] = {
    10**3: rf"thousands?|['’]?000s?|tausend|tsd|milliers?|(?:miles|mil|milhares)(?=\sde\b)|ribuan|ribu"
           rf"|nghìn|ngàn|[tk](?:€|eur)|{_MONEY}(?:k|['’]?000s?)",
    10**6: rf"millions?|mn|millionen|mio|millón|millones|milhões|milioni|jutaan|juta|triệu|{_MONEY}m",
    10**9: r"billions?|bn|milliards?|milliarden|mrd|miliaran|miliar|tỷ",
    10**12: r"trillions?|triliun",
}  # fmt: skip
_HAN_SCALES = {"百万": 10**6, "十亿": 10**9, "万": 10**4, "亿": 10**8, "千": 10**3}
SCALE = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}.,])(?:{'|'.join(f'(?P<n{power}>{forms})' for power, forms in _SCALES.items())})"
    rf"(?![\p{{L}}\p{{N}}])|(?P<han>{'|'.join(_HAN_SCALES)})(?![米克瓦])(?=\p{{Han}}{{0,2}}(?:$|\P{{Han}}))",
    regex.IGNORECASE,
)


@lru_cache(maxsize=4096)
def scale_in(words: str) -> int:
    """1,000 for *in thousands* and *T€*; 1 without a scale."""
    match = SCALE.search(words)
    if match is None:
        return 1
    return _HAN_SCALES[match["han"]] if match["han"] else int(str(match.lastgroup)[1:])


# Signs and codes in any place, words only where they tell in what something is counted.
_SAYS_CURRENCY = regex.compile(
    r"(?<![\p{L}\p{N}])(?=(?-i:[A-Z]{1,3}\s?)?\p{Sc}|(?-i:[A-Z]{3}|Rp|RM)(?!\p{L}))"
    r"|(?:\A|[(\[])(?=\p{L}[\p{L}. ]{2,20}(?:[)\],]|\Z|\s(?:in|and)\b))"
    r"|(?<=[千万亿])(?=[美欧日港]?元)"
    r"|(?:\b(?:in|of|de|en|dalam|thousand|million|billion|millionen|mio\.?|mrd\.?|juta|triệu|tỷ)\s|\bd['’])(?=\p{L})",
    regex.IGNORECASE,
)
_GLUED = regex.compile(
    r"(?<=\p{Sc})(?=\p{L})|(?<=\b[Tk])(?=€|EUR\b)|(?<=\b(?:EUR|USD|GBP))(?=(?:k|m|mn|bn)\b)"
)
_NUMBER_FOLLOWS = regex.compile(r"\s?\p{N}")


@lru_cache(maxsize=4096)
def currency_in(words: str) -> tuple[str, str] | None:
    """The currency that a heading states and its printed form; that of an amount, as in *$1 par*, is none."""
    words = _GLUED.sub(" ", words)
    for match in _SAYS_CURRENCY.finditer(words):
        found = currency_at(words, match.end())
        if found and not _NUMBER_FOLLOWS.match(words, found[1]):
            return found[0], words[match.end() : found[1]]
    return None


_PLACES = regex.compile(
    r"[(\[](?:in\s)?(?P<unit>[^()\[\]]{2,40})[)\]]|(?:,\s|\bin\s)(?P<unit>[^,()\[\]]{2,40})\Z",
    regex.IGNORECASE,
)
_REST = regex.compile(r"(?:\s?(?:/|per\s)\s?\p{L}[\p{L}\p{N}²³ ]{0,20})?", regex.IGNORECASE)
_CARBON = regex.compile(r"\s?(?:of\s)?CO\s?[2₂]\p{L}{0,2}", regex.IGNORECASE)
_SCALED = regex.compile(rf"(?:{SCALE.pattern})\.?\s(?:of\s)?", regex.IGNORECASE)
_TIMES = frozenset(("second", "minute", "hour", "day", "week", "month", "year", "decade", "time"))


@lru_cache(maxsize=4096)
def unit_in(heading: str) -> str:
    """As printed, with its scale: in brackets, at the end, or all of it, unless in capitals or a time.

    Percentages are no such unit.
    """
    held = heading.strip()
    found = [(match["unit"].strip(), False) for match in _PLACES.finditer(held)]
    for words, is_whole in [*found, (held, True)]:
        bare = _CARBON.sub("", _SCALED.sub("", words))
        unit = unit_at(bare, 0)
        is_name = is_whole and (words.isupper() or (unit is not None and unit[0] in _TIMES))
        if unit and unit[0] != PERCENT and len(words) > 1 and not is_name and _REST.fullmatch(bare, unit[1]):
            return words
    return ""
