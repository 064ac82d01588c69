"""Folders of files in: discovery, sync, watching, and the jobs that do it."""

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
