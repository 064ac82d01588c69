"""The writer of an engine is exchanged while questions are being answered; each question keeps its own."""

from __future__ import annotations

from threading import Event

import pytest

from index.library import Library
from index.records import Viewer
from rag.engine import QueryEngine
from rag.events import AnswerDone, PassagesFound
from rag.llm import LanguageModel
from rag.verification import Gate
from rag.writing import Writer
from tests.support.model_server import KNOWN
from tests.support.scripted import PATIENCE, ScriptedLLM, cites

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
