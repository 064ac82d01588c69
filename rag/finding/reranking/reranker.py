"""Compares a question with its best sentences, using a larger encoder than the library's own.

The library's encoder embeds every passage, so it must be small. The reranker compares only a few sentences of
a question, so it can be larger. It reads each sentence with its title and headings, without which a row of a
table says little.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from index.embedding import LAST, Encoder, open_encoder, open_pinned, sha256_of, whole_tokenizer
from rag.errors import RerankerError
from rag.finding.features import Candidate
from rag.finding.reranking.encoded_text import text_of
from rag.finding.reranking.installed import NAME, SHA256, installed_weights

if TYPE_CHECKING:
    from torch import nn

    from index.embedding import ModelRunner

INSTALLED_RERANKER = "installed"
"""The name that stands for all-mpnet-base-v2 with :data:`ADAPTER` if its packages are installed, and for no
reranker otherwise."""

NO_RERANKER = "none"
"""The name that stands for no reranker."""

MAX_RERANKED = 12
"""The number of sentences that are compared. With 6, the best sentence is right for 0.56 of the questions on
real reports; with 12 or 24, for 0.57."""

ADAPTER = Path(str(files("rag.finding.reranking").joinpath("reranker.safetensors")))
"""The file of low-rank changes (LoRA, 1.2 MB). ``benchmarks/train_reranker.py`` trained them on questions in
other words than the sentences that answer them."""

ADAPTER_SHA256 = "22128279a65f854b99f3bb9291a5f053ffccbc2a6940d36054f0e005d7fde7c7"
"""The sha256 of :data:`ADAPTER`."""

_DIMENSIONS = 768
_WINDOW = 384
_PADDING = 1
"""The configuration of all-mpnet-base-v2: vector dimensions, longest input in tokens, padding token."""


def open_reranker(name: str) -> Encoder | None:
    """Open a reranker.

    Args:
        name: ``installed``, ``none``, or the name or folder of a sentence-transformers model.

    Returns:
        The reranker; None for ``none``, or for ``installed`` without the installed packages.

    Raises:
        EncoderError: if the model cannot be found or read.
        RerankerError: if the installed weights are damaged. If the unpacked files or :data:`ADAPTER` are
            damaged, this error is raised when the reranker is first used.
    """
    if name == NO_RERANKER:
        return None
    if name != INSTALLED_RERANKER:
        return open_encoder(name)
    folder = installed_weights()
    if folder is None:
        return None
    return Encoder(
        NAME,
        f"{NAME}@{SHA256[:16]}+{ADAPTER_SHA256[:16]}",
        partial(_load, folder),
        tokenizer=whole_tokenizer(folder),
        dimensions=_DIMENSIONS,
        languages=frozenset({"en"}),
    )


def _load(folder: Path) -> ModelRunner:
    from safetensors import SafetensorError

    try:
        return open_pinned(_read, folder, dimensions=_DIMENSIONS, window=_WINDOW, padding=_PADDING)
    except (OSError, KeyError, RuntimeError, ValueError, SafetensorError) as error:
        raise RerankerError(
            f"the files of {NAME} in {folder} are damaged: {error}; delete this folder, which is filled "
            "again at the next start"
        ) from error


def _read(folder: Path) -> nn.Module:
    from safetensors.torch import load_file

    from index.embedding import merge_lora, read_mpnet

    digest = sha256_of(ADAPTER) if ADAPTER.is_file() else "none, because it is missing"
    if digest != ADAPTER_SHA256:
        raise RerankerError(
            f"{ADAPTER.name}, a file of the reranker, has sha256 {digest}, not {ADAPTER_SHA256}; install "
            "Footnoted again, or set the reranker to none"
        )
    network = read_mpnet(folder)
    network.load_state_dict(merge_lora(network.state_dict(), load_file(ADAPTER)), assign=True)
    return network


def apply_reranker(reranker: Encoder, question: str, ranked: Sequence[Candidate]) -> list[Candidate]:
    """Compare the best candidates with the question token by token; the result is their feature ``matched``.

    Args:
        reranker: the larger encoder.
        question: the question.
        ranked: the candidates, best first.

    Returns:
        The first ``MAX_RERANKED`` candidates, in the same order. The others are left out, because scores
        without a reranker cannot be compared with scores that include the reranker's.
    """
    best = ranked[:MAX_RERANKED]
    if not best:
        return []
    likenesses = reranker.compare(question, [text_of(candidate, question) for candidate in best], LAST)
    return [
        candidate.with_features(matched=likeness.late)
        for candidate, likeness in zip(best, likenesses, strict=True)
    ]
