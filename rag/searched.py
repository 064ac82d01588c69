"""What an answer was looked for in: how many documents, and what narrowed them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.records import Filters

if TYPE_CHECKING:
    from index.library import Snapshot

NAMED = 3
"""Of documents that are chosen one by one, as many are named."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What was searched for an answer.

    Attributes:
        documents: how many documents could have been found.
        filters: what narrowed them.
        titles: the titles of the first of the documents that the filters name by their numbers, three at
            most; those that are not in the library are passed over.
    """

    documents: int
    filters: Filters
    titles: tuple[str, ...] = ()


def searched(index: Snapshot, filters: Filters) -> Searched:
    """What a search with ``filters`` searches."""
    records = {record.document_id: record for record in index.reader.records(filters.document_ids)}
    known = [records[number].title for number in filters.document_ids if number in records]
    return Searched(index.reader.count_documents(filters), filters, tuple(known[:NAMED]))
