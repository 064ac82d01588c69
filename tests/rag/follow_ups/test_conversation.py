"""A follow-up becomes a question that stands alone; any other question stays as it is."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.search.analyzers import Term
from rag.follow_ups.conversation import MAX_EXCHANGES, Exchange, Rarity, Rewritten, stand_alone
from rag.questions import MAX_QUESTION_CHARACTERS

RAIDS = "How many suspects were arrested in the raids in Cambodia?"
DISPLACED = "How many people were displaced in the Isken valley on 12 May 2025?"
DAM = "Why did gate 3 of the Maravel Dam fail?"
PROSECUTOR = "What is Ji Xiha accused of?"


def asked(*questions: str, answer: str = "") -> list[Exchange]:
    """Turns that stood alone as they were asked; the last one has the answer."""
    turns = [Exchange(question, question) for question in questions]
    last = questions[-1]
    return [*turns[:-1], Exchange(last, last, answer)]


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (PROSECUTOR, "When was he suspended?", "When was Ji Xiha suspended?"),
        (PROSECUTOR, "And who suspended him?", "Who suspended Ji Xiha?"),
        ("Who is Chou Bun Eng?", "What is her job?", "What is Chou Bun Eng’s job?"),
        ("When did the levee at Pellan break?", "Who built it?", "Who built the levee at Pellan?"),
        (
            "How many schoolbooks were soaked?",
            "Who has replaced them?",
            "Who has replaced the schoolbooks?",
        ),
        (
            "How many sirens were there in the Isken valley?",
            "How many of them stayed silent?",
            "How many of the sirens in the Isken valley stayed silent?",
        ),
        (
            "How many sirens were there in the Isken valley?",
            "How long do their batteries last?",
            "How long do the sirens’ batteries last?",
        ),
        (
            "How many people were arrested in Poipet?",
            "What happened there?",
            "What happened in Poipet?",
        ),
        (
            "Which shelter in the valley is the largest?",
            "How many people sleep there?",
            "How many people sleep in the largest shelter in the valley?",
        ),
        ("When did the Maravel Dam fail?", "Who operates the dam?", "Who operates the Maravel Dam?"),
        (RAIDS, "Who ordered the raids?", "Who ordered the raids in Cambodia?"),
        ("What is the population of Cambodia?", "Is the country rich?", "Is Cambodia rich?"),
        (
            "What did a diver find at gate 3 of the Maravel Dam?",
            "What happened to that report?",
            "What happened to that report (about gate 3 of the Maravel Dam)?",
        ),
    ],
)
def test_a_word_that_stands_for_something_is_replaced_by_it(
    earlier: str, question: str, expected: str
) -> None:
    assert stand_alone(question, asked(earlier)).question == expected


def test_a_person_is_found_in_the_answer_where_the_question_names_none() -> None:
    earlier = asked("Who ordered it?", answer="Prime Minister Hun Manet ordered the raids himself.")
    assert stand_alone("What else did he say?", earlier) == Rewritten(
        "What else did Prime Minister Hun Manet say?", ("Prime Minister Hun Manet",)
    )


def test_whom_an_answer_goes_by_is_a_person_and_no_place() -> None:
    answer = "3,310 have been paid, according to Sefa Morrow, who coordinates the aid group Open Shelter."
    earlier = asked("Who speaks for the aid group Open Shelter?", answer=answer)
    assert stand_alone("Why do tenants wait, in her view?", earlier).question == (
        "Why do tenants wait, in Sefa Morrow’s view?"
    )


def test_a_person_of_the_answer_comes_before_a_role_of_the_question() -> None:
    answer = "Mr Dalvey told the Commission that his telephone had been switched off."
    earlier = asked("Why did nobody answer the engineer on duty?", answer=answer)
    assert stand_alone("When did he resign?", earlier).question == "When did Mr Dalvey resign?"


def test_a_group_that_was_asked_for_is_found_in_the_answer() -> None:
    answer = "A repair contract went to Corvane & Daughters in April."
    earlier = asked("Which company repairs the sewage works?", answer=answer)
    assert stand_alone("How much will they be paid?", earlier).question == (
        "How much will Corvane & Daughters be paid?"
    )


def test_the_quotes_of_an_answer_are_read_too() -> None:
    earlier = [
        Exchange("Who ordered it?", "Who ordered it?", cited=("Prime Minister Hun Manet ordered it.",))
    ]
    assert stand_alone("When did he resign?", earlier).carried == ("Prime Minister Hun Manet",)


def test_the_question_before_is_looked_at_first_and_older_ones_then() -> None:
    older, newer = PROSECUTOR, "Who is Pavo Arnholt?"
    assert stand_alone("When did he resign?", asked(older, newer)).carried == ("Pavo Arnholt",)
    assert stand_alone("When did he resign?", asked(older, "Was anything stolen?")).carried == ("Ji Xiha",)


def test_a_turn_without_an_answer_is_looked_at_last() -> None:
    unanswered = "Who is Pavo Arnholt?"
    earlier = [*asked(PROSECUTOR), Exchange(unanswered, unanswered, "Nothing speaks of it.", abstained=True)]
    assert stand_alone("When did he resign?", earlier).carried == ("Ji Xiha",)
    assert stand_alone("When did he resign?", earlier[1:]).carried == ("Pavo Arnholt",)


def test_what_has_no_name_is_spoken_of_for_two_turns_only() -> None:
    question, between = "Who has replaced them?", "Was anything stolen?"
    earlier = asked("How many schoolbooks were soaked?", between)
    assert stand_alone(question, earlier).carried == ("schoolbooks",)
    assert stand_alone(question, [*earlier, *asked(between)]) == Rewritten(question, ())


def test_a_title_tells_who_he_is_and_who_she_is() -> None:
    earlier = asked("What did Mrs Dalvey tell Mr Halsk?")
    assert stand_alone("When was he told?", earlier).question == "When was Mr Halsk told?"
    assert stand_alone("When was she told?", earlier).question == "When was Mrs Dalvey told?"


def test_only_the_newest_turns_are_looked_at() -> None:
    others = ["Was anything stolen?"] * MAX_EXCHANGES
    assert stand_alone("When did he resign?", asked(PROSECUTOR, *others[1:])).carried == ("Ji Xiha",)
    assert stand_alone("When did he resign?", asked(PROSECUTOR, *others)).carried == ()


def test_a_turn_is_read_as_it_was_searched_for() -> None:
    earlier = [Exchange("And in Poipet?", "How many people were arrested in Poipet?")]
    assert stand_alone("And in Pursat?", earlier) == Rewritten(
        "How many people were arrested in Pursat?", ("How many people were arrested in",)
    )


@pytest.mark.parametrize(
    ("earlier", "question"),
    [
        (PROSECUTOR, "How many pupils were taught outside their own school in September?"),
        (RAIDS, DAM),
        (DISPLACED, "Thanks. What do teachers get for going to the Quell Delta?"),
        (DISPLACED, "And which nationalities are among the people arrested in Cambodia?"),
        (DAM, "What must legal casinos expect?"),
        (DAM, "Is it true that officials were dismissed?"),
        (DAM, "Are there any survivors?"),
        (DAM, "How far is it from Pursat to Poipet?"),
        (DAM, "How long does a wet brick wall need before it can be plastered?"),
        (DAM, "What did Davies call his system?"),
        (DAM, "Who said that money was seized?"),
        (DAM, "What will owners of destroyed houses be paid to rebuild them?"),
        (DAM, "Thanks a lot!"),
        (DAM, "Thanks, it was great!"),
        (DAM, "I asked who built it?"),
        (DAM, "Was it built " + "before the ministry asked all the engineers " * 3 + "to see it?"),
        (PROSECUTOR, "Benefits of a loan?"),
        ("Was anything stolen?", "When was he suspended?"),
    ],
)
def test_a_question_that_stands_alone_or_changes_the_subject_is_left_as_it_is(
    earlier: str, question: str
) -> None:
    assert stand_alone(question, asked(earlier)) == Rewritten(question, ())


def rare(*rarest: str) -> Rarity:
    """Rarities with which the given stems are rare and all other words are common."""

    def of(terms: Sequence[Term]) -> dict[Term, float]:
        return {term: 5.0 if term[1] in rarest else 1.0 for term in terms}

    return of


def test_a_question_of_common_words_is_given_the_rarer_ones_that_were_spoken_of() -> None:
    question = "When is the final report due?"
    earlier = asked("What did the Commission of Inquiry into the Maravel Dam find?")
    topic = "the Commission of Inquiry into the Maravel Dam"
    expected = Rewritten(f"When is the final report due (about {topic})?", (topic,))
    assert stand_alone(question, earlier, rare("maravel")) == expected
    assert stand_alone(question, earlier, rare("final")).carried == ()
    assert stand_alone(question, earlier).carried == ()


def test_a_question_of_common_words_that_speaks_of_nothing_known_is_left_as_it_is() -> None:
    earlier = asked("What did the Commission of Inquiry into the Maravel Dam find?")
    for question in ("What do teachers earn?", "How many schools are open now?"):
        assert stand_alone(question, earlier, rare("maravel")) == Rewritten(question, ())


_PIECES = st.sampled_from([
    "it", "he", "their", "And in March?", "Why?", "What about Poipet?", "the dam", "that report", "there",
    "How many?", "Who ordered", "was", "the Maravel Dam", "Ji Xiha", "the raids in Cambodia", "in 2024", "?",
    ".", ",", "“", "(about ", "他", "那里呢？", "波贝", "ở đó", "thì sao", "dia", "bagaimana dengan", "Dr",
    "&", "  ", "according to",
])  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=8).map(" ".join))
HISTORIES = st.lists(
    st.builds(
        Exchange,
        TEXTS,
        TEXTS,
        answer=TEXTS,
        cited=st.lists(TEXTS, max_size=2).map(tuple),
        abstained=st.booleans(),
    ),
    max_size=4,
)


@given(TEXTS, HISTORIES)
@settings(max_examples=400, deadline=None)
def test_whatever_is_asked_the_rewritten_question_is_bounded_and_stands_alone(
    question: str, history: list[Exchange]
) -> None:
    rewritten = stand_alone(question, history)
    assert len(rewritten.question) <= MAX_QUESTION_CHARACTERS
    assert stand_alone(rewritten.question, history) == Rewritten(rewritten.question, ())
    if not rewritten.carried:
        assert rewritten.question == question


@given(TEXTS)
def test_without_earlier_turns_a_question_is_left_as_it_is(question: str) -> None:
    assert stand_alone(question, []) == Rewritten(question, ())


def test_an_earlier_question_of_the_greatest_length_does_not_make_a_longer_one() -> None:
    earlier = "How many people were arrested in Poipet " + "and in Pursat " * 140 + "?"
    assert len(stand_alone("And why?", asked(earlier[:MAX_QUESTION_CHARACTERS])).question) <= (
        MAX_QUESTION_CHARACTERS
    )


def test_a_question_is_rewritten_within_five_milliseconds() -> None:
    earlier = asked(RAIDS, DISPLACED, DAM, answer="Prime Minister Hun Manet ordered the raids. " * 20)
    started = time.perf_counter()
    for _ in range(20):
        stand_alone("What did he say about it?", earlier)
    assert (time.perf_counter() - started) / 20 < 0.005
