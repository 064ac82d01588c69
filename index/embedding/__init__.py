"""Turns texts into vectors: the encoder, the scheduler of its work, and the pipeline that embeds passages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

if TYPE_CHECKING:
    from index.embedding.bert import Bert, merge_lora, read_bert
    from index.embedding.bundled import BUNDLED_MODEL, bundled_folder, bundled_tokenizer
    from index.embedding.encoder import Encoder, open_encoder
    from index.embedding.machine import this_machine
    from index.embedding.mpnet import Mpnet, read_mpnet
    from index.embedding.multilingual import INSTALL_COMMAND, MULTILINGUAL_MODEL
    from index.embedding.pinned import sha256_of, whole_tokenizer

__all__ = [
    "BUNDLED_MODEL",
    "INSTALL_COMMAND",
    "MULTILINGUAL_MODEL",
    "Bert",
    "Encoder",
    "Mpnet",
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
        "INSTALL_COMMAND": "index.embedding.multilingual",
        "MULTILINGUAL_MODEL": "index.embedding.multilingual",
        "Encoder": "index.embedding.encoder",
        "Mpnet": "index.embedding.mpnet",
        "bundled_folder": "index.embedding.bundled",
        "bundled_tokenizer": "index.embedding.bundled",
        "merge_lora": "index.embedding.bert",
        "open_encoder": "index.embedding.encoder",
        "read_bert": "index.embedding.bert",
        "read_mpnet": "index.embedding.mpnet",
        "sha256_of": "index.embedding.pinned",
        "this_machine": "index.embedding.machine",
        "whole_tokenizer": "index.embedding.pinned",
    },
)
