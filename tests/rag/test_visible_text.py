"""The visible form of a text is what a page shows."""

from __future__ import annotations

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.visible_text import readable, visible
from tests.support.markup import texts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  Two\nlines\r\n\tand\u00a0a \u2028tab ", "Two lines and a tab"),
        ("zero\x00 bell\x07 next\x85line", "zero\ufffd bell\ufffd next line"),
        ("\u202e9.9\u202c million", "\ufffd9.9\ufffd million"),
        ("half \ud800 pair, no \ufffe character", "half \ufffd pair, no \ufffd character"),
        ("soft\u00adhyphen, família, ខ្មែរ, 👩‍👧", "soft\u00adhyphen, família, ខ្មែរ, 👩‍👧"),
        ("", ""),
    ],
)
def test_the_visible_form_is_one_line(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(texts)
def test_the_visible_form_is_stable(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@given(st.text())
def test_the_visible_form_contains_no_control_character(text: str) -> None:
    shown = visible(text)
    assert not {character for character in shown if category(character) in {"Cc", "Cs", "Zl", "Zp"}}
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(st.text(st.characters(categories=("L", "N", "P"))))
def test_ordinary_words_stay_unchanged(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It rose.[38] It fell [3, 5–7].", "It rose.⟨38⟩ It fell ⟨3, 5–7⟩."),
        ("Gate [1] | 12 [2]", "Gate ⟨1⟩ · 12 ⟨2⟩"),
        ("as [he] said [sic] [12.5]", "as [he] said [sic] [12.5]"),
    ],
)
def test_a_report_s_own_footnote_marks_do_not_look_like_those_of_an_answer(text: str, shown: str) -> None:
    assert readable(text) == shown
