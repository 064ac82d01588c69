"""The bundled model gives the vectors of sentence-transformers without it; other models are left to it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from index.embedding import bundled_folder, open_encoder
from index.embedding.bert import merge_lora, read_bert
from index.embedding.encoder import encoder_of
from index.embedding.machine import Precision
from index.embedding.sentence_transformer import calculate_in_bfloat16
from tests.support.processes import ROOT, environment
from tests.support.writings import SENTENCES

TEXTS = (
    *SENTENCES,
    "",
    "  spaces \n around ",
    "word " * 600,
    "\N{GRINNING FACE} emoji",
    "THE DAM",
    "the dam",
)
PARTS = [[(0, len(text) // 2), (len(text) // 2, len(text))] for text in TEXTS]

HEAVY = {"transformers", "sentence_transformers", "sklearn", "scipy", "pandas", "sympy", "huggingface_hub"}


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_vectors_of_texts_queries_and_sentences_are_those_of_sentence_transformers(
    precision: Precision,
) -> None:
    """In float32 to the last bit. In bfloat16, the attention rounds its scores elsewhere."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(bundled_folder()), device="cpu")
    if precision == "bfloat16":
        calculate_in_bfloat16(model)
    theirs, ours = encoder_of(model, "theirs", "theirs"), open_encoder(precision=precision)
    pairs = [(ours.encode(TEXTS), theirs.encode(TEXTS))]
    for one, other in zip(
        ours.encode_passages(TEXTS, PARTS), theirs.encode_passages(TEXTS, PARTS), strict=True
    ):
        assert one.sentences is not None
        assert other.sentences is not None
        pairs.append((one.sentences, other.sentences))
    pairs += [(ours.encode_query(text)[None], theirs.encode_query(text)[None]) for text in TEXTS]
    for mine, its in pairs:
        if precision == "float32":
            assert np.array_equal(mine, its)
        else:
            assert np.sum(mine * its, axis=1).min() > 0.9995
    assert ours.precision == theirs.precision == precision


@pytest.mark.parametrize("lengths", [(24, 24), (24, 5, 1)])
def test_the_network_is_that_of_transformers(lengths: tuple[int, ...]) -> None:
    from transformers import BertModel

    ids = torch.randint(1000, 20_000, (len(lengths), 24), generator=torch.Generator().manual_seed(7))
    mask = (torch.arange(24)[None] < torch.tensor(lengths)[:, None]).long()
    model = BertModel.from_pretrained(bundled_folder(), add_pooling_layer=False)
    with torch.inference_mode():
        theirs = model(input_ids=ids, attention_mask=mask).last_hidden_state
        assert torch.equal(read_bert(bundled_folder())(ids, mask), theirs)


def test_a_changed_network_changes_neither_the_file_nor_another_network() -> None:
    file = bundled_folder() / "model.safetensors"
    before = file.read_bytes()
    one, other = read_bert(bundled_folder()), read_bert(bundled_folder())
    weight = "encoder.layer.0.output.dense.weight"
    with torch.no_grad():
        one.state_dict()[weight].zero_()
    assert file.read_bytes() == before
    assert other.state_dict()[weight].any()


def test_low_rank_changes_are_added_to_their_layers_and_other_weights_replaced() -> None:
    weights = {name: torch.ones(3, 2) for name in ("near.weight", "far.weight")} | {"head": torch.zeros(1)}
    column, row = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[10.0, 0.0]])
    stored = {"far.lora_A": row.half(), "far.lora_B": column.half(), "head": torch.ones(1).half()}
    merged = merge_lora(weights, stored)
    assert merged["far.weight"].tolist() == [[11.0, 1.0], [21.0, 1.0], [31.0, 1.0]]
    assert merged["near.weight"].tolist() == weights["far.weight"].tolist() == [[1.0, 1.0]] * 3
    assert (merged["head"].tolist(), merged["head"].dtype) == ([1.0], torch.float32)


@pytest.mark.parametrize("missing", ["far.lora_A", "far.lora_B"])
def test_low_rank_changes_without_one_of_their_matrices_are_refused(missing: str) -> None:
    stored = {"far.lora_A": torch.ones(1, 2), "far.lora_B": torch.ones(3, 1)}
    del stored[missing]
    with pytest.raises(KeyError, match=missing):
        merge_lora({"far.weight": torch.ones(3, 2)}, stored)


def _with_prompt(folder: Path) -> None:
    _change(folder / "config_sentence_transformers.json", prompts={"query": "find: "})


def _with_a_shorter_window(folder: Path) -> None:
    _change(folder / "sentence_bert_config.json", max_seq_length=8)


def _with_the_first_token(folder: Path) -> None:
    _change(folder / "1_Pooling" / "config.json", pooling_mode_cls_token=True, pooling_mode_mean_tokens=False)


@pytest.mark.parametrize("change", [_with_prompt, _with_a_shorter_window, _with_the_first_token])
def test_the_same_weights_with_another_configuration_are_another_model(
    change: Callable[[Path], None], tmp_path: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    folder = Path(shutil.copytree(bundled_folder(), tmp_path / "model"))
    change(folder)
    text = "The council of Varda closed the third gate of the dam on Monday."
    theirs = SentenceTransformer(str(folder), device="cpu").encode_query(text, normalize_embeddings=True)
    assert open_encoder(str(folder), "float32").encode_query(text) == pytest.approx(theirs, abs=1e-5)
    assert open_encoder(precision="float32").encode_query(text) != pytest.approx(theirs, abs=1e-2)


def _change(file: Path, **values: Any) -> None:  # noqa: ANN401 (as JSON has it)
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def test_opening_loads_no_model_and_embedding_loads_torch_alone() -> None:
    code = (
        "import sys; from index.embedding import open_encoder; "
        "encoder = open_encoder(like='all-MiniLM-L6-v2@53aa51172d142c89+bfloat16'); "
        "print(encoder.key, encoder.dimensions, sorted(encoder.languages), 'torch' in sys.modules); "
        "encoder.encode_query('dam'); "
        f"print('torch' in sys.modules, sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "all-MiniLM-L6-v2@53aa51172d142c89+bfloat16 384 ['en'] False",
        "True []",
    ]
