"""A document's page lists the answers that quote it, with each quote once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.catalog.database import Catalog
from rag.conversations.answers import CitingAnswer, Quote, keep, page_of_citing
from rag.conversations.store import AnswerStore
from tests.support.markup import abstention, answer, citation, passage
from tests.support.reports import version

TWICE = replace(
    answer(
        citation(1, "The third gate failed.", 7, at=0),
        replace(citation(2, "It rusted.", 7, at=22), start=20, end=30),
        citation(1, "The third gate failed.", 7, at=32),
        citation(3, "Nine days of rain.", 8, at=54),
    ),
    answer_id="0a" * 16,
    conversation_id="c1",
    question="Why did it fail?",
)
OLDER = replace(
    answer(citation(1, "The third gate failed.", 7), replace(citation(2, "It is new.", 7), version=1)),
    answer_id="0b" * 16,
    question="And before?",
    created="2031-08-03T10:00:00+00:00",
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


def test_the_newest_answer_comes_first_with_its_quotes_from_each_version(catalog: Catalog) -> None:
    keep(catalog, TWICE)
    keep(catalog, OLDER)
    keep(catalog, replace(abstention(passage("Words of document 7.")), answer_id="0c" * 16))
    failed = Quote(100, 122, "The third gate failed.")
    assert page_of_citing(catalog, 7, 10)[0] == [
        CitingAnswer("0b" * 16, None, "And before?", OLDER.created, 2, (failed,)),
        CitingAnswer("0b" * 16, None, "And before?", OLDER.created, 1, (Quote(100, 110, "It is new."),)),
        CitingAnswer(
            "0a" * 16, "c1", "Why did it fail?", TWICE.created, 2, (Quote(20, 30, "It rusted."), failed)
        ),
    ]
    assert [found.answer_id for found in page_of_citing(catalog, 8, 10)[0]] == ["0a" * 16]
    assert [found.version for found in page_of_citing(catalog, 7, 1)[0]] == [2]
    assert page_of_citing(catalog, 9, 10)[0] == []


def test_replaced_and_deleted_answers_cite_nothing(catalog: Catalog) -> None:
    keep(catalog, TWICE)
    keep(catalog, replace(TWICE, answer_id="0d" * 16), replaces=TWICE.answer_id)
    assert [found.answer_id for found in page_of_citing(catalog, 7, 10)[0]] == ["0d" * 16]
    AnswerStore(catalog).delete("0d" * 16)
    assert page_of_citing(catalog, 7, 10)[0] == []


def test_a_deleted_document_is_still_cited(catalog: Catalog) -> None:
    catalog.commit([version("The third gate failed.")])
    number = catalog.documents()[0].document_id
    keep(catalog, answer(citation(1, "The third gate failed.", number)))
    before = page_of_citing(catalog, number, 10)[0]
    catalog.commit([], [number])
    assert page_of_citing(catalog, number, 10)[0] == before
    assert [found.answer_id for found in before] == ["0" * 32]
