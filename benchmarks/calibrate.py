"""Learns the weights of selection and abstention, writes ``rag/weights.json``, and prints how they do.

Trained on the half of the titles (by their digest) of squad2, mlqa-en and clapnq that are not printed; what
is printed comes from the other half. Run with ``python -m benchmarks.calibrate [--write]``.

The score of a sentence is linear in its features and learned listwise: the gold sentences of a question
against all others that were read for it (softmax cross-entropy, as in Cao et al., Learning to Rank: From
Pairwise Approach to Listwise Approach, 2007). A Platt scaling turns it into a probability. Whether the
library answers is a logistic regression over the best sentence's features.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.datasets import EvaluationSet, open_index, read_set
from index.embedding import open_encoder
from index.records import Filters
from index.store import NO_FILTERS, Index
from rag.answering import READ_HITS
from rag.features import FEATURE_NAMES, measure
from rag.questions import understand
from rag.reading import read

Array = npt.NDArray[np.float64]

SETS = ("squad2", "mlqa-en", "clapnq")
REMOVED = 600
"""Questions of a set that are asked again of the same library without their title's documents."""

LOST = 0.05
"""The share of answerable questions that abstention may cost: where the threshold comes from."""

REACH = 0.3
"""How near to the best sentence others must score. On clapnq, whose annotators marked every sentence that
they used, F1 is level from 0.15 to 0.35 (0.575 to 0.584); the higher, the shorter the answers."""

JUDGED_BY = ("cosine", "coverage", "near", "names", "names_context", "kind", "wrong_kind", "dense")
FOREIGN_BY = ("cosine", "dense")


@dataclass(frozen=True, slots=True)
class Example:
    """A question with what was read for it: features a sentence, and which sentences are gold."""

    features: Array
    gold: npt.NDArray[np.bool_]
    answerable: bool


def main() -> None:
    """Measure, learn, print, and write the file if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--write", action="store_true", help="write rag/weights.json")
    arguments = parser.parse_args()
    encoder = open_encoder()
    train: list[Example] = []
    test: dict[str, list[Example]] = {}
    for name in SETS:
        evaluation = read_set(name)
        with open_index(evaluation, encoder) as index:
            for title_half, examples in ((0, train), (1, test.setdefault(name, []))):
                examples.extend(_examples(evaluation, index, title_half, removed=False))
            if name != "clapnq":
                train.extend(_examples(evaluation, index, 0, removed=True))
                test[f"{name}, title removed"] = _examples(evaluation, index, 1, removed=True)
    stored = learn(train)
    report(stored, test)
    if arguments.write:
        target = Path(__file__).parent.parent / "rag" / "weights.json"
        target.write_text(json.dumps(_provenance() | stored, indent=2) + "\n")
        print(f"written to {target.relative_to(Path.cwd())}")


def learn(train: Sequence[Example]) -> dict[str, Any]:
    """The content of ``weights.json``, but for where it comes from."""
    selection = _listwise([example for example in train if example.answerable and example.gold.any()])
    best = np.array([_best(example, selection) for example in train])
    answerable = np.array([example.answerable for example in train])
    answerability = _logistic(best, answerable, JUDGED_BY)
    foreign = _logistic(best, answerable, FOREIGN_BY)
    return {
        "selection": _named(_platt(train, selection), selection),
        "answerability": answerability,
        "foreign": foreign,
        "reach": REACH,
        "threshold": _threshold(answerability, best[answerable]),
        "foreign_threshold": _threshold(foreign, best[answerable]),
    }


def report(stored: dict[str, Any], test: dict[str, list[Example]]) -> None:
    """Print what the learned weights do on the halves that they were not learned from."""
    selection = _weights(stored["selection"])
    abstains: Callable[[Example], float] = lambda example: _probability(  # noqa: E731
        stored["answerability"], _best(example, selection)
    )
    print(
        f"threshold {stored['threshold']}, for a question in another language {stored['foreign_threshold']}"
    )
    for name, examples in test.items():
        kept = [example for example in examples if abstains(example) >= stored["threshold"]]
        answerable = [example for example in examples if example.answerable]
        right = sum(bool(e.gold[int(np.argmax(e.features @ selection))]) for e in answerable)
        right_kept = sum(bool(e.gold[int(np.argmax(e.features @ selection))]) for e in kept if e.answerable)
        line = f"{name:24} {len(examples):5} questions, {len(kept) / len(examples):6.1%} answered"
        if answerable:
            line += f"; of {len(answerable)} answerable: best sentence right {right / len(answerable):.3f}"
            line += f", right and not abstained {right_kept / len(answerable):.3f}"
        if 0 < len(answerable) < len(examples):
            scores = [abstains(example) for example in examples]
            line += f"; AUROC of answerable {roc_auc_score([e.answerable for e in examples], scores):.3f}"
        print(line)
    for name in ("squad2", "mlqa-en"):
        inside = [abstains(example) for example in test[name] if example.answerable]
        outside = [abstains(example) for example in test[f"{name}, title removed"]]
        truth = [True] * len(inside) + [False] * len(outside)
        print(f"{name}: AUROC of title present against removed {roc_auc_score(truth, inside + outside):.3f}")


def _examples(evaluation: EvaluationSet, index: Index, half: int, *, removed: bool) -> list[Example]:
    numbers = {record.path: record.document_id for record in index.documents()}
    titles = {name: title for name, (title, _) in evaluation.corpus.items()}
    examples: list[Example] = []
    for number, query in evaluation.queries.items():
        gold = str(next(iter(evaluation.qrels.get(number, ())), query.get("doc")))
        title = str(titles.get(gold, query.get("title", number)))
        if half_of(title) != half or (
            removed and (not query.get("answerable", True) or len(examples) >= REMOVED)
        ):
            continue
        others = tuple(numbers[name] for name in titles if titles[name] != title)
        question = understand(query["text"])
        hits = index.search(question.text, READ_HITS, Filters(others) if removed else NO_FILTERS)
        candidates = measure(index, question, read(index, hits))
        if candidates:
            examples.append(
                Example(
                    np.array([candidate.features.as_array() for candidate in candidates]),
                    np.array([not removed and _is_gold(query, c.sentence.text) for c in candidates]),
                    not removed and query.get("answerable", True),
                )
            )
    return examples


def half_of(title: str) -> int:
    """Which half of a set the documents of ``title`` are in: 0 to learn from, 1 to print."""
    return hashlib.sha256(title.encode()).digest()[0] % 2


def _is_gold(query: Mapping[str, Any], sentence: str) -> bool:
    if "selected_sentences" in query:
        return any(sentence in gold or gold.strip() in sentence for gold in query["selected_sentences"])
    return any(answer.lower() in sentence.lower() for answer in query.get("answers", ()))


def _listwise(examples: Sequence[Example], penalty: float = 1e-3) -> Array:
    lists = [(torch.tensor(example.features), torch.tensor(example.gold)) for example in examples]
    weights = torch.zeros(len(FEATURE_NAMES), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scores = [(features @ weights, gold) for features, gold in lists]
        total = torch.stack(
            [torch.logsumexp(s, 0) - torch.logsumexp(s[gold], 0) for s, gold in scores]
        ).mean()
        total = total + penalty * weights.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return weights.detach().numpy()


def _platt(examples: Sequence[Example], weights: Array) -> tuple[float, float]:
    scores = np.concatenate([example.features @ weights for example in examples])
    gold = np.concatenate([example.gold for example in examples])
    fitted = LogisticRegression(C=1e6).fit(scores[:, np.newaxis], gold)
    return float(fitted.coef_[0][0]), float(fitted.intercept_[0])


def _logistic(best: Array, answerable: Array, names: Sequence[str]) -> dict[str, Any]:
    columns = [FEATURE_NAMES.index(name) for name in names]
    fitted = LogisticRegression(C=3, max_iter=3000).fit(best[:, columns], answerable)
    weights = zip(names, fitted.coef_[0], strict=True)
    return {
        "intercept": round(float(fitted.intercept_[0]), 4),
        "weights": {name: round(float(weight), 4) for name, weight in weights},
    }


def _named(platt: tuple[float, float], weights: Array) -> dict[str, Any]:
    slope, intercept = platt
    return {
        "intercept": round(intercept, 4),
        "weights": {
            name: round(slope * float(weight), 4) for name, weight in zip(FEATURE_NAMES, weights, strict=True)
        },
    }


def _weights(stored: dict[str, Any]) -> Array:
    return np.array([stored["weights"].get(name, 0.0) for name in FEATURE_NAMES])


def _best(example: Example, weights: Array) -> Array:
    row: Array = example.features[int(np.argmax(example.features @ weights))]
    return row


def _probability(stored: dict[str, Any], row: Array) -> float:
    return float(1 / (1 + np.exp(-(stored["intercept"] + row @ _weights(stored)))))


def _threshold(stored: dict[str, Any], rows: Array) -> float:
    return round(float(np.quantile([_probability(stored, row) for row in rows], LOST)), 3)


def _provenance() -> dict[str, Any]:
    return {
        "made_by": "benchmarks/calibrate.py",
        "encoder": "all-MiniLM-L6-v2",
        "data": {
            "squad2": "part of the SQuAD 2.0 dev re-split, CC BY-SA 4.0",
            "mlqa-en": "MLQA dev, English, CC BY-SA 3.0",
            "clapnq": "half of CLAPNQ dev, Apache-2.0",
        },
    }


if __name__ == "__main__":
    main()
