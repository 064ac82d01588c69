"""Sentences about rows of tables: units, periods and signs come from the headings of each column."""

from __future__ import annotations

import pytest

from rag.verification import Evidence, Gate
from rag.verification.gate import IN_OTHER_WORDS

SALES = Evidence(
    "Total net sales | $ 81,797 | $ 82,959 | $ 293,787 | $ 304,182",
    "STATEMENTS OF OPERATIONS (Unaudited)\n\n(In millions, except per-share amounts)\n\n"
    "| Three Months Ended |  | Nine Months Ended\n"
    "| July 1, 2023 | June 25, 2022 | July 1, 2023 | June 25, 2022\nApple Inc.",
    "en",
)
INCOME = Evidence(
    "Net income (loss) | $ 171 | $ (531) | $ 738 | $ (1,872)",
    "| Three Months Ended June 30, |  | Six Months Ended June 30,\n| 2023 | 2022 | 2023 | 2022\n"
    "| (In millions)\neBay Inc. Reports Second Quarter 2023 Results",
    "en",
)
METRICS = (
    "KEY FINANCIAL METRICS\n\nDollars in millions, except per share data\n\n"
    "Quarters Ended June 30, | 2023 | 2022 | Inc/ (Dec)\nMcDonald's Reports Second Quarter 2023 Results"
)
REVENUES = Evidence("Revenues | $ 6,497.5 | $ 5,718.4 | 14 %", METRICS, "en")
SHARE = Evidence("Earnings per share-diluted | $ 3.15 | $ 1.60 | 97 %", METRICS, "en")
COSTS = Evidence(
    "Cost of sales | 2,230 | 2,369", "In millions\n\nQuarters Ended June 30, | 2023 | 2022", "en"
)
MEMBERS = Evidence(
    "Paid memberships | 40,546 | 34,799", "Asia-Pacific (in thousands)\n\nAt June 30, | 2023 | 2022", "en"
)
RESEARCH = Evidence(
    "Estonia | 255.8 | 288.6 | 0.92", "EUR million\n\nCountry | 2020 | 2021 | Share of GDP 2021 (%)", "en"
)
PLAIN = Evidence("Total net sales $81,797 $82,959", "Net sales, in millions, 2023, 2022", "en")
IN_MILLIONS = ", ".join(f"$ {value} (In millions)" for value in ("81,797", "82,959", "293,787", "304,182"))
NET_INCOME = ", ".join(f"$ {value} (In millions)" for value in ("171", "(531)", "738", "(1,872)"))
EUROS = "255.8 (EUR million), 288.6 (EUR million)"
PRISONS = "Prison | Capacity | Inmates on 31 December | Occupancy"
ELLIS, GANNET = (
    Evidence(row, PRISONS, "en")
    for row in ("Fort Ellis | 640 | 1,088 | 170%", "Gannet Hill | 900 | 846 | 94%")
)


def found(sentence: str, *evidence: Evidence) -> tuple[str, str | None]:
    checked = Gate().check(sentence, evidence)
    return checked.verdict, checked.reason


@pytest.mark.parametrize(
    ("sentence", "row"),
    [
        ("Total net sales for the three months ended July 1, 2023 were $81,797 million.", SALES),
        ("Apple's net sales were $293.8 billion in the nine months ended July 1, 2023.", SALES),
        ("Net sales of the quarter fell from $82,959 million in 2022 to $81,797 million in 2023.", SALES),
        ("Net sales for the quarter ended July 1, 2023 were $81.8 billion.", SALES),
        ("eBay had a net loss of $531 million in the three months ended June 30, 2022.", INCOME),
        ("Net income (loss) was $171 million in the quarter ended June 30, 2023.", INCOME),
        ("Net income was $171 million in the second quarter of 2023, after a loss a year earlier.", INCOME),
        ("McDonald's revenues rose 14 percent to $6,497.5 million in the quarter ended June 30, 2023.",
         REVENUES),
        ("Diluted earnings per share were $3.15 in the quarter ended June 30, 2023, up 97 percent.", SHARE),
        ("Cost of sales was $2,230 million in the quarter ended June 30, 2023.", COSTS),
        ("There were 40.5 million paid memberships on June 30, 2023.", MEMBERS),
        ("Total net sales were $81,797 million.", PLAIN),
        ("Estonia spent €288.6 million on research in 2021, or 0.92 percent of GDP.", RESEARCH),
    ],
)  # fmt: skip
def test_a_figure_of_a_row_has_the_unit_and_the_period_of_its_headings(sentence: str, row: Evidence) -> None:
    assert found(sentence, row)[0] == "paraphrased"


@pytest.mark.parametrize(
    ("sentence", "row", "reason"),
    [
        ("Total net sales for the three months ended July 1, 2023 were $81,797 billion.", SALES,
         f"$81,797 billion is not in the cited sentence, which has {IN_MILLIONS}"),
        ("Total net sales for the three months ended July 1, 2023 were $81,797.", SALES,
         f"$81,797 is not in the cited sentence, which has {IN_MILLIONS}"),
        ("Total net sales for the three months ended July 1, 2023 were $82,959 million.", SALES,
         "$82,959 million is in the column “Three Months Ended June 25, 2022”, which is another period"),
        ("Total net sales for the six months ended July 1, 2023 were $81,797 million.", SALES,
         "$81,797 million is in the column “Three Months Ended July 1, 2023”, which is another period"),
        ("eBay had a net loss of $171 million in the three months ended June 30, 2023.", INCOME,
         "the cited row has $ 171, which is no loss"),
        ("eBay had a net income of $531 million in the three months ended June 30, 2022.", INCOME,
         f"$531 million is not in the cited sentence, which has {NET_INCOME}"),
        ("Diluted earnings per share were $3.15 million in the quarter ended June 30, 2023.", SHARE,
         "$3.15 million is not in the cited sentence, which has $ 3.15, $ 1.60"),
        ("Estonia spent $288.6 million on research in 2021.", RESEARCH,
         f"$288.6 million is not in the cited sentence, which has {EUROS}, 0.92"),
    ],
)  # fmt: skip
def test_another_scale_currency_period_or_sign_is_refuted(sentence: str, row: Evidence, reason: str) -> None:
    assert found(sentence, row) == ("unsupported", reason)


def test_a_count_without_the_scale_of_its_headings_is_in_doubt() -> None:
    verdict, reason = found("There were 40,546 paid memberships on June 30, 2023.", MEMBERS)
    assert (verdict, reason) == ("paraphrased", "the cited sentence itself does not state 40,546")


def test_an_amount_per_share_may_be_in_a_group_that_the_headings_do_not_name() -> None:
    headings = "In millions, except per share amounts\n\nQuarters Ended June 30, | 2023 | 2022"
    basic = Evidence("Basic | $ 0.33 | $ 0.67", headings, "en")
    assert found("Basic earnings were $0.33 in the quarter ended June 30, 2023.", basic)[0] == "paraphrased"
    assert found("Basic earnings were $0.67 in the quarter ended June 30, 2023.", basic)[0] == "unsupported"


def test_a_figure_of_another_cited_row_is_refuted() -> None:
    sentence = "Fort Ellis held 1,088 inmates on 31 December, or 170 percent of its capacity of 640."
    assert found(sentence, ELLIS, GANNET)[0] == "paraphrased"
    sentence = "Fort Ellis held 846 inmates on 31 December, or 94 percent of its capacity of 900."
    assert found(sentence, ELLIS, GANNET) == (
        "unsupported",
        "846 is in the row “Gannet Hill”, not in the row “Fort Ellis”",
    )


def test_the_years_of_a_sentence_are_in_the_order_of_its_figures() -> None:
    sentence = "Revenues rose from ${} million in 2022 to ${} million in 2023."
    assert found(sentence.format("5,718.4", "6,497.5"), REVENUES) == ("paraphrased", IN_OTHER_WORDS)
    assert found(sentence.format("6,497.5", "5,718.4"), REVENUES) == (
        "paraphrased",
        "it names several years, and it is not certain which figure belongs to which",
    )
