"""Temporary indexes of a set's documents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path

from index.documents import Document
from index.embedding import Encoder
from index.library import Library, Progress
from index.records import Incoming
from rag.evaluation.configuration import Configuration

SOURCE = "/evaluation"
"""The source folder of the documents in a temporary index."""

_PASSAGES_BY = ("text", "embedding")
"""The packages of ``index`` that make passages. A change to their code requires a new index; otherwise the
evaluation would measure the old code."""


def open_temporary(
    documents: Mapping[str, Document],
    configuration: Configuration,
    encoder: Encoder,
    folder: Path,
    progress: Progress | None = None,
) -> Library:
    """Open an index of the documents, stored under a digest of everything that the index depends on.

    Opening the index again embeds nothing. A call after an interruption embeds only what is missing.

    Args:
        documents: the documents by name; each name becomes the path of its document in the index.
        configuration: sets the length of passages, and of the titles that precede them.
        encoder: the configuration's encoder.
        folder: contains the temporary indexes; it may be deleted at any time.
        progress: receives the number of embedded passages.
    """
    index = Library.open(
        folder / _digest(documents, configuration, encoder),
        encoder,
        max_chunk_tokens=configuration.max_chunk_tokens,
        title_tokens=configuration.title_tokens,
    )
    known = {record.path for record in index.catalog.documents()}
    missing = [_incoming(name, document) for name, document in documents.items() if name not in known]
    with ExitStack() as unfinished:
        unfinished.callback(index.close)
        if missing:
            index.replace(missing, progress=progress)
        unfinished.pop_all()
    return index


def _digest(documents: Mapping[str, Document], configuration: Configuration, encoder: Encoder) -> str:
    """Return the digest of the documents, and of everything that turns them into passages."""
    how = [encoder.key, configuration.max_chunk_tokens, configuration.title_tokens]
    digest = hashlib.sha256(json.dumps(how).encode())
    for package in _PASSAGES_BY:
        modules = [file for file in files("index").joinpath(package).iterdir() if file.name.endswith(".py")]
        for module in sorted(modules, key=lambda file: file.name):
            digest.update(module.read_bytes())
    for name, document in documents.items():
        content = [name, document.text, document.title, document.language, document.published]
        digest.update(json.dumps(content).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


def _incoming(name: str, document: Document) -> Incoming:
    digest = hashlib.sha256(f"{document.title}\0{document.text}".encode("utf-8", "surrogatepass"))
    return Incoming(SOURCE, name, len(document.text), 0, digest.hexdigest(), document)
