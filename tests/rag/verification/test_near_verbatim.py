"""Words that may be left out of a quote, and words that may not."""

from __future__ import annotations

import pytest

from rag.llm.prompts import WRITE_BRIEFLY
from rag.verification import Evidence
from rag.verification.near_verbatim import is_near_verbatim, is_verbatim

RAID = (
    "Police in Lorvenna arrested 1,043 suspects in 53 scam dens on 18 July 2025, the Interior Ministry said."
)


SHAFT = "Its captain, Lena Voss, blamed a cracked shaft, which will take at least nine weeks to replace."


def near(sentence: str, quote: str, language: str = "en") -> bool:
    return is_near_verbatim(sentence, language, [Evidence(quote, language=language)])


@pytest.mark.parametrize(
    "row",
    [
        ("Police in Lorvenna arrested 1,043 suspects in 53 scam dens on 18 July 2025.", RAID),
        ("The police in Lorvenna had arrested 1043 suspects in 53 scam dens on July 18, 2025.", RAID),
        ("Police in Lorvenna arrested 1,043 suspects in 53 scam dens.", RAID),
        ("On 18 July 2025, police in Lorvenna arrested 1,043 suspects in 53 scam dens.", RAID),
        ("Police in Lorvenna arrested 1,043 suspects in 53 scam dens in July 2025.", RAID),
        ("Police in Lorvenna arrested over a thousand suspects in 53 scam dens.", RAID),
        # A main clause and the level after a change may go.
        ("His deputy had hidden a debt.", "The judge fined his deputy, who had hidden a debt, on Monday."),
        ("The hall holds 300 people.", "Fire destroyed the hall, which holds 300 people."),
        ("Capacity grew by 24 percent in 2023.", "Capacity grew by 24 percent to 3,100 megawatts in 2023."),
        ("Capacity grew by 24 percent.", "Capacity grew by 24 percent to 3,100 megawatts in 2023."),
        # In other languages, the whole is repeated.
        ("中级法院维持了判决", "中级法院维持了判决。", "zh"),
        ("Harga naik 3 persen.", "Harga naik 3 persen; upah turun.", "id"),
        ("តម្លៃកើនឡើង", "តម្លៃកើនឡើង។", "km"),
    ],
)  # fmt: skip
def test_the_end_and_the_form_of_words_figures_and_dates_may_differ(row: tuple[str, ...]) -> None:
    assert near(*row)


@pytest.mark.parametrize(
    "row",
    [
        ("Police in Lorvenna were arrested on 18 July 2025.", RAID),
        ("Police in Lorvenna arrested 1,034 suspects.", RAID),
        ("Police in Lorvenna arrested 53 suspects in 1,043 scam dens.", RAID),
        ("Suspects in Lorvenna arrested police.", RAID),
        ("Ilse Marr closed the bridge at Tolm.", "Ilse Marr opened the bridge at Tolm."),
        ("Mirela Tanov cleared Oskar Lind.",
         "Mirela Tanov cleared Anton Breik of fraud but fined Oskar Lind."),
        ("Lidia Farrow was born in 1958.",
         "Lidia Farrow was born in Tolm in 1931 and moved to Sarn in 1958."),
        ("The dam will be built.", "The dam will be built if the parliament agrees."),
        ("The dam will be built by May.", "The dam, if the parliament agrees, will be built by May."),
        ("The bank failed in May.", "The minister denied that the bank failed in May."),
        ("It is the largest bank.", "It is the largest bank in Ostrel."),
        ("No accident occurred.", "No accident occurred at our own sites."),
        ("All children were vaccinated.", "All children in Dovar were vaccinated."),
        ("The school reopened in May.", "The school did not reopen in May."),
        ("Unemployment of the young fell.", "Unemployment of the young fell in Ostrel."),
        ("The vaccine is effective.", "The vaccine is effective in adults over 60."),
        ("Half of the cases were in Dovar.", "Half of the cases were in Dovar and Brenn."),
        ("Prices rose by 5 percent in May.", "Prices rose to 5 percent in May."),
        ("Police arrested nearly 2,000 suspects in Sarn.", "Police arrested 1,043 suspects in Sarn."),
        ("Visits rose 5 percent in January.", "Visits rose 5 percent since January."),
        ("Profit fell because of higher costs.", "Profit fell, and sales rose, because of higher costs."),
        ("Resistance was caused by a stay.",
         "Resistance was linked to, but not shown to be caused by, a stay."),
        ("The police arrested them.", "The police may have arrested them."),
        # A relative clause is said of no other thing.
        ("The cracked shaft will take nine weeks to replace.", SHAFT),
        ("Lena Voss will take at least nine weeks to replace.", SHAFT),
        ("The budget angered the residents.", "The council cut its budget, which angered the residents."),
        ("The bridge holds ten cars.", "He denied that the bridge, which holds ten cars, was closed."),
        ("A bridge holds ten cars.", "The council refused a bridge, which holds ten cars."),
        ("The mayor had hidden a debt.", "She met the sister of the mayor, who had hidden a debt."),
        ("The judge had hidden a debt.", "The judge fined his deputy, who had hidden a debt."),
        ("Capacity grew to 3,100 megawatts.", "Capacity grew by 24 percent to 3,100 megawatts in 2023."),
        ("Turnout rose from 24 percent in 2023.", "Turnout rose from 24 percent to 31 percent in 2023."),
        ("中级法院维持了判决", "中级法院没有维持了判决。", "zh"),
        ("水位恢复是原因", "研究人员认为水位恢复是原因。", "zh"),
        ("Sumardika menerima hasil", "Sumardika tidak menerima hasil", "id"),
        ("Giá tăng 3%.", "Giá tăng 3,5%.", "vi"),
        ("El precio subió", "El precio no subió", "es"),
        ("តម្លៃកើនឡើង", "តម្លៃមិនកើនឡើង។", "km"),
    ],
)  # fmt: skip
def test_what_changes_the_meaning_may_not_go(row: tuple[str, ...]) -> None:
    assert not near(*row)


def test_the_sentences_that_the_prompt_gives_as_an_example_repeat_their_source() -> None:
    question, reply = WRITE_BRIEFLY[-2:]
    assert SHAFT in question.text
    sentences = [line.partition("] ")[2] for line in reply.text.splitlines()]
    assert sentences == [
        "The cracked shaft will take at least nine weeks to replace.",
        "Its captain, Lena Voss, blamed a cracked shaft.",
    ]
    assert [near(sentence, SHAFT) for sentence in sentences] == [True, True]


def test_quotes_in_their_order_are_word_for_word() -> None:
    quotes = [Evidence("It rained. "), Evidence("The dam held.")]
    assert is_verbatim("It rained.  The dam held", quotes)
    assert not is_verbatim("The dam held. It rained.", quotes)
    assert not is_verbatim("", [Evidence("")])
