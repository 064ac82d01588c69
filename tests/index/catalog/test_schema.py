"""Migrating a database creates exactly the tables of the schema, either all or none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from index.catalog import back_up, restore, schema
from index.catalog.schema import HEAD, MIGRATIONS, metadata, migrate
from index.embedding.encoder import Encoder
from index.errors import SchemaError
from index.library import Library
from tests.support.reports import incoming


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = sa.create_engine(f"sqlite:///{tmp_path}/catalog.sqlite")
    yield made
    made.dispose()


def tables(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names()) - {"sqlite_sequence"}


def test_a_migrated_database_has_the_tables_that_the_code_knows(engine: sa.Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        written = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
        made: dict[str, str] = {name: sql for name, sql in written}  # noqa: C416 (rows are no pairs to mypy)
    assert tables(engine) == {"alembic_version", *metadata.tables}
    # The comparison ignores AUTOINCREMENT and ON DELETE.
    for name in ("documents", "chunks"):
        assert "AUTOINCREMENT" in made[name]
    for name in ("versions", "chunks"):
        assert "REFERENCES documents (id) ON DELETE CASCADE" in made[name]


def test_the_newest_migration_is_the_revision_that_the_code_names() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [HEAD]
    assert len(list(MIGRATIONS.glob("versions/*.py"))) == len(list(scripts.walk_revisions()))


def test_a_database_of_a_newer_program_is_refused_and_left_alone(engine: sa.Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    expected = (
        f"^the catalog has revision '9999', but this program supports only revisions up to '{HEAD}'; "
        "update footnoted, or choose another --home$"
    )
    with pytest.raises(SchemaError, match=expected):
        migrate(engine)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "9999"


LATER = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    op.add_column("documents", sa.Column("pinned", sa.Boolean, nullable=False, server_default=sa.false()))
"""


@pytest.mark.sqlite
def test_a_later_migration_opens_a_library_and_a_backup_of_the_first_and_the_first_program_then_refuses(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, saved = tmp_path / "home", tmp_path / "library.tar"
    query = "Which gate failed?"
    with Library.open(home, encoder) as library:
        library.replace(
            [incoming("The gate of Varda failed. Two held.", "dam.txt"), incoming("Shoes.", "b.txt")]
        )
        before = library.search(query, 3), library.catalog.documents(), library.catalog.generation()
    back_up(home, saved)

    later = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, later)
    (later / "versions" / "0002_pinned.py").write_text(LATER)
    with monkeypatch.context() as installed:
        installed.setattr(schema, "MIGRATIONS", later)
        installed.setattr(schema, "HEAD", "0002")
        with Library.open(home, encoder) as library:
            assert (
                library.search(query, 3),
                library.catalog.documents(),
                library.catalog.generation(),
            ) == before
            pinned = sa.text("SELECT pinned FROM documents")
            with library.catalog.engine.connect() as connection:
                assert connection.scalars(pinned).all() == [False, False]
        restore(tmp_path / "other", saved)
        with Library.open(tmp_path / "other", encoder) as library:
            assert [hit.text for hit in library.search(query, 3)] == [hit.text for hit in before[0]]

    with pytest.raises(SchemaError, match=r"^the catalog has revision '0002', but"):
        Library.open(home, encoder)


def test_a_migration_that_fails_half_way_leaves_nothing(engine: sa.Engine) -> None:
    def disk_full(_connection: sa.Connection, _cursor: object, statement: str, *_more: object) -> None:
        if "CREATE TABLE vectors" in statement:
            raise OSError(28, "No space left on device")

    sa.event.listen(engine, "before_cursor_execute", disk_full)
    with pytest.raises(OSError, match="No space left"):
        migrate(engine)
    assert tables(engine) == set()
    sa.event.remove(engine, "before_cursor_execute", disk_full)
    migrate(engine)
    assert tables(engine) == {"alembic_version", *metadata.tables}


def test_threads_may_open_one_new_database_at_once(tmp_path: Path) -> None:
    def open_and_migrate(_turn: int) -> set[str]:
        engine = sa.create_engine(f"sqlite:///{tmp_path}/catalog.sqlite", connect_args={"timeout": 30})
        try:
            migrate(engine)
            return tables(engine)
        finally:
            engine.dispose()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(open_and_migrate, range(6))) == [{"alembic_version", *metadata.tables}] * 6
