"""Correct citations, and their figures, against values computed by hand."""

from __future__ import annotations

import pytest

from index.documents import Span
from index.library import Library
from rag.engine import QueryEngine
from rag.evaluation.datasets import Evidence, Query
from rag.evaluation.library_set import AnsweredQuery, ask_all
from rag.evaluation.measures import Quote, agreement, estimate, is_gold, measure_selection, quotes_of
from tests.support.sets import asked

SUNDAY = "The dam broke on Sunday."


def values(index: Library, *items: AnsweredQuery) -> dict[str, float]:
    found = {}
    for place, sample in measure_selection(items, index, 0.6).items():
        figure = estimate(sample)
        assert figure is not None
        found[".".join(place[1:])] = figure.value
    return found


def quote(text: str, document: str = "a.txt", start: int = 0) -> Quote:
    return Quote(document, Span(start, start + len(text)), text)


class TestGold:
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
    def test_a_quote_is_correct_if_it_contains_an_answer_or_matches_or_overlaps_gold(
        self, query: Query, *, right: bool
    ) -> None:
        assert is_gold(query, quote(SUNDAY)) is right

    def test_precision_is_of_the_quotes_and_recall_of_the_gold(self) -> None:
        gold = Query("q", "?", sentences=("One.", "Two.", "Three."))
        found = agreement(gold, [quote("Two."), quote("Four.")])
        assert (found["precision"], found["recall"]) == (1 / 2, 1 / 3)
        assert found["f1"] == pytest.approx(0.4)

    def test_a_gold_span_over_two_sentences_is_matched_by_either(self) -> None:
        gold = Query("q", "?", evidence=(Evidence("a.txt", Span(0, 20)), Evidence("a.txt", Span(90, 99))))
        found = agreement(gold, [quote("One dam.", start=0), quote("Two dams.", start=9)])
        assert (found["precision"], found["recall"]) == (1, 0.5)

    def test_an_answer_without_quotes_has_no_agreement(self) -> None:
        found = agreement(Query("q", "?", sentences=("One.",)), [])
        assert found == {"precision": 0, "recall": 0, "f1": 0}


class TestFigures:
    def test_an_abstention_is_not_correct(self, seed_index: Library) -> None:
        query = Query("q1", "When?", answers=("Sunday",))
        found = values(
            seed_index,
            asked(query, SUNDAY, "Nobody was warned."),
            asked(query, "Nobody was warned.", SUNDAY),
            asked(query, abstained=True),
            asked(query, "Nobody was warned."),
        )
        assert found == {"first_correct": 0.25, "any_correct": 0.5}

    def test_questions_without_gold_do_not_count(self, seed_index: Library) -> None:
        gold = Query("q1", "When?", answers=("Sunday",))
        others = [Query("q2", "When?"), Query("q3", "When?", answerable=False, answers=("Sunday",))]
        found = values(seed_index, asked(gold, SUNDAY), *(asked(other, "Not it.") for other in others))
        assert found["first_correct"] == 1
        assert measure_selection([asked(other) for other in others], seed_index, 0.6) == {}

    def test_precision_recall_and_f1_are_means_over_the_marked_questions(self, seed_index: Library) -> None:
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

    def test_the_baseline_cites_the_first_three_sentences_of_the_best_passage(
        self, seed_index: Library, seed_engine: QueryEngine
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
