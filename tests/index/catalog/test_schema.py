"""Migrating a database creates exactly the tables of the schema, either all or none."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from index.catalog import schema
from index.catalog.schema import HEAD, metadata, migrate
from index.errors import SchemaError

MIGRATIONS = Path(schema.__file__).parent / "migrations"


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


def test_migrating_again_changes_nothing(engine: sa.Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(schema.sources).values(folder="/reports"))
    migrate(engine)
    with engine.connect() as connection:
        assert connection.scalars(sa.select(schema.sources.c.folder)).all() == ["/reports"]


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


def upgrade(engine: sa.Engine, revision: str) -> None:
    run(engine, command.upgrade, revision)


def downgrade(engine: sa.Engine, revision: str) -> None:
    run(engine, command.downgrade, revision)


def run(engine: sa.Engine, move: Callable[[Config, str], None], revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        move(config, revision)


def test_a_migration_can_be_taken_back(engine: sa.Engine) -> None:
    migrate(engine)
    downgrade(engine, "base")
    assert tables(engine) == {"alembic_version"}


def test_a_catalog_without_owners_gets_them(engine: sa.Engine) -> None:
    """Its answers belong to nobody, names stay, and the documents of each answer are found in its text."""
    upgrade(engine, "0001")
    passages = [{"document_id": 7}, {"document_id": 8}, {"document_id": "9"}, "10"]
    searched = {"filters": {"document_ids": [11, 7]}}
    bodies = [
        {"passages": passages, "searched": searched},
        {"passages": [], "searched": None},
        ["no answer"],
        "broken",
    ]
    with engine.begin() as connection:
        for number, body in enumerate(bodies, 1):
            text = body if isinstance(body, str) else json.dumps(body)
            row = {"number": number, "id": f"a{number}", "series": "c", "created": "2031", "body": text}
            connection.execute(sa.insert(schema.kept).values(row))
        cited = {"number": 2, "document_id": 5, "version": 1}
        connection.execute(sa.insert(schema.kept_references).values(cited))
        connection.execute(sa.text("INSERT INTO series_names VALUES ('c', 'The Dam', 'the dam')"))
    migrate(engine)
    with engine.connect() as connection:
        shown = sa.select(schema.kept_documents.c.number, schema.kept_documents.c.document_id)
        found = [tuple(row) for row in connection.execute(shown.order_by("number", "document_id"))]
        assert found == [(1, 7), (1, 8), (1, 11), (2, 5)]
        assert connection.execute(sa.select(schema.kept_owners)).all() == []
        names = connection.execute(sa.select(schema.series_names)).all()
        assert [tuple(row) for row in names] == [("c", "", "The Dam", "the dam")]
    downgrade(engine, "0001")
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT * FROM series_names")).all() == [
            ("c", "The Dam", "the dam")
        ]


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


def test_processes_may_open_one_new_database_at_once(tmp_path: Path) -> None:
    code = (
        "import sys, alembic.command\n"
        "from pathlib import Path\n"
        "from index.catalog.database import Catalog\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
        "Catalog.open(Path(sys.argv[1])).close()\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "catalog.sqlite")],
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    errors = [process.communicate(timeout=60)[1] for process in started]
    assert errors == ["", "", ""]
