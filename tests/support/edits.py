"""A report that a test edits."""

from __future__ import annotations

from index.library import Library
from index.records import DocumentRecord
from index.uploads import edit_document

GATE = "The council of Varda closed the third gate of the dam on Monday."
HEAD = "title: Its own title\npublisher: Itself\npublished: 2031-07-18"
REPORT = f"---\n{HEAD}\n---\n\n{GATE}\n\nIt stays closed.\n"


def edit(index: Library, document_id: int = 1, /, **edits: str) -> DocumentRecord:
    return edit_document(index, document_id, edits)
