"""Where shown words come from, as markup: a report's title that opens it, its publisher, date and pages."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answers import Citation, Passage
from ui.page.locales import Locale
from ui.page.markup.escaping import escape
from ui.page.markup.places import source_target
from ui.page.markup.saying import date_in


def title_markup(place: Citation | Passage, name: str = "fn-title") -> str:
    """A report's title, a link of the class ``name`` that opens it at the words."""
    return f'<a class="{name}" href="{source_target(place)}">{escape(place.title)}</a>'


def facts_markup(
    place: Citation | Passage, pages: Sequence[int | None], locale: Locale, *, recognised: bool
) -> str:
    """What is known of a report, to stand behind its title: publisher · date · pages, each a span.

    A commission's report names the commission as its author and nobody as its publisher.
    """
    numbers = [str(page) for page in pages if page is not None]
    facts = [place.publisher or place.author, date_in(locale, place.published)]
    if numbers:
        listed = locale.text("list.comma").join(numbers)
        facts.append(locale.text("facts.pages", count=len(numbers), pages=listed))
    facts += [locale.text("facts.recognised")] if recognised else []
    return "".join(f' <span class="fn-fact">{escape(fact)}</span>' for fact in facts if fact)


def badge_markup(cited: Citation, locale: Locale) -> str:
    """Says of a report that a newer version had replaced it when it was cited; empty where none had."""
    if cited.superseded_by is None:
        return ""
    words = escape(locale.text("facts.supersededBy", version=str(cited.superseded_by)))
    return f' <span class="fn-badge fn-superseded">{words}</span>'
