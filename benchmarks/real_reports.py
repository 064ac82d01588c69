"""Prints how often answers over real reports are right.

``python -m benchmarks.real_reports``: ten minutes. The set ``reports`` has 170 questions about 22 earnings
releases, quarterly reports, and statistics and briefings of the European Union, in words that the reports do
not use. A citation is right if it is on a page of the evidence, and has an answer or most of the evidence's
words. Then 120 questions of other sets are asked over the same reports, which answer none of them.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import Any

import regex

from benchmarks.datasets import data_folder
from benchmarks.side_by_side import machine, note
from index.embedding.encoder import open_encoder
from index.ingest import QUESTIONS, sync
from index.library import Library
from rag.answers import Citation
from rag.engine import STAGES, QueryEngine
from rag.evaluation import read_dataset
from rag.evaluation.datasets import part_of
from rag.json_lines import read_json_lines

MOST_WORDS = 0.7
"""The share of the evidence's words that a right citation must have if it does not have an answer."""

OFF_TOPIC = ("squad2", "clapnq", "mlqa-en")
MOST_OFF_TOPIC = 40
"""The number of questions from each of these sets."""


@dataclass(frozen=True, slots=True)
class Scored:
    """An asked question.

    Attributes:
        kind: the kind of the question, such as ``table``.
        answerable: whether the reports answer it.
        refused: whether there was no answer.
        right: whether each citation is right; empty if there was no answer.
        seconds: the time of the answer.
        timings: milliseconds by stage (``Answer.timings``).
    """

    kind: str
    answerable: bool
    refused: bool
    right: tuple[bool, ...]
    seconds: float
    timings: Mapping[str, float]

    @property
    def is_good(self) -> bool:
        """Return whether the first citation and half of all (or, if unanswerable, the refusal) are right."""
        if not self.answerable:
            return self.refused
        return any(self.right[:1]) and 2 * sum(self.right) >= len(self.right)


def main() -> None:
    """Index the reports, ask, and print a table."""
    folder = data_folder() / "reports"
    questions = [question for _, question in read_json_lines(folder / QUESTIONS)]
    with tempfile.TemporaryDirectory() as home, Library.open(Path(home), open_encoder()) as library:
        note(f"indexing {folder.name}")
        sync(library, [folder])
        scored, refused = {}, {}
        for name, engine in engines_over(library).items():
            note(f"asking {name}")
            scored[name] = [ask(engine, question) for question in questions]
            refused[name] = _share(engine.ask(text).abstained for text in off_topic())
    print(machine())
    print_columns(scored)
    print(f"| off-topic, refused, of {len(off_topic())} | {' | '.join(refused.values())} |")


@cache
def off_topic() -> list[str]:
    """Return questions of the ``test`` titles of the sets ``OFF_TOPIC``, which the reports do not answer."""
    chance, chosen = random.Random(1), []  # noqa: S311
    for name in OFF_TOPIC:
        dataset = read_dataset(data_folder() / name)
        own = [query.text for query in dataset.queries if part_of(dataset.title_of(query)) == "test"]
        chosen += chance.sample(own, MOST_OFF_TOPIC)
    return chosen


def engines_over(library: Library) -> dict[str, QueryEngine]:
    """Return the engines that are compared, by the names of their columns."""
    return {"footnoted": QueryEngine(library)}


def print_columns(scored: Mapping[str, Sequence[Scored]]) -> None:
    """Print the figures of each engine, in a column under its name."""
    columns = [figures(asked) for asked in scored.values()]
    print(f"| | {' | '.join(scored)} |\n|---|{'---:|' * len(columns)}")
    for row in columns[0]:
        print(f"| {row} | {' | '.join(column[row] for column in columns)} |")


def ask(engine: QueryEngine, question: Mapping[str, Any]) -> Scored:
    """Ask a question, and judge each citation of the answer."""
    evidence = [*question["evidence"], *question.get("also", [])]
    return ask_and_judge(
        engine,
        question["question"],
        lambda citation: any(is_right(citation, each, question["answers"]) for each in evidence),
        kind=question["kind"],
        answerable=question["answerable"],
    )


def ask_and_judge(
    engine: QueryEngine,
    question: str,
    judge: Callable[[Citation], bool],
    *,
    kind: str,
    answerable: bool,
) -> Scored:
    """Ask a question, and judge each citation of the answer with ``judge``."""
    began = time.perf_counter()
    answer = engine.ask(question)
    seconds = time.perf_counter() - began
    right = tuple(map(judge, answer.citations))
    return Scored(kind, answerable, answer.abstained, right, seconds, answer.timings)


def is_right(citation: Citation, evidence: Mapping[str, Any], answers: Sequence[str]) -> bool:
    """Return whether a citation is on the evidence's page, if any, and has an answer or most of its words."""
    is_elsewhere = evidence["page"] not in {None, citation.page}
    if PurePath(citation.path).name != PurePath(evidence["document"]).name or is_elsewhere:
        return False
    quote = f" {_plain(citation.quote)} "
    if any(f" {_plain(answer)} " in quote for answer in answers if len(_plain(answer)) > 2):
        return True
    words = set(_plain(evidence["quote"]).split())
    return bool(words) and sum(f" {word} " in quote for word in words) >= MOST_WORDS * len(words)


def figures(scored: Sequence[Scored]) -> dict[str, str]:
    """Return the figures of a column, by the name of their row."""
    answerable = [item for item in scored if item.answerable]
    shares = [sum(item.right) / len(item.right) for item in answerable if item.right]
    kinds = sorted({item.kind for item in scored})
    return {
        f"first citation right, of {len(answerable)} answerable": _share(
            any(item.right[:1]) for item in answerable
        ),
        "any citation right": _share(any(item.right) for item in answerable),
        "share of an answer's citations that are right": f"{statistics.mean(shares):.3f}",
        "answerable, refused": _share(item.refused for item in answerable),
        "unanswerable, refused": _share(item.refused for item in scored if not item.answerable),
        "good: first and half of the citations right, or rightly refused": _share(
            item.is_good for item in scored
        ),
        **({f"good: {kind}": _good(scored, kind) for kind in kinds} if len(kinds) > 1 else {}),
        "seconds for an answer, median": f"{statistics.median(item.seconds for item in scored):.2f}",
        "95th percentile": f"{statistics.quantiles((item.seconds for item in scored), n=20)[-1]:.2f}",
        **{f"ms, median: {stage}": _median(scored, stage) for stage in STAGES},
    }


def _median(scored: Sequence[Scored], stage: str) -> str:
    """Return the median of a stage's milliseconds over the answers that have the stage."""
    own = [item.timings[stage] for item in scored if stage in item.timings]
    return f"{statistics.median(own):.0f}" if own else ""


def _good(scored: Sequence[Scored], kind: str) -> str:
    """Return the number of good answers to questions of one kind and the number of all, such as ``3/7``."""
    own = [item.is_good for item in scored if item.kind == kind]
    return f"{sum(own)}/{len(own)}"


def _share(flags: Iterable[bool]) -> str:
    return f"{statistics.mean(map(float, flags)):.3f}"


def _plain(text: str) -> str:
    return regex.sub(r"[\W_]+", " ", text.lower()).strip()


if __name__ == "__main__":
    main()
