"""What was found for a question, which an answer is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from index.library import Snapshot
from rag.answers import Verification
from rag.finding.abstention import Judgement
from rag.finding.citations import DocumentTexts
from rag.finding.copies import Copies
from rag.finding.ranking import Scored, Weights
from rag.questions import Question

UNCERTAIN = "the cited words carry it; whether they answer the question is not certain"
FAR = "the cited words carry it, and are not the ones that come nearest to the question"
"""Said of what a language model wrote, where nobody else says that it answers the question."""

NEAREST = 0.8
"""The share of the best sentence's probability from which on one counts among those that come nearest."""

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
    library: DocumentTexts


def as_it_is(verification: Verification, _score: float) -> Verification:
    """What a verification comes to where the reports are quoted because they answer."""
    return verification


@dataclass(frozen=True, slots=True)
class Doubts:
    """What becomes of a model's sentences where the library perhaps does not answer.

    A model that is asked what nobody can answer copies words that are near the question: they are in the
    report, and answer nothing.

    Attributes:
        answerability: the probability that the library answers the question.
        certain: from which probability on it does.
        best: the probability of the sentence that answers best.
        reach: the share of it that another one must have to be quoted too.
    """

    answerability: float
    certain: float
    best: float
    reach: float

    def judged(self, verification: Verification, score: float) -> Verification:
        """What a sentence's verification comes to: supported in part at most, where there is a doubt.

        There is one where the library does not answer for certain, and where what the sentence cites falls as
        far behind the best as sentences that are not quoted with it.

        Args:
            verification: what was checked of the sentence.
            score: the probability that what it cites answers.
        """
        near = self._share(score)
        checks = {**verification.checks, "answers": round(self.answerability * min(near / self.reach, 1), 4)}
        doubt = UNCERTAIN if self.answerability < self.certain else FAR if near < self.reach else None
        if doubt is None or verification.verdict != "supported":
            return replace(verification, checks=checks)
        return replace(verification, verdict="partial", reason=doubt, checks=checks)

    def carries(self, verification: Verification, score: float) -> bool:
        """Whether a sentence is reason enough to show what a model wrote, and not to quote in its place.

        Where there is a doubt, only one that cites what comes nearest to the question is.
        """
        if verification.verdict != "supported":
            return False
        certain = self.answerability >= self.certain
        return self._share(score) >= (self.reach if certain else NEAREST)

    def _share(self, score: float) -> float:
        return score / self.best if self.best else 0.0


def doubts_of(findings: Findings, certain: float) -> Doubts:
    """The doubts about a question's answer."""
    return Doubts(
        findings.judgement.answerability or 0.0, certain, findings.ranked[0].score, findings.weights.reach
    )
