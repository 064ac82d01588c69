"""What an exported answer carries for programs: where each quote stands, and which sentence cites it.

It is JSON in ASCII without a word of a document or a person in it, so that it can lie in a comment.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge, Le

from rag.rechecking import Place
from ui.faults import UsedWronglyError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = 1
"""Raised when an older program could not read what a newer one writes."""


class NotExportedError(UsedWronglyError):
    """A file is no exported answer."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"{cause}; give a file that `footnoted export` wrote")


@dataclass(frozen=True, slots=True)
class Entry:
    """A footnote: its number and, as in :class:`~rag.rechecking.Place`, where its words stand."""

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
class Manifest:
    """An exported answer, as programs read it.

    Attributes:
        format: ``FORMAT``.
        answer_id: the answer's id.
        generation: of the library, when it was made.
        sentences: the numbers of each sentence's footnotes.
        footnotes: the footnotes.
    """

    format: Annotated[int, Ge(FORMAT), Le(FORMAT)]
    answer_id: str
    generation: int
    sentences: tuple[tuple[int, ...], ...]
    footnotes: tuple[Entry, ...]

    def to_json(self) -> str:
        """The JSON text, on one line."""
        return json.dumps(asdict(self), separators=(",", ":"))


def read_manifest(text: str) -> Manifest:
    """The manifest of a JSON text.

    Raises:
        NotExportedError: if it is none, or of a newer program.
    """
    from pydantic import ValidationError

    try:
        return _adapter().validate_json(text, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, found["loc"])) or "the whole"
        raise NotExportedError(
            f"what it says for programs cannot be read ({place}: {found['msg']})"
        ) from error


@cache
def _adapter() -> TypeAdapter[Manifest]:
    from pydantic import TypeAdapter

    return TypeAdapter(Manifest)
