"""Reports that a test edits, in a folder that a library follows."""

from __future__ import annotations

from pathlib import Path

from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from index.records import DocumentRecord
from index.uploads import edit_document
from tests.support.reports import write

GATE = "The council of Varda closed the third gate of the dam on Monday."
HEAD = "title: Its own title\npublisher: Itself\npublished: 2031-07-18"
REPORT = f"---\n{HEAD}\n---\n\n{GATE}\n\nIt stays closed.\n"


def filed(index: Library, loading: Isolated, folder: Path) -> Path:
    """A followed folder with two reports, of which the first is document 1."""
    write(folder / "dams" / "gate.md", REPORT)
    write(folder / "water.txt", "Four villages have had no clean water since June.")
    sync(index, [folder], reader=loading)
    return folder


def edit(index: Library, document_id: int = 1, /, **edits: str) -> DocumentRecord:
    return edit_document(index, document_id, edits)


def note(folder: Path) -> Path:
    return folder / "dams" / "gate.md.meta.yaml"
