"""The manifest of an exported file: data for programs, hidden in the file.

It records the place of each quote in its document, and the footnotes of each sentence. It is ASCII JSON and
contains no text from documents or users, so that an exporter can write it into a comment.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Literal

from rag.conversations import Place
from ui.errors import NotExportedError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

# The versions of the two formats. Raise a version when older programs cannot read the new format.
_ONE: Literal[1] = 1
_SEVERAL: Literal[2] = 2


@dataclass(frozen=True, slots=True)
class FootnoteEntry:
    """A footnote: its number, and the place of its quote (:class:`~rag.conversations.export_check.Place`)."""

    number: int
    document_id: int
    version: int
    digest: str | None
    start: int
    end: int

    @property
    def place(self) -> Place:
        """The place of the quote."""
        return Place(self.document_id, self.version, self.digest, self.start, self.end)


@dataclass(frozen=True, slots=True)
class AnswerEntry:
    """An answer of the file.

    Attributes:
        answer_id: the id of the answer.
        generation: the state of the library when it answered, as the number of commits that had changed
            its passages.
        sentences: the numbers of the footnotes of each sentence.
    """

    answer_id: str
    generation: int
    sentences: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class ConversationEntry:
    """The manifest's entry for the conversation in a file.

    Attributes:
        conversation_id: the id of the conversation.
        title_digest: the digest of the conversation's title (:func:`digest_of`).
    """

    conversation_id: str
    title_digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The data for programs in an exported file, which contains a conversation or one answer.

    Attributes:
        answers: the answers, in order.
        footnotes: the footnotes of all answers.
        conversation: the conversation; None if the file contains no conversation.
    """

    answers: tuple[AnswerEntry, ...]
    footnotes: tuple[FootnoteEntry, ...]
    conversation: ConversationEntry | None = None

    def to_json(self) -> str:
        """Return the JSON text, on one line."""
        return json.dumps(asdict(_json_form(self)), separators=(",", ":"))


def digest_of(name: str) -> str:
    """Return the SHA-256 of an exported conversation's title, in hexadecimal, as the manifest records it."""
    return sha256(name.encode()).hexdigest()


def read_manifest(text: str) -> Manifest:
    """Parse a manifest.

    Raises:
        NotExportedError: if ``text`` is not a manifest, or a newer program wrote it.
    """
    from pydantic import ValidationError

    try:
        found = _adapter().validate_json(text, strict=True)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, _field_path(fault["loc"]))) or "the whole"
        raise NotExportedError(f"its manifest cannot be read ({place}: {fault['msg']})") from error
    if isinstance(found, _Several):
        return Manifest(found.answers, found.footnotes, ConversationEntry(found.conversation_id, found.name))
    return Manifest((AnswerEntry(found.answer_id, found.generation, found.sentences),), found.footnotes)


@dataclass(frozen=True, slots=True)
class _One:
    """The fields of the manifest's JSON for a file with one answer."""

    format: Literal[1]
    answer_id: str
    generation: int
    sentences: tuple[tuple[int, ...], ...]
    footnotes: tuple[FootnoteEntry, ...]


@dataclass(frozen=True, slots=True)
class _Several:
    """The fields of the manifest's JSON for a file with a conversation."""

    format: Literal[2]
    conversation_id: str
    name: str
    answers: tuple[AnswerEntry, ...]
    footnotes: tuple[FootnoteEntry, ...]


def _json_form(manifest: Manifest) -> _One | _Several:
    if (entry := manifest.conversation) is not None:
        return _Several(
            _SEVERAL, entry.conversation_id, entry.title_digest, manifest.answers, manifest.footnotes
        )
    [answer] = manifest.answers
    return _One(_ONE, answer.answer_id, answer.generation, answer.sentences, manifest.footnotes)


def _field_path(place: tuple[int | str, ...]) -> Iterator[int | str]:
    """Yield the path of an invalid field, without the format number that Pydantic puts before the path."""
    yield from place[1:] if place[:1] in {(_ONE,), (_SEVERAL,)} else place


@cache
def _adapter() -> TypeAdapter[_One | _Several]:
    from pydantic import Discriminator, TypeAdapter

    return TypeAdapter(Annotated[_One | _Several, Discriminator("format")])
