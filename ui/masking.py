"""Prepares settings for messages: hides secret values, even under a misspelt name."""

from __future__ import annotations

from difflib import get_close_matches

SECRET = frozenset({"passwords", "llm_key"})
"""Settings whose values no message shows."""

_OF_SECRETS = frozenset({"key", "apikey", "keys", "password", "passwords", "secret", "token"})
"""Words in a name that mark its value as secret, although no setting has the name."""


def shown(name: str, value: object) -> str:
    """Write a setting for a message; only its name if the value may be secret."""
    return name if _may_be_secret(name) else f"{name} = {masked(value)!r}"


def masked(value: object) -> object:
    """Hide the values in a table that may be secret; other values stay as they are."""
    if not isinstance(value, dict):
        return value
    return {name: "…" if _may_be_secret(name) else masked(held) for name, held in value.items()}


def _may_be_secret(name: str) -> bool:
    return bool(get_close_matches(name, SECRET, n=1) or _OF_SECRETS & set(name.casefold().split("_")))
