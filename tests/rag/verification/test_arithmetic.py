"""Each figure of a sentence is cited, computed from cited ones with a formula, or refuted."""

from __future__ import annotations

import pytest

from rag.verification import Evidence, Gate
from tests.rag.verification.test_rows import ELLIS, GANNET, INCOME, REVENUES, SALES

SHARE = Evidence(
    "Diluted earnings per share | $ 8.83 | $ 7.10", "Years ended December 31, | 2023 | 2022", "en"
)
EXPENSE = Evidence(
    "Other expense, net | (640) | (512)",
    "In millions of dollars\n\nYear ended December 31, | 2023 | 2022",
    "en",
)
REGIONS = tuple(
    Evidence(row, "Region | Schools 2023 | Schools 2022", "en")
    for row in ("North | 120 | 100", "South | 80 | 90", "East | 50 | 40")
)
SPENT = Evidence("The fund spent $4.2 million in 2022 and $5.6 million in 2023.", language="en")
HOMES = Evidence("Of the 1,500 homes that were planned, 1,120 have been built.", language="en")
GIRLS = Evidence("71 percent of the pupils were girls.", language="en")
GIRLS_FEW = Evidence("41.2 percent of the pupils were girls.", language="en")
HERD = Evidence("It counted 4,180 animals in the herd in 2023, against 6,950 in 2015.", language="en")
LENT = Evidence("The bank lent 88 million rand in loans of 14,500 rand.", language="en")
CLOSED = Evidence("The libraries in Ashmere, Tolby and Wick close.", language="en")
ENROLLED = Evidence("It was 64 percent for girls and 77 percent for boys.", language="en")
AID = Evidence("Of the 5,000 families in camps, 12 percent got aid.", language="en")
VIETNAMESE = Evidence("Quỹ chi 4,2 triệu đô la năm 2022 và 5,6 triệu đô la năm 2023.", language="vi")


@pytest.mark.parametrize(
    ("sentence", "evidence", "formula"),
    [
        ("Diluted earnings per share rose by $1.73 in 2023.", (SHARE,), "8.83 − 7.10 = 1.73"),
        ("Diluted earnings per share rose 24% in 2023.", (SHARE,), "(8.83 − 7.10) ÷ 7.10 = 24.4%"),
        ("Diluted earnings per share were 1.2 times those of 2022.", (SHARE,), "8.83 ÷ 7.10 = 1.2"),
        ("Revenues rose by $779.1 million to $6,497.5 million in 2023.", (REVENUES,),
         "6,497.5 − 5,718.4 = 779.1"),
        ("Net sales fell 3.4% in the nine months ended July 1, 2023.", (SALES,),
         "(293,787 − 304,182) ÷ 304,182 = −3.4%"),
        ("Net sales fell by $1.2 billion in the three months ended July 1, 2023.", (SALES,),
         "82,959 − 81,797 = 1,162"),
        ("A net loss of $531 million became an income of $171 million, an improvement of $702 million.",
         (INCOME,), "171 − (−531) = 702"),
        ("Other expense rose by $128 million in 2023.", (EXPENSE,), "640 − 512 = 128"),
        ("There were 250 schools in total in 2023.", REGIONS, "120 + 80 + 50 = 250"),
        ("In total there were 230 schools in 2022.", REGIONS, "100 + 90 + 40 = 230"),
        ("The North had 48% of all schools in 2023.", REGIONS, "120 ÷ (120 + 80 + 50) = 48.0%"),
        ("On average, there were 83 schools in 2023.", REGIONS, "(120 + 80 + 50) ÷ 3 = 83.3"),
        ("There were schools in all three regions.", REGIONS, "North, South, East: 3"),
        ("Together, both prisons held 1,934 inmates.", (ELLIS, GANNET), "1,088 + 846 = 1,934"),
        ("Spending rose by $1.4 million from 2022 to 2023.", (SPENT,), "5.6 − 4.2 = 1.4"),
        ("Spending rose by a third, from $4.2 million to $5.6 million.", (SPENT,),
         "(5.6 − 4.2) ÷ 4.2 = 33.3%"),
        ("The fund spent $9.8 million in the two years together.", (SPENT,), "4.2 + 5.6 = 9.8"),
        ("About 75 percent of the planned homes have been built.", (HOMES,), "1,120 ÷ 1,500 = 74.7%"),
        ("Another 380 planned homes remain.", (HOMES,), "1,500 − 1,120 = 380"),
        ("The remaining 29 percent were boys.", (GIRLS,), "100 − 71 = 29%"),
        ("The gap between girls and boys was 13 points.", (ENROLLED,), "77 − 64 = 13"),
        ("Of these families, 600 got aid.", (AID,), "12% × 5,000 = 600"),
        ("Three libraries close.", (CLOSED,), "Ashmere, Tolby, Wick: 3"),
        ("She found roughly a third of what is claimed.",
         (Evidence("She found $74 million of the claims of $211 million.", language="en"),),
         "74 ÷ 211 = 35.1%"),
        ("More than four in five of those who voted backed it.",
         (Evidence("They voted by 1,904 to 377 to accept it.", language="en"),),
         "1,904 ÷ (1,904 + 377) = 83.5%"),
        ("Riders and walkers together made up about two thirds of the dead.",
         (Evidence("Riders were 44 percent of the dead and walkers 23 percent.", language="en"),),
         "44 + 23 = 67%"),
        ("Chi tiêu tăng 1,4 triệu đô la.", (VIETNAMESE,), "5.6 − 4.2 = 1.4"),
    ],
)  # fmt: skip
def test_a_figure_that_follows_from_cited_ones_is_computed(
    sentence: str, evidence: tuple[Evidence, ...], formula: str
) -> None:
    found = Gate().check(sentence, evidence)
    assert (found.verdict, found.formula) == ("computed", formula)


@pytest.mark.parametrize(
    ("sentence", "evidence"),
    [
        pytest.param("Diluted earnings per share fell by $1.73 in 2023.", (SHARE,), id="direction"),
        pytest.param("Diluted earnings per share rose by $1.74 in 2023.", (SHARE,), id="last digit"),
        pytest.param("Diluted earnings per share rose by $1.73 in 2021.", (SHARE,), id="year"),
        pytest.param("Diluted earnings per share rose 20% in 2023.", (SHARE,), id="share of the later"),
        pytest.param("Revenues rose by $779.1 billion in 2023.", (REVENUES,), id="scale"),
        pytest.param("Revenues rose by €779.1 million in 2023.", (REVENUES,), id="currency"),
        pytest.param("Net sales fell 3.4% in the three months ended July 1, 2023.", (SALES,), id="period"),
        pytest.param("Other expense fell by $128 million in 2023.", (EXPENSE,), id="direction of a cost"),
        pytest.param("There were 230 schools in total in 2023.", REGIONS, id="sum of another year"),
        pytest.param("Together, both prisons held 1,540 inmates.", (ELLIS, GANNET), id="another column"),
        pytest.param("Spending fell by $1.4 million from 2022 to 2023.", (SPENT,), id="direction of prose"),
        pytest.param("The fund spent $9.9 million in both years.", (SPENT,), id="sum"),
        pytest.param("The South had 30 more schools than the North in 2023.", REGIONS, id="who has more"),
        pytest.param("The herd fell by about 60 percent.", (HERD,), id="share for change"),
        pytest.param("More than half of the pupils were girls.", (GIRLS_FEW,), id="rest"),
        pytest.param("The bank lent $88 million.", (LENT,), id="sum with a trifle"),
        pytest.param("About 80 percent of the planned homes have been built.", (HOMES,), id="rounding"),
    ],
)
def test_a_figure_that_is_neither_cited_nor_computed_is_unsupported(
    sentence: str, evidence: tuple[Evidence, ...]
) -> None:
    found = Gate().check(sentence, evidence)
    assert (found.verdict, found.formula, found.figures_match) == ("unsupported", "", False)


def test_a_computation_that_the_sentence_may_not_mean_is_only_paraphrased() -> None:
    found = Gate().check("Fort Ellis was 448 inmates over its capacity.", [ELLIS, GANNET])
    assert (found.verdict, found.reason) == ("paraphrased", "the cited sentence may mean other figures")
    assert found.formula == "1,088 − 640 = 448"


@pytest.mark.parametrize(
    ("sentence", "evidence"),
    [
        ("It raised its 2023 guidance to $9.10.",
         Evidence("The company raised its guidance to $9.10.", language="en")),
        ("The Form 10-K says that sales fell.", Evidence("Sales fell.", "Form 10-K", "en")),
        ("COVID-19 closed the mine.", Evidence("The mine closed.", "COVID-19", "en")),
        ("Other expense, net was $640 million in 2023.", EXPENSE),
        ("A year later, the fund spent $5.6 million.", SPENT),
    ],
)  # fmt: skip
def test_a_year_a_name_and_a_cost_in_brackets_are_no_faults(sentence: str, evidence: Evidence) -> None:
    found = Gate().check(sentence, [evidence])
    assert (found.verdict, found.checks["figures"], found.formula) == ("paraphrased", 1.0, "")
