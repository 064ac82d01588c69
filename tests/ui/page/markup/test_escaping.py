"""What a document or a person wrote is shown as it is, in running text and in attributes."""

from __future__ import annotations

from hypothesis import given

from tests.support.markup import Page, shown, texts
from ui.page.markup.escaping import escape


@given(texts)
def test_escaped_text_is_shown_as_it_is_and_is_no_markup(text: str) -> None:
    page = Page(f'<div class="words">{escape(text)}</div>')
    assert "".join(page.text_of("words")) == shown(text)
    assert page.tags == ["div"]


@given(texts)
def test_escaped_text_stays_inside_an_attribute(text: str) -> None:
    page = Page(f'<div><a href="#x" title="{escape(text)}">1</a></div>')
    assert page.tags == ["div", "a"]
    assert page.links == [("#x", shown(text))]
