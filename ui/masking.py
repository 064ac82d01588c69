"""Prepares settings for messages: hides secret values, even if a setting's name is misspelt."""

from __future__ import annotations

from difflib import get_close_matches

SECRET = frozenset({"passwords", "database_url", "index", "llm_key", "openid_secret"})
"""Settings whose values no message shows."""

_OF_SECRETS = frozenset({"key", "apikey", "keys", "password", "passwords", "secret", "token"})
"""Words in the name of an unknown setting that mark the setting's value as secret."""


def shown(name: str, value: object) -> str:
    """Return a setting's name and value for a message; only the name if the value may be secret."""
    return name if _may_be_secret(name) else f"{name} = {masked(value)!r}"


def masked(value: object) -> object:
    """Return a TOML table with ``…`` in place of each value that may be secret.

    If ``value`` is not a table, it is returned unchanged.
    """
    if not isinstance(value, dict):
        return value
    return {name: "…" if _may_be_secret(name) else masked(held) for name, held in value.items()}


def _may_be_secret(name: str) -> bool:
    return bool(get_close_matches(name, SECRET, n=1) or _OF_SECRETS & set(name.casefold().split("_")))
