"""An open library: the catalog, its search caches, and the encoder, behind one object."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from index.catalog.database import Catalog
from index.catalog.dialects import address_of, database_at
from index.catalog.duplicate_groups import Duplicates
from index.catalog.reader import CatalogReader
from index.catalog.writes import drop_abandoned, restore_vectors
from index.embedding.encoder import Encoder, EncoderPool
from index.embedding.pipeline import TITLE_TOKENS, Progress, embed_documents
from index.errors import (
    BuildGoneError,
    DetailsChangedError,
    EncoderMismatchError,
    LoadError,
    VectorsGoneError,
)
from index.private import make_folder
from index.records import NO_FILTERS, Committed, Filters, Incoming, Recipe, Viewer
from index.search.fusion import DENSE_WEIGHT
from index.search.maintenance import Maintenance, naming_failures, rebuild
from index.search.snapshot import POOL, Hit, Snapshot
from index.text.passages import CHUNKING, MAX_CHUNK_TOKENS, Cutting
from index.vectors import DEFAULT_POLICY, IndexPolicy, store_at

__all__ = ["NO_FILTERS", "POOL", "TITLE_TOKENS", "Hit", "Library", "Progress", "Snapshot"]

UPLOADS = "uploads"  # The folder of the uploaded files in a home folder.


def embedded_with(home: Path, database_url: str = "") -> Recipe | None:
    """None if there are no passages. Raises CatalogError."""
    address = address_of(home, database_url)
    if not database_at(address).exists(address):
        return None
    catalog = Catalog.open(address)
    try:
        with catalog.reading() as reader:
            return reader.build.recipe if reader.build and reader.has_chunks() else None
    finally:
        catalog.close()


class Library:
    """Safe to share between threads; only one writer works at a time, across processes too.

    Each change of the passages makes a new generation. A reader sees one only: :meth:`snapshot` for searches,
    ``library.catalog.reading()`` for the catalog alone. The library follows the folder ``uploads``.
    """

    home: Path
    uploads: Path
    catalog: Catalog
    duplicates: Duplicates
    keeps_encoder: bool
    _sizes: tuple[int, int]
    _choose_encoder: Callable[[Collection[str]], Encoder] | None
    _encoder_pool: EncoderPool
    _maintenance: Maintenance

    @classmethod
    def open(
        cls,
        home: Path,
        encoder: Encoder,
        *,
        max_chunk_tokens: int = MAX_CHUNK_TOKENS,
        title_tokens: int = TITLE_TOKENS,
        open_other_encoder: Callable[[Recipe], Encoder] | None = None,
        choose_encoder: Callable[[Collection[str]], Encoder] | None = None,
        keeps_encoder: bool = False,
        policy: IndexPolicy = DEFAULT_POLICY,
        database_url: str = "",
        uploads: Path | None = None,
        index_url: str = "",
    ) -> Self:
        """Open the library in ``home``, or create an empty one.

        Without ``title_tokens``, titles are neither embedded nor searched. ``open_other_encoder`` opens the
        encoder of the stored passages; if it is None and they have another, EncoderMismatchError is raised.
        ``choose_encoder`` replaces ``encoder`` in an empty library, by the ISO 639-1 codes of its first
        documents (empty: unknown). With ``keeps_encoder``, :meth:`rebuild` keeps the passages' encoder.
        ``database_url`` is ``postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME``, empty for a file in
        ``home``; libraries that share it share ``uploads`` too. ``index_url`` is
        ``milvus://USER:PASSWORD@HOST:PORT/DATABASE``, empty for files in ``home``. Raises CatalogError, and
        VectorIndexError for another ``index_url``.
        """
        store = store_at(index_url)
        make_folder(home)
        catalog = Catalog.open(address_of(home, database_url))
        library = cls()
        library.home, library.uploads = home, uploads or home / UPLOADS
        library.catalog, library.duplicates = catalog, Duplicates()
        library.keeps_encoder = keeps_encoder
        library._sizes = (max_chunk_tokens, title_tokens)
        library._choose_encoder = choose_encoder
        library._encoder_pool = EncoderPool(encoder, open_other_encoder)
        library._maintenance = Maintenance(home, catalog, library._encoder_of, policy, store)
        try:
            if open_other_encoder is None:
                library._current_recipe()
        except EncoderMismatchError:
            catalog.close()
            raise
        return library

    def for_viewer(self, viewer: Viewer | None) -> Library:
        """Without what ``viewer`` may not see, for as long as the library stays open."""
        other = copy(self)
        other.catalog = self.catalog.for_viewer(viewer)
        return other

    def close(self) -> None:
        self.catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Fixed at the newest generation. Raises EncoderMismatchError or LibraryLockedError."""
        with self._maintenance.snapshot() as (whole, caches):
            encoder = self._encoder_of(whole)
            viewer = self.catalog.viewer
            reader = whole if viewer is None else whole.for_viewer(viewer)
            # The caches hold all documents, whoever the viewer is.
            ensure_intact = partial(self._maintenance.ensure_intact, whole)
            yield Snapshot(reader, caches, encoder, self.duplicates, ensure_intact)

    @property
    def encoder(self) -> Encoder:
        """An outdated library still uses another one."""
        with self.catalog.reading() as reader:
            return self._wanted_encoder(reader)

    @property
    def recipe(self) -> Recipe:
        with self.catalog.reading() as reader:
            return self._recipe_of(reader)

    @property
    def generation(self) -> int:
        """Reading it brings the search caches up to date."""
        with self.snapshot() as snapshot:
            return snapshot.generation

    def search(
        self, query: str, limit: int = 10, filters: Filters = NO_FILTERS, dense_weight: float = DENSE_WEIGHT
    ) -> list[Hit]:
        with self.snapshot() as snapshot:
            return snapshot.search(query, limit, filters, dense_weight)

    def cutting(self, language: str = "") -> Cutting | None:
        """``language`` is a user's ISO 639-1 code. None if the tokenizer cannot be sent to a process."""
        encoder, recipe = self._current_recipe()
        return Cutting(encoder.tokenizer, recipe.max_chunk_tokens, language) if encoder.tokenizer else None

    def embed(self, incoming: Sequence[Incoming], progress: Progress | None = None) -> None:
        """A later :meth:`replace` then only has to write; the errors are the same."""
        self._choose_first_encoder(incoming)
        encoder, recipe = self._current_recipe()
        described = self._described(incoming)
        with naming_failures(self.home):
            embed_documents(described, recipe, encoder, self.catalog, progress)

    def replace(
        self,
        incoming: Sequence[Incoming],
        removed: Collection[int] = (),
        progress: Progress | None = None,
        lineage: str | None = None,
        back: Path | None = None,
    ) -> Committed:
        """Embed and add ``incoming``, and remove the documents ``removed``, in one commit.

        ``lineage`` is ``Build.lineage`` when the caller read the ids; None allows any. ``back`` has the saved
        rows of a deleted document, which ``incoming`` contains too. Raises LoadError if the viewer may not
        see what a document replaces, LibraryRestoredError, OutdatedError and TakenError as
        :meth:`index.catalog.database.Catalog.commit`, EncoderMismatchError after another process's rebuild,
        LibraryLockedError, and LibraryWriteError if the disk is full or read-only.
        """
        self._choose_first_encoder(incoming)
        while True:
            encoder, recipe = self._current_recipe()
            described = self._described(incoming)
            with naming_failures(self.home):
                if back is not None:
                    restore_vectors(self.catalog.engine, back)
                new = embed_documents(described, recipe, encoder, self.catalog, progress)
            with naming_failures(self.home), self._maintenance.writing():
                if self._current_recipe() == (encoder, recipe):
                    # If another writer has deleted a vector or edited details meanwhile, try again.
                    with suppress(VectorsGoneError, DetailsChangedError):
                        return self._maintenance.commit(new, removed, recipe, lineage, back)

    def is_due(self) -> bool:
        return self._maintenance.is_due()

    def compact(self) -> bool:
        """Return whether any cache was rewritten. Raises LibraryLockedError or LibraryWriteError."""
        return self._maintenance.compact()

    @property
    def is_outdated(self) -> bool:
        with self.catalog.reading() as reader:
            return self._recipe_of(reader) != self._recipe_with(self._wanted_encoder(reader))

    def rebuild(self, progress: Progress | None = None, encoder: Encoder | None = None) -> None:
        """Searches go on. Raises LibraryLockedError; BuildGoneError if another process has rebuilt."""
        encoder = encoder or self.encoder
        recipe = self._recipe_with(encoder)
        if self.recipe == recipe:
            # If a process was killed after its rebuild, the old passages are still there.
            drop_abandoned(self.catalog.engine)
            return
        self._encoder_pool.add(encoder)
        try:
            with naming_failures(self.home):
                rebuild(self.catalog, self._maintenance, encoder, recipe, progress)
        except BuildGoneError:
            # Another process may have rebuilt the library with this recipe meanwhile.
            if self.recipe != recipe:
                raise
        if self.keeps_encoder:
            self._encoder_pool.own = encoder

    def _choose_first_encoder(self, incoming: Sequence[Incoming]) -> None:
        if self._choose_encoder is None or not incoming:
            return
        with self.catalog.reading() as reader:
            is_empty = not reader.has_chunks()
        if is_empty:
            self._encoder_pool.own = self._choose_encoder([item.document.language for item in incoming])

    def _described(self, incoming: Sequence[Incoming]) -> list[Incoming]:
        """With the details that users have given. Raises LoadError as :meth:`replace`."""
        with self.catalog.reading() as reader:
            described = [item.described(reader.details(item.source, item.path)) for item in incoming]
            for item in described if reader.hidden else ():
                if reader.is_hidden_at(item.source, item.path):
                    raise LoadError(Path(item.path), "cannot have this name", "choose another name")
                if item.collection in reader.hidden:
                    raise _not_in(item, item.collection)
            for item in described:
                named = item.given.get("collection")
                if named is None or not named.value:
                    continue
                if alike := reader.look_alikes(named.value, (item.source, item.path)):
                    if not set(alike).isdisjoint(reader.hidden):
                        raise _not_in(item, named.value)
                    cause = f"cannot be in the collection “{named.value}”, which looks like “{alike[0]}”"
                    raise LoadError(Path(item.path), cause, "write it like that, or choose another name")
        return described

    def _wanted_encoder(self, reader: CatalogReader) -> Encoder:
        if self.keeps_encoder and reader.build and reader.has_chunks():
            return self._encoder_pool.encoder_for(reader.build.recipe)
        return self._encoder_pool.own

    def _recipe_with(self, encoder: Encoder) -> Recipe:
        return Recipe(encoder.key, *self._sizes, CHUNKING, encoder.name)

    def _current_recipe(self) -> tuple[Encoder, Recipe]:
        with self.catalog.reading() as reader:
            return self._encoder_of(reader), self._recipe_of(reader)

    def _recipe_of(self, reader: CatalogReader) -> Recipe:
        """Without passages, the settings for :meth:`rebuild`."""
        if reader.build and reader.has_chunks():
            return reader.build.recipe
        return self._recipe_with(self._wanted_encoder(reader))

    def _encoder_of(self, reader: CatalogReader) -> Encoder:
        return self._encoder_pool.encoder_for(self._recipe_of(reader))


def _not_in(item: Incoming, collection: str | None) -> LoadError:
    cause = f"cannot be in the collection “{collection}”"
    return LoadError(Path(item.path), cause, "choose another collection")
