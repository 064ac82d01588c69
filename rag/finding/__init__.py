"""Finds and ranks the sentences that may answer a question, and decides whether to abstain."""

from rag.finding.cells import Row as TableRow
from rag.finding.citations import DocumentTexts
from rag.finding.features import measure
from rag.finding.ranking import load_weights, rank
from rag.finding.reading import read
from rag.finding.reranking import NO_RERANKER, RERANKER_REQUIREMENTS, compare_across, open_reranker

__all__ = [
    "NO_RERANKER",
    "RERANKER_REQUIREMENTS",
    "DocumentTexts",
    "TableRow",
    "compare_across",
    "load_weights",
    "measure",
    "open_reranker",
    "rank",
    "read",
]
