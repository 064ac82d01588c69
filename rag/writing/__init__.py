"""Writes an answer from ranked sentences: it quotes them, or a language model uses them."""

from rag.writing.composition import QUOTED
from rag.writing.writer import Writer

__all__ = ["QUOTED", "Writer"]
