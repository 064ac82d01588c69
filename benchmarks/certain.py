"""Prints the figures behind ``CERTAIN``, the probability from which an answer counts as certain.

``python -m benchmarks.certain [--limit N]`` asks questions of squad2, and of the part of clapnq that
:mod:`benchmarks.writing` does not ask. A model's sentence can count as supported only from ``CERTAIN`` on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from benchmarks.datasets import data_folder, open_index
from benchmarks.writing import clapnq_questions
from index.embedding.encoder import open_encoder
from rag.answer_limits import CERTAIN
from rag.engine import QueryEngine
from rag.evaluation import Dataset, read_dataset
from rag.evaluation.datasets import Query, spread

PROBABILITIES = sorted({0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, CERTAIN, 0.95})


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--limit", type=int, default=450, help="questions of a set at most")
    limit = parser.parse_args().limit
    encoder = open_encoder()
    for name in ("squad2", "clapnq"):
        dataset = read_dataset(data_folder() / name)
        with open_index(dataset, encoder) as index:
            engine = QueryEngine(index)
            reached = {
                answerable: [engine.ask(query.text).answerability or 0.0 for query in asked]
                for answerable, asked in _questions(dataset, name, limit).items()
            }
        counts = " and ".join(f"{len(found)} {_kind(kind)}" for kind, found in reached.items())
        print(f"{name}: {counts}")
        for probability in PROBABILITIES:
            shares = [
                f"{sum(one >= probability for one in found) / len(found):.3f} {_kind(kind)}"
                for kind, found in reached.items()
            ]
            print(f"  {probability:.2f} and more: {', '.join(shares)}", flush=True)


def _questions(dataset: Dataset, name: str, limit: int) -> dict[bool, Sequence[Query]]:
    asked = {query.id for query in clapnq_questions(dataset)} if name == "clapnq" else set()
    left = [query for query in dataset.queries if query.id not in asked]
    return {
        answerable: spread([query for query in left if query.answerable is answerable], limit // 2)
        for answerable in (True, False)
    }


def _kind(answerable: bool) -> str:
    return "answerable" if answerable else "unanswerable"


if __name__ == "__main__":
    main()
