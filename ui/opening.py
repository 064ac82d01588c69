"""Opens the library that the settings name, only its catalog, or its query engine."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import anyio

from ui.errors import UsedWronglyError, WarmingUpError

if TYPE_CHECKING:
    from index.catalog import Catalog
    from index.embedding import Encoder
    from index.library import Library
    from index.records import Recipe
    from rag.engine import QueryEngine
    from rag.llm import ModelSettings
    from rag.verification import Judge
    from rag.writing import Writer
    from ui.settings import Settings

_log = logging.getLogger(__name__)

# With ``auto``, a greater share of first documents not in English gets the multilingual encoder.
OTHER_LANGUAGES = 0.2


@contextmanager
def open_library(settings: Settings, *, allow_other_model: bool = False) -> Iterator[Library]:
    """Take the settings' encoder or the library's; ``allow_other_model`` lets another one search.

    This takes seconds. Raises CatalogError, EncoderError, EncoderMismatchError or VectorIndexError.
    """
    from index.library import Library
    from ui.settings import AUTO

    with Library.open(
        settings.home,
        open_configured_encoder(settings),
        open_other_encoder=partial(_encoder_of, settings=settings) if allow_other_model else None,
        choose_encoder=partial(_encoder_for, settings=settings) if settings.model == AUTO else None,
        keeps_encoder=settings.model in {None, AUTO},
        database_url=settings.database,
        uploads=settings.uploads,
        index_url=settings.index_url,
    ) as index:
        yield index


def open_configured_encoder(settings: Settings) -> Encoder:
    """The settings' encoder, the library's, or the default. Raises CatalogError or EncoderError."""
    from index.embedding import open_encoder
    from index.library import embedded_with
    from ui.settings import AUTO

    stored = embedded_with(settings.home, settings.database)
    named = None if settings.model == AUTO else settings.model
    if stored is not None and named is None:
        return _encoder_of(stored, settings)
    return open_encoder(named, settings.models)


def _encoder_of(recipe: Recipe, settings: Settings) -> Encoder:
    from index.embedding import open_encoder

    return open_encoder(recipe.model, settings.models)


def _encoder_for(languages: Collection[str], settings: Settings) -> Encoder:
    from index.embedding import (
        DEFAULT_MODEL,
        INSTALL_COMMAND,
        MULTILINGUAL_MODEL,
        has_multilingual,
        open_encoder,
    )

    others = sum(language not in {"", "en"} for language in languages)
    if others <= OTHER_LANGUAGES * len(languages):
        return open_encoder(DEFAULT_MODEL)
    if has_multilingual():
        return open_encoder(MULTILINGUAL_MODEL, settings.models)
    _log.warning(
        "footnoted: %d of the first %d reports are not in English, and %s is not installed, so %s, "
        "which reads English, embeds them; run `%s`, set FOOTNOTED_MODEL to %s, and run `footnoted sync`",
        others, len(languages), MULTILINGUAL_MODEL, DEFAULT_MODEL, INSTALL_COMMAND, MULTILINGUAL_MODEL,
    )  # fmt: skip
    return open_encoder(DEFAULT_MODEL)


# A home folder whose catalog was moved keeps the new database's address here, without the password.
MOVED = "moved-to.txt"


def check_not_moved(settings: Settings) -> None:
    """Raises UsedWronglyError if a moved catalog's database is not named: an empty one would be made."""
    file = settings.home / MOVED
    if settings.database or not file.is_file():
        return
    from index.catalog import CATALOG

    if not (settings.home / CATALOG).exists():
        raise UsedWronglyError(
            f"the library of {settings.home} was moved to {file.read_text(encoding='utf-8').strip()}; set "
            f"FOOTNOTED_DATABASE_URL to that address, or delete {file} to begin another library here"
        )


def has_library(settings: Settings) -> bool:
    """Make no file. Raises CatalogError if the catalog's database cannot be reached."""
    from index.catalog import address_of, database_at

    address = address_of(settings.home, settings.database)
    return database_at(address).exists(address)


@contextmanager
def open_catalog(settings: Settings) -> Iterator[Catalog]:
    """Load no model, make no file. Raises UsedWronglyError if there is no catalog, or CatalogError."""
    from index.catalog import Catalog, address_of

    if not has_library(settings):
        raise UsedWronglyError(f"there is no library in {settings.home}; give the folder of one with --home")
    with closing(Catalog.open(address_of(settings.home, settings.database))) as catalog:
        yield catalog


@contextmanager
def open_engine(settings: Settings, index: Library, *, stored: bool = True) -> Iterator[QueryEngine]:
    """With the home's model if ``stored``. Raises JudgeError, ModelSetupError, ReaderError, SettingsError."""
    from rag.answer_limits import DEFAULT_LIMITS
    from rag.engine import QueryEngine

    chosen = settings.language_model() if stored or settings.model_set_by else None
    limits = replace(DEFAULT_LIMITS, plan_seconds=settings.llm_plan)
    engine = QueryEngine(index, settings.reader, limits, keeps=True)
    try:
        if chosen is not None:
            engine.set_writer(open_writer(settings, chosen))
        yield engine
    finally:
        # A server may have exchanged the writer since.
        if engine.writer is not None:
            engine.writer.model.close()


def _as_its_server_says(chosen: ModelSettings) -> ModelSettings:
    """With the context that the model has; on this machine no larger, because each token takes memory."""
    from rag.llm import about

    known = about(chosen).context_tokens
    if known is None:
        return chosen
    is_remote = chosen.provider not in {"ollama", "llamacpp"} or (
        chosen.provider == "llamacpp" and chosen.address is not None
    )
    most = known if is_remote else min(known, chosen.limits.context_tokens)
    reply = min(chosen.limits.reply_tokens, most // 2)
    return replace(chosen, limits=replace(chosen.limits, context_tokens=most, reply_tokens=reply))


def open_writer(settings: Settings, chosen: ModelSettings) -> Writer:
    """The caller closes the model. Raises JudgeError or ModelSetupError."""
    from rag.errors import JudgeError
    from rag.llm import looks_small, open_model
    from rag.verification import Gate, open_judge
    from rag.writing import Writer

    is_small = looks_small(chosen)
    model = open_model(chosen if is_small or settings.llm_context else _as_its_server_says(chosen))
    model.is_small = is_small
    try:
        judge = open_judge(settings.judge_of(chosen), model, settings.thresholds())
    except JudgeError:
        model.close()
        raise
    return Writer(model, Gate(judge), settings.unsupported)


@contextmanager
def open_configured_judge(settings: Settings) -> Iterator[Judge | None]:
    """None without a judge. Raises JudgeError, ModelSetupError or SettingsError."""
    from rag.llm import open_model
    from rag.verification import LANGUAGE_MODEL, open_judge

    chosen = settings.language_model()
    name = settings.judge_of(chosen)
    model = open_model(chosen) if chosen and name == LANGUAGE_MODEL else None
    try:
        yield open_judge(name, model, settings.thresholds())
    finally:
        if model is not None:
            model.close()


WAIT_SECONDS = 30.0  # the seconds that a request waits for the models: several times as long as loading takes


async def until_warm(engine: QueryEngine) -> None:
    """Raises WarmingUpError if loading takes longer than ``WAIT_SECONDS``."""
    until = anyio.current_time() + WAIT_SECONDS
    while engine.is_warming:
        if anyio.current_time() >= until:
            raise WarmingUpError
        await anyio.sleep(0.05)
