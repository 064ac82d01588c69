"""Texts are analysed by their language; scripts without spaces are cut into pairs of characters."""

from __future__ import annotations

import unicodedata

from hypothesis import given

from index.search.bm25 import PAIRS, analyzers, field_of, single_characters, terms, terms_in
from tests.support.writings import TEXTS


def test_a_text_is_its_stems_in_order_each_once() -> None:
    text = "The arrests near the rivers: arrested in 大坝关 (Rivers)"
    assert terms(text, "en") == [
        *[("en", stem) for stem in ("arrest", "near", "river", "大坝关")],
        *[("pairs", pair) for pair in ("大坝", "坝关")],
    ]
    assert terms("Rivers", "vi") == [("plain", "rivers")]
    assert terms("", "en") == []


def test_a_language_without_a_stemmer_shares_one_field() -> None:
    assert [field_of(language) for language in ("en", "de", "vi", "zh", "und", "")] == [
        *("en", "de", "plain", "plain", "plain", "plain")
    ]


def test_a_character_that_stands_alone_has_no_pair() -> None:
    assert single_characters("水, 火 and 水") == ["水", "火"]
    assert single_characters("大坝 and 水") == []
    assert single_characters("no run at all") == []


def test_pairs_do_not_bridge_what_stands_between_two_runs() -> None:
    assert terms_in(PAIRS, "关闭，大坝 and 水") == ["关闭", "大坝"]
    assert terms_in(PAIRS, "no run at all") == []


@given(TEXTS)
def test_an_accent_may_be_a_character_of_its_own_in_every_field(text: str) -> None:
    for field in analyzers():
        composed, apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
        assert terms_in(field, composed) == terms_in(field, apart)
