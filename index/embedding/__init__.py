"""The encoder, which turns texts into vectors, its schedule, and the pipeline that embeds chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

if TYPE_CHECKING:
    from index.embedding.bert import Bert, read_bert
    from index.embedding.bundled import bundled_folder, bundled_tokenizer
    from index.embedding.encoder import Encoder, open_encoder
    from index.embedding.model import Passes
    from index.embedding.mpnet import read_mpnet
    from index.embedding.pinned import open_pinned, whole_tokenizer

__all__ = [
    "Bert",
    "Encoder",
    "Passes",
    "bundled_folder",
    "bundled_tokenizer",
    "open_encoder",
    "open_pinned",
    "read_bert",
    "read_mpnet",
    "whole_tokenizer",
]

__getattr__ = attributes(
    __name__,
    {
        "Bert": "index.embedding.bert",
        "Encoder": "index.embedding.encoder",
        "Passes": "index.embedding.model",
        "bundled_folder": "index.embedding.bundled",
        "bundled_tokenizer": "index.embedding.bundled",
        "open_encoder": "index.embedding.encoder",
        "open_pinned": "index.embedding.pinned",
        "read_bert": "index.embedding.bert",
        "read_mpnet": "index.embedding.mpnet",
        "whole_tokenizer": "index.embedding.pinned",
    },
)
