"""Details of a document, such as its title, that users give and that override those in the file itself.

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
        value: the value that replaces the file's own; an empty value takes the detail back.
        origin: the source of the detail.
        beneath: the file's own value, which takes effect again when the user takes the detail back; None if
            the file has none.
        beneath_origin: the source of the file's own value; None if the file has none.
    """

    value: str
    origin: Origin
    beneath: str | None = field(default=None, compare=False)
    beneath_origin: Origin | None = field(default=None, compare=False)


Details = Mapping[str, Detail]
"""Details by key, one of :data:`KEYS`."""


def merged(before: Details, given: Details) -> dict[str, Detail]:
    """The details ``before``, in which ``given`` replaces details by key; an empty value removes a detail."""
    return {key: detail for key, detail in {**before, **given}.items() if detail.value}


def covering(document: Document, given: Details) -> dict[str, Detail]:
    """The details ``given``, each with the value of ``document`` that it replaces (``Detail.beneath``)."""
    return {
        key: replace(detail, beneath=getattr(document, key), beneath_origin=document.origins.get(key))
        for key, detail in given.items()
    }


def described(document: Document, given: Details) -> Document:
    """Replace values of ``document`` and their origins by the details ``given``."""
    values: dict[str, Any] = {key: detail.value for key, detail in given.items()}
    origins = {key: detail.origin for key, detail in given.items()}
    return replace(document, **values, origins={**document.origins, **origins})


def uncovered(document: Document, given: Details) -> Document:
    """Undo :func:`described`: give ``document`` the file's own values again."""
    values: dict[str, Any] = {key: detail.beneath for key, detail in given.items()}
    origins = {key: origin for key, origin in document.origins.items() if key not in given}
    origins |= {key: detail.beneath_origin for key, detail in given.items() if detail.beneath_origin}
    return replace(document, **values, origins=origins)
