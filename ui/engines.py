"""Open what answers questions over a library, as the settings have it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from ui.settings import Settings

if TYPE_CHECKING:
    from index.library import Library
    from rag.engine import QueryEngine


@contextmanager
def open_engine(settings: Settings, index: Library) -> Iterator[QueryEngine]:
    """The engine over ``index``; its language model, where there is one, is closed at the end.

    Raises:
        EntailmentError: if the model of entailment cannot be opened.
        ModelSetupError: if the language model cannot be opened.
        ReaderError: if the reader cannot be opened.
        SettingsError: if the settings of the language model do not fit together.
        WeightsError: if the file of weights cannot be used.
    """
    from rag.engine import QueryEngine

    chosen = settings.language_model()
    if chosen is None:
        yield QueryEngine(index, settings.reader, weights=settings.weights, keeps=True)
        return
    from rag.llm import open_model
    from rag.tuning import DEFAULT_TUNING
    from rag.verification import Gate, open_entailment
    from rag.writing import Writer

    entailment = open_entailment(settings.entailment) if settings.entailment else None
    model = open_model(chosen)
    try:
        writer = Writer(model, Gate(index.encoder, entailment), settings.unsupported)
        tuning = replace(DEFAULT_TUNING, certain=settings.llm_certain)
        yield QueryEngine(index, settings.reader, tuning, settings.weights, writer, keeps=True)
    finally:
        model.close()
