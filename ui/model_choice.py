"""The language model of a running server, which can be replaced while the server runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Lock

from index.errors import line_of
from rag.engine import QueryEngine
from rag.errors import ModelError, ModelSetupError
from rag.llm import (
    LocalServer,
    ModelSettings,
    OfferedModel,
    Trial,
    about,
    list_models,
    local_servers,
    of_file,
    open_model,
)
from ui.errors import NoChoiceError, SettingsError
from ui.opening import open_writer
from ui.settings import Settings
from ui.stored_model import LLAMACPP, gguf_files, is_file_model, remove_model, write_model


class ModelChoice:
    """``chosen`` is None if answers only quote; ``trouble`` says why the stored model could not be opened."""

    def __init__(self, engine: QueryEngine, settings: Settings | None) -> None:
        self.chosen: ModelSettings | None = None
        self.trouble: str | None = None
        self._engine = engine
        self._settings = settings
        self._changing = Lock()

    @property
    def name(self) -> str | None:
        writer = self._engine.writer
        return writer.model.name if writer else None

    @property
    def set_by(self) -> str | None:
        return self._settings.model_set_by if self._settings else None

    @property
    def is_free(self) -> bool:
        return self._settings is not None and self.set_by is None

    @property
    def files(self) -> tuple[Path, ...]:
        """The GGUF files that a client may choose over HTTP."""
        if self._settings is None:
            return ()
        found = gguf_files(self._settings.models, self._settings.llm_folder)
        own = Path(self.chosen.model) if self.chosen and is_file_model(self.chosen) else None
        return (*found, own) if own and own not in found and own.is_file() else found

    def require_free(self) -> Settings:
        """Raises NoChoiceError if a person may not choose the model."""
        if self._settings is None:
            raise NoChoiceError("this server has no folder to store a choice")
        if self.set_by is not None:
            raise NoChoiceError(f"{self.set_by} sets the language model; change or remove it there")
        return self._settings

    def open_stored(self) -> None:
        """Set ``trouble`` on failure; do nothing if a setting names the model. Raises JudgeError."""
        if self._settings is None:
            return
        try:
            self.chosen = self._settings.language_model()
            if self.chosen is not None and self.is_free:
                self._engine.set_writer(open_writer(self._settings, self.chosen))
        except (ModelSetupError, SettingsError) as error:
            self.trouble = line_of(error)

    def choose(self, model: ModelSettings) -> None:
        """Raises ModelSetupError, JudgeError, OSError or NoChoiceError; the model in use then stays."""
        settings = self.require_free()
        with self._changing:
            limited = settings.limited(model)
            writer = open_writer(settings, limited)
            try:
                write_model(settings.home, model)
            except OSError:
                writer.model.close()
                raise
            self._engine.set_writer(writer)
            self.chosen, self.trouble = limited, None

    def clear(self) -> None:
        """Remove the stored model. Later questions are answered with quotes only."""
        settings = self.require_free()
        with self._changing:
            remove_model(settings.home)
            self._engine.set_writer(None)
            self.chosen = self.trouble = None

    def reload(self) -> None:
        """Use the model that another process has stored, if any. The errors are those of choose."""
        settings = self.require_free()
        with self._changing:
            chosen = settings.language_model()
            self._engine.set_writer(open_writer(settings, chosen) if chosen else None)
            self.chosen, self.trouble = chosen, None

    def offered(self, provider: str, address: str | None, key: str | None) -> tuple[OfferedModel, ...]:
        """The models of a server or, for ``llamacpp`` without an address, the files.

        Raises ModelError, ModelSetupError or NoChoiceError.
        """
        self.require_free()
        if provider == LLAMACPP and address is None:
            return tuple(map(of_file, self.files))
        return list_models(provider, address, key)

    def local_servers(self) -> tuple[LocalServer, ...]:
        """Raises NoChoiceError."""
        self.require_free()
        return local_servers()

    def try_out(self, model: ModelSettings | None) -> Trial:
        """Raises ModelError without a reply, ModelSetupError, NoChoiceError if there is no model."""
        writer, chosen = self._engine.writer, self.chosen
        is_chosen = model is None or (chosen and is_file_model(chosen) and chosen.model == model.model)
        if writer is not None and is_chosen:
            # Use the copy that is loaded already: a second copy of the file might not fit into memory.
            with writer.model.in_use():
                return _with_facts(writer.model.try_out(), chosen or model)
        if model is None:
            raise NoChoiceError(self.trouble or "no language model is chosen; choose one first")
        return try_out(self._settings.limited(model) if self._settings else model)


def try_out(model: ModelSettings) -> Trial:
    """Open a model, ask it for a short reply, and close it. Errors are as in :meth:`ModelChoice.try_out`."""
    opened = open_model(replace(model, limits=replace(model.limits, attempts=1)))
    try:
        return _with_facts(opened.try_out(), model)
    except ModelError as error:
        where = f"the address {model.address}" if model.address else "the connection"
        said = f"{error} ({error.detail})" if error.detail else str(error)
        raise ModelError(f"{said}; check {where}, the model's name and the key", error.kind) from error
    finally:
        opened.close()


def _with_facts(trial: Trial, model: ModelSettings | None) -> Trial:
    """Add what the server or the file says of the model; nothing is known of one that a program has set."""
    if model is None:
        return trial
    known = about(model)
    return replace(trial, context_tokens=known.context_tokens, is_small=known.is_small)
