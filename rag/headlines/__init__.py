"""The first line of an answer: the value of a cell, or two values with their computed difference."""

from rag.headlines.comparisons import POINTS
from rag.headlines.headline import headline_of, possible_headlines

__all__ = ["POINTS", "headline_of", "possible_headlines"]
