"""Prepares settings for messages: hides secret values, also those of settings with a misspelt name."""

from __future__ import annotations

from difflib import get_close_matches

SECRET = frozenset({"passwords", "database_url", "index", "llm_key", "openid_secret"})
"""Settings whose values no message shows."""

_OF_SECRETS = frozenset({"key", "apikey", "keys", "password", "passwords", "secret", "token"})
"""Words that mark the value of an unknown setting as secret if they are in its name."""


def shown(name: str, value: object) -> str:
    """Write a setting for a message; only its name if the value may be secret."""
    return name if _may_be_secret(name) else f"{name} = {masked(value)!r}"


def masked(value: object) -> object:
    """Hide the values of a TOML table that may be secret; any other value stays as it is."""
    if not isinstance(value, dict):
        return value
    return {name: "…" if _may_be_secret(name) else masked(held) for name, held in value.items()}


def _may_be_secret(name: str) -> bool:
    return bool(get_close_matches(name, SECRET, n=1) or _OF_SECRETS & set(name.casefold().split("_")))
