"""Candidates with given scores, and those that a library has for a question."""

from __future__ import annotations

from collections.abc import Sequence

from index.documents import Span
from index.records import DocumentRecord
from rag.engine import QueryEngine
from rag.finding.ranking import Calibration, Candidate, Scored, find_candidates, rank
from rag.finding.reading import Reading, ReadSentence, read
from rag.questions import Question, understand

NEVER, ALWAYS = Calibration(threshold=1.0), Calibration(threshold=0.0)
"""Constants with which no question, and every question, is answered."""


def record(number: int) -> DocumentRecord:
    path, title = f"{number}.txt", f"Report {number}"
    return DocumentRecord(number, 1, "/reports", path, "text", title, None, None, "en", None, 100, 1, "0", "")


def scored(document: int, start: int, text: str, points: float, headings: str = "") -> Scored:
    """A candidate that is the only sentence of its reading; with ``headings``, a row of a table."""
    sentence = ReadSentence(Span(start, start + len(text)), text, headings=headings)
    return Scored(Candidate(Reading(record(document), (sentence,), 1.0), 0, 0.5), points)


def texts(chosen: Sequence[Scored]) -> list[str]:
    return [item.candidate.sentence.text for item in chosen]


def candidates_in(engine: QueryEngine, text: str) -> list[Candidate]:
    question = understand(text)
    with engine.index.snapshot() as snapshot:
        hits = snapshot.search(question.text)
        return find_candidates(snapshot, question, hits, read(snapshot, hits))


def ranked_in(engine: QueryEngine, text: str) -> tuple[Question, list[Reading], list[Scored]]:
    """A question, the passages of a library that are read for it, and their sentences, best first."""
    question = understand(text)
    with engine.index.snapshot() as snapshot:
        hits = snapshot.search(question.text)
        readings = read(snapshot, hits)
        found = find_candidates(snapshot, question, hits, readings)
        return question, readings, rank(snapshot.encoder, engine.reader, question, found)
