"""Every command and every block of code in the README does what it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from markdown_it import MarkdownIt

from benchmarks.writing import smollm2
from index.loaders import load
from index.loaders.sidecar import sidecar_of
from tests.support.processes import MODULE, ROOT, Served, environment, serving
from ui.settings import Settings

README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:7860"
LANGUAGES = {"bash", "json", "python", "yaml"}


def blocks() -> list[tuple[str, str]]:
    """The fenced blocks of the README in order: language and content."""
    return [(token.info, token.content) for token in MarkdownIt().parse(README) if token.type == "fence"]


def written_in(language: str, *, make: bool = False) -> list[str]:
    return [text for info, text in blocks() if info == language and text.startswith("make ") == make]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a reader stands: a folder with ``seeds/`` (an eighth of its questions) and the command."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    questions = folder / "seeds" / "questions.jsonl"
    questions.write_text("".join(questions.read_text().splitlines(keepends=True)[::8]))
    (folder / "bin").mkdir()
    command = folder / "bin" / "footnoted"
    command.write_text(f'#!/bin/sh\nexec {" ".join(MODULE)} "$@"\n')
    command.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def transcript(folder: Path) -> str:
    """What the commands of *Your own reports* print; they leave a library behind."""
    [commands] = [text for text in written_in("bash") if "footnoted status" in text]
    return execute(["bash", "-euxo", "pipefail", "-c", commands], folder)


@pytest.fixture(scope="module")
def served(folder: Path, transcript: str) -> Iterator[Served]:
    """A server of the library that the commands made."""
    assert transcript
    with serving(folder / "library") as server:
        yield server


def execute(command: list[str], folder: Path, **more: str) -> str:
    """The output of a command that must do well."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(PATH=f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", **more),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def holds(whole: Any, part: Any) -> bool:  # noqa: ANN401 (JSON)
    """Whether ``whole`` has all that ``part`` shows: keys of objects, the first items of lists."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and holds(whole[key], value) for key, value in part.items()
        )
    if isinstance(part, list):
        return len(whole) >= len(part) and all(map(holds, whole, part))
    return bool(whole == part)


def test_no_block_is_in_a_language_that_is_not_run_here() -> None:
    assert {info for info, _ in blocks()} == LANGUAGES


@pytest.mark.parametrize("command", written_in("bash", make=True))
def test_what_is_made_can_be_made(command: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", *command.split()[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_commands_index_ask_search_and_show_the_library(transcript: str) -> None:
    printed = " ".join(transcript.split())
    assert re.search(r"\d+ added, 0 changed, 0 removed, 0 unchanged in", printed)
    assert "More than a thousand suspects were arrested within three days" in printed
    assert "Why gate 3 failed" in printed
    assert re.search(r"0 added, 0 changed, 0 removed, \d+ unchanged in", printed)
    assert re.search(r"Server not running$", printed)


def test_the_library_is_evaluated_and_two_configurations_are_compared(folder: Path, transcript: str) -> None:
    assert transcript
    [commands] = [text for text in written_in("bash") if "footnoted eval" in text]
    home = folder / "library"
    printed = execute(["bash", "-euo", "pipefail", "-c", commands], folder, FOOTNOTED_HOME=str(home))
    library, comparison = printed.split("seeds: ")
    assert library.startswith("library: 9 questions over 7 documents\n")
    headings = re.findall(
        r"^(Retrieval|Selection|Abstention.*|Verification|Milliseconds) *$", library, re.MULTILINE
    )
    assert headings == [
        *["Retrieval", "Selection", "Abstention", "Abstention without the subject"],
        *["Verification", "Milliseconds"],
    ]
    assert re.search(r"^fused nDCG@10 +0\.\d{3} +0\.\d{3} ", comparison, re.MULTILINE)
    assert (home / "evaluation" / "reports" / "library" / "report.md").is_file()


def test_a_library_is_backed_up_and_put_back(folder: Path, transcript: str) -> None:
    assert "generation 1" in transcript
    [commands] = [text for text in written_in("bash") if "footnoted backup" in text]
    home = folder / "library"
    printed = execute(["bash", "-euo", "pipefail", "-c", commands], folder, FOOTNOTED_HOME=str(home))
    backed_up, put_back, aside, _, listed, confirmed = printed.splitlines()
    assert backed_up == put_back
    assert listed == f"  footnoted sync {folder / 'seeds'}"
    assert confirmed.startswith("0 added, 0 changed, 0 removed, 7 unchanged")
    assert re.match(r"library\.tar: \d documents, generation \d, [\d,]+ bytes$", backed_up)
    assert aside.startswith(f"The replaced library is in {home}/replaced-")


def test_an_answer_is_exported_and_verified(folder: Path, transcript: str) -> None:
    assert transcript
    [commands] = [text for text in written_in("bash") if "footnoted export" in text]
    home = folder / "library"
    printed = execute(["bash", "-euo", "pipefail", "-c", commands], folder, FOOTNOTED_HOME=str(home))
    written, *checked = printed.splitlines()
    assert re.fullmatch(r"answer\.docx: [\d,]+ bytes", written)
    assert re.fullmatch(r"answer\.docx: (\d) sentences, \1 footnotes: all hold", checked[-1])


def test_curl_adds_a_report_and_says_who_wrote_it(folder: Path, served: Served) -> None:
    [command] = [text for text in written_in("bash") if "-F file=@" in text]
    added = json.loads(execute(["bash", "-c", command.replace(ADDRESS, served.address)], folder))
    assert (added["path"], added["author"], added["origins"]["author"]) == (
        *("lorvenna-displacement-correction.md", "The correction desk", "upload"),
    )
    # The library is as the other tests expect it.
    gone = httpx.delete(f"{served.address}/v1/documents/{added['document_id']}", trust_env=False)
    assert gone.status_code == 204


def test_curl_starts_a_sync_and_lists_the_jobs(folder: Path, served: Served) -> None:
    [command] = [text for text in written_in("bash") if "/v1/index/sync" in text]
    printed = execute(["bash", "-c", command.replace(ADDRESS, served.address)], folder)
    started, end = json.JSONDecoder().raw_decode(printed)
    listed = json.loads(printed[end:])["jobs"]
    assert [job["kind"] for job in listed if job["id"] == started["job_id"]] == ["sync"]
    address = f"{served.address}/v1/jobs/{started['job_id']}"
    until = time.monotonic() + 60
    while (job := httpx.get(address, trust_env=False).json())["ended"] is None and time.monotonic() < until:
        time.sleep(0.05)
    assert (job["state"], job["result"]["added"], job["result"]["unchanged"]) == ("done", [], 7)


def test_a_sidecar_is_read_as_it_is_shown(tmp_path: Path) -> None:
    [said] = written_in("yaml")
    file = tmp_path / "report.txt"
    file.write_text("Gate 3 failed.")
    sidecar_of(file).write_text(said)
    found = load(file)
    assert (found.publisher, found.published, found.collection) == (
        *("Isken Water Authority", "2031-07-18", "Dams"),
    )


def test_curl_gets_the_answer_that_is_shown(folder: Path, served: Served) -> None:
    [command] = [text for text in written_in("bash") if "/v1/chat" in text]
    [shown] = written_in("json")
    assert ADDRESS in command
    answer = json.loads(execute(["bash", "-c", command.replace(ADDRESS, served.address)], folder))
    assert holds(answer, json.loads(shown))


def test_a_language_model_writes_the_answer_or_it_is_quoted(folder: Path, transcript: str) -> None:
    assert transcript
    [command] = [text for text in written_in("bash") if "FOOTNOTED_LLM=" in text]
    (folder / "model.gguf").symlink_to(smollm2())
    printed = " ".join(execute(["bash", "-euo", "pipefail", "-c", command], folder).split())
    # This model is too small to be held to an answer: what counts is that one comes, from it or in its place.
    assert re.search(r"Cambodia sweeps scam dens nationwide|No answer\. ", printed)


@pytest.mark.parametrize("number", range(len(written_in("python"))))
def test_the_python_examples_run_and_print_what_was_asked_for(
    folder: Path, served: Served, number: int
) -> None:
    code = written_in("python")[number].replace(ADDRESS, served.address)
    out = execute([sys.executable, "-c", code], folder)
    expected = [
        r"[01]\.\d\d Why gate 3 failed.*, page 1, from 0\n(.*, page .*, from \d+\n){2}",
        r".*More than a thousand suspects were arrested(.|\n)*",
        r"[01]\.\d+ lorvenna-maravel-dam-inquiry\.pdf \d+ \d+\n(.* \d+ \d+\n){2}",
        r".*More than a thousand suspects were arrested(.|\n)*\ncambodia-scam-raids\.md\n",
    ]
    assert re.fullmatch(expected[number], out)


def test_every_setting_is_in_the_table_with_its_default() -> None:
    rows = re.findall(r"^\| `FOOTNOTED_(\w+)` \| (\S*) ?\| (.*?) ?\|", README, re.MULTILINE)
    assert [name.lower() for name, _, _ in rows] == list(Settings.model_fields)
    defaults = {name.lower(): default.strip("`") for name, _, default in rows}
    assert defaults["host"] == Settings.model_fields["host"].default
    assert defaults["port"] == str(Settings.model_fields["port"].default)


def test_every_link_into_the_project_leads_somewhere() -> None:
    links = [
        child.attrGet("href")
        for token in MarkdownIt().parse(README)
        for child in token.children or []
        if child.type == "link_open"
    ]
    inside = [str(link) for link in links if not str(link).startswith("http")]
    assert inside == ["docs/security.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"]
    assert [link for link in inside if not (ROOT / link).is_file()] == []
