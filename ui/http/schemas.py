"""What a request to the HTTP interface may say. Unknown fields are refused by name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from index.documents import MAX_COLLECTION_CHARACTERS
from index.records import Filters
from rag.conversations import Judgement
from rag.questions import MAX_QUESTION_CHARACTERS
from ui.dates import ISO_DATE, is_iso_date
from ui.identifiers import CONVERSATION_ID, MAX_ID

EVENT_STREAM = "text/event-stream"
EVENT = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string", "description": "JSON"}},
    "required": ["data"],
}
"""A server-sent event, as OpenAPI describes each one of a stream."""

MAX_RESULTS = 100
MAX_FILTER_VALUES = 20_000
"""Values of one filter. The answer to a filtered question keeps them all."""

MAX_EVIDENCE = 100
MAX_NOTE_CHARACTERS = 2000
MAX_NAME_CHARACTERS = 200


STORABLE = r"^[^\x00]*$"
"""What the catalog can keep: no NUL character. Half a surrogate pair is no character to Pydantic either."""

Number = Annotated[int, Field(ge=1, le=MAX_ID)]
"""The id of a document, the number of a version or of a page."""

Offset = Annotated[int, Field(ge=0, le=MAX_ID)]
"""A place in a document's text, in code points."""


def _asked(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


Text = Annotated[str, Field(pattern=STORABLE)]
"""Words that UTF-8 and the catalog can hold. Every string of a request is one, or has a pattern."""

Words = Annotated[Text, Field(max_length=MAX_QUESTION_CHARACTERS), AfterValidator(_asked)]
"""A question or a query: not blank, and not longer than the engine reads."""

FilterValues = Annotated[list[Text], Field(max_length=MAX_FILTER_VALUES)]


def _of_the_calendar(value: str) -> str:
    if not is_iso_date(value):
        raise ValueError("there is no such date; write 2031-07-18, 2031-07 or 2031")
    return value


IsoDate = Annotated[
    str,
    AfterValidator(_of_the_calendar),
    Field(json_schema_extra={"pattern": ISO_DATE}, examples=["2025-07-18", "2025-07", "2025"]),
]


class RequestModel(BaseModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FilterFields(RequestModel):
    """Which reports to read; an empty list does not narrow."""

    document_ids: Annotated[list[Number], Field(max_length=MAX_FILTER_VALUES)] = []
    publishers: FilterValues = []
    languages: FilterValues = Field(default=[], description="ISO 639-1 codes")
    collections: FilterValues = Field(default=[], description="as a report's `collection` says them")
    kinds: FilterValues = Field(default=[], description="as a report's `kind` says them: `pdf`, `docx`, …")


class FilteredRequest(RequestModel):
    """What is asked of some reports or of all."""

    filters: FilterFields = FilterFields()
    published_before: IsoDate | None = Field(default=None, description="exclusive")
    published_after: IsoDate | None = Field(default=None, description="exclusive")

    def in_index(self) -> Filters:
        """The filters in the index's terms."""
        return Filters(
            document_ids=tuple(self.filters.document_ids),
            publishers=tuple(self.filters.publishers),
            languages=tuple(self.filters.languages),
            collections=tuple(self.filters.collections),
            kinds=tuple(self.filters.kinds),
            published_before=self.published_before,
            published_after=self.published_after,
        )


class SearchRequest(FilteredRequest):
    """A search for passages."""

    query: Words
    limit: int = Field(default=10, ge=1, le=MAX_RESULTS)


MAX_TURNS = 1_000
MAX_TURN_CHARACTERS = 100_000

ConversationId = Annotated[str, Field(pattern=CONVERSATION_ID)]
AnswerId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class Turn(RequestModel):
    """An earlier turn of a conversation."""

    role: Literal["user", "assistant"]
    content: Annotated[Text, Field(max_length=MAX_TURN_CHARACTERS)]


class ChatRequest(FilteredRequest):
    """A question to the library, which may follow others."""

    question: Words
    conversation_id: ConversationId | None = Field(
        default=None, description="of an earlier answer; where none was kept under it, `history` counts"
    )
    history: Annotated[list[Turn], Field(max_length=MAX_TURNS)] = Field(
        default=[], description="what was said before, the oldest first; its last turns are read"
    )
    replaces: AnswerId | None = Field(
        default=None,
        description="an earlier answer of the conversation, in whose place the new one comes: it and those "
        "after it are taken out of the conversation, and stay under their own ids",
    )
    stream: bool = Field(
        default=False, description="answer with server-sent events, as does `Accept: text/event-stream`"
    )


MAX_SAID_CHARACTERS = 500

Said = Annotated[Text, Field(max_length=MAX_SAID_CHARACTERS)]


class EditRequest(RequestModel):
    """What a person says of a document; an empty string takes back what was said before."""

    title: Said | None = None
    publisher: Said | None = None
    author: Said | None = None
    published: Said | None = Field(default=None, examples=["2025-07-18", "July 2025", "2025"])
    language: Said | None = Field(default=None, description="an ISO 639-1 code")
    collection: Annotated[Text, Field(max_length=MAX_COLLECTION_CHARACTERS)] | None = None


class NameRequest(RequestModel):
    """What something shall be called."""

    name: Annotated[Text, Field(max_length=MAX_NAME_CHARACTERS)]


class EvidenceFields(RequestModel):
    """A stretch of a document that answers a question, in code points; a citation has these fields too."""

    document_id: Number
    version: Number
    start: Offset
    end: Offset


class FeedbackRequest(RequestModel):
    """What a person says of the answer to a question."""

    question: Words
    verdict: Judgement = Field(
        description="`right`; `wrong`, where evidence says what is right; or `unanswerable` from the library"
    )
    evidence: Annotated[list[EvidenceFields], Field(max_length=MAX_EVIDENCE)] = []
    note: Annotated[Text, Field(max_length=MAX_NOTE_CHARACTERS)] | None = None
    answer_id: AnswerId | None = Field(
        default=None,
        description="of the answer that is judged; where it is right, its citations are evidence",
    )
