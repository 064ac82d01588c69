"""The migrations make just the tables that the code knows, wholly or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from index.catalog import schema
from index.catalog.database import Catalog
from index.catalog.schema import HEAD, metadata, migrate
from index.errors import SchemaError
from index.ingest.jobs import Jobs
from rag.conversations.store import AnswerStore
from tests.support.migrating import MIGRATIONS, to_revision
from tests.support.reports import version


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
    # What the comparison passes over: that a number is never given twice, and what goes with a document.
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
        f"^the catalog is of revision '9999', this program knows revisions up to '{HEAD}'; "
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


def test_a_migration_can_be_taken_back(engine: sa.Engine) -> None:
    from alembic import command
    from alembic.config import Config

    migrate(engine)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert tables(engine) == {"alembic_version"}


def test_what_an_older_program_wrote_is_kept_and_has_no_structure(engine: sa.Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            sa.text("INSERT INTO documents VALUES (7, '/r', 'a.txt', 1, 3, 4)"),
        )
        connection.execute(
            sa.text(
                "INSERT INTO versions (document_id, version, digest, added, kind, title, language, "
                "page_starts, characters, passages, text) "
                "VALUES (7, 1, 'd', '2031-01-01', 'text', 'T', 'en', '[]', 6, 0, 'Words.')"
            )
        )
    migrate(engine)
    with engine.connect() as connection:
        row = connection.execute(sa.select(schema.versions)).one()
    assert (row.text, row.author, row.origins, row.sections, row.mended, row.unread_pages) == (
        "Words.",
        None,
        {},
        [],
        [],
        [],
    )


def test_what_an_older_program_wrote_is_in_the_collection_of_its_first_folder(engine: sa.Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    paths = ["a.txt", "nested/b.txt", "nested/deeper/c.txt", "ö r/d.txt", f"{'x' * 255}/e.txt"]
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for number, path in enumerate(paths, 1):
            connection.execute(
                sa.text("INSERT INTO documents VALUES (:number, '/r', :path, 2, 3, 4)"),
                {"number": number, "path": path},
            )
            for version in (1, 2):
                connection.execute(
                    sa.text(
                        "INSERT INTO versions (document_id, version, digest, added, kind, title, language, "
                        "page_starts, characters, passages, text) "
                        "VALUES (:number, :version, 'd', '2031-01-01', 'text', 'T', 'en', '[]', 6, 0, 'A.')"
                    ),
                    {"number": number, "version": version},
                )
    migrate(engine)
    with engine.connect() as connection:
        found = connection.scalars(
            sa.select(schema.versions.c.collection).order_by(
                schema.versions.c.document_id, schema.versions.c.version
            )
        ).all()
    assert found == [
        collection for collection in (None, "nested", "nested", "ö r", "x" * 200) for _ in range(2)
    ]


def test_a_library_from_before_answers_were_kept_has_all_that_it_had(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    path = tmp_path / "catalog.sqlite"
    catalog = Catalog.open(path)
    catalog.put_vectors({"vector of First words.": np.ones(3, np.float32)})
    catalog.commit([version("First words.")])
    Jobs(catalog.engine).create("sync")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with catalog.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0007")
    before = rows(catalog.engine)
    assert (len(before["versions"]), len(before["chunks"]), len(before["jobs"])) == (1, 1, 1)
    catalog.close()
    again = Catalog.open(path)
    empty = (
        *("details", "failures", "kept", "kept_words", "kept_references", "series_names", "withdrawals"),
    )
    assert rows(again.engine) == {**before, "alembic_version": [(HEAD,)], **{name: [] for name in empty}}
    again.close()


def test_what_was_kept_before_is_found_by_its_words_and_by_what_it_cites(engine: sa.Engine) -> None:
    """More texts than are read at once, and among them some that no answer was written like."""
    cited = [{"document_id": 7, "version": 2, "id": number} for number in (1, 2)]
    cited += [{"document_id": 3, "version": 1}, {"document_id": "9", "version": 1}, {"document_id": 2**70}]
    bodies = [json.dumps({"question": f"Đập {number}?", "text": "LŨ lụt."}) for number in range(1, 401)]
    bodies += [
        json.dumps({"question": "Why\ud800?", "text": "Rain.", "citations": [*cited, None]}),
        '{"question": 7, "citations": {}}',
        "[1]",
        "{",
        "[" * 100_000,
    ]
    to_revision(engine, "0008")
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO kept (id, series, created, body) VALUES (:id, 's', '2031', :body)"),
            [{"id": f"{number}", "body": body} for number, body in enumerate(bodies, 1)],
        )
    migrate(engine)
    found = rows(engine)
    assert found["kept_words"] == [
        *((number, f"Đập {number}?", f"dap {number}? lu lut.") for number in range(1, 401)),
        (401, "Why??", "why?? rain."),
        *((number, "", "") for number in range(402, 406)),
    ]
    assert found["kept_references"] == [(401, 3, 1), (401, 7, 2)]
    assert (found["series_names"], found["withdrawals"]) == ([], [])
    assert [body for *_, body in found["kept"]] == bodies, "word by word as it was"


def test_what_was_withdrawn_is_in_its_series_again_for_an_older_program(tmp_path: Path) -> None:
    catalog = Catalog.open(tmp_path / "catalog.sqlite")
    kept = AnswerStore(catalog.engine)
    for number in range(3):
        kept.put(f"{number}", "s", "2031", f"text {number}", replaces="1" if number == 2 else None)
    assert kept.conversation("s") == ["text 0", "text 2"]
    to_revision(catalog.engine, "0008")
    with catalog.engine.connect() as connection:
        assert connection.scalars(sa.text("SELECT series FROM kept")).all() == ["s"] * 3
    catalog.close()


def test_a_library_from_before_details_follows_its_folders_and_reads_its_sidecars(engine: sa.Engine) -> None:
    to_revision(engine, "0009")
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO sources VALUES ('/reports')"))
        connection.execute(sa.text("INSERT INTO documents VALUES (7, '/home/uploads', 'a.txt', 1, 3, 4)"))
        connection.execute(
            sa.text(
                "INSERT INTO versions (document_id, version, digest, added, kind, title, language, "
                "page_starts, characters, passages, text, origins) VALUES (7, 1, 'd', '2031-01-01', 'text', "
                "'upload', 'en', '[]', 6, 0, 'Words.', :origins)"
            ),
            {"origins": json.dumps({"title": "upload", "published": "page", "author": "upload"})},
        )
    migrate(engine)
    with engine.connect() as connection:
        row = connection.execute(sa.select(schema.versions)).one()
        followed = connection.execute(sa.select(schema.sources)).all()
    assert row.origins == {"title": "sidecar", "published": "page", "author": "sidecar"}
    assert (row.title, followed) == ("upload", [("/reports", True)])


def rows(engine: sa.Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(sa.text(f"SELECT * FROM {name}"))]  # noqa: S608
            for name in sorted(tables(engine))
        }


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
