"""Reads and embeds files on the nodes of a Ray cluster, for one process that writes the library.

A file travels to a node with its bytes, and its passages come back with their vectors; so the nodes need
the same version of Footnoted and the library's model, and no shared folder. Ray repeats a task whose node is
lost.
"""

from __future__ import annotations

import logging
import os
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.documents import Document
from index.embedding.encoder import Encoder, open_encoder
from index.embedding.pipeline import embed_documents
from index.errors import ClusterError, LoadError
from index.library import Library
from index.loaders import DEFAULTS, Isolated, Options, content
from index.loaders.sidecar import sidecar_content, sidecar_of
from index.records import Incoming, Recipe
from index.text.cutting import Cut, Cutting

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_RETRIES = 5
"""The number of times that Ray repeats a task whose node or process is lost."""

_WAIT_SECONDS = 0.5

_CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class _Task:
    """A file to read on a node, with all that the reading depends on."""

    name: str
    content: bytes
    sidecar: bytes | None
    mtime_ns: int
    options: Options
    cutting: Cutting | None
    recipe: Recipe


@dataclass(slots=True)
class _Result:
    """What was read from a file, with the vectors of its passages by digest, or why it cannot be read."""

    document: Document | None = None
    cut: Cut | None = None
    cause: str = ""
    remedy: str = ""
    vectors: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    sentences: dict[str, bytes] = field(default_factory=dict)

    def known_vectors(self, digests: object) -> set[str]:
        """None: a node does not know which vectors the catalog has."""
        del digests
        return set()

    def put_vectors(
        self, new: Mapping[str, npt.NDArray[np.float32]], sentences: Mapping[str, bytes] | None = None
    ) -> None:
        """Keep vectors until the task ends."""
        self.vectors.update(new)
        self.sentences.update(sentences or {})


class ClusterReader:
    """Reads one file at a time on some node of a cluster, and stores the vectors of its passages."""

    def __init__(self, run: Any, index: Library) -> None:  # noqa: ANN401 (a function of Ray)
        self._run = run
        self._index = index

    def read(
        self,
        path: Path,
        options: Options = DEFAULTS,
        cutting: Cutting | None = None,
        waiting: Callable[[], None] | None = None,
    ) -> tuple[Document, Cut | None]:
        """Read a document and its passages, as :meth:`index.loaders.Isolated.read` does.

        Raises:
            ClusterError: if the node has another encoder than the library.
            LoadError: as that method; also if each node that tries it is lost.
        """
        import ray

        task = self._run.remote(_task(path, options, cutting, self._index.recipe))
        with ExitStack() as unless_done:
            unless_done.callback(ray.cancel, task)
            while not ray.wait([task], timeout=_WAIT_SECONDS)[0]:
                if waiting is not None:
                    waiting()
            # Ray ends this process if a task is cancelled that is done.
            unless_done.pop_all()
        try:
            result: _Result = ray.get(task)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from error
        except ray.exceptions.RayError as error:
            cause = f"was not read: the node was lost ({type(error).__name__})"
            raise LoadError(path, cause, "sync again, or sync it without --on") from error
        if result.document is None:
            raise LoadError(path, result.cause, result.remedy)
        self._index.catalog.put_vectors(result.vectors, result.sentences)
        return result.document, result.cut


@contextmanager
def open_cluster(address: str, index: Library) -> Iterator[list[ClusterReader]]:
    """Connect to a Ray cluster; give a reader for each of its cores, so that no node has more than its share.

    Args:
        address: the address, as ``ray.init`` takes it: ``ray://HOST:10001`` for a client of the cluster,
            ``HOST:6379`` on one of its nodes.
        index: the library that the vectors are stored in.

    Raises:
        ClusterError: if Ray is not installed, or the cluster cannot be reached.
    """
    try:
        import ray
    except ImportError as error:
        raise ClusterError("a cluster needs Ray; install it with: pip install 'ray[client]'") from error
    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError) as error:
        raise ClusterError(
            f"the Ray cluster at {address} cannot be reached ({str(error).partition(chr(10))[0]}); check the "
            "address, and that `ray start` runs there"
        ) from error
    try:
        run = ray.remote(num_cpus=1, max_retries=_RETRIES)(_read_and_embed)
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        cores = int(resources.get("CPU", 1))
        yield [ClusterReader(run, index) for _ in range(max(1, cores))]
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Try whether anything listens at an address, for which Ray itself would take minutes.

    Raises:
        OSError: if nothing does.
        ValueError: if it is no address.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()


def _task(path: Path, options: Options, cutting: Cutting | None, recipe: Recipe) -> _Task:
    data = content(path, options.limits)
    return _Task(path.name, data, sidecar_content(path), path.stat().st_mtime_ns, options, cutting, recipe)


def _read_and_embed(task: _Task) -> _Result:
    """Read a file and embed its passages. This runs on a node."""
    encoder = _encoder(task.recipe.model, task.recipe.encoder)
    if encoder.key != task.recipe.encoder:
        raise ClusterError(
            f"a node embeds with {encoder.key}, and the library is embedded with {task.recipe.encoder}; "
            "install the same version of Footnoted and the same model on each node"
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, task.name)
        for place, data in ((file, task.content), (sidecar_of(file), task.sidecar)):
            if data is not None:
                place.write_bytes(data)
                os.utime(place, ns=(task.mtime_ns, task.mtime_ns))
        try:
            document, cut = _reader().read(file, task.options, task.cutting)
        except LoadError as error:
            return _Result(cause=error.cause, remedy=error.remedy)
    result = _Result(document, cut)
    its = (task.cutting, cut) if task.cutting and cut else None
    incoming = Incoming("", task.name, len(task.content), task.mtime_ns, "", document, cut=its)
    embed_documents([incoming], task.recipe, encoder, result)
    return result


@cache
def _reader() -> Isolated:
    """The reading process of a node's process."""
    return Isolated()


@cache
def _encoder(model: str, key: str) -> Encoder:
    return open_encoder(model, like=key)
