"""Suggests questions to ask after an answer, and questions to begin with."""

from rag.suggesting.starters import Starter, StarterMaker, Starters
from rag.suggesting.suggestions import suggest

__all__ = ["Starter", "StarterMaker", "Starters", "suggest"]
