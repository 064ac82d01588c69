"""The diff of two texts has every sentence of both, in order."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Document
from index.text.diff import revisions
from index.text.passages import sentences
from tests.support.writings import TEXTS

GATE, WATER, SHOES = "The third gate is shut.", "The water is clean.", "Shoes are made here."


def document(text: str) -> Document:
    return Document(text, "T", "text", "en")


def told(old: str, new: str) -> list[tuple[str, str]]:
    return [(each.change, each.words(old, new)) for each in revisions(document(old), document(new))]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((GATE, WATER), (GATE, WATER), [("kept", GATE), ("kept", WATER)]),
        ((GATE,), (GATE, WATER), [("kept", GATE), ("added", WATER)]),
        ((GATE, WATER), (WATER,), [("removed", GATE), ("kept", WATER)]),
        (
            (GATE, WATER, SHOES),
            (GATE, "The water is foul.", SHOES),
            [("kept", GATE), ("removed", WATER), ("added", "The water is foul."), ("kept", SHOES)],
        ),
        (
            (GATE, WATER, SHOES),
            (SHOES, GATE, WATER),
            [("added", SHOES), ("kept", GATE), ("kept", WATER), ("removed", SHOES)],
        ),
        ((GATE, GATE, GATE), (GATE, GATE), [("kept", GATE), ("kept", GATE), ("removed", GATE)]),
        ((), (GATE,), [("added", GATE)]),
        ((), (), []),
    ],
)
def test_a_sentence_stayed_went_or_came(
    old: tuple[str, ...], new: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    assert told("\n\n".join(old), " ".join(new)) == expected


def test_white_space_between_words_changes_nothing() -> None:
    (only,) = revisions(document("The  third\u00a0gate is shut."), document(f"\n\n{GATE}"))
    assert (only.change, only.old and only.old.start, only.new and only.new.start) == ("kept", 0, 2)


SHUFFLED = st.lists(st.sampled_from([GATE, WATER, SHOES, "It held.", "It fell.", "So?"]), max_size=14).map(
    "\n".join
)


@given(SHUFFLED | TEXTS, SHUFFLED | TEXTS)
def test_what_stayed_and_went_is_the_old_text_and_what_stayed_and_came_the_new(old: str, new: str) -> None:
    found = revisions(document(old), document(new))
    assert [each.old for each in found if each.old] == sentences(old, "en")
    assert [each.new for each in found if each.new] == sentences(new, "en")
    for each in found:
        assert (each.old is not None) or (each.new is not None)
        if each.old and each.new:
            assert each.old.of(old).split() == each.new.of(new).split()


@given(TEXTS)
def test_nothing_changed_between_a_text_and_itself(text: str) -> None:
    assert {each.change for each in revisions(document(text), document(text))} <= {"kept"}


def test_a_sentence_that_both_have_once_stays_among_thousands() -> None:
    chance = random.Random(7)  # noqa: S311 (sentences, not secrets)
    old = [f"Gate number {number} held." for number in range(6_000)]
    new = list(old)
    for place in chance.sample(range(6_000), 300):
        new[place] = f"Gate number {place} failed."
    changes = [each.change for each in revisions(document(" ".join(old)), document(" ".join(new)))]
    assert (changes.count("kept"), changes.count("removed"), changes.count("added")) == (5_700, 300, 300)


def test_rows_that_take_turns_without_end_are_compared_in_no_time() -> None:
    chance = random.Random(7)  # noqa: S311 (sentences, not secrets)
    old, new = ("\n".join(chance.choices([GATE, WATER], k=4_000)) for _ in range(2))
    began = time.monotonic()
    found = revisions(document(old), document(new))
    assert time.monotonic() - began < 5
    assert [each.old for each in found if each.old] == sentences(old, "en")
