"""The reader: a model that reads the best sentences together with the question, and scores them again."""

from rag.finding.reader.cross_encoders import PairScorer, load_cross_encoder, open_pair_scorer
from rag.finding.reader.reader import (
    BUNDLED_READER,
    NO_READER,
    BundledReader,
    Reader,
    WindowRead,
    bundled_reader,
    open_reader,
)
from rag.finding.reader.scores import apply_reader, can_read, windows_of
from rag.finding.reader.windows import TokenizedWindow, Window, tokenize

__all__ = [
    "BUNDLED_READER",
    "NO_READER",
    "BundledReader",
    "PairScorer",
    "Reader",
    "TokenizedWindow",
    "Window",
    "WindowRead",
    "apply_reader",
    "bundled_reader",
    "can_read",
    "load_cross_encoder",
    "open_pair_scorer",
    "open_reader",
    "tokenize",
    "windows_of",
]
