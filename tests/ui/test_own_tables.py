"""Tables beside the catalog, in a file of the home or in a schema of the catalog's database."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from index.catalog import back_up
from index.catalog.database import Catalog
from ui.errors import OwnTablesError
from ui.own_tables import OwnTables

NOTES = OwnTables("notes", sa.MetaData(), version=1)
notes = sa.Table(
    "notes",
    NOTES.tables,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("words", sa.Text),
    sqlite_autoincrement=True,
)
LATER = OwnTables("notes", sa.MetaData(), version=2)
notes.to_metadata(LATER.tables)
sa.Table("added", LATER.tables, sa.Column("name", sa.Text, primary_key=True))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def write(home: Path, words: str) -> int:
    """Add a note; return its number."""
    engine = NOTES.open(home)
    with engine.begin() as connection:
        added = connection.execute(sa.insert(notes).values(words=words)).inserted_primary_key
    engine.dispose()
    assert added is not None
    return int(added[0])


def read(home: Path, tables: OwnTables = NOTES) -> list[str]:
    engine = tables.open(home)
    with engine.connect() as connection:
        found = list(connection.scalars(sa.select(notes.c.words).order_by(notes.c.number)))
    engine.dispose()
    return found


def test_the_rows_are_there_when_they_are_opened_again(home: Path) -> None:
    assert not NOTES.may_have_rows(home)
    assert (write(home, "a ferry"), write(home, "a gate")) == (1, 2)
    assert read(home) == ["a ferry", "a gate"]
    assert NOTES.may_have_rows(home)


def test_a_later_version_adds_its_tables_and_the_earlier_program_then_refuses(home: Path) -> None:
    write(home, "a ferry")
    assert read(home, LATER) == ["a ferry"]
    engine = LATER.open(home)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM added")) == 0
    engine.dispose()
    with pytest.raises(OwnTablesError, match=r"a newer version of Footnoted wrote .*; install that"):
        NOTES.open(home)


@pytest.mark.sqlite
def test_only_its_owner_can_read_the_file(home: Path) -> None:
    write(home, "a ferry")
    assert {stat.S_IMODE(file.stat().st_mode) for file in home.iterdir()} == {0o600}


@pytest.mark.sqlite
def test_a_file_that_is_no_database_is_named(home: Path) -> None:
    home.mkdir()
    (home / NOTES.file).write_text("This is no database, but long enough for SQLite to look at it. " * 20)
    with pytest.raises(OwnTablesError, match=r"notes\.sqlite cannot be opened: file is not a database"):
        NOTES.open(home)


@pytest.mark.sqlite
def test_a_backup_of_the_library_has_none_of_them(home: Path, tmp_path: Path) -> None:
    write(home, "a ferry that nobody may know of")
    Catalog.open(home / "catalog.sqlite").close()
    back_up(home, tmp_path / "library.tar", ("uploads",))
    assert b"that nobody may know" not in (tmp_path / "library.tar").read_bytes()
