"""A library of any number of passages, filled through the usual interface of the index without embedding."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.corpus import PASSAGES_A_DOCUMENT, SOURCE, Corpus, path_of, vectors_for
from benchmarks.datasets import HOME
from index.catalog.schema import HEAD
from index.embedding.encoder import Encoder
from index.embedding.model import Embedded, Offsets, Vectors
from index.library import Library
from index.text import passages, tabular

LIBRARIES = HOME / "libraries"
"""Later scripts reuse them; the folder may be deleted at any time."""

_DOCUMENTS_AT_ONCE = 1_000

_PASSAGES_BY = tuple(str(module.__file__) for module in (passages, tabular, sys.modules[Corpus.__module__]))
"""If this code changes, libraries are filled again."""


class StandIn(Encoder):
    """The digest of a text determines its vector (:func:`~benchmarks.corpus.vectors_for`), without a model.

    Tokens, queries' vectors and the key are those of the real encoder, so that a server with that one opens
    the library. This cannot serve to measure embedding or quality.
    """

    def __init__(self, encoder: Encoder, around: Vectors) -> None:
        self.__dict__.update(encoder.__dict__)
        self._around = around

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors: shape (len(texts), dimensions)."""
        return vectors_for(texts, self._around)

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Offsets]]
    ) -> Iterator[Embedded]:
        """The vector of each text, repeated for each sentence, to take the usual space."""
        yield from (
            Embedded(vector, np.repeat(vector[np.newaxis], len(parts), axis=0))
            for vector, parts in zip(self.encode(texts), sentences, strict=True)
        )

    @property
    def around(self) -> Vectors:
        """Real vectors: shape (vectors, dimensions)."""
        return self._around


def filled(
    passages: int, corpus: Corpus, encoder: StandIn, folder: Path = LIBRARIES, *, fresh: bool = False
) -> Path:
    """Return the home of a library of about this number of passages, filled if necessary.

    It has a tenth as many documents; an interrupted run is continued. ``fresh`` fills it anew, so that
    nothing from another version of the program is left in it.
    """
    home = folder / f"{passages}-{_digest(corpus, encoder)}"
    if fresh:
        shutil.rmtree(home, ignore_errors=True)
    wanted = {path_of(number): number for number in range(passages // PASSAGES_A_DOCUMENT)}
    with Library.open(home, encoder) as index:
        found = {record.path: record.document_id for record in index.catalog.documents()}
        missing = [number for path, number in wanted.items() if path not in found]
        unwanted = [document_id for path, document_id in found.items() if path not in wanted]
        if unwanted:
            index.replace([], unwanted)
        for start in range(0, len(missing), _DOCUMENTS_AT_ONCE):
            index.replace([corpus.incoming(n) for n in missing[start : start + _DOCUMENTS_AT_ONCE]])
            print(f"{home.name}: {start:,} of {len(missing):,} documents", file=sys.stderr)
        index.compact()
        # A search updates the caches, in case another version of the program has left them outdated.
        index.search("ready")
    return home


def document_id_at(index: Library, number: int) -> int:
    """``number`` is that in the corpus."""
    return index.catalog.files(SOURCE)[path_of(number)].document_id


def _digest(corpus: Corpus, encoder: StandIn) -> str:
    digest = hashlib.sha256(f"{encoder.key}\0{corpus.seed}\0{len(corpus.paragraphs)}\0{HEAD}".encode())
    digest.update(encoder.around.tobytes())
    for file in _PASSAGES_BY:
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()[:16]
