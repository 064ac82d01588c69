"""Orders similar rows, and sentences on longer or shorter periods, which the ranking hardly tells apart.

The ranking sees the words of a row and of its headings. It does not see that *Six Months Ended
June 30* is not the second quarter, or that the row *Basic* is not meant if the question says *diluted*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import regex

from index.search import Snapshot, Term, terms
from index.text import cells, is_row
from rag.figures.reporting_periods import Periods, periods_of, without_periods
from rag.finding.features import contains_term, content_terms, words_of
from rag.finding.ranking import Scored
from rag.questions import Question

MOST = 12
"""The number of best candidates that are ordered."""

_WORD = regex.compile(r"\p{L}{3}")
_NOTE = regex.compile(r"\s*(?:\((?:\p{N}{1,2}|\p{Ll})\)|[¹²³⁰⁴-⁹*†])")
"""The beginning of the caption of a table in a footnote: *(2) Amounts include compensation expense:*."""


@dataclass(frozen=True, slots=True)
class _Row:
    """The properties of a row that decide whether it comes before a similar one of the same document.

    Attributes:
        headings: the caption and headings of the table.
        section: the names of the groups of rows that contain the row.
        label: the words of the row's label, and of its other cells that have words, such as a date.
        asked: the words of the label that are in the question, but not in the headings and the title.
        faults: two faults: whether the table has another period than the question, and whether the table's
            caption is a footnote with less than half of its words in the question.
        of_period: whether the label names a period that the question may mean; None if it names no period.
    """

    headings: str
    section: str
    label: frozenset[Term]
    asked: frozenset[Term]
    faults: tuple[bool, bool]
    of_period: bool | None

    def precedes(self, other: _Row) -> bool:
        """Return whether this row must come before ``other``, by the rules of :func:`order_similar_rows`."""
        if (self.headings, self.section) == (other.headings, other.section):
            if self.of_period and other.of_period is False:
                return True
            has_more = self.asked > other.asked
            return has_more and len(self.label - self.asked) <= len(other.label - other.asked)
        return self.label == other.label and self.faults < other.faults


def order_similar_rows(index: Snapshot, question: Question, ranked: Sequence[Scored]) -> list[Scored]:
    """Put the row that the question means before similar rows. Each position keeps its probability.

    - If several tables of a document have rows with the same label, the rows from tables with the question's
      period come first. Among these, the rows from tables of footnotes on something else come last.
    - Of two rows of one group, a row whose label names the question's period comes before one whose label
      names another period. If the periods do not decide, the row whose label has more words of the question
      comes first, unless it also has more words that are not in the question.
    - A sentence or row with a period of the question's length, such as a quarter, comes before one of the
      same document with a period of another length, unless the latter has words of the question that the
      former lacks.

    Args:
        index: the library, for the rarity of words.
        question: the question.
        ranked: the candidates, best first.
    """
    languages = {item.candidate.reading.document.language for item in ranked[:MOST]}
    asked = {language: _asked(index, question, language) for language in languages}
    left = [(item, _claim(asked[item.candidate.reading.document.language], item)) for item in ranked[:MOST]]
    ordered: list[Scored] = []
    while left:
        best = 0
        for number, (_, claim) in enumerate(left):
            if claim.precedes(left[best][1]):
                best = number
        ordered.append(left.pop(best)[0])
    placed = [replace(item, score=original.score) for item, original in zip(ordered, ranked, strict=False)]
    return [*placed, *ranked[MOST:]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parts of a question, read in the language of a document.

    Attributes:
        terms: its content words.
        without_periods: its content words without those of its periods.
        periods: its periods.
    """

    terms: frozenset[Term]
    without_periods: frozenset[Term]
    periods: Periods


def _asked(index: Snapshot, question: Question, language: str) -> _Asked:
    plain = replace(question, text=without_periods(question.text, language))
    found, others = (frozenset(content_terms(index, each, language)) for each in (question, plain))
    return _Asked(found, others, periods_of(question.text, language))


@dataclass(frozen=True, slots=True)
class _Claim:
    """The period of a sentence or row, and the words that it shares with the question.

    Attributes:
        document: the number of the document.
        asked: the words of the question, without those of its period, that the sentence, its headings or the
            title of its document have.
        of_length: whether the sentence names a period as long as the question's period. None if the sentence
            or the question names no length of a period, or if the period is in another year.
        row: its properties as a row of a table with headings; None if it is not such a row.
    """

    document: int
    asked: frozenset[Term]
    of_length: bool | None
    row: _Row | None

    def precedes(self, other: _Claim) -> bool:
        """Return whether this must come before ``other``, by the rules of :func:`order_similar_rows`."""
        if self.document != other.document:
            return False
        if self.row and other.row and self.row.precedes(other.row):
            return True
        return bool(self.of_length) and other.of_length is False and self.asked >= other.asked


def _claim(asked: _Asked, item: Scored) -> _Claim:
    sentence, document = item.candidate.sentence, item.candidate.reading.document
    words = f"{sentence.headings}\n{sentence.section}\n{sentence.text}"
    period, named = asked.periods, periods_of(words, document.language)
    is_as_long = bool(period.lengths & named.lengths)
    is_of_other_year = bool(period.years and named.years) and not period.years & named.years
    own = words_of(f"{words}\n{document.title}", document.language)
    return _Claim(
        document.document_id,
        frozenset(term for term in asked.without_periods if contains_term(own, term)),
        None if not (period.lengths and named.lengths) or (is_as_long and is_of_other_year) else is_as_long,
        _row(asked, item) if sentence.headings else None,
    )


def _row(asked: _Asked, item: Scored) -> _Row:
    sentence, document = item.candidate.sentence, item.candidate.reading.document
    language = document.language
    first, *others = cells(sentence.text)
    words = " ".join([first, *filter(_WORD.search, others)])
    label = words_of(words, language)
    headings = periods_of(f"{sentence.headings}\n{sentence.section}", language)
    caption = [line for line in sentence.headings.splitlines() if line.strip() and not is_row(line)]
    own, none = periods_of(words, language), Periods()
    note = terms(caption[-1], language) if caption and _NOTE.match(caption[-1]) else ()
    above = words_of(f"{sentence.headings}\n{document.title}", language)
    return _Row(
        sentence.headings,
        sentence.section,
        label,
        frozenset(term for term in label - above if contains_term(asked.terms, term)),
        (
            asked.periods.excludes(headings, own, none),
            2 * sum(contains_term(asked.terms, term) for term in note) < len(note),
        ),
        None if own == none else not asked.periods.excludes(none, own, none),
    )
