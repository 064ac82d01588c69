"""Restores a conversation on the page from the answers that the library stores."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from index.library import Library
from rag.conversations import AnswerStore, Judgement, Kept, answers_until, conversation, judgements
from rag.errors import AnswerNotFoundError, DamagedAnswerError
from ui.page.conversation import Exchange, ShownConversation
from ui.page.locales import Locale
from ui.page.markup.answer import answer_markup, failure_markup
from ui.page.markup.text import escape, string_markup
from ui.page.partial_answer import PartialAnswer


def restore(
    index: Library, locale: Locale, conversation_id: str | None = None, answer_id: str | None = None
) -> ShownConversation:
    """Restore a stored conversation, or its part up to an answer.

    If the library has no such conversation or answer, the result is a new conversation with a notice.

    Args:
        index: the library.
        locale: the reader's language.
        conversation_id: the id of the conversation; None for a new conversation.
        answer_id: the id of an answer. If it is given, the answer's conversation is restored up to this
            answer, and ``conversation_id`` is ignored.
    """
    if answer_id is not None:
        return _until(index, answer_id, locale)
    if conversation_id is None:
        return ShownConversation(locale=locale)
    answers = conversation(index.catalog, conversation_id)
    if not answers:
        gone = locale.text("restored.noConversation", id=conversation_id)
        return ShownConversation(notice=failure_markup(gone), locale=locale)
    exchanges = _exchanges(answers, _judgements(index, answers), locale)
    return ShownConversation(_id_of(index, conversation_id), exchanges, locale=locale)


def _until(index: Library, answer_id: str, locale: Locale) -> ShownConversation:
    try:
        before, last = answers_until(index.catalog, answer_id)
    except DamagedAnswerError:
        damaged = locale.text("restored.damaged", id=answer_id)
        return ShownConversation(notice=failure_markup(damaged), locale=locale)
    except AnswerNotFoundError:
        gone = locale.text("restored.noAnswer", id=answer_id)
        return ShownConversation(notice=failure_markup(gone), locale=locale)
    shown, own = [*before, last], last.conversation_id
    whole = conversation(index.catalog, own) if own is not None else []
    by_answer = _judgements(index, [*shown, *whole])
    ids = [answer.answer_id for answer in whole]
    exchanges = _exchanges(shown, by_answer, locale)
    if own is None or answer_id not in ids:
        # This answer was replaced in its own conversation, so a new question starts a new conversation.
        replaced = f'<p class="fn-notice">{string_markup(locale, "restored.replaced")}</p>'
        return ShownConversation(
            exchanges=exchanges, notice=replaced if own is not None else "", locale=locale
        )
    rest = _exchanges(whole[ids.index(answer_id) + 1 :], by_answer, locale)
    notice = _continues_notice(own, len(rest), locale)
    return ShownConversation(_id_of(index, own), exchanges, notice, rest, locale)


def _id_of(index: Library, conversation_id: str) -> str:
    """Return the id of the conversation to which answers are added after a stored conversation is shown.

    It is the same conversation, or a new one if the stored conversation belongs to another user.
    """
    return conversation_id if AnswerStore(index.catalog).owns(conversation_id) else uuid.uuid4().hex


def _judgements(index: Library, answers: Iterable[Kept]) -> Mapping[str, Judgement]:
    return judgements(index.catalog, {answer.answer_id for answer in answers})


def _exchanges(answers: Iterable[Kept], by_answer: Mapping[str, Judgement], locale: Locale) -> list[Exchange]:
    return [_exchange(answer, by_answer.get(answer.answer_id), locale) for answer in answers]


def _exchange(answer: Kept, judgement: Judgement | None, locale: Locale) -> Exchange:
    if isinstance(answer, DamagedAnswerError):
        # The question is lost with the text.
        damaged = failure_markup(locale.text("restored.damaged", id=answer.answer_id))
        return Exchange("…", damaged, is_stopped_or_failed=True)
    return Exchange(
        answer.question,
        answer_markup(answer, locale, judgement),
        PartialAnswer(answer.searched, answer.standalone, answer.searched_for, answer=answer),
    )


def _continues_notice(conversation_id: str, more: int, locale: Locale) -> str:
    """Return a notice that ``more`` exchanges follow the shown answer, with a link to the conversation.

    Empty if no exchange follows.
    """
    if not more:
        return ""
    whole = string_markup(locale, "restored.whole")
    link = f'<a class="fn-whole" href="?conversation={escape(conversation_id)}">{whole}</a>'
    return f'<p class="fn-notice">{string_markup(locale, "restored.goesOn", more)} {link}</p>'
