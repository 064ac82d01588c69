"""Messages to a language model: their length in tokens, document text made safe, and the form of a reply."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import regex

NO_ANSWER = "NO ANSWER"
"""What a model writes where the sentences do not answer."""

MAX_STATEMENTS = 6
"""Sentences of a reply, as the model is told and as a grammar holds it to."""

BYTES_A_TOKEN = 3
"""Of UTF-8, on the safe side (4 in English, 3 in Chinese): tokenizers differ; ours would be the wrong one."""

# What is not seen, as a zero-width space, would keep apart for us what a model reads as one.
_GAP = r"[\s\p{Cf}]*"

_FENCE = regex.compile(rf"<(?={_GAP}/?{_GAP}r{_GAP}e{_GAP}p{_GAP}o{_GAP}r{_GAP}t\b)", regex.IGNORECASE)

_MARK = regex.compile(rf"[\[［【](?={_GAP}\p{{N}}+{_GAP}\.{_GAP}\p{{N}}+{_GAP}[\]］】,;，、；])")

_ONE_EACH = regex.compile(r"[\p{N}\p{P}\p{S}]")


@dataclass(frozen=True, slots=True)
class Message:
    """A part of what a model is sent."""

    role: Literal["system", "user", "assistant"]
    text: str


def grammar(numbers: Sequence[str]) -> str:
    """The form of a reply in GBNF, llama.cpp's grammars: it can cite no number that was not shown."""
    listed = " | ".join(json.dumps(number) for number in numbers)
    return (
        f'root ::= "{NO_ANSWER}" | line{{1,{MAX_STATEMENTS}}}\n'
        'line ::= ("[" number "]"){1,3} " " text "\\n"\n'
        f"number ::= {listed}\n"
        "text ::= [^\\n\\r\\[\\]<>]{12,400}\n"
    )


def schema(numbers: Sequence[str]) -> dict[str, Any]:
    """The form of a reply as a JSON schema."""
    statement = {
        "type": "object",
        "properties": {
            "cites": {"type": "array", "items": {"enum": list(numbers)}, "minItems": 1, "maxItems": 3},
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
    """About how many tokens a text has, rather more than fewer.

    Of figures and punctuation each character is one, so that tables are not taken for prose.
    """
    single = _ONE_EACH.findall(text)
    others = len(text.encode("utf-8", "replace")) - sum(len(character.encode()) for character in single)
    return others // BYTES_A_TOKEN + len(single) + 1


def unfenced(text: str) -> str:
    """A document's words on one line, which neither close a fence nor carry a sentence's number."""
    return _MARK.sub("(", _FENCE.sub("‹", " ".join(text.split())))


_THOUGHT = regex.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", regex.DOTALL | regex.IGNORECASE)

_THOUGHT_ENDS = regex.compile(r"</think(?:ing)?>", regex.IGNORECASE)

_SURROGATE = regex.compile(r"[\ud800-\udfff]")


def without_thoughts(text: str) -> str:
    """What a model says, less what it says to itself before; its surrogates in pairs."""
    if _SURROGATE.search(text):
        text = _paired(text)
    return _THOUGHT_ENDS.sub("\n", _THOUGHT.sub("", text))


def _paired(text: str) -> str:
    """Halves of surrogate pairs joined; what has no other half can be neither kept nor sent."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
