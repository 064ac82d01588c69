"""``export`` and ``verify`` print, write and refuse files, with the right exit codes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from index.catalog.database import Catalog
from rag.conversations.answers import keep, load
from tests.support.commands import QUESTION, fails, prints
from tests.support.processes import run
from ui.cli.app import main
from ui.cli.export import MAX_BYTES


@pytest.fixture(scope="module")
def kept_home(home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home that keeps an answer, and the answer's id."""
    own = Path(shutil.copytree(home, tmp_path_factory.mktemp("kept") / "home"))
    file = own.parent / "asked.json"
    file.write_text(run("ask", QUESTION, "--json", "--home", own).stdout, encoding="utf-8")
    made = replace(load(file.read_bytes()), answer_id="1a" * 16)
    catalog = Catalog.open(own / "catalog.sqlite")
    keep(catalog, made)
    catalog.close()
    return own, made.answer_id


def test_an_answer_is_printed_as_markdown(
    capfdbinary: pytest.CaptureFixture[bytes], kept_home: tuple[Path, str]
) -> None:
    home, answer_id = kept_home
    assert main(["export", answer_id, "--home", str(home)]) == 0
    out, err = capfdbinary.readouterr()
    lines = out.decode().splitlines()
    assert (lines[0], err) == (f"# {QUESTION}", b"")
    assert lines[2].endswith("[^1]")
    assert lines[-1].startswith("    — ")


@pytest.mark.parametrize("suffix", ["md", "html", "docx", "json", "HTM"])
def test_an_answer_is_exported_in_each_format(
    capfd: pytest.CaptureFixture[str], kept_home: tuple[Path, str], tmp_path: Path, suffix: str
) -> None:
    home, answer_id = kept_home
    file = tmp_path / f"answer.{suffix}"
    written = prints(capfd, "export", answer_id, file, "--home", home)
    assert written == {"answer_id": answer_id, "file": str(file), "bytes": file.stat().st_size}
    if suffix != "json":
        line = fails(capfd, 2, "verify", file, "--home", home)
        assert line == (
            f"{file} cannot be verified, since only JSON has all that is checked; verify what "
            "`footnoted export ID answer.json` writes"
        )
        return
    verified = prints(capfd, "verify", file, "--home", home)
    assert (verified["file"], verified["holds"], verified["problems"]) == (str(file), True, [])
    assert verified["answers"] == 1
    first = verified["footnotes"][0]
    assert list(first) == ["number", "quote", "holds", "problems", "remarks"]
    assert "More than a thousand suspects were arrested within three days" in first["quote"]
    assert list(verified["sentences"][0]) == ["number", "text", "holds", "problems", "remarks"]


def test_a_conversation_is_exported_by_its_id_and_verified(
    capfd: pytest.CaptureFixture[str], kept_home: tuple[Path, str], tmp_path: Path
) -> None:
    home, answer_id = kept_home
    own_id = json.loads((home.parent / "asked.json").read_text())["conversation_id"]
    page, file = tmp_path / "conversation.html", tmp_path / "conversation.json"
    prints(capfd, "export", own_id, page, "--home", home)
    assert page.read_text().count('<article class="exchange">') == 2
    written = prints(capfd, "export", own_id, file, "--home", home)
    assert written == {"conversation_id": own_id, "file": str(file), "bytes": file.stat().st_size}
    assert main(["verify", str(file), "--home", str(home)]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == (
        f"{file}: 2 answers, 2 sentences, 1 footnote: all hold"
    )
    read = json.loads(file.read_bytes())
    assert (read["conversation_id"], read["name"]) == (own_id, QUESTION)
    assert [each["answer_id"] for each in read["answers"]][1] == answer_id

    read["answers"][0]["question"] = "Why?"
    file.write_text(json.dumps(read))
    assert main(["verify", str(file), "--home", str(home)]) == 1
    assert capfd.readouterr().out.splitlines()[-2:] == [
        (
            "The conversation: answer 1: its field question differs from the answer that the library keeps; "
            "export it again"
        ),
        f"{file}: 2 answers, 2 sentences, 1 footnote: 1 does not hold",
    ]


def test_the_json_of_an_answer_is_printed_as_it_is_kept(
    capfd: pytest.CaptureFixture[str], kept_home: tuple[Path, str]
) -> None:
    home, answer_id = kept_home
    assert prints(capfd, "export", answer_id, "--home", home)["answer_id"] == answer_id


def test_what_asking_printed_can_be_verified(
    capfd: pytest.CaptureFixture[str], kept_home: tuple[Path, str], tmp_path: Path
) -> None:
    home, _ = kept_home
    file = tmp_path / "asked.json"
    file.write_bytes((home.parent / "asked.json").read_bytes())
    assert main(["verify", str(file), "--home", str(home)]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].startswith("Sentence 1 holds: “")
    made = json.loads(file.read_text())
    assert {each["verdict"] for each in made["sentences"]} == {"quoted"}
    assert {each["verification"]["verdict"] for each in made["citations"]} == {"quoted"}
    assert lines[-1] == f"{file}: 1 sentence, 1 footnote: all hold"


def test_what_does_not_hold_is_said_and_the_exit_code_is_1(
    capfd: pytest.CaptureFixture[str], kept_home: tuple[Path, str], tmp_path: Path
) -> None:
    home, answer_id = kept_home
    file = tmp_path / "answer.JSON"
    assert main(["export", answer_id, str(file), "--home", str(home)]) == 0
    assert capfd.readouterr().out == f"{file}: {file.stat().st_size:,} bytes\n"
    made = json.loads(file.read_text())
    made["text"] = made["text"].replace("within three days", "within nine days", 1)
    file.write_text(json.dumps(made))
    assert main(["verify", str(file), "--home", str(home)]) == 1
    out, err = capfd.readouterr()
    lines = out.splitlines()
    assert lines[0].startswith("Sentence 1 does not hold: “")
    assert lines[0].endswith("”: is marked as quoted, but differs from the words that it cites")
    assert (
        "The answer: its field text differs from the answer that the library keeps; export it again" in lines
    )
    assert lines[-1].endswith(": 2 do not hold")
    assert err == ""


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (
            ["export", "1a/1a"],
            2,
            "ID is '1a/1a'; give the answer_id or the conversation_id that `footnoted ask --json` prints",
        ),
        (
            ["export", "f" * 32],
            1,
            f"there is no answer and no conversation '{'f' * 32}'; it may have been deleted",
        ),
        (
            ["export", "1a" * 16, "answer.pdf"],
            2,
            "FILE is 'answer.pdf'; give it a name that ends in .md, .html, .docx or .json",
        ),
        (
            ["export", "1a" * 16, "/"],
            2,
            "FILE is '/'; give it a name that ends in .md, .html, .docx or .json",
        ),
        (
            ["export", "1a" * 16, "/nowhere/answer.md"],
            1,
            (
                "/nowhere/answer.md: No such file or directory; check the path, its permissions and the "
                "space on the disk"
            ),
        ),
        (
            ["verify", "/nowhere.json"],
            2,
            "/nowhere.json cannot be read: No such file or directory; check its path and its permissions",
        ),
    ],
)
def test_errors_are_one_line(
    capfd: pytest.CaptureFixture[str], kept_home: tuple[Path, str], arguments: list[str], code: int, line: str
) -> None:
    assert fails(capfd, code, *arguments, "--home", kept_home[0]) == line


def test_a_file_that_is_there_is_not_overwritten(
    capfd: pytest.CaptureFixture[str], kept_home: tuple[Path, str], tmp_path: Path
) -> None:
    file = tmp_path / "answer.md"
    file.write_text("mine")
    line = fails(capfd, 2, "export", kept_home[1], file, "--home", kept_home[0])
    assert line == f"{file} exists; choose another name, or move it away"
    assert file.read_text() == "mine"


def test_a_file_that_is_no_exported_answer_is_one_line(
    capfd: pytest.CaptureFixture[str], kept_home: tuple[Path, str], tmp_path: Path
) -> None:
    file = tmp_path / "answer.json"
    file.write_bytes(b"\x00\xff nothing of ours")
    line = fails(capfd, 2, "verify", file, "--home", kept_home[0])
    assert line.startswith(f"{file} is not an answer in its JSON form: ")
    assert line.endswith("; give a .json file that `footnoted export` wrote")
    with file.open("wb") as large:
        large.truncate(MAX_BYTES + 1)
    line = fails(capfd, 2, "verify", file, "--home", kept_home[0])
    assert line == f"{file} is too large for an exported answer; give an exported file"


@pytest.mark.parametrize("arguments", [["export", "1a" * 16], ["verify", "answer.json"]])
def test_without_a_library_nothing_is_made(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str]
) -> None:
    home = tmp_path / "home"
    assert fails(capfd, 2, *arguments, "--home", home) == (
        f"there is no library in {home}; give the folder of one with --home"
    )
    assert not home.exists()
