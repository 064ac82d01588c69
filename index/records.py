"""The value types of the catalog: documents, files, passages, recipes and commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from index.documents import (
    MAX_COLLECTION_CHARACTERS,
    Chunk,
    Details,
    Document,
    Origin,
    Span,
    covering,
    described,
    merged,
)
from index.text import look_alike

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from index.text.passages import Cut, Cutting


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """One version of a document, without its text; the fields that are not explained are a Document's."""

    document_id: int  # Never reused.
    version: int  # From 1; rises when the file or the text read from it changes. Its text never changes.
    source: str  # The absolute path of the folder that holds the file.
    path: str  # The file's path in that folder, with forward slashes.
    kind: str
    title: str
    publisher: str | None
    published: str | None
    language: str
    pages: int | None  # None for formats without pages.
    characters: int  # The length of its text in code points.
    passages: int
    digest: str  # sha256 of the file's bytes, in hexadecimal.
    added: str  # When this version was indexed, ISO 8601 in UTC.
    author: str | None = None
    collection: str | None = None  # See ``Incoming.collection``.
    # A collection that is only the folder's name has none.
    origins: Mapping[str, Origin] = field(default_factory=dict, hash=False)
    unread_pages: tuple[int, ...] = ()
    recognised_pages: tuple[int, ...] = ()
    superseded_by: int | None = None  # The next version that was read from another file; None without one.

    def recognised(self, *pages: int | None) -> bool:
        return any(page in self.recognised_pages for page in pages)


@dataclass(frozen=True, slots=True)
class Filters:
    """Restricts a search to documents that meet every condition; an empty or None field sets no condition.

    Publishers and collections are compared exactly. If no date is stated, the time of the file counts; a
    document without any date does not meet a condition on it. ``published_after`` a month (``2021-05``) or a
    year means after its last day.
    """

    document_ids: tuple[int, ...] = ()
    publishers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    published_before: str | None = None
    published_after: str | None = None

    def __bool__(self) -> bool:
        return self != NO_FILTERS


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person or program for whom a library is read; other packages choose the ``key``."""

    key: str
    sees_all: bool = False


@dataclass(frozen=True, slots=True)
class HiddenPaths:
    """A file that is not in the library yet is hidden if its folder would put it into a hidden collection.

    So is one in a folder that looks like a hidden collection, which would be limited, too.
    """

    collections: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()

    def __contains__(self, path: str) -> bool:
        folder, slash, _ = path.partition("/")
        return path in self.documents or (
            bool(slash) and any(look_alike(folder, each) for each in self.collections)
        )

    def __bool__(self) -> bool:
        return bool(self.collections)


@dataclass(frozen=True, slots=True)
class FileState:
    """Size, in bytes, and mtime_ns include the sidecar; ``origins`` are the loader's, not the users'."""

    document_id: int
    version: int
    size: int
    mtime_ns: int
    digest: str
    origins: Mapping[str, Origin] = field(default_factory=dict, hash=False)
    has_pictures: bool = False
    recognised_in: str = ""
    reading: int = 0

    def awaits(self, recognition: str, reading: int) -> bool:
        """Whether these loaders, or text recognition in these languages, may find another text."""
        return self.reading != reading or (self.has_pictures and recognition not in {"", self.recognised_in})


@dataclass(frozen=True, slots=True)
class Incoming:
    """``document`` is the loader's; after :meth:`described`, it has the users' ``details``.

    ``given`` are those that this change sets or removes. ``edited_version`` is id and version of the edited
    document, which the commit requires to be current. ``cut`` is from the process that read the file.
    ``uploader`` is empty if unknown, None if this is not an upload.
    """

    source: str
    path: str
    size: int
    mtime_ns: int
    digest: str
    document: Document
    edited_version: tuple[int, int] | None = None
    given: Details = field(default_factory=dict, hash=False)
    details: Details = field(default_factory=dict, hash=False)
    cut: tuple[Cutting, Cut] | None = field(default=None, repr=False, compare=False)
    uploader: str | None = None

    def described(self, before: Details) -> Incoming:
        """``before`` are the details that the catalog holds."""
        details = covering(self.document, merged(before, self.given))
        return replace(self, document=described(self.document, details), details=details)

    @property
    def collection(self) -> str | None:
        """The stated one, else the first folder of its path."""
        folder, slash, _ = self.path.partition("/")
        return self.document.collection or (folder[:MAX_COLLECTION_CHARACTERS] if slash else None)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """The catalog has the vectors already; ``signature`` is None for a text too short to compare."""

    incoming: Incoming
    chunks: Sequence[Chunk]
    vector_digests: tuple[str, ...]
    signature: bytes | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    chunk_id: int
    document: DocumentRecord
    span: Span
    text: str
    page: int | None  # The page on which the chunk begins, from 1; None for formats without pages.
    sentences: tuple[Span, ...]
    header: Span | None = None  # For rows of a table, the span of the table's caption and headings.
    headings: str = ""  # The text of the header.
    # For each sentence, the names of the groups of rows that it belongs to, one per line, or the sentence
    # with a colon above the list of which it is an item.
    sections: tuple[str, ...] = ()
    recognised: bool = False  # Whether any of its words were recognised in a picture, perhaps wrongly.
    page_label: str | None = None  # The page's printed number, if known.
    in_headings: tuple[bool, ...] = ()  # Whether each sentence stands in a heading of the text.


@dataclass(frozen=True, slots=True)
class Recipe:
    """With ``title_tokens`` of 0, the title is neither embedded nor searched.

    ``model``, by which the encoder of the key ``encoder`` is opened, is not compared: two names may open the
    same one.
    """

    encoder: str
    max_chunk_tokens: int
    title_tokens: int
    chunking: int
    model: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Build:
    """``number`` is never reused. A restored backup gets a new ``lineage``: its ids may mean others."""

    number: int
    lineage: str
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Committed:
    """The ids of the documents written, of the chunks of each, and of the removed chunks."""

    generation: int
    documents: tuple[int, ...]
    added: tuple[tuple[int, ...], ...]
    removed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Allowed:
    """``chunks`` is a mask of chunk ids from 0."""

    documents: tuple[int, ...]
    chunks: npt.NDArray[np.bool_] = field(hash=False, compare=False)
