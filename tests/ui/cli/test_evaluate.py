"""``footnoted eval`` prints figures for people and programs, writes a report, and explains its errors."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from index.catalog import CATALOG, Catalog
from index.embedding.encoder import Encoder
from rag.conversations.feedback import Feedback, Judgement, append_feedback
from rag.evaluation import Configuration, evaluate, read_dataset
from rag.evaluation.datasets import choose
from tests.support.commands import QUESTION, fails
from tests.support.processes import ROOT
from tests.support.sets import write_beir
from ui.cli.app import main

pytestmark = pytest.mark.slow

SEEDS = ROOT / "seeds"
UNANSWERABLE = "What did the government of Laos say about the raids?"
LIMIT = 12
FEW = ("--limit", str(LIMIT))
NO_SET = "name the folder of one data set, or evaluate the library itself with --from-feedback"


@pytest.fixture(scope="module")
def measuring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for evaluations; it keeps their temporary indexes."""
    return tmp_path_factory.mktemp("measuring")


def measures(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[Any, str]:
    """The JSON of ``eval --json``, and its standard error."""
    assert main(["eval", *map(str, arguments), "--json"]) == 0
    out, err = capfd.readouterr()
    return json.loads(out), err


def answerable() -> int:
    """The number of measured questions with an answer."""
    return sum(bool(query.answerable) for query in choose(read_dataset(SEEDS), LIMIT).queries)


def without_times(form: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in form.items() if key != "latency_ms"}


def test_json_is_what_the_library_s_own_call_gives(
    capfd: pytest.CaptureFixture[str], measuring: Path, encoder: Encoder
) -> None:
    form, err = measures(capfd, SEEDS, "--home", measuring, "--limit", "6")
    assert (form["n_documents"], form["n_queries"]) == (7, 6)
    expected = evaluate(read_dataset(SEEDS), Configuration(), measuring, limit=6, encoder=encoder).as_dict()
    assert without_times(form) == without_times(json.loads(json.dumps(expected)))
    report = measuring / "evaluation" / "reports" / "seeds"
    assert err == f"report: {report}/report.md\n"
    stored = json.loads((report / "evaluation.json").read_text())
    assert {key: stored[key] for key in form} == form


def test_a_person_gets_aligned_tables(capfd: pytest.CaptureFixture[str], measuring: Path) -> None:
    parts = ["--part", "retrieval", "--part", "selection"]
    assert main(["eval", str(SEEDS), "--home", str(measuring), *parts, *FEW]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == f"seeds: {LIMIT} questions over 7 documents"
    assert [line for line in lines if re.fullmatch(r"\w+", line)] == [
        "Retrieval",
        "Selection",
        "Milliseconds",
    ]
    table = [line for line in lines if line.startswith(("nDCG", "recall@", "MRR"))]
    assert len(table) == 6
    figure = r"[01]\.\d{3} \([01]\.\d{3}–[01]\.\d{3}\)"
    assert all(re.fullmatch(rf"\S+ +{figure} +{figure} +{figure} +{answerable()} *", line) for line in table)
    assert len({line.index("(") for line in table}) == 1


def test_two_configurations_are_compared(
    capfd: pytest.CaptureFixture[str], measuring: Path, tmp_path: Path
) -> None:
    (tmp_path / "silent.toml").write_text("threshold = 1.0")
    arguments: list[str | Path] = [
        SEEDS,
        "--compare",
        "default",
        tmp_path / "silent.toml",
        "--part",
        "selection",
    ]
    arguments += ["--home", measuring, "--report", tmp_path / "report", *FEW]
    form, err = measures(capfd, *arguments)
    assert (form["first"], form["second"]) == ("default", "silent")
    rows = {row["place"]: row for row in form["differences"]}
    assert rows["selection.any_correct"]["outcome"] == "worse"
    assert rows["selection.any_correct"]["p"] < 0.05
    assert rows["selection.first_three.f1"]["outcome"] == "no difference"
    assert err == f"report: {tmp_path}/report/comparison.md\n"
    written = sorted(path.relative_to(tmp_path / "report").as_posix() for path in tmp_path.rglob("*.md"))
    assert written == ["comparison.md", "default/report.md", "silent/report.md"]

    assert main(["eval", *map(str, arguments)]) == 0
    out = capfd.readouterr().out
    assert out.startswith(f"seeds: {LIMIT} questions\n\nSelection\n")
    [row] = [line.split() for line in out.splitlines() if line.startswith("any correct ")]
    assert (row[3], row[-2:]) == ("0.000", ["0.002", "worse"])
    assert re.fullmatch(r"-0\.\d{3} \(-[01]\.\d{3}, -0\.\d{3}\)", " ".join(row[4:7]))


def test_what_a_set_s_files_have_wrong_is_said_and_the_rest_is_measured(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = write_beir(
        tmp_path / "set",
        {"d1": ("Dam", "The dam broke.")},
        [{"_id": "q1", "text": "What broke?"}],
        ["q1\td1\t1", "q1\td2\t1"],
    )
    (tmp_path / "own.toml").write_text("threshold = 1.0")
    config = ("--config", tmp_path / "own.toml")
    form, err = measures(capfd, folder, *config, "--part", "retrieval", "--home", tmp_path / "home")
    assert form["retrieval"]["fused"]["recall@1"]["value"] == 1
    assert err.splitlines() == [
        "1 judgements of qrels.tsv are left out, because the corpus lacks their documents: d2",
        f"report: {tmp_path}/home/evaluation/reports/set/report.md",
    ]
    report = tmp_path / "home" / "evaluation" / "reports" / "set" / "evaluation.json"
    configuration = json.loads(report.read_text())["configuration"]
    assert (configuration["name"], configuration["threshold"]) == ("own", 1.0)


def test_the_library_is_evaluated_with_its_feedback(
    capfd: pytest.CaptureFixture[str], own_home: Path, tmp_path: Path
) -> None:
    judged: list[tuple[str, Judgement]] = [
        (QUESTION, "right"),
        (UNANSWERABLE, "unanswerable"),
        ("Who was hurt?", "wrong"),
    ]
    with closing(Catalog.open(own_home / CATALOG)) as catalog:
        for question, verdict in judged:
            append_feedback(catalog, Feedback(question, verdict, (), None, "2031-05-06"))
    form, err = measures(capfd, "--from-feedback", "--home", own_home)
    assert (form["dataset"], form["n_documents"], form["n_queries"]) == ("library", 7, 2)
    assert form["abstention"]["recall"]["n"] == 2
    assert err.splitlines() == [
        "left out: judgements of wrong answers without the right evidence (1)",
        f"report: {own_home}/evaluation/reports/library/report.md",
    ]
    file = tmp_path / "more.jsonl"
    lines = (SEEDS / "questions.jsonl").read_text().splitlines()
    asked = [line for line in lines if QUESTION in line or UNANSWERABLE in line]
    file.write_text("\n".join(dict.fromkeys([*lines[:4], *asked])))
    form, _ = measures(capfd, "--from-feedback", file, "--home", own_home)
    count = len(file.read_text().splitlines())
    assert form["n_queries"] == count, "the file asks both questions of the feedback too"


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        ([], 2, NO_SET),
        (["a", "b"], 2, NO_SET),
        ([SEEDS, "--part", "retreival"], 2, "unknown part 'retreival'; did you mean retrieval?"),
        ([SEEDS, "--part", "all"], 2, "unknown part 'all'; known are retrieval, selection, answers, gate"),
        (
            [SEEDS, "--config", "default", "--compare", "default", "default"],
            2,
            "--config and --compare exclude each other; name the file after --compare",
        ),
        (
            [SEEDS, "--compare", "default", "default"],
            2,
            "both configurations are called 'default'; rename one of the files",
        ),
        (
            [SEEDS, "--config", "/nowhere.toml"],
            2,
            (
                "the configuration /nowhere.toml cannot be read: No such file or directory; give the path "
                "of a TOML file, or 'default'"
            ),
        ),
        (["/nowhere"], 1, "/nowhere is not a folder; give the path of a folder with a data set"),
        (
            ["--from-feedback"],
            1,
            (
                "the library has no questions to evaluate; judge answers with POST /v1/feedback, or "
                "name a file of questions"
            ),
        ),
    ],
)
def test_errors_are_one_line(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str | Path], code: int, line: str
) -> None:
    assert fails(capfd, code, "eval", *arguments, "--home", tmp_path / "home") == line


def test_a_file_of_claims_is_measured_with_the_judge_of_the_settings(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    claim = {"id": "1", "evidence": ["The dam broke."], "claim": "The dam broke.", "label": "supported",
             "kind": "near-quote", "language": "en"}  # fmt: skip
    file = tmp_path / "claims.jsonl"
    file.write_text(json.dumps(claim), encoding="utf-8")
    form, _ = measures(capfd, file, "--part", "gate", "--home", tmp_path / "home")
    assert (form["claims"], form["judge"], form["checked"][0]["verdict"]) == (
        "claims.jsonl",
        None,
        "supported",
    )
