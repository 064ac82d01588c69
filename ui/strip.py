"""The strip below an answer: each document that it cites, once, and how often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag.answers import Citation
from ui.attribution import badge_markup, facts_markup, title_markup
from ui.escaping import escape
from ui.naming import dated


_OFTEN = {1: "once", 2: "twice"}


def by_source(citations: Iterable[Citation]) -> list[list[Citation]]:
    """Citations by the version of the document that they cite, in the order of the first of each."""
    sources: dict[tuple[int, int], list[Citation]] = {}
    for cited in citations:
        sources.setdefault((cited.document_id, cited.version), []).append(cited)
    return list(sources.values())


def source_markup(cited: Sequence[Citation]) -> str:
    """The document of some citations: its title · publisher · date · the pages that are cited."""
    pages = sorted({citation.page for citation in cited if citation.page is not None})
    facts = facts_markup(cited[0], pages, recognised=any(citation.recognised for citation in cited))
    return f"{title_markup(cited[0])}{facts}"


def strip_markup(citations: Sequence[Citation]) -> str:
    """What is cited, in the order in which it is; empty where nothing is.

    A source by itself is not named anywhere else, and has all that is known of it.
    """
    sources = by_source(citations)
    if not sources:
        return ""
    alone = len(sources) == 1
    items = "".join(_item(cited, source_markup(cited) if alone else _brief(cited[0])) for cited in sources)
    heading = "Source" if alone else "Sources"
    return f'<div class="fn-strip"><p class="fn-strip-name">{heading}</p><ul>{items}</ul></div>'


def _brief(cited: Citation) -> str:
    return f'{title_markup(cited)} <span class="fn-fact">{escape(dated(cited.published))}</span>'


def _item(cited: Sequence[Citation], source: str) -> str:
    often = _OFTEN.get(len(cited), f"{len(cited)} times")
    return f'<li class="fn-source">{source} <span class="fn-often">cited {often}</span>{badge_markup(cited[0])}</li>'
