"""Ranked sentences in, an answer out: quoted, or written by a language model."""

from rag.writing.model import Writer

__all__ = ["Writer"]
