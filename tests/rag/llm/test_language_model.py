"""A model is asked again where that may help, in time, and is left alone where it keeps failing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event, current_thread
from types import SimpleNamespace

import pytest

from rag.errors import ModelError
from rag.llm import LanguageModel, Limits, Prices, Usage, language_model
from rag.llm.circuit import Circuit
from rag.llm.messages import Message
from tests.support.scripted import ScriptedLLM, ServerError, fails, for_ever, hangs, model_of, says

ASKED = [Message("system", "Be brief."), Message("user", "How many?")]


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between attempts, which are shortened."""
    waited: list[float] = []

    def shortened(seconds: float) -> None:
        waited.append(seconds)
        time.sleep(seconds / 100)

    clock = SimpleNamespace(monotonic=time.monotonic, sleep=shortened)
    monkeypatch.setattr(language_model, "time", clock)
    return waited


@pytest.fixture
def released() -> Iterator[Event]:
    event = Event()
    yield event
    event.set()


def written(model: LanguageModel) -> str:
    return "".join(model.write(ASKED))


def failure_of(model: LanguageModel) -> ModelError:
    with pytest.raises(ModelError) as caught:
        written(model)
    return caught.value


def test_the_model_is_sent_the_messages_and_its_reply_comes_in_pieces() -> None:
    llm = ScriptedLLM(says("Forty ", "one."))
    assert list(model_of(llm).write(ASKED)) == ["Forty ", "one."]
    assert [(m.role.value, m.content) for m in llm.sent[0]] == [
        ("system", "Be brief."),
        ("user", "How many?"),
    ]
    assert llm.extra == [{}]


def test_its_server_is_told_which_numbers_may_be_cited() -> None:
    llm = ScriptedLLM(says("x"))
    model = LanguageModel(llm, "scripted", constrain=lambda numbers: {"extra_body": list(numbers)})
    list(model.write(ASKED, ["1.1", "1.2"]))
    list(model.write(ASKED))
    assert llm.extra == [{"extra_body": ["1.1", "1.2"]}, {}]


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError("refused"), ServerError(503), ServerError(429)], ids=repr
)
def test_what_may_pass_is_tried_again_after_longer_and_longer_waits(
    error: Exception, waits: list[float]
) -> None:
    llm = ScriptedLLM(fails(error), fails(error), says("Forty one."))
    assert written(model_of(llm, attempts=3)) == "Forty one."
    assert (len(llm.sent), waits) == (3, [0.5, 1.0])


def test_what_keeps_failing_is_given_up_after_its_attempts(waits: list[float]) -> None:
    llm = ScriptedLLM(fails(ServerError(503)))
    error = failure_of(model_of(llm, attempts=3))
    assert (str(error), error.kind) == ("scripted failed (ServerError: the server says no)", "error")
    assert (len(llm.sent), waits) == (3, [0.5, 1.0])


def test_what_is_wrong_is_not_tried_again(waits: list[float]) -> None:
    llm = ScriptedLLM(fails(ServerError(400, "no such\nmodel")))
    error = failure_of(model_of(llm, attempts=3))
    assert (str(error), error.kind) == ("scripted failed (ServerError: no such model)", "error")
    assert (len(llm.sent), waits) == (1, [])


def test_a_reply_that_breaks_off_is_not_begun_again() -> None:
    llm = ScriptedLLM(fails(ConnectionResetError("reset"), "Forty "), says("Forty one."))
    pieces = iter(model_of(llm, attempts=3).write(ASKED))
    assert next(pieces) == "Forty "
    with pytest.raises(ModelError, match="reset"):
        next(pieces)
    assert len(llm.sent) == 1


def test_all_attempts_together_keep_to_the_time(waits: list[float], released: Event) -> None:
    llm = ScriptedLLM(fails(ServerError(503)), hangs(released))
    began = time.monotonic()
    error = failure_of(model_of(llm, attempts=3, seconds=0.7))
    assert (str(error), error.kind) == ("scripted did not finish its answer in time", "timeout")
    assert time.monotonic() - began < 2
    assert waits == [0.5]


def test_no_attempt_is_waited_for_that_would_come_too_late(waits: list[float]) -> None:
    llm = ScriptedLLM(fails(ServerError(503)))
    assert failure_of(model_of(llm, attempts=3, seconds=0.4)).kind == "error"
    assert (len(llm.sent), waits) == (1, [])


def test_a_reply_may_be_given_less_time_than_the_model_has(released: Event) -> None:
    model = model_of(ScriptedLLM(hangs(released)), seconds=20)
    began = time.monotonic()
    with pytest.raises(ModelError):
        list(model.write(ASKED, seconds=0.2))
    assert time.monotonic() - began < 2


def test_a_client_s_own_time_out_counts_as_one() -> None:
    error = failure_of(model_of(ScriptedLLM(fails(TimeoutError("read")))))
    assert (str(error), error.kind) == ("scripted did not answer in time", "timeout")


def test_after_three_failures_the_model_is_not_asked_until_a_trial_after_the_pause() -> None:
    now = [0.0]
    llm = ScriptedLLM(*[fails(ServerError(400))] * 3, says("Forty one."))
    model = model_of(llm, circuit=Circuit(now=lambda: now[0]))
    assert [failure_of(model).kind for _ in range(4)] == ["error", "error", "error", "paused"]
    now[0] = 29.9
    paused = failure_of(model)
    assert str(paused) == "scripted has failed several times and is asked again in 1 s"
    assert len(llm.sent) == 3
    now[0] = 30.0
    assert written(model) == "Forty one."
    assert written(model) == "Forty one."


def test_whoever_has_enough_leaves_off_and_the_model_did_well() -> None:
    circuit = Circuit(failures=1)
    llm = ScriptedLLM(for_ever("again "))
    model = model_of(llm, circuit=circuit)
    pieces = iter(model.write(ASKED))
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert llm.ended.wait(2)
    assert circuit.admits()


def test_usage_and_whether_it_was_cut_are_known_at_the_end_and_priced() -> None:
    usage = {"usage": {"prompt_tokens": 2_000, "completion_tokens": 100}, "done_reason": "length"}
    writing = model_of(ScriptedLLM(says("Forty one.", usage))).write(ASKED)
    assert (writing.usage, writing.is_cut) == (Usage(0, 0), False)
    list(writing)
    assert (writing.usage, writing.is_cut) == (Usage(2_000, 100), True)
    assert Prices(prompt=0.5, completion=2.0).of(writing.usage) == pytest.approx(0.0012)


def test_an_empty_reply_is_no_failure() -> None:
    circuit = Circuit(failures=1)
    assert written(model_of(ScriptedLLM(says()), circuit=circuit)) == ""
    assert circuit.admits()


def test_its_key_stands_in_no_message() -> None:
    llm = ScriptedLLM(fails(ServerError(401, "the key sk-secret is wrong")))
    model = LanguageModel(llm, "scripted", Limits(attempts=1), secret="sk-secret")  # noqa: S106
    assert str(failure_of(model)) == "scripted failed (ServerError: the key … is wrong)"


def test_closing_gives_back_what_it_holds() -> None:
    closed: list[bool] = []
    LanguageModel(ScriptedLLM(says()), "scripted", close=lambda: closed.append(True)).close()
    assert closed == [True]


def test_who_asks_beside_others_is_told_when_too_little_time_is_left_for_an_answer() -> None:
    llm = ScriptedLLM(says("One. ", "Two."), says("Yes."))
    model = LanguageModel(llm, "Scripted", Limits(seconds=1.0), at_once=1)
    first = iter(model.write(ASKED))
    assert next(first) == "One. "
    with pytest.raises(ModelError, match="Scripted is busy with other questions") as caught:
        next(iter(model.write(ASKED)))
    assert caught.value.kind == "busy"
    assert list(first) == ["Two."]
    assert "".join(model.write(ASKED)) == "Yes."


def test_the_connection_of_a_reply_that_is_left_off_is_closed_by_the_thread_that_reads_it() -> None:
    closed: list[str] = []
    closing = Event()

    def close_connection() -> None:
        closed.append(current_thread().name)
        closing.set()

    model = LanguageModel(
        ScriptedLLM(for_ever("One. ")), "Scripted", Limits(seconds=20.0), close_connection=close_connection
    )
    writing = iter(model.write(ASKED))
    assert next(writing) == "One. "
    assert closed == []
    writing.close()
    assert closing.wait(10)
    assert closed == ["footnoted-reply"]


def test_a_reply_that_was_read_to_its_end_has_closed_its_own() -> None:
    closed: list[str] = []
    llm = ScriptedLLM(says("One."))
    model = LanguageModel(llm, "Scripted", close_connection=lambda: closed.append("closed"))
    assert list(model.write(ASKED)) == ["One."]
    assert llm.ended.wait(10)
    assert closed == []
