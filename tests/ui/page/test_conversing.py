"""What happens to a page's conversation when its fields say something."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import anyio
import pytest

from rag.conversations.answers import conversation
from rag.engine import QueryEngine
from tests.support.markup import ENGLISH
from tests.support.talks import BROKE, COST, DAM, UNCHANGED, act, all_of, ask, ids, questions
from ui.page.conversing import Conversing, fail, start_over
from ui.page.locales import Locale, locale_in
from ui.page.markup.answer import failure_markup
from ui.page.sessions import Session
from ui.page.turns import Asked


@pytest.fixture
def engine(library: Callable[[Mapping[str, str]], QueryEngine]) -> QueryEngine:
    return QueryEngine(library({"dam.txt": DAM}).index, keeps=True)


@pytest.fixture
def conversing(engine: QueryEngine) -> Conversing:
    return Conversing(engine, UNCHANGED)


def test_the_input_is_emptied_once_and_the_conversation_grows(conversing: Conversing) -> None:
    asked = Asked()
    shown = ask(conversing, BROKE, asked)
    assert [entry for entry, _, _ in shown] == ["", *[UNCHANGED] * (len(shown) - 1)]
    assert shown[-1][1].asked is asked
    assert shown[-1][2] == asked.turns
    assert questions(asked) == [BROKE]
    assert "broke on Sunday" in asked.exchanges[0].markup


def test_a_blank_question_changes_nothing(conversing: Conversing) -> None:
    asked = Asked()
    assert ask(conversing, "  ", asked) == [(UNCHANGED, UNCHANGED, UNCHANGED)]
    assert asked.exchanges == []


def test_listening_changes_nothing(conversing: Conversing) -> None:
    asked = Asked()
    ask(conversing, BROKE, asked)
    assert act(conversing, asked, do="listen") == [(UNCHANGED, UNCHANGED, UNCHANGED)]
    assert questions(asked) == [BROKE]


def test_a_question_that_is_too_long_goes_back_into_the_input_and_is_followed_by_others(
    conversing: Conversing,
) -> None:
    asked = Asked()
    long = "x" * 2001
    assert ask(conversing, long, asked)[-1][0] == long
    assert asked.exchanges[0].markup.startswith('<div class="fn-failure">The question has 2&#44;001')
    assert len(asked.exchanges[0].question) < 300
    ask(conversing, BROKE, asked)
    assert [each.answer is not None for each in asked.exchanges] == [False, True]


def test_a_question_without_words_is_refused_in_the_reader_s_language(conversing: Conversing) -> None:
    asked = Asked()
    shown = all_of(conversing.ask("?!", "", Session(asked), "", locale_in("vi")))
    assert shown[-1][0] == "?!"
    assert "Câu hỏi đang trống" in asked.exchanges[0].markup


def test_a_scope_narrows_what_is_asked(conversing: Conversing) -> None:
    asked = Asked()
    ask(conversing, BROKE, asked, '{"languages": ["km"]}')
    answer = asked.exchanges[0].answer
    assert answer is not None
    assert answer.searched is not None
    assert (answer.abstained, answer.searched.documents, answer.searched.filters.languages) == (
        True,
        0,
        ("km",),
    )


@pytest.mark.parametrize("language", ["en", "id", "km", "vi", "zh"])
def test_a_question_whose_scope_cannot_be_read_is_not_asked_of_the_whole_library(
    conversing: Conversing, engine: QueryEngine, language: str
) -> None:
    asked, locale = Asked(), locale_in(language)
    shown = all_of(conversing.ask(BROKE, '{"document_ids": ["1"]}', Session(asked), "", locale))
    assert shown[-1][0] == BROKE, "it goes back into the input"
    assert asked.exchanges[0].markup == failure_markup(locale.text("refused.scope"))
    assert (language == "en") is (locale.text("refused.scope") == locale_in("en").text("refused.scope"))
    assert conversation(engine.index, asked.id) == []


def test_an_answer_is_not_asked_again_in_a_scope_that_cannot_be_read(conversing: Conversing) -> None:
    asked = Asked()
    ask(conversing, BROKE, asked)
    before = ids(asked)
    shown = act(conversing, asked, "nonsense", do="again", answer_id=before[0])
    assert ids(asked) == before
    assert "could not be read" in shown[-1][2][-1]["content"]


def test_the_script_asks_a_question(conversing: Conversing) -> None:
    asked = Asked()
    shown = act(conversing, asked, do="ask", question=COST)
    assert {repr(entry) for entry, _, _ in shown} == {repr(UNCHANGED)}
    assert questions(asked) == [COST]


def test_asking_again_puts_another_answer_in_the_place_of_one(
    conversing: Conversing, engine: QueryEngine
) -> None:
    asked = Asked()
    ask(conversing, BROKE, asked)
    ask(conversing, COST, asked)
    first, second = ids(asked)
    act(conversing, asked, do="again", answer_id=second)
    assert questions(asked) == [BROKE, COST]
    assert ids(asked)[0] == first
    assert ids(asked)[1] != second
    kept = conversation(engine.index, asked.id)
    assert [answer.answer_id for answer in kept] == ids(asked)


def test_an_edited_question_takes_the_place_of_its_answer_and_of_what_followed(
    conversing: Conversing, engine: QueryEngine
) -> None:
    asked = Asked()
    ask(conversing, BROKE, asked)
    ask(conversing, COST, asked)
    act(conversing, asked, do="edit", answer_id=ids(asked)[0], question="Who was warned of the dam?")
    assert questions(asked) == ["Who was warned of the dam?"]
    assert [answer.question for answer in conversation(engine.index, asked.id)] == questions(asked)


def test_an_answer_that_the_page_shows_and_the_server_has_forgotten_is_asked_again_in_its_conversation(
    conversing: Conversing, engine: QueryEngine
) -> None:
    before, asked = Asked(), Asked()
    ask(conversing, BROKE, before)
    ask(conversing, COST, before)
    shown = act(conversing, asked, do="again", answer_id=ids(before)[1])
    again = shown[-1][1].asked
    assert (again.id, questions(again)) == (before.id, [BROKE, COST])
    assert [answer.answer_id for answer in conversation(engine.index, before.id)] == ids(again)


def test_a_kept_conversation_is_opened(conversing: Conversing) -> None:
    before, asked = Asked(), Asked()
    ask(conversing, BROKE, before)
    [(entry, session, turns)] = act(conversing, asked, do="open", conversation_id=before.id)
    assert (entry, session.asked.id, questions(session.asked)) == (UNCHANGED, before.id, [BROKE])
    assert turns == session.turns


@pytest.mark.parametrize(
    "command",
    [
        {"do": "delete"},
        {"do": "ask"},
        {"do": "again"},
        {"do": "again", "answer_id": "f" * 32},
        {"do": "edit"},
    ],
)
def test_what_cannot_be_done_changes_nothing(conversing: Conversing, command: dict[str, str]) -> None:
    asked = Asked()
    assert act(conversing, asked, **command) == [(UNCHANGED, UNCHANGED, UNCHANGED)]
    assert asked.exchanges == []


@pytest.mark.parametrize("named", ["conversation", "answer"])
def test_a_page_s_address_shows_what_it_names(conversing: Conversing, named: str) -> None:
    before = Asked()
    ask(conversing, BROKE, before)
    value = before.id if named == "conversation" else ids(before)[0]
    session = Session()
    opened, turns = anyio.run(conversing.open, {named: value, "__theme": "dark"}, session, ENGLISH)
    assert opened is session
    assert session.asked is not None
    assert questions(session.asked) == [BROKE]
    assert turns == session.turns


def test_a_page_without_a_name_in_its_address_is_left_as_it_is(conversing: Conversing) -> None:
    assert anyio.run(conversing.open, {"__theme": "dark"}, Session(), ENGLISH) == (UNCHANGED, UNCHANGED)


def test_an_answer_that_was_stopped_grows_no_more(conversing: Conversing, engine: QueryEngine) -> None:
    asked = Asked()

    async def stopped_early() -> None:
        session = Session(asked)
        async for _, shown, _ in conversing.ask(BROKE, "", session, "", ENGLISH):
            if shown is session:
                conversing.stop("", session)

    anyio.run(stopped_early)
    assert asked.exchanges[0].markup.startswith('<div class="fn-failure">Stopped before')
    assert conversation(engine.index, asked.id) == []


def test_starting_over_begins_a_conversation_and_stops_what_arrives(conversing: Conversing) -> None:
    asked = Asked()
    ask(conversing, BROKE, asked)
    exchange, _ = asked.follow(COST)
    session = Session(asked)
    assert start_over(session) == (session, [])
    assert exchange.is_given_up
    assert session.asked is not None
    assert (session.asked.id != asked.id, session.asked.exchanges) == (True, [])
    assert conversing.stop("", Session())[2] == fail(Session())[1] == []


def test_a_page_that_has_asked_nothing_begins_a_conversation_of_its_own(conversing: Conversing) -> None:
    begun = [all_of(conversing.ask(BROKE, "", Session(), "", ENGLISH))[-1][1].asked for _ in range(2)]
    assert [questions(asked) for asked in begun] == [[BROKE], [BROKE]]
    assert begun[0].id != begun[1].id
    command = json.dumps({"do": "ask", "question": COST})
    acted = all_of(conversing.act(command, "", Session(), "", ENGLISH))[-1][1].asked
    assert questions(acted) == [COST]


def test_what_breaks_off_is_said_in_the_answer_s_place_and_in_the_reader_s_language(
    conversing: Conversing,
) -> None:
    asked = Asked(locale=Locale("km", {"failure.server": "ម៉ាស៊ីន"}))
    asked.follow(BROKE)
    fail(Session(asked))
    assert asked.turns[-1]["content"] == '<div class="fn-failure">ម៉ាស៊ីន&#46;</div>'
    ask(conversing, COST, asked)
    whole = asked.turns
    fail(Session(asked))
    assert asked.turns == whole


def test_an_answer_that_fails_leaves_what_it_was_to_replace(
    conversing: Conversing, engine: QueryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked()
    ask(conversing, BROKE, asked)
    ask(conversing, COST, asked)
    before = ids(asked)

    def breaking(*_: object) -> None:
        raise RuntimeError("the model is gone")

    monkeypatch.setattr(QueryEngine, "stream", breaking)
    shown = act(conversing, asked, do="again", answer_id=before[0])
    assert ids(asked) == before
    assert [answer.answer_id for answer in conversation(engine.index, asked.id)] == before
    assert "The server could not answer" in shown[-1][2][-1]["content"]


def test_a_conversation_that_the_server_has_forgotten_goes_on(conversing: Conversing) -> None:
    before = Asked()
    ask(conversing, BROKE, before)
    session = Session()
    all_of(conversing.ask(COST, "", session, before.id, ENGLISH))
    assert session.asked is not None
    assert (session.asked.id, questions(session.asked)) == (before.id, [BROKE, COST])
    suggested = Session()
    command = json.dumps({"do": "ask", "question": "Who was warned of the dam?"})
    all_of(conversing.act(command, "", suggested, before.id, ENGLISH))
    assert suggested.asked is not None
    assert questions(suggested.asked)[:2] == [BROKE, COST]
    gone = Session()
    all_of(conversing.ask(COST, "", gone, "f" * 32, ENGLISH))
    assert gone.asked is not None
    assert (questions(gone.asked), gone.asked.notice) == ([COST], "")


def test_what_was_left_is_not_gone_on_with(conversing: Conversing) -> None:
    asked = Asked()
    ask(conversing, BROKE, asked)
    session = Session(asked)
    start_over(session)
    # The page may still show what was left.
    all_of(conversing.ask(COST, "", session, asked.id, ENGLISH))
    assert session.asked is not None
    assert (session.asked.id != asked.id, questions(session.asked)) == (True, [COST])
