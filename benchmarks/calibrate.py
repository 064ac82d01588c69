"""Learns the weights of ranking and abstention, writes ``rag/finding/weights.json``, prints their quality.

``python -m benchmarks.calibrate [--write]``. It learns two sets of weights: for the features alone, on the
``train`` and ``tune`` titles, and for the features with the reader, on ``tune`` titles only, because the
reader was trained on the questions of ``train``. The printed figures come from ``test`` titles. With
``--model`` or ``--reader`` it learns for another encoder or reader; ``--output`` names the file, such as
``rag/finding/weights-multilingual.json``. The weights for questions in other languages are learned from the
questions of ``TRANSLATED`` over English passages if the encoder reads these languages, otherwise from
English questions.

The score of a sentence is linear in its features and learned listwise: the gold sentences of a question
against all others that were read for it (softmax cross-entropy, as in Cao et al., Learning to Rank: From
Pairwise Approach to Listwise Approach, 2007). A Platt scaling turns the score into a probability. A logistic
regression over the best sentence's features decides whether the library answers. A reranker adds its score to
both, with weights that are not learned (:data:`RERANKED`, :data:`JUDGED`).
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.asked import REMOVED, Asked, asked_of, asked_without_title, in_language_of
from benchmarks.datasets import data_folder, open_index
from index.embedding import open_encoder
from rag.evaluation import read_dataset
from rag.evaluation.datasets import Part
from rag.finding.features import FEATURE_NAMES, MEASURED_NAMES, READ_NAMES, Candidate
from rag.finding.reader import BUNDLED_READER, Reader, apply_reader, open_reader, windows_of
from rag.finding.reranking import INSTALLED_RERANKER, Reranker, apply_reranker, open_reranker

Array = npt.NDArray[np.float64]

SETS = ("squad2", "mlqa-en", "clapnq", "tatqa")
TRANSLATED = {"mlqa-zh": "zh", "mlqa-vi": "vi"}
"""Sets with the questions of mlqa-en in another language, and the language."""

LOST = {"features": 0.08, "reader": 0.055, "reranker": 0.025}
"""The share of the sets' answerable questions that abstention may cost, which sets the threshold.

Questions about real reports share fewer words with the reports, so there the threshold costs one to three
times as many. With the reader and with the reranker, 119 of 120 questions of the sets' ``test`` titles are
refused over the real reports (:mod:`benchmarks.real_reports`). With the reranker, when an answer read eight
passages, a share of 0.055 refused no more of the questions about real reports without an answer, but 18
instead of 7 of the 90 held-out questions with one (:mod:`benchmarks.written_questions`).
"""

FOREIGN_LOST = 0.05
"""The same share for questions in another language than the documents, if the encoder does not read the
languages of ``TRANSLATED``. Cosines alone then judge these questions."""

CROSS_LANGUAGE_RIGHT = 0.72
"""The share of the answers to questions of ``TRANSLATED`` that must be right. It sets the threshold for
questions in another language.

With this threshold, about 70 % of the questions with an answer get one, and nearly none of the questions
without (docs/benchmarks.md). Sentences of reports on one subject are harder to tell apart than the passages
of these sets, so fewer answers from reports are right."""

REACH = 0.3
"""The share of the best sentence's score that other sentences must reach. On clapnq, whose annotators marked
every used sentence, F1 hardly changes between 0.15 and 0.35 (0.575 to 0.584); a higher value gives shorter
answers."""

_JUDGED_BY = (
    "cosine", "coverage", "near", "names", "names_context", "named", "kind", "wrong_kind", "dense",
    "opposed", "undenied", "row", "label", "headings",
)  # fmt: skip
_NOT_LEARNED = {"named", "full_address"}
SELECTED_BY = {
    "features": tuple(name for name in MEASURED_NAMES if name not in _NOT_LEARNED),
    "reader": tuple(name for name in READ_NAMES if name not in _NOT_LEARNED),
}
"""The features that rank sentences. ``named`` tells whether there is an answer, and does not help to find it:
with it, the best sentence is right for one question less of those about the real reports. ``full_address``
cannot be learned from the sets, whose questions about tables name no company (:data:`FULL_ADDRESS`)."""

JUDGED_BY = {"features": _JUDGED_BY, "reader": (*_JUDGED_BY, "reader", "reader_window", "reader_best")}
FOREIGN_BY = ("cosine", "dense")
SPREAD = 0.15
"""About the standard deviation of the cosines that the bundled encoder gives the candidates of a question."""

FOREIGN_PARTS = ("foreign_selection", "foreign", "foreign_threshold")

CROSS_LANGUAGE_SELECTION = ("cosine", "late", "score", "names_context")
CROSS_LANGUAGE_FEATURES = ("cosine", "late", "dense", "context", "names_context", "lead")
"""The features that judge a question in another language. Some compare words: names and figures are written
alike in many languages, and related languages share words."""

RERANKED = 24.0
"""The weight of a tenth of the reranker's score in the log-odds that a sentence answers.

The weight is not learned from the sets. The reader has learned from other titles of the same sets, so it is
better on the sets than on reports, and the reranker would get too little weight. With the weights 0, 18, 24,
36 and 54, the best of twelve sentences from eight passages is right for 48, 63, 63, 63 and 62 of 76 held-out
questions (:mod:`benchmarks.written_questions`), and for 81, 100, 102, 106 and 104 of 131 questions about the
real reports.
"""

ADDRESS = 1.0
"""The weight of ``address`` beside that of the reranker; not learned from the sets, for the same reason.

The reader and the reranker favour sentences over rows of tables. With an earlier reranker and the weights 0,
1, 2, 3 and 5, the best sentence is right for 83, 86, 86, 88 and 86 of 132 questions about the real reports,
for 16, 17, 17, 18 and 20 of 36 others, 20 of them about tables, but for 74, 70, 69, 67 and 62 of 123
questions of TAT-QA's tune titles. Those often ask for words, such as *What do capital leases reflect?*, and a
row with the name comes first.
"""

FULL_ADDRESS = 2.0
"""The weight of ``full_address`` beside that of the reranker; not learned.

With an earlier reranker and the weights 0, 2 and 4, the best sentence is right for 86, 88 and 88 of 132
questions about the real reports, for 34, 38 and 38 of 62 others, 27 of them about tables, and for 133, 132
and 128 of 219 questions of TAT-QA's test titles. A greater weight of ``address`` costs TAT-QA more: its
questions name no company, and another company's row then comes before the sentence that is meant.
"""

JUDGED = 5.0
"""The weight of a tenth of the reranker's score beside the log-odds that the library answers, which the model
with the reader gives.

It is not learned from the sets, because the reader judges their questions better than those about reports.
With the weights 0, 3, 5 and 7, a threshold that refuses 117 of 120 questions of the sets over the real
reports, and eight passages read, the best sentence is right and not refused for 55, 58, 60 and 60 of 90
held-out questions, for 95, 100, 100 and 100 of 145 about the real reports, and for 65, 75, 75 and 76 of 124
others.
"""

MOST_RERANKED = 80
"""The most questions of a set that the reranker compares, because it is slow."""

_HERE = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Example:
    """A question as numbers: ``features`` has a row for each candidate, and ``gold`` a value."""

    name: str
    part: Part
    features: Array
    gold: npt.NDArray[np.bool_]
    answerable: bool


def main() -> None:
    """Measure, learn, print, and write the file if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write rag/finding/weights.json")
    parser.add_argument("--output", type=Path, default=_HERE / "rag" / "finding" / "weights.json")
    parser.add_argument("--model", help="another encoder's name or folder")
    parser.add_argument("--reader", default=BUNDLED_READER, help="another reader's name or folder")
    parser.add_argument("--reranker", default=INSTALLED_RERANKER, help="another reranker's name or folder")
    arguments = parser.parse_args()
    encoder, reader = open_encoder(arguments.model), open_reader(arguments.reader)
    reranker = open_reranker(arguments.reranker)
    translated = [name for name, language in TRANSLATED.items() if language in (encoder.languages or ())]
    asked: list[Asked] = []
    for name in SETS:
        dataset = read_dataset(data_folder() / name)
        with open_index(dataset, encoder) as index:
            asked.extend(asked_of(dataset, index))
            if name != "clapnq":
                asked.extend(asked_without_title(dataset, index))
            for other in translated if name == "mlqa-en" else ():
                other_language = in_language_of(read_dataset(data_folder() / other), dataset)
                asked.extend(asked_of(other_language, index))
                asked.extend(asked_without_title(other_language, index))
    stored: dict[str, Any] = {
        "made_by": "benchmarks/calibrate.py",
        "encoder": encoder.name,
        "reader": arguments.reader,
        "data": {name: _DATA[name] for name in (*SETS, *translated)},
    }
    stored |= calibrate(asked, reader, reranker)
    if arguments.write:
        arguments.output.write_text(json.dumps(stored, indent=2) + "\n")
        print(f"written {arguments.output.name}")


def calibrate(asked: Sequence[Asked], reader: Reader | None, reranker: Reranker | None) -> dict[str, Any]:
    """Learn the weights for all rankers, and print their quality.

    Args:
        asked: questions of all parts, in the language of the documents or in another one.
        reader: the reader; None to learn only the weights for features.
        reranker: the reranker; None to learn no weights for it.

    Returns:
        The parts of ``weights.json``, by ranker.
    """
    learned = [own for item in asked if item.part != "test" and (own := item.to_learn_from()).candidates]
    cross_language = [item for item in learned if item.is_in_other_language]
    learned = [item for item in learned if not item.is_in_other_language]
    tested = [item for item in asked if item.part == "test"]
    stored = {"features": learn(_examples(learned), "features", _examples(cross_language))}
    report("features", stored["features"], _examples(tested))
    if reader is None:
        return stored
    weights = _weights(stored["features"]["selection"])
    learned = [_read(item, reader, weights) for item in learned if item.part == "tune"]
    tested = [_read(item, reader, weights) for item in tested if not item.is_in_other_language]
    stored["reader"] = learn(_examples(learned), "reader")
    # A reader of one language leaves questions in another one to the features, so use the features' weights.
    if cross_language:
        stored["reader"] |= {name: stored["features"][name] for name in FOREIGN_PARTS}
    report("reader", stored["reader"], _examples(tested))
    if reranker is not None:
        by_reader = _weights(stored["reader"]["selection"])
        few, removed, test = (
            _examples([_reranked(item, reranker, by_reader) for item in items])
            for items in (_sample(learned), _sample(learned, removed=True), _sample(tested))
        )
        weights = by_reader.copy()
        weights[FEATURE_NAMES.index("reranker")] = RERANKED
        weights[FEATURE_NAMES.index("address")] = ADDRESS
        weights[FEATURE_NAMES.index("full_address")] = FULL_ADDRESS
        names = (*SELECTED_BY["reader"], "full_address", "reranker")
        stored["reranker"] = {
            "selection": _named(_platt(few, weights), weights, names),
            **judge_with_reranker(stored["reader"]["answerability"], weights, [*few, *removed]),
        }
        report("reranker", stored["reader"] | stored["reranker"], test)
    return stored


def learn(examples: Sequence[Example], ranker: str, cross_language: Sequence[Example] = ()) -> dict[str, Any]:
    """Learn one part of ``weights.json``: the weights of selection and answerability, and the thresholds.

    Args:
        examples: questions in the language of the documents.
        ranker: ``features`` or ``reader``.
        cross_language: questions in another language.
    """
    names = SELECTED_BY[ranker]
    selection = _listwise(
        [example for example in examples if example.answerable and example.gold.any()], names
    )
    best = np.array([_best(example, selection) for example in examples])
    answerable = np.array([example.answerable for example in examples])
    answerability = _logistic(best, answerable, JUDGED_BY[ranker])
    foreign = _logistic(best, answerable, FOREIGN_BY)
    at_home = {
        "selection": _named(_platt(examples, selection), selection, names),
        "answerability": answerability,
        "foreign": foreign,
        "reach": REACH,
        "threshold": _threshold(answerability, best[answerable], LOST[ranker]),
        "foreign_threshold": _threshold(foreign, best[answerable], FOREIGN_LOST),
    }
    return at_home | (learn_cross_language(cross_language) if cross_language else {})


def learn_cross_language(examples: Sequence[Example]) -> dict[str, Any]:
    """Learn the weights and the threshold for questions in another language than the documents."""
    selection = _listwise([example for example in examples if example.gold.any()], CROSS_LANGUAGE_SELECTION)
    stored = _named(_platt(examples, selection), selection, CROSS_LANGUAGE_SELECTION)
    weights = _weights(stored)
    best = np.array([_leading(example, weights) for example in examples])
    right = np.array([_is_right(example, weights) for example in examples])
    foreign = _logistic(best, right, CROSS_LANGUAGE_FEATURES)
    return {
        "foreign_selection": stored,
        "foreign": foreign,
        "foreign_threshold": _precise(np.array([_probability(foreign, row) for row in best]), right),
    }


def judge_with_reranker(
    answerability: dict[str, Any], selection: Array, examples: Sequence[Example]
) -> dict[str, Any]:
    """Return the model of answerability with the reranker's score, and its threshold.

    A Platt scaling turns the sum of both into a probability.

    Args:
        answerability: the model of answerability with the reader.
        selection: the weights that choose the best sentence.
        examples: questions with the reranker's scores, also some without the documents of their title.
    """
    weights = _weights(answerability)
    weights[FEATURE_NAMES.index("reranker")] = JUDGED
    best = np.array([_best(example, selection) for example in examples])
    answerable = np.array([example.answerable for example in examples])
    model = _named(_scaling(best @ weights, answerable), weights, (*JUDGED_BY["reader"], "reranker"))
    return {"answerability": model, "threshold": _threshold(model, best[answerable], LOST["reranker"])}


def _leading(example: Example, weights: Array) -> Array:
    """Return the features of the best sentence, and compute its ``lead``; ``weights`` must give log-odds."""
    odds = example.features @ weights
    row = _best(example, weights).copy()
    row[FEATURE_NAMES.index("lead")] = odds.max() - float(np.logaddexp.reduce(odds))
    return row


def _is_right(example: Example, weights: Array) -> bool:
    return bool(example.gold[int(np.argmax(example.features @ weights))])


def _precise(probabilities: Array, right: npt.NDArray[np.bool_]) -> float:
    """Return the lowest threshold at which the share ``CROSS_LANGUAGE_RIGHT`` of the answers is right."""
    order = np.argsort(-probabilities)
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    last = int(np.flatnonzero(precision >= CROSS_LANGUAGE_RIGHT)[-1])
    return round(float(probabilities[order[last]]), 3)


def report(ranker: str, stored: dict[str, Any], examples: Sequence[Example]) -> None:
    """Print the quality of learned weights on titles that they were not learned from."""
    print(f"{ranker}: threshold {stored['threshold']}, in another language {stored['foreign_threshold']}")
    right, probability, is_answered = {}, {}, {}
    for each in examples:
        is_foreign = bool(each.features[0, FEATURE_NAMES.index("foreign")])
        selection = _weights(
            stored.get("foreign_selection" if is_foreign else "selection", stored["selection"])
        )
        right[id(each)] = _is_right(each, selection)
        model = stored["foreign" if is_foreign else "answerability"]
        row = _leading(each, selection) if is_foreign else _best(each, selection)
        probability[id(each)] = _probability(model, row)
        threshold = stored["foreign_threshold" if is_foreign else "threshold"]
        is_answered[id(each)] = probability[id(each)] >= threshold
    for name in dict.fromkeys(example.name for example in examples):
        asked = [example for example in examples if example.name == name]
        answerable = [example for example in asked if example.answerable]
        kept = [is_answered[id(example)] for example in asked]
        line = f"  {name:24} {len(asked):5} questions, {np.mean(kept):6.1%} answered"
        if answerable:
            cited = [right[id(e)] for e in answerable]
            answered = [right[id(e)] and is_answered[id(e)] for e in answerable]
            line += f"; of {len(answerable)} answerable: best sentence right {np.mean(cited):.3f}"
            line += f", right and not abstained {np.mean(answered):.3f}"
        present = [example for example in examples if example.name == name.removesuffix(REMOVED)]
        others = asked if name == name.removesuffix(REMOVED) else [e for e in present if e.answerable] + asked
        truth = [example.answerable for example in others]
        if 0 < sum(truth) < len(truth):
            auroc = roc_auc_score(truth, [probability[id(example)] for example in others])
            line += f"; AUROC {auroc:.3f}"
        print(line)


def _read(asked: Asked, reader: Reader, weights: Array) -> Asked:
    ranked = _ranked(asked, weights)
    return _with(asked, apply_reader(reader, asked.question, ranked, windows_of(ranked)))


def _reranked(asked: Asked, reranker: Reranker, weights: Array) -> Asked:
    return _with(asked, apply_reranker(reranker, asked.question.text, _ranked(asked, weights)))


def _sample(asked: Sequence[Asked], *, removed: bool = False) -> list[Asked]:
    """Return a few questions of each set: those asked without the documents of their title, or the others."""
    chance, chosen = random.Random(1), []  # noqa: S311
    for name in dict.fromkeys(item.name for item in asked if item.name.endswith(REMOVED) == removed):
        own = [item for item in asked if item.name == name]
        chosen += chance.sample(own, min(MOST_RERANKED, len(own)))
    return chosen


def _ranked(asked: Asked, weights: Array) -> list[Candidate]:
    return sorted(asked.candidates, key=lambda item: -float(np.array(astuple(item.features)) @ weights))


def _with(asked: Asked, candidates: Sequence[Candidate]) -> Asked:
    known = asked.gold_by_sentence
    gold = tuple(known[item.reading, item.number] for item in candidates)
    return replace(asked, candidates=tuple(candidates), gold=gold)


def _examples(asked: Sequence[Asked]) -> list[Example]:
    return [_example(item) for item in asked if item.candidates]


def _example(asked: Asked) -> Example:
    features = np.array([astuple(candidate.features) for candidate in asked.candidates])
    return Example(asked.name, asked.part, features, np.array(asked.gold), asked.answerable)


def _listwise(examples: Sequence[Example], names: Sequence[str], penalty: float = 1e-3) -> Array:
    used = torch.tensor([name in names for name in FEATURE_NAMES])
    spread = _spread(np.concatenate([example.features for example in examples]))
    lists = [(torch.tensor(example.features / spread), torch.tensor(example.gold)) for example in examples]
    weights = torch.zeros(len(FEATURE_NAMES), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scores = [(features @ (weights * used), gold) for features, gold in lists]
        total = torch.stack(
            [torch.logsumexp(s, 0) - torch.logsumexp(s[gold], 0) for s, gold in scores]
        ).mean()
        total = total + penalty * weights.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return (weights * used).detach().numpy() / spread


def _spread(rows: Array, names: Sequence[str] = FEATURE_NAMES) -> Array:
    """Return divisors of the columns ``names`` that give cosines a standard deviation of ``SPREAD``.

    The cosines of multilingual-e5-small lie within 0.1 of each other. Without the division, the penalty on
    the weights would make the cosines count almost nothing.
    """
    divisors = np.ones(len(names))
    for place, name in enumerate(names):
        # A column that nobody measured, such as ``late`` in one language, has no deviation.
        if name in (*FOREIGN_BY, "late") and rows[:, place].any():
            divisors[place] = rows[:, place].std() / SPREAD
    return divisors


def _platt(examples: Sequence[Example], weights: Array) -> tuple[float, float]:
    scores = np.concatenate([example.features @ weights for example in examples])
    return _scaling(scores, np.concatenate([example.gold for example in examples]))


def _scaling(scores: Array, truth: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and intercept of a Platt scaling."""
    fitted = LogisticRegression(C=1e6).fit(scores[:, np.newaxis], truth)
    return float(fitted.coef_[0][0]), float(fitted.intercept_[0])


def _logistic(best: Array, answerable: npt.NDArray[np.bool_], names: Sequence[str]) -> dict[str, Any]:
    columns = [FEATURE_NAMES.index(name) for name in names]
    rows = best[:, columns]
    spread = _spread(rows, names)
    fitted = LogisticRegression(C=3, max_iter=3000).fit(rows / spread, answerable)
    weights = zip(names, fitted.coef_[0] / spread, strict=True)
    return {
        "intercept": round(float(fitted.intercept_[0]), 4),
        "weights": {name: round(float(weight), 4) for name, weight in weights},
    }


def _named(platt: tuple[float, float], weights: Array, names: Sequence[str]) -> dict[str, Any]:
    slope, intercept = platt
    pairs = zip(FEATURE_NAMES, weights, strict=True)
    return {
        "intercept": round(intercept, 4),
        "weights": {name: round(slope * float(weight), 4) for name, weight in pairs if name in names},
    }


def _weights(stored: dict[str, Any]) -> Array:
    return np.array([stored["weights"].get(name, 0.0) for name in FEATURE_NAMES])


def _best(example: Example, weights: Array) -> Array:
    row: Array = example.features[int(np.argmax(example.features @ weights))]
    return row


def _probability(stored: dict[str, Any], row: Array) -> float:
    return float(1 / (1 + np.exp(-(stored["intercept"] + row @ _weights(stored)))))


def _threshold(stored: dict[str, Any], rows: Array, lost: float) -> float:
    return round(float(np.quantile([_probability(stored, row) for row in rows], lost)), 3)


_DATA = {
    "squad2": "part of the SQuAD 2.0 dev re-split, CC BY-SA 4.0",
    "mlqa-en": "MLQA dev, English, CC BY-SA 3.0",
    "clapnq": "half of CLAPNQ dev, Apache-2.0",
    "tatqa": "TAT-QA dev, CC BY 4.0",
    "mlqa-zh": "questions of MLQA dev, Chinese, CC BY-SA 3.0",
    "mlqa-vi": "questions of MLQA dev, Vietnamese, CC BY-SA 3.0",
}


if __name__ == "__main__":
    main()
