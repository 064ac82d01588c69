"""All parts of the verification together: the verdict of a sentence, and its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import regex

from rag.answers import Verdict, Verification
from rag.questions import Question
from rag.verification.amounts import comparisons, figures
from rag.verification.entailment import Entailment, entailment
from rag.verification.evidence import Evidence, Finding, Statement, language_of
from rag.verification.grammar.attribution import attribution
from rag.verification.grammar.causes import causes
from rag.verification.grammar.fragments import fragments
from rag.verification.grammar.governing import governing
from rag.verification.grammar.merging import merging
from rag.verification.grammar.modality import modality
from rag.verification.grammar.qualifiers import qualifiers
from rag.verification.grammar.restrictions import restrictions
from rag.verification.grammar.roles import roles
from rag.verification.grammar.sequence import sequence
from rag.verification.grammar.speeches import speeches
from rag.verification.grammar.splices import splices
from rag.verification.instructions import instructions
from rag.verification.moments import moments
from rag.verification.names import names
from rag.verification.relevance.relevance import relevance
from rag.verification.words.coverage import coverage
from rag.verification.words.negation import negation
from rag.verification.words.opposites import opposition
from rag.verification.words.things import things

if TYPE_CHECKING:
    from index.embedding import Encoder

Part = Callable[[Statement, Sequence[Evidence]], Finding]

PARTS: Mapping[str, Part] = {
    "figures": figures, "dates": moments, "comparisons": comparisons, "things": things, "names": names,
    "attribution": attribution, "speeches": speeches, "negation": negation, "opposites": opposition,
    "modality": modality,
    "roles": roles, "sequence": sequence, "causes": causes, "governing": governing,
    "merging": merging, "qualifiers": qualifiers, "restrictions": restrictions,
    "splices": splices,
}  # fmt: skip
"""What is checked of every sentence that is no quotation, by its name; the order is that of reasons."""

WEIGHT = 0.5
"""How far a part that finds nothing right lowers the combined score: to this share of it."""

_SPACE = regex.compile(r"\s+")
_ENDS = " \t\n.!?。！？…\"'“”‘’"


class Gate:
    """Verifies sentences against the words that they cite. Safe to share between threads.

    Attributes:
        encoder: what compares the meaning of a sentence and its quotes, or None: words alone decide.
        entailment: a model for natural language inference, or None.
    """

    def __init__(self, encoder: Encoder | None = None, entailment: Entailment | None = None) -> None:
        self.encoder = encoder
        self.entailment = entailment

    def check(
        self, sentence: str, evidence: Sequence[Evidence], question: Question | None = None
    ) -> Verification:
        """The verdict of a sentence, by all that it cites.

        Args:
            sentence: as it is to be shown.
            evidence: what it cites.
            question: what it is to answer; None where that is not asked.

        Returns:
            ``supported`` where no part finds a fault. A fault of a figure, a date, a name, a negation, a role
            or the like makes it ``unsupported``; words that the evidence does not carry, a fragment or a
            sentence off the question ``partial``. The score is the coverage, lowered for every part by up to
            half.
        """
        if not evidence:
            return Verification("unsupported", True, True, 0.0, "cites no sentence")
        if not all(item.quote_matches for item in evidence):
            reason = "a quote is not what the document says"
            return Verification("unsupported", False, True, 0.0, reason)
        statement = Statement(sentence, language_of(sentence, _language(evidence)))
        return combined(list(self.findings(statement, evidence, question)))

    def findings(
        self, statement: Statement, evidence: Sequence[Evidence], question: Question | None = None
    ) -> Iterator[Finding]:
        """What each part that applies says, the gravest first."""
        yield instructions(evidence)
        verbatim = is_verbatim(statement.text, evidence)
        if not verbatim:
            for part in PARTS.values():
                yield part(statement, evidence)
        yield Finding("coverage", 1.0) if verbatim else coverage(statement, evidence, self.encoder)
        if self.entailment is not None and not verbatim:
            yield entailment(statement, evidence, self.entailment)
        yield fragments(statement)
        if question is not None:
            yield relevance(statement, question, evidence, self.encoder)


def combined(findings: Sequence[Finding]) -> Verification:
    """One verdict of many findings: that of the gravest fault, with its reason.

    The score is that of the coverage, times, for every other part, :data:`WEIGHT` and the rest by its own
    score.
    """
    score = 1.0
    for finding in findings:
        score *= finding.score if finding.part == "coverage" else WEIGHT + (1 - WEIGHT) * finding.score
    faults = sorted((each for each in findings if each.failed), key=lambda finding: not finding.fatal)
    verdict: Verdict = "supported"
    if faults:
        verdict = "unsupported" if faults[0].fatal else "partial"
    failed = {finding.part for finding in findings if finding.failed and finding.fatal}
    return Verification(
        verdict,
        quote_matches=True,
        figures_match=not failed & {"figures", "dates", "comparisons", "things"},
        score=round(score, 4),
        reason=faults[0].reason if faults else None,
        checks={finding.part: round(finding.score, 4) for finding in findings},
    )


def is_verbatim(sentence: str, evidence: Sequence[Evidence]) -> bool:
    """Whether a sentence is a quote, or all quotes in their order, word by word."""
    own = _plain(sentence)
    return any(own == _plain(item.quote) for item in evidence) or own == _plain(
        " ".join(item.quote for item in evidence)
    )


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip(_ENDS)


def _language(evidence: Sequence[Evidence]) -> str:
    known = [item.language for item in evidence if item.language != "und"]
    return known[0] if known else language_of(" ".join(item.quote for item in evidence))
