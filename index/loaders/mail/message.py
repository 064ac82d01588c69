"""Reads an e-mail as a Document: header, text, names of attachments, and attached messages."""

from __future__ import annotations

from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from pathlib import Path

from index.documents import Document
from index.errors import LoadError
from index.loaders.blocks import join
from index.loaders.magic import binary_kind
from index.loaders.mail.bodies import content_blocks
from index.loaders.mail.headers import field, head_blocks, sender, sent
from index.loaders.metadata import Properties, assemble, readable_property
from index.loaders.options import DEFAULTS, Options

_FIELDS = ("From", "To", "Cc", "Subject", "Date", "Message-ID", "Received", "Return-Path", "MIME-Version")
"""Every message has at least one of these fields (RFC 5322, 3.6)."""


def read_eml(data: bytes, path: Path, _options: Options = DEFAULTS) -> Document:
    """Read an e-mail (.eml, RFC 5322 and MIME) as a document.

    The loader reads the plain text, or the HTML if the plain text is missing or only a placeholder. Quoted
    replies are kept. Attachments are listed by name, type and size; only attached messages are opened. If the
    message is encrypted, the document has only the header and the list of attachments. The loader fetches
    nothing.

    Raises:
        LoadError: if the file is binary, is not an e-mail, or its parts are nested too deeply.
    """
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
    """Parse the message in a file.

    The policy is ``compat32``: the newer policy raises errors for some broken fields, and loses bytes outside
    ASCII in others.
    """
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
