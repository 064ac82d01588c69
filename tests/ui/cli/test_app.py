"""The command prints results for people and programs, sets its exit code, and loads no slow package early."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from index.embedding.encoder import Encoder
from index.library import Library
from rag.engine import QueryEngine
from tests.support.commands import QUESTION, fails, prints
from tests.support.processes import ROOT, mapping_of_lines, on_terminal, run, run_script
from ui.cli.app import main

SEEDS = ROOT / "seeds"
UNANSWERABLE = "What is the rainfall of Cambodia?"
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


def loaded_by(*arguments: str | Path) -> tuple[int, set[str]]:
    """The exit code of the command in a fresh interpreter, and the slow packages that it loaded."""
    code = (
        "import json, sys; from ui.cli.app import main; code = main(sys.argv[1:]); "
        "print(json.dumps([code, [name for name in sys.modules if '.' not in name]]), file=sys.stderr)"
    )
    done = run_script(code, *arguments)
    exit_code, modules = json.loads(done.stderr.splitlines()[-1])
    return exit_code, set(modules) & SLOW


# Imports


def test_help_names_every_command_and_loads_nothing_slow() -> None:
    assert loaded_by("--help") == (0, set())
    out = run("--help").stdout
    assert [name for name in COMMANDS if re.search(rf"^│ {name} ", out, re.MULTILINE)] == list(COMMANDS)


@pytest.mark.slow_cases
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_and_loads_nothing_slow(command: str) -> None:
    assert loaded_by(command, "--help") == (0, set())


def test_status_loads_the_settings_and_the_catalog_alone(home: Path) -> None:
    assert loaded_by("status", "--home", home) == (0, STORED)


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        ("search", {*STORED, "onnxruntime", "faiss", "sentencex", "tantivy"}),
        ("ask", {*STORED, "onnxruntime", "faiss", "sentencex", "tantivy", "symspellpy", "babel"}),
    ],
)
def test_ask_and_search_load_what_they_use(command: str, needed: set[str], home: Path) -> None:
    assert loaded_by(command, QUESTION, "--home", home) == (0, needed)


# Usage


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["frobnicate"], "No such command 'frobnicate'; see footnoted --help"),
        (["stats"], "No such command 'stats'. Did you mean 'status'?; see footnoted --help"),
        (["ask"], "Missing argument 'QUESTION'; see footnoted --help"),
        (["ask", "  "], "the question is empty; write what you want to know"),
        (["search", ""], "the query is empty; write what you want to know"),
        (
            ["status", "--hom", "x"],
            "No such option: --hom (Possible options: --home); see footnoted --help",
        ),
        (
            ["serve", "--port", "70000"],
            "--port is '70000'; it must be a whole number from 0 (any free port) to 65535",
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


# sync


def test_sync_reports_what_changed_in_its_json_form(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    reports, home = tmp_path / "reports", tmp_path / "home"
    reports.mkdir()
    for name in ("first", "second"):
        (reports / f"{name}.txt").write_text(f"The {name} dam held through the night.")
    report = prints(capfd, "sync", reports, "--home", home)
    assert report.pop("seconds") > 0
    assert report == {
        "added": ["first.txt", "second.txt"],
        "changed": [],
        "removed": [],
        "unchanged": 0,
        "failed": [],
        "passages": 2,
        "generation": 1,
    }

    (reports / "first.txt").write_text("The first dam broke at dawn, after all.")
    (reports / "second.txt").unlink()
    (reports / "third.txt").write_text("The third dam was never built.")
    report = prints(capfd, "sync", "--home", home)
    assert (report["added"], report["changed"], report["removed"]) == (
        ["third.txt"],
        ["first.txt"],
        ["second.txt"],
    )

    report = prints(capfd, "sync", "--home", home)
    assert (report["unchanged"], report["generation"]) == (2, 2)


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_indexed(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "good.txt").write_text("The dam held through the night.")
    (tmp_path / "reports" / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    assert main(["sync", str(tmp_path / "reports"), "--home", str(tmp_path / "home")]) == 0
    out, err = capfd.readouterr()
    assert re.fullmatch(
        r"1 added, 0 changed, 0 removed, 0 unchanged, 1 failed in [\d.]+ s; "
        r"the library has 1 passages, generation 1\n",
        out,
    )
    assert re.fullmatch(r"footnoted: broken\.pdf: [^\n]+; [^\n]+\n", err)


def test_sync_fails_where_nothing_could_be_indexed(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert main(["sync", str(missing), "--home", str(tmp_path / "home"), "--json"]) == 1
    report = json.loads(capfd.readouterr().out)
    assert [failure["path"] for failure in report["failed"]] == [str(missing)]
    assert report["failed"][0]["cause"].startswith("does not exist; ")


def test_sync_without_a_path_needs_a_folder_that_the_library_follows(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    line = fails(capfd, 2, "sync", "--home", tmp_path / "home")
    assert line == (f"the library in {tmp_path}/home follows no folder yet; name one: footnoted sync FOLDER")
    assert not (tmp_path / "home").exists()


def test_progress_is_drawn_on_a_terminal_only(tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text("The dam held through the night.")
    out, drawn = on_terminal("sync", tmp_path / "report.txt", "--home", tmp_path / "home")
    assert "Loading the encoder" in drawn
    assert "Embedding" in drawn
    assert out.startswith("1 added, 0 changed")


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


def test_ask_sets_the_answer_with_its_footnotes_for_a_person(
    capfd: pytest.CaptureFixture[str], home: Path
) -> None:
    assert main(["ask", QUESTION, "--home", str(home)]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    answer, _, footnotes = " ".join(out.split()).partition(" [1] Cambodia sweeps scam dens nationwide")
    assert "More than a thousand suspects were arrested within three days" in answer
    assert "cambodia-scam-raids.md" in footnotes


def test_an_abstention_is_a_result_with_the_nearest_passages(
    capfd: pytest.CaptureFixture[str], home: Path
) -> None:
    answer = prints(capfd, "ask", UNANSWERABLE, "--home", home)
    assert answer["abstained"] is True
    assert answer["citations"] == []
    assert main(["ask", UNANSWERABLE, "--home", str(home)]) == 0
    out, _ = capfd.readouterr()
    assert out.startswith("No answer. ")
    assert "Nearest passage:" in out
    assert answer["passages"][0]["title"] in " ".join(out.split())


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
    assert status == {
        "home": str(home),
        "exists": False,
        "generation": 0,
        "documents": 0,
        "passages": 0,
        "folders": [],
        "unconfirmed": [],
        "failed": [],
        "model": None,
        "index": None,
        "sizes": {"total": 0},
        "jobs": [],
        "server": None,
    }
    assert main(["status", "--home", str(home)]) == 0
    lines = mapping_of_lines(capfd.readouterr().out)
    assert lines["Library"] == "empty; fill it with: footnoted sync FOLDER"
    assert not home.exists()


def test_status_counts_what_the_home_holds(capfd: pytest.CaptureFixture[str], home: Path) -> None:
    status = prints(capfd, "status", "--home", home)
    reports = [file for file in SEEDS.iterdir() if file.suffix != ".jsonl" and not file.name.startswith(".")]
    assert (status["documents"], status["generation"]) == (len(reports), 1)
    assert status["folders"] == [str(SEEDS)]
    assert status["model"] == "bge-small-en-v1.5@68807e3ff2abb83c"
    sizes = dict(status["sizes"])
    assert sizes.pop("total") == sum(sizes.values())
    assert sizes["catalog.sqlite"] == (home / "catalog.sqlite").stat().st_size
    assert main(["status", "--home", str(home)]) == 0
    lines = mapping_of_lines(capfd.readouterr().out)
    assert lines["Library"] == f"{len(reports)} documents, {status['passages']} passages"
    assert lines["Server"] == "not running"
