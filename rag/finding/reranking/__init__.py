"""Compares the best sentences with the question once more: with a larger encoder, or across languages."""

from rag.finding.reranking.across_languages import compare_across
from rag.finding.reranking.reranker import INSTALLED_RERANKER, NO_RERANKER, apply_reranker, open_reranker

__all__ = ["INSTALLED_RERANKER", "NO_RERANKER", "apply_reranker", "compare_across", "open_reranker"]
