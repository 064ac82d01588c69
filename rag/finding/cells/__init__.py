"""Finds the cell of a cited row that a question means, or the two cells that it compares."""

from rag.finding.cells.choice import CellChoice, Row
from rag.finding.cells.pairs import CellPair, choose_pair, mark_of, subject_of

__all__ = ["CellChoice", "CellPair", "Row", "choose_pair", "mark_of", "subject_of"]
