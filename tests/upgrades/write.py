"""Write the databases of a small home as SQL: ``python -m tests.upgrades.write``.

Run this once for each revision of the catalog and for each version of the other databases, before a later one
is added. The files of earlier revisions stay as they are.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from index.catalog.schema import HEAD
from index.embedding.encoder import open_encoder
from index.ingest.synchronize import sync
from index.library import Library
from rag.engine import QueryEngine
from tests.support.people import PASSWORD
from ui.accounts import ACCOUNTS, Accounts, Role, Scope
from ui.operations import AUDIT, Act, AuditLog

FOLDER = Path(__file__).parent
REPORT = "The night ferry to Harlamoor carried 412 passengers."
QUESTION = "How many passengers did the night ferry carry?"

CURRENT = {
    "catalog.sqlite": f"catalog-{HEAD}.sql",
    ACCOUNTS.file: f"accounts-{ACCOUNTS.version}.sql",
    AUDIT.file: f"audit-{AUDIT.version}.sql",
}
"""The file of SQL for the present form of each database."""


def make_home(home: Path) -> None:
    """Fill a home with a report, a kept answer, two users, a token and a record of the audit log."""
    reports = home.parent / "reports"
    reports.mkdir()
    (reports / "ferry.txt").write_text(REPORT, encoding="utf-8")
    with Library.open(home, open_encoder("all-MiniLM-L6-v2")) as library:
        sync(library, [reports])
        QueryEngine(library, keeps=True).ask(QUESTION)
    with closing(Accounts.open(home)) as accounts:
        accounts.users.add("ana", PASSWORD, Role.ADMINISTRATOR)
        accounts.tokens.add("dashboard", [Scope.READ], owner="ana")
        accounts.provided.add("bea", "https://login.example", "u-2")
    with closing(AuditLog(home)) as log:
        log.add(Act("user add", kind="command", who="root", target="ana"))


def sql_of(database: Path) -> str:
    """The content of a database as SQL, with the version that it keeps of itself."""
    with closing(sqlite3.connect(database)) as connection:
        [version] = connection.execute("PRAGMA user_version").fetchone()
        return "".join(f"{line}\n" for line in (*connection.iterdump(), f"PRAGMA user_version = {version};"))


def main() -> None:
    """Write the files of the present forms."""
    with TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        make_home(home)
        for database, name in CURRENT.items():
            # The folder that the library followed is not that of another machine.
            text = sql_of(home / database).replace(folder, "/srv")
            (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
