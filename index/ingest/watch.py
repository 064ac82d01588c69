"""Watches followed folders; a notification only starts a comparison, so lost and late ones do no harm."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from watchfiles import Change as Report
from watchfiles import watch

from index.catalog.database import Catalog
from index.errors import RETRY_SECONDS, UnreachableError
from index.ingest.discover import root_of, scan
from index.ingest.synchronize import plan

_log = logging.getLogger(__name__)

REST_SECONDS = 1.0  # The seconds without a change after which a file counts as complete.

_TICK_SECONDS = 0.5  # at most so long until a check whether a followed folder has appeared or disappeared
_LOOK_AGAIN_SECONDS = 600.0  # between two full checks, because the system may lose notifications under load
_RETRY_SECONDS = 30.0  # after a failed sync, for example while another process is writing
State = tuple[int, int] | None  # A file's size and mtime_ns; None if a known file is gone.


@dataclass(frozen=True, slots=True)
class Change:
    """``leave`` are files that are still being written, or that a sync has already tried as they are."""

    folders: tuple[Path, ...]
    leave: frozenset[Path] = frozenset()


class ChangeTimes:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[Path, tuple[State, float]] = {}

    def still_changing(self, files: Mapping[Path, State], now: float) -> set[Path]:
        """``now`` is in seconds, on any monotonic clock."""
        before = self._since
        self._since = {
            file: before[file] if file in before and before[file][0] == state else (state, now)
            for file, state in files.items()
        }
        return {file for file, (_, since) in self._since.items() if now - since < self._seconds}


class Watch:
    """Not the uploads, which are indexed at once."""

    def __init__(
        self,
        catalog: Catalog,
        home: Path,
        sync: Callable[[Change], bool],
        stop: Event,
        rest: float = REST_SECONDS,
        *,
        uploads: Path | None = None,
    ) -> None:
        """``sync`` returns False if the watch should try again; a file is complete after ``rest`` seconds."""
        self._catalog = catalog
        self._home = home.absolute()
        self._apart = [self._home, *([] if uploads is None else [uploads.absolute()])]
        self._sync = sync
        self._stop = stop
        self._seconds = rest
        self._change_times: dict[str, ChangeTimes] = {}
        self._tried: dict[str, dict[Path, State]] = {}
        self._not_before = 0.0

    def run(self) -> None:
        """Until the stop event is set. Raises OSError if the system cannot watch so many folders."""
        while not self._stop.is_set():
            try:
                # A folder may disappear between the check and the start of the watch.
                with suppress(FileNotFoundError):
                    self._watch(_identities(self._followed()))
            except UnreachableError as error:
                _log.warning("%s", error)
                self._stop.wait(RETRY_SECONDS)

    def _watch(self, watched: Mapping[str, tuple[int, int]]) -> None:
        if not watched:
            self._stop.wait(_TICK_SECONDS)
            return
        reports = watch(
            *watched,
            watch_filter=None,
            stop_event=self._stop,
            rust_timeout=round(_TICK_SECONDS * 1000),
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        # Check all folders, since files may have changed before the watch began.
        changed, looked = set(watched), time.monotonic()
        names = {place: {Path(place), Path(place).resolve()} for place in watched}
        for report in reports:
            touched = {Path(path) for _, path in report}
            gone = {path for kind, path in report if kind is Report.deleted}
            changed |= {place for place in watched if any(_concerns(path, names[place]) for path in touched)}
            if time.monotonic() - looked > _LOOK_AGAIN_SECONDS:
                changed, looked = set(watched), time.monotonic()
            if changed and time.monotonic() >= self._not_before:
                changed = self._settle(changed)
            # A folder that was deleted and created again may have the same inode, so the notification counts,
            # too.
            if _identities(self._followed()) != watched or not gone.isdisjoint(watched):
                return

    def _followed(self) -> list[str]:
        return [
            place
            for place in self._catalog.sources()
            if not any(Path(place).is_relative_to(folder) for folder in self._apart)
        ]

    def _settle(self, folders: set[str]) -> set[str]:
        now = time.monotonic()
        self._not_before = now + self._seconds / 2
        pending = {folder: self._pending(folder) for folder in sorted(folders)}
        changing = {
            folder: self._change_times.setdefault(folder, ChangeTimes(self._seconds)).still_changing(
                files, now
            )
            for folder, files in pending.items()
        }
        ready = [folder for folder, files in pending.items() if files.keys() - changing[folder]]
        recheck = {folder for folder, files in changing.items() if files}
        if not ready:
            return recheck
        leave: set[Path] = set().union(*changing.values(), *self._tried.values())
        if not self._sync(Change(tuple(map(Path, ready)), frozenset(leave))):
            self._not_before = time.monotonic() + _RETRY_SECONDS
            return recheck | set(ready)
        for folder in ready:
            # A file that cannot be read would stay pending, so remember the state in which it was tried.
            at_rest = pending[folder].keys() - changing[folder]
            self._tried.setdefault(folder, {}).update({file: pending[folder][file] for file in at_rest})
        return recheck

    def _pending(self, folder: str) -> dict[Path, State]:
        followed = self._catalog.sources()
        root = root_of(Path(folder), followed)
        source = Path(root.source)
        listing = scan(root, followed, self._home)
        changes = plan({root.source: self._catalog.files(root.source)}, [listing])
        found: dict[Path, State] = dict.fromkeys((source / path for path in changes.removed.values()), None)
        for file in (*changes.added, *changes.changed):
            found[source / file.path] = file.size, file.mtime_ns
        tried = self._tried.get(folder, {})
        # Forget tried files that have changed since, or that a sync has read meanwhile.
        self._tried[folder] = {file: state for file, state in tried.items() if found.get(file, ()) == state}
        return {file: state for file, state in found.items() if file not in self._tried[folder]}


def _identities(followed: Sequence[str]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for place in followed:
        with suppress(OSError):
            state = Path(place).stat()
            found[place] = state.st_dev, state.st_ino
    return found


def _concerns(path: Path, names: Collection[Path]) -> bool:
    """In a folder, by any of its names, and not hidden there."""
    inside = [path.relative_to(name).parts for name in names if path.is_relative_to(name)]
    return bool(inside) and not any(part.startswith(".") for part in inside[0])
