"""Scores the best sentences again, using a larger network than the reader's.

The reader scores dozens of sentences for a question, so it must be small. The reranker scores only a few, so
it can be larger. It reads each sentence with its title and headings, without which a row of a table says
little.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from index.embedding import sha256_of, this_machine, whole_tokenizer
from rag.errors import RerankerError
from rag.finding.features import Candidate
from rag.finding.reader import PairScorer, open_pair_scorer
from rag.finding.reranking.encoded_text import text_of
from rag.finding.reranking.installed import NAME, SHA256, installed_weights
from rag.finding.reranking.pairs import tokenize_pair

if TYPE_CHECKING:
    from rag.finding.reranking.network import RerankerModel

INSTALLED_RERANKER = "installed"
"""The name that stands for all-mpnet-base-v2 with :data:`ADAPTER` if its packages are installed, and for no
reranker otherwise."""

NO_RERANKER = "none"
"""The name that stands for no reranker."""

MAX_RERANKED = 12
"""The number of sentences that are scored. With an earlier reranker, the best sentence is right for 0.56 of
the questions on real reports if 6 are scored, and for 0.57 if 12 or 24 are."""

REMEMBERED_QUESTIONS = 256
"""The number of recent questions whose scores stay in memory, as in :mod:`rag.finding.reader.reader`."""

ADAPTER = Path(str(files("rag.finding.reranking").joinpath("reranker.safetensors")))
"""The file of low-rank changes (LoRA) and of the head. ``benchmarks/train_reranker.py`` trained them."""

ADAPTER_SHA256 = "0c5c40ba4f3cff5af93e7c6fa067a25ed431cb7182d31aeec23c0f7b4c6755d1"
"""The sha256 of :data:`ADAPTER`."""

_BATCH = 4
"""The most texts of a batch. Texts of about the same length share a batch, so that little is padding."""


class Reranker(Protocol):
    """A model that reads a question together with a text, and scores the text as an answer.

    Attributes:
        key: name and digest of the weights, for people who compare two installations.
    """

    key: str

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return the score of each text: the greater, the likelier the text answers.

        About 0 divides the texts that answer from those that do not.
        """
        ...


class InstalledReranker:
    """all-mpnet-base-v2 with low-rank changes and a head. Safe to share between threads."""

    key = f"{NAME}@{SHA256[:16]}+{ADAPTER_SHA256[:16]}"

    def __init__(self, folder: Path) -> None:
        """Prepare the reranker; its weights are loaded when it scores for the first time.

        Args:
            folder: the folder of all-mpnet-base-v2, from
                :func:`~rag.finding.reranking.installed.installed_weights`.
        """
        self._folder = folder
        self._tokenizer = whole_tokenizer(folder)
        self._model: RerankerModel | None = None
        self._lock = Lock()
        self._remembered = lru_cache(REMEMBERED_QUESTIONS)(self._scores)

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return the score of each text. The scores of recent questions are cached.

        Raises:
            RerankerError: if the unpacked files or :data:`ADAPTER` are damaged.
        """
        return list(self._remembered(question, tuple(texts)))

    def _scores(self, question: str, texts: tuple[str, ...]) -> tuple[float, ...]:
        import torch

        pairs = [tokenize_pair(self._tokenizer, question, text) for text in texts]
        by_length = sorted(range(len(pairs)), key=lambda place: len(pairs[place].ids))
        scores = [0.0] * len(pairs)
        with self._lock, torch.inference_mode():
            if self._model is None:
                self._model = _loaded(self._folder)
            for start in range(0, len(by_length), _BATCH):
                places = by_length[start : start + _BATCH]
                for place, score in zip(places, self._model([pairs[place] for place in places]), strict=True):
                    scores[place] = float(score)
        return tuple(scores)


class CrossEncoderReranker:
    """Any sentence-transformers CrossEncoder with one output."""

    def __init__(self, name: str, model: PairScorer) -> None:
        self.key = name
        self._model = model

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return the score of each text, which is the model's logit."""
        return self._model.scores([(question, text) for text in texts])


def open_reranker(name: str) -> Reranker | None:
    """Open a reranker.

    Args:
        name: ``installed``, ``none``, or the name or folder of a sentence-transformers CrossEncoder with one
            output.

    Returns:
        The reranker; None for ``none``, or for ``installed`` without the installed packages.

    Raises:
        RerankerError: if the model cannot be loaded, has more than one output, or if the installed weights
            are damaged. If the unpacked files or :data:`ADAPTER` are damaged, this error is raised when the
            reranker is first used.
    """
    if name == NO_RERANKER:
        return None
    if name != INSTALLED_RERANKER:
        return CrossEncoderReranker(name, open_pair_scorer(name, "reranker", RerankerError))
    folder = installed_weights()
    return None if folder is None else InstalledReranker(folder)


def _loaded(folder: Path) -> RerankerModel:
    """Return the network with the low-rank changes and the head in :data:`ADAPTER`."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from index.embedding import merge_lora, read_mpnet
    from rag.finding.reranking.network import RerankerModel

    digest = sha256_of(ADAPTER) if ADAPTER.is_file() else "none, because it is missing"
    if digest != ADAPTER_SHA256:
        raise RerankerError(
            f"{ADAPTER.name}, a file of the reranker, has sha256 {digest}, not {ADAPTER_SHA256}; install "
            "Footnoted again, or set the reranker to none"
        )
    try:
        model = RerankerModel(read_mpnet(folder))
        model.load_state_dict(merge_lora(model.state_dict(), load_file(ADAPTER)), assign=True)
    except (OSError, KeyError, RuntimeError, ValueError, SafetensorError) as error:
        raise RerankerError(
            f"the files of {NAME} in {folder} are damaged: {error}; delete this folder, which is filled "
            "again at the next start"
        ) from error
    return (model.bfloat16() if this_machine().precision == "bfloat16" else model).eval()


def apply_reranker(reranker: Reranker, question: str, ranked: Sequence[Candidate]) -> list[Candidate]:
    """Score the best candidates; a tenth of the score is their feature ``reranker``.

    Args:
        reranker: the reranker.
        question: the question.
        ranked: the candidates, best first.

    Returns:
        The first ``MAX_RERANKED`` candidates, in the same order. The others are left out, because scores
        without a reranker cannot be compared with scores that include the reranker's.
    """
    best = ranked[:MAX_RERANKED]
    scores = reranker.scores(question, [text_of(candidate, question) for candidate in best])
    return [
        candidate.with_features(reranker=score / 10) for candidate, score in zip(best, scores, strict=True)
    ]
