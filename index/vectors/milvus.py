"""Keeps the vectors of libraries on a Milvus server, each library's base (stored vectors) in a collection.

Entities with negative ids are marks: the newest says up to which state of the library the collection is
complete.
"""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from index.errors import VectorIndexError, VectorsUnreachableError
from index.vectors.exact import (
    Change,
    Cosines,
    Expected,
    FetchVectors,
    Ids,
    Mark,
    Mask,
    are_enough,
    are_few,
    candidates_to_request,
    ranked,
)
from index.vectors.policy import Kind

if TYPE_CHECKING:
    from pymilvus import MilvusClient

_PORT, _MAX_PORT = 19530, 65535
_ADDRESS = re.compile(
    r"milvus(\+tls)?://([^@/]*@)?([0-9A-Za-z_.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]+)?(/[0-9A-Za-z_]*)?"
)

_MOST = 16_384  # The most results that Milvus returns for one search.
_LISTED = 50_000  # The most ids in the filter of one request.
_WIDE = 2_000  # A search for more results than this takes longer than a search with a filter of many ids.
_BREADTH = 256  # The least number of candidates that a walk through the graph (HNSW) keeps.
_SECONDS = 10.0  # The seconds that a search waits for the server.
_LOST = {100, 101}  # Milvus's codes for a collection that does not exist or is not loaded.
_AT_ONCE = 1_000  # The vectors in a request; Milvus refuses requests of more than 64 MB.

# HNSW's links per vector, and candidates for them while the graph is built.
_GRAPH = {"M": 16, "efConstruction": 200}
SILENCE = 5.0  # The seconds after a failure in which no request is sent to the server.
_SAME = 0.999  # A vector in the collection counts as the catalog's vector if their cosine is above this.
_UPDATE_SECONDS = 600.0  # The seconds that a step of an update waits for the server.

# Every search finds a write after this: *Bounded* consistency misses at most the last five seconds.
SETTLED_SECONDS = 6.0
_POLL_SECONDS = 0.5

# Milvus makes no graph for a segment with fewer vectors than this; a search compares them all.
_LINKED = 1_024
# Milvus's codes for a collection that another process is making or deleting, or has left unfinished.
_UNFINISHED = _LOST | {700}


def store_at(address: str) -> MilvusStore | None:
    """Only HOST of ``milvus://USER:PASSWORD@HOST:PORT/DATABASE`` is needed; ``milvus+tls://`` encrypts.

    None if empty. Raises VectorIndexError for another form, or without the extra ``engines``.
    """
    if not address:
        return None
    parts = _ADDRESS.fullmatch(address)
    if parts is None or int((parts[4] or ":0")[1:]) > _MAX_PORT:
        raise VectorIndexError(
            "FOOTNOTED_INDEX is not the address of an index; write milvus://HOST, or with all its parts "
            "milvus://USER:PASSWORD@HOST:PORT/DATABASE, with %40 for @"
        )
    if find_spec("pymilvus") is None:
        raise VectorIndexError(
            "vectors in Milvus need pymilvus; install it with: pip install 'footnoted[engines]'"
        )
    return MilvusStore(address)


class MilvusStore:
    """Safe to share between threads. Methods raise VectorsUnreachableError if the server does not answer."""

    def __init__(self, address: str) -> None:
        self._address = sa.make_url(address)
        self._client: MilvusClient | None = None
        self._silence, self._silent_until = "", 0.0

    def latest(self, prefix: str) -> tuple[str, Mark] | None:
        """The newest finished base whose name begins with ``prefix``."""
        found = [(name, mark) for name in self.names(prefix) for mark in self._marks_of(name)]
        return max(found, key=lambda each: each[1].generation, default=None)

    def open(self, name: str, expected: Expected) -> MilvusVectors | None:
        """None if it lacks the ``expected`` passages."""
        alive, removed = expected.alive, expected.removed
        last, living = len(alive) - 1, int(np.count_nonzero(alive))
        inside = f"id > 0 and id <= {last}"
        with self.reaching() as client:
            total = _count(client, name, inside, _SECONDS)
            few = len(removed) <= _LISTED
            if few and removed:
                kept = _count(client, name, f"{inside} and id not in {list(removed)}", _SECONDS)
            else:
                kept = total
            rows = client.get(name, ids=list(expected.sample), output_fields=["vector"], timeout=_SECONDS)
        stored = {int(row["id"]): np.array(row["vector"], np.float32) for row in rows}
        same = all(
            number in stored and float(stored[number] @ vector) > _SAME
            for number, vector in expected.sample.items()
        )
        if not same or (kept != living if few else total < living):
            return None
        return MilvusVectors(Collection(self, name), alive, total)

    def create(self, name: str, dimensions: int) -> None:
        """The base counts as unfinished until an update succeeds."""
        from pymilvus import DataType

        with self.reaching() as client:
            # A mark has two more fields.
            schema = client.create_schema(auto_id=False, enable_dynamic_field=True)
            schema.add_field("id", DataType.INT64, is_primary=True)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimensions)
            graph = client.prepare_index_params()
            graph.add_index("vector", index_type="HNSW", metric_type="IP", params=_GRAPH)
            client.create_collection(
                name, schema=schema, index_params=graph, consistency_level="Bounded", timeout=_UPDATE_SECONDS
            )

    def update(self, name: str, change: Change) -> None:
        """Set the new mark once all searches find the change; an interrupted update can be repeated.

        A base without ``change.count`` passages then is deleted, and VectorsUnreachableError raised.
        """
        mark, removed = change.mark, change.removed
        with self.reaching() as client:
            for ids, vectors in change.new():
                for start in range(0, len(ids), _AT_ONCE):
                    some = slice(start, start + _AT_ONCE)
                    rows = zip(ids[some].tolist(), vectors[some], strict=True)
                    # An interrupted update may have inserted some of these vectors.
                    client.upsert(
                        name, [{"id": number, "vector": row} for number, row in rows], timeout=_UPDATE_SECONDS
                    )
            for start in range(0, len(removed), _AT_ONCE):
                client.delete(name, ids=list(removed[start : start + _AT_ONCE]), timeout=_UPDATE_SECONDS)
            client.flush(name, timeout=_UPDATE_SECONDS)
            written = time.monotonic()
            stored = _count(client, name, f"id > 0 and id <= {mark.last}", _UPDATE_SECONDS)
            if stored != change.count:
                client.drop_collection(name, timeout=_UPDATE_SECONDS)
                raise VectorsUnreachableError(
                    f"{name} had {stored} vectors, not {change.count}, and was deleted; it is made again"
                )
            _wait_until_linked(client, name, stored)
            time.sleep(max(0.0, SETTLED_SECONDS - (time.monotonic() - written)))
            former = [int(row["id"]) for row in _marks(client, name)]
            fields = client.describe_collection(name, timeout=_SECONDS)["fields"]
            [dimensions] = [int(field["params"]["dim"]) for field in fields if field["name"] == "vector"]
            row = {
                "id": min(former, default=0) - 1,
                "vector": np.zeros(dimensions, np.float32),
                "last": mark.last,
                "generation": mark.generation,
            }
            # Delete the former mark after the new one is written, so that the collection always has a mark.
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
        """Errors become VectorsUnreachableError, raised at once for a few seconds after a failure."""
        from grpc import RpcError
        from pymilvus import MilvusClient, MilvusException

        # pymilvus logs each error with a traceback before it raises the error.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        if time.monotonic() < self._silent_until:
            raise VectorsUnreachableError(self._silence)
        try:
            client = self._client
            if client is None:
                client = self._client = MilvusClient(**self._connection(), timeout=_SECONDS)
            yield client
        except (MilvusException, RpcError, OSError, ValueError) as error:
            cause = " ".join(str(getattr(error, "message", error)).split())[:300]
            if getattr(error, "code", None) not in _UNFINISHED and not _is_slow(error):
                self._silence, self._silent_until = cause, time.monotonic() + SILENCE
            raise VectorsUnreachableError(cause) from error

    def _connection(self) -> dict[str, str]:
        at = self._address
        scheme = "https" if at.drivername.endswith("tls") else "http"
        host = f"[{at.host}]" if ":" in (at.host or "") else at.host
        return {
            "uri": f"{scheme}://{host}:{at.port or _PORT}",
            "user": at.username or "",
            "password": str(at.password or ""),
            "db_name": at.database or "",
        }

    def _marks_of(self, name: str) -> list[Mark]:
        try:
            with self.reaching() as client:
                # Milvus can search only a loaded collection, and someone may have released this one.
                client.load_collection(name, timeout=_SECONDS)
                return [Mark(int(row["last"]), int(row["generation"])) for row in _marks(client, name)]
        except VectorsUnreachableError as error:
            if getattr(error.__cause__, "code", None) in _UNFINISHED:
                return []
            raise


def _is_slow(error: Exception) -> bool:
    """The server was reached but did not answer in time."""
    from grpc import RpcError, StatusCode

    return isinstance(error, RpcError) and error.code() is StatusCode.DEADLINE_EXCEEDED


def _marks(client: MilvusClient, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.query(
        name,
        filter="id < 0",
        output_fields=["last", "generation"],
        consistency_level="Strong",
        timeout=_SECONDS,
    )
    return rows


def _count(client: MilvusClient, name: str, condition: str, seconds: float) -> int:
    """Of all vectors written before this call."""
    [row] = client.query(
        name, filter=condition, output_fields=["count(*)"], consistency_level="Strong", timeout=seconds
    )
    return int(row["count(*)"])


def _wait_until_linked(client: MilvusClient, name: str, count: int) -> None:
    """Before that, searches miss many near vectors."""
    deadline = time.monotonic() + 10 * _UPDATE_SECONDS
    while not _is_linked(client, name, count):
        if time.monotonic() > deadline:
            raise VectorsUnreachableError(f"it has not indexed the collection {name} in time")
        time.sleep(_POLL_SECONDS)


def _is_linked(client: MilvusClient, name: str, count: int) -> bool:
    from grpc import RpcError, StatusCode

    try:
        # Milvus's number of rows that wait for an index is of no use here: it is 0 before the graph is
        # loaded, and rises again when segments are merged.
        segments = client.list_loaded_segments(name, timeout=_SECONDS)
    except RpcError as error:
        if error.code() is StatusCode.UNIMPLEMENTED:
            # milvus-lite has no segments to wait for.
            return True
        raise
    graphs = all(segment.index_id for segment in segments if segment.num_rows >= _LINKED)
    return graphs and sum(segment.num_rows for segment in segments) >= count


@dataclass(slots=True)
class Collection:
    """A Milvus collection. A search that finds it gone sets ``lost``; the library then reopens its base."""

    store: MilvusStore
    name: str
    lost: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class MilvusVectors:
    """``alive`` is a mask of ids from 0; ``total`` counts the vectors, removed ones too.

    If hundreds of passages have the same text, a search may miss some: Milvus's graph does not link all.
    """

    collection: Collection
    alive: Mask
    total: int

    def __len__(self) -> int:
        return int(np.count_nonzero(self.alive))

    @property
    def kind(self) -> Kind:
        return "milvus"

    @property
    def last(self) -> int:
        return len(self.alive) - 1

    def is_available(self) -> bool:
        return not self.collection.lost

    def without(self, ids: Ids) -> MilvusVectors:
        alive = self.alive.copy()
        alive[ids[(ids >= 0) & (ids <= self.last)]] = False
        return replace(self, alive=alive)

    def nearest(
        self, vector: npt.NDArray[np.float32], limit: int, allowed: Mask | None, stored: FetchVectors
    ) -> tuple[Ids, Cosines]:
        mask = self.alive
        if allowed is not None:
            mask = np.zeros(len(self.alive), np.bool_)
            known = min(len(mask), len(allowed))
            mask[:known] = self.alive[:known] & allowed[:known]
        count, wanted = int(np.count_nonzero(mask)), candidates_to_request(limit)
        if not count or are_few(count, wanted):
            return ranked(np.flatnonzero(mask), vector, stored)
        while True:
            ids, found = ranked(self._search(vector, min(wanted, count), mask, count), vector, stored)
            if wanted >= min(count, _MOST) or are_enough(found, wanted, limit):
                return ids, found
            # All candidates after the last result tie with it, as copies of a passage do; more may do so.
            wanted *= 4

    def _search(self, vector: npt.NDArray[np.float32], wanted: int, mask: Mask, count: int) -> Ids:
        """All that ``mask`` allows, up to ``_LISTED``, if Milvus finds fewer than ``wanted``."""
        # Milvus does not know the mask, so a search asks for 1.5 times as many ids as it expects to need.
        fetched = wanted if self.total == count else math.ceil(1.5 * wanted * self.total / count)
        found = np.empty(0, np.int64)
        most = _WIDE if count <= _LISTED else _MOST
        while fetched <= most and len(found) < min(wanted, count):
            found = self._found(vector, fetched, f"id > 0 and id <= {self.last}")
            found = found[mask[found]]
            fetched *= 4
        if len(found) >= wanted:
            return found
        some = np.flatnonzero(mask)
        lists = [some[start : start + _LISTED].tolist() for start in range(0, count, _LISTED)]
        parts = [self._found(vector, min(wanted, _MOST), f"id in {ids}") for ids in lists]
        found = np.unique(np.concatenate([found, *parts]))
        # Milvus reads only a part of a segment that has no graph yet (its interim index).
        return some if len(found) < min(wanted, count) and count <= _LISTED else found

    def _found(self, vector: npt.NDArray[np.float32], limit: int, condition: str) -> Ids:
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
        except VectorsUnreachableError as error:
            if getattr(error.__cause__, "code", None) in _LOST:
                self.collection.lost = True
            raise
        return np.unique(np.array([hit["id"] for hit in hits], np.int64))
