"""Turns texts into vectors: the encoder, the models that it runs, and the pipeline that embeds passages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

if TYPE_CHECKING:
    from index.embedding.encoder import Encoder, open_encoder
    from index.embedding.multilingual import (
        INSTALL_COMMAND,
        MULTILINGUAL_LANGUAGES,
        MULTILINGUAL_MODEL,
        has_multilingual,
    )
    from index.embedding.onnx import DEFAULT_MODEL, OnnxModel, PackagedModel, Tokens, sha256_of

__all__ = [
    "DEFAULT_MODEL",
    "INSTALL_COMMAND",
    "MULTILINGUAL_LANGUAGES",
    "MULTILINGUAL_MODEL",
    "Encoder",
    "OnnxModel",
    "PackagedModel",
    "Tokens",
    "has_multilingual",
    "open_encoder",
    "sha256_of",
]


__getattr__ = attributes(
    __name__,
    {
        "index.embedding.encoder": ("Encoder", "open_encoder"),
        "index.embedding.multilingual": (
            "INSTALL_COMMAND",
            "MULTILINGUAL_LANGUAGES",
            "MULTILINGUAL_MODEL",
            "has_multilingual",
        ),
        "index.embedding.onnx": ("DEFAULT_MODEL", "OnnxModel", "PackagedModel", "Tokens", "sha256_of"),
    },
)
