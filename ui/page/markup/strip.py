"""The strip below an answer: each document that it cites, once, and how often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag.answers import Citation
from ui.page.locales import Locale
from ui.page.markup.attribution import badge_markup, facts_markup, title_markup
from ui.page.markup.escaping import escape
from ui.page.markup.saying import dated


def by_source(citations: Iterable[Citation]) -> list[list[Citation]]:
    """Citations by the version of the document that they cite, in the order of the first of each."""
    sources: dict[tuple[int, int], list[Citation]] = {}
    for cited in citations:
        sources.setdefault((cited.document_id, cited.version), []).append(cited)
    return list(sources.values())


def source_markup(cited: Sequence[Citation], locale: Locale) -> str:
    """The document of some citations: its title · publisher · date · the pages that are cited."""
    pages = sorted({citation.page for citation in cited if citation.page is not None})
    recognised = any(citation.recognised for citation in cited)
    return f"{title_markup(cited[0])}{facts_markup(cited[0], pages, locale, recognised=recognised)}"


def strip_markup(citations: Sequence[Citation], locale: Locale) -> str:
    """What is cited, in the order in which it is; empty where nothing is.

    A source by itself is not named anywhere else, and has all that is known of it.
    """
    sources = by_source(citations)
    if not sources:
        return ""
    describe = source_markup if len(sources) == 1 else _brief
    items = "".join(_item(cited, describe(cited, locale), locale) for cited in sources)
    heading = escape(locale.text("strip.sources", count=len(sources)))
    return f'<div class="fn-strip"><p class="fn-strip-name">{heading}</p><ul>{items}</ul></div>'


def _brief(cited: Sequence[Citation], locale: Locale) -> str:
    date = escape(dated(locale, cited[0].published))
    return f'{title_markup(cited[0])} <span class="fn-fact">{date}</span>'


def _item(cited: Sequence[Citation], source: str, locale: Locale) -> str:
    often = escape(locale.text("strip.cited", count=len(cited)))
    badge = badge_markup(cited[0], locale)
    return f'<li class="fn-source">{source} <span class="fn-often">{often}</span>{badge}</li>'
