"""Readers: models that read a question together with the sentences that may answer it (cross-encoders).

The encoder embeds question and sentence separately, so it cannot tell a sentence that answers the question
from one that merely has the same words. A reader sees both at once. It is too slow for a whole library, but
fast enough for the best sentences of a question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from index.embedding import bundled_folder, bundled_tokenizer, this_machine
from rag.errors import ReaderError
from rag.finding.reader.cross_encoders import PairScorer, open_pair_scorer
from rag.finding.reader.windows import Window, tokenize

if TYPE_CHECKING:
    from rag.finding.reader.network import ReaderModel

BUNDLED_READER = "bundled"
"""The name of the reader that comes with the program."""

NO_READER = "none"
"""The name that stands for no reader."""

REMEMBERED_QUESTIONS = 256
"""The number of recent questions whose scores stay in memory. The program answers suggested questions in
advance, so their scores are in memory when somebody asks them."""

_WEIGHTS = "reader.safetensors"


@dataclass(frozen=True, slots=True)
class WindowRead:
    """A reader's scores of a window.

    Attributes:
        sentences: for each sentence, the log-odds that it answers.
        answerable: the log-odds that any sentence of the window answers.
    """

    sentences: tuple[float, ...]
    answerable: float


class Reader(Protocol):
    """A model that reads a question together with windows of sentences, and scores each sentence.

    Attributes:
        languages: ISO 639-1 codes of the languages that it reads, or None if they are not known.
    """

    languages: frozenset[str] | None

    def read(self, question: str, windows: Sequence[Window]) -> list[WindowRead]:
        """Return, for each window in order, the scores of its sentences and of the window as a whole."""
        ...


class BundledReader:
    """The reader that comes with the program: the bundled encoder with low-rank changes and three heads.

    ``benchmarks/train_reader.py`` trained the low-rank changes (LoRA, 4 MB). The first call of :meth:`read`
    adds them to the encoder's weights. Safe to share between threads.
    """

    languages: frozenset[str] | None = frozenset({"en"})

    def __init__(self, weights: Path | None = None) -> None:
        """Prepare the reader; its weights are loaded when it reads for the first time.

        Args:
            weights: a file with the low-rank changes (LoRA) and the heads; None for the bundled file.
        """
        self._weights = weights or Path(str(files("rag.finding.reader").joinpath(_WEIGHTS)))
        self._tokenizer = bundled_tokenizer()
        self._model: ReaderModel | None = None
        self._lock = Lock()
        self._remembered = lru_cache(REMEMBERED_QUESTIONS)(self._scores)

    def read(self, question: str, windows: Sequence[Window]) -> list[WindowRead]:
        """Return, for each window in order, the scores of its sentences and of the window as a whole.

        The scores of recent questions are cached.

        Raises:
            ReaderError: if the file of low-rank changes (LoRA) does not fit the bundled encoder.
        """
        return list(self._remembered(question, tuple(windows))) if windows else []

    def _scores(self, question: str, windows: tuple[Window, ...]) -> tuple[WindowRead, ...]:
        import torch

        tokenized = [tokenize(self._tokenizer, question, window) for window in windows]
        with self._lock, torch.inference_mode():
            if self._model is None:
                self._model = _merged(self._weights)
            logits = self._model(tokenized)
        return tuple(
            WindowRead(tuple(sentences.tolist()), answerable)
            for sentences, answerable in zip(logits.sentences, logits.answerable.tolist(), strict=True)
        )


class CrossEncoderReader:
    """A sentence-transformers CrossEncoder that scores a question with each sentence separately."""

    languages: frozenset[str] | None = None

    def __init__(self, model: PairScorer) -> None:
        self._model = model

    def read(self, question: str, windows: Sequence[Window]) -> list[WindowRead]:
        """Return, for each window in order, the scores of its sentences and of the window as a whole.

        The score of the window is that of its best sentence.
        """
        pairs = [(question, sentence) for window in windows for sentence in window.sentences]
        logits = iter(self._model.scores(pairs))
        read = [tuple(next(logits) for _ in window.sentences) for window in windows]
        return [WindowRead(scores, max(scores, default=0.0)) for scores in read]


def open_reader(name: str | None = None) -> Reader | None:
    """Open a reader.

    Args:
        name: ``bundled`` or None for the reader that comes with the program, ``none`` for no reader, else the
            name or folder of a sentence-transformers CrossEncoder with one output.

    Raises:
        ReaderError: if the reader cannot be loaded, or has more than one output.
    """
    if not name or name == BUNDLED_READER:
        return bundled_reader()
    if name == NO_READER:
        return None
    return CrossEncoderReader(open_pair_scorer(name, "reader", ReaderError))


@cache
def bundled_reader() -> BundledReader:
    """Return the bundled reader. All callers in a process share it."""
    return BundledReader()


def _merged(weights: Path) -> ReaderModel:
    """Return the bundled encoder with the low-rank changes (LoRA) and the heads from the file ``weights``."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from index.embedding import merge_lora, read_bert
    from rag.finding.reader.network import ReaderModel

    try:
        bert = read_bert(bundled_folder())
        model = ReaderModel(bert, bert.shape.hidden_size)
        model.load_state_dict(merge_lora(model.state_dict(), load_file(weights)), assign=True)
    except (OSError, KeyError, RuntimeError, SafetensorError) as error:
        raise ReaderError(
            f"the reader's weights in {weights.name} do not fit the bundled encoder ({error}); "
            "install Footnoted again"
        ) from error
    return (model.bfloat16() if this_machine().precision == "bfloat16" else model).eval()
