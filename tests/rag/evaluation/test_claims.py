"""Labelled claims are read, checked, counted, and used to calibrate a judge."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rag.answers import Verification
from rag.errors import DatasetError
from rag.evaluation.claims import (
    NEVER,
    CheckedClaim,
    LabelledClaim,
    calibrate,
    claim_tables,
    measure_claims,
    read_claims,
)
from rag.llm.messages import NoteUsage
from rag.verification import Claim, Evidence, Gate, Judgement, Thresholds

ROWS = ["Region | Passed | Rate (%)", "Northern | 3,588 | 69", "Coastal | 3,116 | 76"]


def written(folder: Path, *rows: dict[str, object]) -> Path:
    usual = {"id": "1", "evidence": ["The dam held."], "claim": "The dam held.", "label": "supported",
             "kind": "near-quote", "language": "en"}  # fmt: skip
    path = folder / "claims.jsonl"
    path.write_text("\n".join(json.dumps({**usual, **row}) for row in rows), encoding="utf-8")
    return path


def judged(score: float, label: str) -> CheckedClaim:
    found = Verification("paraphrased", True, True, score, checks={"judge": score})
    return CheckedClaim(LabelledClaim("1", "", (), label, "", "en"), found)


@dataclass(frozen=True)
class ScriptedJudge:
    """A judge with a probability for each claim."""

    scores: Mapping[str, float]
    name: str = "scripted"
    thresholds: Thresholds = field(default_factory=Thresholds)
    languages: frozenset[str] = frozenset({"en"})

    def judge_all(self, claims: Sequence[Claim], _: NoteUsage = lambda _: None, /) -> list[Judgement | None]:
        return [Judgement(self.scores[claim.text]) for claim in claims]


def test_the_first_row_of_a_table_is_the_headings_of_the_others(tmp_path: Path) -> None:
    [claim] = read_claims(written(tmp_path, {"evidence": ROWS, "language": "en-zh"}))
    assert claim.evidence == tuple(Evidence(row, ROWS[0], "en") for row in ROWS[1:])


@pytest.mark.parametrize("row", [{"label": "maybe"}, {"evidence": None}])
def test_a_line_that_is_no_claim_is_named(tmp_path: Path, row: dict[str, object]) -> None:
    with pytest.raises(DatasetError, match="line 2"):
        read_claims(written(tmp_path, {}, row))


def test_verdicts_are_counted_by_label_kind_and_language(tmp_path: Path) -> None:
    wrong: dict[str, object] = {
        "claim": "The dam of 1990 held 3,000 people.",
        "label": "unsupported",
        "kind": "figure-changed",
    }
    measured = measure_claims(written(tmp_path, {}, wrong), Gate())
    by_label, by_kind, by_language, figures = claim_tables(measured)
    assert by_label.rows == (("supported", "1", "0", "0", "0"), ("unsupported", "0", "0", "0", "1"))
    assert by_kind.rows[1] == ("unsupported: figure-changed", "0", "0", "0", "1")
    assert by_language.rows[0] == ("supported: en", "1", "0", "0", "0")
    assert figures.rows[0] == ("rightly called supported, of the claims called so", "1 of 1")
    assert measured.thresholds is None


def test_thresholds_have_the_wanted_precision_at_the_highest_recall() -> None:
    fair = [judged(score, "supported") for score in (0.95, 0.9, 0.85, 0.8, 0.75, 0.3)]
    wrong = [judged(score, "unsupported") for score in (0.7, 0.2, 0.15, 0.1, 0.05, 0.01)]
    assert calibrate([*fair, *wrong], 1.0) == Thresholds(0.75, 0.3)
    assert calibrate([*fair, *wrong], 0.8) == Thresholds(0.3, 0.3)


def test_a_judge_that_is_never_right_never_decides() -> None:
    assert calibrate([judged(0.9, "unsupported")] * 9, 0.9) == Thresholds(NEVER, 0.0)
    assert calibrate([judged(0.9, "supported")] * 4, 0.9) == Thresholds(NEVER, 0.0)


def test_only_the_claims_at_even_places_calibrate(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = []
    for _ in range(5):
        rows += [{"claim": "This dam stood."}, {"claim": "That dam stood.", "label": "unsupported"}]
    judge = ScriptedJudge({"This dam stood.": 0.6, "That dam stood.": 0.8})
    measured = measure_claims(written(tmp_path, *rows), Gate(judge))
    # The wrong claims at odd places, which the judge prefers, would leave no threshold.
    assert measured.thresholds == Thresholds(0.6, 0.0)
