"""What a refusal calls missing is missing from everything that it speaks of, and says something."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from index.text import fold
from rag.engine import QueryEngine
from rag.finding.abstention import Abstention, caveat, decide, lacking, shortfall
from tests.support.candidates import ALWAYS, NEVER, ranked_in
from tests.support.examples import up_to
from tests.support.libraries import MakeLibrary

PFIZER = """# Pfizer results

New York, August 1, 2023

($ in millions) | Second-Quarter 2023 | Second-Quarter 2022
Pfizer Oncology | 2,886 | 3,004
Pfizer Biopharma | 12,427 | 27,400
"""
CORNING = """# Corning results

Three months ended July 2, 2023

Segment | 2023 | 2022
Display sales | 928 | 878
Optical sales | 1,066 | 1,313
"""
MERCK = """# Merck results

Rahway, August 1, 2023

In 2Q23, sales of Merck's vaccines were 6,271 million dollars.
"""
FIRES = "# Wild fires\n\nWild-fires in Haitian woods and at Asia's hyper-markets. Wages fell in Peru.\n"
LIBRARY = {"pfizer.md": PFIZER, "corning.md": CORNING, "merck.md": MERCK, "fires.md": FIRES}


def refusal(engine: QueryEngine, text: str, *, answerable: bool = True) -> Abstention | None:
    question, readings, found = ranked_in(engine, text)
    calibration = ALWAYS if answerable else NEVER
    with engine.index.snapshot() as snapshot:
        return decide(snapshot, question, found, calibration, filtered=False, read=readings).abstention


@pytest.mark.parametrize(
    "asked",
    [
        "Pfizer Oncology, second quarter of 2023",
        "What were the revenues of Pfizer Oncology in the second quarter of 2023?",
        "What did Pfizer Oncology earn in Q2 2023?",
        "What did Pfizer Oncology earn in 2Q23?",
        "What were Pfizer Oncology's second-quarter 2023 revenues?",
        "What were Merck's sales of vaccines in the second quarter of 2023?",
        "What were Corning's Display sales in the second quarter of 2023?",
        "What were Corning's Display sales in 2022?",
    ],
)
def test_a_row_of_the_period_in_any_spelling_is_not_refused(library: MakeLibrary, asked: str) -> None:
    assert refusal(library(LIBRARY), asked) is None


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        ("What were the revenues of Pfizer Oncology in the third quarter of 2023?", "third quarter of 2023"),
        ("What were the revenues of Pfizer Oncology in Q4 2022?", "Q4 2022"),
        ("What were the revenues of Pfizer Oncology in 2019?", "2019"),
        ("What were Corning's Display sales in the third quarter of 2023?", "third quarter of 2023"),
    ],
)
def test_another_period_is_refused(library: MakeLibrary, asked: str, missing: str) -> None:
    title = "Corning results" if "Corning" in asked else "Pfizer results"
    reason = f"The nearest report is “{title}”; the passages of it that were read do not give “{missing}”."
    assert refusal(library(LIBRARY), asked) == Abstention("not_answered", reason)


def test_a_period_in_another_passage_or_on_the_first_page_of_the_report_counts(library: MakeLibrary) -> None:
    cover = "Figures of the quarterly period ended June 30, 2023."
    far = "\n\n".join(f"Gate {number} of the dam was painted, which took a week." for number in range(600))
    sales = "Lanterns in Tessaveld brought sales of 5 tals, as counted on August 9, 2023."
    engine = library({"a.txt": f"{cover}\n\n{far}\n\n{sales}"})
    asked = "What sales did lanterns in Tessaveld bring in the {} quarter of 2023?"
    assert refusal(engine, asked.format("second")) is None
    abstention = refusal(engine, asked.format("fourth"))
    assert abstention is not None
    assert abstention.reason.endswith("do not give “fourth quarter of 2023”.")


@pytest.mark.parametrize(
    "asked",
    [
        "Whose sales were higher in the second quarter of 2023, Pfizer Oncology's or Merck's?",
        "Were the sales of Merck higher than those of Pfizer Oncology?",
        "What were the sales of Merck and of Pfizer Oncology in the second quarter of 2023?",
        "What was dearer, Pfizer or Merck?",
    ],
)
def test_a_comparison_needs_no_report_that_names_both(library: MakeLibrary, asked: str) -> None:
    assert refusal(library(LIBRARY), asked) is None


def test_one_of_two_names_is_missing_if_nothing_that_was_read_has_it(library: MakeLibrary) -> None:
    engine = library(LIBRARY)
    abstention = refusal(engine, "What were the sales of Pfizer Oncology and of Lilly?")
    assert abstention == Abstention(
        "not_answered", "The nearest report is “Pfizer results”; it does not name “Lilly”."
    )
    # Here the second name is not of a thing that is compared.
    abstention = refusal(engine, "What were the sales that Pfizer Oncology made at Merck?")
    assert abstention is not None
    missing = {"Pfizer results": "Merck", "Merck results": "Pfizer Oncology"}
    assert abstention.reason in {
        f"The nearest report is “{title}”; it does not name “{name}”." for title, name in missing.items()
    }


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("Which main parliament came to be dearer?", ["parliament"]),
        ("Who grew towards the biggest asylum and quickly voted?", ["asylum"]),
        ("Combien de Pfizer ?", []),
        ("¿Qué dividendo pagó la empresa Norvik en 2031?", ["Norvik", "2031"]),
        ("¿Por qué bajaron los salarios?", []),
        ("Сколько заплатила компания Норвик?", ["Норвик"]),
        ("Berapa dividen yang dibayar Norvik?", ["Norvik"]),
        ("Công ty trả bao nhiêu cổ tức năm 2031?", ["2031"]),
        ("এই বছর কত জন এসেছে?", []),
        ("इस साल कितने लोग आए?", []),
        ("اس سال کتنے لوگ آئے؟", []),
        ("كم عدد الموظفين في الشركة؟", []),
        ("公司什么时候支付了多少股息？", []),
        ("Quanto pagou a empresa Norvik?", ["Norvik"]),
        ("Quanto ha pagato la società Norvik?", ["Norvik"]),
    ],
)
def test_only_names_figures_periods_and_terms_are_reasons(
    library: MakeLibrary, asked: str, named: list[str]
) -> None:
    engine = library(LIBRARY)
    question, readings, _ = ranked_in(engine, asked)
    with engine.index.snapshot() as snapshot:
        assert lacking(snapshot, question, readings) == named


@pytest.mark.parametrize(
    "asked",
    [
        "How many wildfires were there?",
        "How many hypermarkets were there?",
        "Which Haiti woods burned in wild fires?",
        "What was the wage?",
        "What did Perú pay?",
        "What happened in August 2023?",
        "What were Haiti's hyper markets worth in 1st Quarter '22 or Second-Quarter '23?",
    ],
)
def test_a_word_in_another_spelling_or_form_is_not_missing(library: MakeLibrary, asked: str) -> None:
    engine = library(LIBRARY)
    question, readings, _ = ranked_in(engine, asked)
    with engine.index.snapshot() as snapshot:
        missing = lacking(snapshot, question, readings)
    assert [word for word in missing if "1st" not in word] == []


PERIODS = {
    "second quarter of 2023": ("secondquarter2023", "q22023", "2q23", "july22023"),
    "Q2 2023": ("secondquarter2023", "q22023", "2q23", "july22023"),
    "third-quarter 2023": ("thirdquarter2023", "q32023", "3q23"),
    "August 2023": ("august2023", "august12023"),
    "July": ("july",),
    "2022": ("2022",),
    "2019": ("2019",),
}
"""Periods as questions write them, each with the spellings of the library's texts."""

NOUNS = (
    "sales", "wildfires", "wild fires", "hypermarket", "hyper-markets", "vaccine", "dividends", "parliament",
    "wage", "wind", "segments", "oncology", "biopharma revenue",
)  # fmt: skip
NAMES = (
    "Pfizer",
    "Pfizer Oncology",
    "Merck's",
    "Corning",
    "Haiti",
    "Peru",
    "Asian",
    "Target",
    "Norvik",
    "Lilly",
)
OPENINGS = (
    "What was the main",
    "Qué",
    "Combien de",
    "How many",
    "Who came to the",
    "What was dearer, the",
    "",
)
SILLY = {word for opening in OPENINGS for word in fold(opening).split()} | {
    "main",
    "came",
    "dearer",
    "of",
    "in",
}
MISSING = r"(?:none contains|contains|does not name|do not give|does not contain|sentences cited:) (.*)"


def joined(text: str) -> str:
    return regex.sub(r"[\W_]+", "", fold(text))


def called_missing(reason: str) -> list[str]:
    said = regex.search(MISSING, reason)
    return regex.findall(r"“([^”]+)”", said[1]) if said else []


def holds_word(text: str, word: str) -> bool:
    """Return whether a text has a word in any spelling; each word of a name counts, and so does a plural."""
    forms = PERIODS.get(word) or tuple(regex.sub("s$", "", joined(part)) for part in word.split())
    is_name = word[:1].isupper() and word not in PERIODS
    found = joined(" ".join(regex.findall(r"\b\p{Lu}\w+", text)) if is_name else text)
    return any(form in found for form in forms)


def test_what_a_reason_calls_missing_is_in_no_text_that_it_speaks_of(library: MakeLibrary) -> None:
    engine = library(LIBRARY)
    titles = {content.splitlines()[0].removeprefix("# "): content for content in LIBRARY.values()}
    seen: set[str] = set()

    def check(reason: str, texts: list[str]) -> None:
        for word in called_missing(reason):
            seen.add(word)
            assert fold(word) not in SILLY, reason
            assert not any(holds_word(text, word) for text in texts), reason

    @settings(max_examples=up_to(150))
    @given(
        st.sampled_from(OPENINGS),
        st.sampled_from(NOUNS),
        st.sampled_from(NAMES),
        st.sampled_from(list(PERIODS)),
    )
    def holds(opening: str, noun: str, name: str, period: str) -> None:
        text = f"{opening} {noun} of {name} in {period}?"
        question, readings, found = ranked_in(engine, text)
        read_texts = [titles[reading.document.title] for reading in readings]
        for answerable in (False, True):
            abstention = refusal(engine, text, answerable=answerable)
            if abstention is not None:
                nearest = regex.match(r"The nearest report is “([^”]+)”", abstention.reason)
                check(abstention.reason, [titles[nearest[1]]] if nearest else read_texts)
        with engine.index.snapshot() as snapshot:
            for reading, read_text in zip(readings, read_texts, strict=True):
                check(shortfall(snapshot, question, reading), [read_text])
        cited = found[0].candidate
        shown = "\n".join([cited.reading.document.title, cited.sentence.in_context])
        check(caveat(question, found[:1]) or "", [shown])

    holds()
    assert seen >= {"dividends", "parliament", "Target", "Norvik", "third-quarter 2023", "2019"}
