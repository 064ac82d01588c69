"""Compares the best sentences with the question once more: with a larger network, or across languages."""

from rag.finding.reranking.across_languages import compare_across
from rag.finding.reranking.encoded_text import text_of
from rag.finding.reranking.installed import RERANKER_REQUIREMENTS, installed_weights
from rag.finding.reranking.reranker import (
    ADAPTER,
    INSTALLED_RERANKER,
    MAX_RERANKED,
    NO_RERANKER,
    Reranker,
    apply_reranker,
    open_reranker,
)

__all__ = [
    "ADAPTER",
    "INSTALLED_RERANKER",
    "MAX_RERANKED",
    "NO_RERANKER",
    "RERANKER_REQUIREMENTS",
    "Reranker",
    "apply_reranker",
    "compare_across",
    "installed_weights",
    "open_reranker",
    "text_of",
]
