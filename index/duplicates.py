"""Which documents of a library are near-duplicates: a story in several outlets, a report saved again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import sqlalchemy as sa

from index.commits import batches, get_meta
from index.documents import Span
from index.queries import conditions, is_current, is_version, record_query, to_record
from index.records import DocumentNotFoundError, DocumentRecord, Filters
from index.schema import chunks, documents, signatures, versions
from index.similarity import NEAR_DUPLICATE, numbers, resemblance

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_ROWS = 3
_BANDS = 42
"""Two documents are compared where one of 42 bands of 3 numbers is the same in both signatures (locality
sensitive hashing; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, 3.4). Of pairs that lie just at
the threshold, 0.4 % have no such band; of those that share a tenth of their shingles, 4 % have one."""

_MIX = 0x9E3779B97F4A7C15
"""Makes one number of a band's: 2^64 divided by the golden ratio, odd."""

_NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class _Groups:
    """What is known of one generation.

    Attributes:
        generation: the catalog's.
        ids: the documents that have a signature, by number.
        signatures: theirs, in the same order.
        members: the group of each document that has near-duplicates, itself included, by number.
    """

    generation: int
    ids: tuple[int, ...]
    signatures: npt.NDArray[np.uint32]
    members: Mapping[int, tuple[int, ...]]


class Duplicates:
    """The near-duplicates in a catalog. Safe to share between threads.

    A document that was indexed before there were signatures has none, and no near-duplicates, until it is
    indexed again.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._groups: _Groups | None = None

    def groups(self, generation: int | None = None) -> Mapping[int, tuple[int, ...]]:
        """The groups of near-duplicates: documents that resemble each other, directly or through others.

        They are made once a generation, in about a second for 10,000 documents, and then only looked up.

        Args:
            generation: the catalog's, where the caller has just read it.

        Returns:
            By the number of each document that has near-duplicates, the numbers of its group, its own
            included, in order.
        """
        return self._current(generation).members

    def similar(self, document_id: int) -> list[tuple[DocumentRecord, float]]:
        """The near-duplicates of a document's current version, and how much each resembles it.

        Returns:
            Those whose estimated resemblance is NEAR_DUPLICATE or more, best first, equal ones by path.

        Raises:
            DocumentNotFoundError: if there is no such document.
        """
        known = self._current(None)
        if document_id not in known.ids:
            if not self.records([document_id]):
                raise DocumentNotFoundError(document_id, None)
            return []
        scores = resemblance(known.signatures[known.ids.index(document_id)], known.signatures)
        found = {
            number: float(score)
            for number, score in zip(known.ids, scores, strict=True)
            if score >= NEAR_DUPLICATE and number != document_id
        }
        like = [(record, found[record.document_id]) for record in self.records(found)]
        return sorted(like, key=lambda item: (-item[1], item[0].path, item[0].source))

    def records(self, document_ids: Collection[int], filters: Filters = _NO_FILTERS) -> list[DocumentRecord]:
        """The current versions of those of ``document_ids`` that pass ``filters``, by path."""
        query = record_query().where(is_current(), *conditions(filters))
        with self._engine.connect() as connection:
            found = [
                to_record(row)
                for part in batches(sorted(document_ids))
                for row in connection.execute(query.where(documents.c.id.in_(part)))
            ]
        return sorted(found, key=lambda record: (record.path, record.source))

    def sentence(self, record: DocumentRecord, span: Span) -> tuple[Span, Span | None] | None:
        """The sentence that just ``span`` is in a document, with the header of its table if it is a row.

        Returns:
            The span, and where the caption and headings of its table stand; None where ``span`` is not a
            whole sentence, or the version is no longer the current one.
        """
        holds = (chunks.c.start <= span.start, chunks.c.end >= span.end)
        query = (
            sa.select(chunks.c.sentences, chunks.c.header)
            .join_from(chunks, documents, chunks.c.document_id == documents.c.id)
            .join(versions, is_current())
            .where(is_version(record.document_id, record.version), documents.c.version == record.version)
            .where(*holds)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None or [span.start, span.end] not in row.sentences:
            return None
        header = Span(*row.header) if row.header else None
        return span, header if header and span.start >= header.end else None

    def _current(self, generation: int | None) -> _Groups:
        if generation is None:
            with self._engine.connect() as connection:
                generation = _generation(connection)
        with self._lock:
            if self._groups is None or self._groups.generation != generation:
                self._groups = _read(self._engine)
            return self._groups


def _generation(connection: sa.Connection) -> int:
    return int(get_meta(connection, "generation") or 0)


def _read(engine: sa.Engine) -> _Groups:
    query = (
        sa.select(signatures.c.document_id, signatures.c.signature)
        .join_from(
            signatures,
            documents,
            sa.and_(signatures.c.document_id == documents.c.id, signatures.c.version == documents.c.version),
        )
        .order_by(signatures.c.document_id)
    )
    with engine.connect() as connection:
        # One state of the database: the signatures must be of the generation that is noted.
        connection.exec_driver_sql("BEGIN")
        generation = _generation(connection)
        rows = connection.execute(query).all()
    ids = tuple(row.document_id for row in rows)
    stored = numbers(b"".join(row.signature for row in rows))
    return _Groups(generation, ids, stored, _members(ids, stored))


def _members(ids: Sequence[int], stored: npt.NDArray[np.uint32]) -> dict[int, tuple[int, ...]]:
    """The groups of more than one, by each of their documents."""
    groups: dict[int, list[int]] = {}
    for document_id, label in zip(ids, group_labels(stored).tolist(), strict=True):
        groups.setdefault(label, []).append(document_id)
    return {member: tuple(group) for group in groups.values() if len(group) > 1 for member in group}


def group_labels(stored: npt.NDArray[np.uint32]) -> npt.NDArray[np.intp]:
    """A number for each signature, the same for those of one group: the place of the group's first.

    Groups do not depend on the order of the signatures.

    Args:
        stored: signatures, of shape (documents, PERMUTATIONS).
    """
    import numpy as np

    labels = np.arange(len(stored))
    for band in range(_BANDS):
        for alike in _runs(stored[:, band * _ROWS : (band + 1) * _ROWS]):
            _join(alike, stored, labels)
    return labels


def _runs(band: npt.NDArray[np.uint32]) -> Iterator[npt.NDArray[np.intp]]:
    """The rows that are equal in ``band``, each run of more than one as places."""
    import numpy as np

    keys = np.zeros(len(band), np.uint64)
    for column in band.T:
        keys = (keys + column) * np.uint64(_MIX)
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order])) + 1
    bounds = np.concatenate(([0], edges, [len(order)]))
    for place in np.flatnonzero(np.diff(bounds) > 1):
        yield order[bounds[place] : bounds[place + 1]]


def _join(alike: npt.NDArray[np.intp], stored: npt.NDArray[np.uint32], labels: npt.NDArray[np.intp]) -> None:
    """Give those of ``alike`` that are near-duplicates the same label, with all that have it already."""
    import numpy as np

    while len(alike) > 1:
        own = labels[alike]
        if (own == own[0]).all():
            return
        first, alike = alike[0], alike[1:]
        others = alike[own[1:] != own[0]]
        near = others[resemblance(stored[first], stored[others]) >= NEAR_DUPLICATE]
        if len(near):
            joined = np.unique(np.append(labels[near], labels[first]))
            labels[np.isin(labels, joined)] = joined[0]
