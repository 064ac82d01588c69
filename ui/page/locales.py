"""The interface's words in a reader's language, from the files that the page's script reads as well.

A language's file has a string for each key, with ``{name}`` in place of a value. A string with a count has
one variant for each plural form of the language: ``key.one``, ``key.other`` and so on. If a language lacks a
string, the interface shows the English one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import babel
from babel.numbers import format_decimal

ENGLISH = "en"

_FOLDER = Path(__file__).parent / "assets" / "locales"
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Locale:
    """A language of the interface.

    Attributes:
        language: the language's code, such as ``en``.
        words: the strings in the language, by key.
    """

    language: str
    words: Mapping[str, str]

    def text(self, key: str, **values: str | int) -> str:
        """Return the string of a key as plain text, with the values filled in.

        A number is written as is usual in the language. The number ``count`` chooses the plural form.

        Raises:
            KeyError: if not even English has the key.
        """
        count = values.get("count")
        pattern = self._pattern(key, count if isinstance(count, int) else None)
        return _PLACE.sub(lambda place: self._written(values[place[1]]), pattern)

    def _pattern(self, key: str, count: int | None) -> str:
        for locale in (self, locale_in(ENGLISH)):
            form = key if count is None else f"{key}.{babel.Locale(locale.language).plural_form(count)}"
            found = locale.words.get(form) or locale.words.get(f"{key}.other")
            if found:
                return found
        raise KeyError(key)

    def _written(self, value: str | int) -> str:
        return format_decimal(value, locale=self.language) if isinstance(value, int) else value


@cache
def locale_in(language: str) -> Locale:
    """Return the strings of the interface in the language with this code, such as ``en``.

    Raises:
        FileNotFoundError: if there is no such language.
    """
    return Locale(language, json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8")))


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of the interface's languages, in alphabetical order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


def locale_for(accepted: str | None) -> Locale:
    """Return the strings of the interface in the language that an ``Accept-Language`` header prefers.

    The interface's language with the highest weight in the header is preferred
    (https://www.rfc-editor.org/rfc/rfc9110#name-accept-language). If the header names no language of the
    interface, the strings are English. Only the first part of a language tag counts (``zh`` of ``zh-CN``). A
    language with an invalid weight is ignored.
    """
    ranked = sorted(map(_weighed, (accepted or "").split(",")), key=lambda each: -each[1])
    chosen = (language for language, weight in ranked if weight > 0 and language in languages())
    return locale_in(next(chosen, ENGLISH))


def _weighed(part: str) -> tuple[str, float]:
    tag, _, parameter = part.partition(";")
    name, _, value = parameter.partition("=")
    try:
        weight = float(value) if name.strip() == "q" else 1.0
    except ValueError:
        weight = 0.0
    return tag.strip().lower().partition("-")[0], weight


def gradio_words(prefix: str) -> dict[str, dict[str, str]]:
    """Return the strings whose keys begin with ``prefix``, by language and key, for Gradio's ``I18n``.

    If a language lacks a string, the result has the English one, because Gradio would show the key.
    """
    english = locale_in(ENGLISH).words
    keys = [key for key in english if key.startswith(prefix)]
    return {
        language: {key: locale_in(language).words.get(key) or english[key] for key in keys}
        for language in languages()
    }
