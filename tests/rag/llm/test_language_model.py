"""A model is retried within the time limit if that may help, and paused if it keeps failing."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event, current_thread
from types import SimpleNamespace
from typing import Any

import pytest

from rag.errors import ModelError
from rag.llm import LanguageModel, ModelLimits, Prices, Usage, language_model
from rag.llm.language_model import FAILURES, PAUSE_SECONDS, Circuit
from rag.llm.messages import Message
from tests.support.scripted import (
    Script,
    ScriptedLLM,
    ServerError,
    fails,
    for_ever,
    hangs,
    model_of,
    says,
    slowly,
)

ASKED = [Message("system", "Be brief."), Message("user", "How many?")]


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between attempts; each is recorded and cut to a hundredth."""
    waited: list[float] = []

    def shortened(seconds: float) -> None:
        waited.append(seconds)
        time.sleep(seconds / 100)

    clock = SimpleNamespace(monotonic=time.monotonic, sleep=shortened)
    monkeypatch.setattr(language_model, "time", clock)
    return waited


def written(model: LanguageModel) -> str:
    return "".join(model.write(ASKED))


def failure_of(model: LanguageModel) -> ModelError:
    with pytest.raises(ModelError) as caught:
        written(model)
    return caught.value


def test_the_model_receives_the_messages_and_its_reply_comes_in_pieces() -> None:
    llm = ScriptedLLM(says("Forty ", "one."))
    assert list(model_of(llm).write(ASKED)) == ["Forty ", "one."]
    assert [(m.role.value, m.content) for m in llm.sent[0]] == [
        ("system", "Be brief."),
        ("user", "How many?"),
    ]
    assert llm.extra == [{}]
    model = LanguageModel(llm, "scripted", constrain=lambda numbers: {"extra_body": list(numbers)})
    list(model.write(ASKED, ["1.1", "1.2"]))
    list(model.write(ASKED))
    assert llm.extra[1:] == [{"extra_body": ["1.1", "1.2"]}, {}], "the numbers that may be cited"


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError("refused"), ServerError(503), ServerError(429)], ids=repr
)
def test_retryable_errors_are_retried_after_growing_waits(error: Exception, waits: list[float]) -> None:
    llm = ScriptedLLM(fails(error), fails(error), says("Forty one."))
    assert written(model_of(llm, attempts=3)) == "Forty one."
    assert (len(llm.sent), waits) == (3, [0.5, 1.0])


def test_a_failing_reply_is_given_up_after_its_attempts(waits: list[float]) -> None:
    llm = ScriptedLLM(fails(ServerError(503)))
    error = failure_of(model_of(llm, attempts=3))
    assert (str(error), error.kind) == ("scripted could not be asked: its server failed", "error")
    assert error.detail == "ServerError: the server says no"
    assert (len(llm.sent), waits) == (3, [0.5, 1.0])


def test_other_errors_are_not_retried(waits: list[float]) -> None:
    llm = ScriptedLLM(fails(ServerError(400, "no such\nmodel for sk-secret")))
    limits = ModelLimits(attempts=3)
    error = failure_of(LanguageModel(llm, "scripted", limits, secret="sk-secret"))  # noqa: S106
    assert (str(error), error.kind) == (
        "scripted could not be asked: its server refused the request",
        "error",
    )
    assert error.detail == "ServerError: no such model for …"
    assert (len(llm.sent), waits) == (1, [])


def test_a_reply_that_breaks_off_is_not_restarted() -> None:
    llm = ScriptedLLM(fails(ConnectionResetError("reset"), "Forty "), says("Forty one."))
    pieces = iter(model_of(llm, attempts=3).write(ASKED))
    assert next(pieces) == "Forty "
    with pytest.raises(ModelError, match=r"^The reply of scripted broke off$"):
        next(pieces)
    assert len(llm.sent) == 1


def test_the_time_limit_covers_all_attempts(waits: list[float], released: Event) -> None:
    llm = ScriptedLLM(fails(ServerError(503)), hangs(released))
    began = time.monotonic()
    error = failure_of(model_of(llm, attempts=3, seconds=0.7))
    assert (str(error), error.kind) == ("scripted did not finish its answer in time", "timeout")
    assert time.monotonic() - began < 10
    assert waits == [0.5]


def test_no_retry_is_awaited_beyond_the_time_limit(waits: list[float]) -> None:
    llm = ScriptedLLM(fails(ServerError(503)))
    assert failure_of(model_of(llm, attempts=3, seconds=0.4)).kind == "error"
    assert (len(llm.sent), waits) == (1, [])


def test_a_reply_may_have_a_shorter_time_limit(released: Event) -> None:
    model = model_of(ScriptedLLM(hangs(released)), seconds=20)
    began = time.monotonic()
    with pytest.raises(ModelError):
        list(model.write(ASKED, seconds=0.2))
    assert time.monotonic() - began < 10


def test_a_client_s_own_timeout_is_a_timeout() -> None:
    error = failure_of(model_of(ScriptedLLM(fails(TimeoutError("read")))))
    assert (str(error), error.kind) == ("scripted did not answer in time", "timeout")


def test_after_three_failures_the_model_pauses_until_a_trial() -> None:
    now = [0.0]
    llm = ScriptedLLM(*[fails(ServerError(400))] * 3, says("Forty one."))
    model = model_of(llm, circuit=Circuit(now=lambda: now[0]))
    assert [failure_of(model).kind for _ in range(4)] == ["error", "error", "error", "paused"]
    now[0] = 29.9
    paused = failure_of(model)
    assert str(paused) == "scripted has failed several times and will be asked again in 1 s"
    assert len(llm.sent) == 3
    now[0] = 30.0
    assert written(model) == "Forty one."
    assert written(model) == "Forty one."


def test_stopping_early_and_an_empty_reply_count_as_success() -> None:
    circuit = Circuit(failures=1)
    llm = ScriptedLLM(for_ever("again "))
    model = model_of(llm, circuit=circuit)
    pieces = iter(model.write(ASKED))
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert llm.ended.wait(30)
    assert written(model_of(ScriptedLLM(says()), circuit=circuit)) == ""
    assert circuit.admits()


def test_usage_cost_and_truncation_are_known_at_the_end() -> None:
    usage = {"usage": {"prompt_tokens": 2_000, "completion_tokens": 100}, "done_reason": "length"}
    writing = model_of(ScriptedLLM(says("Forty one.", usage))).write(ASKED)
    assert (writing.usage, writing.is_cut) == (Usage(0, 0), False)
    list(writing)
    assert (writing.usage, writing.is_cut) == (Usage(2_000, 100), True)
    assert Prices(prompt=0.5, completion=2.0).of(writing.usage) == pytest.approx(0.0012)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ServerError(401), "scripted could not be asked: its server refused the key"),
        (ServerError(403), "scripted could not be asked: its server refused the key"),
        (ServerError(404), "scripted could not be asked: its server does not have this model"),
        (ServerError(429), "scripted could not be asked: its server has had too many requests"),
        (ConnectionRefusedError(), "scripted could not be asked: its server could not be reached"),
        (TimeoutError(), "scripted did not answer in time"),
        (KeyError("choices"), "scripted failed"),
    ],
    ids=repr,
)
def test_a_reader_is_told_in_words_why_there_is_no_reply(error: Exception, words: str) -> None:
    assert str(failure_of(model_of(ScriptedLLM(fails(error))))) == words


def test_a_reply_that_waits_too_long_for_others_fails_as_busy() -> None:
    llm = ScriptedLLM(says("One. ", "Two."), says("Yes."))
    model = LanguageModel(llm, "Scripted", ModelLimits(seconds=1.0), at_once=1)
    first = iter(model.write(ASKED))
    assert next(first) == "One. "
    with pytest.raises(ModelError, match="Scripted is busy with other questions") as caught:
        next(iter(model.write(ASKED)))
    assert caught.value.kind == "busy"
    assert list(first) == ["Two."]
    assert "".join(model.write(ASKED)) == "Yes."


def test_the_reading_thread_closes_the_connection_of_an_abandoned_reply() -> None:
    closed: list[str] = []
    closing = Event()

    def close_connection() -> None:
        closed.append(current_thread().name)
        closing.set()

    model = LanguageModel(
        ScriptedLLM(for_ever("One. ")),
        "Scripted",
        ModelLimits(seconds=20.0),
        close_connection=close_connection,
    )
    writing = iter(model.write(ASKED))
    assert next(writing) == "One. "
    assert closed == []
    assert isinstance(writing, Generator)
    writing.close()
    assert closing.wait(30)
    assert closed == ["footnoted-reply"]


def test_a_complete_reply_closes_no_connection_again() -> None:
    closed: list[str] = []
    llm = ScriptedLLM(says("One."))
    model = LanguageModel(llm, "Scripted", close_connection=lambda: closed.append("closed"))
    assert list(model.write(ASKED)) == ["One."]
    assert llm.ended.wait(30)
    assert closed == []


def test_a_test_ends_soon_even_if_the_model_writes_without_end() -> None:
    llm = ScriptedLLM(for_ever("word "))
    trial = model_of(llm).try_out()
    assert 0 <= trial.seconds < 10
    assert trial.is_structured is False
    assert llm.ended.wait(30)
    assert set(trial.as_dict()) == {
        *("seconds", "prompt_tokens", "completion_tokens"),
        *("streams", "structured", "context_tokens", "small"),
    }


def test_a_test_says_whether_a_reply_arrives_in_pieces() -> None:
    assert model_of(ScriptedLLM(slowly(["one ", "two ", "three"], 0.05))).try_out().streams is True
    assert model_of(ScriptedLLM(says("one two three"))).try_out().streams is False


@pytest.mark.parametrize(
    ("reply", "is_structured"),
    [
        ('{"answer": "yes"}', True),
        ('<think>{"answer": 1}</think>\n```json\n{"answer": "no"}\n```\n', True),
        ('{"answer": "maybe"}', False),
        ('{"answer": "yes", "more": 1}', False),
        ('Yes: {"answer": "yes"}', False),
        ("[" * 5_000, False),
        ("", False),
    ],
)
def test_a_test_says_whether_a_reply_keeps_to_a_form(reply: str, is_structured: bool) -> None:
    assert model_of(ScriptedLLM(says("One."), says(reply))).try_out().is_structured is is_structured


def test_a_model_whose_server_refuses_a_form_is_asked_for_it_in_words() -> None:
    def asked(*scripts: Script) -> tuple[bool | None, list[object]]:
        llm = ScriptedLLM(says("One."), *scripts)
        model = model_of(llm)
        model.structure = lambda form: {"form": form["required"]}
        return model.try_out().is_structured, [extra.get("form") for extra in llm.extra]

    refuses, obeys = fails(ServerError(400)), says('{"answer": "yes"}')
    assert asked(obeys) == (True, [None, ["answer"]])
    assert asked(refuses, obeys) == (True, [None, ["answer"], None])
    assert asked(refuses, refuses) == (False, [None, ["answer"], None])


def test_a_form_that_could_not_be_tried_is_not_called_missing() -> None:
    released = Event()
    assert (
        model_of(ScriptedLLM(says("One."), hangs(released, "{")), seconds=2.0).try_out().is_structured is None
    )
    released.set()


def test_a_test_fails_with_the_model_and_counts_its_failures() -> None:
    model = model_of(ScriptedLLM(fails(ServerError(401))), circuit=Circuit(failures=1))
    for kind in ("error", "paused"):
        with pytest.raises(ModelError) as caught:
            model.try_out()
        assert caught.value.kind == kind


def test_an_aborted_model_fails_at_once_and_is_not_asked_again() -> None:
    released = Event()
    llm = ScriptedLLM(hangs(released, "One."))
    model = model_of(llm, attempts=3)
    model.close = released.set
    pieces = iter(model.write(ASKED))
    assert next(pieces) == "One."
    model.abort()
    list(pieces)
    with pytest.raises(ModelError, match="scripted was closed") as refused:
        list(model.write(ASKED))
    assert (refused.value.kind, len(llm.sent)) == ("error", 1)


def test_after_the_pause_one_trial_of_many_threads_is_admitted() -> None:
    clock = [100.0]
    circuit = Circuit(now=lambda: clock[0])
    for _ in range(5):
        circuit.failed()
        circuit.failed()
        circuit.succeeded()
    assert (circuit.admits(), circuit.seconds_left) == (True, 0.0), "a success resets the count"
    for _ in range(FAILURES):
        assert circuit.admits()
        circuit.failed()
    clock[0] += 29.5
    assert (circuit.admits(), circuit.seconds_left, FAILURES, PAUSE_SECONDS) == (False, 0.5, 3, 30.0)
    clock[0] += 0.5
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: circuit.admits(), range(64))) == 1
    clock[0] += 10
    circuit.failed()
    assert (circuit.admits(), circuit.seconds_left) == (False, 30.0), "a failed trial pauses again"
    clock[0] += 30
    assert circuit.admits()
    clock[0] += 30
    assert circuit.admits(), "a trial without a result does not block for ever"
    circuit.succeeded()
    assert [circuit.admits(), circuit.admits()] == [True, True]


FORM = {"type": "object"}


def in_form(form: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"response_format": form}


def test_a_reply_in_a_form_is_asked_for_with_the_form() -> None:
    llm = ScriptedLLM(says("{}"))
    model = LanguageModel(llm, "scripted", ModelLimits(seconds=5.0, attempts=1), structure=in_form)
    assert model.write_in_form(ASKED, FORM) == "{}"
    assert llm.extra == [{"response_format": FORM}]


def test_a_server_that_refuses_the_form_is_asked_without_it_from_then_on() -> None:
    llm = ScriptedLLM(fails(ServerError(400)), says("{}"))
    model = LanguageModel(llm, "scripted", ModelLimits(seconds=5.0, attempts=1), structure=in_form)
    assert [model.write_in_form(ASKED, FORM), model.write_in_form(ASKED, FORM)] == ["{}", "{}"]
    assert llm.extra == [{"response_format": FORM}, {}, {}]
