"""An entailment model from a folder: its classes are found by name, and its errors are plain."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import EntailmentError
from rag.verification import Evidence, Gate, open_entailment


def save_model(folder: Path, labels: list[str]) -> Path:
    """A BERT with random weights and the classes of natural language inference."""
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
    return folder


def test_columns_are_found_by_their_names(tmp_path: Path) -> None:
    model = open_entailment(str(save_model(tmp_path / "nli", ["contradiction", "entailment", "neutral"])))
    [one, other] = model.judge(["The bridge opened.", "The bridge closed."], "The bridge opened.")
    for judged in (one, other):
        assert 0 < judged.entailed < 1
        assert 0 < judged.contradicted < 1
        assert judged.entailed + judged.contradicted < 1


def test_the_gate_asks_it_of_what_is_no_quotation(tmp_path: Path) -> None:
    gate = Gate(
        entailment=open_entailment(str(save_model(tmp_path / "nli", ["entailment", "not_entailment"])))
    )
    evidence = [Evidence("The bridge opened in May.", language="en")]
    assert "entailment" in gate.check("The bridge opened.", evidence).checks
    assert "entailment" not in gate.check("The bridge opened in May.", evidence).checks


def test_a_model_without_the_class_is_refused(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "other", ["good", "bad"])
    with pytest.raises(EntailmentError, match="classes good, bad and none for entailment"):
        open_entailment(str(folder))


def test_a_model_that_is_not_there_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(EntailmentError, match=r"cannot be loaded: .*; give the name or folder") as raised:
        open_entailment(str(tmp_path / "none"))
    assert "\n" not in str(raised.value)
