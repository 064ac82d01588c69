"""Prints how often answers are right if questions use other words than the reports.

``python -m benchmarks.written_questions``: half an hour. Language models wrote the questions in
``benchmarks/questions``, each with the sentences or rows that answer it, without seeing any answer of the
product; one question in nine has no answer. ``documents.jsonl`` is about 22 reports in the folders
``documents`` and ``tables`` of the evaluation data, none of which is in ``reports``. ``pages.jsonl`` is about
171 pages of annual reports of the ``train`` part of ``tatqa``; these questions name no company, so each is
asked about its page only.

Nothing was learned from the questions, and nothing chosen with them. A citation is right if it is one of the
marked sentences or rows.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

from benchmarks.datasets import data_folder, open_index
from benchmarks.real_reports import Scored, ask_and_judge, engines_over, print_columns
from benchmarks.side_by_side import machine, note
from index.embedding.encoder import open_encoder
from index.ingest import sync
from index.library import NO_FILTERS, Library
from index.records import Filters
from rag.answers import Citation
from rag.engine import QueryEngine
from rag.evaluation import read_dataset
from rag.json_lines import read_json_lines

_FOLDER = Path(__file__).parent / "questions"
DOCUMENTS, PAGES = _FOLDER / "documents.jsonl", _FOLDER / "pages.jsonl"


def main() -> None:
    """Ask the questions of both files, and print a table for each."""
    encoder = open_encoder()
    print(machine())
    with (
        tempfile.TemporaryDirectory() as temporary,
        Library.open(Path(temporary) / "home", encoder) as documents,
        open_index(read_dataset(data_folder() / "tatqa"), encoder) as pages,
    ):
        note("indexing the documents")
        sync(documents, [_copied(Path(temporary) / "documents")])
        for file, library in ((DOCUMENTS, documents), (PAGES, pages)):
            print(f"\n{file.stem}")
            print_columns(
                {name: _ask_all(engine, library, file) for name, engine in engines_over(library).items()}
            )


def _copied(folder: Path) -> Path:
    """Copy the documents that the questions are about to ``folder``, and return it."""
    names = {line["document"] for _, line in read_json_lines(DOCUMENTS)}
    folder.mkdir()
    for part in ("documents", "tables"):
        for path in (data_folder() / part).rglob("*"):
            if path.name in names:
                shutil.copy(path, folder)
    return folder


def _ask_all(engine: QueryEngine, library: Library, file: Path) -> Sequence[Scored]:
    note(f"asking about {file.stem}")
    numbers = {record.path: record.document_id for record in library.catalog.documents()}
    scored = []
    for _, line in read_json_lines(file):
        filters = Filters((numbers[line["document"]],)) if file == PAGES else NO_FILTERS
        scored.append(_ask(engine, line, filters))
    return scored


def _ask(engine: QueryEngine, line: dict[str, Any], filters: Filters) -> Scored:
    def is_marked(citation: Citation) -> bool:
        is_of_document = PurePath(citation.path).name == line["document"]
        return is_of_document and " ".join(citation.quote.split()) in line["quotes"]

    return ask_and_judge(
        engine, line["question"], is_marked, kind="all", answerable=bool(line["quotes"]), filters=filters
    )


if __name__ == "__main__":
    main()
