"""Small reports to index, and the results of searches without ids of the catalog."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from index.catalog.database import Catalog
from index.documents import Chunk, Document
from index.embedding.encoder import Encoder
from index.embedding.model import Embedded, Offsets, Vectors
from index.library import NO_FILTERS, Hit, Library
from index.records import DocumentRecord, Filters, Incoming, NewVersion
from index.search.fusion import DENSE_WEIGHT
from index.text.passages import sentences

VOCABULARY = [
    "report",
    "river",
    "council",
    "dam",
    "flood",
    "gate",
    "village",
    "water",
    "police",
    "arrest",
    "Varda",
    "Orrin",
]


def words(count: int, seed: int = 7) -> list[str]:
    chance = random.Random(seed)  # noqa: S311 (words, not secrets)
    return [
        f"{' '.join(chance.choices(VOCABULARY, k=chance.randint(3, 9))).capitalize()}." for _ in range(count)
    ]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def incoming(
    text: str,
    path: str = "a.txt",
    source: str = "/reports",
    *,
    title: str = "A report",
    language: str = "en",
    publisher: str | None = None,
    published: str | None = None,
) -> Incoming:
    document = Document(text, title, "text", language, publisher, published)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Incoming(source, path, len(text), 1, digest, document)


def version(
    text: str = "First words. Second words.",
    path: str = "a.txt",
    source: str = "/r",
    *,
    digest: str | None = None,
    mtime_ns: int = 1,
    document: Document | None = None,
) -> NewVersion:
    """A new version that a catalog can add; each sentence is a chunk."""
    document = document or Document(text, "T", "text", "en")
    spans = sentences(document.text, "en")
    return NewVersion(
        Incoming(source, path, len(text), mtime_ns, (digest or text)[:64], document),
        tuple(Chunk(span, (span,)) for span in spans),
        # A digest has 64 characters.
        tuple(f"vector of {span.of(document.text)}"[:64] for span in spans),
    )


def emptied(catalog: Catalog) -> Catalog:
    """The catalog, after all of its documents were removed."""
    catalog.commit([], [record.document_id for record in catalog.documents()])
    return catalog


def found(
    index: Library,
    query: str,
    limit: int = 10,
    filters: Filters = NO_FILTERS,
    dense_weight: float = DENSE_WEIGHT,
) -> list[tuple[Any, ...]]:
    """The results of a search, in order: source, path, span, words and scores."""
    return [shown(hit) for hit in index.search(query, limit, filters, dense_weight)]


def shown(hit: Hit) -> tuple[Any, ...]:
    place = (hit.document.source, hit.document.path, hit.span.start, hit.span.end, hit.text)
    return (*place, hit.score, round(hit.dense, 5), round(hit.lexical, 5))


def paths(index: Library) -> list[str]:
    return [record.path for record in index.catalog.documents()]


class Watched(Encoder):
    """The real encoder, which records the passages that it embeds."""

    def __init__(self, encoder: Encoder, key: str | None = None) -> None:
        self.__dict__.update(encoder.__dict__)
        self.key = key or encoder.key
        self.embedded: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.embedded.extend(texts)
        return super().encode(texts)

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Offsets]]
    ) -> Iterator[Embedded]:
        self.embedded.extend(texts)
        return super().encode_passages(texts, sentences)


def near_duplicates(index: Library, document_id: int) -> list[tuple[DocumentRecord, float]]:
    """The near-duplicates of a document, best first, with their resemblance."""
    with index.catalog.reading() as reader:
        return index.duplicates.similar(reader, document_id)


def after_build(monkeypatch: pytest.MonkeyPatch, index: Library, act: Callable[[], object]) -> None:
    """``act`` runs whenever vectors were built anew, before they are in use."""
    bases = type(index._maintenance.bases)
    build = bases.build

    def build_and_act(*arguments: Any, **named: Any) -> object:  # noqa: ANN401
        base = build(*arguments, **named)
        act()
        return base

    monkeypatch.setattr(bases, "build", build_and_act)
