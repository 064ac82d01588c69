"""A reply of a language model: its form, its pieces as they arrive, and the ways in which it fails."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Literal

import regex

from rag.errors import ModelError

if TYPE_CHECKING:
    from llama_index.core.llms import ChatResponse

NO_ANSWER = "NO ANSWER"
NOT_FOUND = "NOT FOUND"

MAX_STATEMENTS = 6  # the prompt says so, and a grammar enforces it
BYTES_A_TOKEN = 3  # a low estimate (4 in English, 3 in Chinese); the model's tokenizer is not known here
# A model ignores invisible characters such as a zero-width space, so the patterns allow for them.
_GAP = r"[\s\p{Cf}]*"
_FENCE = regex.compile(rf"<(?={_GAP}/?{_GAP}r{_GAP}e{_GAP}p{_GAP}o{_GAP}r{_GAP}t\b)", regex.IGNORECASE)
_MARK = regex.compile(rf"[\[［【](?={_GAP}\p{{N}}+{_GAP}\.{_GAP}\p{{N}}+{_GAP}[\]］】,;，、；])")
_ONE_EACH = regex.compile(r"[\p{N}\p{P}\p{S}]")


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    text: str


LONGEST_LINE = 400  # characters; the grammar ends a longer line there, perhaps within a word


def grammar(sentence_numbers: Sequence[str]) -> str:
    """The grammar is in GBNF, llama.cpp's format."""
    listed = " | ".join(json.dumps(number) for number in sentence_numbers)
    return (
        f'root ::= "{NO_ANSWER}" | line{{1,{MAX_STATEMENTS}}}\n'
        'line ::= ("[" number "]"){1,3} " " text "\\n"\n'
        f"number ::= {listed}\n"
        f"text ::= [^\\n\\r\\[\\]<>]{{12,{LONGEST_LINE}}}\n"
    )


def schema(sentence_numbers: Sequence[str]) -> dict[str, Any]:
    statement = {
        "type": "object",
        "properties": {
            "cites": {
                "type": "array",
                "items": {"enum": list(sentence_numbers)},
                "minItems": 1,
                "maxItems": 3,
            },
            "text": {"type": "string"},
        },
        "required": ["cites", "text"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"sentences": {"type": "array", "items": statement, "maxItems": MAX_STATEMENTS}},
        "required": ["sentences"],
        "additionalProperties": False,
    }


def tokens(text: str) -> int:
    """A high estimate: each digit and symbol is one token, so that tables are not underestimated."""
    single = _ONE_EACH.findall(text)
    others = len(text.encode("utf-8", "replace")) - sum(len(character.encode()) for character in single)
    return others // BYTES_A_TOKEN + len(single) + 1


def escape_fences(text: str) -> str:
    """On one line, the words can neither close the ``<report>`` tag nor look like a sentence's number."""
    return _MARK.sub("(", _FENCE.sub("‹", " ".join(text.split())))


_THOUGHT = regex.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", regex.DOTALL | regex.IGNORECASE)
_THOUGHT_ENDS = regex.compile(r"</think(?:ing)?>", regex.IGNORECASE)
_SURROGATE = regex.compile(r"[\ud800-\udfff]")


def without_thoughts(text: str) -> str:
    if _SURROGATE.search(text):
        text = pair_surrogates(text)
    return _THOUGHT_ENDS.sub("\n", _THOUGHT.sub("", text))


def pair_surrogates(text: str) -> str:
    """Lone ones, which can be neither stored nor sent, are replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
# In httpx and its clients, they mean that the server was unreachable, or the connection broke.
_TRANSPORT_ERRORS = frozenset({"TransportError", "APIConnectionError"})
# They are those of Python, httpx, clients based on it, and requests.
_TIMEOUT_ERRORS = frozenset({"TimeoutError", "TimeoutException", "APITimeoutError", "Timeout"})
_REASONS = {
    401: "its server refused the key",
    403: "its server refused the key",
    402: "its server asks for a payment",
    404: "its server does not have this model",
    429: "its server has had too many requests",
}
_HIDDEN = "…"


def is_retryable(error: BaseException) -> bool:
    """An HTTP status decides; without one, the types of the errors in the chain of causes."""
    status = _status(error)
    if status is not None:
        return status in _RETRYABLE
    return any(isinstance(cause, OSError) or _TRANSPORT_ERRORS & _kinds(cause) for cause in _chain(error))


def is_timeout(error: BaseException) -> bool:
    return any(_TIMEOUT_ERRORS & _kinds(cause) for cause in _chain(error))


def reason_of(error: BaseException) -> str | None:
    status = _status(error)
    if status is not None:
        refused = "its server failed" if status >= 500 else "its server refused the request"
        return _REASONS.get(status, refused)
    return "its server could not be reached" if is_retryable(error) else None


def describe(error: BaseException, secret: str | None = None) -> str:
    """On one line, without the key, which a server may repeat, or an address contain."""
    words = redact(" ".join(str(error).split()), secret)
    return f"{type(error).__name__}: {words[:300]}" if words else type(error).__name__


def redact(words: str, secret: str | None) -> str:
    return words.replace(secret, _HIDDEN) if secret else words


def _status(error: BaseException) -> int | None:
    for bearer in (error, getattr(error, "response", None)):
        status = getattr(bearer, "status_code", None)
        if isinstance(status, int) and status > 0:
            return status
    return None


def _kinds(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__


Stream = Callable[[], "Iterator[ChatResponse]"]

# The streams of OpenAI's and Anthropic's clients refer to themselves, so only the garbage collector ends an
# unread one. In a thread that is just taking a connection from that client, this deadlocks. So an abandoned
# reply is closed at once, while no lock is held.
CloseConnection = Callable[[], object]
_MOST_WAITING = 256  # if so many pieces are unread, the model waits
_LOOK_SECONDS = 0.2  # a waiting model checks this often whether its reply is still wanted
_CUT = frozenset({"length", "max_tokens"})
_FINISH_FIELDS = ("finish_reason", "done_reason", "stop_reason")
_STREAMED = regex.compile(r"(?:message|content_block)_")


@dataclass(frozen=True, slots=True)
class Usage:
    prompt_tokens: int
    completion_tokens: int


NoteUsage = Callable[[Usage], object]


class Reply:
    """The text in pieces, which can be read once; ``usage`` is an estimate until the end.

    ``is_cut``: it ended at its length limit. ``logprobs`` are those of the likely first tokens, if reported.
    """

    def __init__(
        self,
        name: str,
        prompt_bytes: int,
        stream: Stream,
        deadline: float,
        close_connection: CloseConnection = lambda: None,
    ) -> None:
        """``stream`` and ``close_connection`` run in another thread; ``deadline`` is monotonic."""
        self.usage = Usage(prompt_bytes // BYTES_A_TOKEN, 0)
        self.is_cut = False
        self.logprobs: Mapping[str, float] = {}
        self._name = name
        self._deadline = deadline
        self._close_connection = close_connection
        self._pieces: queue.Queue[ChatResponse | Exception | None] = queue.Queue(_MOST_WAITING)
        self._abandoned = Event()
        # A daemon thread: a hung model must not keep the program from exiting.
        Thread(target=self._write, args=(stream,), name="footnoted-reply", daemon=True).start()

    def __iter__(self) -> Iterator[str]:
        """Raises ModelError (``timeout``, ``error`` without an end), or any error of the client."""
        written = 0
        has_end, reports_end = False, False
        try:
            while (response := self._next()) is not None:
                finish = _finish(response.raw)
                has_end, reports_end = (
                    has_end or finish is not None,
                    reports_end or _reports_end(response.raw),
                )
                self.is_cut = self.is_cut or finish in _CUT
                self.logprobs = self.logprobs or _logprobs(response.raw)
                written += len((response.delta or "").encode("utf-8", "replace"))
                self._count(response, written)
                if response.delta:
                    yield response.delta
            if reports_end and not has_end:
                raise broken_off(self._name)
        finally:
            self.abandon()

    def abandon(self) -> None:
        self._abandoned.set()

    def _next(self) -> ChatResponse | None:
        try:
            item = self._pieces.get(timeout=max(self._deadline - time.monotonic(), 0.001))
        except queue.Empty:
            raise ModelError(f"{self._name} did not finish its answer in time", "timeout") from None
        if isinstance(item, Exception):
            raise item
        if time.monotonic() > self._deadline:
            raise ModelError(f"{self._name} did not finish its answer in time", "timeout")
        return item

    def _write(self, stream: Stream) -> None:
        is_whole = False
        try:
            is_whole = self._pass_on(stream())
        except Exception as error:  # noqa: BLE001 (any client error; the reader of the reply raises it)
            self._put(error)
        else:
            self._put(None)
        finally:
            if not is_whole:
                self._close_connection()

    def _pass_on(self, responses: Iterator[ChatResponse]) -> bool:
        """Return False if the caller or the deadline ended the reply."""
        try:
            return all(map(self._put, responses))
        finally:
            # A generator closes its connection here; other iterators have nothing to close.
            getattr(responses, "close", lambda: None)()

    def _put(self, item: ChatResponse | Exception | None) -> bool:
        """Return False if the caller or the deadline ended the reply."""
        while not self._abandoned.is_set() and time.monotonic() < self._deadline:
            try:
                self._pieces.put(item, timeout=_LOOK_SECONDS)
            except queue.Full:
                continue
            return True
        return False

    def _count(self, response: ChatResponse, written: int) -> None:
        from llama_index.core.callbacks.token_counting import get_tokens_from_response

        try:
            prompt, completion = get_tokens_from_response(response)
        except (TypeError, ValueError, AttributeError):
            # llama-index may be unable to count the tokens of this client, which is no reason to lose the
            # reply.
            prompt = completion = 0
        self.usage = Usage(
            prompt or self.usage.prompt_tokens,
            completion or max(self.usage.completion_tokens, written // BYTES_A_TOKEN),
        )


def failure(name: str, error: Exception, secret: str | None = None, *, has_begun: bool = False) -> ModelError:
    """The detail is the error without ``secret``. ``has_begun``: a part of the reply has arrived."""
    if is_timeout(error):
        return ModelError(f"{name} did not answer in time", "timeout")
    detail = describe(error, secret)
    if has_begun:
        return broken_off(name, detail)
    reason = reason_of(error)
    return ModelError(f"{name} could not be asked: {reason}" if reason else f"{name} failed", "error", detail)


def broken_off(name: str, detail: str = "the reply has no end") -> ModelError:
    return ModelError(f"The reply of {name} broke off", "error", detail)


def _finish(raw: object) -> str | None:
    choice = _first_choice(raw)
    for place in (choice, _field(choice, "delta")):
        for name in _FINISH_FIELDS:
            if reason := _field(place, name):
                return str(getattr(reason, "name", reason)).casefold()
    return "done" if _field(raw, "done") is True else None


def _reports_end(raw: object) -> bool:
    choice = _first_choice(raw)
    names = {*_FINISH_FIELDS, "done"}
    has_field = (
        bool(names & set(choice)) if isinstance(choice, dict) else any(hasattr(choice, n) for n in names)
    )
    return has_field or _STREAMED.match(str(_field(raw, "type"))) is not None


def _logprobs(raw: object) -> Mapping[str, float]:
    found = _field(_field(_first_choice(raw), "logprobs"), "content")
    if not isinstance(found, list) or not found:
        return {}
    tokens = _field(found[0], "top_logprobs") or []
    return {str(_field(token, "token")): float(_field(token, "logprob")) for token in tokens}


def _first_choice(raw: object) -> object:
    choices = _field(raw, "choices")
    return choices[0] if isinstance(choices, list) and choices else raw


def _field(raw: object, name: str) -> Any:  # noqa: ANN401 (any client's)
    return raw.get(name) if isinstance(raw, dict) else getattr(raw, name, None)
