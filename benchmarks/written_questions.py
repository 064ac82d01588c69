"""Prints how often answers are right if questions use other words than the reports.

``python -m benchmarks.written_questions``: some minutes. Language models wrote the questions in
``benchmarks/questions``, each with the sentences or rows that answer it, without seeing any answer of the
product; one question in nine has no answer. ``documents.jsonl`` and ``held_out.jsonl`` are about eleven
reports each in the folders ``documents`` and ``tables`` of the evaluation data. ``pages.jsonl`` is about 171
pages of annual reports of the ``train`` part of ``tatqa``; these questions name no company, so each is about
its page only.

The reranker learns from the other files; this benchmark asks ``held_out.jsonl``, over all 22 reports and
those of ``reports``. A citation is right if it is one of the marked sentences or rows.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePath

from benchmarks.datasets import data_folder
from benchmarks.real_reports import Scored, ask_and_judge, engines_over, print_columns
from benchmarks.side_by_side import machine, note
from index.embedding.encoder import open_encoder
from index.ingest import sync
from index.library import Library
from rag.engine import QueryEngine
from rag.json_lines import read_json_lines

_FOLDER = Path(__file__).parent / "questions"
DOCUMENTS, HELD_OUT, PAGES = (_FOLDER / f"{name}.jsonl" for name in ("documents", "held_out", "pages"))


@dataclass(frozen=True, slots=True)
class WrittenQuestion:
    """A question, the name of the document that it is about, and the sentences or rows that answer it."""

    question: str
    document: str
    quotes: frozenset[str]

    def marks(self, path: str, quote: str) -> bool:
        """Return whether a sentence or row of the document at ``path`` answers."""
        return PurePath(path).name == self.document and " ".join(quote.split()) in self.quotes


def main() -> None:
    """Ask the questions from which nothing was learned, and print a table."""
    print(machine())
    with (
        tempfile.TemporaryDirectory() as temporary,
        Library.open(Path(temporary) / "home", open_encoder()) as library,
    ):
        note("indexing the documents")
        sync(library, folders(Path(temporary) / "documents"))
        written = read_questions(HELD_OUT)
        print_columns(
            {name: [_ask(engine, each) for each in written] for name, engine in engines_over(library).items()}
        )


def read_questions(file: Path) -> list[WrittenQuestion]:
    """Read the questions of a file."""
    return [
        WrittenQuestion(line["question"], line["document"], frozenset(line["quotes"]))
        for _, line in read_json_lines(file)
    ]


def folders(copies: Path) -> list[Path]:
    """Return the folders to index: ``reports``, and ``copies`` with copies of the questions' documents."""
    names = {written.document for file in (DOCUMENTS, HELD_OUT) for written in read_questions(file)}
    copies.mkdir()
    for part in ("documents", "tables"):
        for path in (data_folder() / part).rglob("*"):
            if path.name in names:
                shutil.copy(path, copies)
    return [copies, data_folder() / "reports"]


def _ask(engine: QueryEngine, written: WrittenQuestion) -> Scored:
    return ask_and_judge(
        engine,
        written.question,
        lambda citation: written.marks(citation.path, citation.quote),
        kind="all",
        answerable=bool(written.quotes),
    )


if __name__ == "__main__":
    main()
