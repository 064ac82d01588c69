"""Prints how long it takes to add a document of ten passages to a library, and to remove one.

``python -m benchmarks.adding [--passages N …] [--rounds N]``. Embedding is not counted. llama-index has to
persist its whole index for each change, and can delete only with its FaissMapVectorStore.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpus import PASSAGES_A_DOCUMENT, path_of
from benchmarks.side_by_side import Bench, Row, Sides, milliseconds, parser, prepared, print_table
from benchmarks.stand_in import document_id_at
from index.library import Library

if TYPE_CHECKING:
    from llama_index.core import VectorStoreIndex

NEW = 5_000_000
"""The number of the first added document, above every number in a filled library."""

_QUERY = "What is known of the river?"


@dataclass(slots=True)
class Times:
    """Milliseconds until a search in this process, or (``kept``, ``gone``) in the next, shows the change."""

    added: list[float] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)
    found: list[float] = field(default_factory=list)
    removed: list[float] = field(default_factory=list)
    gone: list[float] = field(default_factory=list)


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=5, help="documents that are added and removed")
    bench = prepared(made.parse_args())
    bench.encoder.encode_query(_QUERY)
    left: dict[int, int] = {}
    print_table(row for sides in bench.sides() for row in _rows(bench, sides, left))
    for passages, count in left.items():
        print(
            f"\nAt {passages:,} passages FaissMapVectorStore still held {count} passages of "
            f"{bench.arguments.rounds} removed documents."
        )


def _rows(bench: Bench, sides: Sides, left: dict[int, int]) -> Iterator[Row]:
    ours, theirs = _ours(bench, sides), Times()
    if sides.alternative is not None:
        _insert(bench, sides.alternative, theirs)
        left[sides.passages] = _delete(bench, sides.passages, theirs)
    yield Row(sides.passages, "add a document of ten passages, in memory, ms", [], theirs.added)
    yield Row(sides.passages, "add it, on disk, ms", ours.kept, theirs.kept)
    yield Row(sides.passages, "the first search after that, ms", ours.found, theirs.found)
    yield Row(sides.passages, "remove it, in memory, ms", [], theirs.removed)
    yield Row(sides.passages, "remove it, on disk, ms", ours.gone, theirs.gone)


def _ours(bench: Bench, sides: Sides) -> Times:
    times = Times()
    with Library.open(sides.home, bench.encoder) as index:
        for number in range(NEW, NEW + bench.arguments.rounds):
            index.search(_QUERY)
            incoming = bench.corpus.incoming(number)
            times.kept.append(milliseconds(partial(index.replace, [incoming])))
            times.found.append(milliseconds(partial(index.search, _QUERY)))
            document_id = document_id_at(index, number)
            times.gone.append(milliseconds(partial(index.replace, [], [document_id])))
    return times


def _insert(bench: Bench, folder: Path, times: Times) -> None:
    from benchmarks.alternative import as_document, load

    index = load(folder, bench.encoder)
    search = partial(index.as_retriever(similarity_top_k=10).retrieve, _QUERY)
    for number in range(NEW, NEW + bench.arguments.rounds):
        document = as_document(bench.corpus.document(number), number)
        times.added.append(milliseconds(partial(index.insert, document)))
        times.kept.append(times.added[-1] + _persist(index))
        times.found.append(milliseconds(search))


def _delete(bench: Bench, passages: int, times: Times) -> int:
    """Return the number of vectors of removed documents that are still stored."""
    from benchmarks.alternative import as_document, build

    reports = bench.corpus.documents(passages // PASSAGES_A_DOCUMENT)
    index = build(reports, bench.encoder, None, deleting=True)
    stored = index.storage_context.vector_store.client
    before = int(stored.ntotal)
    for number in range(NEW, NEW + bench.arguments.rounds):
        index.insert(as_document(bench.corpus.document(number), number))
        delete = partial(index.delete_ref_doc, path_of(number), delete_from_docstore=True)
        times.removed.append(milliseconds(delete))
        times.gone.append(times.removed[-1] + _persist(index))
    return int(stored.ntotal) - before


def _persist(index: VectorStoreIndex) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return milliseconds(partial(index.storage_context.persist, folder))


if __name__ == "__main__":
    main()
