"""Candidates with given scores, for tests of ranking and selection."""

from __future__ import annotations

from collections.abc import Sequence

from index.documents import Span
from index.records import DocumentRecord
from rag.finding.features import Candidate, Features
from rag.finding.ranking import Logistic, Scored, Weights
from rag.finding.reading import Reading, ReadSentence

WEIGHTS = Weights(
    selection=Logistic(0.0, {"cosine": 1.0}),
    answerability=Logistic(0.0, {}),
    foreign_selection=None,
    foreign=Logistic(0.0, {}),
    reach=0.5,
    threshold=0.5,
    foreign_threshold=0.5,
)
"""Weights that rank by the cosine alone."""


def record(number: int) -> DocumentRecord:
    """The record of an English document."""
    path, title = f"{number}.txt", f"Report {number}"
    return DocumentRecord(number, 1, "/reports", path, "text", title, None, None, "en", None, 100, 1, "0", "")


def candidate(
    document: int, start: int, text: str, cosine: float = 0.5, headings: str = "", *, section: str = ""
) -> Candidate:
    """A candidate that is the only sentence of its reading; with ``headings``, a row of a table."""
    sentence = ReadSentence(Span(start, start + len(text)), text, headings=headings, section=section)
    reading = Reading(record(document), (sentence,), 1.0, 0.5)
    features = Features(cosine, *[0.0] * 11)
    return Candidate(reading, 0, features)


def scored(document: int, start: int, text: str, points: float, headings: str = "") -> Scored:
    """A candidate with a probability of answering."""
    return Scored(candidate(document, start, text, headings=headings), points)


def texts(chosen: Sequence[Scored]) -> list[str]:
    """The sentences of candidates."""
    return [item.candidate.sentence.text for item in chosen]
