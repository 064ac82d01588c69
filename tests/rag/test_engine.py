"""The engine answers questions with footnotes, on the seed reports and on small libraries."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from index.embedding import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.records import Filters, Viewer
from rag.answer_limits import DEFAULT_LIMITS, LISTED_PASSAGES
from rag.answers import UNKNOWN, Answer, Searched
from rag.conversations import from_answers, from_turns
from rag.engine import QueryEngine
from rag.errors import QuestionError
from rag.events import AnswerDone, CitationMade, PassagesFound, ReadingBegun, Token
from rag.finding.ranking import CALIBRATION, SURE, Calibration
from rag.llm import LanguageModel
from rag.verification import Gate
from rag.writing import Writer
from tests.support.candidates import candidates_in
from tests.support.libraries import MakeLibrary
from tests.support.model_server import KNOWN
from tests.support.scripted import PATIENCE, ScriptedLLM, cites, model_of, plans

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


def test_reports_that_name_one_side_each_are_compared(library: MakeLibrary) -> None:
    head = "New York, August 1, 2023\n\nRevenues | Second-Quarter 2023 | Second-Quarter 2022"
    files = {
        name: f"# {name} results\n\n{head}\n{name} Oncology | 2,886 | 3,004\n" for name in ("Pfizer", "Merck")
    }
    both = library({f"{name}.md": text for name, text in files.items()}).ask(
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
    asking = seed_engine.stream(ARRESTS)
    assert seed_engine.open_questions == 0
    next(asking)
    assert seed_engine.open_questions == 1
    asking.close()
    own = seed_engine.quoting_only().stream(ARRESTS)
    next(own)
    assert seed_engine.open_questions == 0
    own.close()


def test_each_document_has_a_line_of_its_own(library: MakeLibrary) -> None:
    front = "---\ntitle: {} count\npublished: {}\n---\n\n{}"
    march, may = (
        f"The ministry counted {count} displaced people{where}."
        for count, where in (("12,400", ""), ("15,900", " in camps"))
    )
    engine = library(
        {
            "march.md": front.format("March", "2031-03-20", march),
            "may.md": front.format("May", "2031-05-12", may),
        }
    )
    engine.calibration = replace(CALIBRATION, second_share=0.0)
    answer = engine.ask("How many displaced people did the ministry count?")
    assert sorted(answer.text.split("\n")) == [march, may]
    cited = {(citation.quote, citation.title, citation.published) for citation in answer.citations}
    assert cited == {(march, "March count", "2031-03-20"), (may, "May count", "2031-05-12")}


@pytest.mark.parametrize(
    "question",
    [
        "How many people were displaced on 12 May 2025?",
        "What are the numbers of people displaced on 12 May 2025?",
    ],
)
def test_another_report_s_figure_is_cited_though_little_probable(
    seed_engine: QueryEngine, question: str
) -> None:
    answer = seed_engine.ask(question)
    [disagreement] = answer.disagreements
    assert [figure.value for figure in disagreement.figures] == ["14,170", "15,900"]
    quotes = {citation.id: citation.quote for citation in answer.citations}
    assert "was 14,170, not 15,900" in quotes[1]
    assert quotes[2].startswith("The Ministry of Civil Protection counted 15,900 displaced people on 12 May")


def test_an_answer_that_is_not_sure_has_three_alternatives_and_a_sure_one_or_a_refusal_none(
    library: MakeLibrary,
) -> None:
    counts = (("North", 41, 38), ("South", 57, 54), ("East", 12, 9), ("West", 88, 85), ("Coast", 63, 60))
    rows = "".join(f"| {name} | {opened} | {closed} |\n" for name, opened, closed in counts)
    table = f"# Cases\n\n| Region | Cases opened | Cases closed |\n|---|---|---|\n{rows}"
    engine = library({"cases.md": f"{table}\nThe court in Varda has nine judges.\n"})
    answer = engine.ask("How many cases were closed?")
    cited = {cited.quote for cited in answer.citations}
    headings = "Cases\n\nRegion | Cases opened | Cases closed"
    assert [other.headings for other in answer.alternatives] == [headings] * 3
    assert cited.isdisjoint({other.text for other in answer.alternatives})
    scores = [other.score for other in answer.alternatives]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[0] < SURE
    for other in answer.alternatives:
        text = engine.index.catalog.text(other.document_id, other.version).text
        assert other.text == text[other.start : other.end]
    sure = engine.ask("How many judges does the court in Varda have?")
    assert sure.citations[0].quote == "The court in Varda has nine judges."
    assert sure.alternatives == ()
    refused = engine.ask("Who won the chess championship of Ostmere?")
    assert (refused.abstained, refused.alternatives) == (True, ())


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
    arrested = "柬埔寨警方本周逮捕了一千多名网络诈骗嫌疑人。"
    engine = library(
        {"zh.txt": f"{arrested}行动由首相下令进行。", "en.txt": "The harbour was closed by ice."}
    )
    assert engine.ask("柬埔寨警方逮捕了多少名嫌疑人？").citations[0].quote == arrested


def test_an_empty_question_is_refused_at_once(seed_engine: QueryEngine) -> None:
    for ask in (seed_engine.ask, seed_engine.stream):
        with pytest.raises(QuestionError, match="the question is empty"):
            ask("  ")


def test_the_json_form_has_the_contract_s_fields(seed_engine: QueryEngine) -> None:
    body = json.loads(json.dumps(seed_engine.ask(ARRESTS).as_dict()))
    assert list(body) == [
        "answer_id", "question", "text", "abstained", "reason", "cause", "note", "sentences", "citations",
        "passages", "answerability", "model", "generation", "created", "conversation_id", "standalone",
        "searched_for", "headline", "disagreements", "alternatives", "dropped", "fallback", "prompt_digest",
        "searched", "made_from", "timings",
    ]  # fmt: skip
    assert list(body["citations"][0]) == [
        "id", "answer_start", "answer_end", "document_id", "version", "title", "publisher", "author",
        "published", "path", "page", "page_label", "start", "end", "quote", "boxes", "verification",
        "headings", "lead_in", "cell", "also_in", "recognised", "superseded_by",
    ]  # fmt: skip
    assert body["sentences"][0] == {
        "start": 0,
        "end": body["citations"][0]["answer_end"],
        "citations": [1],
        "verdict": "quoted",
        "reason": None,
    }


@pytest.mark.slow
def test_the_real_report_gives_gold_evidence(encoder: Encoder, evaluation_data: Path, tmp_path: Path) -> None:
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


def test_a_follow_up_that_names_nothing_stays_in_the_report_before(library: MakeLibrary) -> None:
    strike = "Dock workers at Tolm went on strike over unpaid wages in March. The port closed for nine days."
    bridge = "It cost 4 million crowns, and the province of Oss paid for it."
    index = library({"strike.txt": strike, "bridge.txt": bridge}).index
    engine = QueryEngine(index)
    first = engine.ask("Why did the dock workers at Tolm go on strike?")
    # Alone, the question is answered by the other report.
    assert [citation.path for citation in engine.ask("Who paid for it?").citations] == ["bridge.txt"]
    then = engine.ask("Who paid for it?", conversation=from_answers("c", [first]))
    assert then.standalone == "Why did the dock workers at Tolm go on strike? Who paid for it? (strike)"
    assert {citation.path for citation in then.citations} <= {"strike.txt"}


def test_an_answer_is_made_from_what_its_earlier_turns_were_made_from(library: MakeLibrary) -> None:
    """Also with what a client says was said; a question that stands alone follows nothing."""
    fees = "The fee of a visa to Varda was raised to 90 crowns."
    index = library({f"{name}.txt": text for name, text in {**FOLLOWED, "fees": fees}.items()}).index
    numbers = {each.path.removesuffix(".txt"): each.document_id for each in index.catalog.documents()}
    engine = QueryEngine(index)
    first = engine.ask("Why did the dock workers at Tolm go on strike?", only(numbers["strike"]))
    assert first.documents == {numbers["strike"]}
    before = from_answers("c", [first])
    second = engine.ask("Who paid for it?", only(numbers["bridge"]), before)
    third = engine.ask("And for how long?", only(numbers["bridge"]), from_answers("c", [second]))
    for follow_up in (second, third):
        assert follow_up.standalone is not None
        assert follow_up.documents == {numbers["strike"], numbers["bridge"]}
    alone = engine.ask("How high is the fee of a visa to Varda?", only(numbers["fees"]), before)
    assert alone.standalone is None
    assert alone.documents == {numbers["fees"]}
    said = from_turns([("user", "Why did the workers strike?"), ("assistant", "Over unpaid wages.")])
    told = engine.ask("Who paid for it?", only(numbers["bridge"]), said)
    assert told.documents == {UNKNOWN, numbers["bridge"]}


def test_an_answer_is_made_from_all_that_a_model_was_given(library: MakeLibrary) -> None:
    """What the model repeats of it may be among the sentences that are left out."""
    index = library({f"{name}.txt": text for name, text in FOLLOWED.items()}).index
    numbers = {each.path.removesuffix(".txt"): each.document_id for each in index.catalog.documents()}
    first = QueryEngine(index).ask("Why did the dock workers at Tolm go on strike?", only(numbers["strike"]))
    repeated = "The port closed for nine days."
    llm = ScriptedLLM(plans("Who paid for the dock workers?"), cites((repeated, "It cost 4 million")))
    engine = QueryEngine(
        index, writer=Writer(model_of(llm), Gate()), calibration=replace(CALIBRATION, threshold=0.0)
    )
    then = engine.ask("Who paid for it?", only(numbers["bridge"]), from_answers("c", [first]))
    assert "unpaid wages" in llm.words()
    assert [each.text for each in then.dropped] == [repeated]
    assert {each.document_id for each in then.citations} == {numbers["bridge"]}
    assert then.documents == {numbers["strike"], numbers["bridge"]}


def test_an_answer_is_made_from_the_reports_that_its_filters_name(library: MakeLibrary) -> None:
    index = library({f"{name}.txt": text for name, text in FOLLOWED.items()}).index
    numbers = {each.path.removesuffix(".txt"): each.document_id for each in index.catalog.documents()}
    answer = QueryEngine(index).ask("Who paid for the bridge?", only(*numbers.values(), 98_765))
    assert {*answer.made_from} == {*numbers.values()}


def test_an_answer_is_made_from_a_report_that_has_the_corrected_word(library: MakeLibrary) -> None:
    """One of the passages shows it, or else some report that the asker may see."""
    index = library({"a.txt": "The bridge at Oss was sold to Vandermeer.", "b.txt": "The bridge fell."}).index
    numbers = {each.path: each.document_id for each in index.catalog.documents()}
    asked = "Who sold the bridge to Vandermer?"
    elsewhere = QueryEngine(index).ask(asked, only(numbers["b.txt"]))
    assert elsewhere.searched_for == "Who sold the bridge to Vandermeer?"
    assert elsewhere.documents == {numbers["a.txt"], numbers["b.txt"]}
    assert QueryEngine(index).ask(asked, only(numbers["a.txt"])).documents == {numbers["a.txt"]}


FOLLOWED = {
    "strike": "Dock workers at Tolm went on strike over unpaid wages. The port closed for nine days.",
    "bridge": "It cost 4 million crowns, and the province of Oss paid for it.",
}


def only(*document_ids: int) -> Filters:
    return Filters(document_ids=document_ids)


def test_a_refused_question_is_what_a_follow_up_refers_to(library: MakeLibrary) -> None:
    fire = "A falling tree started the fire at Oss. The fire brigade needed nine hours."
    engine = QueryEngine(library({"fire.txt": fire}).index)
    first = engine.ask("How many hospital beds does Poland have?")
    assert first.abstained
    then = engine.ask("Why did it fall?", conversation=from_answers("c", [first]))
    assert then.standalone == "How many hospital beds does Poland have? Why did it fall?"
    assert then.abstained


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


def test_filters_choose_what_is_read_and_the_scope_of_the_search_is_recorded(library: MakeLibrary) -> None:
    names = ("Arna", "Varda", "Zell", "Ypsel")
    files = {f"{name}.txt": f"Report {name}\n\nThe dam of {name} broke on Sunday." for name in names}
    engine, broke = library(files), "When did the dam break?"
    assert engine.ask(broke).searched == Searched(4, Filters())
    numbers = {record.path: record.document_id for record in engine.index.catalog.documents()}
    two = Filters(document_ids=(numbers["Zell.txt"], numbers["Varda.txt"], 99))
    answer = engine.ask(broke, two)
    assert {citation.path for citation in answer.citations} <= {"Zell.txt", "Varda.txt"}
    assert answer.searched == Searched(2, two, ("Report Zell", "Report Varda"))
    all_four = Filters(document_ids=tuple(numbers[f"{name}.txt"] for name in names))
    assert engine.ask(broke, all_four).searched == Searched(
        4, all_four, tuple(map("Report {}".format, names[:3]))
    )
    nothing = Filters(languages=("km",))
    none = engine.ask(broke, nothing)
    assert (none.cause, none.passages, none.searched) == ("empty_library", (), Searched(0, nothing))
    assert none.reason == "No report passes the filters; widen them and ask again."


DENS = "How many scam dens does Amnesty International know of in Cambodia?"


class Model:
    """A scripted model that writes one true sentence, and tells when it is closed."""

    def __init__(self, name: str) -> None:
        self.closed = Event()
        llm = ScriptedLLM(cites((KNOWN, KNOWN)))
        self.writer = Writer(LanguageModel(llm, name, close=self.closed.set), Gate())


def test_a_question_in_progress_ends_with_its_own_model_which_then_closes(seed_index: Library) -> None:
    old, new = Model("old"), Model("new")
    engine = QueryEngine(seed_index, writer=old.writer)
    events = engine.stream(DENS)
    assert any(isinstance(event, PassagesFound) for event in events)
    engine.set_writer(new.writer)
    assert not old.closed.is_set()
    assert engine.ask(DENS).model == "new"
    [answer] = [event.answer for event in events if isinstance(event, AnswerDone)]
    assert answer.model == "old"
    assert old.closed.wait(PATIENCE)
    assert not new.closed.is_set()


def test_a_model_that_no_question_uses_closes_at_once(seed_index: Library) -> None:
    old = Model("old")
    engine = QueryEngine(seed_index, writer=old.writer)
    # A question that has not begun to be answered gets the writer of its time.
    waiting = engine.stream(DENS)
    engine.set_writer(None)
    assert old.closed.is_set()
    assert [event.answer.model for event in waiting if isinstance(event, AnswerDone)] == ["quoted"]


def test_an_engine_for_a_viewer_has_the_writer_of_the_engine(seed_index: Library) -> None:
    """Also one that was made before the exchange, as for a request that waited for the models."""
    old, new = Model("old"), Model("new")
    engine = QueryEngine(seed_index, writer=old.writer)
    engine.is_warming = True
    viewer = Viewer("bea")
    own = engine.for_viewer(viewer)
    assert (own.is_warming, own.index.catalog.viewer, engine.index.catalog.viewer) == (True, viewer, None)
    engine.set_writer(new.writer)
    engine.is_warming = False
    assert not own.is_warming
    events = own.stream(DENS)
    next(events)
    assert engine.open_questions == 1
    [answer] = [event.answer for event in events if isinstance(event, AnswerDone)]
    assert (answer.model, engine.open_questions) == ("new", 0)
    assert own.quoting_only().ask(DENS).model == "quoted"


def test_a_question_that_is_given_up_lets_its_model_go(seed_index: Library) -> None:
    old = Model("old")
    engine = QueryEngine(seed_index, writer=old.writer)
    events = engine.stream(DENS)
    next(events)
    engine.set_writer(None)
    assert not old.closed.is_set()
    events.close()
    assert old.closed.is_set()


@pytest.mark.parametrize("users", [1, 3])
def test_a_retired_model_closes_with_its_last_user(users: int) -> None:
    model = Model("old")
    uses = [model.writer.model.in_use() for _ in range(users)]
    for use in uses:
        use.__enter__()
    model.writer.model.retire()
    for use in uses:
        assert not model.closed.is_set()
        use.__exit__(None, None, None)
    assert model.closed.is_set()


NARROWED = {
    "dam.md": "---\ntitle: The dam\npublisher: Ministry\npublished: 2031-03-01\n---\n\n"
    "The inquiry heard 41 witnesses over nine weeks. A worn seal let water into gate 3, which then jammed.\n",
    "school.md": "---\ntitle: The school\npublisher: Council\npublished: 2032-01-01\n---\n\n"
    "The council opened a school for 240 pupils in May. Its roof cost 90,000 crowns.\n",
}


def of_its_date(answer: Answer) -> Filters:
    year = int(str(answer.citations[0].published)[:4])
    return Filters(published_before=f"{year}-12-31", published_after=f"{year - 1}-12-31")


@pytest.mark.parametrize(
    "narrowed",
    [
        lambda answer: Filters(document_ids=(answer.citations[0].document_id,)),
        lambda answer: Filters(publishers=(answer.citations[0].publisher,)),
        of_its_date,
    ],
    ids=["report", "publisher", "date"],
)
@pytest.mark.parametrize(
    "question",
    [
        "How many witnesses did the inquiry hear?",
        "Why did gate 3 jam?",
        "How many pupils is the school for?",
        "What did the roof cost?",
        "Which gate let water in?",
    ],
)
def test_a_narrower_scope_answers_what_the_wider_one_answered_from_it(
    library: MakeLibrary, question: str, narrowed: Callable[[Answer], Filters]
) -> None:
    """Also if the wider scope is only just sure, since scores are scaled within what is searched."""
    engine = library(NARROWED)
    sure = engine.ask(question).answerability
    assert sure is not None
    barely = QueryEngine(engine.index, calibration=replace(CALIBRATION, threshold=sure - 1e-6))
    wide = barely.ask(question)
    assert not wide.abstained
    narrow = barely.ask(question, narrowed(wide))
    assert (narrow.abstained, narrow.citations[0].quote) == (False, wide.citations[0].quote)
    shown = {each.document_id for each in narrow.citations} | {each.document_id for each in narrow.passages}
    assert shown == {wide.citations[0].document_id}


def test_an_address_is_not_the_first_passage_of_a_refusal(library: MakeLibrary) -> None:
    address = "Ministry of Water Inquiries\n\nPost box 300, Maravel\n\nDam office"
    prose = "The office collects what people say about the dam and its gates, and answers within a month."
    answer = library({"a.md": address, "b.md": prose}).ask("Which painter made murals in Maravel?")
    assert answer.abstained
    assert [passage.path for passage in answer.passages] == ["b.md", "a.md"]
