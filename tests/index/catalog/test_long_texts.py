"""Threads share the long texts that they read; the ones that were unused longest go first."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from index.catalog.databases import PIECE
from index.catalog.queries import LongText, LongTexts


def parts(utf8: bytes, length: int = 7) -> Iterator[bytes]:
    """Parts of a text, some of which end within a character."""
    return (utf8[start : start + length] for start in range(0, len(utf8), length))


@given(st.text(max_size=200), st.integers(0, 220), st.integers(0, 220))
def test_a_span_of_a_long_text_is_that_of_the_string(text: str, start: int, end: int) -> None:
    long = LongText(parts(text.encode("utf-8", "surrogatepass")))
    assert len(long) == len(text)
    assert long[start:end] == text[start:end]


def test_a_long_text_with_one_emoji_does_not_take_four_bytes_a_character() -> None:
    text = "a" * 2_000_000 + "\N{WATER WAVE}"
    assert LongText(parts(text.encode(), PIECE)).size < 0.4 * sys.getsizeof(text)


def test_a_text_is_read_once_however_many_threads_ask_for_it() -> None:
    texts, reads = LongTexts(), list[int]()

    def read() -> list[bytes]:
        reads.append(1)
        return [b"long ", b"text"]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: texts.get(("lineage", 1, 1), read)[0:9], range(50)))
    assert found == ["long text"] * 50
    assert len(reads) == 1


def test_another_version_and_another_lineage_are_other_texts() -> None:
    texts = LongTexts()
    for key in (("lineage", 1, 1), ("lineage", 1, 2), ("other", 1, 1)):
        words = str(key)
        assert texts.get(key, partial(parts, words.encode()))[0 : len(words)] == words


def test_the_text_that_was_not_asked_for_longest_goes_first() -> None:
    texts, reads = LongTexts(room=2_500), list[int]()

    def get(number: int) -> str:
        def read() -> list[bytes]:
            reads.append(number)
            return [str(number).encode() * 1_000]

        return texts.get(("lineage", number, 1), read)[0:1]

    assert [get(number) for number in (1, 2, 1, 3, 1, 2)] == ["1", "2", "1", "3", "1", "2"]
    assert reads == [1, 2, 3, 2]


def test_a_text_beyond_all_room_is_given_and_not_kept() -> None:
    texts = LongTexts(room=100)
    assert texts.get(("lineage", 1, 1), lambda: [b"a" * 500])[0:3] == "aaa"
    assert texts.get(("lineage", 1, 1), lambda: [b"b" * 500])[0:3] == "bbb"
