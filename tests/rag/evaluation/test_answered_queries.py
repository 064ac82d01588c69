"""Questions are asked of the whole library, and again without their subject."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from index.documents import Document
from index.embedding.encoder import Encoder
from index.library import Library
from rag.engine import QueryEngine
from rag.evaluation.datasets import Configuration, Dataset, Query, open_temporary
from rag.evaluation.library_set import ask_all, ask_without_subject, with_removable_subject

DOCUMENTS = {
    "dam": Document("The dam of Varda broke on Sunday at dawn. Nobody was warned.", "Dam", "text", "en"),
    "dam again": Document("In Varda the dam broke on a Sunday, says the council.", "Dam", "text", "en"),
    "shoes": Document("Shoes are made in Orrin by hand, and sold in Varda.", "Shoes", "text", "en"),
    "untitled": Document("Leather is bought in Harlamoor every spring.", "", "text", "en"),
}
WHEN = Query("q1", "When did the dam of Varda break?", judged={"dam": 1})
DATASET = Dataset("set", DOCUMENTS, (WHEN,))


@pytest.fixture(scope="module")
def engine(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueryEngine]:
    index: Library
    with open_temporary(DOCUMENTS, Configuration(), encoder, tmp_path_factory.mktemp("indexes")) as index:
        yield QueryEngine(index)


def test_answers_come_in_the_order_of_the_questions(engine: QueryEngine) -> None:
    told: list[tuple[str, int, int]] = []
    queries = [WHEN, Query("q2", "Where are shoes made?")]
    found = ask_all(engine, queries, lambda *stage: told.append(stage))
    assert [item.query for item in found] == queries
    assert [item.answer.question for item in found] == [query.text for query in queries]
    assert found[0].answer.citations[0].path.startswith("dam")
    assert told == [("asking", 1, 2), ("asking", 2, 2)]


def test_without_the_subject_no_document_of_its_title_is_read(engine: QueryEngine) -> None:
    told: list[tuple[str, int, int]] = []
    [whole] = ask_all(engine, [WHEN])
    [item] = ask_without_subject(engine, DATASET, [WHEN], lambda *stage: told.append(stage))
    assert {"dam", "dam again"} <= {passage.path for passage in whole.answer.passages}
    assert {passage.path for passage in item.answer.passages} == {"shoes", "untitled"}
    assert item.answerability < whole.answerability
    assert told == [("asking again", 1, 1)]


@pytest.mark.parametrize(
    ("query", "removable"),
    [
        (WHEN, True),
        (Query("q", "?", answerable=True, judged={"shoes": 1, "dam": 2}), True),
        (Query("q", "?", answerable=False, judged={"dam": 1}), False),
        (Query("q", "?", judged={"dam": 0}), False),
        (Query("q", "?"), False),
        (Query("q", "?", judged={"untitled": 1}), False),
        (Query("q", "?", judged={"untitled": 1, "dam": 1}), False),
    ],
)
def test_a_subject_can_be_removed_if_its_documents_have_titles(query: Query, *, removable: bool) -> None:
    dataset = Dataset("set", DOCUMENTS, (query,))
    assert list(with_removable_subject(dataset)) == ([query] if removable else [])


def test_a_library_with_one_title_has_no_removable_subject() -> None:
    alone = Dataset("set", {name: DOCUMENTS[name] for name in ("dam", "dam again")}, (WHEN,))
    assert list(with_removable_subject(alone)) == []


def test_at_most_600_questions_are_asked_twice_spread_over_the_set() -> None:
    queries = tuple(Query(f"q{number}", "?", judged={"dam": 1}) for number in range(1200))
    kept = with_removable_subject(Dataset("set", DOCUMENTS, queries))
    assert [query.id for query in kept] == [f"q{number}" for number in range(0, 1200, 2)]
