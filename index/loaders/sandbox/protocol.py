"""The requests to the reading process, and its answers: a message is its length, then its JSON.

A hostile file may have taken control of the process, so no answer is executed, and every type is checked.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import IO, TYPE_CHECKING, Any, TypeVar

from index.documents import Document
from index.loaders.options import Options
from index.text.passages import Cut, Cutting

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_LENGTH = struct.Struct(">Q")
Message = TypeVar("Message")


class MessageError(Exception):
    """A message is too long, or is not of the expected type."""


@dataclass(frozen=True, slots=True)
class Request:
    """``page`` is from 1, or 0 to read; ``path`` is absolute, or empty to only open a tokeniser.

    ``width`` is in pixels. ``cutting.tokenizer`` is empty if the process has opened it already.
    """

    path: bytes
    options: Options
    page: int = 0
    width: int = 0
    cutting: Cutting | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Without an error, ``cause`` and ``remedy`` are empty. After the ``last`` one, the process ends."""

    document: Document | None = None
    picture: bytes = b""
    cause: str = ""
    remedy: str = ""
    last: bool = False
    cut: Cut | None = None


# Sent when the process has started, when it has opened a tokeniser, and between reading and cutting a file:
# the parent limits the time of each of these steps separately.
READY = Answer()


def send(message: bytes, sink: IO[bytes]) -> None:
    """Raises OSError if the other end is closed."""
    for part in (_LENGTH.pack(len(message)), message):
        left = memoryview(part)
        while left:  # a file without a buffer may take only a part at a time
            left = left[sink.write(left) :]
    sink.flush()


def receive(source: IO[bytes], most: int) -> bytes | None:
    """None if ``source`` ends too early. Raises MessageError beyond ``most`` bytes."""
    head = _read(source, _LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > most:
        raise MessageError(f"a message of {length:,} bytes, more than {most:,}")
    message = _read(source, length)
    return message if len(message) == length else None


def pack(message: Request | Answer) -> bytes:
    """Raises MessageError for half a surrogate pair, which neither UTF-8 nor the catalog can store."""
    from pydantic_core import PydanticSerializationError

    try:
        return _adapters()[type(message)].dump_json((message,))
    except PydanticSerializationError as error:
        raise MessageError(str(error)) from error


def unpack(kind: type[Message], data: bytes) -> Message:
    """Raises MessageError for another type, or an offset outside the document's text."""
    try:
        message: Message = _adapters()[kind].validate_json(data)[0]
    except ValueError as error:
        raise MessageError(f"no {kind.__name__.lower()}") from error
    if isinstance(message, Answer) and not _fits(message):
        raise MessageError("offsets outside the text")
    return message


@cache
def _adapters() -> Mapping[type[Any], TypeAdapter[Any]]:
    """A tuple wraps each: an adapter for a dataclass itself accepts no configuration."""
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
    document, cut = answer.document, answer.cut
    if document is None:
        return cut is None
    offsets = (*document.page_starts, *document.mended, *(section.start for section in document.sections))
    inside = all(0 <= offset <= len(document.text) for offset in offsets)
    labelled = len(document.page_labels) in {0, len(document.page_starts)}
    return inside and labelled and (cut is None or cut.fits(document.text))


def _read(source: IO[bytes], size: int) -> bytes:
    parts: list[bytes] = []
    while size and (part := source.read(min(size, 1 << 20))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
