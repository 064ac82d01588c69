"""Cited sentences disagree if they give different figures for the same thing, and mostly they do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embedding import Encoder
from rag.answers import Citation, Copy, Disagreement
from rag.disagreement import disagreements
from rag.evaluation.datasets import read_json_lines
from tests.support.examples import up_to
from tests.support.libraries import MakeLibrary
from tests.support.markup import citation


def cited(
    *quotes: str, published: tuple[str | None, ...] = (), titles: tuple[str, ...] = ()
) -> list[Citation]:
    """A citation for each quote, each of its own document."""
    made = []
    for number, quote in enumerate(quotes, 1):
        made.append(
            replace(
                citation(number, quote, number),
                published=published[number - 1] if published else "2025-07-18",
                title=titles[number - 1] if titles else f"Report {number} on the valley",
            )
        )
    return made


def found(citations: list[Citation], language: str = "en") -> tuple[Disagreement, ...]:
    return disagreements(citations, {item.document_id: language for item in citations})


def values(found: tuple[Disagreement, ...]) -> list[list[str]]:
    return [[figure.value for figure in item.figures] for item in found]


CASES = [row for _, row in read_json_lines(Path(__file__).parent / "cases.jsonl")]
DISAGREE = [row for row in CASES if "figures" in row]


@pytest.mark.parametrize("row", DISAGREE, ids=[row["one"] for row in DISAGREE])
def test_different_figures_for_the_same_thing_are_shown_side_by_side(row: dict[str, Any]) -> None:
    assert values(found(cited(row["one"], row["other"]), row["language"])) == [row["figures"]]


FINE = [row for row in CASES if "case" in row]


@pytest.mark.parametrize("row", FINE, ids=[row["case"] for row in FINE])
def test_figures_that_agree_or_are_of_other_things_are_not_reported(row: dict[str, Any]) -> None:
    assert found(cited(row["one"], row["other"]), row["language"]) == ()


KILLED = ("The flood killed 31 people in Sarrow.", "The flood killed 34 people in Sarrow.",
          "The flood killed 36 people in Sarrow.")  # fmt: skip


def test_the_newest_comes_first_and_the_undated_last() -> None:
    (disagreement,) = found(cited(*KILLED, published=("2025-03-21", None, "2025-05")))
    assert [(figure.value, figure.published) for figure in disagreement.figures] == [
        ("36", "2025-05"),
        ("31", "2025-03-21"),
        ("34", None),
    ]


def test_each_figure_names_its_source() -> None:
    one, other = cited(
        *KILLED[:2], published=("2025-03-21", "2025-05-14"), titles=("Valley sitrep", "Valley courier")
    )
    (disagreement,) = found([replace(one, superseded_by=3), other])
    newest, oldest = disagreement.figures
    assert (newest.value, newest.citation, newest.document_id, newest.title) == ("34", 2, 2, "Valley courier")
    assert (newest.publisher, newest.version, newest.superseded) == ("The Office", 2, False)
    assert (oldest.citation, oldest.superseded) == (1, True)


def test_what_the_figures_count_is_told_in_the_words_of_the_newest_source() -> None:
    citations = cited(
        "The floods displaced 12,400 people.",
        "Of the floods, the register has 15,900 displaced people.",
        published=("2025-03-21", "2025-05-14"),
    )
    assert [item.about for item in found(citations)] == ["displaced people"]


def test_money_is_told_by_what_it_is_for() -> None:
    texts = ("The cost of rebuilding Arden is $3.1 million.", "Rebuilding Arden cost $2.4 million.")
    assert [item.about for item in found(cited(*texts))] == ["cost of rebuilding"]


def test_a_source_that_agrees_with_one_of_them_is_shown_too() -> None:
    citations = cited(KILLED[0], KILLED[2], "The flood killed over 30 people in Sarrow.")
    assert values(found(citations)) == [["31", "36", "over 30"]]


def test_versions_of_one_document_may_disagree_and_one_version_does_not() -> None:
    one, other = cited(*KILLED[:2])
    old = replace(one, document_id=2, version=1, superseded_by=2)
    assert [[(f.version, f.superseded) for f in item.figures] for item in found([old, other])] == [
        [(2, False), (1, True)]
    ]
    assert found([replace(old, version=2, start=500, end=540), other]) == ()


def test_a_copy_does_not_disagree_with_what_it_copies() -> None:
    one, other = cited(*KILLED[:2])
    copy = Copy(other.document_id, 2, "Copy", None, None, 0, 10)
    assert found([replace(one, also_in=(copy,)), other]) == ()


def test_sentences_without_a_name_or_a_day_are_of_what_their_documents_are_about() -> None:
    texts = ("Its land area is 13.1 million square kilometres.", "Its land area is 4,167 square kilometres.")
    assert found(cited(*texts, titles=("Siberia", "French Polynesia"))) == ()
    assert len(found(cited(*texts, titles=("Siberia", "Siberia: an overview")))) == 1
    chinese = ("平均每户有2.85人。", "平均每户有2.39人。")
    assert found(cited(*chinese, titles=("埃爾科縣", "萊克縣")), "zh") == ()


def test_undated_figures_of_reports_years_apart_are_a_change() -> None:
    texts = ("Sarrow has 14 sirens against floods.", "Sarrow has 52 sirens against floods.")
    assert found(cited(*texts, published=("2021-01-05", "2025-01-05"))) == ()
    assert len(found(cited(*texts, published=("2025-01-01", "2025-01-05")))) == 1


def test_an_undated_figure_of_the_same_days_is_held_against_a_dated_one() -> None:
    texts = ("On 20 March, the flood killed 31 people in Sarrow.", "The flood killed 36 people in Sarrow.")
    assert values(found(cited(*texts, published=("2025-03-21", "2025-03-22")))) == [["36", "31"]]
    for later_or_earlier in ("2025-05-22", "2025-03-12"):
        assert found(cited(*texts, published=("2025-03-21", later_or_earlier))) == ()


def test_a_sentence_that_has_the_other_figure_too_does_not_disagree() -> None:
    assert found(cited("The flood killed 31 people in Sarrow; 36 people were missing.", KILLED[2])) == ()


def test_rows_of_tables_are_not_compared() -> None:
    assert found(cited("Sarrow | 14 | 1.5", "Sarrow | 17 | 1.5")) == ()


def test_sentences_in_different_languages_are_not_compared() -> None:
    citations = cited("The flood killed 31 people in Aceh.", "Banjir di Aceh menewaskan 34 orang.")
    assert disagreements(citations, {1: "en", 2: "id"}) == ()


def test_without_known_languages_digits_are_compared() -> None:
    assert values(disagreements(cited(*KILLED[:2]))) == [["31", "34"]]


@settings(max_examples=30)
@given(st.permutations(cited(*KILLED, *(row[side] for row in DISAGREE[2:7] for side in ("one", "other")))))
def test_the_order_of_the_citations_does_not_matter(shuffled: list[Citation]) -> None:
    in_order = sorted(shuffled, key=lambda item: item.id)
    assert found(list(shuffled)) == found(in_order)


_TEXTS = st.text(
    st.one_of(
        st.sampled_from("0123456789,.%$-|;: \n人约不the killed"), st.characters(exclude_categories=["Cs"])
    ),
    max_size=60,
)
_SENTENCES = st.one_of(_TEXTS, st.sampled_from([row[side] for row in DISAGREE for side in ("one", "other")]))


@settings(max_examples=up_to(150))
@given(st.lists(_SENTENCES, min_size=1, max_size=4), st.sampled_from(["en", "zh", "vi", "id", "und", "xx"]))
def test_figures_of_at_least_two_sources_disagree_in_any_text(texts: list[str], language: str) -> None:
    for disagreement in found(cited(*texts), language):
        assert len({(fig.document_id, fig.version) for fig in disagreement.figures}) >= 2


@settings(max_examples=up_to(100))
@given(_SENTENCES, _SENTENCES)
def test_disagreement_is_symmetric(one: str, other: str) -> None:
    sets = ([sorted(fig.value for fig in item.figures) for item in found(cited(*texts))]
            for texts in ((one, other), (other, one)))  # fmt: skip
    assert next(sets) == next(sets)


@settings(max_examples=up_to(100))
@given(_SENTENCES, st.sampled_from(["en", "zh", "vi", "id", "und"]))
def test_a_sentence_never_disagrees_with_itself(text: str, language: str) -> None:
    assert found(cited(text, text), language) == ()


def pairs() -> list[tuple[str, bool, list[Citation]]]:
    """The hundred pairs: id, whether they disagree, and the citations."""
    rows = [row for _, row in read_json_lines(Path(__file__).parent / "pairs.jsonl")]
    texts = [tuple(zip(row["one"], row["other"], strict=True)) for row in rows]
    return [
        (row["_id"], row["disagree"], cited(*quotes, published=published))
        for row, (quotes, published) in zip(rows, texts, strict=True)
    ]


def test_most_of_the_hundred_pairs_are_told_apart(encoder: Encoder) -> None:
    languages = {1: "en", 2: "en"}
    told = {name for name, _, citations in pairs() if disagreements(citations, languages, encoder)}
    right = {name for name, disagree, _ in pairs() if disagree}
    assert (len(pairs()), len(right)) == (100, 50)
    assert len(told & right) >= 35
    assert len(told - right) <= 1
    assert "d01" in told, "killed 18, and 23 lost their lives"


def test_an_answer_of_a_small_library_shows_them_too(library: MakeLibrary) -> None:
    front = "---\ntitle: {}\npublished: {}\n---\n\n{}"
    early = "The flood in Sarrow destroyed 2,140 homes. Schools stay closed until May."
    late = "Builders are being sought. By now 2,610 homes are known to be destroyed by the flood in Sarrow."
    engine = library({
        "early.md": front.format("Early count", "2031-03-12", early),
        "late.md": front.format("Late count", "2031-03-20", late),
    })  # fmt: skip
    answer = engine.ask("How many homes did the flood in Sarrow destroy?")
    assert [[(f.value, f.title) for f in item.figures] for item in answer.disagreements] == [
        [("2,610", "Late count"), ("2,140", "Early count")]
    ]
