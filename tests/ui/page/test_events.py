"""The events of the chat page change its conversation."""

from __future__ import annotations

import json

import anyio
import pytest

from rag.conversations.answers import sound_conversation as answers_of
from rag.engine import QueryEngine
from tests.support.markup import ENGLISH
from tests.support.talks import BROKE, COST, UNCHANGED, act, all_of, ask, ids, questions
from ui.page.conversation import ShownConversation
from ui.page.events import ChatEvents, fail, start_over
from ui.page.head import Locale, locale_in
from ui.page.markup.answer import failure_markup
from ui.page.sessions import Session


def test_the_input_is_emptied_once_and_the_conversation_grows(events: ChatEvents) -> None:
    conversation = ShownConversation()
    shown = ask(events, BROKE, conversation)
    assert [entry for entry, _, _ in shown] == ["", *[UNCHANGED] * (len(shown) - 1)]
    assert shown[-1][1].conversation is conversation
    assert shown[-1][2] == conversation.messages
    assert questions(conversation) == [BROKE]
    assert "broke on Sunday" in conversation.exchanges[0].markup


def test_a_blank_question_changes_nothing(events: ChatEvents) -> None:
    conversation = ShownConversation()
    assert ask(events, "  ", conversation) == [(UNCHANGED, UNCHANGED, UNCHANGED)]
    assert conversation.exchanges == []


def test_a_question_that_is_too_long_goes_back_into_the_input_and_is_followed_by_others(
    events: ChatEvents,
) -> None:
    conversation = ShownConversation()
    long = "x" * 2001
    assert ask(events, long, conversation)[-1][0] == long
    assert conversation.exchanges[0].markup.startswith('<div class="fn-failure">The question has 2&#44;001')
    assert len(conversation.exchanges[0].question) < 300
    ask(events, BROKE, conversation)
    assert [each.answer is not None for each in conversation.exchanges] == [False, True]


def test_a_question_without_words_is_refused_in_the_reader_s_language(events: ChatEvents) -> None:
    conversation = ShownConversation()
    shown = all_of(events.ask("?!", "", Session(conversation), "", locale_in("vi")))
    assert shown[-1][0] == "?!"
    assert "Câu hỏi đang trống" in conversation.exchanges[0].markup


def test_a_scope_narrows_what_is_asked(events: ChatEvents) -> None:
    conversation = ShownConversation()
    ask(events, BROKE, conversation, '{"languages": ["km"]}')
    answer = conversation.exchanges[0].answer
    assert answer is not None
    assert answer.searched is not None
    assert (answer.abstained, answer.searched.documents, answer.searched.filters.languages) == (
        True,
        0,
        ("km",),
    )


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_question_whose_scope_cannot_be_read_is_not_asked_of_the_whole_library(
    events: ChatEvents, engine: QueryEngine, language: str
) -> None:
    conversation, locale = ShownConversation(), locale_in(language)
    shown = all_of(events.ask(BROKE, '{"document_ids": ["1"]}', Session(conversation), "", locale))
    assert shown[-1][0] == BROKE, "it goes back into the input"
    assert conversation.exchanges[0].markup == failure_markup(locale.text("refused.scope"))
    assert (language == "en") is (locale.text("refused.scope") == locale_in("en").text("refused.scope"))
    assert answers_of(engine.index.catalog, conversation.id) == []


def test_an_answer_is_not_asked_again_in_a_scope_that_cannot_be_read(events: ChatEvents) -> None:
    conversation = ShownConversation()
    ask(events, BROKE, conversation)
    before = ids(conversation)
    shown = act(events, conversation, "nonsense", do="again", answer_id=before[0])
    assert ids(conversation) == before
    assert "could not be read" in shown[-1][2][-1]["content"]


def test_the_script_asks_a_question(events: ChatEvents) -> None:
    conversation = ShownConversation()
    shown = act(events, conversation, do="ask", question=COST)
    assert {repr(entry) for entry, _, _ in shown} == {repr(UNCHANGED)}
    assert questions(conversation) == [COST]


def test_asking_again_puts_another_answer_in_the_place_of_one(
    events: ChatEvents, engine: QueryEngine
) -> None:
    conversation = ShownConversation()
    ask(events, BROKE, conversation)
    ask(events, COST, conversation)
    first, second = ids(conversation)
    act(events, conversation, do="again", answer_id=second)
    assert questions(conversation) == [BROKE, COST]
    assert ids(conversation)[0] == first
    assert ids(conversation)[1] != second
    kept = answers_of(engine.index.catalog, conversation.id)
    assert [answer.answer_id for answer in kept] == ids(conversation)


def test_an_answer_is_replaced_by_that_to_the_question_as_typed(events: ChatEvents) -> None:
    conversation = ShownConversation()
    ask(events, "When did the dam of Varda braek?", conversation)
    [answer] = [each.answer for each in conversation.exchanges]
    assert answer is not None
    assert answer.searched_for == "When did the dam of Varda break?"
    act(events, conversation, do="again", answer_id=answer.answer_id, exact=True)
    [exact] = [each.answer for each in conversation.exchanges]
    assert exact is not None
    assert (exact.question, exact.searched_for) == ("When did the dam of Varda braek?", None)


def test_an_edited_question_takes_the_place_of_its_answer_and_of_what_followed(
    events: ChatEvents, engine: QueryEngine
) -> None:
    conversation = ShownConversation()
    ask(events, BROKE, conversation)
    ask(events, COST, conversation)
    act(
        events, conversation, do="edit", answer_id=ids(conversation)[0], question="Who was warned of the dam?"
    )
    assert questions(conversation) == ["Who was warned of the dam?"]
    assert [answer.question for answer in answers_of(engine.index.catalog, conversation.id)] == questions(
        conversation
    )


def test_an_answer_that_the_page_shows_and_the_server_has_forgotten_is_asked_again_in_its_conversation(
    events: ChatEvents, engine: QueryEngine
) -> None:
    before, conversation = ShownConversation(), ShownConversation()
    ask(events, BROKE, before)
    ask(events, COST, before)
    shown = act(events, conversation, do="again", answer_id=ids(before)[1])
    again = shown[-1][1].conversation
    assert (again.id, questions(again)) == (before.id, [BROKE, COST])
    assert [answer.answer_id for answer in answers_of(engine.index.catalog, before.id)] == ids(again)


def test_a_kept_conversation_is_opened(events: ChatEvents) -> None:
    before, conversation = ShownConversation(), ShownConversation()
    ask(events, BROKE, before)
    [(entry, session, messages)] = act(events, conversation, do="open", conversation_id=before.id)
    assert (entry, session.conversation.id, questions(session.conversation)) == (
        UNCHANGED,
        before.id,
        [BROKE],
    )
    assert messages == session.messages


@pytest.mark.parametrize(
    "command",
    [
        {"do": "listen"},
        {"do": "delete"},
        {"do": "ask"},
        {"do": "again"},
        {"do": "again", "answer_id": "f" * 32},
        {"do": "edit"},
    ],
)
def test_what_cannot_be_done_changes_nothing(events: ChatEvents, command: dict[str, str]) -> None:
    conversation = ShownConversation()
    assert act(events, conversation, **command) == [(UNCHANGED, UNCHANGED, UNCHANGED)]
    assert conversation.exchanges == []


@pytest.mark.parametrize("named", ["conversation", "answer"])
def test_a_page_s_address_shows_what_it_names(events: ChatEvents, named: str) -> None:
    before = ShownConversation()
    ask(events, BROKE, before)
    value = before.id if named == "conversation" else ids(before)[0]
    session = Session()
    opened, messages = anyio.run(events.open, {named: value, "__theme": "dark"}, session, ENGLISH)
    assert opened is session
    assert session.conversation is not None
    assert questions(session.conversation) == [BROKE]
    assert messages == session.messages


def test_a_page_without_a_name_in_its_address_is_left_as_it_is(events: ChatEvents) -> None:
    assert anyio.run(events.open, {"__theme": "dark"}, Session(), ENGLISH) == (UNCHANGED, UNCHANGED)


def test_an_answer_that_was_stopped_grows_no_more(events: ChatEvents, engine: QueryEngine) -> None:
    conversation = ShownConversation()

    async def stopped_early() -> None:
        session = Session(conversation)
        async for _, shown, _ in events.ask(BROKE, "", session, "", ENGLISH):
            if shown is session:
                events.stop("", session)

    anyio.run(stopped_early)
    assert conversation.exchanges[0].markup.startswith('<div class="fn-failure">Stopped before')
    assert answers_of(engine.index.catalog, conversation.id) == []


def test_starting_over_begins_a_conversation_and_stops_what_arrives(events: ChatEvents) -> None:
    conversation = ShownConversation()
    ask(events, BROKE, conversation)
    exchange, _ = conversation.follow(COST)
    session = Session(conversation)
    assert start_over(session) == (session, [])
    assert exchange.is_stopped_or_failed
    assert session.conversation is not None
    assert (session.conversation.id != conversation.id, session.conversation.exchanges) == (True, [])
    assert events.stop("", Session())[2] == fail(Session())[1] == []


def test_a_page_that_has_asked_nothing_begins_a_conversation_of_its_own(events: ChatEvents) -> None:
    begun = [all_of(events.ask(BROKE, "", Session(), "", ENGLISH))[-1][1].conversation for _ in range(2)]
    assert [questions(conversation) for conversation in begun] == [[BROKE], [BROKE]]
    assert begun[0].id != begun[1].id
    command = json.dumps({"do": "ask", "question": COST})
    acted = all_of(events.act(command, "", Session(), "", ENGLISH))[-1][1].conversation
    assert questions(acted) == [COST]


def test_what_breaks_off_is_said_in_the_answer_s_place_and_in_the_reader_s_language(
    events: ChatEvents,
) -> None:
    conversation = ShownConversation(locale=Locale("km", {"failure.server": "ម៉ាស៊ីន"}))
    conversation.follow(BROKE)
    fail(Session(conversation))
    assert conversation.messages[-1]["content"] == '<div class="fn-failure">ម៉ាស៊ីន&#46;</div>'
    ask(events, COST, conversation)
    whole = conversation.messages
    fail(Session(conversation))
    assert conversation.messages == whole


def test_an_answer_that_fails_leaves_what_it_was_to_replace(
    events: ChatEvents, engine: QueryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = ShownConversation()
    ask(events, BROKE, conversation)
    ask(events, COST, conversation)
    before = ids(conversation)

    def breaking(*_: object, **__: object) -> None:
        raise RuntimeError("the model is gone")

    monkeypatch.setattr(QueryEngine, "stream", breaking)
    shown = act(events, conversation, do="again", answer_id=before[0])
    assert ids(conversation) == before
    assert [answer.answer_id for answer in answers_of(engine.index.catalog, conversation.id)] == before
    assert "The server could not answer" in shown[-1][2][-1]["content"]


def test_a_conversation_that_the_server_has_forgotten_goes_on(events: ChatEvents) -> None:
    before = ShownConversation()
    ask(events, BROKE, before)
    session = Session()
    all_of(events.ask(COST, "", session, before.id, ENGLISH))
    assert session.conversation is not None
    assert (session.conversation.id, questions(session.conversation)) == (before.id, [BROKE, COST])
    suggested = Session()
    command = json.dumps({"do": "ask", "question": "Who was warned of the dam?"})
    all_of(events.act(command, "", suggested, before.id, ENGLISH))
    assert suggested.conversation is not None
    assert questions(suggested.conversation)[:2] == [BROKE, COST]
    gone = Session()
    all_of(events.ask(COST, "", gone, "f" * 32, ENGLISH))
    assert gone.conversation is not None
    assert (questions(gone.conversation), gone.conversation.notice) == ([COST], "")


def test_what_was_left_is_not_gone_on_with(events: ChatEvents) -> None:
    conversation = ShownConversation()
    ask(events, BROKE, conversation)
    session = Session(conversation)
    start_over(session)
    # The page may still show the conversation that was left.
    all_of(events.ask(COST, "", session, conversation.id, ENGLISH))
    assert session.conversation is not None
    assert (session.conversation.id != conversation.id, questions(session.conversation)) == (True, [COST])
