"""Figures of an evaluation are right, and their intervals are those of a bootstrap."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from index.documents import Document, Span
from index.embedding.encoder import Encoder
from index.library import Library
from rag.engine import QueryEngine
from rag.evaluation.datasets import Configuration, Evidence, Query, open_temporary
from rag.evaluation.library_set import AnsweredQuery, ask_all
from rag.evaluation.measures import (
    METRICS,
    CalibrationBin,
    Estimate,
    KeyPath,
    Quote,
    RiskPoint,
    Sample,
    agreement,
    auroc,
    bootstrap,
    calibration,
    estimate,
    is_gold,
    mean,
    measure_abstention,
    measure_removal,
    measure_retrieval,
    measure_selection,
    quantile,
    quotes_of,
    ratio,
    risk_coverage,
    twice,
)
from tests.support.sets import asked

shares = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def ids(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


def value(sample: Sample) -> float:
    figure = estimate(sample)
    assert figure is not None
    return figure.value


def test_weights_count_a_question_as_often_as_it_was_drawn() -> None:
    weights = np.array([[3.0, 0, 1], [0, 2, 0]])
    assert mean([1, 0.5, 0])(weights).tolist() == [0.75, 0.5]
    assert ratio([1, 0, 0], [1, 1, 3])(weights).tolist() == [0.5, 0], "of sums, no mean of ratios"
    assert quantile([10, 20, 30], 0.5)(weights).tolist() == [10, 20]


def test_a_quantile_is_the_first_value_that_the_share_reaches() -> None:
    samples = [Sample(ids(4), quantile([40, 10, 30, 20], share)) for share in (0.5, 0.95, 0.25, 0.26)]
    assert [value(sample) for sample in samples] == [20, 40, 10, 20]


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.integers(0, 3)), min_size=2, max_size=40))
def test_auroc_agrees_with_scikit_learn_under_every_weighting(rows: list[tuple[int, bool, int]]) -> None:
    scores, positive, weights = map(list, zip(*rows, strict=True))
    drawn = {label for label, weight in zip(positive, weights, strict=True) if weight}
    [ours] = auroc(scores, positive)(np.array([weights], dtype=float))
    if drawn == {True, False}:
        assert ours == pytest.approx(roc_auc_score(positive, scores, sample_weight=weights))
    else:
        assert np.isnan(ours)


def test_both_observations_of_a_question_are_drawn_together() -> None:
    statistic = twice(mean([1, 0, 0, 0]))
    assert statistic(np.array([[1.0, 1], [2, 0], [0, 2]])).tolist() == [0.25, 0.5, 0]


def test_a_known_sample_has_the_interval_of_its_standard_error() -> None:
    figure = estimate(Sample(ids(400), mean([1, 0] * 200)))
    assert figure is not None
    assert (figure.value, figure.n) == (0.5, 400)
    # 1.96 standard errors of a proportion of a half among 400: 0.049.
    assert figure.low == pytest.approx(0.451, abs=0.006)
    assert figure.high == pytest.approx(0.549, abs=0.006)


@given(shares)
def test_a_mean_lies_in_its_interval_and_that_between_the_extremes(values: list[float]) -> None:
    sample = Sample(ids(len(values)), mean(values))
    figure = estimate(sample)
    assert figure is not None
    assert estimate(sample) == figure, "chance has a seed"
    slack = 1e-9
    assert min(values) - slack <= figure.low <= figure.high <= max(values) + slack
    if len(values) >= 20:
        assert figure.low - slack <= figure.value <= figure.high + slack


def test_an_undefined_statistic_has_no_figure() -> None:
    assert estimate(Sample((), mean([]))) is None
    assert estimate(Sample(ids(2), ratio([0, 0], [0, 0]))) is None
    assert estimate(Sample(ids(2), auroc([0.1, 0.9], [True, True]))) is None
    partly = Sample(ids(2), ratio([1, 0], [1, 0]))
    assert estimate(partly) == Estimate(1.0, 1.0, 1.0, 2)
    assert np.isnan(bootstrap(partly)).any(), "undefined rounds do not count"


def test_large_sets_are_resampled_in_bounded_batches() -> None:
    count = 9000
    sizes: list[tuple[int, ...]] = []

    def watched(weights: np.ndarray) -> np.ndarray:
        sizes.append(weights.shape)
        assert (weights.sum(axis=1) == count).all()
        return weights[:, 0]

    assert len(bootstrap(Sample(ids(count), watched))) == 1000
    assert len(sizes) == 3
    assert all(rows * columns <= 4_000_000 for rows, columns in sizes)


@pytest.fixture(scope="module")
def index(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A lexical search for *varda* ranks first, second, third, by the number of occurrences."""
    texts = {
        name: f"{'Varda ' * times}{'nothing ' * (6 - times)}.".replace(" .", ".")
        for name, times in (("first", 5), ("second", 3), ("third", 1))
    }
    documents = {name: Document(text, "", "text", "en") for name, text in texts.items()}
    documents["other"] = Document("Shoes are made in Orrin by hand.", "", "text", "en")
    folder = tmp_path_factory.mktemp("indexes")
    with open_temporary(documents, Configuration(), encoder, folder) as opened:
        ranked = [hit.document.path for hit in opened.search("Varda", dense_weight=0)]
        assert ranked[:3] == ["first", "second", "third"]
        yield opened


def figures(index: Library, *queries: Query, dense_weight: float = 0.6) -> dict[tuple[str, ...], float]:
    """The values by ranking and metric."""
    samples = measure_retrieval(index, queries, dense_weight)
    judged = tuple(query.id for query in queries if query.relevant)
    assert {sample.queries for sample in samples.values()} == {judged}
    return {place[1:]: value(sample) for place, sample in samples.items()}


def test_each_metric_matches_its_definition(index: Library) -> None:
    found = figures(index, Query("q1", "Varda", judged={"second": 1, "third": 1, "first": 0}))
    ideal = 1 + 1 / log2(3)
    assert found["lexical", "ndcg@10"] == pytest.approx((1 / log2(3) + 1 / log2(4)) / ideal)
    assert found["lexical", "mrr@10"] == 0.5
    assert [found["lexical", f"recall@{k}"] for k in (1, 5, 20, 100)] == [0, 1, 1, 1]
    graded = figures(index, Query("q1", "Varda", judged={"first": 1, "second": 3}))
    assert graded["lexical", "ndcg@10"] == pytest.approx((1 + 3 / log2(3)) / (3 + 1 / log2(3)))
    assert measure_retrieval(index, [Query("q1", "Varda")], 0.6) == {}, "nothing is judged"


def test_a_figure_is_the_mean_over_the_judged_questions(index: Library) -> None:
    found = figures(
        index,
        Query("q1", "Varda", judged={"first": 1}),
        Query("q2", "Varda", judged={"second": 1}),
        Query("q3", "Varda"),
        Query("q4", "Varda", judged={"first": 0}),
    )
    assert found["lexical", "mrr@10"] == 0.75
    assert found["lexical", "recall@1"] == 0.5


def test_every_ranking_has_every_metric_and_fusion_follows_its_weight(index: Library) -> None:
    query = Query("q1", "Varda", judged={"third": 1})
    found = figures(index, query)
    assert list(found) == [
        (ranking, metric) for ranking in ("dense", "lexical", "fused") for metric in METRICS
    ]
    for weight, half in ((0.0, "lexical"), (1.0, "dense")):
        same = figures(index, query, dense_weight=weight)
        assert [same["fused", metric] for metric in METRICS] == [same[half, metric] for metric in METRICS]


def test_a_document_counts_once_at_the_rank_of_its_best_passage(encoder: Encoder, tmp_path: Path) -> None:
    documents = {
        "long": Document("Varda Varda Varda. " * 3 + "Varda Varda nothing. " * 3, "", "text", "en"),
        "short": Document("Varda nothing nothing nothing.", "", "text", "en"),
    }
    with open_temporary(documents, Configuration(max_chunk_tokens=8), encoder, tmp_path) as index:
        hits = [hit.document.path for hit in index.search("Varda", 100, dense_weight=0)]
        assert (hits[0], hits.count("long") > 1, hits[-1]) == ("long", True, "short")
        found = figures(index, Query("q1", "Varda", judged={"short": 1}))
    assert found["lexical", "mrr@10"] == 0.5


SUNDAY = "The dam broke on Sunday."


def values(index: Library, *items: AnsweredQuery) -> dict[str, float]:
    samples = measure_selection(items, index, 0.6)
    return {".".join(place[1:]): value(sample) for place, sample in samples.items()}


def quote(text: str, document: str = "a.txt", start: int = 0) -> Quote:
    return Quote(document, Span(start, start + len(text)), text)


@pytest.mark.parametrize(
    ("query", "right"),
    [
        (Query("q", "?", answers=("sunday",)), True),
        (Query("q", "?", answers=("Monday", "SUNDAY")), True),
        (Query("q", "?", answers=("on\n Sunday",)), True),
        (Query("q", "?", answers=("Monday",)), False),
        (Query("q", "?", sentences=("The  dam broke on Sunday.",)), True),
        (Query("q", "?", sentences=("At noon the dam broke on Sunday. All fled.",)), True),
        (Query("q", "?", sentences=("dam broke",)), True),
        (Query("q", "?", sentences=("The gate broke on Sunday.",)), False),
        (Query("q", "?", evidence=(Evidence("a.txt", Span(23, 40)),)), True),
        (Query("q", "?", evidence=(Evidence("a.txt", Span(24, 40)),)), False),
        (Query("q", "?", evidence=(Evidence("b.txt", Span(0, 24)),)), False),
    ],
)
def test_a_quote_is_correct_if_it_has_an_answer_or_meets_gold(query: Query, *, right: bool) -> None:
    assert is_gold(query, quote(SUNDAY)) is right


def test_precision_is_of_the_quotes_and_recall_of_the_gold() -> None:
    gold = Query("q", "?", sentences=("One.", "Two.", "Three."))
    found = agreement(gold, [quote("Two."), quote("Four.")])
    assert (found["precision"], found["recall"]) == (1 / 2, 1 / 3)
    assert found["f1"] == pytest.approx(0.4)
    assert agreement(gold, []) == {"precision": 0, "recall": 0, "f1": 0}
    spans = Query("q", "?", evidence=(Evidence("a.txt", Span(0, 20)), Evidence("a.txt", Span(90, 99))))
    found = agreement(spans, [quote("One dam.", start=0), quote("Two dams.", start=9)])
    assert (found["precision"], found["recall"]) == (1, 0.5), "either sentence matches the first span"


def test_an_abstention_is_not_correct(seed_index: Library) -> None:
    query = Query("q1", "When?", answers=("Sunday",))
    found = values(
        seed_index,
        asked(query, SUNDAY, "Nobody was warned."),
        asked(query, "Nobody was warned.", SUNDAY),
        asked(query, abstained=True),
        asked(query, "Nobody was warned."),
    )
    assert found == {"first_correct": 0.25, "any_correct": 0.5}
    others = [asked(Query("q2", "?")), asked(Query("q3", "?", answerable=False, answers=("Sunday",)), SUNDAY)]
    assert values(seed_index, asked(query, SUNDAY), *others)["first_correct"] == 1, "others have no gold"
    assert values(seed_index, *others) == {}


def test_precision_recall_and_f1_are_means_over_the_marked_questions(seed_index: Library) -> None:
    found = values(
        seed_index,
        asked(Query("q1", "When?", sentences=("One.", "Two.")), "One.", "Three."),
        asked(Query("q2", "When?", sentences=("One.",)), "One."),
        asked(Query("q3", "When?", sentences=("One.",)), abstained=True),
        asked(Query("q4", "When?", answers=("One",)), "Five."),
    )
    # Precision 1/2, 1, 0; recall 1/2, 1, 0; F1 1/2, 1, 0. The last question has no marked sentence.
    assert [found[name] for name in ("precision", "recall", "f1")] == [0.5, 0.5, 0.5]
    assert found["first_correct"] == 0.5


def test_the_baseline_cites_three_sentences_of_the_best_passage(
    seed_index: Library, seed_engine: QueryEngine
) -> None:
    text = "How many suspects were arrested, and over how many days?"
    hit = seed_index.search(text, 1)[0]
    document = seed_index.catalog.text(hit.document.document_id)
    evidence = tuple(Evidence(hit.document.path, span) for span in hit.sentences[:6])
    [answer] = ask_all(seed_engine, [Query("q1", text, evidence=evidence)])
    found = values(seed_index, answer)
    assert (found["first_three.precision"], found["first_three.recall"]) == (1, 0.5)
    [cited, *_] = quotes_of(answer.answer)
    assert cited.span.of(document.text) == cited.text


YES = Query("yes", "When?", answerable=True, answers=("Sunday",))
NO = Query("no", "When?", answerable=False)
RIGHT, WRONG = "It broke on Sunday.", "Nobody knew."


def figures_of(samples: dict[KeyPath, Sample]) -> dict[str, float]:
    figures = {place[-1]: estimate(sample) for place, sample in samples.items()}
    return {name: figure.value for name, figure in figures.items() if figure is not None}


def test_abstentions_are_the_positive_class() -> None:
    items = [
        asked(NO, abstained=True, answerability=0.1),
        asked(NO, abstained=True, answerability=0.3),
        asked(NO, WRONG, answerability=0.6),
        asked(YES, RIGHT, answerability=0.9),
        asked(YES, RIGHT, answerability=0.5),
        asked(YES, abstained=True, answerability=0.2),
        asked(Query("unmarked", "When?"), RIGHT, answerability=0.0),
    ]
    found = figures_of(measure_abstention(items))
    assert found == pytest.approx(dict.fromkeys(("auroc", "precision", "recall", "f1"), 2 / 3))
    assert {sample.queries for sample in measure_abstention(items).values()} == {
        ("no", "no", "no", "yes", "yes", "yes")
    }


def test_undefined_figures_are_absent() -> None:
    assert measure_abstention([asked(YES, RIGHT), asked(YES, abstained=True)]) == {}
    assert figures_of(measure_abstention([asked(NO, WRONG)])) == {"recall": 0, "f1": 0}
    rightly = {"precision": 1, "recall": 1, "f1": 1}
    assert figures_of(measure_abstention([asked(NO, abstained=True)])) == rightly
    unread = [asked(NO, abstained=True, answerability=None), asked(YES, RIGHT, answerability=0.01)]
    assert figures_of(measure_abstention(unread))["auroc"] == 1, "what was not read has none"


def test_a_question_with_and_without_its_subject_counts_as_one() -> None:
    queries = [Query(name, "When?", answers=("Sunday",)) for name in ("q1", "q2")]
    present = [asked(queries[0], RIGHT, answerability=0.9), asked(queries[1], RIGHT, answerability=0.4)]
    removed = [
        asked(queries[0], abstained=True, answerability=0.1),
        asked(queries[1], WRONG, answerability=0.5),
    ]
    samples = measure_removal(present, removed)
    assert {place[0] for place in samples} == {"abstention_subject_removed"}
    assert {sample.queries for sample in samples.values()} == {("q1", "q2")}
    assert figures_of(samples) == {"auroc": 0.75, "precision": 1, "recall": 0.5, "f1": pytest.approx(2 / 3)}
    assert measure_removal([], []) == {}


def test_the_highest_answerability_comes_first_and_abstentions_are_not_covered() -> None:
    items = [
        asked(YES, RIGHT, answerability=0.9),
        asked(NO, WRONG, answerability=0.8),
        asked(YES, WRONG, answerability=0.3),
        asked(YES, RIGHT, answerability=0.6),
        asked(NO, abstained=True, answerability=0.1),
        asked(Query("unmarked", "When?"), RIGHT, answerability=0.7),
    ]
    assert risk_coverage(items) == (
        RiskPoint(0.9, 0.2, 0),
        RiskPoint(0.8, 0.4, 0.5),
        RiskPoint(0.6, 0.6, 1 / 3),
        RiskPoint(0.3, 0.8, 0.5),
    )


def test_questions_of_equal_answerability_share_a_point() -> None:
    items = [asked(YES, RIGHT), asked(YES, WRONG)]
    assert risk_coverage(items) == risk_coverage(items[::-1]) == (RiskPoint(0.5, 1, 0.5),)
    assert risk_coverage([asked(Query("q", "When?"), RIGHT), asked(NO, abstained=True)]) == (), (
        "none can be judged"
    )


@given(st.lists(st.tuples(st.integers(0, 1000), st.booleans()), min_size=1, max_size=500))
def test_a_long_curve_is_thinned_and_keeps_its_end(rows: list[tuple[int, bool]]) -> None:
    items = [asked(YES, RIGHT if right else WRONG, answerability=score / 1000) for score, right in rows]
    points = risk_coverage(items)
    assert 1 <= len(points) <= 200
    assert points[-1].coverage == 1
    assert points[-1].risk == pytest.approx(sum(not right for _, right in rows) / len(rows))
    assert [point.coverage for point in points] == sorted({point.coverage for point in points})


def test_bins_have_equal_sizes_and_are_in_order() -> None:
    items = [asked(YES if number >= 50 else NO, answerability=number / 100) for number in range(100)]
    bins = calibration(items[::-1])
    assert [part.n for part in bins] == [10] * 10
    assert [part.observed for part in bins] == [0] * 5 + [1] * 5
    assert bins[0].predicted == pytest.approx(0.045)
    few = calibration([asked(YES, answerability=0.8), asked(NO, answerability=0.2)])
    assert few == (CalibrationBin(0.2, 0, 1), CalibrationBin(0.8, 1, 1))
    assert calibration([]) == ()
