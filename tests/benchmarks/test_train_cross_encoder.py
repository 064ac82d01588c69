"""The training of the reader: what it learns from, that it learns, and that the product opens its file."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors import safe_open
from torch import nn

from benchmarks.asked import ask_all, says
from benchmarks.float_models import write_float_weights
from benchmarks.train_cross_encoder import Example, Learner, examples, train
from index.embedding import open_encoder, sha256_of
from index.ingest import sync
from index.library import Library
from rag.answer_limits import MAX_READ
from rag.finding.reading import PACKAGED, BundledReader

pytestmark = pytest.mark.slow

SEEDS = Path(__file__).parents[2] / "seeds"
REPORT = "cambodia-scam-raids.md"
ARRESTED = "More than a thousand suspects were arrested within three days"
WRITTEN = [
    {
        "question": "How many people did the police arrest?",
        "kind": "fact",
        "answerable": True,
        "answers": ["More than a thousand"],
        "evidence": [{"document": REPORT, "page": None, "quote": ARRESTED}],
    },
    {
        "question": "How many judges resigned?",
        "kind": "unanswerable",
        "answerable": False,
        "answers": [],
        "evidence": [],
    },
]


@pytest.fixture(scope="module")
def learned_from(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    with Library.open(tmp_path_factory.mktemp("home"), open_encoder()) as library:
        sync(library, [SEEDS])
        return list(examples(ask_all(library, WRITTEN)))


def test_it_learns_from_what_the_product_reads_and_marks_the_sentence_that_is_quoted(
    learned_from: list[Example],
) -> None:
    asked, unanswerable = learned_from
    right = [text for text, gold in zip(asked.texts, asked.gold, strict=True) if gold]
    assert [ARRESTED in text for text in right] == [True]
    assert not any(unanswerable.gold)
    assert len(unanswerable.texts) == MAX_READ


def test_the_loss_falls_and_the_product_opens_the_file(learned_from: list[Example], tmp_path: Path) -> None:
    assert any(learned_from[0].gold[:4])
    few = [replace(each, texts=each.texts[:4], gold=each.gold[:4]) for each in learned_from]
    learner = Learner(write_float_weights(PACKAGED, tmp_path / "float"))
    losses = list(train(learner, [few] * 4, random.Random(0), minutes=10))  # noqa: S311
    assert losses[3] < losses[0]
    for module in learner.changed.values():  # Four steps change too little to be seen.
        nn.init.normal_(module.b, std=0.1)
    file = tmp_path / "reader.safetensors"
    learner.write(file)
    with safe_open(file, "pt") as stored:
        assert stored.metadata()["made_by"] == "benchmarks/train_cross_encoder.py"
    question, texts = few[0].question, few[0].texts
    learned = learner([(question, text) for text in texts]).tolist()
    opened = BundledReader(file, sha256_of(file)).scores(question, texts)
    packaged = BundledReader(file, "").scores(question, texts)
    assert opened == pytest.approx(learned, abs=1)
    assert max(abs(one - other) for one, other in zip(opened, packaged, strict=True)) > 2


@pytest.mark.parametrize(
    ("sentence", "quote", "answers", "same"),
    [
        ("Latin America | 4 | 3 | 2 | 0", "Latin America 4 3 2 0", ["Latin America 4 3 2 0"], True),
        ("Africa | 4 | 3 | 2 | 0", "Latin America 4 3 2 0", ["Latin America 4 3 2 0"], False),
        (
            "An estimated 77 percent of museums leak, GAO found.",
            "77 percent of museums",
            ["77 percent"],
            True,
        ),
        (
            "An estimated 71 percent of museums leak, GAO found.",
            "77 percent of museums",
            ["77 percent"],
            False,
        ),
        ("Sales rose by 4 % in May.", "Sales rose by 4 % in May. Costs fell by 2 %.", ["4 %"], True),
        ("Costs fell by 2 % in May.", "Sales rose by 4 % in May. Costs fell by 2 % in May.", ["4 %"], False),
        ("···", "Sales rose.", [], False),
    ],
)
def test_a_sentence_is_marked_if_it_says_what_the_quote_says(
    sentence: str, quote: str, answers: list[str], same: bool
) -> None:
    assert says(sentence, quote, answers) is same
