"""The evaluation sets, and indexes of their documents.

``FOOTNOTED_EVAL_DATA`` names their folder; the default is ``../shared/data`` beside the checkout.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from platformdirs import user_cache_path

from index.embedding.encoder import Encoder
from index.library import Library
from rag.evaluation import Configuration, Dataset
from rag.evaluation.datasets import open_temporary

_HERE = Path(__file__).parent

HOME = user_cache_path("footnoted") / "benchmarks"
"""Temporary indexes; the folder may be deleted at any time."""


def data_folder() -> Path:
    """Ends the program with a message if there is none."""
    folder = Path(os.environ.get("FOOTNOTED_EVAL_DATA", _HERE.parent.parent / "shared" / "data"))
    if not folder.is_dir():
        sys.exit(f"no evaluation data in {folder}; set FOOTNOTED_EVAL_DATA to the folder that has the sets")
    return folder


def open_index(dataset: Dataset, encoder: Encoder) -> Library:
    """Built only once."""
    return open_temporary(dataset.documents, Configuration(), encoder, HOME / "evaluation" / "indexes")
