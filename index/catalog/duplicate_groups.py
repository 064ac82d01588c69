"""Finds near-duplicate documents by their MinHash signatures (:mod:`index.text.minhash`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import sqlalchemy as sa

from index.catalog.dialects import each_of
from index.catalog.reader import CatalogReader, batches, documents_in
from index.catalog.schema import documents, signatures
from index.errors import DocumentNotFoundError
from index.records import DocumentRecord
from index.text.minhash import NEAR_DUPLICATE, numbers, resemblance

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_ROWS = 3
# Bands of 3 numbers: two documents are compared if at least one band is equal (Leskovec, Rajaraman and
# Ullman, Mining of Massive Datasets, 3.4). That misses 0.4 % of the pairs at the threshold, and compares 4 %
# of those that share a tenth of their shingles.
_BANDS = 42
_MIX = 0x9E3779B97F4A7C15  # 2^64 divided by the golden ratio, made odd
# If a larger share of the documents is new or has lost a near-duplicate, all are compared again.
_MOST_FOLLOWED = 0.02


@dataclass(frozen=True, slots=True)
class _Groups:
    """``places`` are id and version, in order of ``signatures``; ``members`` has whole groups by document."""

    state: tuple[str, int]
    places: tuple[tuple[int, int], ...]
    signatures: npt.NDArray[np.uint32]
    members: Mapping[int, tuple[int, ...]]


class Duplicates:
    def __init__(self) -> None:
        self._lock = Lock()
        self._groups: _Groups | None = None

    def groups(self, reader: CatalogReader) -> Mapping[int, tuple[int, ...]]:
        """The ids of a document's whole group, by its id, without those hidden from the reader's viewer."""
        members = self._current(reader).members
        if not reader.hidden:
            return members
        hidden = set(reader.connection.scalars(documents_in(each_of(reader.hidden))))
        seen = {
            document_id: tuple(member for member in group if member not in hidden)
            for document_id, group in members.items()
            if document_id not in hidden
        }
        return {document_id: group for document_id, group in seen.items() if len(group) > 1}

    def similar(self, reader: CatalogReader, document_id: int) -> list[tuple[DocumentRecord, float]]:
        """From NEAR_DUPLICATE on, most similar first, ties by path. Raises DocumentNotFoundError."""
        if not reader.records([document_id]):
            raise DocumentNotFoundError(document_id, None)
        known = self._current(reader)
        ids = [number for number, _ in known.places]
        if document_id not in ids:
            return []
        scores = resemblance(known.signatures[ids.index(document_id)], known.signatures)
        found = {
            number: float(score)
            for number, score in zip(ids, scores, strict=True)
            if score >= NEAR_DUPLICATE and number != document_id
        }
        like = [(record, found[record.document_id]) for record in reader.records(found)]
        return sorted(like, key=lambda item: (-item[1], item[0].path, item[0].source))

    def _current(self, reader: CatalogReader) -> _Groups:
        state = (reader.build.lineage if reader.build else "", reader.generation)
        with self._lock:
            known = self._groups
            if known is None or known.state != state:
                # After a restored backup, the lineage differs, and the same ids and versions may stand for
                # other texts.
                same = known is not None and known.state[0] == state[0]
                known = _followed(known if same else None, reader, state)
                # A reader of an older state must not discard the newer groups.
                if self._groups is None or self._groups.state[0] != state[0] or self._groups.state < state:
                    self._groups = known
            return known


def _followed(known: _Groups | None, reader: CatalogReader, state: tuple[str, int]) -> _Groups:
    import numpy as np

    current = sa.and_(signatures.c.document_id == documents.c.id, signatures.c.version == documents.c.version)
    query = sa.select(signatures.c.document_id, signatures.c.version).join_from(
        signatures, documents, current
    )
    rows = reader.connection.execute(query.order_by(signatures.c.document_id))
    places = tuple((row.document_id, row.version) for row in rows)
    before = dict(zip(known.places, known.signatures, strict=True)) if known else {}
    new = [place for place in places if place not in before]
    stored = {**before, **_signatures(reader, new)}
    table = np.stack([stored[place] for place in places]) if places else numbers(b"")
    ids = [number for number, _ in places]
    gone = {number for number, _ in set(before) - set(places)}
    left = {member for number in gone for member in (known.members.get(number, ()) if known else ())}
    loose = (left | {number for number, _ in new}) & set(ids)
    if known is None or len(loose) > max(_MOST_FOLLOWED * len(ids), 10):
        labels = group_labels(table)
    else:
        row_of = {number: row for row, number in enumerate(ids)}
        kept = {number: group for number, group in known.members.items() if number not in left}
        labels = np.arange(len(ids))
        for number, group in kept.items():
            labels[row_of[number]] = row_of[group[0]]
        _join_loose([row_of[number] for number in sorted(loose)], table, labels)
    return _Groups(state, places, table, _members(ids, labels))


def _signatures(
    reader: CatalogReader, places: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], npt.NDArray[np.uint32]]:
    versions = dict(places)
    found: dict[tuple[int, int], npt.NDArray[np.uint32]] = {}
    for part in batches(sorted(versions)):
        query = sa.select(signatures).where(signatures.c.document_id.in_(part))
        for row in reader.connection.execute(query):
            if versions[row.document_id] == row.version:
                found[row.document_id, row.version] = numbers(row.signature)[0]
    return found


def _members(ids: Sequence[int], labels: npt.NDArray[np.intp]) -> dict[int, tuple[int, ...]]:
    groups: dict[int, list[int]] = {}
    for document_id, label in zip(ids, labels.tolist(), strict=True):
        groups.setdefault(label, []).append(document_id)
    return {member: tuple(group) for group in groups.values() if len(group) > 1 for member in group}


def _join_loose(rows: Sequence[int], stored: npt.NDArray[np.uint32], labels: npt.NDArray[np.intp]) -> None:
    import numpy as np

    used = _BANDS * _ROWS
    for row in rows:
        same = (stored[:, :used] == stored[row, :used]).reshape(len(stored), _BANDS, _ROWS)
        alike = np.flatnonzero(same.all(axis=2).any(axis=1))
        near = alike[resemblance(stored[row], stored[alike]) >= NEAR_DUPLICATE]
        joined = np.unique(labels[near])
        labels[np.isin(labels, joined)] = joined[0]


def group_labels(stored: npt.NDArray[np.uint32]) -> npt.NDArray[np.intp]:
    """The position of the first signature in each one's group; groups do not depend on the order."""
    import numpy as np

    labels = np.arange(len(stored))
    for band in range(_BANDS):
        for alike in _runs(stored[:, band * _ROWS : (band + 1) * _ROWS]):
            _join(alike, stored, labels)
    return labels


def _runs(band: npt.NDArray[np.uint32]) -> Iterator[npt.NDArray[np.intp]]:
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
