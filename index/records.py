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
    superseded_by: int | None = None  # The number of the next version; None for the current version.

    def recognised(self, *pages: int | None) -> bool:
        return any(page in self.recognised_pages for page in pages)

    @property
    def stated(self) -> str | None:
        return None if self.origins.get("published") == "file time" else self.published


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
    """The paths of files that a viewer may not see; the operator ``in`` tells whether a path is among them.

    A file that is not in the library yet is hidden if its folder would put it into a hidden collection.
    """

    collections: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()

    def __contains__(self, path: str) -> bool:
        return path in self.documents or ("/" in path and path.partition("/")[0] in self.collections)

    def __bool__(self) -> bool:
        return bool(self.collections)


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was when it was last read; size, in bytes, and mtime_ns include its sidecar.

    ``origins`` are those that the loader found (``Document.origins``), also for details that a user has
    changed since. ``has_pictures`` says that text recognition can read some of its pages.
    """

    document_id: int
    version: int
    size: int
    mtime_ns: int
    digest: str
    origins: Mapping[str, Origin] = field(default_factory=dict, hash=False)
    has_pictures: bool = False
    recognised_in: str = ""

    def awaits(self, recognition: str) -> bool:
        """Return whether text recognition in these languages may find new text in the file."""
        return self.has_pictures and recognition not in {"", self.recognised_in}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document to add: its path, the state of its file (size in bytes), and its text.

    ``document`` is the loader's result; after :meth:`described`, with the users' ``details``, of which this
    change sets or removes those in ``given``. For an edit, ``edited_version`` is id and version of the edited
    document; the commit fails if it is no longer current. ``cut`` has the settings and the passages if the
    process that read the file also cut it. ``uploader`` is the key of the viewer who uploads the file, empty
    if unknown, None if this is not an upload.
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
        """Return a copy whose document has all details; ``before`` are those that the catalog holds."""
        details = covering(self.document, merged(before, self.given))
        return replace(self, document=described(self.document, details), details=details)

    @property
    def collection(self) -> str | None:
        """The document's collection: the stated one, else the first folder of its path."""
        folder, slash, _ = self.path.partition("/")
        return self.document.collection or (folder[:MAX_COLLECTION_CHARACTERS] if slash else None)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A document that is ready for a commit.

    ``vector_digests`` are those of its chunks, whose vectors the catalog already has; ``signature`` is None
    for a text too short to compare.
    """

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
    # For each sentence, the names of the groups of rows that it belongs to, one per line.
    sections: tuple[str, ...] = ()
    recognised: bool = False  # Whether any of its words were recognised in a picture, perhaps wrongly.


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings by which passages are cut and embedded.

    With ``title_tokens`` of 0, the title is neither embedded nor searched. ``chunking`` is
    :data:`index.text.passages.CHUNKING`. Recipes that differ only in ``model``, by which the encoder of the
    key ``encoder`` is opened, are equal, since two names may open the same encoder.
    """

    encoder: str
    max_chunk_tokens: int
    title_tokens: int
    chunking: int
    model: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Build:
    """All passages of a library, cut and embedded by one recipe; its number is never reused.

    Restoring a backup changes ``lineage``, a random name of the catalog, because in the restored catalog an
    id may belong to a different document.
    """

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
    """The ids of the documents that pass a search's filters, and a mask of chunk ids from 0."""

    documents: tuple[int, ...]
    chunks: npt.NDArray[np.bool_] = field(hash=False, compare=False)
