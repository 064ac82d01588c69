"""The material of an answer: the ranked sentences, and the confidence that they answer the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.library import Snapshot
from rag.finding.abstention import Decision
from rag.finding.citations import DocumentTexts
from rag.finding.copies import Copies
from rag.finding.cross_encoder import Reader
from rag.finding.ranking import Calibration, Scored
from rag.questions import Question
from rag.verdicts import Verification

UNCERTAIN = "the cited words support it, but it is not certain that they answer the question"
"""The reason for a verdict of ``paraphrased`` if it is not certain that the library answers the question."""
FAR = "the cited words support it, but other sentences are closer to the question"
"""The reason for a verdict of ``paraphrased`` if sentences that are not cited are closer to the question."""

NEAREST = 0.8
"""A sentence with at least this share of the best sentence's probability counts among the nearest."""


@dataclass(frozen=True, slots=True)
class Findings:
    """The material for the answer to one question.

    Attributes:
        index: the state of the library that was read.
        reader: the model that read the sentences.
        question: the question in its standalone form.
        ranked: the sentences that were read, by their probability of answering, best first.
        calibration: the constants that ranked them.
        decision: the decision whether the library answers the question.
        copies: finds the earliest copy of a sentence, which is the one to cite.
        document_texts: provides the texts of documents.
        sides: the sentences that were sought for the values of a comparison, each for one.
    """

    index: Snapshot
    reader: Reader
    question: Question
    ranked: Sequence[Scored]
    calibration: Calibration
    decision: Decision
    copies: Copies
    document_texts: DocumentTexts
    sides: Sequence[Scored] = ()


@dataclass(frozen=True, slots=True)
class Confidence:
    """The certainty that the library, and the sentences that a model cites, answer the question.

    The verdicts on sentences do not show this: for a question without an answer in the library, a model
    copies words of the reports that are close to the question but do not answer it.

    Attributes:
        answerability: the probability that the library answers the question.
        certain: the lowest ``answerability`` that counts as a certain answer.
        best: the probability of the best sentence.
        reach: an answer made of quotes leaves out sentences whose probability is below ``reach`` times
            ``best``.
    """

    answerability: float
    certain: float
    best: float
    reach: float

    def adjust(self, verification: Verification, score: float) -> Verification:
        """Return a verification; lower ``supported`` to ``paraphrased`` if the sentence is a doubtful answer.

        The answer is doubtful if ``answerability`` is below ``certain``. It is also doubtful if ``score`` is
        below ``reach`` times ``best``, because an answer made of quotes would then leave the cited sentences
        out. The verdict ``quoted`` stays, because this verdict does not say that the sentence answers.

        Args:
            verification: the result of checking the sentence.
            score: the probability that the cited sentences answer.
        """
        near = self._share(score)
        checks = {**verification.checks, "answers": round(self.answerability * min(near / self.reach, 1), 4)}
        doubt = UNCERTAIN if self.answerability < self.certain else FAR if near < self.reach else None
        if doubt is None or verification.verdict != "supported":
            return replace(verification, checks=checks)
        return replace(verification, verdict="paraphrased", reason=doubt, checks=checks)

    def justifies(self, verification: Verification, score: float) -> bool:
        """Return whether a sentence justifies showing the model's answer instead of quotes.

        An unsupported sentence does not. Any other sentence does if ``score``, the probability that the cited
        sentences answer, is at least ``reach`` times ``best``. If ``answerability`` is below ``certain``,
        ``score`` must be at least ``NEAREST`` times ``best``.
        """
        if verification.verdict == "unsupported":
            return False
        certain = self.answerability >= self.certain
        return self._share(score) >= (self.reach if certain else NEAREST)

    def _share(self, score: float) -> float:
        return score / self.best if self.best else 0.0
