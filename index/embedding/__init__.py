"""The encoder, which turns texts into vectors, its schedule, and the pipeline that embeds chunks."""

from index.embedding.encoder import Encoder, bundled_folder, open_encoder

__all__ = ["Encoder", "bundled_folder", "open_encoder"]
