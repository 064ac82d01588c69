"""Questions to ask after an answer."""

from rag.suggesting.suggesting import suggest

__all__ = ["suggest"]
