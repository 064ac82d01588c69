"""A sentence is parsed into subject, verb and the rest, or rejected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.suggesting.clauses import Clause, parse_clause, simplify

AROUND = "In the spring the Cabinet met. Near Parliament officials waited, and families left."


@pytest.mark.parametrize(
    ("sentence", "clause"),
    [
        (
            "The levee at Pellan broke on 22 April",
            Clause("the levee at Pellan", "broke", "break", "on 22 April", "", False),
        ),
        (
            "On 23 June the register held 11,050 people",
            Clause("the register", "held", "hold", "11,050 people", " on 23 June", False),
        ),
        (
            "The pin was last examined in 2019",
            Clause("the pin", "was", None, "last examined in 2019", "", False),
        ),
        (
            "President Ilse Tarvanen declared an emergency, and left",
            Clause("President Ilse Tarvanen", "declared", "declare", "an emergency", "", True),
        ),
        (
            "The Ministry of Justice suspended the prosecutor",
            Clause("the Ministry of Justice", "suspended", "suspend", "the prosecutor", "", True),
        ),
        (
            "Ji Xiha, who serves at the court, is accused of taking bribes",
            Clause("Ji Xiha", "is", None, "accused of taking bribes", "", True),
        ),
        (
            "Officials received nothing new",
            Clause("officials", "received", "receive", "nothing new", "", False),
        ),
        (
            "Parliament approved the budget",
            Clause("Parliament", "approved", "approve", "the budget", "", True),
        ),
    ],
)
def test_a_simple_sentence_is_parsed(sentence: str, clause: Clause) -> None:
    assert parse_clause(sentence, AROUND) == clause


@pytest.mark.parametrize(
    "sentence",
    [
        "They broke it on 22 April",
        "Families who had been sleeping in schools were moved",
        "Of 1,120 teachers 96 have moved away",
        "Unseen broke on 22 April",
        "People displaced by the floods were counted",
        "The Society has chapters in many states",
        "Two million people were counted",
        "The minister said that it broke",
        "Nothing at all here",
        "",
    ],
)
def test_sentences_with_anaphors_or_two_verbs_are_rejected(sentence: str) -> None:
    assert parse_clause(sentence, AROUND) is None


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("PHNOM PENH, the 18th – Raids began.", "Raids began"),
        ("But the (old) dam broke.", "The dam broke"),
        ("A  dam\nbroke.", "A dam broke"),
        ("He said “no”.", None),
        ("Gate | 3.", None),
        ("A heading", None),
        ("Did it break?", None),
        (f"{'Long ' * 60}.", None),
    ],
)
def test_text_that_is_not_a_simple_sentence_is_rejected(sentence: str, words: str | None) -> None:
    assert simplify(sentence) == words


@given(st.text(max_size=120))
def test_any_text_can_be_parsed_without_an_error(text: str) -> None:
    words = simplify(text)
    assert words is None or parse_clause(words, text) is None or words
