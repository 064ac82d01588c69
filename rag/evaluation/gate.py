"""What verification says: of the answers' sentences, and of claims whose support is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

from index.documents import Document, Span
from rag.answers import Answer, Verdict
from rag.evaluation.asking import Asked
from rag.evaluation.datasets import Claim
from rag.evaluation.figures import Place, Sample, ratio
from rag.verification import verify

_WORST_FIRST: tuple[Verdict, ...] = ("unsupported", "partial", "supported")


def measure_gate(asked: Sequence[Asked], claims: Sequence[Claim]) -> dict[Place, Sample]:
    """The share of each verdict among the answers' sentences, and how often claims are called supported.

    ``verdicts`` goes over all sentences of all answers. ``called_supported`` has a figure for claims held
    against the sentences that support them, against those that contradict them, and against those of
    another claim.
    """
    verdicts = [verdicts_of(item.answer) for item in asked]
    ids = tuple(item.query.id for item in asked)
    counts = [len(found) for found in verdicts]
    samples: dict[Place, Sample] = {
        ("gate", "verdicts", verdict): Sample(
            ids, ratio([found.count(verdict) for found in verdicts], counts)
        )
        for verdict in get_args(Verdict)
        if any(counts)
    }
    pairs: dict[str, list[tuple[Claim, Claim]]] = {
        "supporting": [(claim, claim) for claim in claims if claim.supported],
        "contradicting": [(claim, claim) for claim in claims if not claim.supported],
        "of_another": list(_with_another(claims)),
    }
    for name, held in pairs.items():
        if held:
            samples["gate", "called_supported", name] = _called_supported(held)
    return samples


def verdicts_of(answer: Answer) -> list[Verdict]:
    """The verdict of each sentence of an answer: that of its weakest footnote."""
    return [
        min(
            (cited.verification.verdict for cited in answer.cited_by(sentence)),
            key=_WORST_FIRST.index,
            default="unsupported",
        )
        for sentence in answer.sentences
    ]


def _with_another(claims: Sequence[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Each claim with the next one that is neither of its statement nor of its document."""
    for place, claim in enumerate(claims):
        others = (*claims[place + 1 :], *claims[:place])
        for other in others:
            if claim.document != other.document and claim.query != other.query:
                yield claim, other
                break


def _called_supported(held: Sequence[tuple[Claim, Claim]]) -> Sample:
    """The share of claims that the sentences of others (or their own) are said to support.

    A statement that several documents speak of is drawn with all of them.
    """
    called: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for claim, other in held:
        called[claim.query] += _is_supported(claim.text, other.sentences)
        counts[claim.query] += 1
    return Sample(tuple(counts), ratio([called[query] for query in counts], list(counts.values())))


def _is_supported(statement: str, sentences: Sequence[str]) -> bool:
    quote = " ".join(sentences)
    return verify(statement, quote, Document(quote, "", "text"), Span(0, len(quote))).verdict == "supported"
