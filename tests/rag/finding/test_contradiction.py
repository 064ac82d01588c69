"""A sentence contradicts a question by the opposite of a word, or by a missing denial."""

from __future__ import annotations

import pytest

from index.search.analyzers import terms
from rag.finding.contradiction import OPPOSITES, denies, negates, opposes


def opposed(question: str, sentence: str) -> bool:
    return opposes(terms(question, "en"), terms(sentence, "en"))


class TestOpposites:
    @pytest.mark.parametrize(
        ("question", "sentence"),
        [
            ("Which cells have a stronger link?", "Helper cells have a weaker link than killer cells."),
            ("What precedes the Gothic period?", "The Norman period succeeds it."),
            ("Who strengthened the dam?", "The flood weakened the dam."),
            ("Which road is the longest?", "The shortest road leads to Orrin."),
            ("Which road is dirtier?", "The northern road is cleaner."),
            ("Which exports increased in May?", "Exports of rice decreased in May."),
            ("Who was found guilty?", "The mayor was found innocent."),
            ("What was the maximum depth?", "The minimum depth was two metres."),
        ],
    )
    def test_a_sentence_with_the_opposite_of_a_word_opposes_the_question(
        self, question: str, sentence: str
    ) -> None:
        assert opposed(question, sentence)

    @pytest.mark.parametrize(
        ("question", "sentence"),
        [
            ("Which cells have a weaker link?", "Helper cells have a weaker link than killer cells."),
            ("Did exports increase or decrease?", "Exports of rice decreased in May."),
            ("Which exports increased in May?", "Exports increased in May and decreased in June."),
            ("Who strengthened the dam?", "The council strengthened it."),
            ("Who?", "He was weak."),
            ("", ""),
        ],
    )
    def test_a_sentence_with_the_word_itself_opposes_nothing(self, question: str, sentence: str) -> None:
        assert not opposed(question, sentence)

    def test_a_pair_has_two_single_words(self) -> None:
        words = [word for pair in OPPOSITES for word in pair]
        assert all(word.isalpha() and word.islower() for word in words)
        assert all(first != second for first, second in OPPOSITES)
        assert len({frozenset(pair) for pair in OPPOSITES}) == len(OPPOSITES)


class TestDenials:
    @pytest.mark.parametrize(
        "text",
        [
            "Who did not leave?",
            "What wasn't said?",
            "What wasn’t said?",
            "They never came.",
            "It failed to open.",
            "No one was hurt.",
            "Unless it rains, the gate stays shut.",
        ],
    )
    def test_denials_are_recognised(self, text: str) -> None:
        assert denies(text)

    @pytest.mark.parametrize(
        "text", ["Who left?", "The knot was tied.", "Notes on nothingness", "A failure."]
    )
    def test_words_that_only_resemble_denials_are_not_denials(self, text: str) -> None:
        assert not denies(text)


class TestNonBeforeAWord:
    @pytest.mark.parametrize(
        ("question", "text"),
        [
            ("What was the GAAP operating margin?", "Non-GAAP operating margin | 26.9 %"),
            ("What was the non-GAAP operating margin?", "GAAP operating margin | 20.4 %"),
            ("What are the current assets?", "Total non current assets | 12"),
        ],
    )
    def test_it_negates_the_word_of_the_question(self, question: str, text: str) -> None:
        assert negates(question, text)

    @pytest.mark.parametrize(
        ("question", "text"),
        [
            ("What was the GAAP operating margin?", "GAAP operating margin | 20.4 %"),
            ("What was the non-GAAP operating margin?", "Non-GAAP operating margin | 26.9 %"),
            ("What was the operating margin?", "Non-GAAP operating margin | 26.9 %"),
            ("What was the GAAP operating margin?", "Neither GAAP nor non-GAAP operating margin grew."),
            ("What were the GAAP and the non-GAAP margin?", "Non-GAAP margin | 26.9 %"),
            ("What was the GAAP operating margin?", "The canon GAAP of margins"),
        ],
    )
    def test_it_negates_no_other_word(self, question: str, text: str) -> None:
        assert not negates(question, text)
