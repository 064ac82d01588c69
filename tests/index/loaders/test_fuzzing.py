"""Damaged files of every format give a document or a named error, and have no other effect."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.fuzz_loading import OUTCOMES, Case, Outcome, cases, run, table
from benchmarks.fuzz_samples import samples
from index.loaders import SUFFIXES, load

pytestmark = pytest.mark.slow

FILES = 120
SEED = 4


@pytest.fixture(autouse=True)
def _only_our_own_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOOTNOTED_EVAL_DATA", raising=False)


def test_a_damaged_file_gives_a_document_or_a_named_error() -> None:
    outcomes = list(run(FILES, SEED))
    wrong = [
        f"{outcome.case.number}{outcome.case.suffix}, {outcome.case.damage}: {outcome.message}"
        for outcome in outcomes
        if outcome.kind in {"violation", "crashed", "killed"}
    ]
    assert wrong == []
    assert [outcome.case.number for outcome in outcomes] == list(range(FILES))
    kinds = Counter(outcome.kind for outcome in outcomes)
    assert kinds["document"] > FILES / 5, "damage that leaves nothing to read tests little"
    assert kinds["named error"] > FILES / 5


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_every_format_has_a_sample_that_is_read(tmp_path: Path, suffix: str) -> None:
    found = samples()[suffix]
    assert found, f"give {suffix} a sample in benchmarks/fuzz_samples.py"
    file = tmp_path / f"a{suffix}"
    file.write_bytes(found[0])
    text = load(file).text
    assert "Varda" in text
    assert len(text) > 40


def test_the_same_seed_makes_the_same_files_and_another_makes_others() -> None:
    def made(seed: int) -> list[tuple[str, str, bytes]]:
        return [(case.suffix, case.damage, case.data) for case in islice(cases(FILES, seed), 20)]

    assert made(1) == made(1)
    assert made(1) != made(2)
    assert [case.number for case in cases(FILES, 1, only=7)] == [7]
    assert next(cases(FILES, 1, only=7)) == list(islice(cases(FILES, 1), 8))[7]


def test_the_table_counts_the_outcomes_of_each_format() -> None:
    def outcome(suffix: str, kind: str, seconds: float) -> Outcome:
        return Outcome(Case(0, suffix, "flipped", b"x"), kind, seconds)

    assert table([outcome(".txt", "document", 0.14), outcome(".pdf", "killed", 20.06)]).splitlines() == [
        "| format | files | document | named error | killed | crashed | violation | over 5 s | slowest, s |",
        "|---|---|---|---|---|---|---|---|---|",
        "| .pdf | 1 | 0 | 0 | 1 | 0 | 0 | 1 | 20.1 |",
        "| .txt | 1 | 1 | 0 | 0 | 0 | 0 | 0 | 0.1 |",
        "| all | 2 | 1 | 0 | 1 | 0 | 0 | 1 | 20.1 |",
    ]
    assert OUTCOMES == ("document", "named error", "killed", "crashed", "violation")
