"""A message that is no question gets what quotes can give, or a sentence; nothing is searched for that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.library import Library
from rag.answers import Answer, Cause
from rag.conversations import Conversation, from_answers
from rag.engine import QueryEngine
from rag.events import AnswerDone, PassagesFound, Token
from rag.finding.abstention import Abstention
from rag.follow_ups import Exchange
from rag.questions import understand
from rag.requests import MOST_ROWS, Request, courtesy, request_of
from rag.verification import Gate
from rag.writing.writer import Writer
from tests.support.libraries import MakeLibrary
from tests.support.scripted import ScriptedLLM, model_of, says

HELLO = "Hello! Ask a question about the reports in this library."


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("greeting",
         "hello | Hello! | HI there :-) | Good morning. | 你好！ | Xin chào! | Selamat pagi | សួស្តី"),
        ("thanks", "thanks | Thank you very much! | 谢谢。 | Cảm ơn bạn | Cám ơn | Terima kasih | សូមអរគុណ"),
        ("help", "what can you do? | Help! | who are you | what can I ask here? | How do I use this tool?"),
        (None, "hello, how many were arrested? | Thanks. And in May? | hello world | 你好，有多少人被捕？"),
        (None, "What can members do? | How does it work? | How can it help? | help for victims of floods"),
    ],
)  # fmt: skip
def test_courtesies_and_calls_for_help_are_no_questions(
    seed_index: Library, cause: Cause | None, said: str
) -> None:
    with seed_index.snapshot() as snapshot:
        found = [courtesy(snapshot, understand(each)) for each in said.split(" | ")]
    assert [each and each.cause for each in found] == [cause] * len(found)


def test_thanks_and_calls_for_help_are_answered_without_a_search(seed_engine: QueryEngine) -> None:
    assert seed_engine.ask("thanks").text == "You are welcome. Ask another question whenever you like."
    answer = seed_engine.ask("Help!")
    assert (answer.cause, answer.passages, answer.citations) == ("help", (), ())
    assert answer.text.startswith("Ask a question, and sentences of this library's 7 reports answer it, each")
    assert "“a table of net sales by segment”" in answer.text
    assert requested("a table of net sales by segment") == "table"


def test_a_greeting_is_answered_without_a_search(seed_engine: QueryEngine) -> None:
    events = list(seed_engine.stream("hello"))
    assert events[:-1] == [PassagesFound(()), Token(HELLO)]
    assert isinstance(events[-1], AnswerDone)
    answer = events[-1].answer
    assert (answer.abstained, answer.cause, answer.reason, answer.text) == (True, "greeting", HELLO, HELLO)
    assert (answer.passages, answer.searched, answer.answerability) == ((), None, None)


def test_a_follow_up_does_not_refer_to_thanks(seed_engine: QueryEngine) -> None:
    first = seed_engine.ask("How many people were displaced by the floods in Lorvenna in March?")
    conversation = from_answers("0a" * 16, [first, seed_engine.ask("thanks")])
    assert [turn.standalone for turn in conversation.exchanges] == [first.question]
    then = seed_engine.ask("And in May?", conversation=conversation).standalone
    assert then == f"{first.question} And in May? ({first.citations[0].title})"


DISPLACED = "How many people were displaced by the floods in Lorvenna in March?"
ASKED = Conversation(None, (Exchange(DISPLACED, "12,400."),))


def conversation(*answers: Answer) -> Conversation:
    return from_answers("0a" * 16, answers)


def requested(said: str, earlier: Conversation = ASKED) -> str | None:
    found = request_of(understand(said), earlier)
    return found.cause if isinstance(found, Abstention) else found.kind if found else None


REQUESTS: dict[str | None, list[str]] = {
    "shorter": [
        "shorter", "Too long, give me the short version.", "in one sentence please",
    ],
    "more": [
        "more", "Can you give me more detail?", "anything else on this?", "keep going",
    ],
    "needs_model": [
        "explain in simple words", "explain that like I'm 12", "translate that",
        "Translate the second paragraph into Khmer", "write a press release about it",
        "Please draft an email summarising the net sales", "Turn this into a tweet",
    ],
    "table": [
        "make a table of net sales by segment", "tabulate sales by brand",
        "Net sales by segment, as a table", "could you produce a table showing casualties by district?",
    ],
    None: [
        "Who wrote the press release?", "Which languages was the report translated into?",
        "draft resolution on Haiti", "foreign currency translation adjustment", "How many more?",
        "more in 2022?", "Who else?", "And the sentence?", "And this year?", "How long?",
        "Explain the increase in net sales", "Tell me more about the landslide in Lorvenna",
        "What does the table show?", "Is it given in a table?", "Net sales by segment",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("said", "wanted"), [(said, kind) for kind in REQUESTS for said in REQUESTS[kind]])
def test_a_request_is_told_from_a_question(said: str, wanted: str | None) -> None:
    assert requested(said) == wanted


@given(
    said=st.sampled_from(["shorter", "more", "tell me more about", "explain in simple words", "what else"]),
    name=st.from_regex(r"\A[A-Z][a-z]{7,12}ow\Z"),
    first=st.booleans(),
)
def test_a_message_that_names_something_is_a_question(said: str, name: str, first: bool) -> None:
    assert requested(f"{name} {said}" if first else f"{said} {name}") is None


@given(st.text("giveamktblofnsyr 0.", max_size=60))
def test_every_message_is_a_request_or_not_and_none_is_an_error(text: str) -> None:
    found = request_of(understand(f"a{text}"), Conversation())
    assert found is None or isinstance(found, Abstention) or found.kind == "table"


@pytest.mark.parametrize(
    ("said", "cause", "beginning"),
    [
        ("translate that", "needs_model", "Without a language model, answers can only quote the reports; "),
        ("shorter", "nothing_earlier", "There is no earlier answer in this conversation; "),
        ("more", "nothing_earlier", "There is no earlier answer in this conversation; "),
    ],
)
def test_what_no_quote_gives_gets_a_sentence(
    seed_engine: QueryEngine, said: str, cause: Cause, beginning: str
) -> None:
    answer = seed_engine.ask(said)
    assert (answer.abstained, answer.cause, answer.passages, answer.searched) == (True, cause, (), None)
    assert answer.text.startswith(beginning)
    assert answer.text.count(". ") == 0


def test_a_request_goes_to_the_model_or_is_searched_for_if_exact(seed_index: Library) -> None:
    llm = ScriptedLLM(says("No."))
    engine = QueryEngine(seed_index, writer=Writer(model_of(llm), Gate()))
    assert engine.ask("write a press release about the displaced people").cause != "needs_model"
    assert engine.ask("what can you do?").cause == "help"
    assert QueryEngine(seed_index).ask("translate that", exact=True).cause != "needs_model"


def test_shorter_is_the_first_sentence_with_its_footnote(seed_engine: QueryEngine) -> None:
    first = seed_engine.ask(DISPLACED)
    assert len(first.sentences) == 2
    shorter = seed_engine.ask("shorter", conversation=conversation(first))
    assert shorter.text == first.text[: first.sentences[0].end]
    assert [cited.id for cited in shorter.citations] == [1]
    assert shorter.standalone == DISPLACED


def test_more_adds_what_was_not_quoted_until_nothing_is_left(seed_engine: QueryEngine) -> None:
    first = seed_engine.ask(DISPLACED)
    more = seed_engine.ask("more", conversation=conversation(first))
    assert more.text.startswith(
        "On 20 March the Ministry of Civil Protection had 12,400 displaced people on its register."
    )
    assert more.standalone == DISPLACED
    said = [first.text[each.start : each.end] for each in first.sentences]
    assert not [sentence for sentence in said if sentence in more.text]
    rest = seed_engine.ask("what else?", conversation=conversation(first, more))
    assert (rest.cause, rest.citations) == ("nothing_more", ())
    after = seed_engine.ask("And in May?", conversation=conversation(first, more, rest))
    assert after.standalone == f"more? And in May? ({more.citations[0].title})"


def test_more_of_an_overview_has_other_sentences(seed_engine: QueryEngine) -> None:
    first = seed_engine.ask("Summarise the dam inquiry")
    more = seed_engine.ask("more", conversation=conversation(first))
    said = [first.text[each.start : each.end] for each in first.sentences]
    assert said
    assert more.citations
    assert not [sentence for sentence in said if sentence in more.text]
    assert {cited.title for cited in more.citations} == {cited.title for cited in first.citations}


DISTRICTS = ["Sarrow", "Quell Delta", "Tamber", "Upper Isken", "All four districts"]


@pytest.mark.parametrize(
    "said",
    [
        "Make a table of displaced persons by district",
        "show the corrected number of displaced persons per district in a table",
    ],
)
def test_a_table_has_all_rows_of_the_group(seed_engine: QueryEngine, said: str) -> None:
    answer = seed_engine.ask(said)
    assert [cited.quote.split(" | ")[0] for cited in answer.citations] == DISTRICTS
    assert [cited.id for cited in answer.citations] == [1, 2, 3, 4, 5]
    assert {cited.verification.verdict for cited in answer.citations} == {"quoted"}
    assert (answer.headline, answer.note) == (None, None)


FERRIES = """Ferry traffic

Counts of each line:

Line | 2031 | 2032
First quarter
Passengers | 1,204 | 1,377
Accidents | 4 | 6
Second quarter
Passengers | 2,210 | 2,498
Accidents | 3 | 5
"""


def test_a_table_of_a_measure_has_its_rows_below_their_groups(library: MakeLibrary) -> None:
    engine = library({"ferries.txt": FERRIES})
    answer = engine.ask("Make a table of ferry accidents by quarter")
    assert [cited.quote for cited in answer.citations] == [
        "First quarter",
        "Accidents | 4 | 6",
        "Second quarter",
        "Accidents | 3 | 5",
    ]


def test_a_long_table_is_cut_and_the_note_says_so(library: MakeLibrary) -> None:
    rows = "".join(f"Parish {number:02} | {700 + number}\n" for number in range(1, 41))
    engine = library({"lanterns.txt": f"Street lanterns by parish:\n\nParish | Lanterns\n{rows}"})
    answer = engine.ask("Give me a table of street lanterns by parish")
    assert [cited.quote for cited in answer.citations] == [
        f"Parish {number:02} | {700 + number}" for number in range(1, MOST_ROWS + 1)
    ]
    assert answer.note == "These are the first 30 of 40 rows."


def test_a_table_that_no_report_has_is_not_made_up(seed_engine: QueryEngine) -> None:
    said = "Put the arrested suspects by country in a table"
    answer = seed_engine.ask(said)
    assert answer.note is not None
    assert answer.note.startswith("No table that was read comes as near as these words.")
    assert not [cited for cited in answer.citations if cited.headings]


def test_the_subject_of_a_table_is_what_is_searched_for() -> None:
    for said in ("Please show me net sales per region as a table", "A table of net sales per region."):
        found = request_of(understand(said), Conversation())
        assert isinstance(found, Request)
        assert (found.kind, found.question.text) == ("table", "net sales per region")
