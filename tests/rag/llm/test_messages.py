"""Replies arrive in pieces, end in time, and fail with words for a reader."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from threading import Event, active_count
from types import SimpleNamespace

import httpx
import openai
import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse

from rag.errors import ModelError
from rag.llm import Usage
from rag.llm.messages import (
    NO_ANSWER,
    Reply,
    describe,
    escape_fences,
    grammar,
    is_retryable,
    is_timeout,
    redact,
    schema,
    tokens,
)
from tests.support.scripted import PATIENCE, Script, ScriptedLLM, ServerError, fails, for_ever, hangs, says


def reply_of(script: Script, seconds: float = PATIENCE, sent: int = 30) -> tuple[Reply, ScriptedLLM]:
    llm = ScriptedLLM(script)
    return Reply("scripted", sent, lambda: iter(llm.stream_chat([])), time.monotonic() + seconds), llm


def cut(raw: object) -> tuple[bool, list[str]]:
    """Return whether a reply with this raw response in its last piece was cut."""
    message = ChatMessage(role="assistant", content="a")
    reply = Reply(
        "x", 0, lambda: iter([ChatResponse(message=message, delta="a", raw=raw)]), time.monotonic() + PATIENCE
    )
    pieces = list(reply)
    return reply.is_cut, pieces


def test_each_piece_arrives_before_the_next_is_written(released: Event) -> None:
    reply, _ = reply_of(hangs(released, "a\ud83d", "", "\ude00b"))
    pieces = iter(reply)
    assert [next(pieces), next(pieces)] == ["a\ud83d", "\ude00b"], "halves of surrogate pairs are passed on"


def test_a_hung_reply_times_out(released: Event) -> None:
    reply, _ = reply_of(hangs(released, "one "), seconds=0.3)
    began = time.monotonic()
    pieces = iter(reply)
    assert next(pieces) == "one "
    with pytest.raises(ModelError, match=r"^scripted did not finish its answer in time$") as caught:
        next(pieces)
    assert caught.value.kind == "timeout"
    assert 0.2 < time.monotonic() - began < 10


def test_an_endless_reply_times_out() -> None:
    reply, llm = reply_of(for_ever("again "), seconds=0.3)
    with pytest.raises(ModelError):
        list(reply)
    assert llm.ended.wait(30), "its thread ends"


def test_a_client_error_is_raised_in_the_reader() -> None:
    reply, _ = reply_of(fails(KeyError("choices"), "one "))
    pieces = iter(reply)
    assert next(pieces) == "one "
    with pytest.raises(KeyError):
        next(pieces)


def test_an_abandoned_reply_ends_its_thread_and_closes_its_connection() -> None:
    before = active_count()
    reply, llm = reply_of(for_ever("again "))
    for _ in reply:
        break
    assert llm.ended.wait(30)
    until = time.monotonic() + 30
    while active_count() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert active_count() <= before


def test_a_model_that_outpaces_its_reader_waits() -> None:
    written = [0]

    def script(_: object) -> Iterator[str]:
        while True:
            written[0] += 1
            yield "x"

    reply, _ = reply_of(script)
    next(iter(reply))
    time.sleep(0.3)
    assert written[0] < 1_000
    reply.abandon()


def test_a_stream_without_close_is_read_to_its_end() -> None:
    message = ChatMessage(role="assistant", content="a")
    responses = [ChatResponse(message=message, delta="a"), ChatResponse(message=message, delta="b")]
    assert list(Reply("x", 0, lambda: iter(responses), time.monotonic() + PATIENCE)) == ["a", "b"]


@pytest.mark.parametrize(
    ("raw", "is_cut"),
    [
        (SimpleNamespace(choices=[SimpleNamespace(finish_reason="length")]), True),
        (SimpleNamespace(choices=[SimpleNamespace(finish_reason="stop")]), False),
        (SimpleNamespace(choices=[]), False),
        ({"choices": [{"finish_reason": "length"}]}, True),
        ({"done_reason": "length"}, True),
        ({"done_reason": "stop"}, False),
        ({"stop_reason": "max_tokens"}, True),
        ({"type": "message_delta", "delta": SimpleNamespace(stop_reason="max_tokens")}, True),
        ({"finish_reason": SimpleNamespace(name="MAX_TOKENS")}, True),
        (None, False),
        ("what no client should hand on", False),
        (7, False),
    ],
    ids=str,
)
def test_a_reply_at_its_length_limit_is_cut(raw: object, is_cut: bool) -> None:
    assert cut(raw) == (is_cut, ["a"])


@pytest.mark.parametrize(
    "raw",
    [
        SimpleNamespace(choices=[SimpleNamespace(finish_reason=None)]),
        {"choices": [{"finish_reason": None}]},
        {"done": False},
        {"type": "content_block_delta"},
    ],
    ids=str,
)
def test_a_reply_whose_end_the_client_does_not_report_has_broken_off(raw: object) -> None:
    with pytest.raises(ModelError, match=r"^The reply of x broke off$") as caught:
        cut(raw)
    assert (caught.value.kind, caught.value.detail) == ("error", "the reply has no end")


@pytest.mark.parametrize(
    "usage", [{"prompt_tokens": 120, "completion_tokens": 7}, {"input_tokens": 120, "output_tokens": 7}]
)
def test_the_usage_is_that_of_the_model_and_estimated_if_it_reports_none(usage: Mapping[str, int]) -> None:
    reply, _ = reply_of(says("one two", {"usage": usage}))
    list(reply)
    assert reply.usage == Usage(120, 7)
    silent, _ = reply_of(says("twelve chars"), sent=30)
    assert silent.usage == Usage(10, 0)
    list(silent)
    assert silent.usage == Usage(10, 4)


REQUEST = httpx.Request("POST", "http://127.0.0.1:1/v1/chat/completions")


def raised_from(error: Exception, cause: BaseException) -> Exception:
    """An error that was raised from another."""
    error.__cause__ = cause
    return error


def status_error(status: int) -> httpx.HTTPStatusError:
    """An error like httpx's, whose response has the status."""
    return httpx.HTTPStatusError("no", request=REQUEST, response=httpx.Response(status, request=REQUEST))


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        *((ServerError(status), True) for status in (408, 409, 425, 429, 500, 502, 503, 504, 529)),
        (ConnectionRefusedError("refused"), True),
        (OSError("no route"), True),
        (httpx.ReadError("broken"), True),
        (httpx.RemoteProtocolError("closed"), True),
        (openai.APIConnectionError(request=REQUEST), True),
        (status_error(503), True),
        (raised_from(RuntimeError("the client failed"), ConnectionResetError("reset")), True),
        *((ServerError(status), False) for status in (400, 401, 403, 404, 413, 422)),
        (status_error(401), False),
        (ValueError("the model is unknown"), False),
        (raised_from(ServerError(400), ConnectionResetError("reset")), False),
        (raised_from(RuntimeError("the client failed"), ValueError("of its settings")), False),
    ],
    ids=repr,
)
def test_errors_of_busy_or_unreachable_servers_are_retryable(error: Exception, retryable: bool) -> None:
    assert is_retryable(error) is retryable


def test_a_circular_chain_of_errors_ends() -> None:
    error = ValueError("round")
    raised_from(error, error)
    assert (is_retryable(error), is_timeout(error)) == (False, False)


def test_timeouts_are_told_from_refused_connections() -> None:
    timed_out: list[Exception] = [
        TimeoutError(),
        httpx.ReadTimeout("slow"),
        openai.APITimeoutError(request=REQUEST),
        raised_from(RuntimeError("it failed"), httpx.ConnectTimeout("slow")),
    ]
    assert [is_timeout(error) for error in timed_out] == [True] * 4
    assert not is_timeout(ConnectionRefusedError())


def test_an_error_is_described_on_one_line_without_the_key() -> None:
    assert describe(ValueError("line one\n  line two")) == "ValueError: line one line two"
    assert describe(ValueError()) == "ValueError"
    assert describe(ValueError("x" * 1000)) == "ValueError: " + "x" * 300
    told = describe(ServerError(401, "invalid key sk-123 given"), "sk-123")
    assert (told, redact("no key", None)) == ("ServerError: invalid key … given", "no key")


def test_grammar_and_schema_allow_only_the_given_numbers() -> None:
    numbers = ["1.1", "1.2", "12.30"]
    assert '\nnumber ::= "1.1" | "1.2" | "12.30"\n' in grammar(numbers)
    assert grammar(numbers).startswith(f'root ::= "{NO_ANSWER}" | line{{1,6}}\n')
    statement = schema(numbers)["properties"]["sentences"]["items"]
    assert statement["properties"]["cites"]["items"] == {"enum": numbers}
    assert statement["required"] == ["cites", "text"]


def test_each_digit_and_punctuation_mark_counts_as_a_token() -> None:
    assert tokens("") == 1
    assert tokens("4,980") == 6
    assert tokens("dam " * 30) == 41
    assert tokens("\ud800") >= 1


def test_other_brackets_stay_unchanged() -> None:
    assert (
        escape_fences("See [12] and [0.5 kg] < reporters > [a]") == "See [12] and [0.5 kg] < reporters > [a]"
    )
