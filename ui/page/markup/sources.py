"""The markup of sources: links to the cited words, a report's facts, and the list of sources below an answer.

The target of a link has everything that the page's script needs to open the source, since Gradio's sanitiser
removes ``data-*`` attributes. The target is ``#cite-DOCUMENT-VERSION-START-END``; if the question asks for
one cell of a row, ``-START-END`` of the cell follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag.answers import Citation, Copy, Passage
from ui.page.locales import Locale
from ui.page.markup.text import escape, localized_date, source_date


def source_target(place: Citation | Copy | Passage) -> str:
    """Return the link target that opens a source at the exact words of ``place``.

    If ``place`` is a ``Copy``, the source is another document that has the words of a citation.
    """
    cell = place.cell if isinstance(place, Citation) else None
    within = f"-{cell.start}-{cell.end}" if cell else ""
    return f"#cite-{place.document_id}-{place.version}-{place.start}-{place.end}{within}"


def mark_markup(cited: Citation, locale: Locale) -> str:
    """Return the mark of a footnote, such as ``[2]``: a link that opens the source at the quote."""
    number, title = str(cited.id), cited.title
    if cited.page is None:
        label = locale.text("mark.open", number=number, title=title)
    else:
        label = locale.text("mark.openPage", number=number, title=title, page=str(cited.page))
    return f'<a class="fn-mark" href="{source_target(cited)}" title="{escape(label)}">[{number}]</a>'


def title_link(place: Citation | Passage, name: str = "fn-title") -> str:
    """Return the title of a report, as a link to the words of ``place``; ``name`` is the link's CSS class."""
    return f'<a class="{name}" href="{source_target(place)}">{escape(place.title)}</a>'


def facts_markup(
    place: Citation | Passage, pages: Sequence[int | None], locale: Locale, *, recognised: bool
) -> str:
    """Return the facts that follow the title of a report, each as a span: publisher, date and pages.

    If the publisher is missing, the author takes its place: a commission's report often names only its
    author. If ``recognised``, a last fact says that the words come from text recognition (OCR).
    """
    numbers = [str(page) for page in pages if page is not None]
    facts = [place.publisher or place.author, localized_date(locale, place.published)]
    if numbers:
        listed = locale.text("list.comma").join(numbers)
        facts.append(locale.text("facts.pages", count=len(numbers), pages=listed))
    facts += [locale.text("facts.recognised")] if recognised else []
    return "".join(f' <span class="fn-fact">{escape(fact)}</span>' for fact in facts if fact)


def badge_markup(cited: Citation, locale: Locale) -> str:
    """Return a badge if the cited version was superseded before the answer was made; empty otherwise."""
    if cited.superseded_by is None:
        return ""
    words = escape(locale.text("facts.supersededBy", version=str(cited.superseded_by)))
    return f' <span class="fn-badge fn-superseded">{words}</span>'


def by_source(citations: Iterable[Citation]) -> list[list[Citation]]:
    """Return the citations grouped by document and version, in the order of each group's first citation."""
    sources: dict[tuple[int, int], list[Citation]] = {}
    for cited in citations:
        sources.setdefault((cited.document_id, cited.version), []).append(cited)
    return list(sources.values())


def source_markup(cited: Sequence[Citation], locale: Locale) -> str:
    """Return the title, publisher, date and cited pages of the document that all of ``cited`` cite."""
    pages = sorted({citation.page for citation in cited if citation.page is not None})
    recognised = any(citation.recognised for citation in cited)
    return f"{title_link(cited[0])}{facts_markup(cited[0], pages, locale, recognised=recognised)}"


def strip_markup(citations: Sequence[Citation], locale: Locale) -> str:
    """Return the strip below an answer: each cited document once, with its number of citations.

    The strip is empty without citations. If there is only one document, the strip has all facts of the
    document, because no line between the sentences names it.
    """
    sources = by_source(citations)
    if not sources:
        return ""
    describe = source_markup if len(sources) == 1 else _brief
    items = "".join(_item(cited, describe(cited, locale), locale) for cited in sources)
    heading = escape(locale.text("strip.sources", count=len(sources)))
    return f'<div class="fn-strip"><p class="fn-strip-name">{heading}</p><ul>{items}</ul></div>'


def _brief(cited: Sequence[Citation], locale: Locale) -> str:
    date = escape(source_date(locale, cited[0].published))
    return f'{title_link(cited[0])} <span class="fn-fact">{date}</span>'


def _item(cited: Sequence[Citation], source: str, locale: Locale) -> str:
    often = escape(locale.text("strip.cited", count=len(cited)))
    badge = badge_markup(cited[0], locale)
    return f'<li class="fn-source">{source} <span class="fn-often">{often}</span>{badge}</li>'
