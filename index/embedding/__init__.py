"""Turns texts into vectors: the encoder, the models that it runs, and the pipeline that embeds passages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

if TYPE_CHECKING:
    from index.embedding.bert import Bert, merge_lora, read_bert
    from index.embedding.bge import DEFAULT_MODEL
    from index.embedding.bundled import BUNDLED_MODEL, bundled_folder, bundled_tokenizer
    from index.embedding.encoder import Encoder, open_encoder
    from index.embedding.machine import this_machine
    from index.embedding.mpnet import Mpnet, read_mpnet
    from index.embedding.multilingual import INSTALL_COMMAND, MULTILINGUAL_LANGUAGES, MULTILINGUAL_MODEL
    from index.embedding.onnx import OnnxModel, PackagedModel, Tokens, sha256_of, whole_tokenizer

__all__ = [
    "BUNDLED_MODEL",
    "DEFAULT_MODEL",
    "INSTALL_COMMAND",
    "MULTILINGUAL_LANGUAGES",
    "MULTILINGUAL_MODEL",
    "Bert",
    "Encoder",
    "Mpnet",
    "OnnxModel",
    "PackagedModel",
    "Tokens",
    "bundled_folder",
    "bundled_tokenizer",
    "merge_lora",
    "open_encoder",
    "read_bert",
    "read_mpnet",
    "sha256_of",
    "this_machine",
    "whole_tokenizer",
]

__getattr__ = attributes(
    __name__,
    {
        "BUNDLED_MODEL": "index.embedding.bundled",
        "Bert": "index.embedding.bert",
        "DEFAULT_MODEL": "index.embedding.bge",
        "Encoder": "index.embedding.encoder",
        "INSTALL_COMMAND": "index.embedding.multilingual",
        "MULTILINGUAL_LANGUAGES": "index.embedding.multilingual",
        "MULTILINGUAL_MODEL": "index.embedding.multilingual",
        "Mpnet": "index.embedding.mpnet",
        "OnnxModel": "index.embedding.onnx",
        "PackagedModel": "index.embedding.onnx",
        "Tokens": "index.embedding.onnx",
        "bundled_folder": "index.embedding.bundled",
        "bundled_tokenizer": "index.embedding.bundled",
        "merge_lora": "index.embedding.bert",
        "open_encoder": "index.embedding.encoder",
        "read_bert": "index.embedding.bert",
        "read_mpnet": "index.embedding.mpnet",
        "sha256_of": "index.embedding.onnx",
        "this_machine": "index.embedding.machine",
        "whole_tokenizer": "index.embedding.onnx",
    },
)
