"""Prints the speed of embedding passages, ours and llama-index's.

``python -m benchmarks.throughput [--passages 5000] [--slice 250]``; llama-index, of the ``bench`` extra, with
all-MiniLM-L6-v2 and with our encoder in float32. All embed the same slices in turn, each in a process of its
own, so that other load affects all; the memory is the peak.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from itertools import zip_longest
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.datasets import data_folder
from benchmarks.float_models import minilm_folder, write_float_weights
from benchmarks.side_by_side import machine
from index.embedding import DEFAULT_MODEL, Encoder, open_encoder
from index.embedding.onnx import PACKAGED
from index.library import TITLE_TOKENS
from index.machine import configure_memory
from index.text.passages import chunk, passage_text, sentences
from rag.evaluation import Dataset, read_dataset

SOURCES = ("scifact", "squad2", "clapnq", "tatqa", "mlqa-en", "mtrag-human")

OURS = f"Footnoted, {DEFAULT_MODEL} in int8"
THEIRS = "llama-index, all-MiniLM-L6-v2"
THEIRS_WITH_OURS = f"llama-index, {DEFAULT_MODEL}"
CONTESTANTS = (OURS, THEIRS, THEIRS_WITH_OURS)

Embed = Callable[[list[str]], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--passages", type=int, default=5000)
    parser.add_argument("--slice", type=int, default=250, help="passages that one embeds before the other")
    parser.add_argument("--worker", choices=CONTESTANTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments.worker)
        return
    encoder = open_encoder()
    print(machine())
    race(passages(encoder, arguments.passages), encoder, arguments.slice)


def passages(encoder: Encoder, count: int) -> list[str]:
    """Different ones, from each set in turn, as the encoder gets them."""
    datasets = (read_dataset(data_folder() / name) for name in SOURCES if (data_folder() / name).is_dir())
    in_turn = zip_longest(*(_passages_of(dataset, encoder) for dataset in datasets))
    texts: dict[str, None] = {}
    for row in in_turn:
        texts.update((passage, None) for passage in row if passage)
        if len(texts) >= count:
            return list(texts)[:count]
    sys.exit(f"the evaluation sets make {len(texts)} passages only; ask for no more with --passages")


def _passages_of(dataset: Dataset, encoder: Encoder) -> Iterator[str]:
    for document in dataset.documents.values():
        title = encoder.clip(document.title, TITLE_TOKENS)
        for piece in chunk(document, encoder.token_spans):
            yield passage_text(title, piece.span.of(document.text))


def race(texts: Sequence[str], encoder: Encoder, size: int) -> None:
    """Slice by slice in turn; print a row for each."""
    slices = [texts[start : start + size] for start in range(0, len(texts), size)]
    # The models have the same tokenizer, and windows that are longer than a passage.
    tokens = sum(len(encoder.token_spans(text)) + 2 for text in texts)
    workers = {name: _Worker(name) for name in CONTESTANTS}
    seconds: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for number, piece in enumerate(slices):
        # Every contestant takes its turn at being the first.
        first = number % len(CONTESTANTS)
        for name in (*CONTESTANTS[first:], *CONTESTANTS[:first]):
            seconds[name].append(workers[name].embed(piece)["seconds"])
        taken = ", ".join(f"{name} {seconds[name][-1]:.1f} s" for name in CONTESTANTS)
        print(f"{number + 1} of {len(slices)} slices: {taken}", file=sys.stderr, flush=True)
    print(f"{len(texts):,} passages of {tokens:,} tokens\n")
    print("| | tokens/s | against llama-index | median of slices | peak memory, MB |\n|---|---|---|---|---|")
    theirs = seconds[THEIRS]
    for name, own in seconds.items():
        by_slice = median(other / mine for other, mine in zip(theirs, own, strict=True))
        memory = workers[name].close()["memory"]
        print(
            f"| {name} | {tokens / sum(own):,.0f} | {sum(theirs) / sum(own):.2f} | {by_slice:.2f} "
            f"| {memory:,.0f} |"
        )


class _Worker:
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

    def close(self) -> dict[str, float]:
        rest, _ = self._process.communicate()
        last: dict[str, float] = json.loads(rest)
        return last


def work(name: str) -> None:
    """Print the time of each line of texts; at the end, the peak memory."""
    # What a library prints while it loads a model must not get among the measurements.
    with redirect_stdout(sys.stderr):
        embed = _ours() if name == OURS else _llama_index(name)
    for line in sys.stdin:
        texts = json.loads(line)
        began = time.perf_counter()
        embed(texts)
        print(json.dumps({"seconds": time.perf_counter() - began}), flush=True)
    print(json.dumps({"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def _ours() -> Embed:
    configure_memory()  # as the command line does
    encoder = open_encoder()

    def embed(texts: list[str]) -> object:
        parts = [[(span.start, span.end) for span in sentences(text, "en")] for text in texts]
        return list(encoder.encode_passages(texts, parts))

    return embed


def _llama_index(name: str) -> Embed:
    from llama_index.core import Document
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    with TemporaryDirectory() as temporary:
        folder = minilm_folder() if name == THEIRS else write_float_weights(PACKAGED, Path(temporary))
        model = HuggingFaceEmbedding(model_name=str(folder), device="cpu")
    pipeline = IngestionPipeline(transformations=[SentenceSplitter(), model], disable_cache=True)
    return lambda texts: pipeline.run(documents=[Document(text=text) for text in texts])


if __name__ == "__main__":
    main()
