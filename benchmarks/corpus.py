"""Makes any number of documents of about ten passages each, and vectors that resemble real ones.

After the real paragraphs, documents are recombined from real sentences, which is enough to measure how costs
grow. Embedding them would take hours.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.datasets import HOME, data_folder
from index.documents import Document
from index.embedding.encoder import Encoder
from index.embedding.model import Vectors
from index.records import Incoming
from index.text.passages import sentences
from rag.evaluation import read_dataset
from rag.evaluation.datasets import spread

SETS = ("scifact", "squad2", "mlqa-en", "clapnq", "mtrag-human")
"""The English sets that are prose. Recombined rows of tables would resemble no document."""

PASSAGES_A_DOCUMENT = 10

_CHARACTERS = 7_850
"""Ten passages of at most 200 tokens, each of which ends with a sentence."""

_NEAR = 8
"""Neighbouring paragraphs that supply the sentences of a recombined one, so that it has a subject."""

_SENTENCES = (4, 9)
"""The fewest and the most of a recombined paragraph."""

SPREAD = 0.5
"""Of the difference of two real vectors. With it, the cosine of a made vector to the nearest of 3,000 has a
mean of 0.61 (0.73 with a share of 0.3); among real vectors, it is 0.59."""

AROUND = 3_000
"""The number of real vectors from which all others are made."""

SOURCE = "/benchmarks"

_FIRST_DAY, _DAYS = date(2005, 1, 1), 7_600
_PUBLISHERS = tuple(
    f"{house} {subject}"
    for house in ("Office for", "Institute of", "Council on", "Agency for")
    for subject in ("Statistics", "Health", "Energy", "Education", "Transport")
)


@dataclass(frozen=True, slots=True)
class Paragraph:
    title: str
    text: str


class Corpus:
    """Documents by number, always the same ones for a seed. A document does not depend on any other."""

    def __init__(self, paragraphs: Sequence[Paragraph], seed: int = 0) -> None:
        self.paragraphs = paragraphs
        self.seed = seed

    @cached_property
    def real(self) -> Sequence[Sequence[Paragraph]]:
        groups: list[list[Paragraph]] = [[]]
        held = 0
        for paragraph in self.paragraphs:
            if groups[-1] and held + len(paragraph.text) / 2 > _CHARACTERS:
                groups.append([])
                held = 0
            groups[-1].append(paragraph)
            held += len(paragraph.text)
        return groups

    @cached_property
    def sentences(self) -> Sequence[Sequence[str]]:
        return [
            [span.of(paragraph.text) for span in sentences(paragraph.text, "en")]
            for paragraph in self.paragraphs
        ]

    def document(self, number: int) -> Document:
        """From 0."""
        chance = random.Random(f"{self.seed}:{number}")  # noqa: S311
        if number < len(self.real):
            group = self.real[number]
            title, text = group[0].title, "\n\n".join(paragraph.text for paragraph in group)
        else:
            title, text = self._recombined(chance)
        published = _FIRST_DAY + timedelta(chance.randrange(_DAYS))
        return Document(text, title, "text", "en", chance.choice(_PUBLISHERS), published.isoformat())

    def documents(self, count: int) -> Iterator[Document]:
        return map(self.document, range(count))

    def incoming(self, number: int) -> Incoming:
        document = self.document(number)
        digest = hashlib.sha256(document.text.encode()).hexdigest()
        return Incoming(SOURCE, path_of(number), len(document.text), 0, digest, document)

    def _recombined(self, chance: random.Random) -> tuple[str, str]:
        blocks: list[str] = []
        subjects: list[str] = []
        held = 0
        while True:
            start = chance.randrange(len(self.paragraphs))
            near = self.sentences[start : start + _NEAR]
            pool = [sentence for paragraph in near for sentence in paragraph]
            block = " ".join(chance.sample(pool, min(len(pool), chance.randint(*_SENTENCES))))
            if blocks and held + len(block) / 2 > _CHARACTERS:
                break
            subjects.append(self.paragraphs[start].title)
            blocks.append(block)
            held += len(block)
        return " and ".join(dict.fromkeys(subjects[:2])), "\n\n".join(blocks)


def path_of(number: int) -> str:
    """No folder has more than a thousand documents."""
    return f"{number // 1000:04}/{number:07}.txt"


def read_corpus(seed: int = 0) -> Corpus:
    """Ends the program with a message if there is no evaluation data."""
    return Corpus(
        [
            Paragraph(document.title or name, " ".join(document.text.split()))
            for name_of_set in SETS
            for name, document in read_dataset(data_folder() / name_of_set).documents.items()
            if document.text.strip()
        ],
        seed,
    )


def questions(count: int) -> list[str]:
    """Evenly spread over the sets, and always the same ones."""
    asked = [query for name in SETS for query in read_dataset(data_folder() / name).queries]
    return list(dict.fromkeys(query.text for query in spread(asked, count)))


def real_vectors(encoder: Encoder, corpus: Corpus, count: int = AROUND, folder: Path = HOME) -> Vectors:
    """Evenly spread over the corpus; embedded once, and then kept in ``folder``."""
    chosen = [corpus.paragraphs[place * len(corpus.paragraphs) // count] for place in range(count)]
    texts = [f"{paragraph.title}\n{paragraph.text}" for paragraph in chosen]
    digest = hashlib.sha256("\0".join([encoder.key, *texts]).encode()).hexdigest()
    file = folder / f"around-{digest[:16]}.npy"
    if not file.is_file():
        vectors = encoder.encode(texts)
        folder.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part.npy")
        np.save(part, vectors)
        part.replace(file)
    kept: Vectors = np.load(file)
    return kept


def vectors_for(keys: Iterable[str], around: Vectors) -> Vectors:
    """Unit vectors, shape (keys, dimensions), always the same one for the same key.

    Each is ``a + SPREAD * (b - c)``, scaled to length 1; the key's digest chooses these vectors from
    ``around``. Noise in all directions alike would make them harder to search than real ones.
    """
    digests = b"".join(
        hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=24).digest() for key in keys
    )
    first, second, third = np.frombuffer(digests, "<u8").reshape(-1, 3).T % len(around)
    vectors = around[first] + np.float32(SPREAD) * (around[second] - around[third])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors.astype(np.float32)
    return unit
