"""BM25 search of passages: stemmed words by language, or pairs of characters in scripts without spaces."""

from __future__ import annotations

import math
import shutil
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import LexicalIndexError
from index.records import Allowed
from index.search.bm25 import (
    PAIRS,
    Entry,
    LexicalIndex,
    analyzers,
    field_of,
    single_characters,
    terms,
    terms_in,
)
from tests.support.writings import SENTENCES, TEXTS


def test_a_text_is_its_stems_in_order_each_once() -> None:
    text = "The arrests near the rivers: arrested in 大坝关 (Rivers)"
    assert terms(text, "en") == [
        *[("en", stem) for stem in ("arrest", "near", "river", "大坝关")],
        *[("pairs", pair) for pair in ("大坝", "坝关")],
    ]
    assert terms("Rivers", "vi") == [("plain", "rivers")]
    assert terms("", "en") == []


def test_a_language_without_a_stemmer_shares_one_field() -> None:
    assert [field_of(language) for language in ("en", "de", "vi", "zh", "und", "")] == [
        *("en", "de", "plain", "plain", "plain", "plain")
    ]


def test_a_character_that_stands_alone_has_no_pair() -> None:
    assert single_characters("水, 火 and 水") == ["水", "火"]
    assert single_characters("大坝 and 水") == []
    assert single_characters("no run at all") == []


def test_pairs_do_not_bridge_what_stands_between_two_runs() -> None:
    assert terms_in(PAIRS, "关闭，大坝 and 水") == ["关闭", "大坝"]
    assert terms_in(PAIRS, "no run at all") == []


@given(TEXTS)
def test_an_accent_may_be_a_character_of_its_own_in_every_field(text: str) -> None:
    for field in analyzers():
        composed, apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
        assert terms_in(field, composed) == terms_in(field, apart)


ENGLISH = {
    1: "Police arrested nine suspects near the river.",
    2: "The council is arresting the decay of the dam.",
    3: "A river, a river and again a river.",
    4: "Nothing of interest was said.",
}

SPACED = [
    text for text in SENTENCES if terms(text, "en") and not any(f == "pairs" for f, _ in terms(text, "en"))
]
"""Sentences in scripts that put spaces between words."""


def english(texts: Mapping[int, str]) -> list[Entry]:
    return [Entry(number, "en", text, number) for number, text in texts.items()]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    """An index of ``ENGLISH``; a test must not write to it."""
    made = LexicalIndex(tmp_path_factory.mktemp("words"))
    made.add(english(ENGLISH))
    return made


@pytest.fixture
def empty(tmp_path: Path) -> LexicalIndex:
    return LexicalIndex(tmp_path / "lexical")


def allowed(*numbers: int) -> Allowed:
    """A filter that allows these passages; each is a document with the same number."""
    mask = np.zeros(max(numbers, default=-1) + 1, np.bool_)
    mask[list(numbers)] = True
    return Allowed(numbers, mask)


class TestWrittenWords:
    def test_words_that_may_be_meant_are_as_they_are_written(self, empty: LexicalIndex) -> None:
        empty.add(
            english({1: "The river rose in River Town.", 2: "A river is no driver.", 3: "Riven rivers"})
        )
        words = empty.searcher()
        third = pytest.approx(1 / 3)
        assert words.alike("rivre", 1) == {"river": pytest.approx(2 / 3), "River": third}
        assert words.alike("rivr", 2) == {**words.alike("rivre", 1), "Riven": third, "rivers": third}
        assert words.alike("drivr", 1) == {"driver": third}
        assert words.alike("nvier", 1) == {}

    def test_a_word_is_known_in_its_case(self, index: LexicalIndex) -> None:
        words = ("Police", "police", "arrest", "river")
        assert [word for word in words if index.searcher().is_written(word)] == ["Police", "river"]

    def test_only_words_between_spaces_and_of_three_letters_count(self, empty: LexicalIndex) -> None:
        empty.add(
            [Entry(1, "en", "In 2031 the B52 at 暹粒 flew 12km over Phnom\u00a0Penh ភ្នំពេញ " + "x" * 41)]
        )
        found = [
            set(empty.searcher().alike(word, 2)) for word in ("the", "b52", "flwe", "penh", "km", "phnom")
        ]
        assert found == [{"the"}, set(), {"flew"}, {"Penh"}, set(), {"Phnom"}]
        assert not empty.searcher().is_written("x" * 41)


class TestStemming:
    @pytest.mark.parametrize("word", ["arrested", "arresting", "Arrests", "ARREST", "arrest?"])
    def test_the_forms_of_a_word_are_one_word(self, index: LexicalIndex, word: str) -> None:
        assert set(index.searcher().search(word, 10)) == {1, 2}

    @pytest.mark.parametrize(
        ("language", "written", "asked"),
        [
            ("de", "Die Häuser wurden überflutet.", "überfluteten Haus Häusern"),
            ("fr", "Les suspects ont été arrêtés.", "arrêter"),
            ("es", "Los sospechosos fueron detenidos.", "detenido"),
            ("ru", "Полиция задержала подозреваемых.", "подозреваемые"),
            ("ar", "أغلق المجلس السدود", "مجلس"),
            ("tr", "Evler sular altında kaldı", "ev"),
            ("ro", "Poliția a arestat suspecții", "suspecți"),
        ],
    )
    def test_each_language_has_its_own_stemmer(
        self, empty: LexicalIndex, language: str, written: str, asked: str
    ) -> None:
        empty.add([Entry(7, language, written), Entry(8, "en", "something else altogether")])
        assert list(empty.searcher().search(asked, 10)) == [7]

    def test_accents_may_be_left_out(self, empty: LexicalIndex) -> None:
        empty.add([Entry(1, "vi", "Công an bắt giữ nghi phạm"), Entry(2, "pl", "Zażółć gęślą jaźń")])
        assert list(empty.searcher().search("cong an", 10)) == [1]
        assert list(empty.searcher().search("gesla", 10)) == [2]

    def test_several_languages_live_together(self, empty: LexicalIndex) -> None:
        empty.add(
            [
                Entry(1, "en", "The minister resigned over the dams."),
                Entry(2, "de", "Der Minister trat wegen der Dämme zurück."),
                Entry(3, "und", "minister dams"),
            ]
        )
        assert set(empty.searcher().search("minister", 10)) == {1, 2, 3}
        assert set(empty.searcher().search("Ministers", 10)) == {1, 2}, "an unknown language is not stemmed"


class TestMost:
    """No passage scores above the bound of a query, so that a score can be given as a share of it."""

    def test_it_is_the_sum_of_what_the_words_add_without_end(self, index: LexicalIndex) -> None:
        # "river" is in two of the four passages, "dam" in one, "flood" in none; tantivy's k1 is 1.2.
        rarities = [math.log(1 + (4 - n + 0.5) / (n + 0.5)) for n in (2, 1, 0)]
        assert index.searcher().max_score("the rivers, a dam and floods") == pytest.approx(
            2.2 * sum(rarities)
        )

    def test_a_passage_of_one_word_said_often_comes_near_it(self, empty: LexicalIndex) -> None:
        empty.add([Entry(1, "en", "river " * 400), Entry(2, "en", "dam " * 400)])
        share = empty.searcher().search("river", 1)[1] / empty.searcher().max_score("river")
        assert 0.99 < share <= 1

    @given(texts=st.lists(st.sampled_from(SPACED), min_size=1, max_size=6), query=st.sampled_from(SPACED))
    def test_no_passage_scores_above_it_in_a_library_of_one_language(
        self, tmp_path_factory: pytest.TempPathFactory, texts: list[str], query: str
    ) -> None:
        made = LexicalIndex(tmp_path_factory.mktemp("words"))
        made.add([Entry(number, "en", text) for number, text in enumerate(texts)])
        most = made.searcher().max_score(query) * (1 + 1e-5)
        assert all(score <= most for score in made.searcher().search(query, 10).values())

    def test_a_query_is_measured_in_the_language_that_knows_it_best(self, empty: LexicalIndex) -> None:
        empty.add([Entry(1, "en", "The dam failed."), Entry(2, "en", "The river rose.")])
        alone = empty.searcher().max_score("Why did the dam fail?")
        empty.add([Entry(3, "de", "Der Fluss stieg.")])
        # In German all of the words would be unknown and thus rarer, so that the bound would be higher.
        assert alone < empty.searcher().max_score("Why did the dam fail?") < 2 * alone

    def test_pairs_of_characters_set_no_bound(self, empty: LexicalIndex) -> None:
        empty.add([Entry(1, "zh", "市议会星期一关闭了大坝。"), Entry(2, "en", "The dam failed.")])
        assert empty.searcher().max_score("谁关闭了大坝？") == 0
        assert empty.searcher().max_score("谁关闭了 dam ？") == empty.searcher().max_score("dam") > 0

    @pytest.mark.parametrize("query", ["", "the of and was is a", "?!"])
    def test_a_query_without_words_and_an_empty_library_score_nothing(
        self, index: LexicalIndex, empty: LexicalIndex, query: str
    ) -> None:
        assert index.searcher().max_score(query) == empty.searcher().max_score("river") == 0
        assert index.searcher().search(query, 10) == empty.searcher().search("dam", 5) == {}


class TestWithoutSpaces:
    @pytest.mark.parametrize(
        ("language", "written", "asked", "not_asked"),
        [
            ("zh", "市议会星期一关闭了大坝。", "大坝关闭", "水库开放"),
            ("ja", "サーバーが停止した", "サーバー", "メール"),
            ("ja", "ｻｰﾊﾞｰが停止", "ｻｰ", "ﾒｰﾙ"),
            ("th", "สภาเมืองปิดเขื่อนในวันจันทร์", "เขื่อน", "โรงเรียน"),
            ("km", "ប្រទេសកម្ពុជាបានបិទទំនប់", "ទំនប់", "សាលា"),
            ("lo", "ສະພາເມືອງປິດເຂື່ອນ", "ເຂື່ອນ", "ໂຮງຮຽນ"),
            ("my", "မြို့တော်ကောင်စီက ဆည်ကို ပိတ်ခဲ့သည်", "ဆည်ကို", "ဥပဒေ"),
        ],
    )
    def test_what_stands_inside_a_run_is_found(
        self, empty: LexicalIndex, language: str, written: str, asked: str, not_asked: str
    ) -> None:
        empty.add([Entry(1, language, written), Entry(2, "en", "A dam of another kind")])
        assert list(empty.searcher().search(asked, 10)) == [1]
        assert empty.searcher().search(not_asked, 10) == {}

    def test_a_name_in_another_script_is_found_in_a_text_of_any_language(self, empty: LexicalIndex) -> None:
        empty.add([Entry(1, "en", "The operation, called 扫荡行动, went on.")])
        assert list(empty.searcher().search("扫荡", 10)) == [1]


class TestSingleCharacters:
    @pytest.mark.parametrize("character", ["水", "ก", "ក", "ກ", "က", "み", "ミ"])
    def test_one_is_found_wherever_it_stands(self, empty: LexicalIndex, character: str) -> None:
        texts = ["{}道", "喝{}。", "喝{}的人", "5{} and 6", "“{}”", "no such letter", "道喝", ""]
        empty.add(Entry(n, "en", text.format(character), n) for n, text in enumerate(texts, 1))
        words = empty.searcher()
        for asked in (character, f"{character}?"):
            assert sorted(words.search(asked, 10)) == [1, 2, 3, 4, 5]
        assert list(words.search(character, 10, allowed(3, 6))) == [3]
        assert words.search(character, 10, hidden=lambda numbers: numbers < 6) == {}

    def test_one_beside_a_pair_or_a_word_of_it_changes_nothing(self, empty: LexicalIndex) -> None:
        empty.add([Entry(1, "zh", "自来水和大坝"), Entry(2, "zh", "自来水")])
        assert list(empty.searcher().search("大坝 水", 10)) == [1]

    def test_those_that_score_alike_are_not_all_looked_at(self, empty: LexicalIndex) -> None:
        empty.add(Entry(n, "zh", f"自来水第{n}号", n) for n in range(9_000))
        assert 10 <= len(empty.searcher().search("水", 10)) < 5_000

    @given(
        texts=st.lists(st.text("水火土山ab1 。", max_size=8), max_size=8), character=st.sampled_from("水火")
    )
    def test_all_are_found_that_hold_it(
        self, tmp_path_factory: pytest.TempPathFactory, texts: list[str], character: str
    ) -> None:
        made = LexicalIndex(tmp_path_factory.mktemp("words"))
        made.add(Entry(number, "zh", text, number) for number, text in enumerate(texts))
        holding = [number for number, text in enumerate(texts) if character in text]
        assert sorted(made.searcher().search(character, 100)) == holding


class TestSearch:
    def test_the_score_is_bm25(self, empty: LexicalIndex) -> None:
        # Three passages of 3, 1 and 2 words (mean 2): k1 = 1.2, b = 0.75; idf = ln(1 + (3 - 2 + 0.5) / 2.5).
        empty.add(english({1: "dam dam gate", 2: "dam", 3: "gate river"}))
        idf = math.log(1 + 1.5 / 2.5)
        expected = {
            1: idf * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2)),
            2: idf * 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 1 / 2)),
        }
        assert empty.searcher().search("dam", 10) == pytest.approx(expected, rel=1e-5)

    @pytest.mark.parametrize("reverse", [False, True])
    def test_all_that_score_as_the_last_come_too(self, empty: LexicalIndex, reverse: bool) -> None:
        texts = dict.fromkeys(range(20), "gate dam") | {50: "gate"}
        entries = english(texts)
        empty.add(entries[::-1] if reverse else entries)
        assert list(empty.searcher().search("gate", 1)) == [50]
        assert sorted(empty.searcher().search("gate", 2)) == [*range(20), 50]

    @given(st.one_of(st.text(), st.lists(st.sampled_from(SENTENCES)).map(" ".join)))
    def test_nothing_in_a_query_is_syntax(self, index: LexicalIndex, query: str) -> None:
        assert set(index.searcher().search(query, 10)) <= set(ENGLISH)
        with_marks = index.searcher().search(f'+"{query}" -river* OR (field:{query}~2^5 AND', 10)
        assert with_marks.keys() >= index.searcher().search(query, 10).keys()
        assert {1, 3} <= with_marks.keys(), "a minus does not exclude"


class TestNarrowing:
    """A search among some documents equals the full ranking without the others."""

    TEXTS = st.lists(
        st.lists(st.sampled_from(["river", "dam", "gate", "arrest"]), min_size=1, max_size=5).map(" ".join),
        min_size=1,
        max_size=12,
    )

    @settings(max_examples=30)
    @given(texts=TEXTS, data=st.data(), limit=st.integers(1, 12))
    def test_it_is_the_full_ranking_without_what_may_not_be_found(
        self, tmp_path_factory: pytest.TempPathFactory, texts: list[str], data: st.DataObject, limit: int
    ) -> None:
        # Three passages a document, except for the last.
        made = LexicalIndex(tmp_path_factory.mktemp("words"))
        made.add(Entry(number, "en", text, number // 3) for number, text in enumerate(texts))
        documents = data.draw(st.sets(st.integers(0, 5)))
        hidden = data.draw(st.sets(st.integers(0, 12)))
        mask = np.array([number // 3 in documents for number in range(len(texts))], np.bool_)
        narrow = Allowed(tuple(sorted(documents)), mask)
        words = made.searcher()
        everything = words.search("dam gate", 100)
        may = [(n, score) for n, score in everything.items() if n // 3 in documents and n not in hidden]
        least = may[:limit][-1][1] * (1 - 1e-5) if may else 0
        expected = {number: score for number, score in may if score >= least}
        # 0 filters after the ranking, and 1000 within the query; 1 does so for a single document only.
        for few in (0, 1, 1000):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("index.search.bm25._FEW_DOCUMENTS", few)
                found = words.search("dam gate", limit, narrow, lambda ns: np.isin(ns, sorted(hidden)))
            assert found == pytest.approx(expected)
            assert list(found.values()) == sorted(found.values(), reverse=True)

    def test_a_passage_beyond_the_end_of_the_mask_may_not_be_found(self, index: LexicalIndex) -> None:
        only_first = Allowed((1, 3), np.array([False, True]))
        assert list(index.searcher().search("river", 10, only_first)) == [1]


def test_rarity_is_bm25s_inverse_document_frequency(index: LexicalIndex) -> None:
    river, arrest, never = ("en", "river"), ("en", "arrest"), ("en", "unicorn")
    assert index.searcher().idf([river, arrest, never, ("de", "river")]) == pytest.approx(
        {
            river: math.log(1 + 2.5 / 2.5),
            arrest: math.log(1 + 2.5 / 2.5),
            never: math.log(1 + 4.5 / 0.5),
            ("de", "river"): math.log(1 + 4.5 / 0.5),
        }
    )


QUERIES = ("river", "arrest suspects", "decay of the dam", "Damm", "大坝")


class TestAdding:
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
        asked: tuple[Collection[int], ...] = ([], [1, 2, 3, 9], [2], range(99))
        assert [index.searcher().count(numbers) for numbers in asked] == [0, 2, 0, 3]


class TestSnapshots:
    def test_words_answer_as_before_while_the_index_is_written_to_and_deleted(self, tmp_path: Path) -> None:
        index = LexicalIndex(tmp_path / "words")
        index.add(english(ENGLISH))
        words = index.searcher()

        def answers() -> tuple[object, ...]:
            found = [words.search(query, 10) for query in QUERIES]
            most, rarity = words.max_score("river dam"), words.idf([("en", "river")])
            return found, most, rarity, len(words), words.removed_count

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
