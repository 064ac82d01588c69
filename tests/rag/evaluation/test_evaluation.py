"""One call measures a set; its JSON form is the contract."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index.embedding.encoder import Encoder
from rag.answers import AnswerSentence
from rag.evaluation import PARTS, Configuration, Evaluation, Part, evaluate, read_dataset
from rag.evaluation.datasets import Claim, Query, part_of
from rag.evaluation.evaluation import measure_gate, measure_latency, verdicts_of
from rag.evaluation.library_set import AnsweredQuery
from rag.evaluation.measures import METRICS, estimate
from tests.support.reports import Watched
from tests.support.sets import asked, write_beir

ALL = read_dataset(Path(__file__).parents[3] / "seeds")
SEEDS = replace(ALL, queries=ALL.queries[::12])
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
        "gate": {
            "verdicts": dict.fromkeys(
                ["quoted", "supported", "computed", "paraphrased", "unsupported"], "figure"
            )
        },
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
    verdicts = [whole.figures["gate", "verdicts", name].value for name in ("quoted", "supported")]
    assert verdicts == [1, 0], "quoted answers are quoted and not supported"
    assert whole.risk_coverage[-1].coverage <= 1
    assert sum(part.n for part in whole.calibration) == ASKED


@pytest.mark.slow_cases
@pytest.mark.parametrize(
    ("parts", "sections"),
    [
        (["retrieval", "gate"], ["retrieval", "gate", "latency_ms"]),
        (["selection"], ["selection", "latency_ms"]),
        (["answers"], ["abstention", "abstention_subject_removed", "latency_ms"]),
    ],
)
def test_a_part_can_be_measured_by_itself_and_a_second_run_embeds_nothing(
    encoder: Encoder, home: Path, parts: list[Part], sections: list[str], whole: Evaluation
) -> None:
    watched = Watched(encoder)
    part = evaluate(SEEDS, Configuration(), home, parts, encoder=watched)
    assert watched.embedded == [], "neither a passage nor a sentence, which came with its passage"
    assert list(part.as_dict())[3:] == sections
    for place, figure in part.figures.items():
        if place[0] != "latency_ms":
            assert figure == whole.figures[place]


@pytest.mark.slow
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
    assert list(measured)[3:] == ["retrieval", "selection", "gate", "latency_ms"]
    assert list(measured["selection"]) == ["first_correct", "any_correct"]
    assert measured["selection"]["first_correct"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 1}


def test_unlabelled_questions_are_asked_without_their_subject_too(encoder: Encoder, tmp_path: Path) -> None:
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


QUERY = Query("q1", "When?")
HELD, BROKE = "The dam of Varda held on Sunday.", "The dam of Varda broke on Monday."


def values(asked_items: list[AnsweredQuery], claims: list[Claim]) -> dict[str, float]:
    found = {place[1:]: estimate(sample) for place, sample in measure_gate(asked_items, claims).items()}
    return {".".join(place): figure.value for place, figure in found.items() if figure is not None}


def test_shares_cover_the_sentences_of_all_answers() -> None:
    items = [
        asked(QUERY, "a", "b", "c", verdicts=["supported", "quoted", "paraphrased"]),
        asked(QUERY, "a", verdicts=["unsupported"]),
        asked(QUERY, abstained=True),
    ]
    verdicts = ("quoted", "supported", "computed", "paraphrased", "unsupported")
    shares = {f"verdicts.{verdict}": 0.25 for verdict in verdicts if verdict != "computed"}
    assert values(items, []) == {**shares, "verdicts.computed": 0}
    assert values([asked(QUERY, "a", verdicts=["quoted"])], [])["verdicts.quoted"] == 1
    assert measure_gate([asked(QUERY, abstained=True)], []) == measure_gate([], []) == {}


def test_a_sentence_has_the_verdict_of_its_worst_footnote() -> None:
    answer = asked(QUERY, "a", "b", verdicts=["supported", "paraphrased"]).answer
    assert verdicts_of(answer) == ["supported", "paraphrased"]
    both = AnswerSentence(0, 1, (1, 2))
    assert verdicts_of(replace(answer, sentences=(both,))) == ["paraphrased"]
    assert verdicts_of(replace(answer, sentences=(replace(both, citations=()),))) == ["unsupported"]


def test_claims_are_checked_against_supporting_contradicting_and_unrelated_sentences() -> None:
    claims = [
        Claim("q1", HELD, "d1", True, ("It rained.", HELD)),
        Claim("q2", BROKE, "d2", True, ("There was an accident at a dam.",)),
        Claim("q3", "The dam of Varda held.", "d3", False, (BROKE,)),
        Claim("q3", "The dam of Varda held.", "d4", False, (HELD.replace("held", "never held"),)),
    ]
    assert values([], claims) == {
        "called_supported.supporting": 0.5,
        "called_supported.contradicting": 0.0,
        # q1 with q2's sentences is not supported; q2 with q3's, and q3 twice with q1's, share every word.
        "called_supported.of_another": 3 / 4,
    }


def test_a_statement_of_several_documents_counts_as_one_question() -> None:
    claims = [
        Claim("q1", HELD, "d1", True, (HELD,)),
        Claim("q1", HELD, "d2", True, ("It rained.",)),
        Claim("q2", BROKE, "d3", True, (BROKE,)),
    ]
    sample = measure_gate([], claims)["gate", "called_supported", "supporting"]
    figure = estimate(sample)
    assert sample.queries == ("q1", "q2")
    assert figure is not None
    assert (figure.value, figure.n) == (2 / 3, 2)
    assert (figure.low, figure.high) == (0.5, 1), "q1 drawn twice, and q2 drawn twice"


def test_each_stage_and_the_total_have_a_median_and_a_95th_percentile() -> None:
    items = [
        asked(Query(f"q{number}", "?"), timings={"search": number, "answer": 100 - number})
        for number in range(1, 101)
    ]
    samples = measure_latency(items)
    figures = {place[1:]: figure.value for place, sample in samples.items() if (figure := estimate(sample))}
    expected = {"search": (50, 95), "answer": (49, 94), "total": (100, 100)}
    assert figures == {
        (stage, end): value
        for stage, both in expected.items()
        for end, value in zip(("median", "p95"), both, strict=True)
    }
    assert all(sample.is_time for sample in samples.values())
    skipped = [asked(Query("q1", "?"), timings={"search": 4}), asked(Query("q2", "?"), timings={"read": 6})]
    value = estimate(measure_latency(skipped)["latency_ms", "read", "p95"])
    assert value is not None
    assert (value.value, value.n) == (6, 2), "a skipped stage takes no time"
    assert measure_latency([]) == {}
