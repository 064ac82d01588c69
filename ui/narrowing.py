"""What was searched, in words: how many reports, and what narrowed them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from rag.caveats import name_language
from rag.searched import Searched
from ui.attribution import counted
from ui.dates import date_words
from ui.escaping import escape

_ONE_OF = {"publishers": "publisher", "collections": "collection", "kinds": "kind"}
"""Filters whose values are shown as they are, and what one of them is called."""

_NAMED = 3
"""Of many values, as many are named."""


def narrowed_markup(searched: Searched | None) -> str:
    """Says above an answer that only some reports were searched; empty where all were."""
    if searched is None or not searched.filters:
        return ""
    return f'<p class="fn-searched">{escape(_only(searched))}.</p>'


def searched_markup(searched: Searched | None, read: int) -> str:
    """Says of an abstention what was searched, and how many passages were read; empty where unknown."""
    if searched is None or not searched.documents:
        return narrowed_markup(searched)
    what = _only(searched) if searched.filters else f"Searched {counted(searched.documents, 'report')}"
    nearest = f" and read the {counted(read, 'passage')} that came nearest" if read else ""
    return f'<p class="fn-searched">{escape(f"{what}{nearest}")}.</p>'


def _only(searched: Searched) -> str:
    said = "; ".join(narrowing(searched))
    return f"Searched only: {said} ({counted(searched.documents, 'report')})"


def narrowing(searched: Searched) -> Iterator[str]:
    """What narrowed a search, a phrase each."""
    filters = searched.filters
    if filters.document_ids:
        yield _reports(searched)
    for name, values in asdict(filters).items():
        if name in _ONE_OF and values:
            yield f"{_ONE_OF[name]} {_any_of(values)}"
    if filters.languages:
        yield f"language {_any_of([name_language(code) for code in filters.languages])}"
    if filters.published_after:
        yield f"published after {date_words(filters.published_after)}"
    if filters.published_before:
        yield f"published before {date_words(filters.published_before)}"


def _reports(searched: Searched) -> str:
    number = len(searched.filters.document_ids)
    if not searched.titles:
        return counted(number, "chosen report")
    titles = [f"“{title}”" for title in searched.titles]
    return f"the report{'' if number == 1 else 's'} {_listed(titles, number)}"


def _any_of(values: Sequence[str]) -> str:
    return _listed(values[:_NAMED], len(values), "or")


def _listed(named: Sequence[str], number: int, link: str = "and") -> str:
    """Some of ``number`` things, and how many more there are."""
    more = number - len(named)
    if more > 0:
        return f"{', '.join(named)} {link} {counted(more, 'other')}"
    return f" {link} ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
