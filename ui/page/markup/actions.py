"""What can be done with an answer: the buttons below it, which the script acts on, and files to save."""

from __future__ import annotations

from collections.abc import Mapping

from rag.answers import Answer
from rag.conversations import Judgement
from ui.page.locales import Locale
from ui.page.markup.escaping import escape

_FILES = ("md", "html", "docx")
"""What an answer can be saved as, by what the file's name ends in."""

_OF_ANSWERS: Mapping[Judgement, str] = {
    "right": "act.right",
    "wrong": "act.wrong",
    "unanswerable": "act.unanswerable",
}
_OF_ABSTENTIONS: Mapping[Judgement, str] = {
    "unanswerable": "act.rightlyNot",
    "wrong": "act.wronglyNot",
}
"""What an abstention can be called by who reads it."""


def actions_markup(answer: Answer, locale: Locale, given: Judgement | None = None) -> str:
    """The buttons; ``given`` is what was said of the answer before."""
    files = "".join(
        f'<li><a class="fn-file" href="v1/answers/{escape(answer.answer_id)}.{suffix}">'
        f"{escape(locale.text(f'file.{suffix}'))}</a></li>"
        for suffix in _FILES
    )
    said = _OF_ABSTENTIONS if answer.abstained else _OF_ANSWERS
    judgements = "".join(
        _button(f"judge fn-act-{verdict}{' fn-given' if verdict == given else ''}", locale.text(key))
        for verdict, key in said.items()
    )
    copy, link = _button("copy", locale.text("act.copy")), _button("link", locale.text("act.link"))
    again, edit = _button("again", locale.text("act.again")), _button("edit", locale.text("act.edit"))
    save = f'<summary class="fn-act">{escape(locale.text("act.save"))}</summary><ul>{files}</ul>'
    return (
        f'<div class="fn-actions">{copy}{link}<details class="fn-save">{save}</details>{again}{edit}'
        f'<span class="fn-judge">{judgements}</span></div>'
    )


def _button(kind: str, said: str) -> str:
    return f'<button class="fn-act fn-act-{kind}">{escape(said)}</button>'
