"""Prints the speed of embedding passages, ours and llama-index's, and what bfloat16 costs in quality.

``python -m benchmarks.throughput [--passages 5000] [--slice 250] [--float32] [--sets scifact squad2 …]``;
llama-index is that of the ``bench`` extra, with its default pipeline. The passages are those of the
evaluation sets as the product cuts them, and the product embeds their sentences as well. All contestants
embed the same slices in turn, each in a process of its own, so that other load affects all of them; the
memory is the peak of the process. Then comes nDCG@10 of the search by vectors alone, with float32 and with
bfloat16; the score of a document is that of its best passage.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, zip_longest
from statistics import median

import ir_measures
import numpy as np
from ir_measures import nDCG

from benchmarks.datasets import data_folder
from index.embedding import Encoder, bundled_folder, open_encoder
from index.embedding.machine import PRECISIONS, Precision
from index.embedding.model import Vectors
from index.library import TITLE_TOKENS
from index.memory import configure_memory
from index.text.chunks import chunk, passage_text
from index.text.segmentation import sentences
from rag.evaluation import Dataset, read_dataset

SOURCES = ("scifact", "squad2", "clapnq", "tatqa", "mlqa-en", "mtrag-human")

CONTESTANTS = ("footnoted", "llama-index", "footnoted in float32")

_WINDOW = 256
"""The most tokens of a text that the bundled model reads."""

Embed = Callable[[list[str]], object]


def main() -> None:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--passages", type=int, default=5000)
    parser.add_argument("--slice", type=int, default=250, help="passages that one embeds before the other")
    parser.add_argument("--sets", nargs="*", default=["scifact", "squad2", "clapnq"], metavar="SET")
    parser.add_argument("--float32", action="store_true", help="race in float32, too")
    parser.add_argument("--worker", choices=CONTESTANTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments.worker)
        return
    encoder = open_encoder(precision="float32")
    names = CONTESTANTS if arguments.float32 else CONTESTANTS[:2]
    race(names, passages(encoder, arguments.passages), encoder, arguments.slice)
    if arguments.sets:
        print("\n| set | questions | nDCG@10 in float32 | in bfloat16 | difference |\n|---|---|---|---|---|")
    for name in arguments.sets:
        print(quality(read_dataset(data_folder() / name)), flush=True)


def passages(encoder: Encoder, count: int) -> list[str]:
    """Return ``count`` different passages, from each set in turn, as the encoder gets them."""
    datasets = (read_dataset(data_folder() / name) for name in SOURCES if (data_folder() / name).is_dir())
    in_turn = zip_longest(*(_passages_of(dataset, encoder) for dataset in datasets))
    texts: dict[str, None] = {}
    for row in in_turn:
        texts.update((passage[1], None) for passage in row if passage)
        if len(texts) >= count:
            return list(texts)[:count]
    sys.exit(f"the evaluation sets make {len(texts)} passages only; ask for no more with --passages")


def _passages_of(dataset: Dataset, encoder: Encoder) -> Iterator[tuple[str, str]]:
    """Yield a document's name with each of its passages."""
    for name, document in dataset.documents.items():
        title = encoder.clip(document.title, TITLE_TOKENS)
        for piece in chunk(document, encoder.token_spans):
            yield name, passage_text(title, piece.span.of(document.text))


def race(names: Sequence[str], texts: Sequence[str], encoder: Encoder, size: int) -> None:
    """Let each contestant in ``names`` embed ``texts``, slice by slice in turn; print a row for each."""
    slices = [texts[start : start + size] for start in range(0, len(texts), size)]
    tokens = [sum(min(len(encoder.token_spans(text)) + 2, _WINDOW) for text in piece) for piece in slices]
    workers = {name: _Worker(name) for name in names}
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number, piece in enumerate(slices):
        # Every contestant takes its turn at being the first.
        first = number % len(names)
        for name in (*names[first:], *names[:first]):
            seconds[name].append(workers[name].embed(piece)["seconds"])
        taken = ", ".join(f"{name} {seconds[name][-1]:.1f} s" for name in names)
        print(f"{number + 1} of {len(slices)} slices: {taken}", file=sys.stderr, flush=True)
    print(f"{len(texts):,} passages of {sum(tokens):,} tokens\n")
    print("| | tokens/s | against llama-index | median of slices | peak memory, MB |\n|---|---|---|---|---|")
    theirs = seconds["llama-index"]
    for name in names:
        own, measured = seconds[name], workers[name].close()
        by_slice = median(other / mine for other, mine in zip(theirs, own, strict=True))
        label = f"{name}, {measured['precision']}" if name == "footnoted" else name
        print(
            f"| {label} | {sum(tokens) / sum(own):,.0f} | {sum(theirs) / sum(own):.2f} | {by_slice:.2f} "
            f"| {measured['memory']:,.0f} |"
        )


class _Worker:
    """The process of a contestant: reads a line of texts, and replies with a line of measurements."""

    def __init__(self, name: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.throughput", "--worker", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.embed(["ready"])

    def embed(self, texts: Sequence[str]) -> dict[str, float]:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(texts), file=self._process.stdin, flush=True)
        answer: dict[str, float] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> dict[str, float | str]:
        rest, _ = self._process.communicate()
        last: dict[str, float | str] = json.loads(rest)
        return last


def work(name: str) -> None:
    """Embed each line of texts and print the time it took; at the end, print the peak memory."""
    precision, embed = _llama_index() if name == "llama-index" else _ours(name)
    for line in sys.stdin:
        texts = json.loads(line)
        began = time.perf_counter()
        embed(texts)
        print(json.dumps({"seconds": time.perf_counter() - began}), flush=True)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"memory": memory, "precision": precision}))


def _ours(name: str) -> tuple[str, Embed]:
    configure_memory()  # as the command line does
    encoder = open_encoder(precision="float32" if name.endswith("float32") else None)

    def embed(texts: list[str]) -> object:
        parts = [[(span.start, span.end) for span in sentences(text, "en")] for text in texts]
        return encoder.encode_passages(texts, parts)

    return encoder.precision, embed


def _llama_index() -> tuple[str, Embed]:
    from llama_index.core import Document
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    model = HuggingFaceEmbedding(model_name=str(bundled_folder()), device="cpu")
    pipeline = IngestionPipeline(transformations=[SentenceSplitter(), model], disable_cache=True)
    return "float32", lambda texts: pipeline.run(documents=[Document(text=text) for text in texts])


def quality(dataset: Dataset) -> str:
    """Return a row: nDCG@10 of the set's judged questions by the vectors alone, in both precisions."""
    wide, narrow = (_ndcg(dataset, precision) for precision in PRECISIONS)
    asked = sum(query.judged is not None for query in dataset.queries)
    return f"| {dataset.name} | {asked:,} | {wide:.4f} | {narrow:.4f} | {narrow - wide:+.4f} |"


def _ndcg(dataset: Dataset, precision: Precision) -> float:
    encoder = open_encoder(precision=precision)
    names, texts = zip(*_passages_of(dataset, encoder), strict=True)
    vectors = encoder.encode(texts)
    return dense_ndcg(dataset, names, vectors, encoder)


def dense_ndcg(dataset: Dataset, names: Sequence[str], vectors: Vectors, encoder: Encoder) -> float:
    """Return the nDCG@10 of the ranking by vectors; the score of a document is that of its best passage.

    Args:
        dataset: has the judged questions.
        names: the document of each passage.
        vectors: the vectors of the passages, in the same order.
        encoder: embeds the questions.
    """
    runs: dict[str, dict[str, float]] = {}
    qrels = {query.id: dict(query.judged) for query in dataset.queries if query.judged}
    for query in dataset.queries:
        if query.judged:
            cosines = vectors @ encoder.encode_query(query.text)
            best: dict[str, float] = {}
            for place in np.argsort(-cosines, kind="stable"):
                best.setdefault(names[place], float(cosines[place]))
            runs[query.id] = dict(islice(best.items(), 100))
    return float(ir_measures.calc_aggregate([nDCG @ 10], qrels, runs)[nDCG @ 10])


if __name__ == "__main__":
    main()
