"""The machine is measured once, and again when something changes that the figures depend on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from index.embedding import machine
from index.embedding.machine import PRECISIONS, Machine, this_machine

SLOW_HALF = Machine("float32", ("bfloat16",))


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Machine]:
    """The machines that were measured: each is one that is slow in bfloat16."""
    found: list[Machine] = []

    def measure() -> Machine:
        found.append(SLOW_HALF)
        return SLOW_HALF

    monkeypatch.setattr(machine, "_measure", measure)
    return found


def test_it_is_measured_once_and_kept(tmp_path: Path, measured: list[Machine]) -> None:
    cache = tmp_path / "new" / "cache"
    assert [this_machine(cache), this_machine(cache)] == [SLOW_HALF, SLOW_HALF]
    assert len(measured) == 1


def test_another_number_of_threads_is_measured_again(
    tmp_path: Path, measured: list[Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    this_machine(tmp_path)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 77)
    this_machine(tmp_path)
    assert len(measured) == 2


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"precision": 1}', '{"NAME": {"precision": "float16", "uneven": []}}']
)
def test_a_file_that_cannot_be_used_is_written_anew(
    tmp_path: Path, measured: list[Machine], text: str
) -> None:
    this_machine(tmp_path)
    [name] = json.loads((tmp_path / "machine.json").read_text())
    (tmp_path / "machine.json").write_text(text.replace("NAME", name))
    assert this_machine(tmp_path) == SLOW_HALF
    assert len(measured) == 2
    assert list(json.loads((tmp_path / "machine.json").read_text())) == [name]


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path: Path, measured: list[Machine]) -> None:
    (tmp_path / "file").write_text("no folder")
    assert [this_machine(tmp_path / "file"), this_machine(tmp_path / "file")] == [SLOW_HALF, SLOW_HALF]
    assert len(measured) == 2


@pytest.mark.parametrize(("half", "expected"), [(0.81, "float32"), (0.8, "bfloat16")])
def test_bfloat16_is_chosen_if_it_is_clearly_faster(
    monkeypatch: pytest.MonkeyPatch, half: float, expected: str
) -> None:
    def seconds(rows: torch.Tensor, _weights: torch.Tensor) -> float:
        return half if rows.dtype == torch.bfloat16 else 1.0

    monkeypatch.setattr(machine, "_seconds", seconds)
    assert machine._measure().precision == expected


def test_rows_that_depend_on_their_number_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    linear = torch.nn.functional.linear

    def uneven(rows: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        found = linear(rows, weights)
        return found * (1 + 2**-6) if rows.dtype == torch.bfloat16 and len(rows) == 64 else found

    before = machine._measure().uneven
    monkeypatch.setattr(torch.nn.functional, "linear", uneven)
    assert machine._measure().uneven == (*(name for name in before if name != "bfloat16"), "bfloat16")


def test_this_machine_can_be_measured(tmp_path: Path) -> None:
    found = this_machine(tmp_path)
    assert found.precision in PRECISIONS
    assert set(found.uneven) <= set(PRECISIONS)
    assert this_machine(tmp_path) == found
