"""Stores answers in the catalog, byte for byte, with their evidence: reading one needs no documents."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import DatabaseError

from index.catalog import Catalog
from index.errors import UnreachableError
from index.records import NO_FILTERS
from rag.answers import Answer
from rag.conversations.store import AnswerStore, SearchFields, StoredText
from rag.errors import ANSWER_ID, AnswerFormError, AnswerNotFoundError, DamagedAnswerError, NotKeptError

_CAUSES = 3  # the number of faults that the error for an invalid answer names
# A stored answer of a conversation, or the error of one whose text is damaged: the others stay readable.
Kept = Answer | DamagedAnswerError


def answer_json(answer: Answer) -> str:
    """The text is exactly what HTTP responses contain."""
    return json.dumps(answer.as_dict(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def keep(catalog: Catalog, answer: Answer, replaces: str | None = None) -> None:
    """Store an answer; that with the id ``replaces`` and all later ones leave the conversation.

    Raises NotKeptError if the catalog cannot be written, or already has an answer with this id.
    """
    body = answer_json(answer)
    filters = answer.searched.filters if answer.searched else NO_FILTERS
    names = {"collection": filters.collections, "publisher": filters.publishers}
    fields = SearchFields(
        answer.question,
        f"{answer.question}\n{answer.text}",
        frozenset((cited.document_id, cited.version) for cited in answer.citations),
        answer.documents,
        frozenset((kind, name) for kind, given in names.items() for name in given),
    )
    try:
        AnswerStore(catalog).put(
            answer.answer_id, answer.conversation_id, answer.created, body, fields, replaces=replaces
        )
    except UnreachableError as error:
        raise NotKeptError(f"the answer could not be kept: {error.outward()}") from error
    except DatabaseError as error:
        raise NotKeptError(
            f"the answer could not be kept ({error.orig}); check the permissions of the library's folder and "
            "the space on its disk"
        ) from error


def stored_answer(catalog: Catalog, answer_id: str) -> Answer:
    """Unlike :func:`load`, trusts the stored text. Raises AnswerNotFoundError or DamagedAnswerError."""
    return _sound(_stored(catalog, answer_id))


def stored_answer_json(catalog: Catalog, answer_id: str) -> str:
    """Byte for byte as it was stored. Raises AnswerNotFoundError or DamagedAnswerError."""
    return _sound_text(_stored(catalog, answer_id))


def conversation(catalog: Catalog, conversation_id: str, limit: int | None = None) -> list[Kept]:
    """The last ``limit`` answers, the oldest first."""
    return list(map(_kept, AnswerStore(catalog).conversation(conversation_id, limit)))


def sound_conversation(catalog: Catalog, conversation_id: str) -> list[Answer]:
    """The oldest first. Raises DamagedAnswerError if the stored text of one is damaged."""
    return list(map(_sound, AnswerStore(catalog).conversation(conversation_id)))


def answers_before(
    catalog: Catalog, answer_id: str, limit: int | None = None, *, own: bool = False
) -> tuple[str | None, list[Kept]]:
    """Return an answer's conversation (an id, or None) and the last ``limit`` answers before it.

    The answer may be a replaced one; with ``own``, it must be the viewer's. Raises AnswerNotFoundError.
    """
    conversation_id, texts = AnswerStore(catalog).before(answer_id, limit, own=own)
    return conversation_id, list(map(_kept, texts))


def answers_until(catalog: Catalog, answer_id: str) -> tuple[list[Kept], Answer]:
    """The oldest first, and last the answer itself. Raises as :func:`stored_answer`."""
    last = stored_answer(catalog, answer_id)
    return answers_before(catalog, answer_id)[1], last


def load(body: str | bytes) -> Answer:
    """Parse the inverse of :meth:`Answer.as_dict`, and correct nothing. Raises AnswerFormError."""
    answer = _read(body)
    try:
        given, read = json.loads(body), json.loads(answer_json(answer))
    except (ValueError, RecursionError) as error:
        raise AnswerFormError(f"not an answer in its JSON form: {error}") from error
    if difference := _differs(given, read, ()):
        raise AnswerFormError(f"not an answer in its JSON form: {difference}")
    return answer


def _stored(catalog: Catalog, answer_id: str) -> StoredText:
    if ANSWER_ID.fullmatch(answer_id) is None:
        raise AnswerNotFoundError(answer_id)
    return answer_id, AnswerStore(catalog).get(answer_id)


def _kept(stored: StoredText) -> Kept:
    answer_id, body = stored
    try:
        answer = _read(body)
        for sentence in answer.sentences:
            answer.cited_by(sentence)
    except AnswerFormError as error:
        return DamagedAnswerError(answer_id, str(error))
    except KeyError as error:
        return DamagedAnswerError(answer_id, f"a sentence names the footnote {error}, which it does not have")
    return answer


def _sound(stored: StoredText) -> Answer:
    kept = _kept(stored)
    if isinstance(kept, DamagedAnswerError):
        raise kept
    return kept


def _sound_text(stored: StoredText) -> str:
    _sound(stored)
    return stored[1]


def _read(body: str | bytes) -> Answer:
    """Unknown fields are ignored."""
    try:
        return _adapter().validate_json(body, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        causes = "; ".join(f"{_dotted(item['loc'])}: {item['msg']}" for item in found[:_CAUSES])
        raise AnswerFormError(f"not an answer in its JSON form: {causes}") from error


@cache
def _adapter() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)


def _differs(given: Any, read: Any, key_path: tuple[str | int, ...]) -> str | None:  # noqa: ANN401 (JSON)
    if isinstance(given, dict) and isinstance(read, dict):
        for name, value in given.items():
            if name not in read:
                return f"{_dotted((*key_path, name))}: unknown"
            if found := _differs(value, read[name], (*key_path, name)):
                return found
        return None
    if isinstance(given, list) and isinstance(read, list) and len(given) == len(read):
        for number, (one, other) in enumerate(zip(given, read, strict=True)):
            if found := _differs(one, other, (*key_path, number)):
                return found
        return None
    return None if given == read else f"{_dotted(key_path)}: read as {read!r}"


def _dotted(key_path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, key_path)) or "the whole"


def conversation_json(catalog: Catalog, conversation_id: str) -> str:
    """The answers are byte for byte as stored. Raises ConversationNotFoundError or DamagedAnswerError."""
    store = AnswerStore(catalog)
    fields = asdict(store.find_conversation(conversation_id))
    del fields["answers"]
    known = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    answers = ",".join(map(_sound_text, store.conversation(conversation_id)))
    return f'{known[:-1]},"answers":[{answers}]}}'


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote, with its span in the text of a document's version."""

    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class CitingAnswer:
    """An answer that cites a document.

    Attributes:
        answer_id: the answer's id.
        conversation_id: the id of its conversation, or None.
        question: the question as asked.
        created: when it was answered, ISO 8601 in UTC.
        version: the cited version of the document.
        quotes: the quotes from the document, each once, in the order of its text.
    """

    answer_id: str
    conversation_id: str | None
    question: str
    created: str
    version: int
    quotes: tuple[Quote, ...]


def page_of_citing(
    catalog: Catalog, document_id: int, limit: int, before: tuple[int, ...] | None = None
) -> tuple[list[CitingAnswer], tuple[int, int] | None]:
    """Return the newest answers first, and ``before`` for the next page; None after the last page.

    Replaced and damaged answers are left out; one that cites two versions appears twice.
    """
    found = AnswerStore(catalog).citing(document_id, limit + 1, before)
    answers = [
        _citing(answer, document_id, version)
        for _, version, stored in found[:limit]
        if isinstance(answer := _kept(stored), Answer)
    ]
    return answers, found[limit - 1][:2] if len(found) > limit else None


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
