"""A conversation that is shown again from the answers that the library keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from index.store import Index
from rag.answers import Answer
from rag.feedback import Judgement, judgements
from rag.json_lines import JsonLinesError
from rag.kept_answers import AnswerNotFoundError, answers_until, conversation
from ui.arriving import Arrived
from ui.asked import Asked, Exchange
from ui.attribution import counted
from ui.escaping import escape
from ui.render import answer_markup, failure_markup

REPLACED = "Another answer has taken the place of this one in its conversation."


def restore(index: Index, conversation_id: str | None = None, answer_id: str | None = None) -> Asked:
    """A kept conversation; or an answer of one, with what came before it.

    Where there is none, the conversation is a new one, and says so.

    Args:
        index: the library.
        conversation_id: the conversation's.
        answer_id: an answer's, which stands above ``conversation_id``.
    """
    if answer_id is not None:
        return _until(index, answer_id)
    if conversation_id is None:
        return Asked()
    answers = conversation(index, conversation_id)
    if not answers:
        gone = f"there is no conversation “{conversation_id}” in this library; it may have been deleted"
        return Asked(notice=failure_markup(gone))
    return Asked(conversation_id, _exchanges(answers, _given(index)))


def _until(index: Index, answer_id: str) -> Asked:
    try:
        shown = answers_until(index, answer_id)
    except AnswerNotFoundError:
        gone = f"there is no answer “{answer_id}” in this library; it may have been deleted"
        return Asked(notice=failure_markup(gone))
    given = _given(index)
    own = shown[-1].conversation_id
    whole = conversation(index, own) if own is not None else []
    ids = [answer.answer_id for answer in whole]
    if own is None or answer_id not in ids:
        # Who asks on begins a conversation of their own: the other one has gone another way.
        notice = f'<p class="fn-notice">{REPLACED}</p>' if own is not None else ""
        return Asked(exchanges=_exchanges(shown, given), notice=notice)
    rest = whole[ids.index(answer_id) + 1 :]
    return Asked(own, _exchanges(shown, given), _goes_on(own, len(rest)), _exchanges(rest, given))


def _given(index: Index) -> Mapping[str, Judgement]:
    """What was said of answers; that it cannot be read is no reason not to show them."""
    try:
        return judgements(index.home)
    except (JsonLinesError, OSError):
        return {}


def _exchanges(answers: Iterable[Answer], given: Mapping[str, Judgement]) -> list[Exchange]:
    return [
        Exchange(
            answer.question,
            answer_markup(answer, given.get(answer.answer_id)),
            Arrived(answer.searched, answer.standalone, answer=answer),
        )
        for answer in answers
    ]


def _goes_on(conversation_id: str, more: int) -> str:
    """Says that the conversation goes on after the answer that is shown, with a link to the whole."""
    if not more:
        return ""
    whole = f'<a class="fn-whole" href="?conversation={escape(conversation_id)}">Show the whole of it</a>'
    return f'<p class="fn-notice">The conversation goes on with {counted(more, "answer")}. {whole}</p>'
