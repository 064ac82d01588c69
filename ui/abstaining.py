"""An abstention as markup: why there is no answer, what was searched, and what came nearest."""

from __future__ import annotations

from rag.answers import Answer, Passage
from ui.attribution import facts_markup, title_markup
from ui.escaping import escape
from ui.excerpts import SHOWN_PASSAGES, excerpt
from ui.narrowing import searched_markup


def abstention_markup(answer: Answer) -> str:
    """The reason, and the nearest passages with what each of them lacks."""
    reason = escape(answer.reason or answer.text)
    nearest = "".join(map(_nearest, answer.passages[:SHOWN_PASSAGES]))
    listed = f'<p class="fn-nearest">Nearest passages</p><ol>{nearest}</ol>' if nearest else ""
    return (
        '<p class="fn-none">No answer in this library</p>'
        f'<p class="fn-reason">{reason}</p>'
        f"{searched_markup(answer.searched, len(answer.passages))}{listed}"
    )


def _nearest(passage: Passage) -> str:
    facts = facts_markup(passage, [passage.page], recognised=passage.recognised)
    shortfall = f"This passage {passage.shortfall}." if passage.shortfall else ""
    why = f'<p class="fn-shortfall">{escape(shortfall)}</p>' if shortfall else ""
    words = escape(excerpt(passage.text))
    return (
        f'<li><p class="fn-source">{title_markup(passage)}{facts}</p>'
        f'<p class="fn-excerpt">{words}</p>{why}</li>'
    )
