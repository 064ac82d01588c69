"""Prints the effect of other lengths of passages, titles, neighbours, and limits of passages per document.

``python -m benchmarks.passages [SET …] [--limit N]``: nDCG@10, right first citations and their F1 for each
choice; then the share of the relevant documents that are read, by that limit.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.datasets import HOME, data_folder, open_index
from index.embedding.encoder import Encoder, open_encoder
from index.library import POOL
from rag.answer_limits import READ_HITS, AnswerLimits
from rag.evaluation import Configuration, Dataset, Evaluation, evaluate, read_dataset
from rag.evaluation.measures import KeyPath

SETS = ("squad2", "mlqa-en", "clapnq", "mtrag-human", "tatqa")

INDEXED = (
    Configuration("as it is"),
    Configuration("passages of 120 tokens", max_chunk_tokens=120),
    Configuration("passages of 400 tokens", max_chunk_tokens=400),
    Configuration("without titles", title_tokens=0),
)
READ = (
    Configuration("no neighbours", limits=AnswerLimits(widen_by=0)),
    Configuration("4 neighbours", limits=AnswerLimits(widen_by=4)),
    Configuration("12 passages read", limits=AnswerLimits(read_hits=12)),
    Configuration("24 passages read", limits=AnswerLimits(read_hits=24)),
    Configuration("48 passages read", limits=AnswerLimits(read_hits=48)),
)

MOST_OF_A_DOCUMENT = (1, 2, 3, READ_HITS)

COLUMNS: tuple[KeyPath, ...] = (
    ("retrieval", "fused", "ndcg@10"),
    ("selection", "first_correct"),
    ("selection", "f1"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="*", default=SETS, metavar="SET")
    parser.add_argument("--limit", type=int, default=300, help="questions of a set at most")
    arguments = parser.parse_args()
    datasets = [read_dataset(data_folder() / name) for name in arguments.sets]
    encoder = open_encoder()
    print("| set | choice | nDCG@10 | first correct | F1 |\n|---|---|---|---|---|")
    for dataset in datasets:
        for row in rows(dataset, encoder, arguments.limit):
            print(row, flush=True)
    print("\n| set | " + " | ".join(map(str, MOST_OF_A_DOCUMENT)) + " |")
    print("|---" * (len(MOST_OF_A_DOCUMENT) + 1) + "|")
    for dataset in datasets:
        shares = [f"{share:.3f}" for share in read_shares(dataset, encoder)]
        print(f"| {dataset.name} | " + " | ".join(shares) + " |", flush=True)


def rows(dataset: Dataset, encoder: Encoder, limit: int) -> Iterator[str]:
    for configuration in (*INDEXED, *READ):
        print(f"{dataset.name}, {configuration.name}", file=sys.stderr, flush=True)
        measured: list[Evaluation] = []
        if configuration in INDEXED:
            measured.append(evaluate(dataset, configuration, HOME, ["retrieval"], limit, encoder=encoder))
        if any(query.has_gold for query in dataset.queries):
            measured.append(evaluate(dataset, configuration, HOME, ["selection"], limit, encoder=encoder))
        cells = [_cell(measured, key_path) for key_path in COLUMNS]
        yield f"| {dataset.name} | {configuration.name} | " + " | ".join(cells) + " |"


def read_shares(dataset: Dataset, encoder: Encoder) -> list[float]:
    shares: list[list[float]] = []
    with open_index(dataset, encoder) as index:
        for query in dataset.queries:
            relevant = {name for name, grade in (query.judged or {}).items() if grade > 0}
            if relevant:
                ranked = [hit.document.path for hit in index.search(query.text, POOL)]
                shares.append(
                    [len(relevant & set(_first(ranked, most))) / len(relevant) for most in MOST_OF_A_DOCUMENT]
                )
    return [float(share) for share in np.mean(shares, axis=0)]


def _first(ranked: Sequence[str], most: int) -> list[str]:
    """The documents that are read, if at most ``most`` passages of each are."""
    seen: Counter[str] = Counter()
    read = []
    for document in ranked:
        seen[document] += 1
        if seen[document] <= most:
            read.append(document)
    return read[:READ_HITS]


def _cell(evaluations: Sequence[Evaluation], key_path: KeyPath) -> str:
    for evaluation in evaluations:
        if key_path in evaluation.figures:
            return f"{evaluation.figures[key_path].value:.3f}"
    return ""


if __name__ == "__main__":
    main()
