"""The questions about reports, with the sentences and rows that the product reads for them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any
from unicodedata import normalize

import numpy as np
import numpy.typing as npt
import regex

from benchmarks.datasets import data_folder
from benchmarks.side_by_side import note
from index.embedding import Encoder, open_encoder
from index.ingest import QUESTIONS, sync
from index.library import NO_FILTERS, Library, Snapshot
from index.search import Hit
from rag.answer_limits import DEFAULT_LIMITS, MAX_READ
from rag.evaluation.datasets import read_json_lines
from rag.finding import DocumentTexts, find_candidates, read
from rag.finding.citations import Copies, find_passages, without_repeated_sentences
from rag.finding.ranking import Candidate, nearness_of
from rag.finding.reading import Reading
from rag.finding.spelling import correct
from rag.questions import Question, understand

_FOLDER = Path(__file__).parent / "questions" / "reports"
UNTOUCHED = _FOLDER / "untouched.jsonl"
LEARNED = tuple(_FOLDER / f"{name}.jsonl" for name in ("un", "companies", "governments", "others"))
"""The questions that the reader learns from, and by which its calibration is chosen."""

HELD_OUT = 10
"""The number of reports whose questions the reader does not learn from, so that they can calibrate it."""

_SAME = 0.75
"""The share of a quote's words from which a sentence says the same."""

_NEARLY_SAME = 0.9
"""The same share for a sentence without an answer."""

_SHORTEST = 15
"""The fewest letters and digits of a sentence that may be a part of a quote."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a report, with what the product finds; the reader gets the first ``MAX_READ``.

    ``parts``, shape (candidates, 3), are the shares whose halves add up to a candidate's prior: the
    question's words that it has, its scaled cosine, the score of its passage. ``gold``: whether each
    candidate answers.
    """

    kind: str
    answerable: bool
    question: Question
    readings: tuple[Reading, ...]
    candidates: tuple[Candidate, ...]
    parts: npt.NDArray[np.float64]
    gold: tuple[bool, ...]

    @property
    def is_read(self) -> bool:
        """Whether a candidate that answers is among those that the reader gets."""
        return any(self.gold[:MAX_READ])


def questions_of(*files: Path) -> list[Mapping[str, Any]]:
    """``questions/README.md`` describes a line."""
    return [question for file in files for _, question in read_json_lines(file)]


def questions_about(folder: str) -> list[Mapping[str, Any]]:
    return questions_of(data_folder() / folder / QUESTIONS)


def held_out(questions: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    reports = sorted({question["document"] for question in questions})
    random.Random(0).shuffle(reports)  # noqa: S311
    return frozenset(reports[:HELD_OUT])


@contextmanager
def reports_of(folder: str, home: Path | None = None, encoder: Encoder | None = None) -> Iterator[Library]:
    """In a temporary folder if ``home`` is None; ``train`` takes ten minutes."""
    with (
        TemporaryDirectory() as temporary,
        Library.open(home or Path(temporary), encoder or open_encoder()) as library,
    ):
        note(f"indexing {folder}")
        sync(library, [data_folder() / folder])
        yield library


def ask_all(library: Library, questions: Sequence[Mapping[str, Any]]) -> Iterator[Asked]:
    for number, question in enumerate(questions, 1):
        with library.snapshot() as snapshot:
            yield _asked(snapshot, question)
        if not number % 500:
            note(f"{number} of {len(questions)} questions")


def _asked(index: Snapshot, written: Mapping[str, Any]) -> Asked:
    asked = understand(written["question"])
    corrected = correct(index, asked)
    question = asked if corrected is None else understand(corrected)
    texts = DocumentTexts(index.reader)
    copies = Copies(index, texts, NO_FILTERS)
    hits = find_passages(index, question, DEFAULT_LIMITS, NO_FILTERS, copies)
    readings = read(index, hits, DEFAULT_LIMITS.widen_by)
    found = find_candidates(index, question, hits, readings)
    parts = _parts(index, question, hits, found)
    kept = without_repeated_sentences(found, copies)
    places = {id(each): place for place, each in enumerate(found)}
    return Asked(
        written["kind"],
        written["answerable"],
        question,
        tuple(readings),
        tuple(kept),
        parts[[places[id(each)] for each in kept]],
        tuple(_answers(written, each, texts) for each in kept),
    )


def _parts(
    index: Snapshot, question: Question, hits: Sequence[Hit], found: Sequence[Candidate]
) -> npt.NDArray[np.float64]:
    parts = np.zeros((len(found), 3))
    if found:
        parts[:, 1] = nearness_of(index, question, [each.sentence for each in found])
        scores = {hit.chunk_id: hit.score for hit in hits}
        parts[:, 2] = [scores.get(each.sentence.chunk_id, each.reading.score) for each in found]
        parts[:, 0] = 2 * np.array([each.prior for each in found]) - parts[:, 1] - parts[:, 2]
    return parts


def _answers(written: Mapping[str, Any], candidate: Candidate, texts: DocumentTexts) -> bool:
    record = candidate.reading.document
    evidence = [
        each
        for each in [*written["evidence"], *written.get("also", [])]
        if PurePath(each["document"]).name == PurePath(record.path).name
    ]
    if not evidence:
        return False
    page = texts.text(record).page_at(candidate.sentence.span.start)
    return any(
        says(candidate.sentence.text, each["quote"], written["answers"])
        for each in evidence
        if page is None or each["page"] is None or abs(page - each["page"]) <= 1
    )


def says(sentence: str, quote: str, answers: Sequence[str]) -> bool:
    """Return whether a sentence or row says what a quote says; one of ``answers`` suffices.

    A program for PDFs may have drawn the quote from several rows: then nearly all its words suffice, too.
    """
    words, wanted = Counter(_plain(sentence).split()), Counter(_plain(quote).split())
    letters, sought = _letters(sentence), _letters(quote)
    if not letters or sought in letters:
        return bool(letters)
    shared = (words & wanted).total() / max(wanted.total(), 1)
    has_answer = any(answer in letters for answer in map(_letters, answers) if answer)
    is_part = len(letters) >= _SHORTEST and letters in sought and (shared >= 0.5 or has_answer)
    return (shared >= _SAME or is_part) and (has_answer or not answers or shared >= _NEARLY_SAME)


def _plain(text: str) -> str:
    return regex.sub(r"[\W_]+", " ", normalize("NFKC", text).lower()).strip()


def _letters(text: str) -> str:
    return _plain(text).replace(" ", "")
