"""A sentence of a known shape gives the question that it answers; any other gives none."""

from __future__ import annotations

import pytest

from rag.suggesting import question_about, question_of


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("Some 412 homes were destroyed.", "How many homes were destroyed?"),
        ("• In 2024, 17 million women in 45 countries gained access to power, the most so far.",
         "How many women in 45 countries gained access to power in 2024?"),
        ("An estimated 85 percent (about 13,700) of museums report having a backlog. [7]",
         "What share of museums report having a backlog?"),
        ("An estimated 80 percent of museums use donations to address repairs.",
         "What share of museums use donations to address repairs?"),
        ("Net sales rose 2 percent to $52.6 billion in 2031.", "What were net sales in 2031?"),
        ("As of May 31, 2031, the deferred revenue was $1.3 billion.",
         "What was the deferred revenue as of May 31, 2031?"),
        ("The mill of Brackwater was rebuilt in May 1902.", "When was the mill of Brackwater rebuilt?"),
        ("The Ministry of Justice suspended the prosecutor on Wednesday.",
         "When did the Ministry of Justice suspend the prosecutor?"),
        ("UNODC submitted six reports to the Council.", "How many reports did UNODC submit to the Council?"),
    ],
)  # fmt: skip
def test_a_sentence_with_a_figure_or_a_date_gives_a_question(sentence: str, question: str) -> None:
    assert question_of(sentence, "the net sales and the mill") == question


@pytest.mark.parametrize(
    "sentence",
    [
        "2.10 The restructured advances fell.",
        "Two recommendations for the ministry to collaborate.",
        "Four drivers and eight guards were abducted.",
        "DVD revenues were $29 million and $60 million.",
        "Free cash flow was $663 million higher than net income.",
        "Their debts were $4 million.",
        "The police reported six cases of fraud.",
        "2024 was a hard year for people in need.",
        "Three quarters of the victims were members of gangs.",
        "The valley is quiet",
        "When the school year began in September.",
    ],
)
def test_a_sentence_of_another_shape_gives_none(sentence: str) -> None:
    assert question_of(sentence, "") is None


def test_a_row_gives_the_question_for_its_figures() -> None:
    assert question_about("NET INCOME ATTRIBUTABLE TO COSTCO (1) | 4 | 5") == "What was net income?"
    assert question_about("Total assets³ | 4") == "What were total assets?"
