"""The catalog: the SQL database that holds everything a library keeps."""

from index.catalog.backup import (
    BackupReport,
    MovedCatalog,
    back_up,
    check_empty,
    check_unused,
    copy_tables,
    move_catalog,
    put_aside_catalog,
    restore,
)
from index.catalog.database import Catalog
from index.catalog.databases import (
    CATALOG,
    address_of,
    bytes_of,
    database_at,
    database_of,
    insert_into,
    is_file,
    shown,
    writing,
)
from index.catalog.limits import CollectionViewers, all_documents, documents_in, hidden_collections
from index.catalog.reader import CatalogReader, Part
from index.catalog.schema import (
    TEXT,
    feedback,
    kept,
    kept_documents,
    kept_owners,
    kept_references,
    kept_words,
    series_names,
    withdrawals,
)
from index.catalog.writes import bytes_by_uploader, uploaded_bytes, uploader_of

__all__ = [
    "CATALOG",
    "TEXT",
    "BackupReport",
    "Catalog",
    "CatalogReader",
    "CollectionViewers",
    "MovedCatalog",
    "Part",
    "address_of",
    "all_documents",
    "back_up",
    "bytes_by_uploader",
    "bytes_of",
    "check_empty",
    "check_unused",
    "copy_tables",
    "database_at",
    "database_of",
    "documents_in",
    "feedback",
    "hidden_collections",
    "insert_into",
    "is_file",
    "kept",
    "kept_documents",
    "kept_owners",
    "kept_references",
    "kept_words",
    "move_catalog",
    "put_aside_catalog",
    "restore",
    "series_names",
    "shown",
    "uploaded_bytes",
    "uploader_of",
    "withdrawals",
    "writing",
]
