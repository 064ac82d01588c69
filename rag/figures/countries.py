"""Finds the countries that a text names, using babel's names of countries and languages."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

import regex

from index.text import fold

_CODES = ("en", "zh", "vi", "id", "es", "fr", "km")
_ENDING = regex.compile(r"(?:['’]s?|ians?|eans?|ans?|ns?|ese|ish|iens?|is?|s)$")
# Spoken in many countries, so that the name of the language points to none.
_SPLIT_LANGUAGES = frozenset({"en", "pt", "es", "ar", "sw"})
# Neither an ending of the country's name nor a language. *Britain* stands for the United Kingdom.
_PEOPLES = {
    "afghan": "AF", "american": "US", "argentine": "AR", "belgian": "BE", "britain": "GB", "british": "GB",
    "cypriot": "CY", "emirati": "AE", "filipino": "PH", "lebanese": "LB", "mexican": "MX", "moroccan": "MA",
    "peruvian": "PE", "philippine": "PH", "portuguese": "PT", "saudi": "SA", "spanish": "ES", "swiss": "CH",
}  # fmt: skip
_INITIALS = {"UK": "GB", "US": "US", "USA": "US", "UAE": "AE"}
# *US$* is a currency.
_WITH_INITIALS = regex.compile(r"(?<![\p{L}\p{N}.&-])(?:U\.?S\.?A|U\.?S|U\.?K|U\.?A\.?E)(?![\p{L}\p{N}&$])")
_PARTS_OF_WORLD = regex.compile(
    r"\b(?:Latin|North|South|Central|Meso|Pan)[ -]?American?s?\b", regex.IGNORECASE
)


@lru_cache(maxsize=4096)
def countries(text: str) -> frozenset[str]:
    """Return ISO 3166 codes: a country's name, people or language mentions it."""
    plain = _PARTS_OF_WORLD.sub(" ", _without_marks(text))
    found = [match[0].casefold() for match in _pattern().finditer(plain) if not match[0][0].islower()]
    initials = [_INITIALS[match[0].replace(".", "")] for match in _WITH_INITIALS.finditer(plain)]
    words = [word.casefold() for word in regex.findall(r"\p{Lu}[\p{L}’']+", plain)]
    peoples = {_of_people(word) for word in words if not any(word in name for name in found)}
    return frozenset(code for code in (*map(_names().__getitem__, found), *peoples, *initials) if code)


def names_same_country(name: str, text: str) -> bool:
    """*Spain* and *Spanish*."""
    named = countries(name)
    return bool(named) and not named.isdisjoint(countries(text))


def is_country(word: str) -> bool:
    folded = fold(word)
    return folded in _names() or word.replace(".", "") in _INITIALS or _of_people(folded) is not None


def _without_marks(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(mark for mark in plain if not unicodedata.combining(mark))


@cache
def _names() -> Mapping[str, str]:
    from babel import Locale

    names: dict[str, str] = {}
    for code in _CODES:
        for territory, name in Locale(code).territories.items():
            plain = fold(name.partition(" (")[0]).replace(" & ", " and ")  # *Myanmar (Burma)*
            if len(territory) == 2 and (len(plain) > 3 or not plain.isascii()):
                names.setdefault(plain, territory)
    return names


@cache
def _pattern() -> regex.Pattern[str]:
    names = "|".join(map(regex.escape, sorted(_names(), key=len, reverse=True)))
    return regex.compile(
        rf"(?<![\p{{Latin}}\p{{N}}-])(?:{names})(?![\p{{Latin}}\p{{N}}]|-\p{{L}})", regex.IGNORECASE
    )


@cache
def _languages() -> Mapping[str, str]:
    from babel import Locale
    from babel.core import get_global

    likely = get_global("likely_subtags")
    return {
        name.casefold(): likely[code].rpartition("_")[2]
        for code, name in Locale("en").languages.items()
        if code in likely and code not in _SPLIT_LANGUAGES and len(code) == 2
    }


@lru_cache(maxsize=4096)
def _of_people(word: str) -> str | None:
    """If several fit, as Niger and Nigeria fit *Nigerian*, the one with the longest name."""
    if word in _PEOPLES:
        return _PEOPLES[word]
    if word in _languages():
        return _languages()[word]
    stems = [word[: match.start()] for match in _ENDING.finditer(word, overlapped=True)]
    bases = [stem + end for stem in stems for end in ("", "a", "e")]
    known = [base for base in bases if len(base) > 3 and base in _names()]
    return _names()[max(known, key=len)] if known else None
