"""Two rankings of the same passages → one, by their scores."""

from __future__ import annotations

from collections.abc import Mapping

DENSE_WEIGHT = 0.6
"""The share of the dense score in the fused one. On the evaluation sets scores added at 0.6 beat
reciprocal rank fusion everywhere; ``benchmarks/fusion.py`` prints both."""


def fuse(
    dense: Mapping[int, float], lexical: Mapping[int, float], dense_weight: float = DENSE_WEIGHT
) -> dict[int, float]:
    """Scale each half to 0..1 within the pool and add them, weighted.

    The pool is every number in either half. Cosines are scaled between the pool's lowest and highest;
    BM25 has a natural zero (no word in common), which is what a number missing from it scores.

    Args:
        dense: cosine by number, for every number of the pool.
        lexical: BM25 by number, for those that share a word with the query.
        dense_weight: 0 for words alone, 1 for vectors alone.

    Returns:
        Fused scores from 0 to 1 by number, in no particular order.
    """
    low, high = min(dense.values(), default=0.0), max(dense.values(), default=0.0)
    best = max(lexical.values(), default=0.0)
    return {
        number: dense_weight * ((cosine - low) / (high - low) if high > low else 1.0)
        + (1 - dense_weight) * (lexical.get(number, 0.0) / best if best > 0 else 0.0)
        for number, cosine in dense.items()
    }
