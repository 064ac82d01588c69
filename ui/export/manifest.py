"""What an exported answer carries for programs: where each quote stands, and which sentence cites it.

It is JSON in ASCII without a word of a document or a person in it, so that it can lie in a comment.
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

# Raised when an older program could not read what a newer one writes.
_ONE: Literal[1] = 1
_SEVERAL: Literal[2] = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """A footnote: its number, and the place of its words (:class:`~rag.conversations.export_check.Place`)."""

    number: int
    document_id: int
    version: int
    digest: str | None
    start: int
    end: int

    @property
    def place(self) -> Place:
        """Where its words stand."""
        return Place(self.document_id, self.version, self.digest, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Made:
    """An answer of the file.

    Attributes:
        answer_id: the answer's id.
        generation: of the library, when it was made.
        sentences: the numbers of each sentence's footnotes.
    """

    answer_id: str
    generation: int
    sentences: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """A conversation, of which the file has the answers.

    Attributes:
        conversation_id: its id.
        name: sha256 of the name that heads the file, in hexadecimal.
    """

    conversation_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """An exported file, as programs read it.

    Attributes:
        answers: its answers; one, unless it is a conversation.
        footnotes: the footnotes.
        whole: the conversation; None for an answer by itself.
    """

    answers: tuple[Made, ...]
    footnotes: tuple[Entry, ...]
    whole: Whole | None = None

    def to_json(self) -> str:
        """The JSON text, on one line."""
        return json.dumps(asdict(_spelled(self)), separators=(",", ":"))


def digest_of(name: str) -> str:
    """What a manifest has of the name that heads a file."""
    return sha256(name.encode()).hexdigest()


def read_manifest(text: str) -> Manifest:
    """The manifest of a JSON text.

    Raises:
        NotExportedError: if it is none, or of a newer program.
    """
    from pydantic import ValidationError

    try:
        found = _adapter().validate_json(text, strict=True)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, _named(fault["loc"]))) or "the whole"
        raise NotExportedError(
            f"what it says for programs cannot be read ({place}: {fault['msg']})"
        ) from error
    if isinstance(found, _Several):
        return Manifest(found.answers, found.footnotes, Whole(found.conversation_id, found.name))
    return Manifest((Made(found.answer_id, found.generation, found.sentences),), found.footnotes)


@dataclass(frozen=True, slots=True)
class _One:
    """How an answer by itself is written."""

    format: Literal[1]
    answer_id: str
    generation: int
    sentences: tuple[tuple[int, ...], ...]
    footnotes: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class _Several:
    """How a conversation is written."""

    format: Literal[2]
    conversation_id: str
    name: str
    answers: tuple[Made, ...]
    footnotes: tuple[Entry, ...]


def _spelled(manifest: Manifest) -> _One | _Several:
    if (whole := manifest.whole) is not None:
        return _Several(_SEVERAL, whole.conversation_id, whole.name, manifest.answers, manifest.footnotes)
    [made] = manifest.answers
    return _One(_ONE, made.answer_id, made.generation, made.sentences, manifest.footnotes)


def _named(place: tuple[int | str, ...]) -> Iterator[int | str]:
    """The place of a fault less the format, which the reader of the file did not write as a field."""
    yield from place[1:] if place[:1] in {(_ONE,), (_SEVERAL,)} else place


@cache
def _adapter() -> TypeAdapter[_One | _Several]:
    from pydantic import Discriminator, TypeAdapter

    return TypeAdapter(Annotated[_One | _Several, Discriminator("format")])
