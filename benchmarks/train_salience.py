"""Trains which sentences of a report people ask about, and writes ``rag/finding/salience.npy``.

``python -m benchmarks.train_salience [--home FOLDER]``: a quarter of an hour on two cores. A logistic
regression tells, by vectors alone, the sentences of ``train`` that say what the evidence of a question says.
Those that another report repeats, such as an auditor's, count more. Printed is the area under the curve of a
held-out quarter.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from statistics import mean
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.asked import LEARNED, questions_of, reports_of, says
from benchmarks.side_by_side import note
from index.library import Library
from rag.finding.matching import stands_alone
from rag.finding.overview import SALIENCE
from rag.finding.ranking import vectors_of
from rag.finding.reading import ReadSentence, sentences_of

SHOWN = 4
"""Every so many reports, one is held out."""
REGULARISATION = 0.3
"""The inverse strength of the regularisation."""

REPEATED = 0.87
"""The cosine from which a sentence repeats one of another report."""

WEIGHT_OF_REPEATED = 20
"""How much more such a sentence counts, if nobody asks about it."""


@dataclass(frozen=True, slots=True)
class Report:
    """Those that stand alone, and whether a question is about each."""

    sentences: Sequence[ReadSentence]
    vectors: npt.NDArray[np.float32]
    asked: npt.NDArray[np.bool_]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--home", type=Path, help="keep the library of the reports in this folder")
    given = parser.parse_args()
    evidence: dict[str, list[tuple[Mapping[str, Any], Sequence[str]]]] = {}
    for question in questions_of(*LEARNED):
        if question["kind"] != "table" and not question.get("cell"):
            for each in question["evidence"]:
                evidence.setdefault(each["document"], []).append((each, question["answers"]))
    with reports_of("train", given.home) as library:
        reports = list(reports_in(library, evidence))
    shown = reports[::SHOWN]
    weights = learned([each for number, each in enumerate(reports) if number % SHOWN])
    found = [roc_auc_score(each.asked, each.vectors @ weights[:-1]) for each in shown]
    note(
        f"{len(reports)} reports, {sum(each.asked.sum() for each in reports)} sentences that are asked about"
    )
    print(f"AUROC within a report, mean of {len(shown)} others: {mean(found):.3f}")
    np.save(SALIENCE, learned(reports), allow_pickle=False)
    print(f"written {SALIENCE.name}")


def learned(reports: Sequence[Report]) -> npt.NDArray[np.float32]:
    """The weight of each dimension, and last the constant."""
    vectors = np.concatenate([each.vectors for each in reports])
    asked = np.concatenate([each.asked for each in reports])
    repeated = np.concatenate(
        [
            np.max(
                [(each.vectors @ other.vectors.T).max(axis=1) for other in reports if other is not each],
                axis=0,
            )
            for each in reports
        ]
    )
    weights = np.where(asked, (~asked).sum() / asked.sum(), 1.0)
    weights[(repeated > REPEATED) & ~asked] = WEIGHT_OF_REPEATED
    model = LogisticRegression(C=REGULARISATION, max_iter=500).fit(vectors, asked, weights)
    return np.append(model.coef_[0], model.intercept_).astype(np.float32)


def reports_in(
    library: Library, evidence: Mapping[str, Sequence[tuple[Mapping[str, Any], Sequence[str]]]]
) -> Iterator[Report]:
    """Those that are asked about, each once even if the library has copies of it."""
    with library.snapshot() as index:
        copies = {number for group in index.groups().values() for number in group[1:]}
        for record in index.reader.documents():
            if record.language != "en" or record.document_id in copies:
                continue
            quotes = evidence.get(PurePath(record.path).name, ())
            document = index.reader.text(record.document_id, record.version)
            passages = index.reader.passages(document_id=record.document_id)
            sentences = [
                each
                for passage in passages
                for each in sentences_of(passage)
                if stands_alone(each, record.title)
            ]
            if not quotes or not sentences:
                continue
            pages = [document.page_at(each.span.start) for each in sentences]
            asked = [
                any(
                    says(each.text, quote["quote"], answers)
                    for quote, answers in quotes
                    if page is None or quote["page"] is None or page == quote["page"]
                )
                for each, page in zip(sentences, pages, strict=True)
            ]
            if any(asked) and not all(asked):
                yield Report(sentences, vectors_of(index, sentences), np.array(asked))


if __name__ == "__main__":
    main()
