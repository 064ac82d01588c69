"""Vetoes a sentence that has no word in common with its quotes, and so must be about something else."""

from __future__ import annotations

from collections.abc import Sequence

from index.search import terms
from rag.verification.evidence import Evidence, Statement, language_in, referents

FEWEST = 4
"""The fewest words of a sentence that is compared; *the*, *of* and the like do not count."""


def subject_fault(statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    """Return a fault, in words, if the quotes and their context have no word of the sentence; else None.

    The result is also None if a quote is in a different language from the sentence, or if the sentence has
    fewer than ``FEWEST`` words.
    """
    if any(language_in(item) != statement.language for item in evidence):
        return None
    own = set(terms(statement.text, statement.language))
    text = " ".join(f"{item.quote} {referents(item)}" for item in evidence)
    if len(own) < FEWEST or own & set(terms(text, statement.language)):
        return None
    return "the cited sentence is about something else"
