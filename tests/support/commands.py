"""Run the command in this process, and check the form of its output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ui.cli.app import main

QUESTION = "How many suspects were arrested, and over how many days?"


def fails(capfd: pytest.CaptureFixture[str], code: int, *arguments: str | Path) -> str:
    assert main([*map(str, arguments)]) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("footnoted: ")
    assert err.count("\n") == 1
    return err.removeprefix("footnoted: ").rstrip("\n")


def prints(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> Any:  # noqa: ANN401 (JSON)
    """Run the command with ``--json``, and return the parsed output; it must succeed without messages."""
    assert main([*map(str, arguments), "--json"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    return json.loads(out)
