"""Details of a document that people give: they stand above those that its file has.

A sidecar beside the file gives some; those that are given with an upload, or by an edit, are in the catalog.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from index.documents import Document, Origin

KEYS = ("title", "publisher", "author", "published", "language", "collection")
"""The fields of a ``Document`` that a detail may replace."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One detail that somebody gave.

    Attributes:
        value: takes the place of the file's own value; an empty one takes back the detail that was given.
        origin: who or what gave it.
        beneath: the value that it covers; None where the file has none.
        beneath_origin: where that value was read.
    """

    value: str
    origin: Origin
    beneath: str | None = field(default=None, compare=False)
    beneath_origin: Origin | None = field(default=None, compare=False)


Details = Mapping[str, Detail]
"""Details by their key, which is one of :data:`KEYS`."""


def merged(before: Details, given: Details) -> dict[str, Detail]:
    """The details of ``before`` after ``given`` replaced some of them and took back others."""
    return {key: detail for key, detail in {**before, **given}.items() if detail.value}


def covering(document: Document, given: Details) -> dict[str, Detail]:
    """The details in ``given``, each with the value of ``document`` that it covers."""
    return {
        key: replace(detail, beneath=getattr(document, key), beneath_origin=document.origins.get(key))
        for key, detail in given.items()
    }


def described(document: Document, given: Details) -> Document:
    """``document`` with the values of ``given`` in the place of its own."""
    values: dict[str, Any] = {key: detail.value for key, detail in given.items()}
    origins = {key: detail.origin for key, detail in given.items()}
    return replace(document, **values, origins={**document.origins, **origins})


def uncovered(document: Document, given: Details) -> Document:
    """``document`` as it was before :func:`described` put the values of ``given`` in."""
    values: dict[str, Any] = {key: detail.beneath for key, detail in given.items()}
    origins = {key: origin for key, origin in document.origins.items() if key not in given}
    origins |= {key: detail.beneath_origin for key, detail in given.items() if detail.beneath_origin}
    return replace(document, **values, origins=origins)
