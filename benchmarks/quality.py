"""Prints the table of quality that the README quotes, for every set, in one run: under half an hour.

``python -m benchmarks.quality [SET …] [--limit N] [--json FILE]``. Each set is measured twice, without the
reader and with it, on the same questions. From the sets that weights were learned from (``LEARNED_FROM``)
only questions of ``test`` titles are asked; retrieval, in which nothing is learned, uses all of them. At
most ``ASKED`` questions of a set are asked, evenly spread over it, so that one large set does not take most
of the time; both configurations get the same questions. Sets are measured in parallel, one on each core. The
time of an answer is measured afterwards, alone, with an encoder that caches no sentence.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.datasets import HOME, data_folder
from index.embedding.encoder import REMEMBERED_TEXTS, open_encoder
from rag.evaluation import Comparison, Configuration, Evaluation, Figure, compare, evaluate, read_dataset
from rag.evaluation.bootstrap import KeyPath
from rag.finding.reader import BUNDLED_READER, NO_READER

ASKED = 300
"""The most questions of a set; with so many, a share is known to within about 0.05."""

LEARNED_FROM = ("squad2", "mlqa-en", "clapnq", "tatqa")

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
    """One set's rows of both tables, and all of its figures."""

    name: str
    retrieval: str | None
    answers: Sequence[str]
    figures: list[dict[str, Any]]


def main() -> None:
    """Measure the sets and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="*", metavar="SET", help="folders of sets, or their names")
    parser.add_argument("--limit", type=int, help="questions of a set at most")
    parser.add_argument("--json", type=Path, help="write all figures to this file, too")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="sets at the same time")
    arguments = parser.parse_args()
    begun = time.monotonic()
    folders = [_folder(name) for name in arguments.sets] or _all()
    sets: list[Measured] = []
    # A forked process would inherit torch's threads in an undefined state.
    with ProcessPoolExecutor(arguments.processes, get_context("spawn"), one_thread) as pool:
        for done in as_completed([pool.submit(measured, folder, arguments.limit) for folder in folders]):
            sets.append(done.result())
            print(f"{sets[-1].name}, {time.monotonic() - begun:.0f} s", file=sys.stderr)
            rows = [sets[-1].retrieval or "", *sets[-1].answers]
            print("\n".join(rows), file=sys.stderr, flush=True)
    sets.sort(key=lambda each: each.name)
    print("| set | documents | questions | vectors | words | fused |\n|---|---|---|---|---|---|")
    print("\n".join(each.retrieval for each in sets if each.retrieval))
    print(f"\n{ANSWERS_HEAD}")
    print("\n".join(row for each in sets for row in each.answers))
    if TIMED in {each.name for each in sets}:
        print("\n".join(times(_folder(TIMED))))
    if arguments.json:
        arguments.json.write_text(json.dumps({each.name: each.figures for each in sets}, indent=1))
    print(f"\n{time.monotonic() - begun:.0f} seconds in all", file=sys.stderr)


ANSWERS_HEAD = (
    "| set | figure | questions | without the reader | with the reader | p |\n|---|---|---|---|---|---|"
)


def one_thread() -> None:
    """Limit a process of the pool to one thread."""
    import torch

    torch.set_num_threads(1)


def measured(folder: Path, limit: int | None) -> Measured:
    """Measure one set, and return its rows of both tables."""
    retrieval, pair = measure(folder, limit)
    return Measured(
        folder.name,
        retrieval_row(retrieval) if retrieval.figures else None,
        answer_rows(compare(*pair), ANSWERS),
        [retrieval.as_dict(), *(evaluation.as_dict() for evaluation in pair)],
    )


def times(folder: Path) -> Sequence[str]:
    """Return the rows with the time of an answer; nothing else may run on the machine meanwhile."""
    pair = [
        evaluate(read_dataset(folder), configuration, HOME, ["selection"], TIMED_QUESTIONS, held_out=True)
        for configuration in configurations()
    ]
    return answer_rows(compare(pair[0], pair[1]), LATENCY)


def configurations() -> tuple[Configuration, Configuration]:
    """Return the product without its reader, and with its reader."""
    plain = Configuration(reader=NO_READER, name="without the reader")
    return plain, replace(plain, reader=BUNDLED_READER, name="with the reader")


def measure(folder: Path, limit: int | None) -> tuple[Evaluation, tuple[Evaluation, Evaluation]]:
    """Measure one set.

    Returns:
        Retrieval over all questions; and the answers to the chosen questions, without and with the reader.
    """
    dataset = read_dataset(folder)
    configured = configurations()
    encoder = open_encoder(configured[0].model)
    # Both configurations read much the same sentences, and most of the time goes into embedding them.
    encoder.remembered = REMEMBERED_TEXTS * 20
    retrieval = evaluate(dataset, configured[0], HOME, ["retrieval"], limit, encoder=encoder)
    pair = [
        evaluate(
            dataset,
            configuration,
            HOME,
            ["selection", "answers"],
            min(limit or ASKED, ASKED),
            held_out=folder.name in LEARNED_FROM,
            encoder=encoder,
        )
        for configuration in configured
    ]
    return retrieval, (pair[0], pair[1])


def retrieval_row(evaluation: Evaluation) -> str:
    """Return a row of the table of retrieval, in nDCG@10. The interval is that of the fused scores."""
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


def answer_rows(comparison: Comparison, key_paths: Sequence[KeyPath]) -> Sequence[str]:
    """Return rows of the table of answers: each figure without and with the reader, and the paired test."""
    rows = {row.key_path: row for row in comparison.differences}
    return [
        " | ".join(
            [
                "| " + comparison.dataset,
                " ".join(key_path[-2:]),
                f"{row.second.n:,}",
                _shown(row.first),
                _shown(row.second),
                ("" if row.p is None else f"{row.p:.3f}") + " |",
            ]
        )
        for key_path in key_paths
        if (row := rows.get(key_path)) is not None
    ]


def _shown(figure: Figure) -> str:
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
