"""A catalog is copied whole to another database; what differs or is in the way is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.stub_encoder import StubEncoder
from index.catalog.backup import copy_tables
from index.catalog.database import Catalog
from index.catalog.schema import chunks, documents, metadata
from index.errors import CatalogError
from index.library import Library
from rag.conversations.store import AnswerStore
from tests.support.reports import incoming

Opened = Callable[[str], Catalog]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens the catalog with a name."""
    with ExitStack() as stack:

        def opening(name: str) -> Catalog:
            catalog = Catalog.open(tmp_path / f"{name}.sqlite")
            stack.callback(catalog.close)
            return catalog

        yield opening


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Catalog]:
    """A catalog with documents, one of which was removed and one changed, details, and a stored answer."""
    with Library.open(tmp_path / "home", StubEncoder()) as library:
        library.catalog.follow(["/reports"])
        library.replace([incoming(f"Gate {number}.", f"{number}.txt") for number in range(3)])
        library.replace([incoming("Gate 1 is shut. It stays shut.", "1.txt", published="2031-05-14")])
        library.replace([], removed=[3])
        AnswerStore(library.catalog).put("a", "c", "2031-05-15T00:00:00Z", '{"text": "zero \\u0000"}')
        yield library.catalog


def rows(catalog: Catalog) -> dict[str, list[tuple[object, ...]]]:
    """All rows of a catalog, by table."""
    with catalog.engine.connect() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }


def test_a_copy_has_all_rows_and_replaces_those_that_were_there(filled: Catalog, opened: Opened) -> None:
    copy = opened("copy")
    copy.follow(["/elsewhere"])
    counts = copy_tables(metadata, filled.engine, copy.engine)
    assert rows(copy) == rows(filled)
    assert counts == {name: len(its) for name, its in rows(filled).items()}
    assert (counts["documents"], counts["versions"], counts["kept"]) == (2, 3, 1)


def test_ids_go_on_where_the_source_has_stopped(filled: Catalog, opened: Opened) -> None:
    """The id of the removed document is not given again, nor are the ids of its passages."""
    copy = opened("copy")
    copy_tables(metadata, filled.engine, copy.engine)
    ids: list[tuple[int, int]] = []
    for catalog in (filled, copy):
        catalog.put_vectors({})
        with catalog.engine.begin() as connection:
            place = {"source": "/r", "path": "new.txt", "version": 1, "size": 1, "mtime_ns": 1}
            key = connection.execute(sa.insert(documents).values(place)).inserted_primary_key
            assert key is not None
            passage = {
                "document_id": key[0],
                "start": 0,
                "end": 1,
                "sentences": [],
                "vector": "v",
                "build": 1,
            }
            number = connection.execute(sa.insert(chunks).values(passage)).inserted_primary_key
            assert number is not None
            ids.append((key[0], number[0]))
    assert ids[0] == ids[1]
    assert ids[0][0] == 4


@pytest.mark.sqlite
def test_a_copy_that_differs_is_refused_and_leaves_the_target_as_it_was(
    filled: Catalog, opened: Opened, tmp_path: Path
) -> None:
    copy = opened("copy")
    copy.follow(["/elsewhere"])
    with copy.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER wrong AFTER INSERT ON documents BEGIN UPDATE documents SET size = size + 1; END"
        )
    before = rows(copy)
    with pytest.raises(CatalogError) as caught:
        copy_tables(metadata, filled.engine, copy.engine)
    assert str(caught.value) == (
        f"the table documents of {tmp_path}/copy.sqlite differs from the one that was copied; nothing is "
        "changed there: try again, and report this error if it repeats"
    )
    assert rows(copy) == before
