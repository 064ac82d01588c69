"""A llama-index model as answers are written with it: in time, tried again, and left alone where it fails."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError
from rag.llm.circuit import Circuit
from rag.llm.failures import is_retryable
from rag.llm.messages import Message
from rag.llm.replies import LetGo, Reply, Usage, failure

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatResponse

Constrain = Callable[[Sequence[str]], Mapping[str, Any]]
"""The numbers of the sentences that may be cited → what makes a server keep a reply to them, as the
arguments that its client takes."""

AT_ONCE = 16
"""Replies that a model writes at the same time, where it is not told otherwise."""

FIRST_WAIT_SECONDS = 0.5
"""Before a second attempt; about twice as long before each further one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reply may take.

    Attributes:
        context_tokens: what the model reads and writes at most, together.
        reply_tokens: of them, for the reply.
        seconds: from the first attempt to the end of the reply.
        attempts: how often a reply is begun, where failures may pass.
    """

    context_tokens: int = 4096
    reply_tokens: int = 512
    seconds: float = 60.0
    attempts: int = 3


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, in any currency."""

    prompt: float
    completion: float

    def of(self, usage: Usage) -> float:
        """What a reply cost."""
        return (usage.prompt_tokens * self.prompt + usage.completion_tokens * self.completion) / 1_000_000


def unconstrained(_numbers: Sequence[str]) -> Mapping[str, Any]:
    """For servers that cannot keep a reply to a form."""
    return {}


class LanguageModel:
    """Any llama-index model. Safe to share between threads, as far as the model is.

    Attributes:
        name: as answers name it.
        limits: what a reply may take.
        prices: what it costs, where that is known.
    """

    def __init__(
        self,
        llm: LLM,
        name: str,
        limits: Limits | None = None,
        *,
        prices: Prices | None = None,
        constrain: Constrain = unconstrained,
        circuit: Circuit | None = None,
        close: Callable[[], None] = lambda: None,
        secret: str | None = None,
        at_once: int = AT_ONCE,
        let_go: LetGo = lambda: None,
    ) -> None:
        """Have answers written by ``llm``.

        Args:
            llm: the model, without retries of its own: they multiply.
            name: as answers shall name it.
            limits: what a reply may take.
            prices: what it costs.
            constrain: makes its server keep replies to a form.
            circuit: leaves it alone where it fails.
            close: gives back what it holds.
            secret: its key, which stands in no message.
            at_once: how many replies it writes at the same time; others wait, half of their time at most.
            let_go: closes the connection of a reply that was left off.
        """
        self.name = name
        self.limits = limits or Limits()
        self.prices = prices
        self._llm = llm
        self._constrain = constrain
        self._circuit = circuit or Circuit()
        self._close = close
        self._secret = secret
        self._places = BoundedSemaphore(at_once)
        self._let_go = let_go

    def write(
        self, messages: Sequence[Message], numbers: Sequence[str] = (), seconds: float | None = None
    ) -> Writing:
        """Have a reply written.

        Args:
            messages: what the model is sent.
            numbers: of the sentences that it may cite; none for a reply in any form.
            seconds: what it may take, where that is less than the model's limit.

        Raises:
            ModelError: ``paused``, if the model has failed too often to be asked now.
        """
        if not self._circuit.admits():
            raise ModelError(
                f"{self.name} has failed several times and is asked again in "
                f"{math.ceil(self._circuit.seconds_left) or 1} s",
                "paused",
            )
        limits = replace(self.limits, seconds=min(seconds or self.limits.seconds, self.limits.seconds))
        begin = self._begin(messages, numbers)
        return Writing(self.name, begin, limits, self._circuit, places=self._places, secret=self._secret)

    def close(self) -> None:
        """Give back what it holds."""
        self._close()

    def _begin(self, messages: Sequence[Message], numbers: Sequence[str]) -> Callable[[float], Reply]:
        from llama_index.core.llms import ChatMessage

        sent = [ChatMessage(role=message.role, content=message.text) for message in messages]
        length = sum(len(message.text.encode("utf-8", "replace")) for message in messages)
        extra = dict(self._constrain(numbers)) if numbers else {}

        def stream() -> Iterator[ChatResponse]:
            return iter(self._llm.stream_chat(sent, **extra))

        return lambda ends: Reply(self.name, length, stream, ends, self._let_go)


class Writing:
    """A reply on its way: begun again where its first attempts fail before they bring anything.

    Attributes:
        usage: what it took so far.
        is_cut: whether it ended at the limit of its length.
    """

    def __init__(
        self,
        name: str,
        begin: Callable[[float], Reply],
        limits: Limits,
        circuit: Circuit,
        *,
        places: BoundedSemaphore,
        secret: str | None = None,
    ) -> None:
        self.usage = Usage(0, 0)
        self.is_cut = False
        self._name = name
        self._begin = begin
        self._limits = limits
        self._circuit = circuit
        self._places = places
        self._secret = secret

    def __iter__(self) -> Iterator[str]:
        """The pieces of its text; whoever has enough leaves off.

        Raises:
            ModelError: if it fails, or does not end in time; ``busy``, if others keep the model so long that
                too little would be left.
        """
        ends = time.monotonic() + self._limits.seconds
        if not self._places.acquire(timeout=self._limits.seconds / 2):
            # That others ask is no failure of the model's.
            raise ModelError(f"{self._name} is busy with other questions", "busy")
        try:
            yield from self._attempts(ends)
        finally:
            self._places.release()

    def _attempts(self, ends: float) -> Iterator[str]:
        wait = FIRST_WAIT_SECONDS
        for attempts_left in reversed(range(self._limits.attempts)):
            reply = self._begin(ends)
            has_come = False
            try:
                for piece in reply:
                    has_come = True
                    self._note(reply)
                    yield piece
            except GeneratorExit:
                # Whoever reads has enough: the model did well.
                reply.abandon()
                self._circuit.succeeded()
                raise
            except ModelError:
                self._circuit.failed()
                raise
            except Exception as error:
                again = attempts_left and not has_come and is_retryable(error)
                if not again or time.monotonic() + wait >= ends:
                    self._circuit.failed()
                    raise failure(self._name, error, self._secret) from error
                time.sleep(wait)
                wait *= 2
            else:
                self._note(reply)
                self._circuit.succeeded()
                return

    def _note(self, reply: Reply) -> None:
        self.usage, self.is_cut = reply.usage, reply.is_cut
