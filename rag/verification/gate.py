"""The gate, which verifies sentences against the words that they cite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rag.answers import Verdict, Verification
from rag.errors import ModelError
from rag.llm.messages import NoteUsage
from rag.verification.arithmetic import Arithmetic, check_figures
from rag.verification.evidence import Claim, Evidence, Statement, language_in, language_of
from rag.verification.judge import Judge, Judgement
from rag.verification.near_verbatim import is_near_verbatim, is_verbatim
from rag.verification.vetoes import DOUBTS, OVERRULED, VETOES

IN_OTHER_WORDS = "it is not in the words of the cited sentence, and no judge has compared the two"

UNJUDGED = 0.5


@dataclass(frozen=True, slots=True)
class _Open:
    """A claim that only a judge can settle: its *yes* overrules ``fault`` and ``doubt``."""

    claim: Claim
    statement: Statement
    checks: Mapping[str, float]
    figures: Arithmetic
    fault: str | None
    doubt: str | None


class Gate:
    def __init__(self, judge: Judge | None = None) -> None:
        self.judge = judge

    def check(self, sentence: str, evidence: Sequence[Evidence]) -> Verification:
        """Return the verdict on a sentence, given all quotes that it cites, with a score from 0 to 1."""
        [found] = self.check_all([Claim(sentence, tuple(evidence))])
        return found

    def check_all(
        self, claims: Sequence[Claim], note_usage: NoteUsage = lambda _: None
    ) -> list[Verification]:
        """In the order of the claims; a judge is asked once, of all that need it. It notes its tokens.

        The first that applies decides: no quote or a changed one, unsupported; word for word, supported; a
        figure or date that is neither cited nor computed, unsupported, whatever a judge says; nearly word for
        word, supported; a judge that is certain, supported (computed with a formula) or unsupported, whatever
        names, subject or negation look like; a veto, unsupported; a sure formula, computed; else paraphrased.
        """
        found = [_settle(claim) for claim in claims]
        judged = iter(self._judged([each for each in found if isinstance(each, _Open)], note_usage))
        return [next(judged) if isinstance(each, _Open) else each for each in found]

    def _judged(self, waiting: Sequence[_Open], note_usage: NoteUsage) -> list[Verification]:
        judge = self.judge
        if judge is None:
            return [_unjudged(each, IN_OTHER_WORDS) for each in waiting]
        asked = [each for each in waiting if _languages(each) <= judge.languages]
        why = IN_OTHER_WORDS
        judgements: Sequence[Judgement | None] = ()
        try:
            judgements = judge.judge_all([each.claim for each in asked], note_usage) if asked else ()
        except ModelError as error:
            judgements = [None] * len(asked)
            why = f"{judge.name} could not judge it ({error})"
        by_place = {id(each): judgement for each, judgement in zip(asked, judgements, strict=True)}
        return [
            _unjudged(each, why if id(each) in by_place else IN_OTHER_WORDS)
            if (judgement := by_place.get(id(each))) is None
            else _by(judge, judgement, each)
            for each in waiting
        ]


def _settle(claim: Claim) -> Verification | _Open:
    evidence = claim.evidence
    if not evidence:
        return Verification("unsupported", True, True, 0.0, "it cites no sentence")
    if not all(item.quote_matches for item in evidence):
        return Verification("unsupported", False, True, 0.0, "a quote differs from the words of its document")
    if is_verbatim(claim.text, evidence):
        return _verified("supported", 1.0, None, {"verbatim": 1.0})
    language = language_of(claim.text, language_in(evidence[0]))
    statement = Statement(claim.text, language)
    near = is_near_verbatim(
        claim.text, language, [item for item in evidence if language_in(item) == language]
    )
    faults = {name: veto(statement, evidence) for name, veto in VETOES.items()}
    checks = {"verbatim": float(near), **{name: float(fault is None) for name, fault in faults.items()}}
    certain = next((fault for name, fault in faults.items() if fault and name not in OVERRULED), None)
    if certain is not None:
        return _verified("unsupported", 0.0, certain, checks)
    fault = next(filter(None, faults.values()), None)
    if near and fault is None:
        return _verified("supported", 1.0, None, checks)
    doubt = next(filter(None, (doubt(statement, evidence) for doubt in DOUBTS.values())), None)
    if doubt is None and any(language_in(item) != language for item in evidence):
        doubt = "the cited sentence is in another language"
    checks["doubts"] = float(doubt is None)
    return _Open(claim, statement, checks, check_figures(statement, evidence), fault, doubt)


def _languages(item: _Open) -> set[str]:
    return {item.statement.language, *map(language_in, item.claim.evidence)}


def _unjudged(item: _Open, why: str, score: float = UNJUDGED) -> Verification:
    if item.fault is not None:
        return _verified("unsupported", 0.0, item.fault, item.checks)
    formula = "; ".join(item.figures.formulas)
    is_sure = bool(formula) and item.figures.is_sure and item.figures.unproven is None
    reason = item.doubt or why if why == IN_OTHER_WORDS else why
    return replace(
        _verified("computed" if is_sure else "paraphrased", score, reason, item.checks), formula=formula
    )


def _by(judge: Judge, judgement: Judgement, item: _Open) -> Verification:
    score, unproven = judgement.score, item.figures.unproven
    item = replace(item, checks={**item.checks, "judge": round(score, 4)})
    if score < judge.thresholds.unsupported_below:
        reason = judgement.reason or f"{judge.name} finds that the cited sentence does not say so"
        return _verified("unsupported", score, reason, item.checks)
    if score < judge.thresholds.supported_from:
        return _unjudged(item, item.doubt or f"{judge.name} is not certain of it", score)
    formula = "; ".join(item.figures.formulas)
    verdict: Verdict = "paraphrased" if unproven else "computed" if formula else "supported"
    return replace(_verified(verdict, score, unproven, item.checks), formula=formula)


def _verified(
    verdict: Verdict, score: float, reason: str | None, checks: Mapping[str, float]
) -> Verification:
    figures = all(checks.get(name, 1.0) for name in ("figures", "dates"))
    return Verification(verdict, True, figures, round(score, 4), reason, dict(checks))
