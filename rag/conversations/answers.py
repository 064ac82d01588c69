"""Answers are kept in the catalog as they were given: the same bytes, whatever the library becomes.

An answer carries its evidence (the words of every passage and quote), so that what is kept is read without
the documents. The JSON text is made once, when the answer is kept, and never again.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DatabaseError

from index.catalog import Catalog
from rag.answers import Answer
from rag.conversations.store import FoundBy, Kept
from rag.errors import AnswerFormError, AnswerNotFoundError, KeptNotFoundError, NotKeptError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from index.library import Library
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rag.conversations.superseded import Series, delete_series, find_series, list_series, name_series
from rag.errors import ConversationNotFoundError, SeriesNotFoundError
from rag.wording import visible

if TYPE_CHECKING:
    from index.library import Library
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.catalog import Catalog
    from index.library import Library


_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)

_CAUSES = 3
"""How many of the faults of a text that is no answer are named."""


_NO_ID = "an answer_id is 32 hexadecimal digits in lower case"


def is_answer_id(text: str) -> bool:
    """Whether ``text`` has the form of an answer's id."""
    return _ID.fullmatch(text) is not None


def written(answer: Answer) -> str:
    """The JSON text of an answer, just as it is sent over HTTP."""
    return json.dumps(answer.as_dict(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def keep(library: Library | Catalog, answer: Answer, replaces: str | None = None) -> None:
    """Keep an answer, with its conversation if it has one.

    Args:
        library: keeps it.
        answer: the answer.
        replaces: the id of an answer of the same conversation, which is taken out of it in the same moment,
            with all that followed it; they stay under their ids.

    Raises:
        NotKeptError: if the catalog cannot be written, or keeps an answer of this id already.
    """
    body = written(answer)
    found_by = FoundBy(
        answer.question,
        f"{answer.question}\n{answer.text}",
        frozenset((cited.document_id, cited.version) for cited in answer.citations),
    )
    try:
        _kept(library).put(
            answer.answer_id, answer.conversation_id, answer.created, body, found_by, replaces=replaces
        )
    except DatabaseError as error:
        raise NotKeptError(
            f"the answer could not be kept ({error.orig}); check the permissions of the library's folder and "
            "the space on its disk"
        ) from error


def kept_answer(library: Library | Catalog, answer_id: str) -> str:
    """The JSON text of an answer, byte for byte as it was kept.

    Raises:
        AnswerNotFoundError: if there is none.
    """
    if not is_answer_id(answer_id):
        raise AnswerNotFoundError(answer_id, _NO_ID)
    try:
        return _kept(library).get(answer_id)
    except KeptNotFoundError as error:
        raise AnswerNotFoundError(answer_id) from error


def forget(library: Library | Catalog, answer_id: str) -> None:
    """Delete an answer.

    Raises:
        AnswerNotFoundError: if there is none.
    """
    if not is_answer_id(answer_id):
        raise AnswerNotFoundError(answer_id, _NO_ID)
    try:
        _kept(library).delete(answer_id)
    except KeptNotFoundError as error:
        raise AnswerNotFoundError(answer_id) from error


def conversation(library: Library | Catalog, conversation_id: str, limit: int | None = None) -> list[Answer]:
    """The last answers of a conversation, at most ``limit``, in the order in which they were given.

    The library wrote them itself, and every question of the conversation reads them: unlike by :func:`load`,
    they are not compared with what they are read as.
    """
    return [_read(body) for body in _kept(library).series(conversation_id, limit)]


def conversation_texts(library: Library | Catalog, conversation_id: str) -> list[str]:
    """The JSON texts of a conversation's answers, byte for byte, in the order in which they were given."""
    return _kept(library).series(conversation_id)


def answers_before(
    library: Library | Catalog, answer_id: str, limit: int | None = None
) -> tuple[str | None, list[Answer]]:
    """What was answered in a conversation before an answer of it, also where that was taken out of it.

    Returns:
        The conversation's id, or None for an answer by itself; the answers, the last of them, at most
        ``limit``, in the order in which they were given.

    Raises:
        AnswerNotFoundError: if there is no such answer.
    """
    try:
        conversation_id, bodies = _kept(library).before(answer_id, limit)
    except KeptNotFoundError as error:
        raise AnswerNotFoundError(answer_id) from error
    return conversation_id, list(map(_read, bodies))


def answers_until(library: Library | Catalog, answer_id: str) -> list[Answer]:
    """What was answered in a conversation up to an answer of it, which comes last.

    Raises:
        AnswerNotFoundError: if there is no such answer.
    """
    last = _read(kept_answer(library, answer_id))
    return [*answers_before(library, answer_id)[1], last]


def answers_citing(library: Library | Catalog, document_id: int, limit: int) -> list[tuple[int, Answer]]:
    """The answers that cite a document and were not taken out of their conversation.

    Returns:
        The version that is cited and the answer, the newest first, at most ``limit``. An answer that cites
        two versions comes twice.
    """
    return [(version, _read(body)) for version, body in _kept(library).referring(document_id, limit)]


def load(body: str | bytes) -> Answer:
    """The answer of a JSON text: the inverse of :meth:`Answer.as_dict`.

    Nothing is put right: what is unknown, of another type or missing is refused. Only a field that has a
    default may be missing, since an older program that did not know it wrote answers without.

    Raises:
        AnswerFormError: if the text is no answer.
    """
    answer = _read(body)
    try:
        given, read = json.loads(body), json.loads(written(answer))
    except (ValueError, RecursionError) as error:
        raise AnswerFormError(f"not an answer in its JSON form: {error}") from error
    if difference := _differs(given, read, ()):
        raise AnswerFormError(f"not an answer in its JSON form: {difference}")
    return answer


def _read(body: str | bytes) -> Answer:
    """The answer of a JSON text, in which what is unknown is passed over; raises AnswerFormError."""
    from pydantic import ValidationError

    try:
        return _adapter().validate_json(body, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        causes = "; ".join(f"{_place(item['loc'])}: {item['msg']}" for item in found[:_CAUSES])
        raise AnswerFormError(f"not an answer in its JSON form: {causes}") from error


def _kept(library: Library | Catalog) -> Kept:
    """What a library keeps, open as a whole or only its catalog, for which no encoder is loaded."""
    return Kept((library if isinstance(library, Catalog) else library.catalog).engine)


@cache
def _adapter() -> TypeAdapter[Answer]:
    from pydantic import TypeAdapter

    return TypeAdapter(Answer)


def _differs(given: Any, read: Any, place: tuple[str | int, ...]) -> str | None:  # noqa: ANN401 (JSON)
    """Where ``given`` has something that ``read`` has not, in words; None where that is nowhere."""
    if isinstance(given, dict) and isinstance(read, dict):
        for name, value in given.items():
            if name not in read:
                return f"{_place((*place, name))}: unknown"
            if found := _differs(value, read[name], (*place, name)):
                return found
        return None
    if isinstance(given, list) and isinstance(read, list) and len(given) == len(read):
        for number, (one, other) in enumerate(zip(given, read, strict=True)):
            if found := _differs(one, other, (*place, number)):
                return found
        return None
    return None if given == read else f"{_place(place)}: read as {read!r}"


def _place(place: tuple[str | int, ...]) -> str:
    return ".".join(map(str, place)) or "the whole"


LISTED = 200
"""How many conversations are listed where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class KeptConversation:
    """What is known of a conversation.

    Attributes:
        conversation_id: what its answers name it by.
        name: the name that it was given, else its first question.
        named: whether it was given one.
        created: when its first answer was made, ISO 8601 in UTC.
        updated: when its last answer was made.
        answers: how many it has; those that were replaced are not among them.
    """

    conversation_id: str
    name: str
    named: bool
    created: str
    updated: str
    answers: int


def list_conversations(
    library: Library | Catalog, query: str = "", limit: int = LISTED
) -> list[KeptConversation]:
    """The conversations, the one that was answered in last first.

    Args:
        library: keeps them.
        query: words, or parts of them, each of which must stand in the name, a question or an answer of a
            conversation, in whatever case and with whatever accents; none for all conversations.
        limit: how many at most.
    """
    return list(map(_of_series, list_series(_catalog(library).engine, query, limit)))


def find_conversation(library: Library | Catalog, conversation_id: str) -> KeptConversation:
    """A conversation; raises ConversationNotFoundError."""
    try:
        return _of_series(find_series(_catalog(library).engine, conversation_id))
    except SeriesNotFoundError as error:
        raise ConversationNotFoundError(conversation_id) from error


def written_conversation(library: Library | Catalog, conversation_id: str) -> str:
    """The JSON text of a conversation: what is known of it, and its answers as they were given.

    Raises:
        ConversationNotFoundError: if there is no such conversation.
    """
    fields = asdict(find_conversation(library, conversation_id))
    del fields["answers"]
    known = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    answers = ",".join(conversation_texts(library, conversation_id))
    return f'{known[:-1]},"answers":[{answers}]}}'


def name_conversation(library: Library | Catalog, conversation_id: str, name: str) -> KeptConversation:
    """Give a conversation a name, which is kept as a page shows it; an empty one is its first question again.

    Raises:
        ConversationNotFoundError: if there is no such conversation.
    """
    try:
        name_series(_catalog(library).engine, conversation_id, visible(name) or None)
    except SeriesNotFoundError as error:
        raise ConversationNotFoundError(conversation_id) from error
    return find_conversation(library, conversation_id)


def forget_conversation(library: Library | Catalog, conversation_id: str) -> None:
    """Delete a conversation with all its answers, those that were replaced among them.

    Raises:
        ConversationNotFoundError: if there is no such conversation.
    """
    try:
        delete_series(_catalog(library).engine, conversation_id)
    except SeriesNotFoundError as error:
        raise ConversationNotFoundError(conversation_id) from error


def _of_series(found: Series) -> KeptConversation:
    name = found.heading if found.name is None else found.name
    return KeptConversation(found.id, name, found.name is not None, found.created, found.updated, found.texts)


def _catalog(library: Library | Catalog) -> Catalog:
    return library if isinstance(library, Catalog) else library.catalog


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
