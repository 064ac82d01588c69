"""``footnoted migrate`` moves a library to PostgreSQL and back; its searches find the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import prints
from tests.support.postgresql import ON_SQLITE
from ui.cli.app import main

SEEDS = Path(__file__).parents[2] / "seeds"


@pytest.fixture
def home(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """A library with the seed reports in a SQLite file."""
    home = tmp_path / ON_SQLITE
    assert main(["sync", str(SEEDS), "--home", str(home), "--json"]) == 0
    capfd.readouterr()
    return home


def test_a_library_moves_to_postgresql_and_back(
    home: Path, database_url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    question = ("search", "Who ordered the raids?", "--home", home)
    before = prints(capfd, *question)["results"]
    status = prints(capfd, "status", "--home", home)
    moved = prints(capfd, "migrate", "--to", database_url, "--home", home)
    assert (moved["documents"], moved["passages"], moved["searches"]) == (7, 32, 20)
    assert Path(moved["put_aside"], "catalog.sqlite").is_file()
    assert not (home / "catalog.sqlite").exists(), "no program takes the former file for the library's"

    monkeypatch.setenv("FOOTNOTED_DATABASE_URL", database_url)
    assert prints(capfd, *question)["results"] == before
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


@pytest.mark.parametrize("target", ["full", "same", "nonsense"])
def test_a_database_that_cannot_take_the_library_is_refused_and_the_library_stays(
    home: Path, database_url: str, target: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if target == "full":
        assert main(["migrate", "--to", database_url, "--home", str(home)]) == 0
        home = tmp_path / f"{ON_SQLITE} other"
        assert main(["sync", str(SEEDS), "--home", str(home), "--json"]) == 0
    capfd.readouterr()
    to = {"full": database_url, "same": "home", "nonsense": "postgres"}[target]
    assert main(["migrate", "--to", to, "--home", str(home)]) == 1
    expected = {
        "full": "has a catalog with documents; name an empty database",
        "same": "is in {} already; name another database",
        "nonsense": "is no address of a database; write postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME",
    }
    assert expected[target].format(home / "catalog.sqlite") in capfd.readouterr().err
    assert (home / "catalog.sqlite").is_file()


def test_a_home_without_a_library_stays_empty(
    tmp_path: Path, database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / ON_SQLITE
    assert main(["migrate", "--to", database_url, "--home", str(home)]) == 2
    assert "there is no library in" in capfd.readouterr().err
    assert not home.exists()
