"""A question requires names and parts of years of its evidence."""

from __future__ import annotations

import pytest

from rag.finding.abstention import (
    absent_months,
    absent_names,
    absent_periods,
    absent_years,
    compared,
    named,
    phrases,
)
from rag.questions import understand


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("What were Target's sales in the second quarter of May 2023?", ["Target"]),
        ("What did Mary Dillon's Ulta Beauty and eBay pay in Q2?", ["Mary Dillon", "Ulta Beauty", "eBay"]),
        ("Was the ice of 2019 thick?", []),
        ("What Were The Sales Of Target In Spring?", []),
        ("what were the sales of target?", []),
        ("Wie hoch war der Umsatz des Unternehmens im letzten Jahr?", []),
    ],
)
def test_names_are_capitalised_words_that_are_neither_dates_nor_a_matter_of_style(
    asked: str, named: list[str]
) -> None:
    assert phrases(understand(asked)) == named


@pytest.mark.parametrize(
    ("name", "text", "absent"),
    [
        ("Target", "The target of the company is growth.", True),
        ("Target", "She sat on the board of TARGET Corporation.", False),
        ("Target", "Ontarget sold its shops.", True),
        ("eBay", "EBAY INC. reports", False),
        ("Mary Dillon", "Dillon will receive a base salary.", False),
        ("PG&E", "Pacific Gas and Electric Company serves California.", False),
        ("R&D", "Expenses for research and development rose.", False),
        ("EPS", "Diluted earnings per share were 6.73.", False),
        ("EU", "Each user has an account.", True),
        ("US", "Sales in the U.S. grew.", False),
        ("French", "The market in France grew.", False),
        ("Asia-Pacific", "Members in Asia and the Pacific", False),
        ("African", "Ships of southern Africa", False),
        ("Kasai", "Trois cas au Kasaï", False),
        ("F-35", "The First of the Forces", True),
        ("F-35", "Two F-35s were delivered", False),
        ("MoU", "The memorandum of understanding was signed", False),
        ("MoU", "The memorandum was signed", True),
    ],
)
def test_a_name_is_absent_unless_a_word_or_the_long_form_or_the_country_is_there(
    name: str, text: str, absent: bool
) -> None:
    assert absent_names(understand(f"What is known of {name}?"), text) == [name] * absent


SECOND = "What were the sales in the second quarter of 2023?"


@pytest.mark.parametrize(
    ("asked", "text", "absent"),
    [
        (SECOND, "Three months ended June 30, 2023", []),
        (SECOND, "Q2 2023", []),
        (SECOND, "Second-Quarter 2023, printed in August 2023", []),
        (SECOND, "2Q23, printed in August 2023", []),
        ("What were the second-quarter sales?", "Three months ended July 2, 2023", []),
        ("What were the 2Q23 sales?", "Three months ended March 26, 2023", ["2Q23"]),
        (SECOND, "The quarter from April to June", []),
        (SECOND, "Quarter ended July 2, 2023", []),
        (SECOND, "In 2023, sales were 5.", []),
        (SECOND, "Three months ended March 26, 2023", ["second quarter of 2023"]),
        (SECOND, "Sales of the third quarter of 2023, reported in July 2023", ["second quarter of 2023"]),
        (SECOND, "Three months ended June 30, 2022", ["second quarter of 2023"]),
        ("What were the sales in the first half of 2023?", "Six Months Ended June 30, 2023", []),
        ("What were the sales in the first six months of 2023?", "Six Months Ended June 30, 2023", []),
        ("What were the sales in Q4 2022?", "Three months ended June 30, 2023", ["Q4 2022"]),
        ("What were the sales in Q2 of fiscal 2024?", "Second Quarter Fiscal 2024, July 31, 2023", []),
        ("What were the sales in Q2 of fiscal 2024?", "Three months ended July 31, 2023", []),
        ("What were the sales in Q2 of 2024?", "Second Quarter Fiscal 2024, July 31, 2023", []),
        ("What were the sales in Q3 of fiscal 2024?", "Second Quarter Fiscal 2024", ["Q3 of 2024"]),
        ("What were the sales in 2023?", "Three months ended June 30, 2023", []),
    ],
)
def test_a_part_of_a_year_is_absent_from_a_text_about_others(
    asked: str, text: str, absent: list[str]
) -> None:
    assert absent_periods(understand(asked), text) == absent


@pytest.mark.parametrize(
    ("asked", "text", "absent"),
    [
        ("What fell in July 2023?", "Printed on 15/07/2023", []),
        ("What fell in July 2023?", "The third quarter ended July 31", []),
        ("What fell in July 2023?", "Printed in July 2022", ["July 2023"]),
        ("What fell on 14 July?", "Printed in June 2023", ["14 July"]),
        ("What fell in the third quarter?", "Printed in June 2023", []),
    ],
)
def test_a_month_is_absent_from_a_text_without_a_date_in_it(asked: str, text: str, absent: list[str]) -> None:
    assert absent_months(understand(asked), text) == absent


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("In 2023", []),
        ("2Q23", []),
        ("FY23", []),
        ("2022/23", []),
        ("In 2022", ["2023"]),
        ("23 men", ["2023"]),
    ],
)
def test_a_year_may_have_two_digits(text: str, absent: list[str]) -> None:
    assert absent_years(understand("What were the sales of 2023?"), text) == absent


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("Were Merck's sales higher than those of Pfizer?", ["Merck", "Pfizer"]),
        ("What were the sales of Merck and of Pfizer?", ["Merck", "Pfizer"]),
        ("What did Merck sell to Pfizer?", []),
        ("What did Merck sell? How and when did Pfizer buy?", []),
    ],
)
def test_names_are_compared_if_a_word_such_as_or_or_than_joins_them(asked: str, names: list[str]) -> None:
    assert compared(understand(asked)) == names


def test_a_text_speaks_of_a_name_if_it_has_all_of_its_words() -> None:
    question = understand("What did Alaska Airlines pay to Boeing?")
    assert named(question, "Boeing is not in Alaska.") == ["Boeing"]
    assert absent_names(question, "Boeing is not in Alaska.") == []


def test_a_word_that_is_only_stressed_is_no_name() -> None:
    question = understand("What was the number of trees in the OLDER survey of the WHO?")
    assert absent_names(question, "A survey counted trees.") == ["WHO"]
