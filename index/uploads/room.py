"""The limit on the bytes of the files that one viewer uploaded."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from index.catalog import uploaded_bytes
from index.errors import StorageLimitError
from index.library import Library
from index.loaders import MEGABYTE


def check_room(index: Library, place: Path, size: int, viewer: str, most_bytes: int) -> None:
    """Check that a viewer may have another uploaded file, beside the present ones.

    Args:
        index: the library.
        place: the path of the file among the uploads; a present file there is replaced.
        size: the size of the file in bytes.
        viewer: the key of the viewer; an empty one, as of a command on the machine, has no limit.
        most_bytes: the most bytes of all files together; 0 for no limit.

    Raises:
        StorageLimitError: if the files would take more.
    """
    if not viewer or not most_bytes:
        return
    with index.catalog.reading() as reader:
        held = uploaded_bytes(reader.connection, viewer, str(place.parent), but=place.name)
    if held + size > most_bytes:
        raise StorageLimitError(
            f"the file has {_tenths(size, math.ceil)} MB, and of the {most_bytes // MEGABYTE:,} MB that the "
            f"uploads of one sender may take, {_tenths(max(most_bytes - held, 0), math.floor)} MB are left; "
            "delete an upload first"
        )


def _tenths(size: int, rounded: Callable[[float], int]) -> str:
    """A size in megabytes with one decimal place."""
    return f"{rounded(size / MEGABYTE * 10) / 10:,.1f}"
