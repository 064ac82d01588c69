"""Which questions weights may be learned from, and which only measure: a split by title.

Everything that the product learned from a set came from its ``train`` part, was stopped and calibrated on
``tune``, and is reported on ``test``. A title is in the same part of every set, so that a page which two sets
quote is never learned from in one and measured in the other.
"""

from __future__ import annotations

import hashlib
from typing import Literal

Part = Literal["train", "tune", "test"]

_TRAIN, _TUNE = 154, 192
"""Of the 256 values of the digest's first byte: 60 % to learn from, 15 % to tune on, 25 % to report."""


def part_of(title: str) -> Part:
    """The part that the documents of ``title`` (or, without one, of that document's name) are in."""
    first = hashlib.sha256(title.encode()).digest()[0]
    if first < _TRAIN:
        return "train"
    return "tune" if first < _TUNE else "test"
