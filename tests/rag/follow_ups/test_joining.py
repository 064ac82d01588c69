"""A dependent question is joined with the one before; any other question stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from index.embedding import Encoder
from rag.follow_ups import (
    Exchange,
    core_of,
    depends_on_earlier_turn,
    is_from_another_report,
    join,
    split_preposition,
)
from rag.questions import MAX_QUESTION_CHARACTERS, Form, Kind, understand
from tests.rag.follow_ups.test_conversation import INDEPENDENT
from tests.support.examples import up_to

ACCUSED = "What is Ji Xiha accused of?"
SALES = "What were Costco's sales in the third quarter of fiscal 2023?"
CASES = "What share of the cases in Sweden in 2007 were imported?"


def turns(*questions: str) -> list[Exchange]:
    return [Exchange(question) for question in questions]


def joined(encoder: Encoder, question: str, *before: str) -> str | None:
    made = join(understand(question), turns(*before), encoder)
    return made.text if made else None


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        (ACCUSED, "When was he suspended?", f"{ACCUSED} When was he suspended?"),
        ("Was anyone hurt", "How many?", "Was anyone hurt? How many?"),
        (SALES, "And in 2022?", "What were Costco's sales in the third quarter of fiscal 2022?"),
        (SALES, "And in the second quarter?", "What were Costco's sales in the second quarter 2023?"),
        ("How many cases were there in March 2024?", "in May?", "How many cases were there in May 2024?"),
        (
            CASES,
            "What about Finland?",
            "What share of the cases in Finland in 2007 were imported?",
        ),
        (CASES, "and spain?", "What share of the cases in spain in 2007 were imported?"),
        (CASES, "and the year before?", "What share of the cases in Sweden in 2006 were imported?"),
        ("How many cases were there in March 2024?", "and in may?", "How many cases were there in May 2024?"),
        (
            "What were sales in the three months to July 2019?",
            "and in the three months to July 2022?",
            "What were sales in the three months to July 2022?",
        ),
        ("Did the ministry bar observers?", "why?", "Why did the ministry bar observers?"),
        ("Why did gate 3 fail?", "When?", "When did gate 3 fail?"),
        (CASES, "And the cost?", f"{CASES} And the cost?"),
        (
            "How many enquiries came to the EU service from Ireland?",
            "And from Spain?",
            "How many enquiries came to the EU service from Spain?",
        ),
        (CASES, "And in Sweden?", f"{CASES} And in Sweden?"),
        ("柬埔寨有多少人被捕？", "三月呢？", "柬埔寨有多少人被捕？ 三月呢？"),
    ],
)
def test_the_question_before_completes_a_dependent_one(
    encoder: Encoder, before: str, question: str, expected: str
) -> None:
    assert joined(encoder, question, before) == expected


def test_a_chain_keeps_its_first_question_and_the_last_sentence(encoder: Encoder) -> None:
    suspended = f"{ACCUSED} When was he suspended?"
    assert joined(encoder, "By whom?", ACCUSED, "When was he suspended?") == f"{suspended} By whom?"
    assert joined(encoder, "Why?", ACCUSED, f"{suspended} By whom?") == f"{suspended} Why?"
    assert joined(encoder, "And the cost?", f"{CASES} And the trend?") == f"{CASES} And the cost?"


def test_after_a_turn_without_an_answer_its_only_name_is_replaced(encoder: Encoder) -> None:
    asked, before = understand("And eBay?"), "What dividend did Coca-Cola declare?"
    made = [join(asked, [Exchange(before, source=source)], encoder) for source in ("", "Annual report")]
    assert [each.text for each in made if each] == ["What dividend did eBay declare?", f"{before} And eBay?"]


def test_a_sentence_keeps_its_kind_of_answer_and_a_fragment_takes_the_earlier_one(
    encoder: Encoder,
) -> None:
    before = turns("How many people were arrested in the raids in Cambodia?")
    sentence = join(understand("Who ordered them?"), before, encoder)
    fragment = join(understand("And in Thailand?"), before, encoder)
    assert sentence is not None
    assert fragment is not None
    assert (sentence.kind, sentence.form) == (Kind.NAME, Form.FACT)
    reason = join(understand("Why?"), before, encoder)
    assert reason is not None
    assert reason.kind is Kind.REASON
    assert (fragment.kind, fragment.names) == (Kind.NUMBER, ("Thailand",))


def test_the_report_that_was_cited_names_what_neither_question_names(encoder: Encoder) -> None:
    before = Exchange("how large was the loss?", source="Arden Rail, annual report")
    made = join(understand("and the debt?"), [before], encoder)
    assert made is not None
    assert made.text == "how large was the loss? and the debt? (Arden Rail, annual report)"


@pytest.mark.parametrize(
    ("question", "title", "expected"),
    [
        ("What interest do they pay?", "Another report", True),
        ("What interest do they pay?", "Annual report", False),
        ("What interest do they pay to Corning?", "Another report", False),
    ],
)
def test_a_nameless_question_stays_with_the_report_that_was_cited(
    question: str, title: str, expected: bool
) -> None:
    before = [Exchange("When?", source="Annual report")]
    assert is_from_another_report(understand(question), before, title) is expected
    assert not is_from_another_report(understand(question), [], title)


def test_a_nameless_question_after_a_turn_without_an_answer_is_not_answered_alone() -> None:
    assert is_from_another_report(understand("Why did it fall?"), turns("How large is it?"), "Annual report")


def test_a_question_that_would_be_too_long_is_not_joined(encoder: Encoder) -> None:
    long = f"{'x' * (MAX_QUESTION_CHARACTERS - 1)}?"
    assert joined(encoder, "And why?", long) is None
    assert joined(encoder, "And why?") is None


@pytest.mark.parametrize("question", INDEPENDENT)
def test_an_independent_question_is_not_joined(encoder: Encoder, question: str) -> None:
    assert joined(encoder, question, ACCUSED) is None


@settings(max_examples=up_to(100))
@given(
    st.sampled_from(["", "And ", "What about ", "in "]),
    st.text(
        st.one_of(st.sampled_from("0123 QX ABaeiou?那呢"), st.characters(exclude_categories=["Cs"])),
        max_size=40,
    ),
    st.sampled_from([ACCUSED, SALES, CASES, "柬埔寨有多少人被捕？"]),
)
def test_an_independent_text_stays_as_it_is_and_a_joined_one_has_the_words_of_both(
    encoder: Encoder, prefix: str, text: str, before: str
) -> None:
    assume(any(character.isalnum() for character in text))
    asked = understand(f"{prefix}{text}")
    made = join(asked, turns(before), encoder)
    assert (made is None) == (not depends_on_earlier_turn(asked.text))
    if made is not None:
        thing = split_preposition(core_of(asked.text))[1].removeprefix("the ")
        assert asked.text in made.text or thing in made.text
        assert made.text.startswith(before[:8])
