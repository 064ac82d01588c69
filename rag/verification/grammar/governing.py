"""Checks that each figure and date goes with the verb with which the evidence has it.

*Bought in May and sold in June* does not support *sold in May*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from index.documents import Span
from rag.figures.dates import dates
from rag.figures.quantities import quantities
from rag.figures.rounding import same_kind
from rag.verification.amounts import fits
from rag.verification.evidence import Evidence, Finding, Statement, alike
from rag.verification.grammar.roles import same_verb
from rag.verification.words.lexicon import SPEECH
from rag.verification.words.words import Word, shares, stem, stems, verbs

_JOINED = regex.compile(
    r"\b(?:and|but|while|whereas|dan|tetapi|sedangkan)\s(?:\p{L}+\s){0,3}$", regex.IGNORECASE
)


def governing(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that the statement gives no verb a figure or date of another verb.

    In the evidence, a word such as *and* or *but* joins the two verbs.
    """
    if statement.language not in {"en", "id"}:
        return Finding("governing", 1.0)
    said = {stem(word, "en") for word in SPEECH}
    own = [verb for verb in verbs(statement.text, statement.language) if verb.stem not in said]
    if len(own) != 1:
        return Finding("governing", 1.0)
    cited = alike(statement, evidence)
    held = stems(statement.text, statement.language)
    for span, places in _anchors(statement, cited):
        if places and all(_is_anothers(own[0], held, item, place) for item, place in places):
            written = span.of(statement.text)
            return Finding("governing", 0.0, f"the cited sentence does not say “{own[0].text}” of {written}")
    return Finding("governing", 1.0)


def _anchors(
    statement: Statement, cited: Sequence[Evidence]
) -> Iterator[tuple[Span, list[tuple[Evidence, Span]]]]:
    """Yield the span of each figure and date of the statement, with its places in the evidence."""
    language = statement.language
    for quantity in quantities(statement.text, language):
        yield (
            quantity.span,
            [
                (item, other.span)
                for item in cited
                for other in quantities(item.quote, language)
                if same_kind(quantity, other) and fits(quantity, other)
            ],
        )
    for moment in dates(statement.text, language):
        yield (
            moment.span,
            [
                (item, other.span)
                for item in cited
                for other in dates(item.quote, language)
                if (moment.month, moment.day, moment.weekday) == (other.month, other.day, other.weekday)
                and moment.year in {None, other.year}
            ],
        )


def _is_anothers(own: Word, held: frozenset[str], item: Evidence, place: Span) -> bool:
    """Return whether a figure or date of the evidence belongs to another verb than the statement's.

    A word such as *and* joins the other verb to the statement's verb, and the statement lacks the other verb.

    Args:
        own: the only verb of the statement.
        held: the stems of the statement.
        item: the evidence.
        place: the span of the figure or date in the quote.
    """
    found = verbs(item.quote, item.language)
    mine = [verb for verb in found if same_verb(own, verb)]
    before = [verb for verb in found if verb.end <= place.start]
    if len(mine) != 1 or not before or before[-1] in mine or shares(before[-1].stem, held):
        return False
    first, last = sorted((mine[0], before[-1]), key=lambda verb: verb.start)
    joint = _JOINED.search(item.quote[first.end : last.start])
    if joint is None:
        return False
    return before[-1] is last or place.end <= first.end + joint.start()
