"""Verifies a sentence: its quotes, then literal repetition, vetoes, near-verbatim repetition, and a judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.errors import ModelError
from rag.verdicts import Verdict, Verification
from rag.verification.evidence import Evidence, Statement, language_in, language_of, premise
from rag.verification.judge import Judge
from rag.verification.near_verbatim import is_near_verbatim, is_verbatim
from rag.verification.vetoes import DOUBTS, VETOES

IN_OTHER_WORDS = "it is not in the words of the cited sentence, and no judge has compared the two"
"""The reason for ``paraphrased`` if no fault is found and no judge was asked."""

UNJUDGED = 0.5
"""The score of a sentence in which no fault is found, and which no judge has judged."""


class Gate:
    """Verifies sentences against the words that they cite. Safe to share between threads if the judge is.

    Attributes:
        judge: gives the probability that the quotes say what a sentence says; None for no judge.
    """

    def __init__(self, judge: Judge | None = None) -> None:
        self.judge = judge

    def check(self, sentence: str, evidence: Sequence[Evidence]) -> Verification:
        """Return the verdict on a sentence, given everything that it cites.

        Args:
            sentence: the sentence, as the answer shows it.
            evidence: the quotes that it cites.

        Returns:
            The verdict, with a score from 0 to 1. The first case that applies decides:

            - The sentence has no quote, or a quote differs from its document: ``unsupported``, 0.
            - The sentence repeats its quotes word for word: ``supported``, 1.
            - A veto finds a fault: ``unsupported``, 0.
            - The sentence repeats a quote nearly word for word: ``supported``, 1.
            - There is no judge, or it fails, or it does not read the language: ``paraphrased``, ``UNJUDGED``.
            - The judge decides, and its probability is the score: ``supported`` if it is certain and no check
              has a doubt, ``unsupported`` if it says no, else ``paraphrased``.
        """
        if not evidence:
            return Verification("unsupported", True, True, 0.0, "it cites no sentence")
        if not all(item.quote_matches for item in evidence):
            return Verification(
                "unsupported", False, True, 0.0, "a quote differs from the words of its document"
            )
        if is_verbatim(sentence, evidence):
            return _verified("supported", 1.0, None, {"verbatim": 1.0})
        language = language_of(sentence, language_in(evidence[0]))
        statement = Statement(sentence, language)
        same_language = [item for item in evidence if language_in(item) == language]
        near = is_near_verbatim(sentence, language, same_language)
        faults = {name: veto(statement, evidence) for name, veto in VETOES.items()}
        checks = {"verbatim": float(near), **{name: float(fault is None) for name, fault in faults.items()}}
        fault = next(filter(None, faults.values()), None)
        if fault is not None:
            return _verified("unsupported", 0.0, fault, checks)
        if near:
            return _verified("supported", 1.0, None, checks)
        return self._judged(statement, evidence, checks)

    def _judged(
        self, statement: Statement, evidence: Sequence[Evidence], checks: Mapping[str, float]
    ) -> Verification:
        doubt = next(filter(None, (doubt(statement, evidence) for doubt in DOUBTS.values())), None)
        judge = self.judge
        languages = {statement.language, *map(language_in, evidence)}
        if doubt is None and len(languages) > 1:
            doubt = "the cited sentence is in another language"
        checks = {**checks, "doubts": float(doubt is None)}
        if judge is None or not languages <= judge.languages:
            return _verified("paraphrased", UNJUDGED, doubt or IN_OTHER_WORDS, checks)
        try:
            score = judge.judge(premise(evidence), statement.text)
        except ModelError as error:
            return _verified("paraphrased", UNJUDGED, f"{judge.name} could not judge it ({error})", checks)
        checks = {**checks, "judge": round(score, 4)}
        if score < judge.thresholds.unsupported_below:
            reason = f"{judge.name} finds that the cited sentence does not say so"
            return _verified("unsupported", score, reason, checks)
        if score < judge.thresholds.supported_from:
            return _verified("paraphrased", score, doubt or f"{judge.name} is not certain of it", checks)
        return _verified("paraphrased" if doubt else "supported", score, doubt, checks)


def _verified(
    verdict: Verdict, score: float, reason: str | None, checks: Mapping[str, float]
) -> Verification:
    figures = all(checks.get(name, 1.0) for name in ("figures", "dates"))
    return Verification(verdict, True, figures, round(score, 4), reason, dict(checks))
