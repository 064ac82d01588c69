"""One call measures a set; its JSON form is the contract."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index.embedding.encoder import Encoder
from rag.evaluation import PARTS, Configuration, Evaluation, Part, evaluate, read_dataset
from rag.evaluation.datasets import part_of
from rag.evaluation.measures import METRICS
from tests.support.reports import Watched
from tests.support.sets import write_beir

ALL = read_dataset(Path(__file__).parents[3] / "seeds")
SEEDS = replace(ALL, queries=ALL.queries[::8])
ASKED = len(SEEDS.queries)
STAGES = ["rewrite", "search", "select", "read", "answer", "total"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def whole(encoder: Encoder, home: Path) -> Evaluation:
    return evaluate(SEEDS, Configuration(), home, encoder=encoder)


def shape(form: Any) -> Any:  # noqa: ANN401 (JSON)
    """The keys of the JSON form, down to the figures."""
    if set(form) == {"value", "low", "high", "n"}:
        assert form["low"] <= form["high"]
        assert form["n"] > 0
        return "figure"
    return {key: shape(value) for key, value in form.items()}


def test_the_json_form_is_the_contract(whole: Evaluation) -> None:
    form = json.loads(json.dumps(whole.as_dict()))
    facts = {key: form.pop(key) for key in ("dataset", "n_documents", "n_queries")}
    assert facts == {"dataset": "seeds", "n_documents": 7, "n_queries": ASKED}
    of_citations = dict.fromkeys(["precision", "recall", "f1"], "figure")
    of_abstention = dict.fromkeys(["auroc", "precision", "recall", "f1"], "figure")
    assert shape(form) == {
        "retrieval": {half: dict.fromkeys(METRICS, "figure") for half in ("dense", "lexical", "fused")},
        "selection": {
            "first_correct": "figure",
            "any_correct": "figure",
            **of_citations,
            "first_three": of_citations,
        },
        "abstention": of_abstention,
        "abstention_subject_removed": of_abstention,
        "gate": {"verdicts": dict.fromkeys(["quoted", "supported", "paraphrased", "unsupported"], "figure")},
        "latency_ms": {stage: {"median": "figure", "p95": "figure"} for stage in STAGES},
    }
    assert list(form) == [
        *["retrieval", "selection", "abstention", "abstention_subject_removed", "gate", "latency_ms"]
    ]


def test_each_figure_covers_the_questions_that_define_it(whole: Evaluation) -> None:
    n = {".".join(place): figure.n for place, figure in whole.figures.items()}
    answerable = sum(bool(query.answerable) for query in SEEDS.queries)
    assert n["retrieval.fused.ndcg@10"] == n["selection.first_correct"] == answerable
    assert n["abstention_subject_removed.auroc"] == answerable
    assert n["abstention.auroc"] == n["latency_ms.total.p95"] == n["gate.verdicts.quoted"] == ASKED


def test_quoted_answers_are_quoted_and_not_supported(whole: Evaluation) -> None:
    assert whole.figures["gate", "verdicts", "quoted"].value == 1
    assert whole.figures["gate", "verdicts", "supported"].value == 0


def test_the_curves_come_with_the_answers(whole: Evaluation) -> None:
    assert whole.risk_coverage[-1].coverage <= 1
    assert sum(part.n for part in whole.calibration) == ASKED


@pytest.mark.parametrize(
    ("parts", "sections"),
    [
        (["retrieval"], ["retrieval"]),
        (["selection"], ["selection", "latency_ms"]),
        (["gate"], ["gate", "latency_ms"]),
        (["answers"], ["abstention", "abstention_subject_removed", "latency_ms"]),
        (["retrieval", "gate"], ["retrieval", "gate", "latency_ms"]),
    ],
)
def test_a_part_can_be_measured_by_itself(
    encoder: Encoder, home: Path, parts: list[Part], sections: list[str], whole: Evaluation
) -> None:
    part = evaluate(SEEDS, Configuration(), home, parts, encoder=encoder)
    assert list(part.as_dict())[3:] == sections
    for place, figure in part.figures.items():
        if place[0] != "latency_ms":
            assert figure == whole.figures[place]


def test_a_second_run_embeds_no_passage_and_measures_the_same(
    encoder: Encoder, home: Path, tmp_path: Path, whole: Evaluation
) -> None:
    first = Watched(encoder)
    evaluate(SEEDS, Configuration(), tmp_path, ["retrieval"], encoder=first)
    assert len(first.embedded) > len(SEEDS.documents), "passages, and nothing but passages"
    watched = Watched(encoder)
    again = evaluate(SEEDS, Configuration(), home, encoder=watched)
    assert watched.embedded == [], "and no sentence either: it came with its passage"
    timeless = [place for place in whole.figures if place[0] != "latency_ms"]
    assert [again.figures[place] for place in timeless] == [whole.figures[place] for place in timeless]


def test_a_limit_and_the_held_out_part_use_fewer_questions(encoder: Encoder, home: Path) -> None:
    few = evaluate(ALL, Configuration(), home, ["retrieval"], 10, encoder=encoder)
    assert (few.n_queries, few.n_documents) == (10, 7)
    assert few.figures["retrieval", "fused", "ndcg@10"].n <= 10
    tested = [query for query in SEEDS.queries if part_of(SEEDS.title_of(query)) == "test"]
    held_out = evaluate(SEEDS, Configuration(), home, ["gate"], held_out=True, encoder=encoder)
    assert 0 < held_out.n_queries == len(tested) < ASKED
    assert held_out.samples["latency_ms", "total", "p95"].queries == tuple(query.id for query in tested)


def test_figures_that_a_set_cannot_define_are_absent(encoder: Encoder, tmp_path: Path) -> None:
    corpus = {"d1": ("", "The dam broke on Sunday."), "d2": ("", "Shoes are made in Orrin.")}
    queries = [{"_id": "q1", "text": "When did the dam break?", "answers": ["Sunday"]}]
    folder = write_beir(tmp_path / "set", corpus, queries, ["q1\td1\t1"])
    measured = evaluate(read_dataset(folder), Configuration(), tmp_path, PARTS, encoder=encoder).as_dict()
    assert list(measured) == [
        *["dataset", "n_documents", "n_queries", "retrieval", "selection", "gate", "latency_ms"]
    ]
    assert list(measured["selection"]) == ["first_correct", "any_correct"]
    assert measured["selection"]["first_correct"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 1}


def test_questions_without_a_label_are_asked_without_their_subject_too(
    encoder: Encoder, tmp_path: Path
) -> None:
    corpus = {"d1": ("Dam", "The dam of Varda broke on Sunday."), "d2": ("Shoes", "Shoes are made in Orrin.")}
    queries = [{"_id": "q1", "text": "When did the dam of Varda break?"}, {"_id": "q2", "text": "Who?"}]
    folder = write_beir(tmp_path / "set", corpus, queries, ["q1\td1\t1"])
    measured = evaluate(read_dataset(folder), Configuration(), tmp_path, ["answers"], encoder=encoder)
    assert list(measured.as_dict())[3:] == ["abstention_subject_removed", "latency_ms"]
    assert measured.figures["abstention_subject_removed", "auroc"].value == 1
    assert measured.samples["latency_ms", "total", "p95"].queries == ("q1",)
    assert sum(part.n for part in measured.calibration) == 2


def test_progress_is_reported_by_stage(encoder: Encoder, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    corpus = {"d1": ("Dam", "The dam broke."), "d2": ("Shoes", "Shoes are made in Orrin.")}
    queries = [{"_id": "q1", "text": "What broke?", "answerable": True}]
    folder = write_beir(tmp_path / "set", corpus, queries, ["q1\td1\t1"])
    evaluate(
        read_dataset(folder),
        Configuration(),
        tmp_path,
        encoder=encoder,
        progress=lambda *stage: told.append(stage),
    )
    # Each batch of passages is reported as well, and texts of different lengths are in different batches.
    ends = [stage for stage in told if stage != ("embedding", 1, 2)]
    assert ends == [("embedding", 2, 2), ("asking", 1, 1), ("searching", 1, 1), ("asking again", 1, 1)]
