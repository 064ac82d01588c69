"""The parts that compare a sentence with the question, the order of events, and paraphrases."""

from __future__ import annotations

import pytest

from rag.figures.dates import dates
from rag.figures.periods import joined_periods, named_periods
from rag.questions import understand
from rag.verification.evidence import Evidence, Statement
from rag.verification.gate import Part
from rag.verification.grammar.causes import causes
from rag.verification.grammar.governing import governing
from rag.verification.grammar.sequence import sequence
from rag.verification.grammar.speeches import speeches
from rag.verification.relevance.answering import lacks
from rag.verification.relevance.asked import asked
from rag.verification.words.directions import follows_from_figures
from rag.verification.words.phrases import said_otherwise
from rag.verification.words.words import content

TWO = "Referee Tom Sarr said that the pitch was unplayable, but keeper Ana Reis said she had seen worse."


def cited(quote: str, language: str = "en") -> list[Evidence]:
    return [Evidence(quote, language=language)]


@pytest.mark.parametrize(
    ("question", "language", "heads", "when", "who"),
    [
        ("How many suspected cholera patients were treated?", "en", {"patient"}, False, False),
        ("How many people were injured in the quake?", "en", {"injur"}, False, False),
        ("How many people did the quake injure?", "en", {"injur"}, False, False),
        ("When will the line open?", "en", set(), True, False),
        ("Who designed the tunnel?", "en", set(), False, True),
        ("Berapa jumlah pemilih terdaftar di Padma?", "id", {"pemilih", "terdaftar"}, False, False),
        ("新体育馆什么时候开放?", "zh", set(), True, False),
        ("Cầu Mỹ Lâm thông xe khi nào?", "vi", set(), True, False),
    ],
)
def test_what_is_asked_for_is_read(
    question: str, language: str, heads: set[str], when: bool, who: bool
) -> None:
    found = asked(question, language)
    assert (set(found.heads), found.when, found.who) == (heads, when, who)


@pytest.mark.parametrize(
    ("question", "sentence", "lacking"),
    [
        ("How many people died of dengue?", "There were 1,940 cases of dengue.",
         "it does not speak of what is asked for: died"),
        ("How many people died of dengue?", "Dengue killed 19 people.", None),
        ("When will the line open?", "The line carries 1,400 passengers a day.",
         "it tells no time, which is asked for"),
        ("When will the line open?", "The line opens in September.", None),
        ("Who designed the Tessin tunnel?", "The Tessin tunnel cost 1.2 billion francs.",
         "it names nobody, who is asked for"),
        ("How many trees were planted in 2022?", "In 2018, 40 trees were planted.",
         "it speaks of 2018, and the question of 2022"),
        ("How many trees were planted in 2022?", "From 2020 to 2024, 40 trees were planted.", None),
    ],
)  # fmt: skip
def test_what_is_asked_for_and_lacking_is_named(question: str, sentence: str, lacking: str | None) -> None:
    found = lacks(Statement(sentence, "en"), understand(question), cited(sentence), None)
    assert found == lacking


@pytest.mark.parametrize(
    ("part", "language", "sentence", "quote", "failed"),
    [
        (sequence, "en", "The airline cut routes after the strike ended.",
         "The strike ended two weeks after the airline cut routes.", True),
        (sequence, "en", "Before the strike ended, the airline cut routes.",
         "The strike ended two weeks after the airline cut routes.", False),
        (sequence, "zh", "大桥封闭两周后，检查人员发现裂缝。", "检查人员发现裂缝两周后，大桥封闭。", True),
        (causes, "en", "It fell because of an overloaded truck.",
         "It fell because of corroded cables, and not because of an overloaded truck.", True),
        (causes, "en", "It fell owing to corroded cables.",
         "It fell because of corroded cables, and not because of an overloaded truck.", False),
        (speeches, "en", "Keeper Ana Reis said that the pitch was unplayable.",
         TWO, True),
        (speeches, "en", "Referee Tom Sarr said that the pitch was unplayable.",
         TWO, False),
        (governing, "en", "Rovel bought Lactis in June.",
         "Rovel bought Lactis in May and sold its bakery in June.", True),
        (governing, "en", "Rovel bought Lactis in May.",
         "Rovel bought Lactis in May and sold its bakery in June.", False),
    ],
)  # fmt: skip
def test_what_has_changed_places_is_found(
    part: Part, language: str, sentence: str, quote: str, failed: bool
) -> None:
    assert part(Statement(sentence, language), cited(quote, language)).failed is failed


@pytest.mark.parametrize(
    ("text", "language", "months"),
    [
        ("the second quarter of 2023", "en", (2023, 4, 6)),
        ("the first half of 2024", "en", (2024, 1, 6)),
        ("the last three months of 2022", "en", (2022, 10, 12)),
        ("quý II năm 2023", "vi", (2023, 4, 6)),
        ("kuartal kedua 2023", "id", (2023, 4, 6)),
        ("2023年下半年", "zh", (2023, 7, 12)),
    ],
)
def test_a_part_of_a_year_has_its_months(text: str, language: str, months: tuple[int, int, int]) -> None:
    found = [(each.year, each.month, each.until) for each in named_periods(text, language)]
    assert found == [months]


def test_two_dates_that_are_the_ends_of_months_are_one_period() -> None:
    whole = "From 1 April to 30 June 2023 it rained."
    part = "From 2 April to 30 June 2023 it rained."
    assert [(p.year, p.month, p.until) for *_, p in joined_periods(dates(whole, "en"), whole)] == [
        (2023, 4, 6)
    ]
    assert joined_periods(dates(part, "en"), part) == []


def test_a_phrase_stands_for_a_word_of_its_group_only() -> None:
    own = "The fire was put out and the mayor quit."
    found = said_otherwise(own, "Firefighters extinguished it.", "en")
    assert [span.of(own) for span in found] == ["put out"]


def test_a_direction_follows_from_two_figures() -> None:
    up, down = "Profit rose to 12 from 9.", "Profit fell to 12 from 9."
    assert [follows_from_figures(content(text, "en")[1], text, "en") for text in (up, down)] == [True, False]
