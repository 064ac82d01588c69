"""Two rankings of the same passages → one, by their scores."""

from __future__ import annotations

from collections.abc import Mapping

from index.records import DENSE_WEIGHT
from index.text.languages import detect, is_latin, may_be_in

UNREAD = 0.2
"""What that share is multiplied by for a query in a language that the encoder does not read. With the bundled
encoder Vietnamese wants it lower and Indonesian higher (mlqa-vi, tydi-id); here both do no worse than by
words alone. What it knows of such a language are the names and loan words that it shares with those that it
reads; of one in other letters nothing, and its words decide alone (mlqa-zh: no share of the vectors is
better)."""


def share_of_vectors(query: str, languages: frozenset[str] | None, share: float) -> float:
    """What ``share`` of the vectors is worth for a query.

    Args:
        query: what is looked for.
        languages: those that the encoder reads, or None where nothing tells.
        share: for a query that it reads. 0 and 1 stay: they ask for one half alone.
    """
    if share in {0, 1} or may_be_in(detect(query), languages):
        return share
    return share * UNREAD if is_latin(query) else 0.0


def fuse(
    dense: Mapping[int, float],
    lexical: Mapping[int, float],
    most: float,
    dense_weight: float = DENSE_WEIGHT,
) -> dict[int, float]:
    """Scale each half to 0..1 and add them, weighted.

    The pool is every number in either half. Cosines are scaled between the pool's lowest and highest. BM25 is
    taken as a share of ``most``: where even the best passage has few of the query's words, its words tell
    less, and the vectors decide.

    Args:
        dense: cosine by number, for every number of the pool.
        lexical: BM25 by number, for those that share a word with the query.
        most: what the query's words could score (:meth:`~index.search.bm25.LexicalIndex.most`); the best of
            ``lexical`` where that is more.
        dense_weight: 0 for words alone, 1 for vectors alone.

    Returns:
        Fused scores from 0 to 1 by number, in no particular order.
    """
    low, high = min(dense.values(), default=0.0), max(dense.values(), default=0.0)
    best = max(most, max(lexical.values(), default=0.0))
    return {
        number: dense_weight * ((cosine - low) / (high - low) if high > low else 1.0)
        + (1 - dense_weight) * (lexical.get(number, 0.0) / best if best > 0 else 0.0)
        for number, cosine in dense.items()
    }
