"""What can be done with an answer: buttons with words, files by its id, judgements as they were given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.conversations.feedback import Judgement
from tests.support.markup import ENGLISH, Page, abstention, answer
from ui.page.markup.actions import actions_markup


def test_an_answer_can_be_copied_linked_saved_asked_again_edited_and_judged() -> None:
    made = replace(answer(), answer_id="ab" * 16)
    page = Page(actions_markup(made, ENGLISH))
    assert page.text_of("fn-act") == [
        *["Copy", "Copy link", "Save", "Ask again", "Edit question"],
        *["Thumbs up", "Thumbs down", "Should not be answered"],
    ]
    assert page.links == [(f"v1/answers/{'ab' * 16}.{suffix}", None) for suffix in ("md", "html", "docx")]
    assert page.text_of("fn-file") == ["Markdown", "Web page", "Word"]


def test_an_abstention_is_judged_in_its_own_words() -> None:
    markup = actions_markup(abstention(), ENGLISH)
    assert Page(markup).text_of("fn-act")[5:] == ["Thumbs up", "Should be answered"]
    assert "fn-act-unanswerable" in markup
    assert "fn-act-right" not in markup


@pytest.mark.parametrize("given", ["right", "wrong", "unanswerable"])
def test_what_was_said_of_an_answer_is_marked(given: Judgement) -> None:
    markup = actions_markup(answer(), ENGLISH, given)
    assert markup.count("fn-given") == 1
    assert f'class="fn-act fn-act-judge fn-act-{given} fn-given"' in markup


def test_the_script_knows_each_button_by_its_class() -> None:
    markup = actions_markup(answer(), ENGLISH)
    for name in ("copy", "link", "again", "edit"):
        assert markup.count(f'<button class="fn-act fn-act-{name}">') == 1
