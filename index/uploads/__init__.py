"""Stores, deletes, restores and edits uploaded files."""

from index.uploads.editing import edit_document
from index.uploads.leftovers import sweep_uploads
from index.uploads.receiving import Sent, add_upload, is_uploaded, keep_upload, uploads_folder
from index.uploads.undo import Deletions

__all__ = [
    "Deletions",
    "Sent",
    "add_upload",
    "edit_document",
    "is_uploaded",
    "keep_upload",
    "sweep_uploads",
    "uploads_folder",
]
