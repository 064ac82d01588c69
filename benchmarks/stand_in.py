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
"""The folder of filled libraries, which later scripts reuse; it may be deleted at any time."""

_DOCUMENTS_AT_ONCE = 1_000

_PASSAGES_BY = tuple(str(module.__file__) for module in (passages, tabular, sys.modules[Corpus.__module__]))
"""The code that makes passages and vectors: if it changes, libraries are filled again."""


class StandIn(Encoder):
    """A stand-in for the encoder that embeds passages without running the encoder's model.

    The digest of a passage's text determines its vector (:func:`~benchmarks.corpus.vectors_for`), which takes
    no time, so this encoder cannot serve to measure embedding or quality. Tokens and the vectors of queries
    come from the real encoder. The stand-in has the key of the real encoder, so that a server with the real
    encoder opens a library that was filled with this one.

    Args:
        encoder: the real encoder.
        around: real vectors, from :func:`~benchmarks.corpus.real_vectors`.
    """

    def __init__(self, encoder: Encoder, around: Vectors) -> None:
        self.__dict__.update(encoder.__dict__)
        self._around = around

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return a unit vector for each text: shape (len(texts), dimensions)."""
        return vectors_for(texts, self._around)

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Offsets]]
    ) -> Iterator[Embedded]:
        """Yield the vector of each text, repeated for each of its sentences, to take the usual space."""
        yield from (
            Embedded(vector, np.repeat(vector[np.newaxis], len(parts), axis=0))
            for vector, parts in zip(self.encode(texts), sentences, strict=True)
        )

    @property
    def around(self) -> Vectors:
        """The real vectors: shape (vectors, dimensions)."""
        return self._around


def filled(
    passages: int, corpus: Corpus, encoder: StandIn, folder: Path = LIBRARIES, *, fresh: bool = False
) -> Path:
    """Return the home of a library of about this number of passages, which is filled if necessary.

    If an earlier run was interrupted, the rest is filled now. Documents that do not belong to the library are
    removed.

    Args:
        passages: the number of passages; there are a tenth as many documents.
        corpus: the documents.
        encoder: gives the vectors.
        folder: the folder of all filled libraries.
        fresh: whether to fill the library anew, so that nothing from another version of the program is left
            in it.
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
    """Return the number that the library gave to document ``number`` of the corpus."""
    return index.catalog.files(SOURCE)[path_of(number)].document_id


def _digest(corpus: Corpus, encoder: StandIn) -> str:
    digest = hashlib.sha256(f"{encoder.key}\0{corpus.seed}\0{len(corpus.paragraphs)}\0{HEAD}".encode())
    digest.update(encoder.around.tobytes())
    for file in _PASSAGES_BY:
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()[:16]
