"""Known forms of verbs lead to their infinitives, unknown ones to None."""

from __future__ import annotations

import pytest

from rag.questions import PARTICIPLES, PAST


@pytest.mark.parametrize(
    ("past", "base"),
    [
        *[
            ("broke", "break"),
            ("released", "release"),
            ("stopped", "stop"),
            ("carried", "carry"),
            ("cut", "cut"),
        ],
        *[("found", "find"), ("planned", "plan"), ("employed", "employ"), ("cancelled", "cancel")],
        *[("table", None), ("the", None), ("broken", None), ("Broke", None), ("", None)],
    ],
)
def test_the_past_of_a_verb_is_known(past: str, base: str | None) -> None:
    assert PAST.get(past) == base


@pytest.mark.parametrize(
    ("participle", "base"),
    [("broken", "break"), ("recorded", "record"), ("held", "hold"), ("broke", None), ("missing", None)],
)
def test_the_participle_of_a_verb_is_known(participle: str, base: str | None) -> None:
    assert PARTICIPLES.get(participle) == base
