"""Failures of a model are classified as retryable or not, and described."""

from __future__ import annotations

import httpx
import openai
import pytest

from rag.llm.messages import describe, is_retryable, is_timeout, redact
from tests.support.scripted import ServerError

REQUEST = httpx.Request("POST", "http://127.0.0.1:1/v1/chat/completions")


def raised_from(error: Exception, cause: BaseException) -> Exception:
    """An error that was raised from another."""
    error.__cause__ = cause
    return error


def status_error(status: int) -> httpx.HTTPStatusError:
    """An error like httpx's, whose response has the status."""
    return httpx.HTTPStatusError("no", request=REQUEST, response=httpx.Response(status, request=REQUEST))


@pytest.mark.parametrize(
    "error",
    [
        *(ServerError(status) for status in (408, 409, 425, 429, 500, 502, 503, 504, 529)),
        ConnectionRefusedError("refused"),
        OSError("no route"),
        httpx.ReadError("broken"),
        httpx.RemoteProtocolError("closed"),
        openai.APIConnectionError(request=REQUEST),
        status_error(503),
        raised_from(RuntimeError("the client failed"), ConnectionResetError("reset")),
    ],
    ids=repr,
)
def test_errors_of_busy_or_unreachable_servers_are_retryable(error: Exception) -> None:
    assert is_retryable(error)


@pytest.mark.parametrize(
    "error",
    [
        *(ServerError(status) for status in (400, 401, 403, 404, 413, 422)),
        status_error(401),
        ValueError("the model is unknown"),
        raised_from(ServerError(400), ConnectionResetError("reset")),
        raised_from(RuntimeError("the client failed"), ValueError("of its settings")),
    ],
    ids=repr,
)
def test_errors_of_wrong_requests_are_not_retryable(error: Exception) -> None:
    assert not is_retryable(error)


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


def test_an_error_is_described_on_one_line() -> None:
    assert describe(ValueError("line one\n  line two")) == "ValueError: line one line two"
    assert describe(ValueError()) == "ValueError"
    assert describe(ValueError("x" * 1000)) == "ValueError: " + "x" * 300


def test_no_error_contains_the_key() -> None:
    assert describe(ServerError(401, "invalid key sk-123 given"), "sk-123") == (
        "ServerError: invalid key … given"
    )
    assert redact("no key here", None) == "no key here"
