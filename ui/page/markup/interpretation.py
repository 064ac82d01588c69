"""The markup above an answer: the corrected question, the rewritten follow-up question, and the filters.

A follow-up question is rewritten so that it can be understood without the conversation.
"""

from __future__ import annotations

from rag.answers import Searched
from ui.page.locales import Locale
from ui.page.markup.filters import filters_markup
from ui.page.markup.text import escape, string_markup


def interpretation_markup(
    standalone: str | None, searched_for: str | None, searched: Searched | None, locale: Locale
) -> str:
    """Return the lines above an answer in progress: one for each of the first three arguments that is given.

    Args:
        standalone: the follow-up question, rewritten so that it can be understood without the conversation.
        searched_for: the question with its spelling corrected.
        searched: the filters of the search; a search without filters gives no line.
        locale: the reader's language.
    """
    corrected = corrected_markup(searched_for, locale, is_answered=False)
    return corrected + understood_markup(standalone, locale) + filters_markup(searched, locale)


def corrected_markup(searched_for: str | None, locale: Locale, *, is_answered: bool) -> str:
    """Return a line with the corrected question; empty if the spelling was not corrected.

    If ``is_answered`` is true, the line has a button that searches for the question as typed.
    """
    if searched_for is None:
        return ""
    words = string_markup(locale, "answer.searchedFor", question=f"<q>{escape(searched_for)}</q>")
    label = escape(locale.text("act.exact"))
    button = f' <button class="fn-act fn-act-exact">{label}</button>' if is_answered else ""
    return f'<p class="fn-understood">{words}{button}</p>'


def understood_markup(standalone: str | None, locale: Locale) -> str:
    """Return a line with the rewritten form of a follow-up question; empty if it was not rewritten."""
    if standalone is None:
        return ""
    words = string_markup(locale, "answer.understood", question=f"<q>{escape(standalone)}</q>")
    return f'<p class="fn-understood">{words}</p>'
