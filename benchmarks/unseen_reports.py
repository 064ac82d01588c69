"""Prints how often answers are right over 124 reports, to questions by which nothing was chosen.

``python -m benchmarks.unseen_reports``: half an hour. The questions of ``untouched.jsonl`` are about 14 of
these reports. ``questions/README.md`` says how they were written. A citation is right as in
:mod:`benchmarks.real_reports`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.datasets import data_folder
from benchmarks.real_reports import ask, engines_over, print_columns
from benchmarks.side_by_side import machine, note
from index.embedding.encoder import open_encoder
from index.ingest import sync
from index.library import Library
from rag.json_lines import read_json_lines

QUESTIONS = Path(__file__).parent / "questions" / "reports"
UNTOUCHED = QUESTIONS / "untouched.jsonl"


def main() -> None:
    """Index the reports, ask without and with the reader and the reranker, and print a table."""
    print(machine())
    with tempfile.TemporaryDirectory() as home, Library.open(Path(home), open_encoder()) as library:
        note("indexing the reports")
        sync(library, [data_folder() / "train"])
        questions = read_report_questions(UNTOUCHED)
        scored = {}
        for name, engine in engines_over(library).items():
            note(f"asking {name}")
            scored[name] = [ask(engine, question) for question in questions]
    print_columns(scored)


def read_report_questions(file: Path) -> list[Mapping[str, Any]]:
    """Read the questions of a file in ``questions/reports``."""
    return [question for _, question in read_json_lines(file)]


if __name__ == "__main__":
    main()
