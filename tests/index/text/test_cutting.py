"""Packed passages unpack to the document's passages, and other data is refused."""

from __future__ import annotations

from array import array
from dataclasses import replace
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Document
from index.text.minhash import signature
from index.text.passages import Chunks, Cut, chunk, cut
from tests.support.writings import LANGUAGES, TEXTS

TABLE = (
    "Gates\nName | 2019 | 2020\nNorth | 1 | 2\nSouth | 3 | 4\n\nThe third gate is closed. It stays closed."
)


def words(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in regex.finditer(r"\w+|[^\w\s]", text)]


@given(st.just(TABLE) | TEXTS, LANGUAGES, st.integers(1, 40))
def test_packed_passages_are_those_of_the_document(text: str, language: str, room: int) -> None:
    document = Document(text, "T", "text", language)
    made = cut(document, words, room)
    expected = chunk(document, words, room)
    assert list(Chunks(made)) == expected
    assert [Chunks(made)[place] for place in range(-len(expected), 0)] == expected
    assert Chunks(made)[1:3] == expected[1:3]
    assert (made.language, made.signature) == (language, signature(text))
    assert made.fits(text)


def test_beyond_the_last_passage_there_is_none() -> None:
    with pytest.raises(IndexError):
        Chunks(cut(Document("", "T", "text"), words, 9))[0]


def packed(*numbers: int) -> bytes:
    return array("I", numbers).tobytes()


CUT = Cut("en", packed(1, 2), packed(0, 4, 5, 9, 10, 20), packed(1, 0, 0, 4), None)


@pytest.mark.parametrize(
    "changes",
    [
        {"counts": packed(1, 1)},
        {"counts": packed(0, 3)},
        {"counts": packed(1, 2, 1)},
        {"counts": b"\x01"},
        {"sentences": packed(0, 4, 5, 9, 10, 21)},
        {"sentences": packed(0, 6, 5, 9, 10, 20)},
        {"sentences": packed(0, 4, 5, 5, 10, 20)},
        {"sentences": packed(0, 4, 5, 9, 10)},
        {"headers": packed(1, 0)},
        {"headers": packed(1, 0, 0, 21)},
    ],
    ids=repr,
)
def test_passages_that_do_not_lie_in_the_text_in_order_are_refused(changes: dict[str, Any]) -> None:
    assert CUT.fits("x" * 20)
    assert not replace(CUT, **changes).fits("x" * 20)
