"""The sentences of a text are exact spans of it, with only white space between them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from index.documents import Span
from index.text.passages import sentences
from index.text.tabular import tables
from tests.support.writings import LANGUAGES, TEXTS


def said(text: str, language: str = "en") -> list[str]:
    return [span.of(text) for span in sentences(text, language)]


@given(TEXTS, LANGUAGES)
def test_sentences_lie_in_order_and_only_white_space_between_them(text: str, language: str) -> None:
    place = 0
    for span in sentences(text, language):
        assert span.start >= place
        assert not text[place : span.start].strip()
        assert span.of(text) == span.of(text).strip() != ""
        place = span.end
    assert not text[place:].strip()


@given(st.text(), LANGUAGES)
def test_this_holds_of_any_text_at_all(text: str, language: str) -> None:
    kept = "".join(span.of(text) for span in sentences(text, language))
    assert "".join(kept.split()) == "".join(text.split())


@given(TEXTS, TEXTS)
def test_a_line_break_ends_a_sentence(before: str, after: str) -> None:
    apart = f"{before}\n{after}"
    assert not any("\n" in sentence for sentence in said(apart))
    assume(not tables(apart))  # Lines below each other may be rows of a table, which are not cut.
    first = sentences(before, "en")
    second = [
        Span(span.start + len(before) + 1, span.end + len(before) + 1) for span in sentences(after, "en")
    ]
    assert sentences(apart, "en") == first + second


def test_an_empty_text_has_no_sentences() -> None:
    assert (sentences(""), sentences(" \r\n\u3000\n")) == ([], [])


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("One gate failed. Two held.", "en", ["One gate failed.", "Two held."]),
        ("Dr. Ilves left. She slept.", "en", ["Dr. Ilves left.", "She slept."]),
        ("It rose 3.5 m in No. 4. Then it fell.", "en", ["It rose 3.5 m in No. 4.", "Then it fell."]),
        ("One gate.\r\nTwo gates", "en", ["One gate.", "Two gates"]),
        ("Same. Same. Same.", "en", ["Same.", "Same.", "Same."]),
        (
            "市议会关闭了大坝。三十人被转移！还有谁？",
            "zh",
            ["市议会关闭了大坝。", "三十人被转移！", "还有谁？"],
        ),
        ("أغلق السد. هل كان متأخرا؟ نعم.", "ar", ["أغلق السد.", "هل كان متأخرا؟", "نعم."]),
        ("ទំនប់បានបិទ។ ប្រជាជនបានទៅ។", "km", ["ទំនប់បានបិទ។", "ប្រជាជនបានទៅ។"]),
        ("ទំនប់បានបិទ។ប្រជាជនបានទៅ៕", "und", ["ទំនប់បានបិទ។", "ប្រជាជនបានទៅ៕"]),
        ("ဆည်ကို ပိတ်ခဲ့သည်။ လူများ ရွှေ့ခဲ့သည်။", "my", ["ဆည်ကို ပိတ်ခဲ့သည်။", "လူများ ရွှေ့ခဲ့သည်။"]),
    ],
)
def test_where_sentences_end(text: str, language: str, expected: list[str]) -> None:
    assert said(text, language) == expected


def test_a_piece_without_letter_or_figure_joins_the_sentence_before_it() -> None:
    assert said("It failed. … !") == ["It failed. … !"]
    assert said("It failed.\n***\nIt held.") == ["It failed.", "***", "It held."], "in its own block"


def test_no_sentence_begins_with_the_bar_after_a_number() -> None:
    """Some reports print a bar between the number of a caption and its words."""
    assert said("Figure BR1. | Rate of floods, 2007") == ["Figure BR1. | Rate of floods, 2007"]
    assert said("It failed. |x| rose.") == ["It failed.", "|x| rose."], "an absolute value"
    assert said("It failed.\n| 2007") == ["It failed.", "| 2007"], "a row"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nine were silent.[1] Two rang.", ["Nine were silent.[1]", "Two rang."]),
        ("Nine were silent.[b][c] Two rang.", ["Nine were silent.[b][c]", "Two rang."]),
        ("Nine were silent.[12, 13] Two rang.", ["Nine were silent.[12, 13]", "Two rang."]),
        ("Nine were silent.[note 4] Two rang.", ["Nine were silent.[note 4]", "Two rang."]),
        ("Nine were silent.(1) Two rang.", ["Nine were silent.(1)", "Two rang."]),
        ("Nine were silent.¹ Two rang.", ["Nine were silent.¹", "Two rang."]),
        ("Nine were silent.† Two rang.", ["Nine were silent.†", "Two rang."]),
        ("Nine were silent.* Two rang.*", ["Nine were silent.*", "Two rang.*"]),
        ("Nine were silent.1 Two rang.", ["Nine were silent.1", "Two rang."]),
        ("“Nine were silent.”12 Two rang.", ["“Nine were silent.”12", "Two rang."]),
    ],
)
def test_the_mark_of_a_footnote_stays_with_its_sentence(text: str, expected: list[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See No.5 Harbour Road. It held.", ["See No.5 Harbour Road.", "It held."]),
        ("It makes approx.20 MW. It held.", ["It makes approx.20 MW.", "It held."]),
        ("It makes (approx.)20 Watts. It held.", ["It makes (approx.)20 Watts.", "It held."]),
        ("Published.30 June 2021.", ["Published.30 June 2021."]),
        ("It was stopped.12 GW were lost.", ["It was stopped.12 GW were lost."]),
        ("It rose. (1) The gate failed.", ["It rose.", "(1) The gate failed."]),
        ("It rose. * The gate failed.", ["It rose.", "* The gate failed."]),
        ("It held.[1]\nNext [2]", ["It held.[1]", "Next [2]"]),
    ],
)
def test_what_only_looks_like_a_note_stays_where_it_is(text: str, expected: list[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It met. Ms. Ilves left. She slept.", ["It met.", "Ms. Ilves left.", "She slept."]),
        ("The board elected Ms. Ilves yesterday.", ["The board elected Ms. Ilves yesterday."]),
        ("It took 20 ms. Ilves left.", ["It took 20 ms.", "Ilves left."]),
        ("VARDA, April. 18, 2023 – The dam held.", ["VARDA, April. 18, 2023 – The dam held."]),
        ("It began in April. 18 people came.", ["It began in April.", "18 people came."]),
        ("It is shown in Figs. 2 and 3. It held.", ["It is shown in Figs. 2 and 3.", "It held."]),
        ("Their non-U.S. revenue rose. It held.", ["Their non-U.S. revenue rose.", "It held."]),
        ("We meet at 2:30 p.m. Pacific Time. Come.", ["We meet at 2:30 p.m. Pacific Time.", "Come."]),
        ("We meet at 11 a.m. ET on Monday.", ["We meet at 11 a.m. ET on Monday."]),
        ("We meet at 11 a.m. The gate is open.", ["We meet at 11 a.m.", "The gate is open."]),
    ],
)
def test_a_sentence_goes_on_after_an_abbreviation(text: str, expected: list[str]) -> None:
    assert said(text) == expected


TITLES = st.sampled_from(["Mr.", "Mrs.", "Ms.", "Mx.", "Dr.", "Prof.", "Amb."])
NAMES = st.from_regex(r"[A-Z][a-z]{2,8}", fullmatch=True)


@given(st.lists(st.tuples(TITLES, NAMES), min_size=1, max_size=4), st.sampled_from(["", "It met. "]))
def test_no_title_is_parted_from_its_name(named: list[tuple[str, str]], before: str) -> None:
    names = " and ".join(f"{title} {name}" for title, name in named)
    assert said(f"{before}We heard {names} here.")[-1] == f"We heard {names} here."


def test_an_unknown_language_is_read_as_english() -> None:
    text = "Dr. Ilves left. She slept."
    assert said(text, "und") == said(text, "en") == ["Dr. Ilves left.", "She slept."]
