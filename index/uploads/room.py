"""The limit on the bytes that all uploads of one viewer may take."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from index.catalog import uploaded_bytes
from index.errors import StorageLimitError
from index.library import Library
from index.loaders import MEGABYTE


def check_room(index: Library, place: Path, size: int, viewer: str, most_bytes: int) -> None:
    """Check that a viewer may upload another file.

    Args:
        index: the library.
        place: the path that the file gets in the uploads folder; a file there now is replaced, so its size
            does not count.
        size: the size of the file in bytes.
        viewer: the viewer's key. An empty key, such as that of a command on this machine, has no limit.
        most_bytes: the most bytes that all uploads of the viewer may take; 0 for no limit.

    Raises:
        StorageLimitError: if all uploads of the viewer would take more than ``most_bytes``.
    """
    if not viewer or not most_bytes:
        return
    with index.catalog.reading() as reader:
        held = uploaded_bytes(reader.connection, viewer, str(place.parent), except_path=place.name)
    if held + size > most_bytes:
        raise StorageLimitError(
            f"the file has {_tenths(size, math.ceil)} MB, and of the {most_bytes // MEGABYTE:,} MB that the "
            f"uploads of one sender may take, {_tenths(max(most_bytes - held, 0), math.floor)} MB are left; "
            "delete an upload first"
        )


def _tenths(size: int, rounded: Callable[[float], int]) -> str:
    """Format a size in bytes as megabytes with one decimal place; ``rounded`` rounds up or down."""
    return f"{rounded(size / MEGABYTE * 10) / 10:,.1f}"
