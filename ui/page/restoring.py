"""A conversation that is shown again from the answers that the library keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from index.library import Library
from rag.answers import Answer
from rag.conversations import Judgement, answers_until, conversation, judgements
from rag.errors import AnswerNotFoundError, JsonLinesError
from ui.page.arriving import Arrived
from ui.page.locales import Locale
from ui.page.markup.answer import answer_markup, failure_markup
from ui.page.markup.escaping import escape
from ui.page.markup.saying import said
from ui.page.turns import Asked, Exchange


def restore(
    index: Library, locale: Locale, conversation_id: str | None = None, answer_id: str | None = None
) -> Asked:
    """A kept conversation; or an answer of one, with what came before it.

    Where there is none, the conversation is a new one, and says so.

    Args:
        index: the library.
        locale: the reader's language.
        conversation_id: the conversation's.
        answer_id: an answer's, which stands above ``conversation_id``.
    """
    if answer_id is not None:
        return _until(index, answer_id, locale)
    if conversation_id is None:
        return Asked(locale=locale)
    answers = conversation(index, conversation_id)
    if not answers:
        gone = locale.text("restored.noConversation", id=conversation_id)
        return Asked(notice=failure_markup(gone), locale=locale)
    return Asked(conversation_id, _exchanges(answers, _given(index), locale), locale=locale)


def _until(index: Library, answer_id: str, locale: Locale) -> Asked:
    try:
        shown = answers_until(index, answer_id)
    except AnswerNotFoundError:
        gone = locale.text("restored.noAnswer", id=answer_id)
        return Asked(notice=failure_markup(gone), locale=locale)
    given = _given(index)
    own = shown[-1].conversation_id
    whole = conversation(index, own) if own is not None else []
    ids = [answer.answer_id for answer in whole]
    exchanges = _exchanges(shown, given, locale)
    if own is None or answer_id not in ids:
        # Who asks on begins a conversation of their own: the other one has gone another way.
        replaced = f'<p class="fn-notice">{said(locale, "restored.replaced")}</p>'
        return Asked(exchanges=exchanges, notice=replaced if own is not None else "", locale=locale)
    rest = _exchanges(whole[ids.index(answer_id) + 1 :], given, locale)
    return Asked(own, exchanges, _goes_on(own, len(rest), locale), rest, locale)


def _given(index: Library) -> Mapping[str, Judgement]:
    """What was said of answers; that it cannot be read is no reason not to show them."""
    try:
        return judgements(index.home)
    except (JsonLinesError, OSError):
        return {}


def _exchanges(answers: Iterable[Answer], given: Mapping[str, Judgement], locale: Locale) -> list[Exchange]:
    return [
        Exchange(
            answer.question,
            answer_markup(answer, locale, given.get(answer.answer_id)),
            Arrived(answer.searched, answer.standalone, answer=answer),
        )
        for answer in answers
    ]


def _goes_on(conversation_id: str, more: int, locale: Locale) -> str:
    """Says that the conversation goes on after the answer that is shown, with a link to the whole."""
    if not more:
        return ""
    whole = said(locale, "restored.whole")
    link = f'<a class="fn-whole" href="?conversation={escape(conversation_id)}">{whole}</a>'
    return f'<p class="fn-notice">{said(locale, "restored.goesOn", more)} {link}</p>'
