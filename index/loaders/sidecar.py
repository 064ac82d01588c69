"""Reads sidecars: a file ``NAME.meta.yaml`` gives the details of the file ``NAME`` beside it.

The program never writes sidecars: the catalog stores the details that people give in the browser or over
HTTP.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from index.details import KEYS, Detail
from index.documents import MAX_COLLECTION_CHARACTERS, Origin
from index.errors import LoadError
from index.loaders.blocks import flow
from index.loaders.metadata import iso_date, language_code

SUFFIX = ".meta.yaml"
"""The ending of a sidecar's name, after the whole name of the file: ``report.pdf.meta.yaml``."""

_MAX_BYTES = 65_536
_REMEDY = "correct the sidecar, or remove it"

# O_NONBLOCK: opening a pipe must not wait for a writer. No system has all of these flags.
_FLAGS = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


def sidecar_of(path: Path) -> Path:
    """Return the path of the sidecar of the file at ``path``, whether or not the sidecar exists."""
    return path.with_name(path.name + SUFFIX)


def checked_details(path: Path, values: Mapping[str, str], origin: Origin) -> dict[str, Detail]:
    """Check the details in ``values``, and return them in the form in which the catalog stores them.

    Args:
        path: the file that the details describe, for messages.
        values: the details by key; empty values are left out.
        origin: who or what gives the details: a user who edits them (``edit``) or uploads the file with them
            (``upload``), or a sidecar (``sidecar``).

    Raises:
        LoadError: if a key is unknown, a date or language cannot be read, or a collection's name is too long.
    """
    given = {key: flow(value) for key, value in values.items() if flow(value)}
    for key in given:
        if key not in KEYS:
            raise LoadError(path, f"has an unknown detail {key!r}", f"use only {', '.join(KEYS)}")
    for key, read, kind, remedy in (
        ("published", iso_date, "date", "write 2031-07-18, 2031-07 or 2031"),
        ("language", language_code, "language code", "write a code such as en or km"),
    ):
        if key in given:
            value = read(given[key])
            if value is None:
                raise LoadError(path, f"has the detail {key}: {given[key]!r}, which is not a {kind}", remedy)
            given[key] = value
    length = len(given.get("collection", ""))
    if length > MAX_COLLECTION_CHARACTERS:
        cause = f"has a collection name of {length:,} characters"
        raise LoadError(path, cause, f"use at most {MAX_COLLECTION_CHARACTERS} characters")
    return {key: Detail(value, origin) for key, value in given.items()}


def read_sidecar(path: Path) -> dict[str, Detail]:
    """Read the details in the sidecar of the file at ``path``; return an empty dict if it has no sidecar.

    Raises:
        LoadError: if the sidecar is a link (which may lead out of the folder) or another file that is not
            regular, cannot be read, is too large, is not YAML of ``key: value`` lines, or has an invalid
            detail.
    """
    import yaml

    data = sidecar_content(path)
    if data is None:
        return {}
    if len(data) > _MAX_BYTES:
        raise LoadError(path, f"has a sidecar of more than {_MAX_BYTES:,} bytes", _REMEDY)
    try:
        # BaseLoader gives only strings, lists and dicts: no other objects, no dates and no numbers.
        values = yaml.load(data, Loader=yaml.BaseLoader)  # noqa: S506 # nosec B506
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise LoadError(path, f"has a sidecar that is not YAML: {flow(str(error))[:200]}", _REMEDY) from error
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise LoadError(path, "has a sidecar that is not lines of key: value", _REMEDY)
    return checked_details(path, {str(key): value for key, value in values.items()}, "sidecar")


def sidecar_content(path: Path) -> bytes | None:
    """Read the bytes of the sidecar of the file at ``path``; return None if it has no sidecar.

    At most one byte more than the limit is read, which is enough to tell that a sidecar is too large.

    Raises:
        LoadError: if the sidecar is not a regular file, or cannot be read.
    """
    try:
        return _content(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        cause = f"has a sidecar that cannot be read: {error.strerror or error}"
        raise LoadError(path, cause, _REMEDY) from error


def _content(path: Path) -> bytes:
    sidecar = sidecar_of(path)
    if stat.S_ISREG(sidecar.lstat().st_mode):
        # O_NOFOLLOW refuses a link that another program creates after the check above.
        with os.fdopen(os.open(sidecar, _FLAGS), "rb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read(_MAX_BYTES + 1)
    raise LoadError(
        path, "has a sidecar that is a link or not a file", "put the sidecar itself beside the file"
    )
