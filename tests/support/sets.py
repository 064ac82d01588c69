"""Small evaluation sets on disk, and answers, for the tests of the evaluation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rag.answers import Answer, AnswerSentence, Citation, Verdict, Verification
from rag.evaluation.datasets import Query
from rag.evaluation.library_set import AnsweredQuery

HEADER = "query-id\tcorpus-id\tscore"


def write_lines(file: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def write_beir(
    folder: Path,
    corpus: Mapping[str, tuple[str, str]],
    queries: Sequence[Mapping[str, Any]],
    judgements: Sequence[str] = (),
) -> Path:
    """Write a set in BEIR's layout: title and text by id, questions, rows of ``qrels.tsv``."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"_id": name, "title": title, "text": text} for name, (title, text) in corpus.items()]
    write_lines(folder / "corpus.jsonl", rows)
    write_lines(folder / "queries.jsonl", queries)
    (folder / "qrels.tsv").write_text("\n".join([HEADER, *judgements]) + "\n", encoding="utf-8")
    return folder


def asked(
    query: Query,
    *quotes: tuple[str, int, str] | str,
    abstained: bool = False,
    answerability: float | None = 0.5,
    verdicts: Sequence[Verdict] = (),
    timings: Mapping[str, float] | None = None,
) -> AnsweredQuery:
    """A question and its answer with citations: document, start and words, or the words alone."""
    placed = [quote if isinstance(quote, tuple) else ("a.txt", 0, quote) for quote in quotes]
    citations = tuple(
        Citation(
            number,
            0,
            1,
            1,
            1,
            "T",
            None,
            None,
            None,
            path,
            None,
            start,
            start + len(words),
            words,
            (),
            Verification(verdicts[number - 1] if verdicts else "supported", True, True, 1.0),
        )
        for number, (path, start, words) in enumerate(placed, 1)
    )
    return AnsweredQuery(
        query,
        Answer(
            answer_id="0" * 32,
            question=query.text,
            text="",
            abstained=abstained,
            reason=None,
            cause=None,
            note=None,
            sentences=tuple(AnswerSentence(0, 1, (citation.id,)) for citation in citations),
            citations=citations,
            passages=(),
            answerability=answerability,
            model="quoted",
            generation=1,
            created="2031-08-02T10:00:00+00:00",
            timings=dict(timings or {}),
        ),
    )
