"""Names of users and tokens."""

from __future__ import annotations

import re
import unicodedata

from ui.errors import AccountError

MAX_CHARACTERS = 64

_NAME = re.compile(r"(?!\.{1,2}$)[\w.@-]+")
"""The form of a name. A name is a segment of a URL's path, where ``.`` and ``..`` would lead elsewhere."""


def checked_name(name: str) -> str:
    """Check the name of a new user or token, and return the name in Unicode's composed form (NFC).

    Raises:
        AccountError: if ``name`` is not 1 to 64 letters, digits and the signs ``. _ @ -``, or is ``.`` or
            ``..``.
    """
    composed = unicodedata.normalize("NFC", name)
    if len(composed) > MAX_CHARACTERS or not _NAME.fullmatch(composed):
        raise AccountError(
            f"{name!r} cannot be a name; use at most {MAX_CHARACTERS} letters, digits and the signs . _ @ -"
        )
    return composed


def key_of(name: str) -> str:
    """Return the form in which names are compared (NFKC, without case).

    ``Anna``, ``anna`` and ``anna`` in full-width letters have the same form, so they count as the same name.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def is_same_but_for_case(name: str, other: str) -> bool:
    """Return whether two names are equal if case is ignored.

    Unlike in :func:`key_of`, a full-width ``a`` differs from an ordinary ``a``.
    """
    return unicodedata.normalize("NFC", name).lower() == unicodedata.normalize("NFC", other).lower()
