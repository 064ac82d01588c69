"""Open the library of a home folder with the encoder that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ui.settings import Settings

if TYPE_CHECKING:
    from index.store import Index


@contextmanager
def open_library(settings: Settings, *, reembed: bool = False) -> Iterator[Index]:
    """The index of ``settings.home``, closed at the end.

    Takes seconds: the encoder's libraries are imported and its weights are read.

    Args:
        settings: name the home folder and the model.
        reembed: whether to embed everything again where the library was made with another model.

    Raises:
        CatalogError: if the catalog cannot be opened.
        EncoderError: if the model cannot be loaded.
        EncoderMismatchError: if the library was made with another model and ``reembed`` is not set.
    """
    from index.embedding import open_encoder
    from index.store import Index

    with Index.open(settings.home, open_encoder(settings.model), reembed=reembed) as index:
        yield index
