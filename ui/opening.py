"""Open the library of a home folder: as a whole, with its encoder, or only its catalog."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ui.errors import UsedWronglyError
from ui.settings import Settings

if TYPE_CHECKING:
    from index.catalog import Catalog
    from index.library import Library


@contextmanager
def open_library(settings: Settings, *, former: bool = False) -> Iterator[Library]:
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
    from index.library import Library

    opener = open_encoder if former else None
    with Library.open(settings.home, open_encoder(settings.model), former=opener) as index:
        yield index


@contextmanager
def open_catalog(settings: Settings) -> Iterator[Catalog]:
    """The catalog of ``settings.home``, closed at the end. Nothing slow is loaded, and nothing is made.

    Raises:
        UsedWronglyError: if there is no library.
        CatalogError: if the catalog cannot be opened.
    """
    from index.catalog import CATALOG, Catalog

    if not (settings.home / CATALOG).is_file():
        raise UsedWronglyError(f"there is no library in {settings.home}; give the folder of one with --home")
    catalog = Catalog.open(settings.home / CATALOG)
    try:
        yield catalog
    finally:
        catalog.close()
