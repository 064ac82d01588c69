"""Writes an answer from ranked sentences: quotes them, or lets a language model write from them."""

from rag.writing.composition import QUOTED
from rag.writing.writer import Writer

__all__ = ["QUOTED", "Writer"]
