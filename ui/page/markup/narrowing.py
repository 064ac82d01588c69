"""What was searched, in words: how many reports, and what narrowed them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import babel
from babel.lists import format_list

from rag.answers import Searched
from ui.page.locales import Locale
from ui.page.markup.escaping import escape
from ui.page.markup.saying import date_in

_NAMED = 3
"""Of many values, as many are named."""

_ONE_OF = {
    "publishers": "narrowed.publisher",
    "languages": "narrowed.language",
    "collections": "narrowed.collection",
    "kinds": "narrowed.kind",
}
"""Filters that leave what has one of their values."""

_DATES = {"published_after": "narrowed.after", "published_before": "narrowed.before"}


def narrowed_markup(searched: Searched | None, locale: Locale) -> str:
    """Says above an answer that only some reports were searched; empty where all were."""
    if searched is None or not searched.filters:
        return ""
    return _paragraph(_only(searched, locale))


def searched_markup(searched: Searched | None, read: int, locale: Locale) -> str:
    """Says of an abstention what was searched, and how many passages were read; empty where unknown."""
    if searched is None or not searched.documents:
        return narrowed_markup(searched, locale)
    what = (
        _only(searched, locale)
        if searched.filters
        else locale.text("searched.reports", count=searched.documents)
    )
    nearest = locale.text("searched.passages", count=read) if read else ""
    return _paragraph(f"{what} {nearest}".strip())


def _paragraph(words: str) -> str:
    return f'<p class="fn-searched">{escape(words)}</p>'


def _only(searched: Searched, locale: Locale) -> str:
    filters = locale.text("list.semicolon").join(narrowing(searched, locale))
    return locale.text("searched.only", filters=filters, count=searched.documents)


def narrowing(searched: Searched, locale: Locale) -> Iterator[str]:
    """What narrowed a search, a phrase each."""
    if searched.filters.document_ids:
        yield _reports(searched, locale)
    given = asdict(searched.filters)
    for name, key in _ONE_OF.items():
        values = given.get(name) or ()
        if name == "languages":
            values = [_language(code, locale) for code in values]
        elif name == "kinds":
            values = [_kind(code, locale) for code in values]
        if values:
            yield locale.text(key, name=_any_of(values, locale))
    for name, key in _DATES.items():
        if given[name]:
            yield locale.text(key, date=date_in(locale, given[name]) or "")


def _reports(searched: Searched, locale: Locale) -> str:
    number = len(searched.filters.document_ids)
    titles = [locale.text("narrowed.title", title=title) for title in searched.titles]
    more = number - len(titles)
    if not titles:
        return locale.text("narrowed.reports", count=number)
    if more:
        titles.append(locale.text("narrowed.others", count=more))
    return str(format_list(titles, "standard", locale=locale.language))


def _any_of(values: Sequence[str], locale: Locale) -> str:
    named = list(values[:_NAMED])
    if len(values) > _NAMED:
        named.append(locale.text("narrowed.others", count=len(values) - _NAMED))
    return str(format_list(named, "or", locale=locale.language))


def _kind(code: str, locale: Locale) -> str:
    try:
        return locale.text(f"kind.{code}")
    except KeyError:  # A question may be kept to a kind of which there is no file.
        return code


def _language(code: str, locale: Locale) -> str:
    return str(babel.Locale(locale.language).languages.get(code, code))
