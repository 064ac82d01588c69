"""The catalog: the SQL database that holds everything a library keeps."""

from index.catalog.backup import CATALOG, BackupReport, back_up, restore
from index.catalog.database import Catalog
from index.catalog.limits import Limits, all_documents, documents_in, hidden_collections
from index.catalog.reader import CatalogReader, Part
from index.catalog.schema import (
    kept,
    kept_documents,
    kept_owners,
    kept_references,
    kept_words,
    series_names,
    withdrawals,
)
from index.catalog.uploaders import bytes_by_uploader, uploaded_bytes, uploader_of

__all__ = [
    "CATALOG",
    "BackupReport",
    "Catalog",
    "CatalogReader",
    "Limits",
    "Part",
    "all_documents",
    "back_up",
    "bytes_by_uploader",
    "documents_in",
    "hidden_collections",
    "kept",
    "kept_documents",
    "kept_owners",
    "kept_references",
    "kept_words",
    "restore",
    "series_names",
    "uploaded_bytes",
    "uploader_of",
    "withdrawals",
]
