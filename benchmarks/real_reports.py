"""Prints how often answers over real reports are right.

``python -m benchmarks.real_reports [SET …]``: ten minutes for a set. ``reports`` has 170 questions about 22
reports, ``field`` 85 about 15, ``written`` 694 about 22, and ``untouched`` half of 663 about 14 of ``train``:
ask it last, and choose nothing by it. A citation is right on a page of the evidence, if it has an answer or
most of the evidence's words. Then 120 questions of other sets are asked, which the reports do not answer.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

import regex

from benchmarks.asked import UNTOUCHED, questions_about, questions_of, reports_of
from benchmarks.datasets import data_folder
from benchmarks.side_by_side import machine, note
from index.embedding import open_encoder
from index.ingest import sync
from index.library import Library
from rag.answers import Citation, Passage
from rag.engine import STAGES, QueryEngine
from rag.evaluation import read_dataset
from rag.evaluation.datasets import part_of
from rag.evaluation.measures import Sample, estimate, mean

SETS = ("reports", "field", "written")

_QUESTIONS = Path(__file__).parent / "questions"
WRITTEN = (_QUESTIONS / "documents.jsonl", _QUESTIONS / "held_out.jsonl")

MOST_WORDS = 0.7
"""Of the evidence, that a right citation must have if it does not have an answer."""

OFF_TOPIC = ("squad2", "clapnq", "mlqa-en")
MOST_OFF_TOPIC = 40
"""Of questions from each of these sets."""


@dataclass(frozen=True, slots=True)
class Scored:
    """``right``: whether each citation is; ``is_among``: the first, or an alternative.

    ``timings``: milliseconds by stage (``Answer.timings``).
    """

    kind: str
    answerable: bool
    refused: bool
    right: tuple[bool, ...]
    is_among: bool
    seconds: float
    timings: Mapping[str, float]

    @property
    def is_good(self) -> bool:
        """The first citation and half of all (or, if unanswerable, the refusal) are right."""
        if not self.answerable:
            return self.refused
        return any(self.right[:1]) and 2 * sum(self.right) >= len(self.right)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="*", choices=(*SETS, "untouched"), default=SETS, metavar="SET")
    columns: dict[str, Mapping[str, str]] = {}
    for name in parser.parse_args().sets:
        with opened(name) as (library, questions):
            engine = QueryEngine(library)
            note(f"asking {name}")
            columns[name] = figures([ask(engine, question) for question in questions]) | {
                f"off-topic, refused, of {len(off_topic())}": share(
                    engine.ask(text).abstained for text in off_topic()
                )
            }
    print(machine())
    print(f"| | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for row in dict.fromkeys(row for column in columns.values() for row in column):
        print(f"| {row} | {' | '.join(column.get(row, '') for column in columns.values())} |")


@contextmanager
def opened(name: str) -> Iterator[tuple[Library, Sequence[Mapping[str, Any]]]]:
    if name in {"written", "untouched"}:
        written = name == "written"
        questions = list(map(_in_full, questions_of(*WRITTEN))) if written else questions_of(UNTOUCHED)[::2]
        names = {question["document"] for question in questions}
        with TemporaryDirectory() as copies, TemporaryDirectory() as home:
            for part in ("documents", "tables") if written else ("train",):
                for path in (data_folder() / part).rglob("*"):
                    if path.name in names:
                        shutil.copy(path, copies)
            with Library.open(Path(home), open_encoder()) as library:
                sync(library, [Path(copies), *([data_folder() / "reports"] if written else [])])
                yield library, questions
    else:
        with reports_of(name) as library:
            yield library, questions_about(name)


def _in_full(written: Mapping[str, Any]) -> Mapping[str, Any]:
    """In the form of the other sets; whole sentences and rows answer it."""
    evidence = [
        {"document": written["document"], "page": None, "quote": quote} for quote in written["quotes"]
    ]
    return {
        **written,
        "kind": "all",
        "answerable": bool(evidence),
        "answers": [],
        "evidence": evidence,
    }


@cache
def off_topic() -> list[str]:
    """Of the ``test`` titles; the reports do not answer them."""
    chance, chosen = random.Random(1), []  # noqa: S311
    for name in OFF_TOPIC:
        dataset = read_dataset(data_folder() / name)
        own = [query.text for query in dataset.queries if part_of(dataset.title_of(query)) == "test"]
        chosen += chance.sample(own, MOST_OFF_TOPIC)
    return chosen


def ask(engine: QueryEngine, question: Mapping[str, Any]) -> Scored:
    evidence = [*question["evidence"], *question.get("also", [])]
    began = time.perf_counter()
    answer = engine.ask(question["question"])
    seconds = time.perf_counter() - began
    right = tuple(
        any(is_right(citation, each, question["answers"]) for each in evidence)
        for citation in answer.citations
    )
    is_among = any(right[:1]) or any(
        is_right(other, each, question["answers"]) for other in answer.alternatives for each in evidence
    )
    return Scored(
        question["kind"], question["answerable"], answer.abstained, right, is_among, seconds, answer.timings
    )


def is_right(shown: Citation | Passage, evidence: Mapping[str, Any], answers: Sequence[str]) -> bool:
    """On the evidence's page, if any, and with an answer or most of its words."""
    is_elsewhere = evidence["page"] not in {None, shown.page}
    if PurePath(shown.path).name != PurePath(evidence["document"]).name or is_elsewhere:
        return False
    words = shown.quote if isinstance(shown, Citation) else shown.text
    if any(f" {plain(answer)} " in f" {plain(words)} " for answer in answers if len(plain(answer)) > 2):
        return True
    return words_shared(words, evidence["quote"]) >= MOST_WORDS


def words_shared(text: str, quote: str) -> float:
    """The share of the quote's words that the text has; 0 of none."""
    words, found = set(plain(quote).split()), f" {plain(text)} "
    return sum(f" {word} " in found for word in words) / max(len(words), 1)


def figures(scored: Sequence[Scored]) -> dict[str, str]:
    """By the name of their row."""
    answerable = [item for item in scored if item.answerable]
    shares = [sum(item.right) / len(item.right) for item in answerable if item.right]
    kinds = sorted({item.kind for item in scored})
    return {
        "questions, answerable": f"{len(scored)}, {len(answerable)}",
        "first citation right": share(any(item.right[:1]) for item in answerable),
        "first citation or an alternative right": share(item.is_among for item in answerable),
        "any citation right": share(any(item.right) for item in answerable),
        "share of an answer's citations that are right": share(shares),
        "answerable, refused": share(item.refused for item in answerable),
        "unanswerable, refused": share(item.refused for item in scored if not item.answerable),
        "good: first and half of the citations right, or rightly refused": share(
            item.is_good for item in scored
        ),
        **({f"good: {kind}": _good(scored, kind) for kind in kinds} if len(kinds) > 1 else {}),
        "seconds for an answer, median": f"{statistics.median(item.seconds for item in scored):.2f}",
        "95th percentile": f"{statistics.quantiles((item.seconds for item in scored), n=20)[-1]:.2f}",
        **{f"ms, median: {stage}": _median(scored, stage) for stage in STAGES},
    }


def _median(scored: Sequence[Scored], stage: str) -> str:
    """Over the answers that have the stage."""
    own = [item.timings[stage] for item in scored if stage in item.timings]
    return f"{statistics.median(own):.0f}" if own else ""


def _good(scored: Sequence[Scored], kind: str) -> str:
    """Such as ``3/7``: good answers, and all."""
    own = [item.is_good for item in scored if item.kind == kind]
    return f"{sum(own)}/{len(own)}"


def share(values: Iterable[float]) -> str:
    """The mean with its 95 % interval, such as ``0.512 (0.441–0.583)``."""
    values = list(map(float, values))
    found = estimate(Sample(tuple(map(str, range(len(values)))), mean(values)))
    return f"{found.value:.3f} ({found.low:.3f}–{found.high:.3f})" if found else ""


def plain(text: str) -> str:
    return regex.sub(r"[\W_]+", " ", text.lower()).strip()


if __name__ == "__main__":
    main()
