"""The encoder, which turns texts into vectors, its schedule, and the pipeline that embeds chunks."""

from index.embedding.bundled import bundled_folder, bundled_tokenizer
from index.embedding.encoder import Encoder, open_encoder

__all__ = ["Encoder", "bundled_folder", "bundled_tokenizer", "open_encoder"]
