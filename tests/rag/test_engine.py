"""The engine answers questions with footnotes, on the seed reports and on small libraries."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from index.embedding import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.records import Filters
from rag.answer_limits import DEFAULT_LIMITS, LISTED_PASSAGES
from rag.answers import Answer
from rag.conversations import from_answers
from rag.engine import QueryEngine
from rag.errors import QuestionError
from rag.events import AnswerDone, CitationMade, PassagesFound, ReadingBegun, Token
from rag.finding.ranking import CALIBRATION, Calibration
from tests.support.candidates import candidates_in
from tests.support.libraries import MakeLibrary

ARRESTS = "How many suspects were arrested, and over how many days?"


def test_the_requested_figure_is_quoted_from_the_report(seed_engine: QueryEngine) -> None:
    answer = seed_engine.ask(ARRESTS)
    first = answer.citations[0]
    assert not answer.abstained
    assert (first.path, first.published) == ("cambodia-scam-raids.md", "2025-07-18")
    assert "More than a thousand suspects were arrested within three days" in first.quote
    assert first.quote == seed_engine.index.catalog.text(first.document_id).text[first.start : first.end]
    assert first.verification.verdict == "quoted"
    assert answer.model == "quoted"
    assert 1 <= len(answer.sentences) <= 4


def test_a_question_outside_the_library_is_not_answered(seed_engine: QueryEngine) -> None:
    answer = seed_engine.ask("What is the rainfall of Cambodia?")
    assert answer.abstained
    assert answer.cause in {"not_answered", "not_in_library"}
    assert (answer.sentences, answer.citations) == ((), ())
    assert answer.text == answer.reason
    assert "rainfall" in (answer.reason or "")
    shortfalls = {passage.path: passage.shortfall for passage in answer.passages}
    assert shortfalls["cambodia-scam-raids.md"] == "does not contain “rainfall”"


def test_a_row_of_the_quarter_is_cited_and_reports_that_name_one_side_each_are_compared(
    library: MakeLibrary,
) -> None:
    head = "New York, August 1, 2023\n\nRevenues | Second-Quarter 2023 | Second-Quarter 2022"
    engine = library(
        {
            "pfizer.md": f"# Pfizer results\n\n{head}\nPfizer Oncology | 2,886 | 3,004\n",
            "merck.md": f"# Merck results\n\n{head}\nMerck Oncology | 6,271 | 5,252\n",
        }
    )
    answer = engine.ask("Pfizer Oncology, second quarter of 2023")
    assert answer.citations[0].quote.endswith("Pfizer Oncology | 2,886 | 3,004")
    refused = engine.ask("What were the revenues of Pfizer Oncology in the third quarter of 2023?")
    assert (refused.abstained, "“third quarter of 2023”" in (refused.reason or "")) == (True, True)
    both = engine.ask(
        "Whose Oncology revenues were higher in the second quarter of 2023, Pfizer's or Merck's?"
    )
    assert sorted(citation.title for citation in both.citations) == ["Merck results", "Pfizer results"]


def test_streamed_and_whole_answers_are_the_same(seed_engine: QueryEngine) -> None:
    events = list(seed_engine.stream(ARRESTS))
    assert isinstance(events[0], ReadingBegun)
    assert 0 < events[0].sentences < 200
    assert isinstance(events[1], PassagesFound)
    assert isinstance(events[-1], AnswerDone)
    streamed = events[-1].answer
    assert events[1].passages == streamed.passages
    assert "".join(event.text for event in events if isinstance(event, Token)) == streamed.text
    assert tuple(e.citation for e in events if isinstance(e, CitationMade)) == streamed.citations
    assert _timeless(streamed) == _timeless(seed_engine.ask(ARRESTS))


def test_the_engine_counts_the_questions_of_users_that_are_being_answered(seed_engine: QueryEngine) -> None:
    counts = [seed_engine.open_questions]
    asking = seed_engine.stream(ARRESTS)
    counts.append(seed_engine.open_questions)
    next(asking)
    counts.append(seed_engine.open_questions)
    asking.close()
    counts.append(seed_engine.open_questions)
    own = seed_engine.quoting_only().stream(ARRESTS)
    next(own)
    counts.append(seed_engine.open_questions)
    own.close()
    assert counts == [0, 0, 1, 0, 0]


def test_one_document_s_sentences_share_a_line_and_each_document_has_its_own(library: MakeLibrary) -> None:
    front = "---\ntitle: {} count\npublished: {}\n---\n\nThe ministry counted {} displaced people{}."
    engine = library(
        {
            "march.md": front.format("March", "2031-03-20", "12,400", ""),
            "may.md": front.format("May", "2031-05-12", "15,900", " in camps"),
        }
    )
    engine.calibration = replace(CALIBRATION, second_share=0.0)
    answer = engine.ask("How many displaced people did the ministry count?")
    lines = answer.text.split("\n")
    assert sorted(lines) == [
        "The ministry counted 12,400 displaced people.",
        "The ministry counted 15,900 displaced people in camps.",
    ]
    assert {(c.quote, c.title, c.published) for c in answer.citations} == {
        ("The ministry counted 12,400 displaced people.", "March count", "2031-03-20"),
        ("The ministry counted 15,900 displaced people in camps.", "May count", "2031-05-12"),
    }


@pytest.mark.parametrize(
    "question",
    [
        "How many people were displaced on 12 May 2025?",
        "What are the numbers of people displaced on 12 May 2025?",
    ],
)
def test_another_report_s_figure_is_cited_although_the_reader_gives_its_sentence_little(
    seed_engine: QueryEngine, question: str
) -> None:
    answer = seed_engine.ask(question)
    [disagreement] = answer.disagreements
    assert [figure.value for figure in disagreement.figures] == ["14,170", "15,900"]
    quotes = {citation.id: citation.quote for citation in answer.citations}
    assert "was 14,170, not 15,900" in quotes[1]
    assert quotes[2].startswith("The Ministry of Civil Protection counted 15,900 displaced people on 12 May")


def test_the_same_words_in_two_reports_are_cited_once(library: MakeLibrary) -> None:
    wire = "The dam at Harlamoor broke at dawn on 10 March."
    answer = library({"a.txt": wire, "b.txt": wire}).ask("When did the dam at Harlamoor break?")
    assert [(citation.path, citation.quote) for citation in answer.citations] == [("a.txt", wire)]


def test_filters_choose_what_is_read(library: MakeLibrary) -> None:
    engine = library({"a.txt": "The dam broke at dawn in March.", "b.txt": "The dam broke at noon in April."})
    ids = {record.path: record.document_id for record in engine.index.catalog.documents()}
    answer = engine.ask("When did the dam break?", Filters(document_ids=(ids["b.txt"],)))
    assert [citation.quote for citation in answer.citations] == ["The dam broke at noon in April."]
    nothing = engine.ask("When did the dam break?", Filters(publishers=("Nobody",)))
    assert (nothing.cause, nothing.passages) == ("empty_library", ())
    assert nothing.reason == "No report passes the filters; widen them and ask again."


def test_a_library_whose_rows_are_all_of_other_periods_is_not_called_empty(library: MakeLibrary) -> None:
    rows = "| Item | Million |\n|---|---|\n| Net sales in 2022 | 5 |\n| Net sales in 2023 | 6 |\n"
    answer = library({"a.md": rows}).ask("How much were net sales in 2019?")
    assert (answer.cause, answer.answerability) == ("not_answered", 0.0)
    assert answer.text.endswith("None of the passages nearest to it contains “2019”.")


def test_an_empty_library_says_so(library: MakeLibrary) -> None:
    answer = library({}).ask("Who ordered it?")
    assert (answer.abstained, answer.cause) == (True, "empty_library")
    assert answer.reason == "The library is empty; add reports with `footnoted sync FOLDER`, then ask again."


def test_a_question_in_a_language_that_the_encoder_cannot_match_says_so(seed_engine: QueryEngine) -> None:
    answer = seed_engine.ask("在柬埔寨逮捕了多少嫌疑人？")
    assert (answer.abstained, answer.cause) == (True, "language")
    assert answer.reason == (
        "The question is in Chinese, the nearest report is in English, and the encoder bge-small-en-v1.5 "
        "reads English; ask in the reports' language, or change the library over to multilingual-e5-small: "
        "with the button in the page, or with `FOOTNOTED_MODEL=multilingual-e5-small footnoted sync`."
    )
    assert {passage.shortfall for passage in answer.passages} == {"is in English, unlike the question"}


def test_a_question_in_the_report_s_own_language_is_answered_by_its_words(library: MakeLibrary) -> None:
    engine = library(
        {
            "zh.txt": "柬埔寨警方本周逮捕了一千多名网络诈骗嫌疑人。行动由首相下令进行。",
            "en.txt": "The harbour was closed by ice.",
        }
    )
    answer = engine.ask("柬埔寨警方逮捕了多少名嫌疑人？")
    assert answer.citations[0].quote == "柬埔寨警方本周逮捕了一千多名网络诈骗嫌疑人。"


def test_a_name_of_the_question_that_no_citation_contains_is_noted(seed_engine: QueryEngine) -> None:
    answer = seed_engine.ask("How many suspects were arrested by Hun Manet and the Ministry?")
    assert answer.note == "Not mentioned in the sentences cited: “Hun Manet”, “Ministry”."


@pytest.mark.parametrize("ask", ["ask", "stream"])
def test_an_empty_question_is_refused_at_once(seed_engine: QueryEngine, ask: str) -> None:
    with pytest.raises(QuestionError, match="the question is empty"):
        getattr(seed_engine, ask)("  ")


def test_the_json_form_has_the_contract_s_fields(seed_engine: QueryEngine) -> None:
    body = json.loads(json.dumps(seed_engine.ask(ARRESTS).as_dict()))
    assert list(body) == [
        "answer_id", "question", "text", "abstained", "reason", "cause", "note", "sentences", "citations",
        "passages", "answerability", "model", "generation", "created", "conversation_id", "standalone",
        "searched_for", "headline", "disagreements", "dropped", "fallback", "prompt_digest", "searched",
        "timings",
    ]  # fmt: skip
    assert list(body["citations"][0]) == [
        "id", "answer_start", "answer_end", "document_id", "version", "title", "publisher", "author",
        "published", "path", "page", "start", "end", "quote", "boxes", "verification", "headings", "cell",
        "also_in", "recognised", "superseded_by",
    ]  # fmt: skip
    assert body["sentences"][0] == {
        "start": 0,
        "end": body["citations"][0]["answer_end"],
        "citations": [1],
        "verdict": "quoted",
        "reason": None,
    }


@pytest.mark.slow
def test_the_real_report_is_answered_with_its_gold_evidence(
    encoder: Encoder, evaluation_data: Path, tmp_path: Path
) -> None:
    folder = evaluation_data / "seed"
    questions = [json.loads(line) for line in (folder / "questions.jsonl").read_text().splitlines()]
    with Library.open(tmp_path, encoder) as index:
        sync(index, [folder])
        answers = {question["_id"]: QueryEngine(index).ask(question["text"]) for question in questions}
    found = [
        question["_id"]
        for question in questions
        if question["answerable"]
        and all(
            any(c.start <= span["start"] and span["end"] <= c.end for c in answers[question["_id"]].citations)
            for span in question["evidence"]
        )
    ]
    abstained = [q["_id"] for q in questions if not q["answerable"] and answers[q["_id"]].abstained]
    assert len(found) >= 10
    assert abstained == ["seed-11", "seed-12", "seed-13", "seed-14"]


def _timeless(answer: Answer) -> Answer:
    return replace(answer, answer_id="", created="", timings={})


def test_an_answer_lists_the_nearest_of_the_passages_that_it_read(library: MakeLibrary) -> None:
    sold = {f"{month}.txt": f"The company sold lanterns in month {month} of the year." for month in range(12)}
    engine = library(sold)
    answer = engine.ask("In which month did the company sell lanterns?")
    nearest = [hit.document.path for hit in engine.index.search(answer.question, LISTED_PASSAGES)]
    assert [passage.path for passage in answer.passages] == nearest


LANTERNS = (
    "The company sold 300 lanterns in May.",
    "In May, 300 lanterns that the company had sold came back.",
)
SOLD = "How many lanterns did the company sell in May?"


@pytest.mark.parametrize(("threshold", "abstained"), [(0.0, False), (1.0, True)])
def test_a_threshold_of_ones_own_decides(library: MakeLibrary, threshold: float, *, abstained: bool) -> None:
    index = library({"a.txt": "\n\n".join(LANTERNS)}).index
    answer = QueryEngine(index, limits=replace(DEFAULT_LIMITS, threshold=threshold)).ask(SOLD)
    assert answer.abstained is abstained


@pytest.mark.slow
def test_a_reader_of_ones_own_ranks_the_sentences(library: MakeLibrary, cross_encoder_folder: Path) -> None:
    index = library({"a.txt": "\n\n".join(LANTERNS)}).index
    engine = QueryEngine(index, str(cross_encoder_folder), calibration=Calibration(threshold=0.0))
    nearest = candidates_in(engine, SOLD)
    scores = engine.reader.scores(SOLD, [each.text for each in nearest])
    answer = engine.ask(SOLD)
    assert answer.citations[0].quote == nearest[scores.index(max(scores))].sentence.text
    assert list(answer.timings) == ["rewrite", "search", "select", "read", "answer"]


def test_a_follow_up_that_names_nothing_stays_in_the_report_of_the_answer_before(
    library: MakeLibrary,
) -> None:
    strike = "Dock workers at Tolm went on strike over unpaid wages in March. The port closed for nine days."
    bridge = "It cost 4 million crowns, and the province of Oss paid for it."
    index = library({"strike.txt": strike, "bridge.txt": bridge}).index
    engine = QueryEngine(index)
    first = engine.ask("Why did the dock workers at Tolm go on strike?")
    # Alone, the question is answered by the other report.
    assert [citation.path for citation in engine.ask("Who paid for it?").citations] == ["bridge.txt"]
    then = engine.ask("Who paid for it?", conversation=from_answers("c", [first]))
    assert then.standalone == "Why did the dock workers at Tolm go on strike? Who paid for it?"
    assert [citation.path for citation in then.citations] == ["strike.txt"]


def test_a_refused_question_is_what_a_follow_up_refers_to(library: MakeLibrary) -> None:
    fire = "A falling tree started the fire at Oss. The fire brigade needed nine hours."
    engine = QueryEngine(library({"fire.txt": fire}).index)
    first = engine.ask("How many hospital beds does Poland have?")
    assert first.abstained
    then = engine.ask("Why did it fall?", conversation=from_answers("c", [first]))
    assert then.standalone == "How many hospital beds does Poland have? Why did it fall?"
    assert then.abstained


def test_this_report_is_the_one_cited_last(library: MakeLibrary) -> None:
    museums = "There are 1,125 accredited museums. Three in four museums say that they lack storage space."
    schools = (
        "Nine in ten schools say that they lack storage space. Storage space is the main need of schools."
    )
    engine = QueryEngine(library({"museums.txt": museums, "schools.txt": schools}).index)
    first = engine.ask("How many accredited museums are there?")
    then = engine.ask("Who lacks storage space in this report?", conversation=from_answers("c", [first]))
    assert [citation.path for citation in first.citations + then.citations] == ["museums.txt"] * 2
    assert then.searched is not None
    assert then.searched.titles == ("museums",)


def test_a_new_thing_is_not_answered_with_the_words_of_the_answer_before(library: MakeLibrary) -> None:
    local = "Each local observer was charged 10 dollars to be accredited in Zimbabwe in 2023."
    foreign = "International media and observers paid a fee of 400 dollars."
    engine = QueryEngine(library({"fees.txt": f"{local}\n\n{foreign}"}).index)
    first = engine.ask("How much was a local observer charged in Zimbabwe in 2023?")
    assert [citation.quote for citation in first.citations] == [local]
    before = from_answers("c", [first])
    asked = ("and an international one?", "and a journalist with a drone?", "and in Zimbabwe?")
    then = [engine.ask(question, conversation=before).citations for question in asked]
    assert [[citation.quote for citation in each] for each in then] == [[foreign], [], [local]]
