"""Parts whose faults the adversarial sentences alone would not show, with their scores and severity."""

from __future__ import annotations

import pytest

from rag.questions import understand
from rag.verification.evidence import Evidence, Statement
from rag.verification.gate import Part
from rag.verification.grammar.qualifiers import qualifiers
from rag.verification.grammar.restrictions import restrictions
from rag.verification.grammar.splices import splices
from rag.verification.relevance.relevance import relevance
from rag.verification.words.coverage import coverage


def cited(quote: str) -> list[Evidence]:
    return [Evidence(quote, language="en")]


@pytest.mark.parametrize(
    ("part", "sentence", "quote", "score", "fatal"),
    [
        (qualifiers, "All schools closed.", "Some schools closed.", 0.0, True),
        (qualifiers, "Only schools closed.", "Schools closed.", 0.5, False),
        (restrictions, "It was up 5 percent.", "It was down 5 percent.", 0.0, True),
        (restrictions, "The members voted.", "The new members voted.", 0.5, False),
        (splices, "The firm has closed the mine.", "The firm plans a closing of the mine.", 0.5, False),
    ],
)
def test_a_fault_has_its_score_and_its_gravity(
    part: Part, sentence: str, quote: str, score: float, fatal: bool
) -> None:
    found = part(Statement(sentence, "en"), cited(quote))
    assert (found.failed, found.score, found.fatal) == (True, score, fatal)


def test_a_word_of_its_own_is_left_over_and_a_light_one_is_not() -> None:
    quote = "Ilse Marr opened the bridge at Tolm in the north."
    heavy = coverage(Statement("Ilse Marr opened the bridge at Tolm in the rain.", "en"), cited(quote))
    light = coverage(Statement("Ilse Marr opened the bridge located at Tolm.", "en"), cited(quote))
    assert (heavy.reason, heavy.score) == ("the cited sentence does not have “rain”", 0.8333)
    assert (light.reason, light.score) == (None, 0.8333)


def test_a_sentence_off_the_question_is_not_relevant() -> None:
    quote = "Dockers blocked the port."
    found = relevance(Statement(quote, "en"), understand("Who opened the bridge?"), cited(quote), None)
    assert (found.score, found.fatal) == (0.0, False)
    near = relevance(Statement(quote, "en"), understand("Was the port blocked?"), cited(quote), None)
    assert near.score == 1.0
