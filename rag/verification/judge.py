"""The gate, which verifies sentences against the words that they cite, and the models that may judge them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rag.answers import Verdict, Verification
from rag.errors import JudgeError, ModelError
from rag.finding.reading import load_cross_encoder
from rag.llm.prompts import judge_prompt
from rag.verification.evidence import Evidence, Statement, language_in, language_of, premise
from rag.verification.near_verbatim import is_near_verbatim, is_verbatim
from rag.verification.vetoes import DOUBTS, VETOES

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

    from rag.llm import LanguageModel

NO_JUDGE = "none"

LANGUAGE_MODEL = "llm"

MANY_WORD_PIECES = 200_000  # with a smaller vocabulary, a cross-encoder reads only English
SECONDS = 20.0

WIDELY_READ = frozenset({"en", "zh", "es", "fr", "de", "pt", "it", "nl", "ru", "ja", "ko", "ar", "vi", "id"})


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Supported from the first (never, above 1), unsupported below the second; calibrated by evaluation."""

    supported_from: float = 0.9
    unsupported_below: float = 0.1


class Judge(Protocol):
    """Safe to share between threads."""

    @property
    def name(self) -> str: ...

    @property
    def thresholds(self) -> Thresholds: ...

    @property
    def languages(self) -> frozenset[str]: ...

    def judge(self, premise: str, claim: str) -> float:
        """From 0 to 1. Raises ModelError if the judge fails or does not answer in time."""
        ...


@dataclass(frozen=True, slots=True)
class CrossEncoderJudge:
    """``entailed`` is the index of the class; None if the model gives a single score."""

    name: str
    languages: frozenset[str]
    thresholds: Thresholds
    model: CrossEncoder
    entailed: int | None

    def judge(self, premise: str, claim: str) -> float:
        logits = np.asarray(
            self.model.predict([(premise, claim)], show_progress_bar=False), np.float64
        ).ravel()
        if self.entailed is None:
            return float(1 / (1 + np.exp(-logits[0])))
        shares = np.exp(logits - logits.max())
        return float(shares[self.entailed] / shares.sum())


@dataclass(frozen=True, slots=True)
class LanguageModelJudge:
    model: LanguageModel
    thresholds: Thresholds = Thresholds()

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def languages(self) -> frozenset[str]:
        return WIDELY_READ

    def judge(self, premise: str, claim: str) -> float:
        return self.model.probability_of_yes(judge_prompt(premise, claim), SECONDS)


def open_judge(
    name: str, model: LanguageModel | None = None, thresholds: Thresholds | None = None
) -> Judge | None:
    """``none``, ``llm`` for ``model``, or a cross-encoder's name or folder. Raises JudgeError."""
    if name == NO_JUDGE:
        return None
    if name != LANGUAGE_MODEL:
        judge = _open_cross_encoder(name)
        return replace(judge, thresholds=thresholds) if thresholds else judge
    if model is None:
        raise JudgeError(
            "the judge is the language model, but no language model is set; set llm and llm_model, or set "
            "judge to none"
        )
    return LanguageModelJudge(model, thresholds or Thresholds())


def _open_cross_encoder(name: str) -> CrossEncoderJudge:
    model = load_cross_encoder(name, "judge", JudgeError)
    config: Any = model.config
    labels = {str(label).lower(): int(index) for index, label in config.id2label.items()}
    entailed = next((index for label, index in labels.items() if label.startswith("entail")), None)
    if entailed is None and len(labels) > 1:
        raise JudgeError(
            f"the judge {name!r} has the classes {', '.join(labels)} but none for entailment; "
            "give a cross-encoder for natural language inference, or one with a single score"
        )
    many = int(config.vocab_size) > MANY_WORD_PIECES
    languages = WIDELY_READ if many else frozenset({"en"})
    return CrossEncoderJudge(name, languages, Thresholds(), model, entailed if len(labels) > 1 else None)


IN_OTHER_WORDS = "it is not in the words of the cited sentence, and no judge has compared the two"

UNJUDGED = 0.5


class Gate:
    def __init__(self, judge: Judge | None = None) -> None:
        self.judge = judge

    def check(self, sentence: str, evidence: Sequence[Evidence]) -> Verification:
        """Return the verdict on a sentence, given all quotes that it cites, with a score from 0 to 1.

        The first that applies decides: no quote or a changed one, unsupported; word for word, supported; a
        veto, unsupported; nearly word for word, supported; no judge for it, paraphrased with ``UNJUDGED``;
        else the judge, for support only if it is certain and no check has a doubt.
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
