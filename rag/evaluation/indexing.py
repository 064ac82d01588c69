"""A set's documents → an index that is made to be measured and thrown away."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from index.documents import Document
from index.embedding import Encoder
from index.library import Library, Progress
from index.records import Incoming
from rag.evaluation.configuration import Configuration

SOURCE = "/evaluation"
"""The folder that the documents of a throw-away index are said to come from."""

_PASSAGES_BY = (
    "embedding/buckets.py",
    "embedding/late_chunking.py",
    "embedding/model.py",
    "embedding/pipeline.py",
    "embedding/quantize.py",
    "text/chunks.py",
    "text/cutting.py",
    "text/entries.py",
    "text/minhash.py",
    "text/segmentation.py",
    "text/tabular.py",
    "text/tokens.py",
)
"""The code that makes passages and signatures: an index that another state of it made would be measured for
this one."""


def open_throwaway(
    documents: Mapping[str, Document],
    configuration: Configuration,
    encoder: Encoder,
    folder: Path,
    progress: Progress | None = None,
) -> Library:
    """The documents as an index, kept under a digest of all that it depends on.

    A second opening embeds nothing. A run that was broken off is taken up where it stopped.

    Args:
        documents: by name, which becomes their path.
        configuration: says how long passages are and whether they have titles.
        encoder: the configuration's encoder.
        folder: holds the throw-away indexes; it may be deleted at any time.
        progress: told how many passages are embedded.
    """
    index = Library.open(
        folder / _digest(documents, configuration, encoder),
        encoder,
        max_chunk_tokens=configuration.max_chunk_tokens,
        title_tokens=configuration.title_tokens,
    )
    known = {record.path for record in index.catalog.documents()}
    missing = [_incoming(name, document) for name, document in documents.items() if name not in known]
    if missing:
        try:
            index.replace(missing, progress=progress)
        except BaseException:
            index.close()
            raise
    return index


def _digest(documents: Mapping[str, Document], configuration: Configuration, encoder: Encoder) -> str:
    """Of the content, and of what makes passages of it."""
    how = [encoder.key, configuration.max_chunk_tokens, configuration.title_tokens]
    digest = hashlib.sha256(json.dumps(how).encode())
    for module in _PASSAGES_BY:
        digest.update(files("index").joinpath(module).read_bytes())
    for name, document in documents.items():
        content = [name, document.text, document.title, document.language, document.published]
        digest.update(json.dumps(content).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


def _incoming(name: str, document: Document) -> Incoming:
    digest = hashlib.sha256(f"{document.title}\0{document.text}".encode("utf-8", "surrogatepass"))
    return Incoming(SOURCE, name, len(document.text), 0, digest.hexdigest(), document)
