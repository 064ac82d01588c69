"""The value types of the catalog: what is stored of a document, a file and a passage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from index.details import Details, covering, described, merged
from index.documents import MAX_COLLECTION_CHARACTERS, Chunk, Document, Origin, Span

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from index.text.cutting import Cut, Cutting


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """What is known of one version of a document, without its text.

    Attributes:
        document_id: the document's number, never reused.
        version: from 1, raised each time the file changes, or the words that are read in it: the text of a
            version never changes.
        source: the folder that it was found in, as an absolute path.
        path: its path under that folder, with forward slashes.
        kind: the loader that read it.
        title: the document's title.
        publisher: who issued it, or None.
        published: its ISO date, possibly shortened, or None.
        language: an ISO 639-1 code, or ``und``.
        pages: how many pages it has, or None for formats without.
        characters: the length of its text in code points.
        passages: how many chunks it was cut into.
        digest: sha256 of the file's bytes, in hexadecimal.
        added: when this version was indexed, ISO 8601 in UTC.
        author: who wrote it, or None.
        collection: the collection that it belongs to, as ``Incoming.collection`` has it, or None.
        origins: where title, publisher, author, date, language and collection come from, by name; a
            collection that is only its folder has none.
        unread_pages: numbers, from 1, of pages that are pictures without words, so far as they were read.
        recognised_pages: numbers, from 1, of pages whose words were recognised in a picture, perhaps wrongly.
        superseded_by: the version that replaced it, or None where it is the current one.
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
        """Whether the words of any of these pages were recognised in its picture."""
        return any(page in self.recognised_pages for page in pages)

    @property
    def stated(self) -> str | None:
        """When it was published, by its own word or somebody's: the time of its file is neither."""
        return None if self.origins.get("published") == "file time" else self.published


@dataclass(frozen=True, slots=True)
class Filters:
    """Narrows a search to some documents; what is empty or None does not narrow.

    Attributes:
        document_ids: any of these documents.
        publishers: issued by any of these, compared as written.
        languages: in any of these ISO 639-1 codes.
        collections: in any of these collections, compared as written.
        kinds: read by any of these loaders, as ``DocumentRecord.kind`` names them.
        published_before: published before this ISO date (exclusive); undated documents drop out.
        published_after: published after this ISO date (exclusive), a month or a year as a whole; undated
            documents drop out.
    """

    document_ids: tuple[int, ...] = ()
    publishers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    published_before: str | None = None
    published_after: str | None = None

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was when it was last read.

    Attributes:
        document_id: the document that it became.
        version: its version.
        size: in bytes, with its sidecar.
        mtime_ns: when it or its sidecar was last changed.
        digest: sha256 of its bytes, in hexadecimal.
        origins: where the values of its document were read, those beneath details too, as in
            ``Document.origins``.
        has_pictures: whether some of its pages have no text layer, and can be recognised.
        recognised_in: the languages in which they were tried, as in ``Document.recognised_in``.
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
        """Whether there are pages that were not tried with ``recognition``, as ``Options`` has it."""
        return self.has_pictures and recognition not in {"", self.recognised_in}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document on its way into the library: its place, the state of its file, what was read.

    Attributes:
        source: the folder that holds it, as an absolute path.
        path: its path under that folder, with forward slashes.
        size: the file's size in bytes.
        mtime_ns: when the file was last changed, in nanoseconds since the epoch.
        digest: sha256 of the file's bytes, in hexadecimal.
        document: what the loader made of it; once it is :meth:`described`, with the details in their places.
        of: the number and version that it is another reading of; nothing is written where that is not the
            current one any more. None for whatever is at its place.
        given: details that somebody gives of it now, and those that are taken back; all others stay.
        details: all its details, once it is :meth:`described`.
        cut: how the process that read it cut it, and the outcome; None where it did not.
    """

    source: str
    path: str
    size: int
    mtime_ns: int
    digest: str
    document: Document
    of: tuple[int, int] | None = None
    given: Details = field(default_factory=dict, hash=False)
    details: Details = field(default_factory=dict, hash=False)
    cut: tuple[Cutting, Cut] | None = field(default=None, repr=False, compare=False)

    def described(self, before: Details) -> Incoming:
        """The same with ``before``, the details in the catalog, and those that are given, in its document."""
        details = covering(self.document, merged(before, self.given))
        return replace(self, document=described(self.document, details), details=details)

    @property
    def collection(self) -> str | None:
        """The collection that it belongs to: what somebody said, else the first folder of its path."""
        folder, slash, _ = self.path.partition("/")
        return self.document.collection or (folder[:MAX_COLLECTION_CHARACTERS] if slash else None)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A document that is ready to be written to the catalog.

    Attributes:
        incoming: what was read, and where.
        chunks: its passages, in order.
        vector_digests: the digest of each passage's vector; the vectors are stored already.
        signature: of its text, from :func:`index.text.minhash.signature`; None where it resembles nothing.
    """

    incoming: Incoming
    chunks: Sequence[Chunk]
    vector_digests: tuple[str, ...]
    signature: bytes | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as it is stored: its number, its document, its span and its sentences.

    Attributes:
        chunk_id: its number.
        document: the document that it belongs to.
        span: where it stands in the document's text.
        text: the words of the span.
        page: the page on which it begins, from 1, or None.
        sentences: its sentences, as spans of the document.
        header: for rows of a table, where its caption and headings stand.
        headings: the words of the header; empty for what is no table.
        recognised: whether any of its words were recognised in the picture of a page, perhaps wrongly.
    """

    chunk_id: int
    document: DocumentRecord
    span: Span
    text: str
    page: int | None
    sentences: tuple[Span, ...]
    header: Span | None = None
    headings: str = ""
    recognised: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """How passages and their vectors are made.

    Attributes:
        encoder: the key of the encoder.
        max_chunk_tokens: the room in a passage.
        title_tokens: how much of its document's title goes in front of a passage; with 0 the title is neither
            embedded nor found by its words.
        chunking: :data:`index.text.chunks.CHUNKING` of the program that made them.
        model: what the encoder is opened by, a name or a folder: two ways to one encoder are one recipe.
    """

    encoder: str
    max_chunk_tokens: int
    title_tokens: int
    chunking: int
    model: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Build:
    """A whole set of passages of a library, made by one recipe.

    Attributes:
        number: its number, never reused.
        lineage: names the catalog; another one once it was restored from a backup, where numbers that were
            given since are given again.
        recipe: how its passages are made.
    """

    number: int
    lineage: str
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Committed:
    """What one commit changed.

    Attributes:
        generation: the generation that it made.
        documents: the numbers of the documents that were written.
        added: for each of them, the numbers of its chunks, in order.
        removed: the numbers of the chunks that went.
    """

    generation: int
    documents: tuple[int, ...]
    added: tuple[tuple[int, ...], ...]
    removed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a search may find, where filters narrow it.

    Attributes:
        documents: the numbers of the documents, in order.
        chunks: by the number of a chunk, whether it may be found; what lies beyond the end may not.
    """

    documents: tuple[int, ...]
    chunks: npt.NDArray[np.bool_] = field(hash=False, compare=False)


DENSE_WEIGHT = 0.35
"""The share of the dense score in the fused one. BM25 is measured against what the query's words could score
at best, and is rarely near it, so that the halves count about alike. ``benchmarks/fusion.py`` prints other
shares and other ways to fuse."""
