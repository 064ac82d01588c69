"""Settings as messages may show them: without what is secret, also where it stands under a wrong name."""

from __future__ import annotations

from difflib import get_close_matches

SECRET = frozenset({"passwords", "llm_key"})
"""Settings whose value stands in no message."""

_OF_SECRETS = frozenset({"key", "apikey", "keys", "password", "passwords", "secret", "token"})
"""Words of names whose values are not shown, though no setting is called so."""


def shown(name: str, value: object) -> str:
    """A setting as it is written; its name alone, where it may be a secret."""
    return name if _may_be_secret(name) else f"{name} = {masked(value)!r}"


def masked(value: object) -> object:
    """A value as it may be shown: a table without what may be its secrets."""
    if not isinstance(value, dict):
        return value
    return {name: "…" if _may_be_secret(name) else masked(held) for name, held in value.items()}


def _may_be_secret(name: str) -> bool:
    return bool(get_close_matches(name, SECRET, n=1) or _OF_SECRETS & set(name.casefold().split("_")))
