"""The input of the installed reranker: a question and a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_QUESTION_TOKENS = 64
MAX_TEXT_TOKENS = 190
"""The most tokens of a text: as many as in the training of the reranker."""

_FIRST, _SEPARATOR = 0, 2
"""The numbers of the tokens ``<s>`` and ``</s>`` of all-mpnet-base-v2."""


@dataclass(frozen=True, slots=True)
class TokenizedPair:
    """A question and a text as the reranker's input: ``<s> question </s></s> text </s>``.

    Attributes:
        ids: token numbers.
        question_end: the index after the question's last token; its first token has index 1.
    """

    ids: tuple[int, ...]
    question_end: int


def tokenize_pair(tokenizer: Tokenizer, question: str, text: str) -> TokenizedPair:
    """Build the input. Question and text are cut off if they are too long.

    Args:
        tokenizer: the tokenizer of all-mpnet-base-v2, without truncation and padding.
        question: the question; not blank.
        text: a text that may answer it; not blank.
    """
    asked = tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION_TOKENS]
    read = tokenizer.encode(text, add_special_tokens=False).ids[:MAX_TEXT_TOKENS]
    return TokenizedPair((_FIRST, *asked, _SEPARATOR, _SEPARATOR, *read, _SEPARATOR), len(asked) + 1)
