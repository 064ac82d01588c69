"""Judges: a cross-encoder from a folder, and a language model that says yes or no."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import JudgeError
from rag.verification import Evidence, Gate, Thresholds, open_judge


def save_model(folder: Path, labels: list[str]) -> str:
    """A BERT with random weights and some classes."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "bridge", "opened", "closed", "."]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64, id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize("labels", [["contradiction", "entailment", "neutral"], ["score"]])
def test_a_cross_encoder_has_a_class_for_entailment_or_one_score(tmp_path: Path, labels: list[str]) -> None:
    judge = open_judge(save_model(tmp_path / "model", labels), None, Thresholds(0.8, 0.2))
    assert judge is not None
    assert 0 < judge.judge("The bridge opened.", "The bridge closed.") < 1
    assert (judge.thresholds, judge.languages) == (Thresholds(0.8, 0.2), frozenset({"en"}))


def test_the_gate_asks_it_of_other_words_alone(tmp_path: Path) -> None:
    gate = Gate(open_judge(save_model(tmp_path / "model", ["entailment", "not_entailment"])))
    evidence = [Evidence("The bridge opened in May.", language="en")]
    assert "judge" in gate.check("In May the bridge was open.", evidence).checks
    assert "judge" not in gate.check("The bridge opened in May.", evidence).checks


def test_a_cross_encoder_without_the_class_is_refused(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "model", ["good", "bad"])
    with pytest.raises(JudgeError, match="classes good, bad but none for entailment"):
        open_judge(folder)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"cannot be loaded: .*; give the name or folder"):
        open_judge(str(tmp_path / "none"))


def test_no_judge_and_no_language_model() -> None:
    assert open_judge("none") is None
    with pytest.raises(JudgeError, match="set llm and llm_model"):
        open_judge("llm")
