"""Verdicts of answers' sentences, and verification of claims with known support."""

from __future__ import annotations

from dataclasses import replace

from rag.answers import AnswerSentence
from rag.evaluation.datasets import Claim, Query
from rag.evaluation.evaluation import measure_gate, verdicts_of
from rag.evaluation.library_set import AnsweredQuery
from rag.evaluation.measures import estimate
from tests.support.sets import asked

QUERY = Query("q1", "When?")
HELD, BROKE = "The dam of Varda held on Sunday.", "The dam of Varda broke on Monday."


def values(asked_items: list[AnsweredQuery], claims: list[Claim]) -> dict[str, float]:
    found = {place[1:]: estimate(sample) for place, sample in measure_gate(asked_items, claims).items()}
    return {".".join(place): figure.value for place, figure in found.items() if figure is not None}


def test_shares_cover_the_sentences_of_all_answers() -> None:
    items = [
        asked(QUERY, "a", "b", "c", verdicts=["supported", "supported", "paraphrased"]),
        asked(QUERY, "a", verdicts=["unsupported"]),
        asked(QUERY, abstained=True),
    ]
    assert values(items, []) == {
        "verdicts.quoted": 0,
        "verdicts.supported": 0.5,
        "verdicts.paraphrased": 0.25,
        "verdicts.unsupported": 0.25,
    }


def test_quoted_sentences_count_apart() -> None:
    items = [
        asked(QUERY, "a", "b", "c", verdicts=["quoted", "quoted", "quoted"]),
        asked(QUERY, "a", verdicts=["supported"]),
    ]
    assert values(items, []) == {
        "verdicts.quoted": 0.75,
        "verdicts.supported": 0.25,
        "verdicts.paraphrased": 0,
        "verdicts.unsupported": 0,
    }


def test_a_sentence_has_the_verdict_of_its_worst_footnote() -> None:
    answer = asked(QUERY, "a", "b", verdicts=["supported", "paraphrased"]).answer
    assert verdicts_of(answer) == ["supported", "paraphrased"]
    both = AnswerSentence(0, 1, (1, 2))
    assert verdicts_of(replace(answer, sentences=(both,))) == ["paraphrased"]
    assert verdicts_of(replace(answer, sentences=(replace(both, citations=()),))) == ["unsupported"]


def test_claims_are_checked_against_supporting_contradicting_and_unrelated_sentences() -> None:
    claims = [
        Claim("q1", HELD, "d1", True, ("It rained.", HELD)),
        Claim("q2", BROKE, "d2", True, ("There was an accident at a dam.",)),
        Claim("q3", "The dam of Varda held.", "d3", False, (BROKE,)),
        Claim("q3", "The dam of Varda held.", "d4", False, (HELD.replace("held", "never held"),)),
    ]
    assert values([], claims) == {
        "called_supported.supporting": 0.5,
        "called_supported.contradicting": 0.0,
        # q1 with q2's sentences is not supported; q2 with q3's, and q3 twice with q1's, share every word.
        "called_supported.of_another": 3 / 4,
    }


def test_a_statement_of_several_documents_counts_as_one_question() -> None:
    claims = [
        Claim("q1", HELD, "d1", True, (HELD,)),
        Claim("q1", HELD, "d2", True, ("It rained.",)),
        Claim("q2", BROKE, "d3", True, (BROKE,)),
    ]
    sample = measure_gate([], claims)["gate", "called_supported", "supporting"]
    figure = estimate(sample)
    assert sample.queries == ("q1", "q2")
    assert figure is not None
    assert (figure.value, figure.n) == (2 / 3, 2)
    assert (figure.low, figure.high) == (0.5, 1), "q1 drawn twice, and q2 drawn twice"


def test_without_sentences_and_claims_nothing_is_measured() -> None:
    assert measure_gate([asked(QUERY, abstained=True)], []) == {}
    assert measure_gate([], []) == {}
