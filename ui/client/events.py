"""Reads the server-sent events of an answer as the events of :mod:`rag.events`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rag.answers import Answer, Citation, Passage
from rag.events import (
    AnswerDone,
    CitationMade,
    PassagesFound,
    QuestionCorrected,
    QuestionRewritten,
    StreamedEvent,
    Token,
)
from ui.client.problems import ProblemError
from ui.client.results import parse
from ui.errors import ServerGoneError


class EventReader:
    """Reads a stream of events from the parts in which it arrives.

    Attributes:
        is_complete: whether the whole answer has arrived.
    """

    def __init__(self) -> None:
        self._rest = b""
        self.is_complete = False

    def feed(self, part: bytes) -> Iterator[StreamedEvent]:
        """Take the next part of the stream, and yield the events that are then complete.

        Raises:
            ProblemError: if the answer failed on the server.
        """
        # Lines are split here, since str.splitlines would also split at line separators inside the JSON.
        *whole, self._rest = (self._rest + part).replace(b"\r\n", b"\n").split(b"\n\n")
        for block in whole:
            fields = dict(_field(line) for line in block.split(b"\n") if line and not line.startswith(b":"))
            name = fields.get(b"event", b"").decode()
            if name == "error":
                raise ProblemError(json.loads(fields[b"data"]))
            # A newer server may send events of other kinds.
            if name in _KINDS:
                event = _KINDS[name](json.loads(fields[b"data"]))
                self.is_complete |= isinstance(event, AnswerDone)
                yield event

    def end(self) -> None:
        """Check that the stream has ended with the answer.

        Raises:
            ServerGoneError: if the stream ended before the answer was complete.
        """
        if not self.is_complete:
            raise ServerGoneError("the server ended before the answer was complete; ask again")


_KINDS: Mapping[str, Callable[[Any], StreamedEvent]] = {
    "corrected": lambda data: QuestionCorrected(data["searched_for"]),
    "rewritten": lambda data: QuestionRewritten(data["standalone"]),
    "passages": lambda data: PassagesFound(parse(tuple[Passage, ...], data["passages"])),
    "token": lambda data: Token(data["text"], data["verdict"]),
    "citation": lambda data: CitationMade(parse(Citation, data)),
    "answer": lambda data: AnswerDone(parse(Answer, data)),
}


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value.removeprefix(b" ")
