"""An abstention as markup: why there is no answer, what was searched, and what came nearest."""

from __future__ import annotations

from rag.answers import Answer, Passage
from ui.page.locales import Locale
from ui.page.markup.attribution import facts_markup, title_markup
from ui.page.markup.escaping import escape
from ui.page.markup.narrowing import searched_markup
from ui.words import SHOWN_PASSAGES, excerpt


def abstention_markup(answer: Answer, locale: Locale) -> str:
    """The reason, and the nearest passages with what each of them lacks."""
    reason = escape(answer.reason or answer.text)
    nearest = "".join(_nearest(passage, locale) for passage in answer.passages[:SHOWN_PASSAGES])
    heading = escape(locale.text("abstention.nearest"))
    listed = f'<p class="fn-nearest">{heading}</p><ol>{nearest}</ol>' if nearest else ""
    return (
        f'<p class="fn-none">{escape(locale.text("abstention.none"))}</p>'
        f'<p class="fn-reason">{reason}</p>'
        f"{searched_markup(answer.searched, len(answer.passages), locale)}{listed}"
    )


def _nearest(passage: Passage, locale: Locale) -> str:
    facts = facts_markup(passage, [passage.page], locale, recognised=passage.recognised)
    why = ""
    if passage.shortfall:
        shortfall = escape(locale.text("abstention.shortfall", shortfall=passage.shortfall))
        why = f'<p class="fn-shortfall">{shortfall}</p>'
    words = escape(excerpt(passage.text))
    return (
        f'<li><p class="fn-source">{title_markup(passage)}{facts}</p>'
        f'<p class="fn-excerpt">{words}</p>{why}</li>'
    )
