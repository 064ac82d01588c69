"""What can be done with an answer: the buttons below it, which the script acts on, and files to save."""

from __future__ import annotations

from rag.answers import Answer
from rag.feedback import Judgement
from ui.escaping import escape

_FILES = {"md": "Markdown", "html": "HTML", "docx": "Word"}

_JUDGED: dict[bool, dict[Judgement, str]] = {
    False: {"right": "Right", "wrong": "Wrong", "unanswerable": "Should not have been answered"},
    True: {"unanswerable": "Rightly not answered", "wrong": "Should have been answered"},
}
"""What an answer can be called by who reads it; and an abstention."""


def actions_markup(answer: Answer, given: Judgement | None = None) -> str:
    """The buttons; ``given`` is what was said of the answer before."""
    files = "".join(
        f'<li><a class="fn-file" href="v1/answers/{escape(answer.answer_id)}.{suffix}">{name}</a></li>'
        for suffix, name in _FILES.items()
    )
    return (
        '<div class="fn-actions">'
        f"{_button('copy', 'Copy')}{_button('link', 'Copy link')}"
        f'<details class="fn-save"><summary class="fn-act">Save</summary><ul>{files}</ul></details>'
        f"{_button('again', 'Ask again')}{_button('edit', 'Edit question')}"
        f'<span class="fn-judge">{_judgements(answer.abstained, given)}</span></div>'
    )


def _judgements(abstained: bool, given: Judgement | None) -> str:
    return "".join(
        _button(f"judge fn-act-{verdict}{' fn-given' if verdict == given else ''}", said)
        for verdict, said in _JUDGED[abstained].items()
    )


def _button(kind: str, said: str) -> str:
    return f'<button class="fn-act fn-act-{kind}">{said}</button>'
