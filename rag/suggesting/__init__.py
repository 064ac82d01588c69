"""Questions to ask after an answer."""

from rag.suggesting.suggestions import suggest

__all__ = ["suggest"]
