"""The split of all sets into questions for training, for tuning and for measuring, by title.

Everything that the product learned from a set came from the ``train`` part and was stopped and calibrated on
``tune``; results are reported on ``test``. A title is in the same part of every set, so that a page that two
sets quote is never used for training in one and for measuring in the other.
"""

from __future__ import annotations

import hashlib
from typing import Literal

Part = Literal["train", "tune", "test"]

_TRAIN, _TUNE = 154, 192
"""Bounds for the first byte of the digest: 60 % for training, 15 % for tuning, 25 % for results."""


def part_of(title: str) -> Part:
    """Return the part of the documents with ``title`` (or, without a title, with that name)."""
    first = hashlib.sha256(title.encode()).digest()[0]
    if first < _TRAIN:
        return "train"
    return "tune" if first < _TUNE else "test"
