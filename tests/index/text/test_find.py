"""Words are found regardless of case, accents and white space."""

from __future__ import annotations

import time
import tracemalloc
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Span
from index.text import find as matching
from index.text.find import fold, fold_characters, matches
from tests.support.writings import TEXTS


def found(text: str, query: str) -> list[str]:
    return [span.of(text) for span in matches(text, query)]


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("The Dam, the DAM, a damage", "dam", ["Dam", "DAM", "dam"]),
        ("étude, e\u0301tude, ETUDE", "Étude", ["étude", "e\u0301tude", "ETUDE"]),
        ("cafe\u0301 au lait", "cafe", ["cafe\u0301"]),
        ("Straße, STRASSE, Strasse", "straße", ["Straße", "STRASSE", "Strasse"]),
        ("Straße", "s", ["S"]),
        ("Straße", "stras", []),
        ("the oﬃce, the office", "office", ["oﬃce", "office"]),
        ("ＦＵＬＬ width, H₂O", "full", ["ＦＵＬＬ"]),
        ("ＦＵＬＬ width, H₂O", "h2o", ["H₂O"]),
        ("Đà Nẵng and Da Nang", "da nang", ["Đà Nẵng", "Da Nang"]),
        ("İstanbul", "istanbul", ["İstanbul"]),
        ("Nobody’s dam – “closed”", 'nobody\'s dam - "closed"', ["Nobody’s dam – “closed”"]),
        ("co\u00adop\u200berate", "cooperate", ["co\u00adop\u200berate"]),
        ("the\u00a0third\ngate", " the  third gate ", ["the\u00a0third\ngate"]),
        ("市议会星期一关闭了大坝", "大坝", ["大坝"]),
        ("ក កិ កា", "ក", ["ក", "ក", "ក"]),
        ("かがみ", "か", ["か"]),
        ("각 가", "가", ["가"]),
        ("مُحَمَّد", "محمد", ["مُحَمَّد"]),
        ("aaaa", "aa", ["aa", "aa"]),
        ("anything", "\u0301", []),
        ("anything", " \n", []),
        ("", "a", []),
    ],
)
def test_words_are_found_however_they_are_written(text: str, query: str, expected: list[str]) -> None:
    assert found(text, query) == expected


def test_a_place_counts_code_points_of_the_text_itself() -> None:
    text = "ßßß ﬃ e\u0301 \U0001f1f3\U0001f1f4 dam"
    assert list(matches(text, "DAM")) == [Span(len(text) - 3, len(text))]
    assert list(matches("dam ßß dam", "dam")) == [Span(0, 3), Span(7, 10)]


@given(TEXTS | st.text(), st.data())
def test_every_match_folds_to_what_is_looked_for_and_none_overlaps(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    query = data.draw(st.just(text[start : start + data.draw(st.integers(0, 12))]) | st.text(max_size=3))
    wanted = fold_characters(" ".join(query.split()))
    place = 0
    for span in matches(text, query):
        assert wanted
        assert fold_characters(span.of(text)) == wanted
        assert span.start >= place
        place = span.end


@given(TEXTS, st.data())
def test_a_word_is_found_where_it_stands_in_whichever_form_and_case(text: str, data: st.DataObject) -> None:
    words = text.split()
    if not words:
        return
    word = data.draw(st.sampled_from(words))
    other = data.draw(st.sampled_from([word, unicodedata.normalize("NFD", word), word.upper(), word.lower()]))
    if fold_characters(other) and fold_characters(other) == fold_characters(word):
        assert found(text, other)


@given(st.text())
def test_what_is_folded_is_the_same_for_every_case(text: str) -> None:
    assert fold_characters(text) == fold_characters(text.casefold())


def defined(text: str, query: str) -> Iterator[Span]:
    """The definition of a match: fold the whole text at once, and look at every place."""
    wanted = fold_characters(" ".join(query.split()))
    folded = fold_characters(text)
    starts = list(accumulate(map(len, map(fold_characters, text)), initial=0))
    place = folded.find(wanted) if wanted else -1
    while place >= 0:
        beyond = place + len(wanted)
        start, end = bisect_right(starts, place) - 1, bisect_right(starts, beyond) - 1
        whole = (starts[start], starts[end]) == (place, beyond)
        if whole:
            yield Span(start, end)
        place = folded.find(wanted, beyond if whole else place + 1)


INTRICATE = st.text(st.sampled_from("aaab sßﬃfe\u0301\u00ad\u200b각가\ufdfaIİ水"), max_size=40)
"""Characters whose folded form has several characters or none, so that matches begin or end within them."""


@pytest.mark.slow_cases
@pytest.mark.parametrize("window", [1, 2, 3, 7])
@given(text=INTRICATE | TEXTS, data=st.data())
def test_what_is_found_does_not_depend_on_the_windows_in_which_a_text_is_folded(
    window: int, text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    some = st.just(text[start : start + data.draw(st.integers(0, 6))])
    query = data.draw(some | st.text(st.sampled_from("aabs fe각"), max_size=3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "_WINDOW", window)
        assert list(matches(text, query)) == list(defined(text, query))


def test_a_long_text_takes_little_time_and_memory() -> None:
    sentence = "The council of Varda – “étude” – closed a gate of the dam. "
    text = sentence * (8_000_000 // len(sentence)) + "The last GATE failed."
    began = time.thread_time()
    assert [span.of(text) for span in matches(text, "last gate")] == ["last GATE"]
    # Processor time does not depend on other programs: 0.1 s, but 1.2 s if the text is folded at once.
    assert time.thread_time() - began < 0.6
    tracemalloc.start()
    assert [span.of(text) for span in matches(text, "last gate")] == ["last GATE"]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 40_000_000


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
