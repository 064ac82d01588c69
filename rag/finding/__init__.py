"""Finds and ranks the sentences that may answer a question, and decides whether to abstain."""

from rag.finding.cells import Row as TableRow
from rag.finding.citations import DocumentTexts
from rag.finding.ranking import LARGEST_PRIOR, find_candidates
from rag.finding.reading import open_reader, read

__all__ = [
    "LARGEST_PRIOR",
    "DocumentTexts",
    "TableRow",
    "find_candidates",
    "open_reader",
    "read",
]
