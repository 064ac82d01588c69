"""An abstention states its reason, which is true of the passages shown."""

from __future__ import annotations

import pytest

from index.embedding import Encoder
from rag.engine import QueryEngine
from rag.finding.abstention import Abstention, decide, missing_words, shortfall
from rag.finding.ranking import Calibration
from rag.questions import understand
from tests.support.candidates import ALWAYS, NEVER, ranked_in
from tests.support.libraries import MakeLibrary

HARBOUR = {"a.txt": "The harbour of Tessaveld was closed by ice. Pilots waited for a week."}


def judged(
    engine: QueryEngine, text: str, calibration: Calibration, *, filtered: bool = False
) -> Abstention | None:
    question, readings, found = ranked_in(engine, text)
    with engine.index.snapshot() as snapshot:
        return decide(snapshot, question, found, calibration, filtered=filtered, read=readings).abstention


def test_the_threshold_separates_answers_from_abstentions(library: MakeLibrary) -> None:
    engine = library(HARBOUR)
    assert judged(engine, "Why was the harbour closed?", ALWAYS) is None
    assert judged(engine, "Why was the harbour closed?", NEVER) == Abstention(
        "not_answered", "Passages in this library come near the question; no sentence clearly answers it."
    )


def test_an_overview_is_given_if_a_passage_has_most_of_the_words(library: MakeLibrary) -> None:
    engine, usual = library(HARBOUR), Calibration(threshold=0.5)
    assert judged(engine, "Summarise the harbour's ice.", usual) is None
    assert judged(engine, "Summarise the harbour's ice.", NEVER) is None, "it has all of them"
    abstention = judged(engine, "Summarise the hospitals of the parliament by the harbour.", usual)
    assert abstention is not None
    assert abstention.cause == "not_in_library"


def test_words_that_no_passage_contains_are_named(library: MakeLibrary) -> None:
    assert judged(library(HARBOUR), "Which parliament voted against hospitals?", NEVER) == Abstention(
        "not_in_library",
        "None of the nearest passages in this library has most of the question's words. None of them "
        "contains “parliament”, “hospitals”.",
    )


def test_a_word_of_any_passage_that_was_read_is_not_missing(library: MakeLibrary) -> None:
    engine = library({**HARBOUR, "b.txt": "Dividends had no ice in summer."})
    question, readings, found = ranked_in(engine, "Which harbour has dividends?")
    best = [item for item in found if "harbour" in item.candidate.sentence.text]
    near = [reading for reading in readings if reading.document.title == "a"]
    with engine.index.snapshot() as snapshot:
        alone = decide(snapshot, question, best, NEVER, filtered=False, read=near).abstention
        of_all = decide(snapshot, question, best, NEVER, filtered=False, read=readings).abstention
    assert alone is not None
    assert of_all is not None
    assert alone.reason.endswith(" None of the passages nearest to it contains “dividends”.")
    assert of_all.reason.endswith(" no sentence clearly answers it.")


def test_a_common_word_that_the_nearest_passages_lack_is_not_named(library: MakeLibrary) -> None:
    near = {f"near-{number}.txt": f"Ice closed the harbour for {number} days." for number in range(30)}
    far = {f"far-{number}.txt": f"Bakers sold {number} loaves in spring." for number in range(60)}
    abstention = judged(library({**near, **far}), "Which parliament closed the harbour in spring?", NEVER)
    assert abstention is not None
    assert abstention.reason.endswith(" None of the passages nearest to it contains “parliament”.")


def test_a_name_is_missed_although_the_passages_have_its_word(library: MakeLibrary) -> None:
    engine = library({"a.txt": "Sales of the harbour of Tessaveld missed their target by a tenth."})
    abstention = judged(engine, "How much did sales of Target rise?", NEVER)
    assert abstention is not None
    assert abstention.reason.endswith("None of the passages nearest to it contains “Target”.")


def test_names_that_the_passages_contain_are_told_from_words_that_none_contains(library: MakeLibrary) -> None:
    others = {f"{number}.txt": f"Gate {number} of the dam failed in spring." for number in range(8)}
    engine = library({"a.txt": "Mary Dillon led Ulta Beauty until 2021.", **others})
    assert judged(engine, "What was Mary Dillon's Ulta Beauty dividend until 2021?", NEVER) == Abstention(
        "not_answered",
        "Of the nearest passages in this library, some speak of “Mary Dillon”, “Ulta Beauty”; none contains "
        "“dividend”.",
    )


def test_a_year_that_the_evidence_and_its_date_lack_is_a_refusal_however_near_the_rest(
    library: MakeLibrary,
) -> None:
    engine = library({"a.txt": "The revenue of Ulta Beauty rose in 2020. Mary Dillon left in 2021."})
    assert judged(engine, "Did the revenue of Ulta Beauty rise in 2020?", ALWAYS) is None
    assert judged(engine, "Did the revenue of Ulta Beauty rise in 2019?", ALWAYS) == Abstention(
        "not_answered",
        "The nearest report is “a”; the passages of it that were read do not give “2019”.",
    )


def test_a_quarter_that_no_quotable_passage_is_about_is_a_refusal(library: MakeLibrary) -> None:
    engine = library({"a.txt": "Revenue of Ulta Beauty in the quarter ended June 30, 2023 was 5 tals."})
    assert judged(engine, "What was Ulta Beauty's revenue in the second quarter of 2023?", ALWAYS) is None
    assert judged(
        engine, "What was Ulta Beauty's revenue in the third quarter of 2023?", ALWAYS
    ) == Abstention(
        "not_answered",
        "The nearest report is “a”; the passages of it that were read do not give “third quarter of 2023”.",
    )


def test_a_name_that_the_report_lacks_is_a_refusal(library: MakeLibrary) -> None:
    far = "\n\n".join(
        f"Gate {number} of the dam failed in spring, and repairs took a week." for number in range(80)
    )
    engine = library({"a.txt": f"Sales rose to 5 tals.\n\n{far}\n\nTessa sits on the board of Norvik."})
    assert judged(engine, "What were Norvik's sales in tals?", ALWAYS) is None
    assert judged(engine, "What were Target's sales in tals?", ALWAYS) == Abstention(
        "not_answered", "The nearest report is “a”; it does not name “Target”."
    )
    assert judged(engine, "Did Norvik or Target have higher sales?", ALWAYS) is None


def test_the_name_that_a_passage_has_is_told_although_the_question_s_subject_is_far(
    library: MakeLibrary,
) -> None:
    abstention = judged(library(HARBOUR), "Which parliament voted against hospitals in Tessaveld?", NEVER)
    missing = "“parliament”, “hospitals”"
    reason = f"Of the nearest passages in this library, some speak of “Tessaveld”; none contains {missing}."
    assert abstention == Abstention("not_answered", reason)


def test_a_question_that_the_encoder_reads_is_told_that_no_sentence_answers_and_another_one_the_command(
    library: MakeLibrary, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, asked = library(HARBOUR), "港口为什么关闭？"
    languages = "The question is in Chinese, the nearest report is in English, and "
    command = (
        "; ask in the reports' language, or change the library over to multilingual-e5-small: with the "
        "button in the page, or with `FOOTNOTED_MODEL=multilingual-e5-small footnoted sync`."
    )
    encoded = f"the encoder {encoder.name}"
    for reads, cause, end in (
        (frozenset({"en", "zh"}), "not_answered", "no sentence that was read answers it."),
        (
            frozenset({"en", "vi"}),
            "language",
            f"{encoded} reads English and Vietnamese{command}",
        ),
        (None, "language", f"{encoded} does not match texts across languages{command}"),
    ):
        monkeypatch.setattr(encoder, "languages", reads)
        abstention = judged(engine, asked, NEVER)
        assert abstention is not None
        assert (abstention.cause, abstention.reason) == (cause, languages + end)


def test_a_question_that_the_encoder_cannot_read_is_refused_for_its_language_alone(
    library: MakeLibrary,
) -> None:
    abstention = judged(library(HARBOUR), "港口2019年为什么关闭？", ALWAYS)
    assert abstention is not None
    assert abstention.cause == "language"
    assert "2019" not in abstention.reason


def test_a_year_that_no_passage_has_is_named_with_the_nearest_report(library: MakeLibrary) -> None:
    abstention = judged(library(HARBOUR), "Why was the harbour closed in 2019?", ALWAYS)
    assert abstention is not None
    assert abstention.reason == (
        "The nearest report is “a”; the passages of it that were read do not give “2019”."
    )


def test_reports_that_the_filters_exclude_are_not_mentioned(library: MakeLibrary) -> None:
    engine = library(HARBOUR)
    near = judged(engine, "Why was the harbour closed?", NEVER, filtered=True)
    far = judged(engine, "Which parliament voted against hospitals?", NEVER, filtered=True)
    assert near is not None
    reason = "Passages that pass the filters come near the question; no sentence clearly answers it."
    assert near.reason == reason
    assert far is not None
    assert far.reason.startswith(
        "None of the nearest passages that pass the filters has most of the question's words. None of them"
    )


def test_a_word_that_one_passage_contains_is_not_called_missing(library: MakeLibrary) -> None:
    engine = library({"a.txt": "The harbour was closed by ice.", "b.txt": "The parliament voted on Monday."})
    abstention = judged(engine, "Has the parliament closed the harbour?", NEVER)
    assert abstention is not None
    assert "None of the passages" not in abstention.reason


def test_missing_words_are_shown_as_written(library: MakeLibrary) -> None:
    engine = library(HARBOUR)
    question, [reading], _ = ranked_in(engine, "Did PILOTS strike in Tessaveld's harbours?")
    with engine.index.snapshot() as snapshot:
        assert missing_words(snapshot, question, reading) == ["strike"]
        # *strike* is a form of a verb, so it is no reason.
        assert shortfall(snapshot, question, reading) == (
            "has no sentence that is close enough to the question in meaning"
        )
        asked = understand("Did PILOTS get dividends in Tessaveld's harbours?")
        assert shortfall(snapshot, asked, reading) == "does not contain “dividends”"


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        ("Did Moby-Dick strike in Tessaveld's harbours?", ["Moby-Dick", "strike"]),
        ("Did F-35s strike in Tessaveld's harbours?", ["strike"]),
        ("Did ice-breaking pilots strike in Tessaveld's harbours?", ["strike"]),
        ("Did fire-fighting pilots strike in Tessaveld's harbours?", ["fire-fighting", "strike"]),
    ],
)
def test_a_name_with_hyphens_is_missing_unless_all_of_its_parts_are_there(
    library: MakeLibrary, asked: str, missing: list[str]
) -> None:
    engine = library({"a.txt": f"{HARBOUR['a.txt']} Dick and the pilot of an F-35 saw the ice."})
    question, [reading], _ = ranked_in(engine, asked)
    with engine.index.snapshot() as snapshot:
        assert missing_words(snapshot, question, reading) == missing


def test_a_passage_with_every_word_may_lack_the_kind_of_answer(library: MakeLibrary) -> None:
    engine = library({"a.txt": "The harbour of Tessaveld was closed by ice."})
    question, [reading], _ = ranked_in(engine, "When was the harbour of Tessaveld closed?")
    with engine.index.snapshot() as snapshot:
        assert shortfall(snapshot, question, reading) == (
            "holds no answer of the kind that is asked for: a date"
        )
    question, [reading], _ = ranked_in(engine, "How was the harbour of Tessaveld closed?")
    with engine.index.snapshot() as snapshot:
        assert shortfall(snapshot, question, reading) == (
            "has the words of the question, and no sentence that is close enough to it in meaning"
        )
