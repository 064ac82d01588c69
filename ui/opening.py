"""Open the library of a home folder with the encoder that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ui.settings import Settings

if TYPE_CHECKING:
    from index.store import Index


@contextmanager
def open_library(settings: Settings, *, former: bool = False) -> Iterator[Index]:
    """The index of ``settings.home``, closed at the end.

    Takes seconds: the encoder's libraries are imported and its weights are read.

    Args:
        settings: name the home folder and the model.
        former: whether a library that was made with another model is searched with that one, until it is
            made anew (a sync does that).

    Raises:
        CatalogError: if the catalog cannot be opened.
        EncoderError: if the model cannot be loaded.
        EncoderMismatchError: if the library was made with another model and ``former`` is not set.
    """
    from index.embedding import open_encoder
    from index.store import Index

    opener = open_encoder if former else None
    with Index.open(settings.home, open_encoder(settings.model), former=opener) as index:
        yield index
