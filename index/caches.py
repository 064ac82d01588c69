"""The catalog's caches on disk: a FAISS file, a tantivy folder, and what they were when they were saved."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index.catalog import Catalog
from index.lexical import Entry, LexicalIndex, LexicalIndexError
from index.records import Committed, Passage
from index.vectors import VectorIndex, VectorIndexError

_MARKER = "caches.json"
_VECTORS = "vectors.faiss"
_WORDS = "lexical"


@dataclass(slots=True)
class Caches:
    """The two halves of a search, at one generation of the catalog. Not safe to share: the owner locks.

    Attributes:
        home: the library's folder, in which they are saved.
        generation: the catalog's generation that both halves show.
        vectors: the passages by vector.
        words: the passages by word.
        titled: whether a passage is also found by the words of its document's title.
    """

    home: Path
    generation: int
    vectors: VectorIndex
    words: LexicalIndex
    titled: bool = True

    def follow(self, catalog: Catalog, committed: Committed) -> None:
        """Take in one commit, and save. What an error leaves behind belongs to no generation."""
        self.vectors.remove(committed.removed)
        numbers, vectors = catalog.chunk_vectors(committed.added)
        self.vectors.add(numbers, vectors)
        if committed.removed:
            self.words.replace_all(_entries(catalog.passages(), titled=self.titled))
        else:
            self.words.add(_entries(catalog.passages(committed.added), titled=self.titled))
        self.generation = committed.generation
        self._save()

    def _save(self) -> None:
        # The marker comes last: until it names the generation, both halves count as behind.
        self.vectors.save(self.home / _VECTORS)
        part = self.home / f"{_MARKER}.part"
        with part.open("w", encoding="utf-8") as file:
            json.dump(_marker(self.home, self.generation), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.home / _MARKER)


def load_caches(
    home: Path, dimensions: int, generation: int, passages: int, *, titled: bool = True
) -> Caches | None:
    """The caches as they were saved, or None where they are damaged or of another state of the catalog.

    Args:
        home: the library's folder.
        dimensions: the length of the encoder's vectors.
        generation: the generation that they must stand at.
        passages: how many passages that generation has.
        titled: whether passages go in with their document's title from now on.
    """
    try:
        if json.loads((home / _MARKER).read_bytes()) != _marker(home, generation):
            return None
        vectors = VectorIndex.load(home / _VECTORS)
        words = LexicalIndex(home / _WORDS)
    except (OSError, ValueError, VectorIndexError, LexicalIndexError):
        return None
    if not len(vectors) == len(words) == passages or vectors.dimensions != dimensions:
        return None
    return Caches(home, generation, vectors, words, titled)


def rebuild_caches(
    home: Path, dimensions: int, generation: int, catalog: Catalog, *, titled: bool = True
) -> Caches:
    """Make both halves again from the catalog, embedding nothing, and save them.

    Only the library's one writer may do this.
    """
    numbers, stored = catalog.chunk_vectors()
    vectors = VectorIndex(dimensions)
    vectors.add(numbers, stored)
    # Opening damaged files can end the process, so that nothing of them is kept.
    shutil.rmtree(home / _WORDS, ignore_errors=True)
    caches = Caches(home, generation, vectors, LexicalIndex(home / _WORDS), titled)
    caches.words.replace_all(_entries(catalog.passages(), titled=titled))
    caches._save()
    return caches


def passage_text(title: str, text: str, headings: str = "") -> str:
    """What is embedded and indexed of a passage: what it is of, and its words.

    Args:
        title: its document's title, or nothing.
        text: its words.
        headings: for rows of a table that stand apart from their headings, the headings.
    """
    return "\n".join(part for part in (title, headings, text) if part)


def _marker(home: Path, generation: int) -> dict[str, object]:
    """What is noted of the files: neither FAISS nor tantivy notices every damage to its own."""
    files = [home / _VECTORS, *sorted((home / _WORDS).glob("[!.]*"))]
    return {"generation": generation, "files": {file.name: _digest(file) for file in files}}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _entries(passages: Iterable[Passage], *, titled: bool) -> Iterator[Entry]:
    for passage in passages:
        document = passage.document
        apart = passage.header is not None and not passage.span.covers(passage.header)
        headings = passage.headings if apart else ""
        text = passage_text(document.title if titled else "", passage.text, headings)
        yield Entry(passage.chunk_id, document.language, text)
