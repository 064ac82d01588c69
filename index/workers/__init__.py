"""Threads of a server that keep its library up to date: they run jobs, watch folders and compact caches."""

from index.workers.background import Background, every
from index.workers.writer import JobRunner

__all__ = ["Background", "JobRunner", "every"]
