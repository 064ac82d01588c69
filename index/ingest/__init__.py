"""Adds folders of files to a library: lists, syncs and watches the folders, and runs this work as jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

if TYPE_CHECKING:
    from index.ingest.cluster import ClusterReader, open_cluster
    from index.ingest.discover import QUESTIONS, Failures, KeptFailure, Root, scan
    from index.ingest.jobs import KEPT, Count, Job, JobProgress, Jobs, RunningJob
    from index.ingest.synchronize import SyncReport, sync
    from index.ingest.watch import Change, Watch

__all__ = [
    "KEPT",
    "QUESTIONS",
    "Change",
    "ClusterReader",
    "Count",
    "Failures",
    "Job",
    "JobProgress",
    "Jobs",
    "KeptFailure",
    "Root",
    "RunningJob",
    "SyncReport",
    "Watch",
    "open_cluster",
    "scan",
    "sync",
]

__getattr__ = attributes(
    __name__,
    {
        "index.ingest.cluster": ("ClusterReader", "open_cluster"),
        "index.ingest.discover": ("Failures", "KeptFailure", "QUESTIONS", "Root", "scan"),
        "index.ingest.jobs": ("Count", "Job", "JobProgress", "Jobs", "KEPT", "RunningJob"),
        "index.ingest.synchronize": ("SyncReport", "sync"),
        "index.ingest.watch": ("Change", "Watch"),
    },
)
