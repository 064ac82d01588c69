"""Threads share the long texts that they read; the ones that were unused longest go first."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.catalog import long_texts
from index.catalog.long_texts import LongText, LongTexts


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200), st.integers(0, 220), st.integers(0, 220))
def test_a_span_of_a_long_text_is_that_of_the_string(
    monkeypatch: pytest.MonkeyPatch, text: str, start: int, end: int
) -> None:
    monkeypatch.setattr(long_texts, "_PIECE", 7)
    long = LongText(text.encode("utf-8", "surrogatepass"))
    assert len(long) == len(text)
    assert long[start:end] == text[start:end]


def test_a_long_text_with_one_emoji_does_not_take_four_bytes_a_character() -> None:
    text = "a" * 2_000_000 + "\N{WATER WAVE}"
    assert LongText(text.encode()).size < 0.4 * sys.getsizeof(text)


def test_a_text_is_read_once_however_many_threads_ask_for_it() -> None:
    texts, reads = LongTexts(), list[int]()

    def read() -> bytes:
        reads.append(1)
        return b"long text"

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: texts.get(("lineage", 1, 1), read)[0:9], range(50)))
    assert found == ["long text"] * 50
    assert len(reads) == 1


def test_another_version_and_another_lineage_are_other_texts() -> None:
    texts = LongTexts()
    for key in (("lineage", 1, 1), ("lineage", 1, 2), ("other", 1, 1)):
        words = str(key)
        assert texts.get(key, words.encode)[0 : len(words)] == words


def test_the_text_that_was_not_asked_for_longest_goes_first() -> None:
    texts, reads = LongTexts(room=2_500), list[int]()

    def get(number: int) -> str:
        def read() -> bytes:
            reads.append(number)
            return str(number).encode() * 1_000

        return texts.get(("lineage", number, 1), read)[0:1]

    assert [get(number) for number in (1, 2, 1, 3, 1, 2)] == ["1", "2", "1", "3", "1", "2"]
    assert reads == [1, 2, 3, 2]


def test_a_text_beyond_all_room_is_given_and_not_kept() -> None:
    texts = LongTexts(room=100)
    assert texts.get(("lineage", 1, 1), lambda: b"a" * 500)[0:3] == "aaa"
    assert texts.get(("lineage", 1, 1), lambda: b"b" * 500)[0:3] == "bbb"
