"""Names look alike where somebody could take one for the other."""

from __future__ import annotations

import pytest

from index.text import look_alike, look_alikes, without_unseen


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("alice", "\u0430lice"),
        ("Board", "bo\u0430rd"),
        ("Board", "\u0412\u041e\u0410RD"),
        ("Board", "Bo\u200bard"),
        ("Board", "\uff22\uff4f\uff41\uff52\uff44"),
        ("Board", "board"),
        ("Ian", "lan"),
        ("Dams 2010", "Dams 2Ol0"),
        ("modern", "modem"),
        ("stra\u00dfe", "STRASSE"),
        ("caf\u00e9", "cafe\u0301"),
        ("a b", "a\u00a0 b"),
        ("\u05d5 x", "l x"),
    ],
)
def test_names_that_look_alike(name: str, other: str) -> None:
    assert look_alike(name, other)
    assert look_alike(other, name)
    assert look_alikes(name, ["else", other]) == [other]
    assert look_alikes(name, [name, other]) == []


@pytest.mark.parametrize(
    ("name", "other"),
    [("alice", "alicia"), ("Board", "Boards"), ("2024", "2025"), ("cafe", "caf\u00e9"), ("\u91d1", "\u5168")],
)
def test_names_that_differ_to_the_eye(name: str, other: str) -> None:
    assert not look_alike(name, other)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("Bo\u200bard\ufe0f", "Board"),
        ("\u202eBoard\u2066", "Board"),
        ("a\u200db\u3164", "ab"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u200c",
            "\u0645\u06cc\u200c\u062e\u0648",
        ),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
    ],
)
def test_what_is_not_seen_is_left_out(name: str, seen: str) -> None:
    assert without_unseen(name) == seen
