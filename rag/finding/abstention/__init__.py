"""Decides whether the library answers a question, and otherwise says why not."""

from rag.finding.abstention.decision import (
    Abstention,
    Decision,
    caveat,
    decide,
    name_language,
    quote_list,
    shortfall,
)

__all__ = [
    "Abstention",
    "Decision",
    "caveat",
    "decide",
    "name_language",
    "quote_list",
    "shortfall",
]
