"""The header fields of an e-mail, decoded."""

from __future__ import annotations

import binascii
import re
from datetime import date
from email.message import Message
from email.utils import parseaddr, parsedate
from pathlib import Path

import regex

from index.errors import LoadError
from index.loaders.blocks import Block, flow
from index.loaders.decoding import decode

SHOWN = ("From", "To", "Cc", "Date", "Subject")
"""The fields at the start of the text, in this order."""

_ENCODED_WORD = re.compile(r"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
"""An encoded word (RFC 2047, section 2), with an optional language (RFC 2231, section 5)."""

_ESCAPED = re.compile(rb"=([0-9A-Fa-f]{2})")
_UNSEEN = regex.compile(r"[\p{Cc}\p{Cs}--[\t\n\r]]", flags=regex.V1)
_MAX_PARSED_CHARACTERS = 10_000
"""At most this many characters of an address or a date are parsed: longer ones are attacks on the parser."""


def characters(data: bytes, path: Path, charset: str | None) -> str:
    """Decode a part or field. Damaged characters become U+FFFD, so that decoding never fails.

    Args:
        data: the bytes of the part or field.
        path: the message's file.
        charset: the encoding that the message declares; None if it declares none.
    """
    try:
        text = decode(data, path, charset)
    except LoadError:
        text = data.decode("utf-8", "replace")
    return str(_UNSEEN.sub(" ", text))


def field(message: Message, name: str, path: Path) -> str:
    """Return the values of all fields named ``name``, on one line; empty if there are none."""
    return ", ".join(words for value in _values(message, name, path) if (words := words_of(value, path)))


def sender(message: Message, path: Path) -> str | None:
    """Return the sender's name, or the address if there is no name; None if the message gives neither."""
    written = next(iter(_values(message, "From", path)), "")[:_MAX_PARSED_CHARACTERS]
    try:
        name, address = parseaddr(flow(written))
    except RecursionError:  # parseaddr parses nested comments by recursion
        return None
    return words_of(name, path) or words_of(address, path) or None


def sent(message: Message, path: Path) -> str | None:
    """Return the day on which the message was sent, in the sender's time zone, as an ISO 8601 date.

    The result is None if the message gives no date, or an invalid one.
    """
    written = next(iter(_values(message, "Date", path)), "")[:_MAX_PARSED_CHARACTERS]
    try:
        parsed = parsedate(flow(written))
        return date(*parsed[:3]).isoformat() if parsed else None
    except (ValueError, OverflowError, IndexError):
        return None


def head_blocks(message: Message, path: Path) -> list[Block]:
    """Return the fields in ``SHOWN`` that the message has, one block each."""
    group = object()
    fields = ((name, field(message, name, path)) for name in SHOWN)
    return [Block(f"{name}: {words}", group) for name, words in fields if words]


def words_of(value: str, path: Path) -> str:
    """Return a field's value on one line, with its encoded words (RFC 2047) decoded.

    Adjacent encoded words in the same character set are joined before they are decoded, since some programs
    split a character between two words.
    """
    pieces: list[str] = []
    pending, charset, end = b"", "", 0
    for match in _ENCODED_WORD.finditer(value):
        between = value[end : match.start()]
        data = _decoded_word(match[2], match[3])
        if pending and not between.strip() and match[1].lower() == charset:
            pending += data
        else:
            pieces += [
                characters(pending, path, charset) if pending else "",
                "" if pending and not between.strip() else between,
            ]
            pending, charset = data, match[1].lower()
        end = match.end()
    pieces += [characters(pending, path, charset) if pending else "", value[end:]]
    return flow(_UNSEEN.sub(" ", "".join(pieces)))


def _decoded_word(encoding: str, text: str) -> bytes:
    if encoding in "qQ":
        raw = text.replace("_", " ").encode("utf-8", "replace")
        return _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), raw)
    try:
        return binascii.a2b_base64(text.encode("ascii", "replace") + b"===")
    except binascii.Error:
        return text.encode("utf-8", "replace")


def _values(message: Message, name: str, path: Path) -> list[str]:
    """Return the values of all fields named ``name``. Bytes outside ASCII, which are invalid, are decoded."""
    found = [str(value) for field, value in message.raw_items() if field.lower() == name.lower()]
    charset = message.get_content_charset()
    return [
        value if value.isascii() else characters(value.encode("ascii", "surrogateescape"), path, charset)
        for value in found
    ]
