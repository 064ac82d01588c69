"""What the process that reads files is asked and answers: JSON, after its length, over a pipe.

An answer is data from a program that a hostile file may have taken over, so that nothing in it is run or
believed: it becomes a document only if every field has its type.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from index.documents import Document
from index.loaders.options import Options
from index.text.cutting import Cut, Cutting

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_LENGTH = struct.Struct(">Q")

Message = TypeVar("Message")


class MessageError(Exception):
    """A message that is too long, or not what it should be."""


@dataclass(frozen=True, slots=True)
class Request:
    """A file to be read, or a page of it to be drawn.

    Attributes:
        path: its absolute path, as the file system has it; empty where only a tokeniser is to be opened.
        options: how it is to be read.
        page: the page to be drawn, from 1; 0 where the file is to be read.
        width: of the picture of the page, in pixels.
        cutting: how the document is to be cut into passages, or None. Its tokeniser, which may be large, is
            empty where it is the one that was opened last.
    """

    path: bytes
    options: Options
    page: int = 0
    width: int = 0
    cutting: Cutting | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request.

    Attributes:
        document: what was read, or None.
        cut: its passages, if they were asked for.
        picture: the picture of a page, as PNG, or nothing.
        cause: where there is neither: what is wrong with the file.
        remedy: and what to do about it.
        last: whether the process ends after this answer.
    """

    document: Document | None = None
    picture: bytes = b""
    cause: str = ""
    remedy: str = ""
    last: bool = False
    cut: Cut | None = None


READY = Answer()
"""Sent before the first request is taken, when a tokeniser is open, and before a file that was read is cut:
the time for each is counted apart."""


class Source(Protocol):
    """What bytes are read from: fewer than were asked for where no more are there yet, none at the end."""

    def read(self, size: int, /) -> bytes | None:
        """At most ``size`` bytes."""


class Sink(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> int | None:
        """Write ``data``."""

    def flush(self) -> None:
        """Send what is held back."""


def send(message: bytes, sink: Sink) -> None:
    """Write ``message`` with its length before it.

    Raises:
        OSError: if nobody reads the other end.
    """
    sink.write(_LENGTH.pack(len(message)))
    sink.write(message)
    sink.flush()


def receive(source: Source, most: int) -> bytes | None:
    """The next message of ``source``, or None where it ends before it or within it.

    Args:
        source: a pipe that the other process writes to.
        most: how many bytes a message may have.

    Raises:
        MessageError: if the message is longer than ``most``.
    """
    head = _read(source, _LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > most:
        raise MessageError(f"a message of {length:,} bytes, more than {most:,}")
    message = _read(source, length)
    return message if len(message) == length else None


def pack(message: Request | Answer) -> bytes:
    """A request or an answer as JSON.

    Raises:
        MessageError: if it holds what no UTF-8 can carry, and so no catalog store: half a surrogate pair.
    """
    from pydantic_core import PydanticSerializationError

    try:
        return _adapters()[type(message)].dump_json((message,))
    except PydanticSerializationError as error:
        raise MessageError(str(error)) from error


def unpack(kind: type[Message], data: bytes) -> Message:
    """The message of type ``kind`` in ``data``, each of its fields held against its type.

    Raises:
        MessageError: if it is none.
    """
    try:
        message: Message = _adapters()[kind].validate_json(data)[0]
    except ValueError as error:
        raise MessageError(f"no {kind.__name__.lower()}") from error
    if isinstance(message, Answer) and not _fits(message):
        raise MessageError("offsets outside the text")
    return message


@cache
def _adapters() -> Mapping[type[Any], TypeAdapter[Any]]:
    """What reads and writes each kind of message.

    It stands in a tuple, because a dataclass alone takes no configuration.
    """
    from pydantic import ConfigDict, TypeAdapter

    config = ConfigDict(
        strict=True,
        extra="forbid",
        ser_json_bytes="base64",
        val_json_bytes="base64",
        ser_json_inf_nan="constants",
    )
    return {
        Request: TypeAdapter(tuple[Request], config=config),
        Answer: TypeAdapter(tuple[Answer], config=config),
    }


def _fits(answer: Answer) -> bool:
    """Whether what points into the text of a document does."""
    document, cut = answer.document, answer.cut
    if document is None:
        return cut is None
    offsets = [
        *document.page_starts,
        *document.mended,
        *(section.start for section in document.sections),
    ]
    inside = all(0 <= offset <= len(document.text) for offset in offsets)
    return inside and (cut is None or cut.fits(document.text))


def _read(source: Source, size: int) -> bytes:
    """``size`` bytes, or fewer where ``source`` ends before."""
    parts: list[bytes] = []
    while size and (part := source.read(min(size, 1 << 20))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
