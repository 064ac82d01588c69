"""The command: usage, questions, status, errors as one line each, and which packages a command loads."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from index.embedding.encoder import Encoder
from index.library import Library
from rag.engine import QueryEngine
from tests.support.commands import QUESTION, fails, prints
from tests.support.processes import MODULE, ROOT, environment, mapping_of_lines, run_script
from ui.cli.app import main

SEEDS = ROOT / "seeds"
COMMANDS = ("export", "verify", "sync", "ask", "search", "serve", "eval", "status")

SLOW = frozenset(
    {
        *("onnxruntime", "torch", "transformers", "sentence_transformers", "sklearn", "scipy", "pandas"),
        *("huggingface_hub", "faiss", "tantivy", "llama_index", "gradio", "fastapi", "uvicorn", "httpx"),
        *("matplotlib", "alembic", "symspellpy", "babel", "sqlalchemy", "pydantic_settings"),
        *("psycopg", "pymilvus", "grpc", "sympy", "sentencex"),
    }
)
"""Packages that take long to import."""

STORED = {"pydantic_settings", "sqlalchemy"}
"""Those that read the settings and the catalog."""

FINDING = {*STORED, "onnxruntime", "faiss", "sentencex", "tantivy"}


# Imports


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["--help"], set()),
        (["status"], STORED),
        (["search", QUESTION], FINDING),
        (["ask", QUESTION], {*FINDING, "symspellpy", "babel"}),
        *(
            pytest.param([command, "--help"], set(), marks=pytest.mark.slow, id=f"{command} --help")
            for command in COMMANDS
        ),
    ],
    ids=lambda given: given[0] if isinstance(given, list) else "",
)
def test_a_command_loads_what_it_uses(arguments: list[str], needed: set[str], home: Path) -> None:
    code = (
        "import json, sys; from ui.cli.app import main; code = main(sys.argv[1:]); "
        "print(json.dumps([code, [name for name in sys.modules if '.' not in name]]), file=sys.stderr)"
    )
    at = [] if "--help" in arguments else ["--home", str(home)]
    done = run_script(code, *arguments, *at)
    exit_code, modules = json.loads(done.stderr.splitlines()[-1])
    assert (exit_code, set(modules) & SLOW) == (0, needed)
    if arguments == ["--help"]:
        named = [name for name in COMMANDS if re.search(rf"^│ {name} ", done.stdout, re.MULTILINE)]
        assert named == list(COMMANDS)


# Usage


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["frobnicate"], "No such command 'frobnicate'; see footnoted --help"),
        (["stats"], "No such command 'stats'. Did you mean 'status'?; see footnoted --help"),
        (["ask"], "Missing argument 'QUESTION'; see footnoted --help"),
        (["ask", "  "], "the question is empty; write what you want to know"),
        (["search", ""], "the query is empty; write what you want to know"),
        (["status", "--hom", "x"], "No such option: --hom (Possible options: --home); see footnoted --help"),
        (
            ["serve", "--port", "70000"],
            "--port is '70000'; it must be a whole number from 0 (any free port) to 65535",
        ),
        (["model", "--home", "x", "clear"], "--home and --json belong after the word clear; move them there"),
        (
            ["ask", "And in May?", "--conversation", "a b"],
            "--conversation is 'a b'; give a conversation_id that “footnoted ask --json” prints",
        ),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    capfd: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    assert fails(capfd, 2, *arguments) == line


def test_no_command_shows_the_help(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    out, err = capfd.readouterr()
    assert out.split()[:3] == ["Usage:", "footnoted", "[OPTIONS]"]
    assert err == ""


def test_an_over_long_question_is_wrong_usage(capfd: pytest.CaptureFixture[str], home: Path) -> None:
    line = fails(capfd, 2, "ask", "why " * 600, "--home", home)
    assert line.startswith("the question has 2,399 characters, more than the 2,000 that can be read;")


def test_a_wrong_setting_is_one_line_and_exit_code_2(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "footnoted.toml").write_text("prot = 8000")
    line = fails(capfd, 2, "status", "--home", tmp_path)
    assert line == f"{tmp_path}/footnoted.toml: unknown setting prot = 8000; did you mean port?"


# ask and search


def test_ask_prints_the_answer_of_the_contract(
    capfd: pytest.CaptureFixture[str], home: Path, encoder: Encoder
) -> None:
    answer = prints(capfd, "ask", QUESTION, "--home", home)
    with Library.open(home, encoder) as index:
        expected = json.loads(json.dumps(QueryEngine(index).ask(QUESTION).as_dict()))
        texts = {
            citation["document_id"]: index.catalog.text(citation["document_id"]).text
            for citation in answer["citations"]
        }
    for changing in ("answer_id", "conversation_id", "created", "timings"):
        answer.pop(changing)
        expected.pop(changing)
    assert answer == expected
    assert "thousand" in answer["citations"][0]["quote"]
    for citation in answer["citations"]:
        assert citation["quote"] == texts[citation["document_id"]][citation["start"] : citation["end"]]


@pytest.mark.parametrize(
    ("question", "begins", "has"),
    [
        (
            QUESTION,
            "More than a thousand suspects were arrested within three days",
            " [1] Cambodia sweeps scam dens nationwide",
        ),
        ("What is the rainfall of Cambodia?", "No answer. ", " Nearest passage: "),
    ],
)
def test_ask_sets_an_answer_with_its_footnotes_or_why_there_is_none_for_a_person(
    capfd: pytest.CaptureFixture[str], home: Path, question: str, begins: str, has: str
) -> None:
    assert main(["ask", question, "--home", str(home)]) == 0
    out, err = capfd.readouterr()
    words = " ".join(out.split())
    assert (err, begins in words, has in words) == ("", True, True)
    assert words.index(begins) < words.index(has)


def test_a_new_home_has_no_answer_and_says_so(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    answer = prints(capfd, "ask", QUESTION, "--home", tmp_path / "home")
    assert (answer["abstained"], answer["cause"], answer["passages"]) == (True, "empty_library", [])
    assert prints(capfd, "search", "dam", "--home", tmp_path / "home")["results"] == []


def test_search_prints_the_search_response_best_first_and_no_more_than_asked(
    capfd: pytest.CaptureFixture[str], home: Path
) -> None:
    response = prints(capfd, "search", "sluice gate of the Maravel Dam", "--limit", "3", "--home", home)
    assert set(response) == {"query", "results", "took_ms", "generation"}
    assert (response["query"], response["generation"]) == ("sluice gate of the Maravel Dam", 1)
    scores = [result["score"] for result in response["results"]]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert response["results"][0]["title"].startswith("Why gate 3 failed")


# status


def test_status_of_a_new_home_says_that_it_is_empty_and_makes_nothing(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    status = prints(capfd, "status", "--home", home)
    assert (status.pop("home"), status.pop("exists"), status.pop("sizes")) == (str(home), False, {"total": 0})
    assert [status.pop(name) for name in ("generation", "documents", "passages")] == [0, 0, 0]
    assert [status.pop(name) for name in ("model", "index", "server")] == [None] * 3
    assert status == {"folders": [], "unconfirmed": [], "failed": [], "jobs": []}
    assert main(["status", "--home", str(home)]) == 0
    lines = mapping_of_lines(capfd.readouterr().out)
    assert lines["Library"] == "empty; fill it with: footnoted sync FOLDER"
    assert not home.exists()


def test_status_counts_what_the_home_holds_and_shows_how_the_last_job_came_out(
    capfd: pytest.CaptureFixture[str], home: Path
) -> None:
    status = prints(capfd, "status", "--home", home)
    assert (status["documents"], status["generation"], status["folders"]) == (7, 1, [str(SEEDS)])
    assert status["model"] == "bge-small-en-v1.5@68807e3ff2abb83c"
    sizes = dict(status["sizes"])
    assert sizes.pop("total") == sum(sizes.values())
    assert sizes["catalog.sqlite"] == (home / "catalog.sqlite").stat().st_size
    [job] = status["jobs"]
    assert (job["kind"], job["state"], len(job["result"]["added"])) == ("sync", "done", 7)
    assert main(["status", "--home", str(home)]) == 0
    lines = mapping_of_lines(capfd.readouterr().out)
    assert lines["Library"] == f"7 documents, {status['passages']} passages"
    assert lines["Server"] == "not running"
    assert lines[f"Job {job['id'][:8]}"].startswith("sync done, 7 added; 20")


# Errors


@pytest.mark.slow_cases
@pytest.mark.parametrize("command", [("status",), ("ask", QUESTION), ("search", QUESTION), ("sync",)])
def test_a_damaged_catalog_is_one_line(
    capfd: pytest.CaptureFixture[str], own_home: Path, command: tuple[str, ...]
) -> None:
    (own_home / "catalog.sqlite").write_bytes(b"this is no database" * 1000)
    line = fails(capfd, 1, *command, "--home", own_home)
    assert line.startswith(
        f"the catalog {own_home}/catalog.sqlite cannot be opened: file is not a database; "
    )


def test_a_catalog_without_its_tables_is_one_line(capfd: pytest.CaptureFixture[str], own_home: Path) -> None:
    with sqlite3.connect(own_home / "catalog.sqlite") as database:
        database.execute("DROP TABLE chunks")
    line = fails(capfd, 1, "search", QUESTION, "--home", own_home)
    assert line == (
        "OperationalError: no such table: chunks; if it repeats, restore a backup with "
        "`footnoted restore FILE`, or sync into a new --home"
    )


def test_caches_that_are_gone_are_made_again(capfd: pytest.CaptureFixture[str], own_home: Path) -> None:
    before = prints(capfd, "search", QUESTION, "--home", own_home)["results"]
    shutil.rmtree(own_home / "caches")
    assert prints(capfd, "search", QUESTION, "--home", own_home)["results"] == before


def test_a_model_that_is_not_there_is_one_line(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FOOTNOTED_MODEL", str(tmp_path / "no-model"))
    line = fails(capfd, 1, "search", QUESTION, "--home", tmp_path / "home")
    assert line.startswith(f"model '{tmp_path}/no-model' cannot be loaded: ")


def test_output_that_nobody_reads_on_ends_quietly(home: Path) -> None:
    with subprocess.Popen(
        [*MODULE, "status", "--home", str(home)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_a_mistake_of_the_program_is_one_line_and_its_traceback_is_kept(tmp_path: Path) -> None:
    code = (
        "import sys, tempfile; from ui.cli import app; app.read_status = lambda settings: 1 + '';"
        " tempfile.tempdir = sys.argv[1]; sys.exit(app.main(['status', '--home', sys.argv[1]]))"
    )
    done = run_script(code, tmp_path)
    [log] = tmp_path.glob("footnoted-*.log")
    assert done.returncode == 1
    assert done.stderr == (
        "footnoted: unexpected TypeError: unsupported operand type(s) for +: 'int' and 'str'; "
        f"please report it with the file {log}\n"
    )
    assert log.read_text().startswith("Traceback (most recent call last):")
