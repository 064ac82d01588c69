"""The databases that a catalog can be in: a SQLite file in the home folder, or PostgreSQL.

The catalog's tables and queries are the same for both databases. This package holds all differences.
"""

from index.catalog.databases.addresses import (
    CATALOG,
    Database,
    address_of,
    begin_reading,
    database_at,
    database_of,
    insert_into,
    is_file,
    shown,
    writing,
)
from index.catalog.databases.functions import bytes_of, each_json, each_of, object_of

__all__ = [
    "CATALOG",
    "Database",
    "address_of",
    "begin_reading",
    "bytes_of",
    "database_at",
    "database_of",
    "each_json",
    "each_of",
    "insert_into",
    "is_file",
    "object_of",
    "shown",
    "writing",
]
