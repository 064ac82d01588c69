"""With the multilingual encoder, questions in the interface's languages are answered from English reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.embedding import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from rag.engine import QueryEngine

pytestmark = pytest.mark.slow

SEEDS = Path(__file__).parent.parent.parent / "seeds"


@pytest.fixture(scope="module")
def engine(
    multilingual: Encoder, loading: Isolated, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[QueryEngine]:
    """The engine over ``seeds/``, embedded by the multilingual encoder."""
    with Library.open(tmp_path_factory.mktemp("home"), multilingual) as index:
        sync(index, [SEEDS], reader=loading)
        yield QueryEngine(index)


@pytest.mark.parametrize(
    ("question", "language", "quoted"),
    [
        ("为什么 Pellan 不再设小学？", "Chinese", "sunk by 60 centimetres"),
        ("Vì sao Pellan không còn trường tiểu học nữa?", "Vietnamese", "sunk by 60 centimetres"),
        ("Mengapa Pellan tidak akan punya sekolah dasar lagi?", "Indonesian", "sunk by 60 centimetres"),
        ("តើគ្រូបានប្រាក់បន្ថែមប៉ុន្មានសម្រាប់ទៅបង្រៀននៅ Quell Delta?", "Khmer", "150 tals a month"),
    ],
)
def test_the_words_of_the_report_answer(
    engine: QueryEngine, question: str, language: str, quoted: str
) -> None:
    answer = engine.ask(question, exact=True)
    assert not answer.abstained
    assert quoted in answer.citations[0].quote
    assert (
        answer.note
        == f"The question is in {language}; the words cited are in English, so check that they answer it."
    )


def test_what_no_report_answers_is_refused_without_blaming_the_encoder(engine: QueryEngine) -> None:
    answer = engine.ask("哪支球队赢得了2018年世界杯足球赛？")
    assert (answer.abstained, answer.cause) == (True, "not_answered")
    assert answer.reason == (
        "The question is in Chinese, the nearest report is in English, and no sentence that was read "
        "answers it."
    )


def test_an_english_question_is_answered_as_with_the_bundled_encoder(engine: QueryEngine) -> None:
    answer = engine.ask("How many suspects were arrested, and over how many days?")
    assert answer.citations[0].quote.startswith("PHNOM PENH, the 18th – More than a thousand suspects")
    assert answer.note is None
