"""Folders of files in: discovery, sync, watching, and the jobs that do it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from index.ingest.discover import QUESTIONS, Root, scan
    from index.ingest.failures import Failures, KeptFailure
    from index.ingest.jobs import KEPT, Job, Jobs, RunningJob
    from index.ingest.synchronize import sync
    from index.ingest.watch import Change, Watch

__all__ = [
    "KEPT",
    "QUESTIONS",
    "Change",
    "Failures",
    "Job",
    "Jobs",
    "KeptFailure",
    "Root",
    "RunningJob",
    "Watch",
    "scan",
    "sync",
]

_HOMES = {
    "QUESTIONS": "index.ingest.discover",
    "Root": "index.ingest.discover",
    "scan": "index.ingest.discover",
    "Failures": "index.ingest.failures",
    "KeptFailure": "index.ingest.failures",
    "KEPT": "index.ingest.jobs",
    "Job": "index.ingest.jobs",
    "Jobs": "index.ingest.jobs",
    "RunningJob": "index.ingest.jobs",
    "sync": "index.ingest.synchronize",
    "Change": "index.ingest.watch",
    "Watch": "index.ingest.watch",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (as the module's attributes are)
    """Import a public name at its first use: a status needs no search index, which a sync does."""
    if name not in _HOMES:
        raise AttributeError(f"module 'index.ingest' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
