"""The strip below an answer: each document that it cites, once, and how often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag.answers import Citation
from ui.attribution import badge_markup, facts_markup, title_markup


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
    """What is cited, in the order in which it is; empty where nothing is."""
    sources = by_source(citations)
    if not sources:
        return ""
    items = "".join(map(_item, sources))
    heading = "Source" if len(sources) == 1 else "Sources"
    return f'<div class="fn-strip"><p class="fn-strip-name">{heading}</p><ul>{items}</ul></div>'


def _item(cited: Sequence[Citation]) -> str:
    often = "cited once" if len(cited) == 1 else f"cited {len(cited)} times"
    count = f' <span class="fn-often">{often}</span>'
    return f'<li class="fn-source">{source_markup(cited)}{count}{badge_markup(cited[0])}</li>'
