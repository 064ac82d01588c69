"""Reads an e-mail (RFC 5322 and MIME): its header, its text, and a list of its attachments."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from datetime import date
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import parseaddr, parsedate
from itertools import groupby
from pathlib import Path

import regex

from index.documents import Document
from index.errors import LoadError
from index.loaders.archive import binary_kind
from index.loaders.assembly import assemble
from index.loaders.blocks import Block, flow, join
from index.loaders.html.page import fragment_blocks, page_source
from index.loaders.metadata import Properties, readable_property
from index.loaders.options import DEFAULTS, Options
from index.loaders.text import decode, unwrap


def read_eml(data: bytes, path: Path, _options: Options = DEFAULTS) -> Document:
    """HTML is read if the plain text is missing or a placeholder; only attached messages are opened."""
    message = _message(data, path)
    content = list(content_blocks(message, path))
    text = join([*head_blocks(message, path), *content])
    properties = Properties(
        title=readable_property(field(message, "Subject", path)),
        author=sender(message, path),
        published=sent(message, path),
    )
    return assemble(path, "eml", text, properties, sample=join(content))


def _message(data: bytes, path: Path) -> Message:
    """``compat32``: the newer policy raises errors for broken fields, or loses bytes outside ASCII."""
    kind = binary_kind(data)
    if kind is not None:
        cause = f"is named {path.suffix} but seems to be {kind}"
        raise LoadError(path, cause, "give it the suffix of what it is")
    source = data.removeprefix(b"\xef\xbb\xbf").lstrip().replace(b"\0", b"")
    try:
        message = message_from_bytes(source, policy=compat32)
    except RecursionError as error:
        cause = "is broken: its parts are nested too deeply"
        raise LoadError(path, cause, "save the message again, without what is forwarded in it") from error
    if not any(name in message for name in _FIELDS):
        cause = "is not an e-mail: its header has no From, To, Subject or Date"
        raise LoadError(path, cause, "save the message again as .eml, with its header")
    return message


SHOWN = ("From", "To", "Cc", "Date", "Subject")

# RFC 2047, section 2, with an optional language (RFC 2231, section 5).
_ENCODED_WORD = re.compile(r"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_ESCAPED = re.compile(rb"=([0-9A-Fa-f]{2})")
_UNSEEN = regex.compile(r"[\p{Cc}\p{Cs}--[\t\n\r]]", flags=regex.V1)
_MAX_PARSED_CHARACTERS = 10_000  # of an address or a date: longer ones are attacks on the parser


def characters(data: bytes, path: Path, charset: str | None) -> str:
    """Damaged characters become U+FFFD."""
    try:
        text = decode(data, path, charset)
    except LoadError:
        text = data.decode("utf-8", "replace")
    return str(_UNSEEN.sub(" ", text))


def field(message: Message, name: str, path: Path) -> str:
    """All fields with this name, on one line."""
    return ", ".join(words for value in _values(message, name, path) if (words := words_of(value, path)))


def sender(message: Message, path: Path) -> str | None:
    """The name, or the address if there is none."""
    written = next(iter(_values(message, "From", path)), "")[:_MAX_PARSED_CHARACTERS]
    try:
        name, address = parseaddr(flow(written))
    except RecursionError:  # parseaddr parses nested comments by recursion
        return None
    return words_of(name, path) or words_of(address, path) or None


def sent(message: Message, path: Path) -> str | None:
    """An ISO 8601 date in the sender's time zone."""
    written = next(iter(_values(message, "Date", path)), "")[:_MAX_PARSED_CHARACTERS]
    try:
        parsed = parsedate(flow(written))
        return date(*parsed[:3]).isoformat() if parsed else None
    except (ValueError, OverflowError, IndexError):
        return None


def head_blocks(message: Message, path: Path) -> list[Block]:
    group = object()
    fields = ((name, field(message, name, path)) for name in SHOWN)
    return [Block(f"{name}: {words}", group) for name, words in fields if words]


def words_of(value: str, path: Path) -> str:
    """Encoded words (RFC 2047) are joined first: some programs split a character between two."""
    pieces: list[str] = []
    pending, charset, end = b"", "", 0
    for match in _ENCODED_WORD.finditer(value):
        between = value[end : match.start()]
        is_next = pending and not between.strip()
        data = _decoded_word(match[2], match[3])
        if is_next and match[1].lower() == charset:
            pending += data
        else:
            pieces += [characters(pending, path, charset), "" if is_next else between]
            pending, charset = data, match[1].lower()
        end = match.end()
    pieces += [characters(pending, path, charset), value[end:]]
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
    """Bytes outside ASCII, which are invalid, are decoded."""
    found = [str(value) for field, value in message.raw_items() if field.lower() == name.lower()]
    charset = message.get_content_charset()
    return [
        value if value.isascii() else characters(value.encode("ascii", "surrogateescape"), path, charset)
        for value in found
    ]


MAX_DEPTH = 50  # a message that was forwarded many times has a depth of about twelve
MIN_PLAIN_SHARE = 0.5  # a plain text with a smaller share of the letters in its HTML is a placeholder
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
_MESSAGES = {"message/rfc822", "message/global", "message/news"}
_NAMELESS = "without a name"
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_QUOTED = re.compile(r"(?:> ?)*")
_VISIBLE = regex.compile(r"[^\p{C}\p{M}\p{Z}]")


def content_blocks(message: Message, path: Path, depth: int = 0) -> Iterator[Block]:
    """The text, a list of attachments, each attached message. Raises LoadError if nested too deeply."""
    attached: list[Message] = []
    yield from _body_blocks(message, path, attached, depth)
    group = object()
    for part in attached:
        yield Block(f"Attachment: {_described(part, path)}", group)
    for part in attached:
        if part.get_content_type() in _MESSAGES:
            for inner in _children(part):
                yield from head_blocks(inner, path)
                yield from content_blocks(inner, path, depth + 1)


def _body_blocks(part: Message, path: Path, attached: list[Message], depth: int) -> list[Block]:
    if depth > MAX_DEPTH:
        cause = f"is broken: its parts are nested more than {MAX_DEPTH} deep"
        raise LoadError(path, cause, "save the message again, without what is forwarded in it")
    kind = part.get_content_type()
    children = _children(part)
    if kind in _MESSAGES and children:
        attached.append(part)
        return []
    if part.get_content_maintype() == "message" and children:  # a delivery report: fields only
        return [
            Block(f"{name}: {words_of(str(value), path)}", part)
            for one in children
            for name, value in one.items()
        ]
    if children:
        read = [(one, _body_blocks(one, path, attached, depth + 1)) for one in children]
        if kind == "multipart/alternative":
            return _preferred(read)
        return [block for _, found in read for block in found]
    is_attachment = part.get_content_disposition() == "attachment"
    # A multipart without subparts has lost its boundary: it is read as text.
    is_text = kind in {"text/plain", "text/html"} or part.get_content_maintype() == "multipart"
    if is_attachment or not is_text:
        is_picture = part.get_content_maintype() == "image" and not is_attachment
        is_of_page = is_picture and (part.get("Content-ID") is not None or _name(part) is None)
        if kind not in _SIGNATURES and not is_of_page:
            attached.append(part)
        return []
    return _html_blocks(part, path) if kind == "text/html" else _plain_blocks(part, path)


def _preferred(read: list[tuple[Message, list[Block]]]) -> list[Block]:
    """The plain text unless it is a placeholder, else the longest alternative."""
    most = max((found for _, found in read), key=_letters, default=[])
    plain = next((found for part, found in read if part.get_content_type() == "text/plain"), [])
    return plain if plain and _letters(plain) >= MIN_PLAIN_SHARE * _letters(most) else most


def _letters(blocks: list[Block]) -> int:
    return sum(character.isalnum() for block in blocks for character in block.text)


def _children(part: Message) -> list[Message]:
    # Call get_payload() only for a part with subparts. For another part, it would decode the content with the
    # encoding that the part declares.
    payload = part.get_payload() if part.is_multipart() else None
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _described(part: Message, path: Path) -> str:
    """An attached message has no size, since its text follows."""
    kind = part.get_content_type()
    name = words_of(_name(part) or "", path)
    if kind in _MESSAGES:
        subject = next((field(inner, "Subject", path) for inner in _children(part)), "")
        return f"{name or subject or _NAMELESS}, {kind}"
    return f"{name or _NAMELESS}, {kind}, {_written_size(len(_content(part)))}"


def _name(part: Message) -> str | None:
    try:
        name = part.get_filename()
    except (LookupError, ValueError):  # an unknown or invalid encoding
        return None
    return name.encode("utf-8", "replace").decode("utf-8") if name else None


def _written_size(size: int) -> str:
    if size < 1024:
        return f"{size} bytes"
    return f"{size / 1024:,.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:,.1f} MB"


def _content(part: Message) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except ValueError:  # damaged uuencoding
        return b""
    return data if isinstance(data, bytes) else b""


def _html_blocks(part: Message, path: Path) -> list[Block]:
    data, charset = _content(part), part.get_content_charset()
    try:
        source = characters(data, path, charset) if charset else page_source(data, path)
    except LoadError:
        source = characters(data, path, None)
    return [block for block in fragment_blocks(source) if _VISIBLE.search(block.text)]


def _plain_blocks(part: Message, path: Path) -> list[Block]:
    text = characters(_content(part), path, part.get_content_charset())
    is_flowed = str(part.get_param("format", "")).lower() == "flowed"
    is_spaceless = str(part.get_param("delsp", "")).lower() == "yes"
    blocks: list[Block] = []
    for depth, run in groupby(map(_unquoted, _LINE_BREAK.split(text)), key=lambda line: line[0]):
        lines = [line for _, line in run]
        joined = _reflowed(lines, is_spaceless) if is_flowed else _LINE_BREAK.split(unwrap("\n".join(lines)))
        group: object = object()
        for line in joined:
            if line.strip():
                blocks.append(Block((">" * depth + " " if depth else "") + line.rstrip(), group))
            else:
                group = object()
    return blocks


def _unquoted(line: str) -> tuple[int, str]:
    """The number of ``>`` signs before the line, and its rest."""
    match = _QUOTED.match(line)
    marks = match[0] if match else ""
    return marks.count(">"), line[len(marks) :]


def _reflowed(lines: list[str], is_spaceless: bool) -> list[str]:
    """``format=flowed`` (RFC 3676, 4.1 to 4.4): a line that ends with a space continues."""
    joined: list[str] = []
    goes_on = False
    for line in lines:
        unstuffed = line.removeprefix(" ")
        if goes_on:
            joined[-1] += unstuffed
        else:
            joined.append(unstuffed)
        goes_on = unstuffed.endswith(" ") and unstuffed != "-- "
        if goes_on and is_spaceless:
            joined[-1] = joined[-1][:-1]
    return joined


# Every message has at least one of these (RFC 5322, 3.6).
_FIELDS = ("From", "To", "Cc", "Subject", "Date", "Message-ID", "Received", "Return-Path", "MIME-Version")
