"""Generated questions read naturally, and unsure ones are dropped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.suggesting.question_rules import questions_in

AROUND = (
    "The Cabinet met at the ministry. Near Parliament some rebuilding went on. "
    "Of eBay, core results and consolidated sales."
)


def asked(sentence: str) -> list[str]:
    return [each.question for each in questions_in(sentence, AROUND)]


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("The levee at Pellan broke on 22 April.", "When did the levee at Pellan break?"),
        (
            "The pin was last examined in October 2019, although the rules ask for more.",
            "When was the pin last examined?",
        ),
        ("The next report is due on 28 March.", "When is the next report due?"),
        ("The works is due to run again by 30 September.", "When is the works due to run again?"),
        ("The 22 gates will be examined by 1 March.", None),
        ("Prices have been frozen since 3 May.", None),
        ("The road has been closed since 3 May.", "Since when has the road been closed?"),
        ("12 people are missing.", "How many people are missing?"),
        ("Confirmed are 31 deaths and 12 people are missing.", "How many people are missing?"),
        ("In all, 433 households were counted twice.", "How many households were counted twice?"),
        ("Two of the gates were examined.", "How many of the gates were examined?"),
        ("Thousands of homes were damaged.", "How many homes were damaged?"),
        (
            "But 64 per cent of the sick are children under ten, said Dr Castell.",
            "What share of the sick are children under ten?",
        ),
        (
            "The ministry runs 38 shelters, nearly all of them in schools.",
            "How many shelters does the ministry run?",
        ),
        (
            "On 23 June the register held 11,050 displaced people.",
            "How many displaced people did the register hold on 23 June?",
        ),
        (
            "The Office has recorded 86 cases of acute diarrhoea.",
            "How many cases of acute diarrhoea has the Office recorded?",
        ),
        (
            "The Cabinet released 48 million tals from the reserve on 14 March.",
            "How much did the Cabinet release from the reserve?",
        ),
        ("Rebuilding will cost $462 million.", "How much will rebuilding cost?"),
        (
            "Chou Bun Eng, Secretary of State at the Ministry of Interior, speaks of 17 nations.",
            "Who is Chou Bun Eng?",
        ),
        (
            "Ji Xiha, who serves at the court in Pursat, is accused of taking bribes.",
            "What is Ji Xiha accused of?",
        ),
        (
            "Gross Merchandise Volume (GMV) was $18.2 billion, down 2%.",
            "What was Gross Merchandise Volume?",
        ),
        (
            "• Core earnings were $0.19 per diluted share for the second quarter of 2023, compared to $0.17.",
            "What were core earnings for the second quarter of 2023?",
        ),
        (
            "Harlan Energy is a holding company headquartered in Pellan.",
            "What is Harlan Energy?",
        ),
        (
            "The profit margin decreased to 20.4% in 2023.",
            "What was the profit margin in 2023?",
        ),
        ("The profit margin decreased 2% in 2023.", None),
        ("Consolidated revenues increased 14% to $6.5 billion.", "What were consolidated revenues?"),
        ("In July, eBay acquired Certilogo.", "When did eBay acquire Certilogo?"),
        ("The proceeds from the 2026 Notes and 2031 Notes were received in May.", None),
        ("The road was closed because the bridge had fallen.", "Why was the road closed?"),
        ("The wounded were taken to Phnom Penh.", "Where were the wounded taken to?"),
        ("The first case was found in Port Quell.", "Where was the first case found?"),
    ],
)
def test_a_question_asks_for_the_information_of_its_sentence(sentence: str, question: str | None) -> None:
    assert asked(sentence)[:1] == ([question] if question else [])


def test_a_sentence_may_answer_several_questions() -> None:
    assert asked("The Ministry of Justice suspended the deputy prosecutor on Wednesday.") == [
        "Who suspended the deputy prosecutor?",
        "When did the Ministry of Justice suspend the deputy prosecutor?",
    ]


def test_a_question_comes_with_the_subject_of_its_sentence() -> None:
    [plan] = questions_in("The plan costs 3.4 million tals.", AROUND)
    assert (plan.question, plan.subject) == ("How much does the plan cost?", "the plan")
    [missing] = questions_in("12 people are missing.", AROUND)
    assert missing.subject == ""


@pytest.mark.parametrize(
    "sentence",
    [
        "He was arrested on Wednesday.",
        "It cost 3 million tals.",
        "This was decided on 3 May.",
        "The minister ordered the raids himself.",
        "The increase was attributable to a loss on 3 May.",
        "World War II changed the demographics of the city.",
        "The cricket team won a cup held in 1992.",
        "The two main forms are structural and spatial.",
        "The report was not published in May.",
        "“The dam broke on Monday.”",
        "Quell Delta | 19 | 7 | 1,720 | 71",
        "WATER AND HEALTH",
        "Did the dam break on Monday?",
        "Lâm Đồng bị lũ vào ngày 3 tháng 5.",
    ],
)
def test_questions_that_read_badly_are_dropped(sentence: str) -> None:
    assert asked(sentence) == []


@given(st.text(max_size=200))
def test_every_result_is_one_short_question(text: str) -> None:
    for question in asked(text):
        assert question.endswith("?")
        assert question.count("?") == 1
        assert 4 <= len(question.split()) <= 17
        assert "\n" not in question
