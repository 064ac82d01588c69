"""Reads and embeds files on the nodes of a Ray cluster, which need the same Footnoted and model."""

from __future__ import annotations

import logging
import os
import socket
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from index.documents import Document, sidecar_of
from index.embedding.encoder import Encoder, open_encoder
from index.embedding.pipeline import embed_documents
from index.errors import ClusterError, LoadError, line_of
from index.library import Library
from index.loaders import DEFAULTS, Isolated, Options, content
from index.loaders.metadata import sidecar_content
from index.records import Incoming, Recipe
from index.text.passages import CHUNKING, Cut, Cutting

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_RETRIES = 5  # The number of times that Ray repeats a task whose node or process is lost.

_WAIT_SECONDS = 0.5

_CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class _Task:
    name: str
    content: bytes
    sidecar: bytes | None
    mtime_ns: int
    options: Options
    cutting: Cutting | None
    recipe: Recipe
    program: str
    known: frozenset[str]


@dataclass(slots=True)
class _Result:
    """``vectors`` leaves out the digests in ``known``, which the library already stores."""

    document: Document | None = None
    cut: Cut | None = None
    cause: str = ""
    remedy: str = ""
    vectors: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    sentences: dict[str, bytes] = field(default_factory=dict)
    known: frozenset[str] = frozenset()

    def known_vectors(self, digests: Collection[str]) -> set[str]:
        return {*digests} & self.known

    def put_vectors(
        self, new: Mapping[str, npt.NDArray[np.float32]], sentences: Mapping[str, bytes] | None = None
    ) -> None:
        self.vectors.update(new)
        self.sentences.update(sentences or {})


class ClusterReader:
    """``writing`` lets one reader at a time write to the catalog."""

    def __init__(self, run: Any, index: Library, recipe: Recipe, writing: Lock) -> None:  # noqa: ANN401
        self._run = run
        self._index = index
        self._recipe = recipe
        self._writing = writing

    def read(
        self,
        path: Path,
        options: Options = DEFAULTS,
        cutting: Cutting | None = None,
        waiting: Callable[[], None] | None = None,
    ) -> tuple[Document, Cut | None]:
        """As :meth:`index.loaders.Isolated.read`; also raises ClusterError if the node fails."""
        import ray

        task = _task(path, options, cutting, self._index, self._recipe)
        try:
            running = self._run.remote(task)
            # If ``waiting`` raises an error, the task goes on until the connection to the cluster closes.
            while not ray.wait([running], timeout=_WAIT_SECONDS)[0]:
                if waiting is not None:
                    waiting()
            result: _Result = ray.get(running)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, ClusterError):
                raise error.cause from error
            raise ClusterError(f"a node of the cluster failed: {line_of(error.cause or error)}") from error
        except ray.exceptions.RayError as error:
            cause = f"was not read: a node was lost or had no memory ({type(error).__name__})"
            raise LoadError(path, cause, "sync again, or sync it without --on") from error
        except (ConnectionError, RuntimeError) as error:
            raise ClusterError(
                f"the connection to the cluster was lost ({line_of(error)}); sync again to continue "
                "where it stopped"
            ) from error
        if result.document is None:
            raise LoadError(path, result.cause, result.remedy)
        with self._writing:
            self._index.catalog.put_vectors(result.vectors, result.sentences)
        return result.document, result.cut


@contextmanager
def open_cluster(address: str, index: Library) -> Iterator[list[ClusterReader]]:
    """A reader for each core of ``ray://HOST:10001``, or ``HOST:6379`` on a node. Raises ClusterError."""
    try:
        import ray
    except ImportError as error:
        raise ClusterError("a cluster needs Ray; install it with: pip install 'ray[client]'") from error
    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError) as error:
        raise ClusterError(
            f"the Ray cluster at {address} cannot be used ({' '.join(str(error).split())}); check the "
            "address, and that Ray and Python have the same versions here and on the cluster"
        ) from error
    try:
        run = ray.remote(num_cpus=1, max_retries=_RETRIES)(_on_node)
        resources: dict[str, float] = ray.cluster_resources()
        cores = int(resources.get("CPU", 0))
        if cores < 1:
            raise ClusterError(f"the Ray cluster at {address} has no cores; start a node with some")
        recipe, writing = index.recipe, Lock()
        yield [ClusterReader(run, index, recipe, writing) for _ in range(cores)]
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Ray itself would take minutes to find out. Raises OSError if no program listens, or ValueError."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdecimal()):
        raise ValueError("write HOST:6379 on a node of it, or ray://HOST:10001")
    socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()


def _task(path: Path, options: Options, cutting: Cutting | None, index: Library, recipe: Recipe) -> _Task:
    data = content(path, options.limits)
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise LoadError(path, "does not exist", "sync again if it was moved") from error
    known = index.catalog.vectors_of(path)
    return _Task(path.name, data, sidecar_content(path), changed, options, cutting, recipe, _program(), known)


def _program() -> str:
    return f"footnoted {version('footnoted')}, chunking {CHUNKING}"


def _on_node(task: _Task) -> _Result:
    """Raises ClusterError, which names the node, if it cannot read files for this library."""
    node = socket.gethostname()
    if _program() != task.program:
        raise ClusterError(
            f"the node {node} has {_program()}, and this is {task.program}; install the same there"
        )
    try:
        encoder = _encoder(task.recipe.model)
        if encoder.key != task.recipe.encoder:
            raise ClusterError(
                f"the node {node} embeds with {encoder.key}, and the library is embedded with "
                f"{task.recipe.encoder}; install the same model there"
            )
        return _read_and_embed(task, encoder)
    except OSError as error:
        raise ClusterError(f"the node {node} failed: {line_of(error)}") from error


def _read_and_embed(task: _Task, encoder: Encoder) -> _Result:
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
    result = _Result(document, cut, known=task.known)
    how_cut = (task.cutting, cut) if task.cutting and cut else None
    incoming = Incoming("", task.name, len(task.content), task.mtime_ns, "", document, cut=how_cut)
    embed_documents([incoming], task.recipe, encoder, result)
    return result


@cache
def _reader() -> Isolated:
    return Isolated()


@cache
def _encoder(model: str) -> Encoder:
    return open_encoder(model)
