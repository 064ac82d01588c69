"""`footnoted ask --conversation`: a question that follows others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ui.cli.app import main

DISPLACED = "How many people were displaced by the floods in Lorvenna in March?"


def asked(capfd: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert main(["ask", *map(str, arguments), "--json"]) == 0
    answer: dict[str, Any] = json.loads(capfd.readouterr().out)
    return answer


def test_a_question_follows_the_conversation_that_is_named(
    capfd: pytest.CaptureFixture[str], own_home: Path
) -> None:
    first = asked(capfd, DISPLACED, "--home", own_home)
    assert (first["standalone"], len(first["conversation_id"])) == (None, 32)
    second = asked(capfd, "And in May?", "--conversation", first["conversation_id"], "--home", own_home)
    assert second["conversation_id"] == first["conversation_id"]
    assert second["standalone"] == "How many people were displaced by the floods in Lorvenna in May?"
    numbers = {
        (cited["document_id"], cited["start"]): cited["id"]
        for answer in (first, second)
        for cited in answer["citations"]
    }
    for cited in second["citations"]:
        assert numbers[cited["document_id"], cited["start"]] == cited["id"]
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))


def test_a_follow_up_outside_its_conversation_is_taken_as_it_is(
    capfd: pytest.CaptureFixture[str], own_home: Path
) -> None:
    assert asked(capfd, "And in May?", "--home", own_home)["standalone"] is None


def test_what_is_no_conversation_is_refused(capfd: pytest.CaptureFixture[str], own_home: Path) -> None:
    assert main(["ask", "And in May?", "--conversation", "a b", "--home", str(own_home)]) == 2
    assert capfd.readouterr().err == (
        "footnoted: --conversation is 'a b'; give a conversation_id, which “footnoted ask --json” prints\n"
    )
