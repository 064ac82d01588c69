"""E-mails for tests, made by Python's own library or byte by byte."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

from index.loaders.mail import read_eml

PATH = Path("mail/dam.eml")
SENTENCE = "Gate 3 failed because nobody had looked at its pin since the dam was built."
HEAD = "From: Ada Lind <ada@dam.test>\nSubject: Gate 3\n"
SHOWN = "From: Ada Lind <ada@dam.test>\nSubject: Gate 3\n\n"


def mail(**fields: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = Address("Ada Lind", addr_spec="ada@dam.test")
    message["Subject"] = "Gate 3"
    for name, value in fields.items():
        message[name] = value
    return message


def text_of(message: EmailMessage) -> str:
    """The text that the loader reads from a message, without the message's head."""
    found = read_eml(message.as_bytes(), PATH).text
    assert found.startswith(SHOWN)
    return found.removeprefix(SHOWN)


def raw(fields: str, body: bytes) -> str:
    return read_eml(f"{HEAD}{fields}\n\n".encode() + body, PATH).text.removeprefix(SHOWN)
