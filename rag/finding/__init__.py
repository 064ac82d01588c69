"""Finds and ranks the sentences that may answer a question, and decides whether to abstain."""

from rag.finding.citations import DocumentTexts
from rag.finding.features import measure
from rag.finding.ranking import load_weights, rank
from rag.finding.reading import read

__all__ = ["DocumentTexts", "load_weights", "measure", "rank", "read"]
