"""Finds and ranks the sentences that may answer a question, and decides whether to abstain."""

from rag.finding.candidates import LARGEST_PRIOR, find_candidates
from rag.finding.cells import Row as TableRow
from rag.finding.citations import DocumentTexts
from rag.finding.cross_encoder import open_reader
from rag.finding.reading import read

__all__ = [
    "LARGEST_PRIOR",
    "DocumentTexts",
    "TableRow",
    "find_candidates",
    "open_reader",
    "read",
]
