"""Adds folders of files to a library: lists, syncs and watches the folders, and runs this work as jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

if TYPE_CHECKING:
    from index.ingest.cluster import ClusterReader, open_cluster
    from index.ingest.discover import QUESTIONS, Failures, KeptFailure, Root, scan
    from index.ingest.jobs import KEPT, Job, JobProgress, Jobs, RunningJob
    from index.ingest.synchronize import Count, SyncReport, sync
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
        "ClusterReader": "index.ingest.cluster",
        "open_cluster": "index.ingest.cluster",
        "QUESTIONS": "index.ingest.discover",
        "Root": "index.ingest.discover",
        "scan": "index.ingest.discover",
        "Failures": "index.ingest.discover",
        "KeptFailure": "index.ingest.discover",
        "KEPT": "index.ingest.jobs",
        "Job": "index.ingest.jobs",
        "JobProgress": "index.ingest.jobs",
        "Jobs": "index.ingest.jobs",
        "RunningJob": "index.ingest.jobs",
        "SyncReport": "index.ingest.synchronize",
        "sync": "index.ingest.synchronize",
        "Change": "index.ingest.watch",
        "Watch": "index.ingest.watch",
        "Count": "index.ingest.synchronize",
    },
)
