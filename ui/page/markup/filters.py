"""The markup that says which reports a question searched: their number and the filters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import babel
from babel.lists import format_list

from rag.answers import Searched
from ui.page.locales import Locale
from ui.page.markup.text import escape, localized_date

_NAMED = 3
"""The most values of a filter that a line names."""

_ONE_OF = {
    "publishers": "narrowed.publisher",
    "languages": "narrowed.language",
    "collections": "narrowed.collection",
    "kinds": "narrowed.kind",
}
"""The key of the string for each filter that can have several values."""

_DATES = {"published_after": "narrowed.after", "published_before": "narrowed.before"}


def filters_markup(searched: Searched | None, locale: Locale) -> str:
    """Return the line above an answer that names the filters of the search; empty without filters."""
    if searched is None or not searched.filters:
        return ""
    return f'<p class="fn-searched">{escape(_only(searched, locale))}</p>'


def searched_markup(searched: Searched | None, advice: str, locale: Locale) -> str:
    """Return a line below an answer that abstains: what was searched, and ``advice``, which is markup.

    The line leaves out the number of searched reports if it is unknown or 0.
    """
    what = ""
    if searched is not None and searched.filters:
        what = _only(searched, locale)
    elif searched is not None and searched.documents:
        what = locale.text("searched.reports", count=searched.documents)
    line = " ".join(filter(None, (escape(what), advice)))
    return f'<p class="fn-searched">{line}</p>' if line else ""


def _only(searched: Searched, locale: Locale) -> str:
    filters = locale.text("list.semicolon").join(filter_phrases(searched, locale))
    return locale.text("searched.only", filters=filters, count=searched.documents)


def filter_phrases(searched: Searched, locale: Locale) -> Iterator[str]:
    """Yield a phrase for each filter of a search."""
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
            yield locale.text(key, date=localized_date(locale, given[name]) or "")


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
    except KeyError:  # A program may filter by any kind.
        return code


def _language(code: str, locale: Locale) -> str:
    return str(babel.Locale(locale.language).languages.get(code, code))
