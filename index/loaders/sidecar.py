"""Reads the details that a person or a publisher's tool put beside a file, in ``NAME.meta.yaml``.

It is only read: details that people give in the browser or over HTTP are in the catalog.
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
"""What a sidecar's name has after the whole name of its file: ``report.pdf.meta.yaml``."""

_MAX_BYTES = 65_536
_REMEDY = "correct the sidecar, or remove it"

# Without a wait for whoever writes to a pipe. No system has all of these.
_FLAGS = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


def sidecar_of(path: Path) -> Path:
    """Where the sidecar of the file at ``path`` would lie."""
    return path.with_name(path.name + SUFFIX)


def checked(path: Path, values: Mapping[str, str], origin: Origin) -> dict[str, Detail]:
    """The details that ``values`` give, in the form in which they are kept.

    Args:
        path: the file that they are about, for messages.
        values: by key; an empty value gives nothing.
        origin: who or what gives them.

    Raises:
        LoadError: if a key is unknown, a date or language cannot be read, or a collection's name is too long.
    """
    given = {key: flow(value) for key, value in values.items() if flow(value)}
    for key in given:
        if key not in KEYS:
            raise LoadError(path, f"is said to have a {key!r}, which is not known", f"say {', '.join(KEYS)}")
    for key, read, remedy in (
        ("published", iso_date, "write 2031-07-18, 2031-07 or 2031"),
        ("language", language_code, "write a code such as en or km"),
    ):
        if key in given:
            value = read(given[key])
            if value is None:
                raise LoadError(path, f"is said to have {key} {given[key]!r}, which is none", remedy)
            given[key] = value
    length = len(given.get("collection", ""))
    if length > MAX_COLLECTION_CHARACTERS:
        cause = f"is said to be in a collection whose name has {length:,} characters"
        raise LoadError(path, cause, f"give it at most {MAX_COLLECTION_CHARACTERS}")
    return {key: Detail(value, origin) for key, value in given.items()}


def read_sidecar(path: Path) -> dict[str, Detail]:
    """The details in the sidecar of the file at ``path``; none where it has no sidecar.

    Raises:
        LoadError: if the sidecar is a link or a pipe, which may lead to what the folder must not show; if it
            cannot be read, is no YAML of ``key: value`` lines, or gives what cannot be kept.
    """
    import yaml

    try:
        data = _content(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return {}
        cause = f"has a sidecar that cannot be read: {error.strerror or error}"
        raise LoadError(path, cause, _REMEDY) from error
    if len(data) > _MAX_BYTES:
        raise LoadError(path, f"has a sidecar of more than {_MAX_BYTES:,} bytes", _REMEDY)
    try:
        # BaseLoader makes no objects, and leaves dates and numbers as they are written.
        values = yaml.load(data, Loader=yaml.BaseLoader)  # noqa: S506 # nosec B506
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise LoadError(path, f"has a sidecar that is not YAML: {flow(str(error))[:200]}", _REMEDY) from error
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise LoadError(path, "has a sidecar that is not lines of key: value", _REMEDY)
    return checked(path, {str(key): value for key, value in values.items()}, "sidecar")


def _content(path: Path) -> bytes:
    """The first bytes of the sidecar of the file at ``path``, one more than it may have."""
    sidecar = sidecar_of(path)
    if stat.S_ISREG(sidecar.lstat().st_mode):
        # Whoever puts a link there in this moment gets a refusal of the system's.
        with os.fdopen(os.open(sidecar, _FLAGS), "rb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read(_MAX_BYTES + 1)
    raise LoadError(path, "has a sidecar that is a link or no file", "put the sidecar itself beside the file")
