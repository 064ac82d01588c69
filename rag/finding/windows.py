"""What the reader reads at once: a question, a title, and a few sentences that stand in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_QUESTION_TOKENS = 64
MAX_TITLE_TOKENS = 24
MAX_WINDOW_TOKENS = 256
"""Of question, title and sentences together: the window that the bundled encoder was trained with."""


@dataclass(frozen=True, slots=True)
class Window:
    """Sentences of one document that stand in a row, under its title."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TokenizedWindow:
    """A question and a window as a model's input: ``[CLS] question [SEP] title [SEP] sentences [SEP]``.

    Attributes:
        ids: token numbers.
        question_end: the token after the question's last; its first is token 1.
        bounds: the first token of each sentence and the one after its last; both the same for a sentence
            that found no room.
    """

    ids: tuple[int, ...]
    question_end: int
    bounds: tuple[tuple[int, int], ...]


def tokenize(tokenizer: Tokenizer, question: str, window: Window) -> TokenizedWindow:
    """The input of a model with BERT's special tokens; sentences beyond its room are cut off.

    Args:
        tokenizer: without truncation, padding or special tokens of its own.
        question: what is asked.
        window: where the answer may be.
    """
    beginning, separator = _special(tokenizer, "[CLS]"), _special(tokenizer, "[SEP]")
    ids = [beginning, *_ids(tokenizer, question)[:MAX_QUESTION_TOKENS], separator]
    question_end = len(ids) - 1
    ids += [*_ids(tokenizer, window.title)[:MAX_TITLE_TOKENS], separator]
    bounds = []
    for sentence in window.sentences:
        start = len(ids)
        ids += _ids(tokenizer, sentence)[: MAX_WINDOW_TOKENS - 1 - start]
        bounds.append((start, len(ids)))
    ids.append(separator)
    return TokenizedWindow(tuple(ids), question_end, tuple(bounds))


def _ids(tokenizer: Tokenizer, text: str) -> Sequence[int]:
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids


def _special(tokenizer: Tokenizer, token: str) -> int:
    number = tokenizer.token_to_id(token)
    if number is None:
        raise ValueError(f"the tokenizer has no token {token}; a reader needs BERT's special tokens")
    return int(number)
