"""Fuses the scores of vectors and words."""

from __future__ import annotations

from collections.abc import Mapping

from index.text.languages import detect, is_latin, may_be_in

# The share of the dense score in the fused score. BM25 scores rarely come near their upper bound, so the
# dense score counts for more than half. ``benchmarks/encoders.py`` compares other shares and methods.
DENSE_WEIGHT = 0.5
# The factor on the vectors' share for a query in a language that the encoder does not read. With the bundled
# encoder, a lower factor is best for Vietnamese, and a higher one for Indonesian (mlqa-vi, tydi-id); with
# this factor, neither language does worse than with words alone. The encoder knows the names and loan words
# that such a language shares with the languages that the encoder reads. The default encoder knows only the
# Latin alphabet; for a query in any other alphabet, the factor is 0, which is best for mlqa-zh.
UNREAD = 0.2


def share_of_vectors(query: str, languages: frozenset[str] | None, share: float) -> float:
    """Reduce ``share``, unless it is 0 or 1, if the encoder does not read the language of ``query``."""
    if share in {0, 1} or may_be_in(detect(query), languages):
        return share
    return share * UNREAD if is_latin(query) else 0.0


def fuse(
    dense: Mapping[int, float],
    lexical: Mapping[int, float],
    max_score: float,
    dense_weight: float = DENSE_WEIGHT,
) -> dict[int, float]:
    """Scale cosines and BM25 scores to 0..1, and add them by weight; return the fused scores by chunk id.

    Cosines, those of all candidates, are scaled between the lowest and the highest. BM25 scores, absent for
    candidates without a word of the query, are divided by ``max_score``, or by a higher score in ``lexical``.
    If even the best passage has few of the query's words, all BM25 scores therefore stay low, and the vectors
    decide. A ``dense_weight`` of 0 is words alone, 1 vectors alone.
    """
    low, high = min(dense.values(), default=0.0), max(dense.values(), default=0.0)
    best = max(max_score, max(lexical.values(), default=0.0))
    return {
        number: dense_weight * ((cosine - low) / (high - low) if high > low else 1.0)
        + (1 - dense_weight) * (lexical.get(number, 0.0) / best if best > 0 else 0.0)
        for number, cosine in dense.items()
    }
