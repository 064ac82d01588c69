"""``ask`` and ``search`` read only the reports that their options let through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from tests.support.commands import QUESTION, fails, prints
from tests.support.processes import ROOT
from ui.cli.app import main

RAIDS = "cambodia-scam-raids.md"
NUMBERED = "give a report's number, which “footnoted search --json” prints as document_id"


@pytest.fixture(scope="module")
def filed(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of three reports in two folders, of which one is in a collection by its note."""
    folder = tmp_path_factory.mktemp("filed")
    reports = folder / "reports"
    for place in ("raids", "floods"):
        (reports / place).mkdir(parents=True)
    for place, name in (
        ("raids", RAIDS),
        ("floods", "lorvenna-displacement-correction.md"),
        ("floods", "lorvenna-courier-two-months-on.html"),
    ):
        (reports / place / name).write_bytes((ROOT / "seeds" / name).read_bytes())
    note = reports / "floods" / "lorvenna-courier-two-months-on.html.meta.yaml"
    note.write_text("collection: Press cuttings\n")
    with Library.open(folder / "home", encoder) as index:
        sync(index, [reports])
    return folder / "home"


def names(found: dict[str, Any]) -> set[str]:
    """The files that passages of an answer or of a search come from."""
    passages = found["results"] if "results" in found else found["passages"]
    return {Path(passage["path"]).name for passage in passages}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--collection", "floods"], {"correction"}),
        (["--collection", "Press cuttings", "--collection", "raids"], {"courier", "cambodia"}),
        (["--publisher", "The Harlamoor Courier", "--published-before", "2032"], {"courier"}),
        (["--language", "en", "--published-after", "2025-07-17"], {"cambodia"}),
        (["--kind", "html"], {"courier"}),
        (["--kind", "html", "--kind", "markdown"], {"courier", "cambodia", "correction"}),
        (["--document", "1", "--document", "2"], {"correction", "courier"}),
    ],
)
def test_search_finds_what_passes(
    capfd: pytest.CaptureFixture[str], filed: Path, options: list[str], expected: set[str]
) -> None:
    found = prints(capfd, "search", QUESTION, "--limit", "100", *options, "--home", filed)
    assert {
        word for word in ("cambodia", "correction", "courier") for name in names(found) if word in name
    } == (expected)


def test_ask_reads_only_what_passes(capfd: pytest.CaptureFixture[str], filed: Path) -> None:
    answer = prints(capfd, "ask", QUESTION, "--collection", "raids", "--home", filed)
    assert (answer["abstained"], names(answer)) == (False, {RAIDS})


def test_where_no_report_passes_both_say_so(capfd: pytest.CaptureFixture[str], filed: Path) -> None:
    assert main(["search", QUESTION, "--collection", "none", "--home", str(filed)]) == 0
    assert capfd.readouterr().out == (
        "Nothing was found: no report passes the filters; widen them and search again.\n"
    )
    answer = prints(capfd, "ask", QUESTION, "--collection", "none", "--home", filed)
    assert answer["reason"] == "No report passes the filters; widen them and ask again."


@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            ["--published-before", "18 July"],
            "--published-before is '18 July'; write 2031-07-18, 2031-07 or 2031",
        ),
        (
            ["--published-after", "2031-13"],
            "--published-after is '2031-13'; write 2031-07-18, 2031-07 or 2031",
        ),
        (
            ["--published-after", "2031-02-29"],
            "--published-after is '2031-02-29'; write 2031-07-18, 2031-07 or 2031",
        ),
        (
            ["--published-after", "2031\n"],
            "--published-after is '2031\\n'; write 2031-07-18, 2031-07 or 2031",
        ),
        (["--published-after", "٢٠٣١"], "--published-after is '٢٠٣١'; write 2031-07-18, 2031-07 or 2031"),
        (["--published-before", ""], "--published-before is ''; write 2031-07-18, 2031-07 or 2031"),
        (
            ["--document", "3", "--document", "0"],
            f"--document is 0; {NUMBERED}",
        ),
        (
            ["--document", str(2**53)],
            f"--document is {2**53}; {NUMBERED}",
        ),
    ],
)
def test_what_cannot_be_a_filter_is_one_line_and_exit_code_2(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, command: str, options: list[str], line: str
) -> None:
    assert fails(capfd, 2, command, "dam", *options, "--home", tmp_path / "home") == line
    assert not (tmp_path / "home").exists()


def test_a_name_that_is_no_text_finds_nothing(capfd: pytest.CaptureFixture[str], filed: Path) -> None:
    assert main(["search", "dam", "--publisher", "B\udcfccher", "--home", str(filed), "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["results"] == []
