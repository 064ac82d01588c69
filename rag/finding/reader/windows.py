"""The input of the reader: a question, a title, and a few consecutive sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_QUESTION_TOKENS = 64
MAX_TITLE_TOKENS = 24
MAX_WINDOW_TOKENS = 256
"""The most tokens of question, title and sentences together: the length that the bundled encoder was trained
with."""


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive sentences of one document, with its title."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TokenizedWindow:
    """A question and a window as a model's input: ``[CLS] question [SEP] title [SEP] sentences [SEP]``.

    Attributes:
        ids: token numbers.
        question_end: the index after the question's last token; its first token has index 1.
        bounds: for each sentence, the index of its first token and the index after its last; both are equal
            for a sentence that did not fit.
    """

    ids: tuple[int, ...]
    question_end: int
    bounds: tuple[tuple[int, int], ...]


def tokenize(tokenizer: Tokenizer, question: str, window: Window) -> TokenizedWindow:
    """Build the input for a model with BERT's special tokens. Sentences that do not fit are cut off.

    Args:
        tokenizer: a tokenizer that neither truncates nor pads.
        question: the question.
        window: the sentences that may answer it.
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
