"""The catalog's caches on disk: a FAISS file, a tantivy folder, and the generation they stand at."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from index.catalog import Catalog
from index.lexical import Entry, LexicalIndex, LexicalIndexError
from index.records import Committed, Passage
from index.vectors import VectorIndex, VectorIndexError

_NONE = -1
"""The generation of caches that hold nothing yet: below every generation of a catalog."""


class Caches:
    """The two halves of a search, at one generation of the catalog. Not safe to share: the owner locks.

    Attributes:
        generation: the catalog's generation that both halves show.
        vectors: the passages by vector.
        words: the passages by word.
    """

    def __init__(self, home: Path, dimensions: int) -> None:
        self._marker = home / "caches.json"
        self._faiss = home / "vectors.faiss"
        self._tantivy = home / "lexical"
        self._dimensions = dimensions
        self.generation = _NONE
        self.vectors = VectorIndex(dimensions)
        self.words = self._open_words()

    def load(self, generation: int, passages: int) -> bool:
        """Read the caches from disk, if they stand at ``generation`` and hold all its ``passages``."""
        if self._stored_generation() != generation:
            return False
        try:
            vectors = VectorIndex.load(self._faiss)
        except VectorIndexError:
            return False
        self.words.refresh()
        if not len(vectors) == len(self.words) == passages or vectors.dimensions != self._dimensions:
            return False
        self.vectors, self.generation = vectors, generation
        return True

    def rebuild(self, catalog: Catalog, generation: int) -> None:
        """Make both halves again from the catalog, embedding nothing, and save them."""
        numbers, vectors = catalog.chunk_vectors()
        self.vectors = VectorIndex(self._dimensions)
        self.vectors.add(numbers, vectors)
        self.words.replace_all(_entries(catalog.passages()))
        self._save(generation)

    def follow(self, catalog: Catalog, committed: Committed) -> None:
        """Take in one commit, and save."""
        self.vectors.remove(committed.removed)
        numbers, vectors = catalog.chunk_vectors(committed.added)
        self.vectors.add(numbers, vectors)
        if committed.removed:
            self.words.replace_all(_entries(catalog.passages()))
        else:
            self.words.add(_entries(catalog.passages(committed.added)))
        self._save(committed.generation)

    def _save(self, generation: int) -> None:
        # The marker comes last: until it names the generation, both halves count as behind.
        self.vectors.save(self._faiss)
        part = self._marker.with_suffix(".part")
        with part.open("w") as file:
            json.dump({"generation": generation}, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._marker)
        self.generation = generation

    def _stored_generation(self) -> int | None:
        try:
            stored = json.loads(self._marker.read_text())
        except (OSError, ValueError):
            return None
        return stored.get("generation") if isinstance(stored, dict) else None

    def _open_words(self) -> LexicalIndex:
        try:
            return LexicalIndex(self._tantivy)
        except LexicalIndexError:
            # Damaged, or of another layout: it is only a cache, and load() will find it empty.
            shutil.rmtree(self._tantivy)
            return LexicalIndex(self._tantivy)


def passage_text(title: str, text: str) -> str:
    """What is embedded and indexed of a passage: its document's title in front of its words."""
    return f"{title}\n{text}"


def _entries(passages: Iterable[Passage]) -> Iterator[Entry]:
    for passage in passages:
        document = passage.document
        yield Entry(passage.chunk_id, document.language, passage_text(document.title, passage.text))
