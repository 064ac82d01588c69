"""Databases that an earlier version wrote are opened, migrated, and give back what they held."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from index.catalog import schema
from index.catalog.database import Catalog
from index.embedding.encoder import open_encoder
from index.library import Library
from rag.conversations.answers import load
from rag.engine import QueryEngine
from tests.support.people import PASSWORD
from tests.support.processes import ROOT
from tests.upgrades.write import CURRENT, FOLDER, QUESTION, REPORT
from ui.accounts import Accounts, Person, Role, Scope
from ui.operations import AuditLog

CATALOGS, ACCOUNTS, AUDITS = (
    sorted(FOLDER.glob(f"{name}-*.sql")) for name in ("catalog", "accounts", "audit")
)


def home_of(tmp_path: Path, dump: Path) -> Path:
    """A home with the database of a file of SQL."""
    database = tmp_path / f"{dump.stem.partition('-')[0]}.sqlite"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    return tmp_path


def named(file: Path) -> str:
    return file.stem


def test_each_form_of_a_database_has_its_file() -> None:
    versions = (ROOT / "index" / "catalog" / "migrations" / "versions").glob("*.py")
    needed = {f"catalog-{file.stem.partition('_')[0]}.sql" for file in versions} | set(CURRENT.values())
    missing = sorted(needed - {file.name for file in FOLDER.glob("*.sql")})
    assert missing == [], "python -m tests.upgrades.write writes them"


@pytest.mark.parametrize("dump", CATALOGS, ids=named)
def test_a_library_of_each_revision_answers_as_before(tmp_path: Path, dump: Path) -> None:
    home = home_of(tmp_path, dump)
    with Library.open(home, open_encoder("all-MiniLM-L6-v2")) as library:
        [record] = library.catalog.documents()
        assert (record.path, record.version, library.catalog.generation()) == ("ferry.txt", 1, 1)
        assert library.catalog.text(record.document_id).text == REPORT
        assert library.recipe.encoder == library.encoder.key
        [citation] = QueryEngine(library).ask(QUESTION).citations
        assert (citation.quote, citation.document_id) == (REPORT, record.document_id)
        with library.catalog.engine.connect() as connection:
            [body] = connection.exec_driver_sql("SELECT body FROM kept").scalars()
        kept = load(body)
        assert (kept.question, kept.citations[0].quote) == (QUESTION, REPORT)


@pytest.mark.parametrize("dump", CATALOGS, ids=named)
def test_a_catalog_of_each_revision_gets_the_tables_of_today(tmp_path: Path, dump: Path) -> None:
    with (
        closing(Catalog.open(home_of(tmp_path, dump) / "catalog.sqlite")) as catalog,
        catalog.engine.connect() as connection,
    ):
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
        assert context.get_current_revision() == schema.HEAD
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


@pytest.mark.parametrize("dump", ACCOUNTS, ids=named)
def test_the_accounts_of_each_version_let_people_and_programs_in(tmp_path: Path, dump: Path) -> None:
    with closing(Accounts.open(home_of(tmp_path, dump))) as accounts:
        ana = accounts.users.verified("ana", PASSWORD)
        assert ana is not None
        assert ana.role is Role.ADMINISTRATOR
        assert accounts.sessions.find(accounts.sessions.start(ana.user_id)) is not None
        [token] = accounts.tokens.all()
        assert (token.name, token.owner, token.scopes) == ("dashboard", "ana", (Scope.READ,))
        person = Person("https://login.example", "u-2", "bea")
        assert accounts.provided.admitted(person, admits_all=True).name == "bea"
        assert accounts.users.verified("ana", PASSWORD) == ana


@pytest.mark.parametrize("dump", AUDITS, ids=named)
def test_the_audit_log_of_each_version_is_continued(tmp_path: Path, dump: Path) -> None:
    with closing(AuditLog(home_of(tmp_path, dump))) as log:
        [record] = log.records(10)
        assert (record.number, record.action, record.target) == (1, "user add", "ana")
