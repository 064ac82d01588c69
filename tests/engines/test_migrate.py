"""``footnoted migrate`` moves a library to PostgreSQL and back; its searches find the same."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from index.embedding.encoder import Encoder
from index.library import Library
from tests.support.commands import fails, prints
from tests.support.postgresql import ON_SQLITE, Server
from ui.cli import operations as migrating
from ui.cli.app import main
from ui.settings import Settings

BESIDE = (("user", "list"), ("audit",))
"""The commands that list the accounts and the audit log."""

SEEDS = Path(__file__).parents[2] / "seeds"


@pytest.fixture(scope="module")
def saved(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with the seed reports in a SQLite file; a test works on a copy."""
    del server  # Without one, nothing is read.
    home = tmp_path_factory.mktemp("saved") / ON_SQLITE
    assert main(["sync", str(SEEDS), "--home", str(home), "--json"]) == 0
    return home


@pytest.fixture
def home(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / ON_SQLITE))


def test_a_library_moves_to_postgresql_and_back(
    home: Path, database_url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    question = ("search", "Who ordered the raids?", "--home", home)
    before = prints(capfd, *question)["results"]
    status = prints(capfd, "status", "--home", home)
    (home / "password").write_text("a long word for ana")
    for name in ("ana", "bo"):
        user = ("user", "add", name, "--password-file", home / "password", "--home", home)
        prints(capfd, *user)
    beside = [prints(capfd, *listed, "--home", home) for listed in BESIDE]
    assert [user["name"] for user in beside[0]["users"]] == ["ana", "bo"]
    assert [record["action"] for record in beside[1]["records"]] == ["user add", "user add", "sync"]
    moved = prints(capfd, "migrate", "--to", database_url, "--home", home)
    assert (moved["documents"], moved["passages"], moved["searches"]) == (7, 32, 20)
    files = {"catalog.sqlite", "accounts.sqlite", "audit.sqlite"}
    assert files <= {file.name for file in Path(moved["put_aside"]).iterdir()}
    assert not any((home / file).exists() for file in files), (
        "no program takes a former file for the library's"
    )

    moved_to = (
        f"the library of {home} was moved to {database_url}; set FOOTNOTED_DATABASE_URL to that address"
    )
    for command in (("status",), ("sync", SEEDS), ("user", "list"), ("search", "raids")):
        assert fails(capfd, 2, *command, "--home", home).startswith(moved_to)
    assert not any((home / file).exists() for file in files), "no empty library takes its place"
    monkeypatch.setenv("FOOTNOTED_DATABASE_URL", database_url)
    assert prints(capfd, *question)["results"] == before
    users, audit = (prints(capfd, *listed, "--home", home) for listed in BESIDE)
    assert users == beside[0]
    assert (audit["records"][0]["action"], audit["records"][1:]) == ("migrate", beside[1]["records"])
    shown = prints(capfd, "status", "--home", home)
    assert {key: shown[key] for key in ("documents", "passages", "generation", "folders", "jobs")} == {
        key: status[key] for key in ("documents", "passages", "generation", "folders", "jobs")
    }
    assert main(["sync", "--home", str(home), "--json"]) == 0
    capfd.readouterr()

    back = prints(capfd, "migrate", "--to", "home", "--home", home)
    assert (back["documents"], back["passages"], back["put_aside"]) == (7, 32, None)
    monkeypatch.delenv("FOOTNOTED_DATABASE_URL")
    assert prints(capfd, *question)["results"] == before
    users, audit = (prints(capfd, *listed, "--home", home) for listed in BESIDE)
    assert users == beside[0]
    assert [record["action"] for record in audit["records"]][:2] == ["migrate", "migrate"]
    assert audit["records"][2:] == beside[1]["records"]
    prints(capfd, "user", "add", "cy", "--password-file", home / "password", "--home", home)


@pytest.mark.parametrize("target", ["full", "same", "nonsense"])
def test_a_database_that_cannot_take_the_library_is_refused_and_the_library_stays(
    home: Path, database_url: str, target: str, saved: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if target == "full":
        assert main(["migrate", "--to", database_url, "--home", str(home)]) == 0
        home = Path(shutil.copytree(saved, home.with_name(f"{ON_SQLITE} other")))
    capfd.readouterr()
    to = {"full": database_url, "same": "home", "nonsense": "postgres"}[target]
    assert main(["migrate", "--to", to, "--home", str(home)]) == 1
    expected = {
        "full": "has a catalog with documents; name an empty database",
        "same": "is in {} already; name another database",
        "nonsense": "FOOTNOTED_DATABASE_URL or --to is not the address of a database; write postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME",
    }
    assert expected[target].format(home / "catalog.sqlite") in capfd.readouterr().err
    assert (home / "catalog.sqlite").is_file()


def test_a_library_that_a_server_of_another_home_uses_is_not_moved(
    home: Path, database_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], encoder: Encoder
) -> None:
    assert main(["migrate", "--to", database_url, "--home", str(home)]) == 0
    capfd.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOOTNOTED_DATABASE_URL", database_url)
        back = ("migrate", "--to", "home", "--home", home)
        with Library.open(tmp_path / "other", encoder, database_url=database_url) as other:
            other.search("raids")
            line = fails(capfd, 1, *back)
            assert re.match(r"other programs have \d connections to postgresql\+psycopg://", line)
            assert line.endswith("; stop all servers and commands that use it, then try again")
        assert not (home / "catalog.sqlite").exists()
        assert prints(capfd, *back)["documents"] == 7


def test_a_home_without_a_library_stays_empty(
    tmp_path: Path, database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / ON_SQLITE
    assert main(["migrate", "--to", database_url, "--home", str(home)]) == 2
    assert "there is no library in" in capfd.readouterr().err
    assert not home.exists()


def test_a_backup_that_cannot_be_restored_leaves_uploads_in_their_places(
    home: Path, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "uploads").mkdir()
    (home / "uploads" / "mine.txt").write_text("A report.")
    assert main(["backup", str(tmp_path / "library.tar"), "--home", str(home)]) == 0
    assert main(["migrate", "--to", database_url, "--home", str(home)]) == 0
    monkeypatch.setenv("FOOTNOTED_DATABASE_URL", database_url)
    restore = ["restore", str(tmp_path / "library.tar"), "--home", str(home)]
    with monkeypatch.context() as patch:
        patch.setattr("index.catalog.backup._digest", lambda connection, _: connection.dialect.name)
        assert main(restore) == 1
    assert (home / "uploads" / "mine.txt").read_text() == "A report."
    assert main(restore) == 0
    assert (home / "uploads" / "mine.txt").read_text() == "A report."
    [aside] = [folder for folder in home.glob("replaced-*") if (folder / "uploads").exists()]
    assert (aside / "catalog.sqlite").is_file()


def test_a_library_that_changes_while_it_moves_stays(
    home: Path,
    database_url: str,
    encoder: Encoder,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searched = migrating._searched

    def searching(settings: Settings) -> object:
        found = searched(settings)
        if settings.database:
            with Library.open(home, encoder) as library:
                library.replace([], removed=[1])
        return found

    monkeypatch.setattr(migrating, "_searched", searching)
    assert main(["migrate", "--to", database_url, "--home", str(home)]) == 1
    assert "the library has changed since it was copied to" in capfd.readouterr().err
    assert (home / "catalog.sqlite").is_file()


def test_a_database_with_people_is_refused_and_nothing_is_copied(
    home: Path, database_url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "password").write_text("a long word for ana")
    add = ("user", "add", "--password-file", home / "password", "--home", home)
    prints(capfd, *add, "ana")
    (home / "accounts.sqlite").rename(home / "aside")
    with monkeypatch.context() as patch:
        patch.setenv("FOOTNOTED_DATABASE_URL", database_url)
        prints(capfd, *add, "bo")
    (home / "aside").rename(home / "accounts.sqlite")
    refused = fails(capfd, 1, "migrate", "--to", database_url, "--home", home)
    assert "the schema footnoted_accounts of postgresql+psycopg://" in refused
    assert "has rows already (users); name an empty database" in refused
    assert [user["name"] for user in prints(capfd, "user", "list", "--home", home)["users"]] == ["ana"]
    assert (home / "catalog.sqlite").is_file()


def test_tokens_move_to_a_database_with_an_order_of_its_own(
    home: Path, server: Server, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("zoe", "Änne", "b-b", "bb"):
        prints(capfd, "token", "add", name, "--scope", "read", "--home", home)
    before = prints(capfd, "token", "list", "--home", home)
    address = server.create("LOCALE_PROVIDER icu ICU_LOCALE 'en-US'").render_as_string(hide_password=False)
    prints(capfd, "migrate", "--to", address, "--home", home)
    monkeypatch.setenv("FOOTNOTED_DATABASE_URL", address)
    assert prints(capfd, "token", "list", "--home", home) == before
    prints(capfd, "token", "add", "later", "--scope", "read", "--home", home)
