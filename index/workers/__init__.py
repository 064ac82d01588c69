"""Threads that keep a served library up to date: the writer, the watch, and maintenance."""

from index.workers.background import Background, every
from index.workers.writer import Writer

__all__ = ["Background", "Writer", "every"]
