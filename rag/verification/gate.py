"""Combines all checks of a sentence into one verdict, and names the reason for it."""

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
"""The checks of every sentence that does not repeat its quotes word for word, by name. If two checks find
equally grave faults, the earlier one gives the reason for the verdict."""

WEIGHT = 0.5
"""The factor that a check with a score of 0 contributes to the combined score. A score of 1 contributes the
factor 1."""

_SPACE = regex.compile(r"\s+")
_ENDS = " \t\n.!?。！？…\"'“”‘’"


class Gate:
    """Verifies sentences against the words that they cite. Safe to share between threads.

    Attributes:
        encoder: compares the meaning of a sentence with that of its quotes; None to compare words alone.
        entailment: a model for natural language inference, or None.
    """

    def __init__(self, encoder: Encoder | None = None, entailment: Entailment | None = None) -> None:
        self.encoder = encoder
        self.entailment = entailment

    def check(
        self, sentence: str, evidence: Sequence[Evidence], question: Question | None = None
    ) -> Verification:
        """Return the verdict on a sentence, given everything that it cites.

        Args:
            sentence: the sentence, as the answer shows it.
            evidence: the quotes that it cites.
            question: the question that it should answer; None to leave that unchecked.

        Returns:
            ``supported`` if no check finds a fault. A wrong figure, date, name, negation, role or the like
            makes the sentence ``unsupported``. A few words that the evidence lacks, a fragment, or a sentence
            that does not concern the question make it ``partial``. :func:`combined` tells how the score is
            made.
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
        """Yield the result of each check that applies.

        Of equally grave faults, the first one gives the reason.
        """
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
    """Combine the results of all checks into one verdict: that of the gravest fault, with its reason.

    The score is the coverage, multiplied by ``WEIGHT + (1 - WEIGHT) * score`` of every other check.
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
    """Return whether a sentence repeats one quote, or all quotes in their order, word for word.

    Spacing does not count, and neither does punctuation at the ends.
    """
    own = _plain(sentence)
    return any(own == _plain(item.quote) for item in evidence) or own == _plain(
        " ".join(item.quote for item in evidence)
    )


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip(_ENDS)


def _language(evidence: Sequence[Evidence]) -> str:
    known = [item.language for item in evidence if item.language != "und"]
    return known[0] if known else language_of(" ".join(item.quote for item in evidence))
