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
    """One version of a document, without its text.

    Attributes:
        document_id: the document's id, never reused.
        version: from 1; rises when the file or the text read from it changes. A version's text never changes.
        source: the absolute path of the folder that holds the file.
        path: the file's path in that folder, with forward slashes.
        kind: the loader that read it.
        title: the document's title.
        publisher: the publisher, or None.
        published: its ISO date, sometimes only the year or the month (``2021-05``), or None.
        language: an ISO 639-1 code, or ``und``.
        pages: the number of pages; None for formats without pages.
        characters: the length of its text in code points.
        passages: the number of its chunks.
        digest: sha256 of the file's bytes, in hexadecimal.
        added: when this version was indexed, ISO 8601 in UTC.
        author: the author, or None.
        collection: the document's collection (see ``Incoming.collection``), or None.
        origins: the sources of title, publisher, author, date, language and collection, by field; a
            collection that is only the folder's name has no entry.
        unread_pages: numbers, from 1, of pages that are pictures and have no text.
        recognised_pages: numbers, from 1, of pages whose text was recognised in a picture, perhaps wrongly.
        superseded_by: the number of the next version; None for the current version.
    """

    document_id: int
    version: int
    source: str
    path: str
    kind: str
    title: str
    publisher: str | None
    published: str | None
    language: str
    pages: int | None
    characters: int
    passages: int
    digest: str
    added: str
    author: str | None = None
    collection: str | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict, hash=False)
    unread_pages: tuple[int, ...] = ()
    recognised_pages: tuple[int, ...] = ()
    superseded_by: int | None = None

    def recognised(self, *pages: int | None) -> bool:
        """Return whether the text of any of ``pages`` was recognised in a picture."""
        return any(page in self.recognised_pages for page in pages)

    @property
    def stated(self) -> str | None:
        """The date of publication that the document or a user states; None if neither states one."""
        return None if self.origins.get("published") == "file time" else self.published


@dataclass(frozen=True, slots=True)
class Filters:
    """Restricts a search to documents that meet every condition; an empty or None field sets no condition.

    Attributes:
        document_ids: the document has one of these ids.
        publishers: its publisher is one of these, compared exactly.
        languages: its language is one of these ISO 639-1 codes.
        collections: its collection is one of these, compared exactly.
        kinds: its ``DocumentRecord.kind`` is one of these.
        published_before: it was published before this ISO date. If no date is stated, the time of the file
            counts; a document without any date does not meet the condition.
        published_after: it was published after this ISO date; for a month (``2021-05``) or a year, after its
            last day. Documents without a stated date are treated as for ``published_before``.
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
    """A person or program for whom a library is read; collections may be limited to some viewers.

    Attributes:
        key: tells viewers apart; other packages choose it.
        sees_all: whether the viewer may see all collections, including those limited to other viewers.
    """

    key: str
    sees_all: bool = False


@dataclass(frozen=True, slots=True)
class HiddenPaths:
    """The paths of files that a viewer may not see. The operator ``in`` tells whether a path is among them.

    A file that is not in the library yet is hidden if its folder would put it into a hidden collection.

    Attributes:
        collections: the hidden collections.
        documents: the paths of the hidden documents.
    """

    collections: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()

    def __contains__(self, path: str) -> bool:
        return path in self.documents or ("/" in path and path.partition("/")[0] in self.collections)

    def __bool__(self) -> bool:
        return bool(self.collections)


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was when it was last read.

    Attributes:
        document_id: the id of the document that was read from the file.
        version: the document's version.
        size: the size of the file and its sidecar, in bytes.
        mtime_ns: the last change of the file or its sidecar, in nanoseconds since the epoch.
        digest: sha256 of the file's bytes, in hexadecimal.
        origins: by field, the part of the file in which the loader found each detail (``Document.origins``),
            also for details that a user has changed since.
        has_pictures: whether some of its pages are pictures that text recognition can read.
        recognised_in: the languages of the last text recognition (``Document.recognised_in``).
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
        """Return whether text recognition may find new text in the file.

        ``recognition`` names the languages in which it would look for text; empty for no text recognition.
        """
        return self.has_pictures and recognition not in {"", self.recognised_in}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document to add: its path, the state of its file, and its text.

    Attributes:
        source: the absolute path of the folder that holds the file.
        path: the file's path in that folder, with forward slashes.
        size: the file's size in bytes.
        mtime_ns: the file's last change, in nanoseconds since the epoch.
        digest: sha256 of the file's bytes, in hexadecimal.
        document: the loader's result; after :meth:`described`, with the users' details.
        edited_version: for an edit, the id and the version of the document that is edited; the commit fails
            if this version is no longer current. None for a file, which replaces any version at its path.
        given: the details (such as the title) that this change sets or removes; all other details stay.
        details: all details that users have set, ``given`` among them; :meth:`described` fills them in.
        cut: the settings and the passages if the process that read the file also cut it; else None.
        uploader: the key of the viewer who uploads the file, empty for an unknown viewer; None if this change
            is not an upload.
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
        """Return a copy whose document has all details that users have set.

        Args:
            before: the details that the catalog holds; :attr:`given` overrides them.
        """
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

    Attributes:
        incoming: the document.
        chunks: its passages, in order.
        vector_digests: the digest of each passage's vector, in the same order. The catalog already has these
            vectors.
        signature: :func:`index.text.minhash.signature` of the text; None for a text too short to
            compare.
    """

    incoming: Incoming
    chunks: Sequence[Chunk]
    vector_digests: tuple[str, ...]
    signature: bytes | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk with its document and text.

    Attributes:
        chunk_id: the chunk's id.
        document: the chunk's document.
        span: the chunk's place in the document's text.
        text: the text of the span.
        page: the page on which the chunk begins, from 1; None for formats without pages.
        sentences: the chunk's sentences, as spans of the document.
        header: for rows of a table, the span of the table's caption and headings; else None.
        headings: the text of the header; empty outside tables.
        sections: for each sentence, the names of the groups of rows that it belongs to, one per line; "" if
            it belongs to none.
        recognised: whether any of its words were recognised in a picture of a page, perhaps wrongly.
    """

    chunk_id: int
    document: DocumentRecord
    span: Span
    text: str
    page: int | None
    sentences: tuple[Span, ...]
    header: Span | None = None
    headings: str = ""
    sections: tuple[str, ...] = ()
    recognised: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings by which passages are cut and embedded.

    Attributes:
        encoder: the encoder's key.
        max_chunk_tokens: the most tokens in a passage.
        title_tokens: how many tokens of the title are put before each passage; with 0 the title is neither
            embedded nor searched.
        chunking: the version of the chunking (:data:`index.text.passages.CHUNKING`).
        model: the name or folder by which the encoder is opened. Two recipes that differ only in it are
            equal, since two names may open the same encoder.
    """

    encoder: str
    max_chunk_tokens: int
    title_tokens: int
    chunking: int
    model: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Build:
    """All passages of a library, cut and embedded by one recipe.

    Attributes:
        number: the build's number, never reused.
        lineage: a random name of the catalog. Restoring a backup changes the name, because in the restored
            catalog an id may belong to a different document.
        recipe: the recipe of its passages.
    """

    number: int
    lineage: str
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Committed:
    """The outcome of a commit.

    Attributes:
        generation: the new generation, the number of commits that have changed the searchable passages.
        documents: the ids of the documents written.
        added: for each of these documents, in the same order, the ids of its chunks.
        removed: the ids of the removed chunks.
    """

    generation: int
    documents: tuple[int, ...]
    added: tuple[tuple[int, ...], ...]
    removed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Allowed:
    """The documents and chunks that pass a search's filters.

    Attributes:
        documents: the documents' ids, in order.
        chunks: for each chunk id from 0, whether the chunk passes; ids beyond the end do not pass.
    """

    documents: tuple[int, ...]
    chunks: npt.NDArray[np.bool_] = field(hash=False, compare=False)
