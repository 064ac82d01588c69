"""Where shown words come from, as markup: a report's title that opens it, its publisher, date and pages."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answers import Citation, Passage
from ui.escaping import escape
from ui.naming import RECOGNISED, source_facts
from ui.places import source_target


def title_markup(place: Citation | Passage, name: str = "fn-title") -> str:
    """A report's title, a link of the class ``name`` that opens it at the words."""
    return f'<a class="{name}" href="{source_target(place)}">{escape(place.title)}</a>'


def facts_markup(place: Citation | Passage, pages: Sequence[int | None], *, recognised: bool) -> str:
    """What is known of a report, to stand behind its title: publisher · date · pages, each a span."""
    facts = source_facts(place.publisher, place.author, place.published, *pages)
    facts += [RECOGNISED] if recognised else []
    return "".join(f' <span class="fn-fact">{escape(fact)}</span>' for fact in facts)


def badge_markup(cited: Citation) -> str:
    """Says of a report that a newer version had replaced it when it was cited; empty where none had."""
    if cited.superseded_by is None:
        return ""
    return f' <span class="fn-badge fn-superseded">superseded by version {cited.superseded_by}</span>'


def counted(number: int, noun: str) -> str:
    """A number of things in words: ``1 report``, ``7 reports``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
