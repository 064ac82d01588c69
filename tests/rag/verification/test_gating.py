"""The verdicts of the gate, on single sentences and on the adversarial set."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from index.embedding.encoder import Encoder
from rag.answers import Verification
from rag.questions import understand
from rag.verification import Evidence, Gate

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "adversarial.jsonl").read_text(encoding="utf-8").splitlines()
]
NEVER = {"changed figure", "changed unit", "changed date"}
QUOTE = "Ilse Marr opened the bridge at Tolm on Monday."


@cache
def verdict_of(gate: Gate, number: int) -> Verification:
    case = CASES[number]
    question = understand(case["question"]) if "question" in case else None
    return gate.check(case["sentence"], [Evidence(**item) for item in case["evidence"]], question)


@pytest.fixture(scope="module")
def gate(encoder: Encoder) -> Gate:
    return Gate(encoder)


def counted(gate: Gate, **chosen: str) -> Counter[tuple[str, str]]:
    return Counter(
        (case["expected"], verdict_of(gate, number).verdict)
        for number, case in enumerate(CASES)
        if all(case[key] == value for key, value in chosen.items())
    )


def test_there_are_enough_cases_in_every_language() -> None:
    languages = Counter(case["language"] for case in CASES)
    assert len(CASES) >= 170
    assert all(languages[language] >= 12 for language in ("en", "zh", "vi", "id"))
    assert sum(case["expected"] == "supported" for case in CASES) >= 55


def test_what_is_called_supported_is(gate: Gate) -> None:
    matrix = counted(gate)
    called = sum(count for (_, verdict), count in matrix.items() if verdict == "supported")
    assert matrix["supported", "supported"] / called >= 0.95, matrix


def test_most_fair_sentences_pass(gate: Gate) -> None:
    # The gate was tuned on these sentences; on the held-out ones fewer pass (see the README).
    matrix = counted(gate, split="tuning")
    fair = sum(count for (expected, _), count in matrix.items() if expected == "supported")
    assert matrix["supported", "supported"] / fair >= 0.9, matrix


def test_no_changed_figure_unit_or_date_passes(gate: Gate) -> None:
    passed = [
        case["sentence"]
        for number, case in enumerate(CASES)
        if case["kind"] in NEVER and verdict_of(gate, number).verdict == "supported"
    ]
    assert passed == []


def test_without_an_encoder_no_changed_figure_passes_either() -> None:
    words = Gate()
    passed = [
        case["sentence"]
        for number, case in enumerate(CASES)
        if case["kind"] in NEVER and verdict_of(words, number).verdict == "supported"
    ]
    assert passed == []


def test_what_cites_nothing_is_unsupported() -> None:
    checked = Gate().check(QUOTE, [])
    assert (checked.verdict, checked.reason) == ("unsupported", "cites no sentence")


def test_a_quote_that_is_not_in_the_document_supports_nothing() -> None:
    checked = Gate().check(QUOTE, [Evidence(QUOTE, quote_matches=False)])
    assert (checked.verdict, checked.quote_matches) == ("unsupported", False)


def test_a_quotation_is_supported_in_full() -> None:
    checked = Gate().check(QUOTE, [Evidence(QUOTE)])
    assert (checked.verdict, checked.score, checked.reason) == ("supported", 1.0, None)


def test_a_part_that_is_not_carried_is_named() -> None:
    checked = Gate().check(
        "Ilse Marr opened the bridge at Tolm in heavy rain.", [Evidence(QUOTE, language="en")]
    )
    assert (checked.verdict, checked.reason) == (
        "partial",
        "the cited sentence does not have “heavy”, “rain”",
    )


def test_a_pronoun_is_resolved_by_the_sentence_before() -> None:
    evidence = Evidence("She opened the bridge at Tolm on Monday.", language="en", before="Ilse Marr won.")
    assert Gate().check("Ilse Marr opened the bridge at Tolm.", [evidence]).verdict == "supported"


def test_headings_give_a_row_its_units_and_no_figures() -> None:
    row = Evidence(
        "Kandal 12.4", context="Province, losses in million dollars, 2023, 7 provinces", language="en"
    )
    assert Gate().check("Losses in Kandal were 12.4 million dollars in 2023.", [row]).verdict == "supported"
    assert not Gate().check("Losses in Kandal were 7 million dollars in 2023.", [row]).figures_match


def test_a_quote_in_another_language_carries_a_sentence_in_part_at_most(gate: Gate) -> None:
    evidence = Evidence("Cảnh sát Lorvenna bắt giữ 1.043 nghi phạm.", language="vi")
    assert gate.check("Police in Lorvenna arrested 1,043 suspects.", [evidence]).verdict == "partial"
    assert gate.check("Police in Lorvenna arrested 1,034 suspects.", [evidence]).verdict == "unsupported"
