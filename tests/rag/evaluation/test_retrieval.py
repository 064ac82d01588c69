"""Figures of retrieval, against values computed by hand for a known ranking."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2
from pathlib import Path

import pytest

from index.documents import Document
from index.embedding.encoder import Encoder
from index.library import Library
from rag.evaluation.datasets import Configuration, Query, open_temporary
from rag.evaluation.measures import METRICS, estimate, measure_retrieval


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
    found = {}
    for place, sample in measure_retrieval(index, queries, dense_weight).items():
        figure = estimate(sample)
        assert figure is not None
        assert sample.queries == tuple(query.id for query in queries if query.relevant)
        found[place[1:]] = figure.value
    return found


def test_each_metric_matches_its_definition(index: Library) -> None:
    found = figures(index, Query("q1", "Varda", judged={"second": 1, "third": 1, "first": 0}))
    ideal = 1 + 1 / log2(3)
    assert found["lexical", "ndcg@10"] == pytest.approx((1 / log2(3) + 1 / log2(4)) / ideal)
    assert found["lexical", "mrr@10"] == 0.5
    assert [found["lexical", f"recall@{k}"] for k in (1, 5, 20, 100)] == [0, 1, 1, 1]


def test_gains_are_linear_in_the_grade(index: Library) -> None:
    found = figures(index, Query("q1", "Varda", judged={"first": 1, "second": 3}))
    assert found["lexical", "ndcg@10"] == pytest.approx((1 + 3 / log2(3)) / (3 + 1 / log2(3)))


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


def test_nothing_is_measured_without_a_judgement(index: Library) -> None:
    assert measure_retrieval(index, [Query("q1", "Varda")], 0.6) == {}


def test_searches_are_reported_and_counted(index: Library) -> None:
    told: list[tuple[str, int, int]] = []
    queries = [Query(name, "Varda", judged={"first": 1}) for name in ("q1", "q2")]
    measure_retrieval(index, queries, 0.6, lambda *stage: told.append(stage))
    assert told == [("searching", 1, 2), ("searching", 2, 2)]
