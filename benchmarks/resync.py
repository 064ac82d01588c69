"""Prints how long it takes to index a folder of files, and to see later that nothing has changed.

``python -m benchmarks.resync [--passages N …] [--rounds N]``. To see that, llama-index has to read every file
again, through an IngestionPipeline with a docstore. Embedding is not counted.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpus import PASSAGES_A_DOCUMENT, Corpus, path_of
from benchmarks.side_by_side import Bench, Row, milliseconds, note, parser, prepared, print_table
from benchmarks.stand_in import StandIn
from index.ingest.synchronize import sync
from index.library import Library

if TYPE_CHECKING:
    from llama_index.core.ingestion import IngestionPipeline

FIRST, AGAIN, COLD = "index the files at first, ms", "sync again, ms", "open and sync again, ms"


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=3, help="times that the unchanged folder is synced")
    bench = prepared(made.parse_args())
    print_table(row for passages, other in bench.sizes() for row in _rows(bench, passages, other))


def write_files(corpus: Corpus, count: int, folder: Path) -> None:
    for number, document in enumerate(corpus.documents(count)):
        path = folder / path_of(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{document.title}\n\n{document.text}\n", encoding="utf-8")


def _rows(bench: Bench, passages: int, other: bool) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        folder, ours, theirs = (Path(scratch) / name for name in ("files", "ours", "theirs"))
        note(f"{passages:,} passages: writing the files")
        write_files(bench.corpus, passages // PASSAGES_A_DOCUMENT, folder)
        rounds = bench.arguments.rounds
        times = _ours(folder, ours, bench.encoder, rounds)
        shutil.rmtree(ours)
        theirs_too = _theirs(folder, theirs, bench.encoder, rounds) if other else {}
        for figure in (FIRST, AGAIN, COLD):
            yield Row(passages, figure, times[figure], theirs_too.get(figure, ()))


def _ours(folder: Path, home: Path, encoder: StandIn, rounds: int) -> dict[str, list[float]]:
    with Library.open(home, encoder) as index:
        first = milliseconds(partial(sync, index, [folder]))
        again = [milliseconds(partial(sync, index)) for _ in range(rounds)]

    def cold() -> None:
        with Library.open(home, encoder) as index:
            sync(index)

    return {FIRST: [first], AGAIN: again, COLD: [milliseconds(cold) for _ in range(rounds)]}


def _theirs(folder: Path, kept: Path, encoder: StandIn, rounds: int) -> dict[str, list[float]]:
    pipeline = _pipeline(encoder, None)

    def ingest(used: IngestionPipeline) -> None:
        from llama_index.core import SimpleDirectoryReader

        reader = SimpleDirectoryReader(str(folder), recursive=True, filename_as_id=True)
        used.run(documents=reader.load_data())

    def first() -> None:
        ingest(pipeline)
        _persist(pipeline, kept)

    def cold() -> None:
        ingest(_pipeline(encoder, kept))

    once = milliseconds(first)
    again = [milliseconds(partial(ingest, pipeline)) for _ in range(rounds)]
    return {FIRST: [once], AGAIN: again, COLD: [milliseconds(cold) for _ in range(rounds)]}


def _pipeline(encoder: StandIn, kept: Path | None) -> IngestionPipeline:
    import faiss
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.storage.docstore import SimpleDocumentStore
    from llama_index.vector_stores.faiss import FaissVectorStore

    from benchmarks.alternative import Embedding, splitter

    store = (
        FaissVectorStore(faiss.IndexFlatL2(encoder.dimensions))
        if kept is None
        else FaissVectorStore.from_persist_path(str(kept / "vectors"))
    )
    pipeline = IngestionPipeline(
        transformations=[splitter(), Embedding(encoder)],
        docstore=SimpleDocumentStore(),
        vector_store=store,
    )
    if kept is not None:
        pipeline.load(str(kept))
    return pipeline


def _persist(pipeline: IngestionPipeline, kept: Path) -> None:
    pipeline.persist(str(kept))
    assert pipeline.vector_store is not None
    pipeline.vector_store.persist(str(kept / "vectors"))


if __name__ == "__main__":
    main()
