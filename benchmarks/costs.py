"""Prints what a passage costs by stage, in libraries of several sizes: milliseconds and bytes.

``python -m benchmarks.costs [--passages 1000 10000 100000] [--reports FOLDER]``. Stored vectors are made
(:mod:`benchmarks.stand_in`), and embedding is measured separately. ``--reports`` also reads a folder of PDFs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.corpus import PASSAGES_A_DOCUMENT, path_of, questions, read_corpus, real_vectors
from benchmarks.footprint import on_disk
from benchmarks.resync import write_files
from benchmarks.side_by_side import Bench, machine, milliseconds
from benchmarks.stand_in import StandIn
from index.embedding.encoder import Encoder, open_encoder
from index.library import Library
from index.loaders import DEFAULTS, Isolated
from index.records import Incoming
from index.text.passages import MAX_CHUNK_TOKENS, Cutting, cut

_AT_ONCE = 200
"""Stored in one transaction: 2,000 passages, as in a sync."""

_READ = 300
"""The cost of reading does not depend on the size of the library."""

_EMBEDDED = 60


@dataclass(frozen=True, slots=True)
class Cost:
    """``stage`` has the unit; ``passages`` is 0 if the cost does not depend on the library's size."""

    stage: str
    passages: int
    cost: float


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--passages", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--reports", type=Path, help="a folder of PDFs, to print the cost of a page")
    arguments = parser.parse_args()
    corpus, encoder = read_corpus(), open_encoder()
    bench = Bench(arguments, corpus, StandIn(encoder, real_vectors(encoder, corpus)))
    print(f"{machine()}; vectors by {encoder.key}\n\n| stage | passages | cost |\n|---|---:|---:|")
    for cost in _costs(bench):
        size = f"{cost.passages:,}" if cost.passages else ""
        print(f"| {cost.stage} | {size} | {cost.cost:,.2f} |", flush=True)


def _costs(bench: Bench) -> Iterator[Cost]:
    yield from _reading(bench)
    if bench.arguments.reports:
        yield from _pages(bench.arguments.reports)
    yield _embedding(bench)
    for passages in bench.arguments.passages:
        with tempfile.TemporaryDirectory() as scratch:
            yield from _stored(bench, passages, Path(scratch))


def _reading(bench: Bench) -> Iterator[Cost]:
    with tempfile.TemporaryDirectory() as scratch, Isolated() as reader:
        folder, home = Path(scratch, "files"), Path(scratch, "home")
        write_files(bench.corpus, _READ, folder)
        with Library.open(home, bench.encoder) as index:
            cutting = index.cutting()
        # The first file starts the process.
        reader.read(folder / path_of(0), DEFAULTS, cutting)
        files = [folder / path_of(number) for number in range(_READ)]
        taken = _seconds(lambda: [reader.read(file, DEFAULTS, cutting) for file in files])
    yield Cost(
        "read a text file and cut it, one process, ms a passage",
        0,
        1000 * taken / (_READ * PASSAGES_A_DOCUMENT),
    )


def _pages(folder: Path) -> Iterator[Cost]:
    files = sorted(folder.glob("*.pdf"))
    pages = 0
    with Isolated() as reader:
        reader.read(files[0], DEFAULTS)

        def read() -> None:
            nonlocal pages
            for file in files:
                document, _ = reader.read(file, DEFAULTS)
                pages += len(document.page_starts)

        taken = _seconds(read)
    yield Cost(f"read a PDF, one process, ms a page ({pages} pages)", 0, 1000 * taken / pages)


def _embedding(bench: Bench) -> Cost:
    encoder = open_encoder()
    with tempfile.TemporaryDirectory() as scratch, Library.open(Path(scratch), encoder) as index:
        incoming = _cut(bench, encoder, range(_EMBEDDED))
        # The first pass loads the model.
        encoder.encode(["ready"])
        taken = _seconds(lambda: index.embed(incoming))
        index.replace(incoming)
        passages = index.catalog.count_passages()
    return Cost("embed a passage and its sentences, ms", 0, 1000 * taken / passages)


def _stored(bench: Bench, about: int, home: Path) -> Iterator[Cost]:
    documents = about // PASSAGES_A_DOCUMENT
    stored = 0.0
    with Library.open(home, bench.encoder) as index:
        for start in range(0, documents, _AT_ONCE):
            incoming = _cut(bench, bench.encoder, range(start, min(start + _AT_ONCE, documents)))
            stored += _seconds(partial(index.replace, incoming))
        passages = index.catalog.count_passages()
        # A search brings the caches up to date.
        cached = _seconds(lambda: index.search("ready"))
        compacted = _seconds(index.compact)
        index.search("ready")
        asked = questions(50)
        for question in asked:
            bench.encoder.encode_query(question)
        searched = median(milliseconds(partial(index.search, question)) for question in asked)
    yield Cost("store a passage in the catalog, ms", passages, 1000 * stored / passages)
    made = 1000 * (cached + compacted) / passages
    yield Cost("make the files of vectors and words, ms a passage", passages, made)
    yield Cost("search, median, ms", passages, searched)
    yield from (
        Cost(f"disk, {name}, bytes a passage", passages, size * 2**20 / passages)
        for name, size in on_disk(home).items()
        if size * 2**20 / passages >= 1
    )


def _cut(bench: Bench, encoder: Encoder, numbers: Iterable[int]) -> list[Incoming]:
    """As a reading process hands them over."""
    tokenizer = encoder.tokenizer
    assert tokenizer, "the bundled encoder has one"
    cutting = Cutting(tokenizer, MAX_CHUNK_TOKENS)
    found = (bench.corpus.incoming(number) for number in numbers)
    return [
        replace(item, cut=(cutting, cut(item.document, encoder.token_spans, MAX_CHUNK_TOKENS)))
        for item in found
    ]


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
