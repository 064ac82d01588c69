"""What was found for a question, which an answer is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from index.store import Snapshot
from rag.abstention import Judgement
from rag.answers import Verification
from rag.citations import Library
from rag.copies import Copies
from rag.questions import Question
from rag.selection import Scored
from rag.weights import Weights

UNCERTAIN = "the cited words carry it; whether they answer the question is not certain"
FAR = "the cited words carry it, and are not the ones that come nearest to the question"
"""Said of what a language model wrote, where nobody else says that it answers the question."""

Judge = Callable[[Verification, float], Verification]
"""Of a sentence: its verification, and how probably what it cites answers → what it comes to in an answer."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What one question's answer is made of.

    Attributes:
        index: the state of the library that was read.
        question: what is asked, as it stands alone.
        ranked: the sentences that were read, by their probability of answering, the best first.
        weights: what ranked them.
        judgement: whether the library answers.
        copies: finds the copy of a document that is cited.
        library: has the texts.
    """

    index: Snapshot
    question: Question
    ranked: Sequence[Scored]
    weights: Weights
    judgement: Judgement
    copies: Copies
    library: Library


def as_it_is(verification: Verification, _score: float) -> Verification:
    """What a verification comes to where the reports are quoted because they answer."""
    return verification


def doubting(findings: Findings, certain: float) -> Judge:
    """What verifications come to in what a language model writes: perhaps it does not answer.

    A model that is asked what nobody can answer copies words that are near the question: they are in the
    report, and answer nothing. A sentence is supported in part at most where the library does not answer for
    certain, and where what it cites falls as far behind the best as sentences that are not quoted with it.

    Args:
        findings: what was found for the question.
        certain: the probability from which on the library answers it.
    """
    answerability = findings.judgement.answerability or 0.0
    reach = findings.weights.reach * findings.ranked[0].score

    def judged(verification: Verification, score: float) -> Verification:
        answers = answerability * min(score / reach, 1.0) if reach else 0.0
        checks = {**verification.checks, "answers": round(answers, 4)}
        doubt = UNCERTAIN if answerability < certain else FAR if score < reach else None
        if doubt is None or verification.verdict != "supported":
            return replace(verification, checks=checks)
        return replace(verification, verdict="partial", reason=doubt, checks=checks)

    return judged
