"""The README and the documentation name only commands, settings, routes, files and links that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from docs import settings_table
from tests.docs.pages import PAGES, ROOT, code, links
from ui.cli.app import app
from ui.settings import PREFIX, Settings

ELSEWHERE = {"FOOTNOTED_EVAL_DATA"}
"""Variables that no setting reads, because they are for the benchmarks."""

OTHER_OPTIONS = {"--passages", "--scopes", "--signed-in"}
"""Options of the benchmarks."""

WITH_RULES = (*PAGES, "CONTRIBUTING.md")

IN_THE_PROJECT = re.compile(r"(benchmarks|deploy|docs|index|rag|seeds|tests|ui)/[\w./-]*")

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def options(command: str) -> set[str]:
    """The options of a command, and of its parts if it has any."""
    parts = [COMMANDS[command], *getattr(COMMANDS[command], "commands", {}).values()]
    return {option for part in parts for parameter in part.params for option in parameter.opts}


def test_the_readme_can_be_read_in_five_minutes() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("page", WITH_RULES)
def test_the_commands_options_settings_files_and_links_that_a_page_names_are_there(page: str) -> None:
    named = code(page)
    text = (ROOT / page).read_text(encoding="utf-8")
    commands = [words.split() for words in named if words.startswith("footnoted ")]
    assert sorted({words[1] for words in commands} - {*COMMANDS, "COMMAND", "--help"}) == []
    assert [
        " ".join(words)
        for words in commands
        if words[1] in COMMANDS
        if not {word for word in words if word.startswith("--")} <= options(words[1])
    ] == []
    known_options = OTHER_OPTIONS.union(*map(options, COMMANDS))
    assert sorted({words.split()[0] for words in named if words.startswith("--")} - known_options) == []
    settings = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | ELSEWHERE
    assert sorted(set(re.findall(r"FOOTNOTED_[A-Z_]+", text)) - settings) == []
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {words.split()[1] for words in named if words.startswith("make ")} - made == set()
    files = [words for words in named if IN_THE_PROJECT.fullmatch(words)]
    assert [words for words in files if not (ROOT / words).exists()] == []
    inside = [link.partition("#")[0] for link in links(page) if not link.startswith(("http", "#"))]
    assert [link for link in inside if not ((ROOT / page).parent / link).is_file()] == []


def test_the_readme_leads_to_every_page() -> None:
    assert [page for page in PAGES[1:] if page not in links("README.md")] == []


def test_every_benchmark_that_a_page_names_is_there() -> None:
    named = [row for row in code("docs/benchmarks.md") if re.fullmatch(r"[a-z_]+", row)]
    assert [name for name in named if not (ROOT / "benchmarks" / f"{name}.py").is_file()] == []


def test_the_map_names_every_package_and_no_other() -> None:
    named = {words for words in code("docs/architecture.md") if re.fullmatch(r"(index|rag|ui)/\w+", words)}
    packages = {
        file.parent.relative_to(ROOT).as_posix()
        for package in ("index", "rag", "ui")
        for file in (ROOT / package).glob("*/__init__.py")
    }
    assert {name for name in named if (ROOT / name).is_dir()} == packages


def test_the_table_of_settings_is_up_to_date() -> None:
    text = settings_table.PAGE.read_text(encoding="utf-8")
    assert settings_table.page(text) == text, "make docs writes it"


def build(folder: Path, site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(site)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_site_is_built_and_fetches_nothing(tmp_path: Path) -> None:
    done = build(ROOT, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    built = sorted((tmp_path / "site").glob("*.html"))
    assert {page.stem for page in built} == {"404", *(Path(page).stem for page in PAGES[1:])}
    fetched = re.compile(r"""<(?:script|img|iframe|link)\b[^>]*?(?:src|href)="?(?:https?:)?//[^">]*""")
    assert [found for page in built for found in fetched.findall(page.read_text(encoding="utf-8"))] == []


@pytest.mark.slow
def test_a_site_with_a_broken_link_is_not_built(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Home\n\n[Gone](gone.md) [Lost](index.md#lost)\n")
    said = re.sub(r"(?ms)^nav:.*", "", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    (tmp_path / "mkdocs.yml").write_text(said)
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode == 1
    assert "Aborted with 2 warnings in strict mode!" in done.stdout + done.stderr
