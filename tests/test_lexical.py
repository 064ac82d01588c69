"""Passages by their words: stemmed for their language, in pairs of characters where no spaces are written."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from writings import PATIENT, SENTENCES

from index.lexical import Entry, LexicalIndex, LexicalIndexError, terms

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
    return [Entry(number, "en", text) for number, text in texts.items()]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    """``ENGLISH``; a test must not write to it."""
    made = LexicalIndex(tmp_path_factory.mktemp("words"))
    made.add(english(ENGLISH))
    return made


@pytest.fixture
def empty(tmp_path: Path) -> LexicalIndex:
    return LexicalIndex(tmp_path / "lexical")


class TestStemming:
    @pytest.mark.parametrize("word", ["arrested", "arresting", "Arrests", "ARREST", "arrest?"])
    def test_the_forms_of_a_word_are_one_word(self, index: LexicalIndex, word: str) -> None:
        assert set(index.search(word, 10)) == {1, 2}

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
        assert list(empty.search(asked, 10)) == [7]

    def test_words_that_every_text_has_find_nothing(self, index: LexicalIndex) -> None:
        assert index.search("the of and was is a", 10) == {}

    def test_accents_may_be_left_out(self, empty: LexicalIndex) -> None:
        empty.add([Entry(1, "vi", "Công an bắt giữ nghi phạm"), Entry(2, "pl", "Zażółć gęślą jaźń")])
        assert list(empty.search("cong an", 10)) == [1]
        assert list(empty.search("gesla", 10)) == [2]

    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    def test_an_accent_may_be_a_character_of_its_own(
        self, empty: LexicalIndex, form: Literal["NFC", "NFD"]
    ) -> None:
        def written(text: str) -> str:
            return unicodedata.normalize(form, text)

        empty.add([Entry(1, "fr", written("Les écoles fermées")), Entry(2, "ja", written("ダムが止まった"))])
        for other in ("NFC", "NFD"):
            assert list(empty.search(unicodedata.normalize(other, "école"), 10)) == [1]
            assert list(empty.search(unicodedata.normalize(other, "ダム"), 10)) == [2]

    def test_several_languages_live_together(self, empty: LexicalIndex) -> None:
        empty.add(
            [
                Entry(1, "en", "The minister resigned over the dams."),
                Entry(2, "de", "Der Minister trat wegen der Dämme zurück."),
                Entry(3, "und", "minister dams"),
            ]
        )
        assert set(empty.search("minister", 10)) == {1, 2, 3}
        assert set(empty.search("Ministers", 10)) == {1, 2}, "nothing is stemmed in an unknown language"


class TestMost:
    """What no passage scores above for a query's words, so that a score can be read as a share."""

    def test_it_is_the_sum_of_what_the_words_add_without_end(self, index: LexicalIndex) -> None:
        # "river" is in two of the four passages, "dam" in one, "flood" in none; tantivy's k1 is 1.2.
        rarities = [math.log(1 + (4 - n + 0.5) / (n + 0.5)) for n in (2, 1, 0)]
        assert index.most("the rivers, a dam and floods") == pytest.approx(2.2 * sum(rarities))

    def test_a_passage_of_one_word_said_often_comes_near_it(self, empty: LexicalIndex) -> None:
        empty.add([Entry(1, "en", "river " * 400), Entry(2, "en", "dam " * 400)])
        share = empty.search("river", 1)[1] / empty.most("river")
        assert 0.99 < share <= 1

    @PATIENT
    @given(texts=st.lists(st.sampled_from(SPACED), min_size=1, max_size=6), query=st.sampled_from(SPACED))
    def test_no_passage_scores_above_it_in_a_library_of_one_language(
        self, tmp_path_factory: pytest.TempPathFactory, texts: list[str], query: str
    ) -> None:
        made = LexicalIndex(tmp_path_factory.mktemp("words"))
        made.add([Entry(number, "en", text) for number, text in enumerate(texts)])
        most = made.most(query) * (1 + 1e-5)
        assert all(score <= most for score in made.search(query, 10).values())

    def test_a_query_is_measured_in_the_language_that_knows_it_best(self, empty: LexicalIndex) -> None:
        empty.add([Entry(1, "en", "The dam failed."), Entry(2, "en", "The river rose.")])
        alone = empty.most("Why did the dam fail?")
        empty.add([Entry(3, "de", "Der Fluss stieg.")])
        # In German all of the words would be unknown, and so rarer.
        assert alone < empty.most("Why did the dam fail?") < 2 * alone

    def test_pairs_of_characters_set_no_bound(self, empty: LexicalIndex) -> None:
        empty.add([Entry(1, "zh", "市议会星期一关闭了大坝。"), Entry(2, "en", "The dam failed.")])
        assert empty.most("谁关闭了大坝？") == 0
        assert empty.most("谁关闭了 dam ？") == empty.most("dam") > 0

    @pytest.mark.parametrize("query", ["", "the of and was is a", "?!"])
    def test_a_query_without_words_scores_nothing(self, index: LexicalIndex, query: str) -> None:
        assert index.most(query) == 0

    def test_an_empty_library_scores_nothing(self, empty: LexicalIndex) -> None:
        assert empty.most("river") == 0


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
        assert list(empty.search(asked, 10)) == [1]
        assert empty.search(not_asked, 10) == {}

    def test_a_name_in_another_script_is_found_in_a_text_of_any_language(self, empty: LexicalIndex) -> None:
        empty.add([Entry(1, "en", "The operation, called 扫荡行动, went on.")])
        assert list(empty.search("扫荡", 10)) == [1]

    def test_pairs_do_not_bridge_what_stands_between(self, empty: LexicalIndex) -> None:
        empty.add([Entry(1, "zh", "关闭，大坝")])
        assert empty.search("闭大", 10) == {}


class TestSearch:
    def test_the_best_come_first_with_their_bm25_score(self, index: LexicalIndex) -> None:
        found = index.search("river suspects", 10)
        assert list(found) == [1, 3]
        assert found[1] > found[3] > 0
        assert list(index.search("river suspects", 1)) == [1]

    def test_the_score_is_bm25(self, empty: LexicalIndex) -> None:
        # Three passages of 3, 1 and 2 words (mean 2): k1 = 1.2, b = 0.75; idf = ln(1 + (3 - 2 + 0.5) / 2.5).
        empty.add(english({1: "dam dam gate", 2: "dam", 3: "gate river"}))
        idf = math.log(1 + 1.5 / 2.5)
        expected = {
            1: idf * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2)),
            2: idf * 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 1 / 2)),
        }
        assert empty.search("dam", 10) == pytest.approx(expected, rel=1e-5)

    def test_only_what_is_allowed_is_ranked_and_its_score_is_the_same(self, index: LexicalIndex) -> None:
        everything = index.search("river arrest", 10)
        assert index.search("river arrest", 1, [3, 4, 99]) == {3: pytest.approx(everything[3])}
        assert index.search("river arrest", 10, []) == {}
        assert index.search("river", 0) == {}

    @pytest.mark.parametrize("reverse", [False, True])
    def test_all_that_score_as_the_last_come_too(self, empty: LexicalIndex, reverse: bool) -> None:
        texts = dict.fromkeys(range(20), "gate dam") | {50: "gate"}
        entries = english(texts)
        empty.add(entries[::-1] if reverse else entries)
        assert list(empty.search("gate", 1)) == [50]
        assert sorted(empty.search("gate", 2)) == [*range(20), 50]

    @PATIENT
    @given(st.one_of(st.text(), st.lists(st.sampled_from(SENTENCES)).map(" ".join)))
    def test_nothing_in_a_query_is_syntax(self, index: LexicalIndex, query: str) -> None:
        assert set(index.search(query, 10)) <= set(ENGLISH)
        with_marks = index.search(f'+"{query}" -river* OR (field:{query}~2^5 AND', 10)
        assert with_marks.keys() >= index.search(query, 10).keys()
        assert {1, 3} <= with_marks.keys(), "a minus does not exclude"

    def test_an_empty_index_has_nothing(self, empty: LexicalIndex) -> None:
        assert (len(empty), empty.search("dam", 5), empty.search("", 5)) == (0, {}, {})


class TestWriting:
    def test_what_is_added_is_found_at_once_and_by_who_opens_it_later(self, tmp_path: Path) -> None:
        index = LexicalIndex(tmp_path)
        index.add(english({1: "first dam"}))
        index.add(english({2: "second dam"}))
        again = LexicalIndex(tmp_path)
        assert (len(index), len(again)) == (2, 2)
        assert sorted(index.search("dam", 5)) == [1, 2]
        assert index.search("dam", 5) == again.search("dam", 5)

    def test_an_index_written_afresh_scores_as_if_nothing_else_had_been_there(self, tmp_path: Path) -> None:
        changed, fresh = LexicalIndex(tmp_path / "changed"), LexicalIndex(tmp_path / "fresh")
        changed.add(english({number: f"dam river {number}" for number in range(100, 160)}))
        changed.replace_all([Entry(200, "de", "Der Damm am Fluss"), Entry(201, "zh", "大坝关闭")])
        changed.replace_all(english(ENGLISH))
        fresh.add(english(ENGLISH))
        for query in ("river", "arrest suspects", "decay of the dam", "Damm", "大坝"):
            assert changed.search(query, 10) == fresh.search(query, 10)
        assert len(changed) == len(ENGLISH)

    def test_added_in_parts_it_scores_as_added_at_once(self, tmp_path: Path) -> None:
        parts, whole = LexicalIndex(tmp_path / "parts"), LexicalIndex(tmp_path / "whole")
        for number, text in ENGLISH.items():
            parts.add([Entry(number, "en", text)])
        whole.add(english(ENGLISH))
        for query in ("river", "arrest suspects", "decay of the dam"):
            assert parts.search(query, 10) == pytest.approx(whole.search(query, 10), rel=1e-5)

    def test_a_broken_off_write_changes_nothing(self, tmp_path: Path) -> None:
        index = LexicalIndex(tmp_path)
        index.add(english({1: "first dam"}))

        def broken() -> Iterator[Entry]:
            yield Entry(2, "en", "second dam")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            index.replace_all(broken())
        assert list(index.search("dam", 5)) == list(LexicalIndex(tmp_path).search("dam", 5)) == [1]
        index.add(english({3: "third dam"}))
        assert set(index.search("dam", 5)) == {1, 3}

    def test_a_folder_of_another_kind_is_refused_by_name(self, tmp_path: Path) -> None:
        (tmp_path / "lexical").mkdir()
        (tmp_path / "lexical/meta.json").write_text("nonsense")
        with pytest.raises(LexicalIndexError, match=r"^lexical cannot be read: "):
            LexicalIndex(tmp_path / "lexical")


class TestTerms:
    def test_a_text_is_its_stems_in_order_each_once(self) -> None:
        text = "The arrests near the rivers: arrested in 大坝关 (Rivers)"
        assert terms(text, "en") == [
            *[("en", stem) for stem in ("arrest", "near", "river", "大坝关")],
            *[("pairs", pair) for pair in ("大坝", "坝关")],
        ]
        assert terms("Rivers", "vi") == [("plain", "rivers")]
        assert terms("", "en") == []

    def test_rarity_is_bm25s_inverse_document_frequency(self, index: LexicalIndex) -> None:
        river, arrest, never = ("en", "river"), ("en", "arrest"), ("en", "unicorn")
        assert index.rarity([river, arrest, never, ("de", "river")]) == pytest.approx(
            {
                river: math.log(1 + 2.5 / 2.5),
                arrest: math.log(1 + 2.5 / 2.5),
                never: math.log(1 + 4.5 / 0.5),
                ("de", "river"): math.log(1 + 4.5 / 0.5),
            }
        )
