"""The Markdown report matches the JSON, and the plots are images."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from rag.evaluation import Configuration, Evaluation, compare
from rag.evaluation.measures import CalibrationBin, Estimate, RiskPoint, Sample, mean
from rag.evaluation.report import write_comparison, write_report

pytestmark = pytest.mark.slow

PNG = b"\x89PNG\r\n\x1a\n"
PLACES = {
    ("retrieval", "dense", "ndcg@10"): 0.5,
    ("retrieval", "fused", "ndcg@10"): 0.75,
    ("selection", "f1"): 0.4,
    ("selection", "first_three", "f1"): 0.3,
    ("abstention", "auroc"): 0.9,
    ("gate", "verdicts", "supported"): 1.0,
    ("latency_ms", "search", "median"): 12.34,
    ("latency_ms", "search", "p95"): 20.0,
}
MEASURED = Evaluation(
    "set",
    Configuration("wide | long"),
    1200,
    40,
    samples={
        place: Sample(("q1", "q2"), mean([value, value]), is_time=place[0] == "latency_ms")
        for place, value in PLACES.items()
    },
    figures={place: Estimate(value, value - 0.1, value + 0.1, 1234) for place, value in PLACES.items()},
    risk_coverage=(RiskPoint(0.9, 0.5, 0.0), RiskPoint(0.4, 1.0, 0.25)),
    calibration=(CalibrationBin(0.2, 0.1, 20), CalibrationBin(0.8, 0.9, 20)),
    notes=("2 judgements are left out",),
)


def table(text: str, heading: str) -> list[list[str]]:
    """The cells under a heading, without the line of dashes."""
    section = text.split(f"## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|") and "---" not in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_report(MEASURED, tmp_path / "report")
    return tmp_path / "report"


def test_rankings_are_columns_and_stages_are_rows(folder: Path) -> None:
    text = (folder / "report.md").read_text()
    assert text.startswith(
        "# set\n\n40 questions over 1,200 documents, with the configuration `wide | long`."
    )
    assert table(text, "Retrieval") == [
        ["", "vectors", "fused", "n"],
        ["nDCG@10", "0.500 (0.400–0.600)", "0.750 (0.650–0.850)", "1,234"],
    ]
    assert table(text, "Selection") == [
        ["", "value", "first three", "n"],
        ["F1", "0.400 (0.300–0.500)", "0.300 (0.200–0.400)", "1,234"],
    ]
    assert table(text, "Abstention") == [["", "value", "n"], ["AUROC", "0.900 (0.800–1.000)", "1,234"]]
    assert table(text, "Verification")[1] == ["verdicts supported", "1.000 (0.900–1.100)", "1,234"]
    assert table(text, "Milliseconds") == [
        ["", "median", "p95", "n"],
        ["search", "12.3 (12.2–12.4)", "20.0 (19.9–20.1)", "1,234"],
    ]
    assert ["max_chunk_tokens", "200"] in table(text, "Configuration")
    assert ["model", "default"] in table(text, "Configuration")
    assert text.endswith("## Left out\n\n- 2 judgements are left out\n")


def test_the_json_has_the_figures_the_curves_and_the_configuration(folder: Path) -> None:
    stored = json.loads((folder / "evaluation.json").read_text())
    assert {key: stored[key] for key in MEASURED.as_dict()} == MEASURED.as_dict()
    assert stored["retrieval"]["fused"]["ndcg@10"]["value"] == 0.75
    assert stored["configuration"]["name"] == "wide | long"
    assert stored["configuration"]["read_hits"] == 36
    assert stored["curves"] == {
        "risk_coverage": [
            {"threshold": 0.9, "coverage": 0.5, "risk": 0.0},
            {"threshold": 0.4, "coverage": 1.0, "risk": 0.25},
        ],
        "calibration": [
            {"predicted": 0.2, "observed": 0.1, "n": 20},
            {"predicted": 0.8, "observed": 0.9, "n": 20},
        ],
    }
    assert stored["notes"] == ["2 judgements are left out"]


def test_the_report_shows_the_curves_as_images(folder: Path) -> None:
    text = (folder / "report.md").read_text()
    for picture in ("risk-coverage.png", "calibration.png"):
        assert f"]({picture})" in text
        content = (folder / picture).read_bytes()
        assert content.startswith(PNG)
        assert struct.unpack(">II", content[16:24]) == (750, 600)


def test_a_curve_depends_on_its_points(folder: Path, tmp_path: Path) -> None:
    steeper = replace(MEASURED, risk_coverage=(RiskPoint(0.9, 0.5, 0.5), RiskPoint(0.4, 1.0, 0.75)))
    write_report(steeper, tmp_path / "steeper")
    names = ("risk-coverage.png", "calibration.png")
    pictures = {name: (tmp_path / "steeper" / name).read_bytes() for name in names}
    assert pictures["risk-coverage.png"] != (folder / "risk-coverage.png").read_bytes()
    assert pictures["calibration.png"] == (folder / "calibration.png").read_bytes()


def test_a_report_replaces_the_files_of_an_earlier_one(folder: Path) -> None:
    write_report(replace(MEASURED, risk_coverage=(), calibration=(), notes=()), folder)
    assert sorted(file.name for file in folder.iterdir()) == ["evaluation.json", "report.md"]
    text = (folder / "report.md").read_text()
    assert "png" not in text
    assert "Left out" not in text


def test_a_comparison_has_one_row_per_figure_in_each_part(tmp_path: Path) -> None:
    other = replace(MEASURED, configuration=Configuration("other"))
    comparison = compare(MEASURED, other)
    write_comparison(comparison, tmp_path)
    text = (tmp_path / "comparison.md").read_text()
    assert text.startswith(
        "# set: wide | long and other\n\n40 questions. A change is the second less the first"
    )
    assert "| | wide \\| long | other |" in text.replace("|  |", "| |")
    [retrieval, *_] = [row for row in table(text, "Retrieval") if row[0] == "vectors nDCG@10"]
    assert retrieval == [
        *["vectors nDCG@10", "0.500", "0.500", "+0.000 (+0.000, +0.000)", "1.000", "no difference"]
    ]
    assert table(text, "Milliseconds")[-1][-2:] == ["", "not tested"]
    assert json.loads((tmp_path / "comparison.json").read_text()) == json.loads(
        json.dumps(comparison.as_dict())
    )
