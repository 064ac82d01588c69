"""A llama-index model with a time limit, retries, a circuit breaker, and a bound on concurrent replies."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, asdict, dataclass, field
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any

import regex

from rag.errors import ModelError
from rag.llm.messages import (
    CloseConnection,
    Message,
    NoteUsage,
    Reply,
    Usage,
    failure,
    is_retryable,
    without_thoughts,
)
from rag.llm.prompts import TEST, TEST_FORM

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

FAILURES = 3

PAUSE_SECONDS = 30.0  # then one trial call decides


@dataclass(eq=False, slots=True)
class Circuit:
    """After too many failures in a row, it is open, and refuses calls. Safe to share."""

    failures: int = FAILURES
    now: Callable[[], float] = time.monotonic
    _lock: Lock = field(default_factory=Lock, init=False)
    _failures_in_a_row: int = field(default=0, init=False)
    _closes_at: float = field(default=0.0, init=False)

    def admits(self) -> bool:
        """After its pause, an open circuit admits one call, whose success closes it."""
        with self._lock:
            if self._failures_in_a_row < self.failures:
                return True
            if self.now() < self._closes_at:
                return False
            # All other calls are still refused while this caller tries.
            self._closes_at = self.now() + PAUSE_SECONDS
            return True

    @property
    def seconds_left(self) -> float:
        with self._lock:
            if self._failures_in_a_row < self.failures:
                return 0.0
            return max(self._closes_at - self.now(), 0.0)

    def succeeded(self) -> None:
        with self._lock:
            self._failures_in_a_row = 0

    def failed(self) -> None:
        with self._lock:
            self._failures_in_a_row += 1
            if self._failures_in_a_row >= self.failures:
                self._closes_at = self.now() + PAUSE_SECONDS


# Takes the numbers that may be cited; returns client arguments that allow only replies of the right form.
Constrain = Callable[[Sequence[str]], Mapping[str, Any]]
# Takes a JSON schema; returns client arguments that allow only replies of that form.
Structure = Callable[[Mapping[str, Any]], Mapping[str, Any]]
AT_ONCE = 16

CHOICES = ("yes", "no")

FIRST_WAIT_SECONDS = 0.5  # each further wait is twice as long
_TEST_CHARACTERS = 80  # some models write on and on
_TEST_THOUGHT = 8_000  # a model may think before it replies
_STREAMED_SECONDS = 0.02  # a server or proxy that holds a reply back passes all of its pieces on at once


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """``reply_tokens`` are a part of ``context_tokens``; ``seconds`` end with the reply."""

    context_tokens: int = 16_000
    reply_tokens: int = 2_000
    seconds: float = 60.0
    attempts: int = 3


LIMITS_OF_SMALL = ModelLimits(4_096, 512)


@dataclass(frozen=True, slots=True)
class Prices:
    prompt: float
    completion: float

    def of(self, usage: Usage) -> float:
        return (usage.prompt_tokens * self.prompt + usage.completion_tokens * self.completion) / 1_000_000


@dataclass(frozen=True, slots=True)
class Trial:
    """What a model can do here.

    ``seconds`` and ``usage`` are those of one short reply. ``is_structured`` (a reply kept to a form) is None
    if that could not be tried; ``context_tokens``, what the model can read, if nobody says it.
    """

    seconds: float
    usage: Usage
    streams: bool
    is_structured: bool | None
    context_tokens: int | None = None
    is_small: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            "seconds": self.seconds,
            **asdict(self.usage),
            "streams": self.streams,
            "structured": self.is_structured,
            "context_tokens": self.context_tokens,
            "small": self.is_small,
        }


_TEST_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"answer": {"type": "string", "enum": list(CHOICES)}},
    "required": ["answer"],
    "additionalProperties": False,
}
_FENCED = regex.compile(r"\A```(?:json)?\s*(.*?)\s*```\Z", regex.DOTALL)


def _is_of_test_form(text: str) -> bool:
    words = without_thoughts(text).strip()
    fenced = _FENCED.match(words)
    try:
        found = json.loads(fenced[1] if fenced else words)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and list(found) == ["answer"] and found["answer"] in CHOICES


def unstructured(_form: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


def unconstrained(_allowed: Sequence[str]) -> Mapping[str, Any]:
    return {}


@dataclass(eq=False, repr=False)
class LanguageModel:
    """Any llama-index model that does not retry by itself. Safe to share if the model is.

    ``constrain`` and ``structure`` are client arguments: for the form of replies, and for JSON. No message
    may contain ``secret``, its key. Beyond ``at_once`` replies, one waits for at most half of its time limit.
    ``close_connection`` is for abandoned replies. ``is_small``: it plans no searches.
    """

    llm: LLM
    name: str
    limits: ModelLimits = field(default_factory=ModelLimits)
    _: KW_ONLY
    prices: Prices | None = None
    constrain: Constrain = unconstrained
    structure: Structure = unstructured
    circuit: Circuit = field(default_factory=Circuit)
    close: Callable[[], None] = lambda: None
    secret: str | None = None
    at_once: int = AT_ONCE
    close_connection: CloseConnection = lambda: None
    is_small: bool = False

    def __post_init__(self) -> None:
        self.slots = BoundedSemaphore(self.at_once)
        self.is_aborted = False
        self._lock = Lock()
        self._users = 0
        self._is_retired = False

    def write(
        self, messages: Sequence[Message], sentence_numbers: Sequence[str] = (), seconds: float | None = None
    ) -> RetriedReply:
        """In any form without ``sentence_numbers``. Raises ModelError if it is ``paused``."""
        arguments = dict(self.constrain(sentence_numbers)) if sentence_numbers else {}
        return self._start(messages, arguments, seconds)

    def write_in_form(
        self,
        messages: Sequence[Message],
        form: Mapping[str, Any],
        seconds: float | None = None,
        note_usage: NoteUsage = lambda _: None,
    ) -> str:
        """The reply, which is JSON of the schema ``form`` if the model can, and may break off.

        Raises ModelError.
        """

        def ask(extra: Mapping[str, Any]) -> str:
            reply = self._start(messages, extra, seconds)
            try:
                return "".join(reply)
            finally:
                note_usage(reply.usage)

        arguments = self.structure(form)
        try:
            return ask(arguments)
        except ModelError as error:
            if error.kind != "error" or not arguments:
                raise
        # Some servers refuse the argument. Such a refusal has no kind of its own, so after any ``error``, ask
        # once more without the argument, and never send it again if that helps.
        found = ask({})
        self.structure = unstructured
        return found

    def _start(
        self, messages: Sequence[Message], extra: Mapping[str, Any], seconds: float | None
    ) -> RetriedReply:
        if not self.circuit.admits():
            raise ModelError(
                f"{self.name} has failed several times and will be asked again in "
                f"{math.ceil(self.circuit.seconds_left) or 1} s",
                "paused",
            )
        from llama_index.core.llms import ChatMessage

        sent = [ChatMessage(role=message.role, content=message.text) for message in messages]
        length = sum(len(message.text.encode("utf-8", "replace")) for message in messages)

        def begin(deadline: float) -> Reply:
            return Reply(
                self.name,
                length,
                lambda: iter(self.llm.stream_chat(sent, **extra)),
                deadline,
                self.close_connection,
            )

        return RetriedReply(self, begin, min(seconds or self.limits.seconds, self.limits.seconds))

    def try_out(self) -> Trial:
        """Raises ModelError if the model fails, or its reply is empty."""
        began = time.monotonic()
        reply = self.write([TEST])
        written, arrivals = 0, list[float]()
        for piece in reply:
            if piece.strip():
                arrivals.append(time.monotonic())
                written += len(piece.strip())
            if written > _TEST_CHARACTERS:
                break
        if not arrivals:
            raise ModelError(f"{self.name} gave an empty reply", "unusable")
        seconds = round(time.monotonic() - began, 2)
        streams = arrivals[-1] - arrivals[0] >= _STREAMED_SECONDS
        return Trial(seconds, reply.usage, streams, self._keeps_form())

    def _keeps_form(self) -> bool | None:
        """Return whether a reply was JSON of the form asked for; None if the model could not be asked."""
        arguments = self.structure(_TEST_SCHEMA)
        # Some servers refuse the argument, and the model may still do as the prompt says.
        for extra in (arguments, {}) if arguments else ({},):
            text = ""
            try:
                for piece in self._start([TEST_FORM], extra, None):
                    text += piece
                    if len(text) > _TEST_THOUGHT:
                        return False
            except ModelError as error:
                if error.kind != "error":
                    return None
                continue
            return _is_of_test_form(text)
        return False

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Until the context ends, :meth:`retire` does not close the model."""
        with self._lock:
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                is_last = self._is_retired and not self._users
            if is_last:
                self.close()

    def retire(self) -> None:
        with self._lock:
            self._is_retired = True
            is_unused = not self._users
        if is_unused:
            self.close()

    def abort(self) -> None:
        """Even if it is in use; its present and later replies fail."""
        self.is_aborted = True
        self.close()


class RetriedReply:
    """An attempt that fails before its first piece arrives is repeated."""

    def __init__(self, model: LanguageModel, begin: Callable[[float], Reply], seconds: float) -> None:
        self.usage = Usage(0, 0)
        self.is_cut = False
        self._model = model
        self._begin = begin
        self._seconds = seconds

    def __iter__(self) -> Iterator[str]:
        """The caller may stop at any time. Raises ModelError; ``busy`` after half of the time limit."""
        deadline = time.monotonic() + self._seconds
        if not self._model.slots.acquire(timeout=self._seconds / 2):
            # The model has not failed: it is busy with other questions.
            raise ModelError(f"{self._model.name} is busy with other questions", "busy")
        try:
            yield from self._attempts(deadline)
        finally:
            self._model.slots.release()

    def _attempts(self, deadline: float) -> Iterator[str]:
        wait = FIRST_WAIT_SECONDS
        for attempts_left in reversed(range(self._model.limits.attempts)):
            if self._model.is_aborted:
                raise ModelError(f"{self._model.name} was closed", "error")
            reply = self._begin(deadline)
            has_begun = False
            try:
                for piece in reply:
                    has_begun = True
                    self._copy_state(reply)
                    yield piece
            except GeneratorExit:
                # The caller stopped early, so the model did not fail.
                reply.abandon()
                self._model.circuit.succeeded()
                raise
            except ModelError:
                self._model.circuit.failed()
                raise
            except Exception as error:
                is_over = not attempts_left or self._model.is_aborted
                may_retry = not is_over and not has_begun and is_retryable(error)
                if not may_retry or time.monotonic() + wait >= deadline:
                    self._model.circuit.failed()
                    raise failure(self._model.name, error, self._model.secret, has_begun=has_begun) from error
                time.sleep(wait)
                wait *= 2
            else:
                self._copy_state(reply)
                self._model.circuit.succeeded()
                return

    def _copy_state(self, reply: Reply) -> None:
        self.usage, self.is_cut = reply.usage, reply.is_cut
