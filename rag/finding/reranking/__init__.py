"""Re-ranks the best sentences with a larger encoder than the library's own."""

from rag.finding.reranking.reranker import INSTALLED_RERANKER, NO_RERANKER, apply_reranker, open_reranker

__all__ = ["INSTALLED_RERANKER", "NO_RERANKER", "apply_reranker", "open_reranker"]
