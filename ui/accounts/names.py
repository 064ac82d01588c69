"""Names of users and tokens."""

from __future__ import annotations

import re
import unicodedata

from ui.errors import AccountError

MAX_CHARACTERS = 64

_NAME = re.compile(r"(?!\.{1,2}$)[\w.@-]+")
"""The form of a name. A name is a segment of a URL's path, where ``.`` and ``..`` would lead elsewhere."""


def checked(name: str) -> str:
    """Return ``name`` in Unicode's composed form.

    Raises:
        AccountError: if ``name`` cannot be a name.
    """
    composed = unicodedata.normalize("NFC", name)
    if len(composed) > MAX_CHARACTERS or not _NAME.fullmatch(composed):
        raise AccountError(
            f"{name!r} cannot be a name; use at most {MAX_CHARACTERS} letters, digits and the signs . _ @ -"
        )
    return composed


def key_of(name: str) -> str:
    """Return the form in which names are compared: names that look alike or differ only in case share it."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def is_same_but_for_case(name: str, other: str) -> bool:
    """Return whether two names differ at most in capital letters; a full-width ``a`` is not an ``a``."""
    return unicodedata.normalize("NFC", name).lower() == unicodedata.normalize("NFC", other).lower()
