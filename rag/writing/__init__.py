"""Writing: from ranked sentences to an answer, which quotes them or which a language model writes."""

from rag.writing.writer import Writer

__all__ = ["Writer"]
