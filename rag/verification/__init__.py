"""Whether a sentence of an answer is what the words it cites say."""

from rag.verification.legacy import figures, verify

__all__ = ["figures", "verify"]
