"""The one error of loading a document."""

from __future__ import annotations

from pathlib import Path

import regex

_UNPRINTABLE = regex.compile(r"[\p{C}\p{Zl}\p{Zp}]")


class LoadError(Exception):
    """A file that could not be read as a document.

    ``str()`` of it is one line for a person: the file's name, what is wrong with it, and what to do.

    Attributes:
        path: the file.
        cause: what is wrong, as a predicate of the file: ``is empty``.
        remedy: what to do about it: ``save it again with its text``.
    """

    def __init__(self, path: Path, cause: str, remedy: str) -> None:
        super().__init__(path, cause, remedy)
        self.path = path
        self.cause = _UNPRINTABLE.sub("?", cause)
        self.remedy = _UNPRINTABLE.sub("?", remedy)

    def __str__(self) -> str:
        return f"{printable(self.path.name)}: {self.cause}; {self.remedy}"


def printable(name: str) -> str:
    """A file's name without what cannot be stored or shown on one line: controls and lone surrogates."""
    return str(_UNPRINTABLE.sub("?", name))
