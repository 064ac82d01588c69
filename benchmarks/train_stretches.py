"""Learns which neighbours of a sentence belong to an answer, for ``rag/finding/stretches.py``.

``python -m benchmarks.train_stretches [--write] [--home FOLDER]``: a quarter of an hour on two cores. A
logistic regression learns it from ``questions/stretches.jsonl``, by the reader's scores and the likeness of
two sentences. The table leaves out each report in turn.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import regex
from sklearn.linear_model import LogisticRegression

from benchmarks.asked import questions_of, reports_of, says
from benchmarks.real_reports import share
from benchmarks.side_by_side import machine, note
from index.search import Snapshot
from rag.finding import open_reader
from rag.finding.ranking import Candidate, Scored, neighbour
from rag.finding.reading import Reader, Reading, sentences_of
from rag.finding.stretches import Joining, Widening, is_in_paragraph
from rag.questions import understand

QUESTIONS = Path(__file__).parent / "questions" / "stretches.jsonl"
STRETCHES = Path(__file__).parent.parent / "rag" / "finding" / "stretches.py"
FARTHEST = 6
REGULARISATION = 1.0
"""The inverse strength of the regularisation."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """All counted from the best sentence; ``likeness`` is a cosine."""

    step: int
    score: float
    likeness: float
    answers: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """A question whose whole answer is marked: its report, and the neighbours of the best sentence."""

    document: str
    neighbours: Sequence[Neighbour]
    elsewhere: int

    def counts(self, is_shown: Callable[[Neighbour], bool]) -> tuple[int, int, int]:
        """Shown sentences, right ones among them, and sentences of the answer."""
        shown = [
            each
            for step in (-1, 1)
            for each in takewhile(is_shown, (each for each in self.neighbours if each.step * step > 0))
        ]
        answer = 1 + sum(each.answers for each in self.neighbours) + self.elsewhere
        return 1 + len(shown), 1 + sum(each.answers for each in shown), answer


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the weights into the program")
    parser.add_argument("--home", type=Path, help="keep the library of the reports in this folder")
    given = parser.parse_args()
    with reports_of("train", given.home) as library, library.snapshot() as index:
        marked = list(read_all(index, open_reader()))
    print(machine())
    print(f"{len(marked)} questions about {len({each.document for each in marked})} reports\n")
    left_out = {
        document: learned([each for each in marked if each.document != document])
        for document in {each.document for each in marked}
    }
    print(
        "| | the whole answer is shown | nothing else is | both | F1 | sentences |\n|---|---|---|---|---|---|"
    )
    print(row("the best sentence", [each.counts(lambda _: False) for each in marked]))
    joined = [each.counts(partial(_joins, left_out[each.document])) for each in marked]
    print(row("joined", joined))
    print(row("all of the paragraph", [each.counts(lambda _: True) for each in marked]))
    joining = learned(marked)
    statement = f"JOINING = {joining!r}"
    print(f"\n{statement}")
    if given.write:
        source = STRETCHES.read_text(encoding="utf-8")
        source, count = regex.subn(r"(?m)^JOINING = Joining\(.*\)$", statement, source)
        assert count == 1, STRETCHES
        STRETCHES.write_text(source, encoding="utf-8")


def read_all(index: Snapshot, reader: Reader) -> Iterator[Marked]:
    records = {PurePath(record.path).name: record for record in index.reader.documents()}
    for question in questions_of(QUESTIONS):
        record = records[question["document"]]
        passages = index.reader.passages(document_id=record.document_id)
        reading = Reading(record, tuple(each for one in passages for each in sentences_of(one)), 1.0)
        document = index.reader.text(record.document_id, record.version)
        pages = [document.page_at(each.span.start) for each in reading.sentences]
        places = [
            number
            for number, (each, page) in enumerate(zip(reading.sentences, pages, strict=True))
            if page == question["page"] and says(each.text, question["best"], ())
        ]
        if not places:
            note(f"not found: {question['best']}")
            continue
        best = Scored(Candidate(reading, places[0], 1.0), 1.0)
        widening = Widening(index, reader, understand(question["question"]))
        neighbours = list(_neighbours(widening, best, question))
        found = 1 + sum(each.answers for each in neighbours)
        yield Marked(question["document"], neighbours, max(len(question["whole"]) - found, 0))


def _neighbours(widening: Widening, best: Scored, question: Mapping[str, Any]) -> Iterator[Neighbour]:
    for step in (-1, 1):
        other, place = best, 0
        while abs(place) < FARTHEST and is_in_paragraph(other, step):
            other, place = neighbour(other, step), place + step
            text = other.candidate.sentence.text
            answers = any(says(text, sentence, ()) for sentence in question["whole"])
            yield Neighbour(place, *widening.signs(best, other), answers)


def learned(marked: Sequence[Marked]) -> Joining:
    """From the neighbours up to the first that is not part of the answer."""
    seen = [
        each
        for one in marked
        for step in (-1, 1)
        for each in _until_wrong(each for each in one.neighbours if each.step * step > 0)
    ]
    signs = np.array([(each.score, each.likeness) for each in seen])
    model = LogisticRegression(C=REGULARISATION).fit(signs, [each.answers for each in seen])
    weights = (*model.coef_[0], model.intercept_[0])
    return Joining(*(round(float(each), 3) for each in weights))


def _joins(joining: Joining, beside: Neighbour) -> bool:
    return joining.joins(beside.score, beside.likeness)


def row(name: str, counts: Sequence[tuple[int, int, int]]) -> str:
    cells = (
        share(right == answer for _, right, answer in counts),
        share(right == shown for shown, right, _ in counts),
        share(right == shown == answer for shown, right, answer in counts),
        share(2 * right / (shown + answer) for shown, right, answer in counts),
        f"{np.mean([shown for shown, _, _ in counts]):.2f}",
    )
    return f"| {name} | {' | '.join(cells)} |"


def _until_wrong(outwards: Iterator[Neighbour]) -> Iterator[Neighbour]:
    for each in outwards:
        yield each
        if not each.answers:
            return


if __name__ == "__main__":
    main()
