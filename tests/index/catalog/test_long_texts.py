"""Threads share the long texts that they read; the longest unused ones go first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from index.catalog.long_texts import LongTexts


def test_a_text_is_read_once_however_many_threads_ask_for_it() -> None:
    texts, reads = LongTexts(), list[int]()

    def read() -> str:
        reads.append(1)
        return "long text"

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: texts.get(("lineage", 1, 1), read), range(50)))
    assert found == ["long text"] * 50
    assert len(reads) == 1


def test_another_version_and_another_lineage_are_other_texts() -> None:
    texts = LongTexts()
    keys = [("lineage", 1, 1), ("lineage", 1, 2), ("other", 1, 1)]
    assert [texts.get(key, lambda key=key: str(key)) for key in keys] == [str(key) for key in keys]  # type: ignore[misc]


def test_the_text_that_was_not_asked_for_longest_goes_first() -> None:
    texts, reads = LongTexts(room=2_500), list[int]()

    def get(number: int) -> str:
        def read() -> str:
            reads.append(number)
            return str(number) * 1_000

        return texts.get(("lineage", number, 1), read)

    assert [get(number)[0] for number in (1, 2, 1, 3, 1, 2)] == ["1", "2", "1", "3", "1", "2"]
    assert reads == [1, 2, 3, 2]


def test_a_text_beyond_all_room_is_given_and_not_kept() -> None:
    texts = LongTexts(room=100)
    assert texts.get(("lineage", 1, 1), lambda: "a" * 500) == "a" * 500
    assert texts.get(("lineage", 1, 1), lambda: "b" * 500) == "b" * 500
