"""Measures the verdicts of the gate (the checks without a judge) on sentences of answers and on claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rag.answers import Answer
from rag.evaluation.answered_queries import AnsweredQuery
from rag.evaluation.bootstrap import KeyPath, Sample, ratio
from rag.evaluation.datasets import Claim
from rag.verdicts import VERDICTS, Verdict
from rag.verification import Evidence, Gate

_WORST_FIRST = VERDICTS[::-1]


def measure_gate(asked: Sequence[AnsweredQuery], claims: Sequence[Claim]) -> dict[KeyPath, Sample]:
    """Measure the share of each verdict among the answers' sentences, and how many claims pass as supported.

    ``verdicts`` covers all sentences of all answers, quoted ones included. ``called_supported`` has three
    figures: the shares of claims that pass if they are checked against sentences that support them, that
    contradict them, and that belong to another claim.
    """
    verdicts = [verdicts_of(item.answer) for item in asked]
    ids = tuple(item.query.id for item in asked)
    counts = [len(found) for found in verdicts]
    samples: dict[KeyPath, Sample] = {}
    if any(counts):
        for verdict in VERDICTS:
            shares = ratio([found.count(verdict) for found in verdicts], counts)
            samples["gate", "verdicts", verdict] = Sample(ids, shares)
    by_relation = {
        "supporting": [(claim, claim) for claim in claims if claim.supported],
        "contradicting": [(claim, claim) for claim in claims if not claim.supported],
        "of_another": list(_with_another(claims)),
    }
    for name, pairs in by_relation.items():
        if pairs:
            samples["gate", "called_supported", name] = _called_supported(pairs)
    return samples


def verdicts_of(answer: Answer) -> list[Verdict]:
    """Return each sentence's verdict: the worst verdict of its footnotes; *unsupported* if it has none."""
    return [
        min(
            (cited.verification.verdict for cited in answer.cited_by(sentence)),
            key=_WORST_FIRST.index,
            default="unsupported",
        )
        for sentence in answer.sentences
    ]


def _with_another(claims: Sequence[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Yield each claim with the next claim that has a different statement and a different document.

    After the last claim, the search for the next one goes on with the first.
    """
    for index, claim in enumerate(claims):
        for other in (*claims[index + 1 :], *claims[:index]):
            if claim.document != other.document and claim.query != other.query:
                yield claim, other
                break


def _called_supported(pairs: Sequence[tuple[Claim, Claim]]) -> Sample:
    """Measure the share of pairs in which the second claim's sentences count as support for the first claim.

    The bootstrap draws statements: all pairs whose first claim has the same statement are drawn together.
    """
    gate = Gate()
    called: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for claim, other in pairs:
        verdict = gate.check(claim.text, [Evidence(sentence) for sentence in other.sentences]).verdict
        called[claim.query] += verdict == "supported"
        counts[claim.query] += 1
    return Sample(tuple(counts), ratio([called[query] for query in counts], list(counts.values())))
