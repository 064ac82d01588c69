"""Prints nDCG@10 of retrieval in other languages than English, by the bundled and the multilingual encoder.

``python -m benchmarks.languages [SET …]``: 300 questions of each set, over the documents that answer them, by
vectors, by words, and by both fused.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

from benchmarks.datasets import HOME, data_folder
from benchmarks.quality import retrieval_row
from index.embedding import BUNDLED_MODEL, MULTILINGUAL_MODEL, open_encoder
from rag.evaluation import Configuration, Dataset, evaluate, read_dataset
from rag.evaluation.datasets import spread
from rag.finding.reader import NO_READER

SETS = ("mlqa-zh", "mlqa-vi", "tydi-id")
ASKED = 300


def main() -> None:
    """Measure each set with both encoders, and print a row for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="*", default=SETS, metavar="SET", help="names of sets")
    print(
        "| encoder | set | documents | questions | vectors | words | fused |\n|---|---|---|---|---|---|---|"
    )
    for name in parser.parse_args().sets:
        dataset = few(read_dataset(data_folder() / name))
        for model in (BUNDLED_MODEL, MULTILINGUAL_MODEL):
            encoder = open_encoder(model, models=HOME / "models")
            configuration = Configuration(reader=NO_READER)
            evaluation = evaluate(dataset, configuration, HOME, ["retrieval"], encoder=encoder)
            print(f"| {model} {retrieval_row(evaluation)}", flush=True)


def few(dataset: Dataset) -> Dataset:
    """Return ``ASKED`` questions, evenly spread over the set, and the documents that answer them."""
    queries = spread([query for query in dataset.queries if query.relevant], ASKED)
    names = {name for query in queries for name in query.relevant}
    documents = {name: document for name, document in dataset.documents.items() if name in names}
    return replace(dataset, documents=documents, queries=tuple(queries))


if __name__ == "__main__":
    main()
