"""Written words are visible to all at once, and an open snapshot does not change."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.errors import LexicalIndexError
from index.search.bm25 import Entry, LexicalIndex
from tests.index.search.test_bm25 import ENGLISH, english

QUERIES = ("river", "arrest suspects", "decay of the dam", "Damm", "大坝")


class TestAdding:
    def test_what_is_added_is_found_at_once_and_by_who_opens_it_later(self, tmp_path: Path) -> None:
        index = LexicalIndex(tmp_path)
        index.add(english({1: "first dam"}))
        index.add(english({2: "second dam"}))
        again = LexicalIndex(tmp_path)
        assert (len(index.searcher()), len(again.searcher())) == (2, 2)
        assert sorted(index.searcher().search("dam", 5)) == [1, 2]
        assert index.searcher().search("dam", 5) == again.searcher().search("dam", 5)

    def test_what_another_adds_is_found_too(self, tmp_path: Path) -> None:
        ours, theirs = LexicalIndex(tmp_path), LexicalIndex(tmp_path)
        theirs.add(english({1: "first dam"}))
        assert list(ours.searcher().search("dam", 5)) == [1]
        ours.add(english({2: "second dam"}))
        theirs.remove([1])
        assert list(ours.searcher().search("dam", 5)) == list(theirs.searcher().search("dam", 5)) == [2]

    def test_added_in_parts_it_scores_as_added_at_once(self, tmp_path: Path) -> None:
        parts, whole = LexicalIndex(tmp_path / "parts"), LexicalIndex(tmp_path / "whole")
        for number, text in ENGLISH.items():
            parts.add([Entry(number, "en", text)])
        whole.add(english(ENGLISH))
        for query in QUERIES:
            assert parts.searcher().search(query, 10) == pytest.approx(
                whole.searcher().search(query, 10), rel=1e-5
            )

    def test_a_broken_off_write_changes_nothing(self, tmp_path: Path) -> None:
        index = LexicalIndex(tmp_path)
        index.add(english({1: "first dam"}))

        def broken() -> Iterator[Entry]:
            yield Entry(2, "en", "second dam")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            index.add(broken())
        found = [list(opened.searcher().search("dam", 5)) for opened in (index, LexicalIndex(tmp_path))]
        assert found == [[1], [1]]
        index.add(english({3: "third dam"}))
        assert set(index.searcher().search("dam", 5)) == {1, 3}

    def test_a_folder_of_another_kind_is_refused_by_name(self, tmp_path: Path) -> None:
        (tmp_path / "lexical").mkdir()
        (tmp_path / "lexical/meta.json").write_text("nonsense")
        with pytest.raises(LexicalIndexError, match=r"^lexical cannot be read: "):
            LexicalIndex(tmp_path / "lexical")


class TestRemoving:
    def test_what_is_removed_is_found_no_more(self, tmp_path: Path) -> None:
        index = LexicalIndex(tmp_path)
        index.add(english(ENGLISH))
        index.remove([1, 99])
        index.remove([])
        assert list(index.searcher().search("river", 10)) == [3]
        assert (len(index.searcher()), len(LexicalIndex(tmp_path).searcher())) == (3, 3)

    def test_what_is_removed_counts_in_scores_until_the_words_are_written_afresh(
        self, tmp_path: Path
    ) -> None:
        changed, afresh = LexicalIndex(tmp_path / "changed"), LexicalIndex(tmp_path / "afresh")
        changed.add([*english(ENGLISH), Entry(9, "en", "the river"), Entry(10, "en", "a dam")])
        before = changed.searcher()
        changed.remove([9, 10])
        afresh.add(english(ENGLISH))
        words, new = changed.searcher(), afresh.searcher()
        assert (len(words), words.removed_count, before.removed_count, new.removed_count) == (4, 2, 0, 0)
        for query in QUERIES:
            kept = {number: score for number, score in before.search(query, 10).items() if number < 9}
            assert words.search(query, 10) == kept, "as when all of it was there"
            assert words.max_score(query) == before.max_score(query)
        arrest = [("en", "arrest")]
        assert words.idf(arrest) == before.idf(arrest) != new.idf(arrest)
        assert words.search("river", 10)[3] != new.search("river", 10)[3]

    def test_no_passage_scores_above_the_bound_whatever_was_removed(self, tmp_path: Path) -> None:
        index = LexicalIndex(tmp_path)
        index.add(english({1: "dam " * 100} | dict.fromkeys(range(2, 100), "gate")))
        index.remove(range(3, 100))
        words = index.searcher()
        assert words.search("dam", 1)[1] <= words.max_score("dam")

    def test_what_was_written_ahead_is_removed_by_its_number(self, tmp_path: Path) -> None:
        index = LexicalIndex(tmp_path)
        index.add(english(ENGLISH))
        assert [index.searcher().count_after(last) for last in (0, 1, 3, 4, 5)] == [4, 3, 1, 0, 0]
        index.remove_after(4)
        assert len(index.searcher()) == 4
        index.remove_after(2)
        assert (len(index.searcher()), list(index.searcher().search("river", 10))) == (2, [1])
        index.remove_after(0)
        assert (len(index.searcher()), index.searcher().search("river", 10)) == (0, {})

    def test_those_that_are_there_are_counted(self, tmp_path: Path) -> None:
        index = LexicalIndex(tmp_path)
        index.add(english(ENGLISH))
        index.remove([2])
        assert [index.searcher().count(numbers) for numbers in ([], [1, 2, 3, 9], [2], range(99))] == [
            0,
            2,
            0,
            3,
        ]


class TestSnapshots:
    def test_words_answer_as_before_while_the_index_is_written_to_and_deleted(self, tmp_path: Path) -> None:
        index = LexicalIndex(tmp_path / "words")
        index.add(english(ENGLISH))
        words = index.searcher()

        def answers() -> tuple[object, ...]:
            found = [words.search(query, 10) for query in QUERIES]
            return (
                found,
                words.max_score("river dam"),
                words.idf([("en", "river")]),
                len(words),
                words.removed_count,
            )

        before = answers()
        index.add([Entry(5, "de", "Der Damm am Fluss"), Entry(6, "en", "river"), Entry(7, "zh", "大坝关闭")])
        assert answers() == before
        index.remove([1, 2, 3])
        assert answers() == before
        LexicalIndex(tmp_path / "words").remove_after(0)
        assert answers() == before
        shutil.rmtree(tmp_path / "words")
        assert answers() == before

    def test_a_deleted_index_is_refused_by_who_had_it_open(self, tmp_path: Path) -> None:
        index = LexicalIndex(tmp_path / "words")
        index.add(english(ENGLISH))
        shutil.rmtree(tmp_path / "words")
        with pytest.raises(LexicalIndexError, match=r"^words cannot be read: "):
            index.searcher()
        with pytest.raises(LexicalIndexError, match=r"^words cannot be written: "):
            index.add(english({9: "dam"}))
