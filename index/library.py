"""The index of a library: catalog, vectors and words behind one door."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from index.catalog.builds import drop_given_up
from index.catalog.database import Catalog
from index.catalog.duplicates import Duplicates
from index.catalog.reader import CatalogReader
from index.catalog.trash import put_back_vectors
from index.documents import Document, PageLayout, Span
from index.embedding.encoder import Encoder
from index.embedding.encoders import Encoders
from index.embedding.model import Vectors
from index.embedding.pipeline import TITLE_TOKENS, Progress, make
from index.errors import BuildGoneError, DetailsChangedError, EncoderMismatchError, VectorsGoneError
from index.private import make_folder
from index.records import DENSE_WEIGHT, Committed, DocumentRecord, Filters, Incoming, Passage, Recipe
from index.search.analyzers import Term
from index.search.maintenance import Upkeep, naming_failures
from index.search.reindex import rebuild
from index.search.snapshot import NO_FILTERS, POOL, Hit, Snapshot
from index.text.chunks import CHUNKING, MAX_CHUNK_TOKENS
from index.text.cutting import Cutting
from index.vectors import SIZES, Sizes

__all__ = ["NO_FILTERS", "POOL", "TITLE_TOKENS", "Hit", "Library", "Progress", "Searchable", "Snapshot"]


class Library:
    """A library under a home folder, open for searching and writing. Safe to share between threads.

    Writers exclude each other, in other processes too. Each of the methods that search or read sees one
    generation; :meth:`snapshot` gives one for several of them.

    Attributes:
        home: the folder that holds everything the library keeps.
        catalog: the library's database.
        encoder: turns passages and queries into vectors.
    """

    def __init__(
        self,
        home: Path,
        catalog: Catalog,
        encoder: Encoder,
        *,
        max_chunk_tokens: int = MAX_CHUNK_TOKENS,
        title_tokens: int = TITLE_TOKENS,
        former: Callable[[str], Encoder] | None = None,
        sizes: Sizes = SIZES,
    ) -> None:
        self.home = home
        self.catalog = catalog
        self.encoder = encoder
        self._recipe = Recipe(encoder.key, max_chunk_tokens, title_tokens, CHUNKING, encoder.name)
        self._encoders = Encoders(encoder, former)
        self._duplicates = Duplicates()
        self._upkeep = Upkeep(home, catalog, self._encoder_of, sizes)

    @classmethod
    def open(
        cls,
        home: Path,
        encoder: Encoder,
        *,
        max_chunk_tokens: int = MAX_CHUNK_TOKENS,
        title_tokens: int = TITLE_TOKENS,
        former: Callable[[str], Encoder] | None = None,
        sizes: Sizes = SIZES,
    ) -> Self:
        """Open the library under ``home``, making an empty one where there is none.

        Args:
            home: the folder that holds everything the library keeps.
            encoder: the encoder that new passages are embedded with.
            max_chunk_tokens: the room in a passage.
            title_tokens: how much of its document's title goes in front of a passage; with 0 the title is
                neither embedded nor found by its words.
            former: opens the encoder that a library was made with, by its name, where that is another one:
                the library is then searched and added to with it until it is made anew (:meth:`rebuild`).
            sizes: which type of vector index suits which size.

        Raises:
            CatalogError: if the catalog cannot be opened.
            EncoderMismatchError: if another encoder was used, and ``former`` is not given.
        """
        make_folder(home)
        catalog = Catalog.open(home / "catalog.sqlite")
        index = cls(
            home,
            catalog,
            encoder,
            max_chunk_tokens=max_chunk_tokens,
            title_tokens=title_tokens,
            former=former,
            sizes=sizes,
        )
        try:
            if former is None:
                index._making()
        except EncoderMismatchError:
            catalog.close()
            raise
        return index

    def close(self) -> None:
        """Close the catalog."""
        self.catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The library at its newest generation, for as long as it is held.

        Raises:
            EncoderMismatchError: if the library's vectors are another encoder's.
            LibraryLockedError: if another process is at work on the caches for half a minute.
        """
        with self._upkeep.snapshot() as (reader, view):
            encoder = self._encoder_of(reader)
            yield Snapshot(reader, view, encoder, self._duplicates, self._upkeep.sound)

    @property
    def generation(self) -> int:
        """The generation that a search would see now."""
        with self.snapshot() as snapshot:
            return snapshot.generation

    @property
    def passages(self) -> int:
        """How many passages can be found."""
        with self.catalog.reading() as reader:
            return reader.count_chunks()

    def documents(self) -> list[DocumentRecord]:
        """The current version of every document, by path."""
        return self.catalog.documents()

    def document(self, document_id: int, version: int | None = None) -> DocumentRecord:
        """One document's current version, or the one asked for; raises DocumentNotFoundError."""
        with self.catalog.reading() as reader:
            return reader.document(document_id, version)

    def records(self, document_ids: Collection[int], filters: Filters = NO_FILTERS) -> list[DocumentRecord]:
        """As :meth:`Snapshot.records`."""
        with self.catalog.reading() as reader:
            return reader.records(document_ids, filters)

    def text(self, document_id: int, version: int | None = None) -> Document:
        """One document with its text; raises DocumentNotFoundError."""
        return self.catalog.text(document_id, version)

    def layouts(self, document_id: int, version: int, pages: Collection[int]) -> dict[int, PageLayout]:
        """The layouts of those of ``pages``, from 1, that have one."""
        with self.catalog.reading() as reader:
            return reader.layouts(document_id, version, pages)

    def sentence(self, record: DocumentRecord, span: Span) -> tuple[Span, Span | None] | None:
        """As :meth:`Snapshot.sentence`."""
        with self.catalog.reading() as reader:
            return reader.sentence(record, span)

    def similar(self, document_id: int) -> list[tuple[DocumentRecord, float]]:
        """As :meth:`Snapshot.similar`."""
        with self.catalog.reading() as reader:
            return self._duplicates.similar(reader, document_id)

    def groups(self) -> Mapping[int, tuple[int, ...]]:
        """As :meth:`Snapshot.groups`."""
        with self.catalog.reading() as reader:
            return self._duplicates.groups(reader)

    def search(
        self,
        query: str,
        limit: int = 10,
        filters: Filters = NO_FILTERS,
        dense_weight: float = DENSE_WEIGHT,
    ) -> list[Hit]:
        """As :meth:`Snapshot.search`."""
        with self.snapshot() as snapshot:
            return snapshot.search(query, limit, filters, dense_weight)

    def most(self, query: str) -> float:
        """As :meth:`Snapshot.most`."""
        with self.snapshot() as snapshot:
            return snapshot.most(query)

    def rarity(self, terms: Collection[Term]) -> dict[Term, float]:
        """As :meth:`Snapshot.rarity`."""
        with self.snapshot() as snapshot:
            return snapshot.rarity(terms)

    def sentence_vectors(self, chunk_ids: Collection[int]) -> dict[int, Vectors]:
        """As :meth:`Snapshot.sentence_vectors`."""
        with self.snapshot() as snapshot:
            # Another encoder's cannot be compared with what this one's makes of a question.
            return snapshot.sentence_vectors(chunk_ids) if snapshot.encoder is self.encoder else {}

    def around(self, hit: Hit) -> list[Passage]:
        """As :meth:`Snapshot.around`."""
        with self.snapshot() as snapshot:
            return snapshot.around(hit)

    def cutting(self, language: str = "") -> Cutting | None:
        """How the process that reads files is to cut one, in the ``language`` that somebody says, if any.

        None where only this process has the encoder's tokeniser: :meth:`replace` cuts what is not cut.
        """
        encoder, recipe = self._making()
        return Cutting(encoder.tokenizer, recipe.max_chunk_tokens, language) if encoder.tokenizer else None

    def embed(self, incoming: Sequence[Incoming], progress: Progress | None = None) -> None:
        """Embed passages ahead of :meth:`replace`, which then only writes them; raises as it does."""
        encoder, recipe = self._making()
        described = self._described(incoming)
        with naming_failures(self.home):
            make(described, recipe, encoder, self.catalog, progress)

    def replace(
        self,
        incoming: Sequence[Incoming],
        removed: Collection[int] = (),
        progress: Progress | None = None,
        lineage: str | None = None,
        back: Path | None = None,
    ) -> Committed:
        """Add documents or new versions of them, and remove others, in one step, after :meth:`embed`.

        Args:
            incoming: what was read; a document at a known place supersedes the version before it.
            removed: numbers of documents to remove.
            progress: told how many passages are embedded.
            lineage: the library's when ``removed`` was read; None where they are of this moment.
            back: the file of a document that comes back (:mod:`index.catalog.trash`), which is among
                ``incoming``.

        Raises:
            LibraryRestoredError: if it has another one now, and the numbers may mean other documents.
            OutdatedError, TakenError: as :meth:`index.catalog.database.Catalog.commit`; nothing is changed.
            EncoderMismatchError: if another process has embedded the library again with another encoder.
            LibraryLockedError: if another process goes on writing for half a minute.
            LibraryWriteError: if the disk is full or the folder cannot be written to; nothing is changed.
        """
        while True:
            encoder, recipe = self._making()
            described = self._described(incoming)
            with naming_failures(self.home):
                if back is not None:
                    put_back_vectors(self.catalog.engine, back)
                new = make(described, recipe, encoder, self.catalog, progress)
            with naming_failures(self.home), self._upkeep.writing():
                if self._making() == (encoder, recipe):
                    # A vector may have gone with the last passage that had it, or somebody edited details.
                    with suppress(VectorsGoneError, DetailsChangedError):
                        return self._upkeep.commit(new, removed, recipe, lineage, back)

    def settle(self) -> bool:
        """Write afresh what has grown out of shape, beside what is searched; returns whether anything was.

        Until then words that were removed count in the rarity of others, and many new vectors lie in memory.

        Raises:
            LibraryLockedError, LibraryWriteError: as :meth:`replace`.
        """
        return self._upkeep.settle()

    @property
    def is_outdated(self) -> bool:
        """Whether the passages were made with another encoder, or cut otherwise, than new ones would be."""
        with self.catalog.reading() as reader:
            return self._recipe_of(reader) != self._recipe

    def rebuild(self, progress: Progress | None = None) -> None:
        """Make all passages anew where they :attr:`are outdated <is_outdated>`, beside what is searched.

        Args:
            progress: told how many documents are made (``rebuilding``).

        Raises:
            LibraryLockedError: as :meth:`replace`.
            BuildGoneError: if another process has made them anew in another way meanwhile.
        """
        if not self.is_outdated:
            # What a process had no time for that was ended after it had made them.
            drop_given_up(self.catalog.engine)
            return
        try:
            with naming_failures(self.home):
                rebuild(self.catalog, self._upkeep, self.encoder, self._recipe, progress)
        except BuildGoneError:
            # Another process may have made what is wanted here.
            if self.is_outdated:
                raise

    def _described(self, incoming: Sequence[Incoming]) -> list[Incoming]:
        """The documents with the details that people gave of them."""
        with self.catalog.reading() as reader:
            return [item.described(reader.details(item.source, item.path)) for item in incoming]

    def _making(self) -> tuple[Encoder, Recipe]:
        """What passages are made with now."""
        with self.catalog.reading() as reader:
            return self._encoder_of(reader), self._recipe_of(reader)

    def _recipe_of(self, reader: CatalogReader) -> Recipe:
        """How the library's passages are made; an empty one takes to the recipe that it was opened with."""
        return reader.build.recipe if reader.build and reader.has_chunks() else self._recipe

    def _encoder_of(self, reader: CatalogReader) -> Encoder:
        """The encoder of the library's passages."""
        return self._encoders.of(self._recipe_of(reader))


Searchable = Library | Snapshot
"""What can be searched and read: the newest generation each time, or one that is held."""
