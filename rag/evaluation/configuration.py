"""The parameters that an evaluation varies: encoder, reader, passage length, and answer limits."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from index.library import TITLE_TOKENS
from index.text import MAX_CHUNK_TOKENS
from rag.answer_limits import DEFAULT_LIMITS, AnswerLimits
from rag.errors import ConfigurationError

DEFAULT = "default"
"""The name of the configuration without changes."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """One way to index and answer.

    Attributes:
        name: its name in reports.
        model: the name or folder of the encoder; None for the bundled one.
        reader: the name or folder of the reader; None for the bundled one.
        max_chunk_tokens: the most tokens in a passage, counted by the encoder's tokenizer.
        title_tokens: the number of title tokens that precede a passage; with 0, titles are not indexed.
        limits: the parameters of an answer.
    """

    name: str = DEFAULT
    model: str | None = None
    reader: str | None = None
    max_chunk_tokens: int = MAX_CHUNK_TOKENS
    title_tokens: int = TITLE_TOKENS
    limits: AnswerLimits = DEFAULT_LIMITS


_OWN = tuple(own.name for own in fields(Configuration) if own.name not in {"name", "limits"})
_LIMITS = tuple(limit.name for limit in fields(AnswerLimits))

KEYS = (*_OWN, *_LIMITS)
"""The keys that a file may set."""

_SHARES = frozenset({"certain", "dense_weight", "threshold"})
_TEXTS = {
    "model": "the name or the folder of a sentence-transformers model",
    "reader": "the name or the folder of a sentence-transformers CrossEncoder",
}
_FROM_ZERO = frozenset({"title_tokens", "widen_by"})


def read_configuration(given: str, base: Configuration | None = None) -> Configuration:
    """Read a configuration from a file, or take the default.

    Args:
        given: ``default``, or the path of a TOML file with some of ``KEYS``. The file's stem becomes
            the configuration's name.
        base: provides the values that the file does not set; None for the default configuration.

    Raises:
        ConfigurationError: if the file cannot be read, or has an unknown key or an invalid value.
    """
    base = base or Configuration()
    if given == DEFAULT:
        return base
    file = Path(given)
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(
            f"the configuration {given} cannot be read: {cause}; give the path of a TOML file, or {DEFAULT!r}"
        ) from error
    for key, value in found.items():
        _check(file, key, value)
    limits = {key: found.pop(key) for key in _LIMITS if key in found}
    return replace(base, name=file.stem, limits=replace(base.limits, **limits), **found)


def settings_of(configuration: Configuration) -> Mapping[str, Any]:
    """Return the configuration as keys and values, in the order of ``KEYS``."""
    return {key: getattr(configuration if key in _OWN else configuration.limits, key) for key in KEYS}


def _check(file: Path, key: str, value: object) -> None:
    if key not in KEYS:
        close = get_close_matches(key, KEYS, n=1)
        remedy = f"did you mean {close[0]}?" if close else f"known are {', '.join(KEYS)}"
        raise ConfigurationError(f"{file}: unknown key {key}; {remedy}")
    if needed := _needed(key, value):
        raise ConfigurationError(f"{file}: {key} is {value!r}; it must be {needed}")


def _needed(key: str, value: object) -> str | None:
    """Return in words what the value of ``key`` must be; None if ``value`` is valid."""
    if key in _TEXTS:
        return None if isinstance(value, str) and value else _TEXTS[key]
    if isinstance(value, bool):
        return "a number"
    if key in _SHARES:
        return None if isinstance(value, (int, float)) and 0 <= value <= 1 else "a number from 0 to 1"
    least = 0 if key in _FROM_ZERO else 1
    return None if isinstance(value, int) and value >= least else f"a whole number from {least} up"
