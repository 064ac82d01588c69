"""The encoder, which turns texts into vectors, its schedule, and the pipeline that embeds chunks."""

from index.embedding.encoder import BUNDLED_MODEL, Encoder, bundled_folder, open_encoder
from index.embedding.multilingual import INSTALL_COMMAND, MULTILINGUAL_MODEL

__all__ = [
    "BUNDLED_MODEL",
    "INSTALL_COMMAND",
    "MULTILINGUAL_MODEL",
    "Encoder",
    "bundled_folder",
    "open_encoder",
]
