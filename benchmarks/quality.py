"""Prints the table of quality that the README quotes, for every set, in one run: under half an hour.

``python -m benchmarks.quality [SET …] [--limit N] [--json FILE]``. Each set is measured twice, without the
reader and with it, on the same questions, each time with an encoder that remembers no sentence. From the sets
that weights were learned from (``LEARNED_FROM``) only questions of ``test`` titles are asked; retrieval, in
which nothing is learned, uses all of them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.datasets import HOME, data_folder
from rag.evaluation import Comparison, Configuration, Evaluation, Figure, compare, evaluate, read_dataset
from rag.reader import BUNDLED_READER, NO_READER

LEARNED_FROM = ("squad2", "mlqa-en", "clapnq", "tatqa")

COLUMNS = (
    ("retrieval", "dense", "ndcg@10"),
    ("retrieval", "lexical", "ndcg@10"),
    ("retrieval", "fused", "ndcg@10"),
)
ANSWERS = (
    ("selection", "first_correct"),
    ("selection", "any_correct"),
    ("selection", "f1"),
    ("selection", "first_three", "f1"),
    ("abstention", "auroc"),
    ("abstention", "f1"),
    ("abstention_subject_removed", "auroc"),
    ("abstention_subject_removed", "f1"),
    ("latency_ms", "total", "median"),
    ("latency_ms", "total", "p95"),
)


def main() -> None:
    """Measure the sets and print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="*", metavar="SET", help="folders of sets, or their names")
    parser.add_argument("--limit", type=int, help="questions of a set at most")
    parser.add_argument("--json", type=Path, help="write all figures to this file, too")
    arguments = parser.parse_args()
    begun = time.monotonic()
    folders = [_folder(name) for name in arguments.sets] or _all()
    answers: list[str] = []
    figures: dict[str, list[dict[str, Any]]] = {}
    print("| set | documents | questions | vectors | words | fused |\n|---|---|---|---|---|---|")
    for folder in folders:
        print(f"{folder.name}, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        retrieval, pair = measure(folder, arguments.limit)
        if retrieval.figures:
            print(retrieval_row(retrieval), flush=True)
        rows = answer_rows(compare(*pair))
        answers.extend(rows)
        print("\n".join(rows), file=sys.stderr, flush=True)
        figures[folder.name] = [retrieval.as_dict(), *(evaluation.as_dict() for evaluation in pair)]
        if arguments.json:
            arguments.json.write_text(json.dumps(figures, indent=1))
    print(
        "\n| set | figure | questions | without the reader | with the reader | p |\n|---|---|---|---|---|---|"
    )
    print("\n".join(answers))
    print(f"\n{time.monotonic() - begun:.0f} seconds in all", file=sys.stderr)


def measure(folder: Path, limit: int | None) -> tuple[Evaluation, tuple[Evaluation, Evaluation]]:
    """Retrieval over all questions of a set; answers to the measured ones, without and with the reader."""
    dataset = read_dataset(folder)
    plain = Configuration(reader=NO_READER, name="without the reader")
    retrieval = evaluate(dataset, plain, HOME, ["retrieval"], limit)
    pair = [
        evaluate(
            dataset,
            replace(plain, reader=reader, name=name),
            HOME,
            ["selection", "answers"],
            limit,
            held_out=folder.name in LEARNED_FROM,
        )
        for reader, name in ((NO_READER, "without the reader"), (BUNDLED_READER, "with the reader"))
    ]
    return retrieval, (pair[0], pair[1])


def retrieval_row(evaluation: Evaluation) -> str:
    """A row of the table of retrieval, in nDCG@10; the interval is that of the fused scores."""
    figures = [evaluation.figures[place] for place in COLUMNS]
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


def answer_rows(comparison: Comparison) -> Sequence[str]:
    """Rows of the table of answers: a figure without and with the reader, and the paired test."""
    rows = {row.place: row for row in comparison.differences}
    return [
        " | ".join(
            [
                "| " + comparison.dataset,
                " ".join(place[-2:]),
                f"{row.second.n:,}",
                _shown(row.first),
                _shown(row.second),
                ("" if row.p is None else f"{row.p:.3f}") + " |",
            ]
        )
        for place in ANSWERS
        if (row := rows.get(place)) is not None
    ]


def _shown(figure: Figure) -> str:
    digits = 0 if figure.value > 2 else 3
    return f"{figure.value:.{digits}f} ({figure.low:.{digits}f}–{figure.high:.{digits}f})"


def _all() -> list[Path]:
    data = data_folder()
    sets = sorted(path.parent for path in data.glob("*/queries.jsonl"))
    return [*sets, data / "seed", Path(__file__).parent.parent / "seeds"]


def _folder(name: str) -> Path:
    return Path(name) if Path(name).is_dir() else data_folder() / name


if __name__ == "__main__":
    main()
