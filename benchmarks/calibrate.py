"""Chooses the constants in ``rag/finding/ranking.py``, and measures each part of the ranking.

``python -m benchmarks.calibrate [--write] [--limit N]``: half an hour on two cores. The constants are most
likely for questions about the ``HELD_OUT`` reports, over all of ``train``. Unanswerable ones count as if they
were ``UNANSWERABLE`` of all: then the scores are probabilities for users' questions, and the threshold is one
half. The table takes one part away in each row, on ``reports`` and ``field``, by which nothing is chosen.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path, PurePath
from statistics import mean
from typing import Any

import numpy as np
import numpy.typing as npt
import regex
from scipy.optimize import minimize

from benchmarks.asked import LEARNED, Asked, ask_all, held_out, questions_about, questions_of, reports_of
from benchmarks.real_reports import share
from benchmarks.side_by_side import machine, note
from index.library import Library
from rag.answer_limits import MAX_READ
from rag.finding import open_reader
from rag.finding.abstention import IN_ALL, decide
from rag.finding.ranking import CALIBRATION, Calibration, Candidate, answerability_of, rank, reads
from rag.finding.reading import Reader
from rag.questions import understand

SETS = ("reports", "field")
RANKING = Path(__file__).parent.parent / "rag" / "finding" / "ranking.py"

UNANSWERABLE = 0.15
"""As large as in ``reports`` and ``field``."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Variant:
    """``shares`` weigh words, cosine and passage; ``requires``: names and periods must be found."""

    name: str
    shares: tuple[int, int, int] = (1, 1, 1)
    uses_prior: bool = True
    has_context: bool = True
    requires: bool = True

    def reader(self, reader: Reader, candidates: Sequence[Candidate]) -> Reader:
        return reader if self.has_context else BareReader(reader, candidates)

    def candidates(self, asked: Asked) -> list[tuple[Candidate, bool]]:
        """What the reader gets, nearest first, and whether each answers."""
        priors = asked.parts @ self.shares / 2
        nearest = np.argsort(-priors, kind="stable")[:MAX_READ].tolist()
        return [
            (replace(asked.candidates[place], prior=float(priors[place])), asked.gold[place])
            for place in nearest
        ]


VARIANTS = (
    Variant("nothing"),
    Variant("the prior in the score", uses_prior=False),
    Variant("the words in the prior", shares=(0, 1, 1)),
    Variant("the cosine in the prior", shares=(1, 0, 1)),
    Variant("the passage's score in the prior", shares=(1, 1, 0)),
    Variant("the context of a sentence", has_context=False),
    Variant("names and periods", requires=False),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``first``: whether the first sentence is right; ``refused``: whether there is no answer."""

    answerable: bool
    first: bool
    refused: bool

    @property
    def is_good(self) -> bool:
        """Right, or no sentence is shown because none answers."""
        return self.first and not self.refused if self.answerable else self.refused


class RememberingReader:
    def __init__(self, reader: Reader) -> None:
        self.key = reader.key
        self._reader = reader
        self._known: dict[tuple[str, str], float] = {}

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        new = [text for text in dict.fromkeys(texts) if (question, text) not in self._known]
        if new:
            read = self._reader.scores(question, new)
            self._known |= {(question, text): score for text, score in zip(new, read, strict=True)}
        return [self._known[question, text] for text in texts]


class BareReader:
    def __init__(self, reader: Reader, candidates: Sequence[Candidate]) -> None:
        self.key = reader.key
        self._reader = reader
        self._bare = {each.text: " ".join(each.sentence.text.split()) for each in candidates}

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        return self._reader.scores(question, [self._bare[text] for text in texts])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the constants into the program")
    parser.add_argument("--limit", type=int, default=400, help="questions to choose by, at most")
    parser.add_argument("--home", type=Path, help="keep the library of the reports in this folder")
    given = parser.parse_args()
    print(machine())
    reader = RememberingReader(open_reader())
    chosen: dict[str, Calibration] = {}
    with reports_of("train", given.home) as library:
        calibrating = calibrating_questions(library)
        asked = list(ask_all(library, calibrating[:: -(-len(calibrating) // given.limit)]))
    for variant in VARIANTS:
        chosen[variant.name] = fit(variant, asked, reader)
        note(f"without {variant.name}: {statement_of(chosen[variant.name])}")
    statement = statement_of(chosen[VARIANTS[0].name])
    print(f"{statement}\n\nchosen by {len(asked)} questions\n")
    columns = ("right first", "and answered", "answerable, refused", "unanswerable, refused", "good")
    print(f"| set | without | {' | '.join(columns)} |\n{'|---' * (len(columns) + 2)}|")
    for name in SETS:
        with reports_of(name) as library:
            asked = list(ask_all(library, questions_about(name)))
            for variant in VARIANTS:
                outcomes = list(outcomes_of(variant, asked, library, reader, chosen[variant.name]))
                cells = figures(outcomes)
                print(f"| {name} | {variant.name} | {' | '.join(cells)} |", flush=True)
    if given.write:
        source = RANKING.read_text(encoding="utf-8")
        source, count = regex.subn(r"(?ms)^CALIBRATION = Calibration\(.*?\)$", statement, source)
        assert count == 1, RANKING
        RANKING.write_text(source, encoding="utf-8")
        print(f"written {RANKING.name}")


def statement_of(calibration: Calibration) -> str:
    differing = [
        f"{each.name}={getattr(calibration, each.name)!r}"
        for each in fields(calibration)
        if getattr(calibration, each.name) != each.default
    ]
    return f"CALIBRATION = Calibration({', '.join(differing)})"


def calibrating_questions(library: Library) -> list[Mapping[str, Any]]:
    """Without those in another language than their report, which the reader does not read."""
    questions = questions_of(*LEARNED)
    unseen = held_out(questions)
    languages = {PurePath(each.path).name: each.language for each in library.catalog.documents()}
    return [
        each
        for each in questions
        if each["document"] in unseen and reads(understand(each["question"]), languages[each["document"]])
    ]


def fit(variant: Variant, asked: Sequence[Asked], reader: Reader) -> Calibration:
    """Leave out sentences in other languages than the question's, which the reader does not read."""
    samples: list[tuple[Array, Array, npt.NDArray[np.bool_]]] = []
    answerable = mean(each.answerable for each in asked)
    counts = {True: (1 - UNANSWERABLE) / answerable, False: UNANSWERABLE / (1 - answerable)}
    for each in asked:
        read = [
            (item, gold)
            for item, gold in variant.candidates(each)
            if reads(each.question, item.reading.document.language)
        ]
        if read and any(gold for _, gold in read) == each.answerable:
            items, gold = zip(*read, strict=True)
            logits = variant.reader(reader, items).scores(each.question.text, [item.text for item in items])
            priors = np.array([item.prior for item in items])
            samples.append((np.array(logits), priors, np.array(gold)))

    def surprise(constants: Array) -> float:
        scale, weight, offset = constants
        total = 0.0
        for logits, priors, gold in samples:
            odds = scale * logits + (weight * priors if variant.uses_prior else 0.0) + offset
            right = np.logaddexp.reduce(odds[gold]) if gold.any() else 0.0
            total += counts[bool(gold.any())] * float(np.logaddexp.reduce([0.0, *odds]) - right)
        return total / len(samples)

    found = minimize(surprise, np.array([1.0, 1.0, 0.0]), method="BFGS").x
    scale, weight, offset = (round(float(each), 3) for each in found)
    return replace(
        CALIBRATION,
        logit_scale=scale,
        prior_weight=weight if variant.uses_prior else 0.0,
        offset=offset,
    )


def outcomes_of(
    variant: Variant, asked: Sequence[Asked], library: Library, reader: Reader, calibration: Calibration
) -> Iterator[Outcome]:
    without_threshold = replace(calibration, threshold=0.0)
    with library.snapshot() as index:
        for each in asked:
            nearest = variant.candidates(each)
            gold = {id(item): is_gold for item, is_gold in nearest}
            items = [item for item, _ in nearest]
            ranked = rank(
                index.encoder,
                variant.reader(reader, items),
                each.question,
                items,
                without_threshold,
            )
            abstention = decide(
                index, each.question, ranked, without_threshold, place=IN_ALL, read=each.readings
            ).abstention
            is_unmet = abstention is not None and (variant.requires or abstention.cause != "not_answered")
            yield Outcome(
                each.answerable,
                bool(ranked) and gold[id(ranked[0].candidate)],
                is_unmet or answerability_of(ranked) < calibration.threshold,
            )


def figures(outcomes: Sequence[Outcome]) -> list[str]:
    """Shares of the questions, with 95 % intervals."""
    answerable = [each for each in outcomes if each.answerable]
    return [
        share(each.first for each in answerable),
        share(each.first and not each.refused for each in answerable),
        share(each.refused for each in answerable),
        share(each.refused for each in outcomes if not each.answerable),
        share(each.is_good for each in outcomes),
    ]


if __name__ == "__main__":
    main()
