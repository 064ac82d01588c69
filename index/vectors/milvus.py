"""Keeps a base in a collection on a server of Milvus, which several libraries share.

A collection has an entity for each passage: its id in the catalog and its vector. Entities with negative ids
are the collection's marks; the one with the newest generation says up to where the collection is complete.
"""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from index.errors import VectorIndexError, VectorsUnreachableError
from index.vectors.candidates import (
    EXACTLY,
    Candidates,
    Change,
    FetchVectors,
    Mark,
    Store,
    are_enough,
    ranked,
    spare,
)
from index.vectors.exact import Cosines, Mask, Numbers
from index.vectors.policy import Kind

if TYPE_CHECKING:
    from pymilvus import MilvusClient

_PORT = 19530
_ADDRESS = re.compile(
    r"milvus(\+tls)?://([^@/]*@)?([0-9A-Za-z_.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]+)?(/[0-9A-Za-z_]*)?"
)

_AT_ONCE = 1_000
"""The vectors in a request; Milvus refuses requests of more than 64 MB."""

_MOST = 16_384
"""The most results that Milvus gives."""

_LISTED = 50_000
"""The most ids in a filter."""

_GRAPH = {"M": 16, "efConstruction": 200}
"""The links of a vector, and the candidates for them while the graph is built (HNSW)."""

_BREADTH = 256
"""The least number of candidates that a walk through the graph keeps."""

_SECONDS = 10.0
"""The seconds that a search waits for the server."""

_UPDATE_SECONDS = 600.0
"""The seconds that a step of an update waits for the server."""

SETTLED_SECONDS = 6.0
"""A search may miss what was written in the last five seconds (Milvus's consistency level *Bounded*), and the
servers' clocks may differ a little."""

_POLL_SECONDS = 0.5


def store_at(address: str) -> Store | None:
    """The store at an address, ``milvus://USER:PASSWORD@HOST:PORT/DATABASE``; None for an empty address.

    Only the host is needed; ``milvus+tls://`` encrypts. No connection is made yet.

    Raises:
        VectorIndexError: if it is no such address, or if the extra ``engines`` is not installed.
    """
    if not address:
        return None
    if _ADDRESS.fullmatch(address) is None:
        raise VectorIndexError(
            "FOOTNOTED_INDEX is no address of an index; write milvus://HOST, or with all its parts "
            "milvus://USER:PASSWORD@HOST:PORT/DATABASE, with %40 for @"
        )
    try:
        installed = find_spec("pymilvus")
    except ValueError:
        installed = None
    if installed is None:
        raise VectorIndexError(
            "vectors in Milvus need pymilvus; install it with: pip install 'footnoted[engines]'"
        )
    return MilvusStore(address)


class MilvusStore:
    """See :class:`index.vectors.candidates.Store`."""

    def __init__(self, address: str) -> None:
        self._address = sa.make_url(address)
        self._client: MilvusClient | None = None
        self._lock = Lock()

    def mark(self, name: str) -> Mark | None:
        with self.reaching() as client:
            if not client.has_collection(name, timeout=_SECONDS):
                return None
            # Milvus can search a collection only after it has loaded it, which someone may have undone.
            client.load_collection(name, timeout=_SECONDS)
            rows = self._marks(client, name)
        marks = [Mark(int(row["last"]), int(row["generation"])) for row in rows]
        return max(marks, key=lambda mark: mark.generation, default=None)

    def open(self, name: str, mark: Mark, count: int, gone: Numbers) -> Candidates | None:
        with self.reaching() as client:
            if self._count(client, name, mark.last) < count:
                return None
        return MilvusVectors(_Collection(self, name), mark.last, count, gone)

    def update(self, name: str, dimensions: int, change: Change) -> None:
        mark, removed = change.mark, change.removed
        with self.reaching() as client:
            if not client.has_collection(name, timeout=_SECONDS):
                _create(client, name, dimensions)
            for numbers, vectors in change.new():
                for start in range(0, len(numbers), _AT_ONCE):
                    some = slice(start, start + _AT_ONCE)
                    rows = zip(numbers[some].tolist(), vectors[some], strict=True)
                    # An interrupted update may have inserted some of them.
                    client.upsert(
                        name, [{"id": number, "vector": row} for number, row in rows], timeout=_UPDATE_SECONDS
                    )
            for start in range(0, len(removed), _AT_ONCE):
                client.delete(name, ids=list(removed[start : start + _AT_ONCE]), timeout=_UPDATE_SECONDS)
            client.flush(name, timeout=_UPDATE_SECONDS)
            written = time.monotonic()
            _wait_until_indexed(client, name)
            there = self._count(client, name, mark.last)
            if there < change.count:
                client.drop_collection(name, timeout=_UPDATE_SECONDS)
                raise VectorIndexError(
                    f"the collection {name} in Milvus has {there} vectors instead of {change.count}, and was "
                    "deleted; it will be made again"
                )
            time.sleep(max(0.0, SETTLED_SECONDS - (time.monotonic() - written)))
            former = [int(row["id"]) for row in self._marks(client, name)]
            row = {
                "id": min(former, default=0) - 1,
                "vector": np.zeros(dimensions, np.float32),
                "last": mark.last,
                "generation": mark.generation,
            }
            # The former mark goes after the new one has come, so that there is always one.
            client.insert(name, [row], timeout=_UPDATE_SECONDS)
            if former:
                client.delete(name, ids=former, timeout=_UPDATE_SECONDS)

    def drop(self, name: str) -> None:
        with self.reaching() as client:
            client.drop_collection(name, timeout=_UPDATE_SECONDS)

    def names(self, prefix: str) -> list[str]:
        with self.reaching() as client:
            found: list[str] = client.list_collections(timeout=_SECONDS)
        return sorted(name for name in found if name.startswith(prefix))

    @contextmanager
    def reaching(self) -> Iterator[MilvusClient]:
        """Give a client, and turn every error of the server or the network into one that says what to do."""
        from grpc import RpcError
        from pymilvus import MilvusClient, MilvusException

        # It logs each error with a traceback before it raises it.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        try:
            with self._lock:
                client = self._client or MilvusClient(**self._connection(), timeout=_SECONDS)
                self._client = client
            yield client
        except (MilvusException, RpcError, OSError) as error:
            raise VectorsUnreachableError(_cause(error)) from error

    def _connection(self) -> dict[str, str]:
        """The arguments of a client."""
        at = self._address
        scheme = "https" if at.drivername.endswith("tls") else "http"
        host = f"[{at.host}]" if ":" in (at.host or "") else at.host
        return {
            "uri": f"{scheme}://{host}:{at.port or _PORT}",
            "user": at.username or "",
            "password": str(at.password or ""),
            "db_name": at.database or "",
        }

    def _marks(self, client: MilvusClient, name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = client.query(
            name,
            filter="id < 0",
            output_fields=["last", "generation"],
            consistency_level="Strong",
            timeout=_SECONDS,
        )
        return rows

    def _count(self, client: MilvusClient, name: str, last: int) -> int:
        """The number of vectors with ids up to ``last``."""
        [row] = client.query(
            name,
            filter=f"id > 0 and id <= {last}",
            output_fields=["count(*)"],
            consistency_level="Strong",
            timeout=_UPDATE_SECONDS,
        )
        return int(row["count(*)"])


@dataclass(slots=True)
class _Collection:
    """A collection, and whether a search has failed in it, so that it should be opened again."""

    store: MilvusStore
    name: str
    lost: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class MilvusVectors:
    """The vectors of a collection up to ``last``. See :class:`index.vectors.candidates.Candidates`.

    Of hundreds of copies of one passage, a search may find a part only: the graph does not link all of them.

    Attributes:
        collection: the collection.
        last: the highest id; the collection may have higher ones, which a search leaves out.
        count: the number of vectors that are not removed.
        gone: the ids of removed vectors that the collection may still have, rising.
    """

    collection: _Collection
    last: int
    count: int
    gone: Numbers = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        return self.count

    @property
    def kind(self) -> Kind:
        return "milvus"

    @property
    def total(self) -> int:
        return self.count + len(self.gone)

    def is_there(self) -> bool:
        return not self.collection.lost

    def without(self, numbers: Numbers) -> MilvusVectors:
        """This base without ``numbers``, each of which it has."""
        new = np.setdiff1d(numbers[numbers <= self.last], self.gone)
        return replace(self, count=self.count - len(new), gone=np.union1d(self.gone, new))

    def nearest(
        self, vector: npt.NDArray[np.float32], limit: int, allowed: Mask | None, stored: FetchVectors
    ) -> tuple[Numbers, Cosines]:
        some = None if allowed is None else self._living(np.flatnonzero(allowed[: self.last + 1]))
        count = len(self) if some is None else len(some)
        wanted = spare(limit)
        if some is not None and count <= max(wanted, EXACTLY):
            return ranked(some, vector, stored)
        while True:
            numbers, found = ranked(self._search(vector, min(wanted, count), some), vector, stored)
            if wanted >= min(count, _MOST) or are_enough(found, wanted, limit):
                return numbers, found
            # All candidates tie with the last, as copies of one passage do, and there may be more of them.
            wanted *= 4

    def _living(self, numbers: Numbers) -> Numbers:
        return np.setdiff1d(numbers, self.gone, assume_unique=True)

    def _search(self, vector: npt.NDArray[np.float32], wanted: int, some: Numbers | None) -> Numbers:
        """The ids of at least ``wanted`` candidates, if there are so many, of ``some`` or of all."""
        count = len(self) if some is None else len(some)
        # Milvus knows no filters and no late removals, so that a search asks for more than it needs.
        fetched = math.ceil(wanted * max(1.0, self.total / max(count, 1)))
        while fetched < _MOST:
            found = self._living(self._found(vector, fetched, f"id <= {self.last}"))
            found = found if some is None else np.intersect1d(found, some)
            if len(found) >= wanted:
                return found
            fetched *= 4
        if some is None:
            return self._living(self._found(vector, _MOST, f"id <= {self.last}"))
        lists = [some[start : start + _LISTED].tolist() for start in range(0, count, _LISTED)]
        parts = [self._found(vector, min(wanted, _MOST), f"id in {ids}") for ids in lists]
        return np.concatenate([np.empty(0, np.int64), *parts])

    def _found(self, vector: npt.NDArray[np.float32], limit: int, condition: str) -> Numbers:
        """The ids nearest to ``vector`` among those of a condition, as Milvus finds them."""
        try:
            with self.collection.store.reaching() as client:
                [hits] = client.search(
                    self.collection.name,
                    [vector],
                    filter=condition,
                    limit=limit,
                    output_fields=[],
                    search_params={"params": {"ef": max(limit, _BREADTH)}},
                    consistency_level="Bounded",
                    timeout=_SECONDS,
                )
        except VectorsUnreachableError:
            self.collection.lost = True
            raise
        numbers = np.array([hit["id"] for hit in hits], np.int64)
        # Marks have negative ids.
        return np.unique(numbers[numbers > 0])


def _create(client: MilvusClient, name: str, dimensions: int) -> None:
    from pymilvus import DataType

    # A mark has two more fields.
    schema = client.create_schema(auto_id=False, enable_dynamic_field=True)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimensions)
    graph = client.prepare_index_params()
    graph.add_index("vector", index_type="HNSW", metric_type="IP", params=_GRAPH)
    client.create_collection(
        name, schema=schema, index_params=graph, consistency_level="Bounded", timeout=_UPDATE_SECONDS
    )


def _wait_until_indexed(client: MilvusClient, name: str) -> None:
    """Wait until the graph has all vectors: until then, a search finds few of those that are nearest."""
    deadline = time.monotonic() + 10 * _UPDATE_SECONDS
    while int(client.describe_index(name, "vector", timeout=_SECONDS)["pending_index_rows"]):
        if time.monotonic() > deadline:
            raise VectorsUnreachableError(f"it has not indexed the collection {name} in time")
        time.sleep(_POLL_SECONDS)


def _cause(error: Exception) -> str:
    return " ".join(str(getattr(error, "message", error)).split())[:300]
