"""Words are compared without case and accents, in the scripts of the supported languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text.find import fold

letters = st.text(st.characters(max_codepoint=0x1EFF, categories=["Lu", "Ll", "Zs", "Nd", "Po"]), max_size=30)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Lũ LỤT ở Đà Nẵng", "lu lut o da nang"),
        ("STRASSE Straße", "strasse strasse"),
        ("Ærø, Łódź, ΟΔΟΣ όδος, Ёлка", "ærø, lodz, οδοσ οδοσ, елка".replace("ø", "o")),
        ("Ｇａｔｅ　３ ﬁve", "gate 3 five"),
        # Khmer vowels and Thai tones are not accents; invisible breaks between words do not count.
        ("ទឹក\u200bជំនន់", "ទឹកជំនន់"),
        ("น้ำท่วม", "น้ําท่วม"),
        ("洪水 가 각 が", "洪水 가 각 が"),
        ("soft\u00adhyphen\n\ta\u2028b", "softhyphen a b"),
        ("half a pair\ud800", "half a pair"),
        ("", ""),
    ],
)
def test_case_and_accents_do_not_count(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_another_vowel_of_khmer_is_another_word() -> None:
    assert fold("ទឹក") != fold("ទុក")


@given(st.text(st.characters()))
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(letters)
def test_both_cases_are_folded_alike(text: str) -> None:
    assert fold(text.lower()) == fold(text) == fold(text.upper())
