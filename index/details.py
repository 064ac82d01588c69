"""Details of a document, such as its title, that users give and that override the details in its file.

A user gives a detail in a sidecar (a metadata file beside the document), with an upload, or by an edit. The
catalog stores the details of uploads and edits.
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
    """One detail that a user has given.

    Attributes:
        value: the value that replaces the file's own value; an empty value removes the detail.
        origin: how the user gave the detail: ``edit``, ``upload`` or ``sidecar``.
        beneath: the file's own value, which applies again when the user removes the detail; None if the file
            has no value.
        beneath_origin: the source of the file's own value: a part of the file, or its sidecar. None if the
            value is unknown, or was detected, as a language may be.
    """

    value: str
    origin: Origin
    beneath: str | None = field(default=None, compare=False)
    beneath_origin: Origin | None = field(default=None, compare=False)


Details = Mapping[str, Detail]
"""Details by their keys, each of which is in :data:`KEYS`."""


def merged(before: Details, given: Details) -> dict[str, Detail]:
    """Return the details ``before`` with the changes ``given``.

    A detail in ``given`` replaces the detail that has the same key, or removes it if the new value is empty.
    """
    return {key: detail for key, detail in {**before, **given}.items() if detail.value}


def covering(document: Document, given: Details) -> dict[str, Detail]:
    """Return a copy of ``given`` in which each detail stores the value that it replaces in ``document``."""
    return {
        key: replace(detail, beneath=getattr(document, key), beneath_origin=document.origins.get(key))
        for key, detail in given.items()
    }


def described(document: Document, given: Details) -> Document:
    """Return ``document`` with the details ``given`` (values and sources) in place of the file's own."""
    values: dict[str, Any] = {key: detail.value for key, detail in given.items()}
    origins = {key: detail.origin for key, detail in given.items()}
    return replace(document, **values, origins={**document.origins, **origins})


def uncovered(document: Document, given: Details) -> Document:
    """Undo :func:`described`: return ``document`` with the file's own values in place of ``given``."""
    values: dict[str, Any] = {key: detail.beneath for key, detail in given.items()}
    origins = {key: origin for key, origin in document.origins.items() if key not in given}
    origins |= {key: detail.beneath_origin for key, detail in given.items() if detail.beneath_origin}
    return replace(document, **values, origins=origins)
