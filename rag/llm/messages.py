"""Messages to a language model: their length in tokens, safe document text, and the form of a reply."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import regex

NO_ANSWER = "NO ANSWER"
"""The reply of a model if the sentences do not answer the question."""

MAX_STATEMENTS = 6
"""The most sentences of a reply; the prompt says so, and a grammar enforces it."""

BYTES_A_TOKEN = 3
"""A low estimate of the UTF-8 bytes per token (4 in English, 3 in Chinese). The model's tokenizer is not
known here, and the encoder's differs from it."""

# A model ignores invisible characters such as a zero-width space, so the patterns allow for them.
_GAP = r"[\s\p{Cf}]*"

_FENCE = regex.compile(rf"<(?={_GAP}/?{_GAP}r{_GAP}e{_GAP}p{_GAP}o{_GAP}r{_GAP}t\b)", regex.IGNORECASE)

_MARK = regex.compile(rf"[\[［【](?={_GAP}\p{{N}}+{_GAP}\.{_GAP}\p{{N}}+{_GAP}[\]］】,;，、；])")

_ONE_EACH = regex.compile(r"[\p{N}\p{P}\p{S}]")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    text: str


LONGEST_LINE = 400
"""The most characters of a line of a reply; the grammar ends a longer one there, perhaps within a word."""


def grammar(sentence_numbers: Sequence[str]) -> str:
    """Return a grammar in GBNF, llama.cpp's format, for replies that cite only ``sentence_numbers``."""
    listed = " | ".join(json.dumps(number) for number in sentence_numbers)
    return (
        f'root ::= "{NO_ANSWER}" | line{{1,{MAX_STATEMENTS}}}\n'
        'line ::= ("[" number "]"){1,3} " " text "\\n"\n'
        f"number ::= {listed}\n"
        f"text ::= [^\\n\\r\\[\\]<>]{{12,{LONGEST_LINE}}}\n"
    )


def schema(sentence_numbers: Sequence[str]) -> dict[str, Any]:
    """Return a JSON schema for replies that cite only ``sentence_numbers``."""
    statement = {
        "type": "object",
        "properties": {
            "cites": {
                "type": "array",
                "items": {"enum": list(sentence_numbers)},
                "minItems": 1,
                "maxItems": 3,
            },
            "text": {"type": "string"},
        },
        "required": ["cites", "text"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"sentences": {"type": "array", "items": statement, "maxItems": MAX_STATEMENTS}},
        "required": ["sentences"],
        "additionalProperties": False,
    }


def tokens(text: str) -> int:
    """Estimate the number of tokens of a text, erring on the high side.

    Each digit, symbol and punctuation mark counts as one token, so that tables are not underestimated.
    """
    single = _ONE_EACH.findall(text)
    others = len(text.encode("utf-8", "replace")) - sum(len(character.encode()) for character in single)
    return others // BYTES_A_TOKEN + len(single) + 1


def escape_fences(text: str) -> str:
    """Return a document's words on one line, changed so that a model cannot mistake them for prompt markup.

    The words can then neither close the ``<report>`` tag around them nor look like the number of a sentence.
    """
    return _MARK.sub("(", _FENCE.sub("‹", " ".join(text.split())))


_THOUGHT = regex.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", regex.DOTALL | regex.IGNORECASE)

_THOUGHT_ENDS = regex.compile(r"</think(?:ing)?>", regex.IGNORECASE)

_SURROGATE = regex.compile(r"[\ud800-\udfff]")


def without_thoughts(text: str) -> str:
    """Return a model's reply without its reasoning, and with its surrogate pairs joined."""
    if _SURROGATE.search(text):
        text = pair_surrogates(text)
    return _THOUGHT_ENDS.sub("\n", _THOUGHT.sub("", text))


def pair_surrogates(text: str) -> str:
    """Join surrogate pairs; replace lone surrogates, which can be neither stored nor sent."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
