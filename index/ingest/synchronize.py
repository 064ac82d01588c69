"""Syncs folders to the library: plans the changes without reading a file, then applies the plan."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Condition
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from index.documents import sidecar_of
from index.errors import Cancelled, LibraryLockedError, LoadError
from index.ingest.discover import (
    MISSING,
    Failure,
    Failures,
    Listing,
    Root,
    is_own,
    is_utf8,
    mode_of,
    root_of,
    scan,
    without_files,
)
from index.library import Library, Progress
from index.loaders import DEFAULTS, READING, SUFFIXES, Options
from index.loaders.sandbox.client import Isolated
from index.machine import usable_cores
from index.records import FileState, Incoming
from index.text.passages import Cutting

if TYPE_CHECKING:
    from index.ingest.cluster import ClusterReader

    FileReader: TypeAlias = Isolated | ClusterReader  # Each reads one file at a time.

Item = TypeVar("Item")
Worker = TypeVar("Worker")
Result = TypeVar("Result")

# Its last argument, called from time to time, raises an error if the result is no longer needed.
Read = Callable[[Item, Worker, Callable[[], None]], Result]
MOST_AHEAD = 5_000_000  # in characters of the results that wait; then no reader begins another file
_WAIT_SECONDS = 0.5


def read_ahead(
    files: Sequence[Item],
    readers: Sequence[Worker],
    read: Read[Item, Worker, Result],
    size: Callable[[Result], int],
    waiting: Callable[[], None] | None = None,
) -> Generator[tuple[Item, Future[Result]]]:
    """Yield completed futures in the order of ``files``; closing the iterator cancels the reading.

    Reading pauses while the caller is behind by too much ``size``, in characters. Several threads call
    ``read``. ``waiting``, called every half second, may raise an error to cancel the reading.
    """
    shelf = _Shelf(files, read, size)
    with ThreadPoolExecutor(len(readers), "read") as threads:
        for reader in readers:
            threads.submit(shelf.fill, reader)
        try:
            for place, file in enumerate(files):
                yield file, shelf.take(place, waiting)
        finally:
            shelf.cancel()


class _Shelf(Generic[Item, Worker, Result]):
    """Threads begin the files in order, but may finish in any order."""

    def __init__(
        self, files: Sequence[Item], read: Read[Item, Worker, Result], size: Callable[[Result], int]
    ) -> None:
        self._files = iter(enumerate(files))
        self._read = read
        self._size = size
        self._results: dict[int, Future[Result]] = {}
        self._held = 0
        self._is_cancelled = False
        self._changed = Condition()

    def fill(self, reader: Worker) -> None:
        while (item := self._next()) is not None:
            place, file = item
            result: Future[Result] = Future()
            try:
                result.set_result(self._read(file, reader, self._check))
            except BaseException as error:  # noqa: BLE001 (the caller gets it)
                result.set_exception(error)
            with self._changed:
                self._results[place] = result
                self._held += self._size_of(result)
                self._changed.notify_all()

    def take(self, place: int, waiting: Callable[[], None] | None) -> Future[Result]:
        with self._changed:
            while not self._changed.wait_for(lambda: place in self._results, _WAIT_SECONDS):
                if waiting is not None:
                    waiting()
            result = self._results.pop(place)
            self._held -= self._size_of(result)
            self._changed.notify_all()
        return result

    def cancel(self) -> None:
        with self._changed:
            self._is_cancelled = True
            self._changed.notify_all()

    def _next(self) -> tuple[int, Item] | None:
        with self._changed:
            # A thread has always begun the file that the caller takes next, so this wait ends.
            self._changed.wait_for(lambda: self._is_cancelled or self._held < MOST_AHEAD)
            return None if self._is_cancelled else next(self._files, None)

    def _check(self) -> None:
        if self._is_cancelled:
            raise Cancelled("the sync has ended")

    def _size_of(self, result: Future[Result]) -> int:
        return 0 if result.exception() else self._size(result.result())


# Rebuild an outdated library, list the files, wait for reading, embed and commit, compact the caches.
STAGES = ("rebuild", "list", "read", "index", "compact")


@dataclass(slots=True)
class StageClock:
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    _last: float = field(default_factory=time.monotonic)

    def lap(self, stage: str) -> None:
        now = time.monotonic()
        self.seconds[stage] += now - self._last
        self._last = now


_CHARACTERS_AT_ONCE = 5_000_000  # A sync commits its new documents when they have more characters than this.

_FILES_A_READER = 8  # one process per this many files, because a start takes as long as reading a few files
# Seconds until new documents are committed, so that an interruption loses no more work.
_SECONDS_AT_ONCE = 60.0


@dataclass(frozen=True, slots=True)
class File:
    source: str
    path: str
    size: int
    mtime_ns: int
    known: FileState | None


@dataclass(frozen=True, slots=True)
class Changes:
    """``removed`` are paths by id. A catalog with another ``lineage`` refuses them; None allows any."""

    added: tuple[File, ...]
    changed: tuple[File, ...]
    removed: Mapping[int, str]
    unchanged: int
    failed: tuple[Failure, ...]
    lineage: str | None = None


@dataclass(frozen=True, slots=True)
class SyncReport:
    """The paths that a sync has added, changed, removed or could not read; their documents stay.

    ``read_again`` counts those of ``changed`` whose files are the same, and were read by older loaders.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    failed: tuple[Failure, ...]
    passages: int
    seconds: float
    generation: int
    stages: Mapping[str, float] = field(default_factory=dict, hash=False)
    read_again: int = 0

    def as_dict(self) -> dict[str, Any]:
        failed = [{"path": failure.path, "cause": failure.cause} for failure in self.failed]
        report = {**asdict(self), "failed": failed}
        del report["stages"]
        return report


def sync(
    index: Library,
    paths: Sequence[Path] = (),
    progress: Progress | None = None,
    options: Options = DEFAULTS,
    *,
    reader: Isolated | Sequence[FileReader] | None = None,
    leave: Collection[Path] = (),
) -> SyncReport:
    """Bring the library up to date with ``paths``, and follow them; by default, with all followed folders.

    An outdated library is rebuilt first. The home folder is skipped, except for followed folders in it, and
    so are the files in ``leave``, which are still being written. The caller closes ``reader``.
    """
    started, clock = time.monotonic(), StageClock()
    index.rebuild(progress)
    clock.lap("rebuild")
    followed = index.catalog.sources()
    roots: list[Root] = []
    new: list[str] = []
    for path in paths or [Path(folder) for folder in followed]:
        root = root_of(path, followed)
        roots.append(root)
        place = str(root.location)
        # A path inside a followed folder need not be followed itself.
        is_new = root.source not in followed and mode_of(root.location) and is_utf8(place)
        if is_new and not is_own(root, followed, index.home):
            followed.append(place)
            new.append(place)
    index.catalog.follow(new)
    with index.catalog.reading() as catalog:
        lineage = catalog.lineage
    listings = [without_files(scan(root, followed, index.home), leave) for root in roots]
    known = {root.source: index.catalog.files(root.source) for root in roots if is_utf8(root.source)}
    changes = replace(plan(known, listings, options.recognition), lineage=lineage)
    clock.lap("list")
    report = apply(index, changes, progress, started, options, reader=reader, clock=clock)
    Failures(index.catalog).note(listings, report.failed, followed)
    return report


def plan(
    known: Mapping[str, Mapping[str, FileState]], listings: Sequence[Listing], recognition: str = ""
) -> Changes:
    added: dict[tuple[str, str], File] = {}
    changed: dict[tuple[str, str], File] = {}
    removed: dict[int, str] = {}
    unchanged: set[tuple[str, str]] = set()
    failures: dict[tuple[str, Failure], None] = {}
    for listing in listings:
        source = listing.root.source
        before = known.get(source, {})
        for path, (size, mtime_ns) in listing.files.items():
            state = before.get(path)
            file = File(source, path, size, mtime_ns, state)
            if state is None:
                added[source, path] = file
            elif (state.size, state.mtime_ns) == (size, mtime_ns) and not state.awaits(recognition, READING):
                unchanged.add((source, path))
            else:
                changed[source, path] = file
        gone = {
            state.document_id: path
            for path, state in before.items()
            if listing.covers(path) and path not in listing.files
        }
        removed |= gone
        failures |= dict.fromkeys((source, failure) for failure in listing.failures)
        if listing.missing and not gone:
            missing = Failure(str(listing.root.location), MISSING, listing.root)
            failures[source, missing] = None
    return Changes(
        tuple(added.values()),
        tuple(changed.values()),
        removed,
        len(unchanged),
        tuple(failure for _, failure in failures),
    )


def apply(
    index: Library,
    changes: Changes,
    progress: Progress | None = None,
    started: float | None = None,
    options: Options = DEFAULTS,
    *,
    reader: Isolated | Sequence[FileReader] | None = None,
    clock: StageClock | None = None,
) -> SyncReport:
    """A file that cannot be read is reported; its document stays."""
    clock = clock or StageClock()
    begun = time.monotonic() if started is None else started
    failed = list(changes.failed)
    touched: dict[int, tuple[int, int]] = {}
    written: list[File] = []
    read_again = 0
    held: list[Incoming] = []
    characters, committed = 0, time.monotonic()
    files = [*changes.added, *changes.changed]
    for number, (file, incoming) in enumerate(_read_all(index, files, options, reader, progress), 1):
        clock.lap("read")
        if isinstance(incoming, LoadError):
            # A file that has disappeared since the listing is no failure, because the next sync removes its
            # document.
            if os.path.lexists(Path(file.source, file.path)):
                cause = f"{incoming.cause}; {incoming.remedy}"
                failed.append(Failure(file.path, cause, Root(file.source, file.path)))
        elif incoming is not None:
            held.append(incoming)
            characters += _characters_of(incoming)
            written.append(file)
            read_again += _is_read_again(file, incoming)
        elif file.known is not None:
            touched[file.known.document_id] = (file.size, file.mtime_ns)
        if progress is not None:
            progress("reading", number, len(files))
        is_late = time.monotonic() - committed > _SECONDS_AT_ONCE
        if held and (characters > _CHARACTERS_AT_ONCE or is_late):
            index.replace(held, progress=progress)
            held, characters, committed = [], 0, time.monotonic()
            clock.lap("index")
    clock.lap("read")
    index.catalog.touch(touched, changes.lineage)
    if held or changes.removed:
        index.replace(held, changes.removed, progress, changes.lineage)
    clock.lap("index")
    # The documents are committed already. If another process holds the lock, a later sync compacts.
    with suppress(LibraryLockedError):
        index.compact()
    clock.lap("compact")
    return SyncReport(
        tuple(file.path for file in written if file.known is None),
        tuple(file.path for file in written if file.known is not None),
        tuple(changes.removed.values()),
        changes.unchanged + len(touched),
        tuple(failed),
        index.catalog.count_passages(),
        round(time.monotonic() - begun, 3),
        index.generation,
        clock.seconds,
        read_again,
    )


def _is_read_again(file: File, incoming: Incoming) -> bool:
    known = file.known
    return (
        known is not None and known.digest == incoming.digest and known.reading != incoming.document.reading
    )


def _read_all(
    index: Library,
    files: Sequence[File],
    options: Options,
    reader: Isolated | Sequence[FileReader] | None,
    progress: Progress | None,
) -> Iterator[tuple[File, Incoming | LoadError | None]]:
    """In order, with the document, its LoadError, or None if it is unchanged."""
    number = 0

    def waiting() -> None:
        if progress is not None:
            progress("reading", number, len(files))

    with ExitStack() as opened:
        # One process for each core, if there are enough files for them.
        processes = min(usable_cores(), len(files) // _FILES_A_READER)
        readers: Sequence[FileReader]
        if isinstance(reader, Sequence):
            readers = reader
        else:
            more = [opened.enter_context(Isolated()) for _ in range(processes - 1)]
            readers = [reader or opened.enter_context(Isolated()), *more]
        read = partial(_read, options=options, cutting=index.cutting() if files else None)
        results = read_ahead(files, readers, read, _characters_of, waiting)
        opened.enter_context(closing(results))
        for file, result in results:
            error = result.exception()
            if error is not None and not isinstance(error, LoadError):
                raise error
            number += 1
            yield file, error or result.result()


def _characters_of(incoming: Incoming | None) -> int:
    return 0 if incoming is None else len(incoming.document.text)


def _read(
    file: File, reader: FileReader, waiting: Callable[[], None], *, options: Options, cutting: Cutting | None
) -> Incoming | None:
    """None if the document cannot have changed since it was last read."""
    location = Path(file.source, file.path)
    # Do not read a file that the loader refuses by its suffix: it may be a film of many gigabytes.
    digest = _digest(location) if location.suffix.lower() in SUFFIXES else ""
    known = file.known
    if known is not None and known.digest == digest:
        if not _depends_on_more(location, known, options):
            return None
        options = options.for_rereading(known.recognised_in)
    document, cut = reader.read(location, options, cutting, waiting)
    how_cut = (cutting, cut) if cutting and cut else None
    return Incoming(file.source, file.path, file.size, file.mtime_ns, digest, document, cut=how_cut)


def _depends_on_more(location: Path, known: FileState, options: Options) -> bool:
    has_sidecar = os.path.lexists(sidecar_of(location)) or "sidecar" in known.origins.values()
    return has_sidecar or known.awaits(options.recognition, READING)


def _digest(location: Path) -> str:
    try:
        with location.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise LoadError(location, str(error.strerror), "check the file's permissions") from error
