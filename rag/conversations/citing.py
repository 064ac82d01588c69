"""Where a document is cited: the kept answers that quote it, and the words that they quote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answers import Answer
from rag.conversations.answers import answers_citing

if TYPE_CHECKING:
    from index.catalog import Catalog
    from index.library import Library


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a document: where they stand in the text of its version, and what they are."""

    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class CitingAnswer:
    """An answer that cites a document.

    Attributes:
        answer_id: the answer's id.
        conversation_id: its conversation's, or None.
        question: what was asked.
        created: when it was answered, ISO 8601 in UTC.
        version: the document's version that is cited.
        quotes: what is quoted of it, each once, in the order of the document.
    """

    answer_id: str
    conversation_id: str | None
    question: str
    created: str
    version: int
    quotes: tuple[Quote, ...]


def list_citing(library: Library | Catalog, document_id: int, limit: int) -> list[CitingAnswer]:
    """The answers that cite a document, the newest first; those that were replaced are left out.

    Args:
        library: keeps the answers.
        document_id: the document's number, which it may have no more.
        limit: how many at most.
    """
    found = answers_citing(library, document_id, limit)
    return [_citing(answer, document_id, version) for version, answer in found]


def _citing(answer: Answer, document_id: int, version: int) -> CitingAnswer:
    quotes = {
        Quote(cited.start, cited.end, cited.quote)
        for cited in answer.citations
        if (cited.document_id, cited.version) == (document_id, version)
    }
    return CitingAnswer(
        answer.answer_id,
        answer.conversation_id,
        answer.question,
        answer.created,
        version,
        tuple(sorted(quotes, key=lambda quote: (quote.start, quote.end))),
    )
