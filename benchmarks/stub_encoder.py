"""An encoder without weights, for tests and measurements of storage."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from index.embedding.encoder import Encoder
from index.embedding.model import Embedded, Offsets, Vectors
from index.records import Recipe

_WORD = re.compile(r"\w+|[^\w\s]")


class StubEncoder(Encoder):
    """A text's vector is the scaled sum of a random one for each word; another ``name``, another encoder."""

    def __init__(self, name: str = "stub", dimensions: int = 24) -> None:
        self.name = name
        self.key = f"{name}@{dimensions}"
        self.dimensions = dimensions
        self.languages = None
        self.remembered = 0
        self.tokenizer = None

    @classmethod
    def for_recipe(cls, recipe: Recipe) -> StubEncoder:
        return cls(recipe.model)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in _WORD.finditer(text)]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (len(texts), dimensions)."""
        rows = [self.encode_query(text) for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.dimensions), np.float32)

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Offsets]]
    ) -> Iterator[Embedded]:
        """Each vector depends on its own words only."""
        yield from (
            Embedded(vector, self.encode([text[start:end] for start, end in parts]))
            for text, vector, parts in zip(texts, self.encode(texts), sentences, strict=True)
        )

    def encode_queries(self, queries: Iterable[str]) -> None:
        """Do nothing: this encoder embeds many queries no faster than one by one."""

    def encode_query(self, query: str) -> npt.NDArray[np.float32]:
        """A unit vector, shape (dimensions,)."""
        words = _WORD.findall(query.lower()) or [""]
        total = np.sum([_vector(self.key, word, self.dimensions) for word in words], axis=0)
        unit: npt.NDArray[np.float32] = (total / np.linalg.norm(total)).astype(np.float32)
        return unit


@cache
def _vector(key: str, word: str, dimensions: int) -> npt.NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(f"{key}\0{word}".encode()).digest()[:8], "little")
    return np.random.default_rng(seed).normal(size=dimensions)
