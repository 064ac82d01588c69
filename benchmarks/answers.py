"""Prints how the quoted answers do: on a folder of documents with questions, and on squad2.

``python -m benchmarks.answers [FOLDER …]``: each folder has reports and a ``questions.jsonl`` with gold
spans (``seeds/`` and the evaluation data's ``seed``, by default). On squad2, whose passages are all indexed
together, the first cited sentence of an answer is right if it holds a gold answer; an abstention is not
right. Half of its titles were used to learn the weights, so that the halves are printed apart.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.calibrate import half_of
from benchmarks.datasets import data_folder, open_index, read_set
from index.embedding import Encoder, open_encoder
from index.store import Index
from index.sync import sync
from rag.answering import QueryEngine
from rag.answers import Answer


def main(folders: Sequence[Path]) -> None:
    """Measure the folders, then squad2."""
    encoder = open_encoder()
    for folder in folders or [data_folder() / "seed", Path(__file__).parent.parent / "seeds"]:
        _folder(folder, encoder)
    _squad2(encoder)


def _folder(folder: Path, encoder: Encoder) -> None:
    questions = [json.loads(line) for line in (folder / "questions.jsonl").read_text().splitlines()]
    with tempfile.TemporaryDirectory() as home, Index.open(Path(home), encoder) as index:
        sync(index, [folder])
        answers = [QueryEngine(index).ask(question["text"]) for question in questions]
    pairs = list(zip(questions, answers, strict=True))
    cited = [
        [_cited(answer, span, question) for span in question["evidence"]]
        for question, answer in pairs
        if question["answerable"]
    ]
    others = [answer.abstained for question, answer in pairs if not question["answerable"]]
    print(
        f"{folder.name}: of {len(cited)} answerable questions {sum(map(all, cited))} have all their gold "
        f"evidence inside the citations, {sum(map(any, cited))} have some; "
        f"of {len(others)} unanswerable ones {sum(others)} abstain"
    )


def _cited(answer: Answer, span: Mapping[str, Any], question: Mapping[str, Any]) -> bool:
    document = span.get("document", question.get("document"))
    return any(
        citation.path == document and citation.start <= span["start"] and span["end"] <= citation.end
        for citation in answer.citations
    )


def _squad2(encoder: Encoder) -> None:
    evaluation = read_set("squad2")
    rows: dict[int, list[tuple[bool, bool, bool]]] = {0: [], 1: []}
    milliseconds: list[float] = []
    with open_index(evaluation, encoder) as index:
        engine = QueryEngine(index)
        for query in evaluation.queries.values():
            answer = engine.ask(query["text"])
            milliseconds.append(sum(answer.timings.values()))
            first = answer.citations[0].quote.lower() if answer.citations else ""
            right = any(gold.lower() in first for gold in query["answers"])
            title = evaluation.corpus[query["doc"]][0]
            rows[half_of(title)].append((query["answerable"], right, answer.abstained))
    for name, asked in (("learned from", rows[0]), ("held out", rows[1]), ("all", rows[0] + rows[1])):
        answerable = [row for row in asked if row[0]]
        print(
            f"squad2, titles {name}: of {len(answerable)} answerable questions the first cited sentence is "
            f"right for {np.mean([row[1] for row in answerable]):.3f}, "
            f"{np.mean([row[2] for row in answerable]):.3f} abstain; "
            f"of {len(asked) - len(answerable)} unanswerable ones "
            f"{np.mean([row[2] for row in asked if not row[0]]):.3f} abstain"
        )
    median, p95 = np.quantile(milliseconds, [0.5, 0.95])
    print(f"milliseconds an answer: median {median:.0f}, p95 {p95:.0f}")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
