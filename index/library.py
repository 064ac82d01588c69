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
    """Return the recipe of the passages in ``home``; None if there are none. Raises CatalogError."""
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
    """A library in a home folder, from :meth:`open`. Safe to share between threads.

    Only one writer works at a time, across processes too. Each change of the passages makes a new generation,
    a numbered state of the library. A reader sees one generation only: :meth:`snapshot` gives a reader for
    searches, ``library.catalog.reading()`` gives a reader of the catalog alone. ``uploads`` is the folder of
    the uploaded files, which the library follows.
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

        Args:
            home: the folder that holds all the library's files.
            encoder: embeds new passages.
            max_chunk_tokens: the most tokens in a passage.
            title_tokens: how many tokens of the document's title precede each passage; with 0 the encoder
                does not see the title, and the title's words do not find the passage.
            open_other_encoder: opens the encoder that a recipe (the settings of stored passages) names. It is
                needed if the library was indexed with another encoder: searches and new passages use that
                encoder until :meth:`rebuild` embeds the library again.
            choose_encoder: opens another encoder in place of ``encoder`` when the first documents are added
                to an empty library; it receives the languages of these documents, as ISO 639-1 codes, or
                empty where a language is unknown.
            keeps_encoder: whether a library with passages goes on with their encoder, also after another
                process has embedded it again. If not, :meth:`rebuild` embeds it again with ``encoder``.
            policy: decides the type of the vector index.
            database_url: the address of the PostgreSQL database with the catalog,
                ``postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME``; empty for a file in ``home``. Several
                libraries, each in a home folder of its own, may share one catalog.
            uploads: the folder of the uploaded files; None for ``uploads`` in ``home``. Libraries that share
                a catalog share this folder too, at the same path.
            index_url: the address of a Milvus server that keeps the vectors,
                ``milvus://USER:PASSWORD@HOST:PORT/DATABASE``; empty for files in ``home``.

        Raises:
            CatalogError: if the catalog cannot be opened.
            EncoderMismatchError: if the library has another encoder, and ``open_other_encoder`` is None.
            VectorIndexError: if ``index_url`` is not an address of this form.
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
        """Return a view without what ``viewer`` may not see, for as long as the library stays open."""
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
        """Yield a view of the newest generation; the view stays fixed while the context lasts.

        Raises EncoderMismatchError if the library was indexed with another encoder, and LibraryLockedError if
        another process works on the caches for more than half a minute.
        """
        with self._maintenance.snapshot() as (whole, caches):
            encoder = self._encoder_of(whole)
            viewer = self.catalog.viewer
            reader = whole if viewer is None else whole.for_viewer(viewer)
            # The caches hold all documents, whoever the viewer is.
            ensure_intact = partial(self._maintenance.ensure_intact, whole)
            yield Snapshot(reader, caches, encoder, self.duplicates, ensure_intact)

    @property
    def encoder(self) -> Encoder:
        """Turns passages and queries into vectors; an outdated library still uses another one."""
        with self.catalog.reading() as reader:
            return self._wanted_encoder(reader)

    @property
    def recipe(self) -> Recipe:
        with self.catalog.reading() as reader:
            return self._recipe_of(reader)

    @property
    def generation(self) -> int:
        """The number of the newest generation. Reading it brings the search caches up to date."""
        with self.snapshot() as snapshot:
            return snapshot.generation

    def search(
        self, query: str, limit: int = 10, filters: Filters = NO_FILTERS, dense_weight: float = DENSE_WEIGHT
    ) -> list[Hit]:
        with self.snapshot() as snapshot:
            return snapshot.search(query, limit, filters, dense_weight)

    def cutting(self, language: str = "") -> Cutting | None:
        """Return the settings by which the process that reads a file cuts it into passages.

        ``language`` is the ISO 639-1 code that a user has given, else empty. None if the encoder's tokenizer
        cannot be sent to another process: then :meth:`replace` cuts the documents.
        """
        encoder, recipe = self._current_recipe()
        return Cutting(encoder.tokenizer, recipe.max_chunk_tokens, language) if encoder.tokenizer else None

    def embed(self, incoming: Sequence[Incoming], progress: Progress | None = None) -> None:
        """Embed passages, so that a later :meth:`replace` only has to write; the errors are the same."""
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

        A document whose path is known becomes a new version. ``lineage`` is the random name
        (``Build.lineage``) that the catalog had when the caller read the ids in ``removed``; None allows any.
        To restore a deleted document, ``back`` is the file with its saved rows
        (:func:`index.catalog.writes.save_rows`), and ``incoming`` contains it too.

        Raises:
            LoadError: if a document would replace one, or be in a collection, that the viewer may not see.
            LibraryRestoredError: if a backup was restored after the caller read ``lineage`` and the ids.
            OutdatedError, TakenError: see :meth:`index.catalog.database.Catalog.commit`; nothing is changed.
            EncoderMismatchError: if another process has embedded the library again with another encoder.
            LibraryLockedError: if another process writes for more than half a minute.
            LibraryWriteError: if the disk is full or the folder is read-only; nothing is changed.
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
        """Return whether :meth:`compact` would rewrite anything."""
        return self._maintenance.is_due()

    def compact(self) -> bool:
        """Rewrite caches that have many removed passages or unsaved vectors; searches go on meanwhile.

        Until then, removed passages still count in the document frequencies, and new vectors are in memory
        only. Returns whether anything was rewritten. Raises LibraryLockedError and LibraryWriteError as
        :meth:`replace`.
        """
        return self._maintenance.compact()

    @property
    def is_outdated(self) -> bool:
        """Whether the stored passages were made with other settings than :meth:`rebuild` uses."""
        with self.catalog.reading() as reader:
            return self._recipe_of(reader) != self._recipe_with(self._wanted_encoder(reader))

    def rebuild(self, progress: Progress | None = None, encoder: Encoder | None = None) -> None:
        """Cut and embed all passages again if they were made with other settings; searches go on meanwhile.

        A library that keeps its encoder goes on with ``encoder``, by default :attr:`encoder`. ``progress``
        has the stage ``rebuilding``. Raises LibraryLockedError as :meth:`replace`, and BuildGoneError if
        another process has meanwhile rebuilt the library with other settings.
        """
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
        """Add the details that users have given. Raises LoadError as :meth:`replace`."""
        with self.catalog.reading() as reader:
            described = [item.described(reader.details(item.source, item.path)) for item in incoming]
            for item in described if reader.hidden else ():
                if reader.is_hidden_at(item.source, item.path):
                    raise LoadError(Path(item.path), "cannot have this name", "choose another name")
                if item.collection in reader.hidden:
                    cause = f"cannot be in the collection “{item.collection}”"
                    raise LoadError(Path(item.path), cause, "choose another collection")
        return described

    def _wanted_encoder(self, reader: CatalogReader) -> Encoder:
        """Return the encoder with which :meth:`rebuild` makes the passages."""
        if self.keeps_encoder and reader.build and reader.has_chunks():
            return self._encoder_pool.encoder_for(reader.build.recipe)
        return self._encoder_pool.own

    def _recipe_with(self, encoder: Encoder) -> Recipe:
        return Recipe(encoder.key, *self._sizes, CHUNKING, encoder.name)

    def _current_recipe(self) -> tuple[Encoder, Recipe]:
        with self.catalog.reading() as reader:
            return self._encoder_of(reader), self._recipe_of(reader)

    def _recipe_of(self, reader: CatalogReader) -> Recipe:
        """Return the settings of the stored passages; without passages, the settings for :meth:`rebuild`."""
        if reader.build and reader.has_chunks():
            return reader.build.recipe
        return self._recipe_with(self._wanted_encoder(reader))

    def _encoder_of(self, reader: CatalogReader) -> Encoder:
        return self._encoder_pool.encoder_for(self._recipe_of(reader))
