"""Prints the table of quality that the README quotes, for every set, in one run: under half an hour.

``python -m benchmarks.quality [SET …] [--limit N] [--json FILE]``. At most ``ASKED`` questions of a set are
asked; retrieval uses all. The time of an answer is measured afterwards, alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.datasets import HOME, data_folder
from index.embedding.encoder import open_encoder
from rag.evaluation import Configuration, Estimate, Evaluation, Part, evaluate, read_dataset
from rag.evaluation.measures import KeyPath

ASKED = 300
"""With so many, a share is known to within about 0.05."""

COLUMNS = (
    ("retrieval", "dense", "ndcg@10"),
    ("retrieval", "lexical", "ndcg@10"),
    ("retrieval", "fused", "ndcg@10"),
)
ANSWERS: tuple[KeyPath, ...] = (
    ("selection", "first_correct"),
    ("selection", "any_correct"),
    ("selection", "f1"),
    ("selection", "first_three", "f1"),
    ("abstention", "auroc"),
    ("abstention", "f1"),
    ("abstention_subject_removed", "auroc"),
    ("abstention_subject_removed", "f1"),
)
TIMED = "squad2"
TIMED_QUESTIONS = 150
LATENCY: tuple[KeyPath, ...] = (("latency_ms", "total", "median"), ("latency_ms", "total", "p95"))


@dataclass(frozen=True, slots=True)
class Measured:
    name: str
    retrieval: str | None
    answers: Sequence[str]
    figures: Mapping[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="*", metavar="SET", help="folders of sets, or their names")
    parser.add_argument("--limit", type=int, help="questions of a set at most")
    parser.add_argument("--json", type=Path, help="write all figures to this file, too")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="sets at the same time")
    arguments = parser.parse_args()
    begun = time.monotonic()
    folders = [_folder(name) for name in arguments.sets] or _all()
    sets: list[Measured] = []
    # A forked process would inherit threads in an undefined state.
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as pool:
        for done in as_completed([pool.submit(measured, folder, arguments.limit) for folder in folders]):
            sets.append(done.result())
            print(f"{sets[-1].name}, {time.monotonic() - begun:.0f} s", file=sys.stderr)
            rows = [sets[-1].retrieval or "", *sets[-1].answers]
            print("\n".join(rows), file=sys.stderr, flush=True)
    sets.sort(key=lambda each: each.name)
    print("| set | documents | questions | vectors | words | fused |\n|---|---|---|---|---|---|")
    print("\n".join(each.retrieval for each in sets if each.retrieval))
    print("\n| set | figure | questions | value |\n|---|---|---|---|")
    print("\n".join(row for each in sets for row in each.answers))
    if TIMED in {each.name for each in sets}:
        print("\n".join(times(_folder(TIMED))))
    if arguments.json:
        arguments.json.write_text(json.dumps({each.name: each.figures for each in sets}, indent=1))
    print(f"\n{time.monotonic() - begun:.0f} seconds in all", file=sys.stderr)


def measured(folder: Path, limit: int | None) -> Measured:
    dataset, configuration, encoder = read_dataset(folder), Configuration(), open_encoder()
    retrieval = evaluate(dataset, configuration, HOME, ["retrieval"], limit, encoder=encoder)
    parts: tuple[Part, ...] = ("selection", "answers")
    answers = evaluate(dataset, configuration, HOME, parts, min(limit or ASKED, ASKED), encoder=encoder)
    return Measured(
        folder.name,
        retrieval_row(retrieval) if retrieval.figures else None,
        answer_rows(answers, ANSWERS),
        {"retrieval": retrieval.as_dict(), "answers": answers.as_dict()},
    )


def times(folder: Path) -> Sequence[str]:
    """Nothing else may run on the machine meanwhile."""
    dataset = read_dataset(folder)
    return answer_rows(evaluate(dataset, Configuration(), HOME, ["selection"], TIMED_QUESTIONS), LATENCY)


def retrieval_row(evaluation: Evaluation) -> str:
    """In nDCG@10. The interval is that of the fused scores."""
    figures = [evaluation.figures[key_path] for key_path in COLUMNS]
    cells = [f"{figure.value:.3f}" for figure in figures[:-1]]
    return " | ".join(
        [
            "| " + evaluation.dataset,
            f"{evaluation.n_documents:,}",
            f"{figures[-1].n:,}",
            *cells,
            _shown(figures[-1]) + " |",
        ]
    )


def answer_rows(evaluation: Evaluation, key_paths: Sequence[KeyPath]) -> Sequence[str]:
    return [
        f"| {evaluation.dataset} | {' '.join(key_path[-2:])} | {figure.n:,} | {_shown(figure)} |"
        for key_path in key_paths
        if (figure := evaluation.figures.get(key_path)) is not None
    ]


def _shown(figure: Estimate) -> str:
    digits = 0 if figure.value > 2 else 3
    return f"{figure.value:.{digits}f} ({figure.low:.{digits}f}–{figure.high:.{digits}f})"


def _all() -> list[Path]:
    data = data_folder()
    corpora = sorted(data.glob("*/corpus.jsonl.gz"), key=lambda path: path.stat().st_size, reverse=True)
    # The largest set comes first, because a large set at the end would run alone.
    sets = [path.parent for path in corpora]
    return [*sets, data / "seed", Path(__file__).parent.parent / "seeds"]


def _folder(name: str) -> Path:
    return Path(name) if Path(name).is_dir() else data_folder() / name


if __name__ == "__main__":
    main()
