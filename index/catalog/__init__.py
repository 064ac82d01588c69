"""The catalog: the SQL database that holds everything a library keeps."""

from index.catalog.backup import BackupReport, back_up, restore
from index.catalog.database import Catalog
from index.catalog.databases import CATALOG, address_of, database_at, insert_into, writing
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
from index.catalog.transfer import MovedCatalog, move_catalog, put_aside_catalog
from index.catalog.uploaders import bytes_by_uploader, uploaded_bytes, uploader_of

__all__ = [
    "CATALOG",
    "BackupReport",
    "Catalog",
    "CatalogReader",
    "Limits",
    "MovedCatalog",
    "Part",
    "address_of",
    "all_documents",
    "back_up",
    "bytes_by_uploader",
    "database_at",
    "documents_in",
    "hidden_collections",
    "insert_into",
    "kept",
    "kept_documents",
    "kept_owners",
    "kept_references",
    "kept_words",
    "move_catalog",
    "put_aside_catalog",
    "restore",
    "series_names",
    "uploaded_bytes",
    "uploader_of",
    "withdrawals",
    "writing",
]
