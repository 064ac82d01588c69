"""The fields of HTTP requests, with their limits. A request with an unknown field is refused."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from index.documents import MAX_COLLECTION_CHARACTERS
from index.records import Filters
from rag.conversations import Judgement
from rag.questions import MAX_QUESTION_CHARACTERS
from ui.words import CONVERSATION_ID, ISO_DATE, MAX_ID, is_iso_date

EVENT_STREAM = "text/event-stream"
EVENT = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string", "description": "JSON"}},
    "required": ["data"],
}

MAX_RESULTS = 100
# The maximum number of values of one filter. The answer to a filtered question stores all of them.
MAX_FILTER_VALUES = 20_000
MAX_EVIDENCE = 100
MAX_NOTE_CHARACTERS = 2000
MAX_NAME_CHARACTERS = 200


# Text that the catalog can store: without NUL. Pydantic itself refuses half of a surrogate pair.
STORABLE = r"^[^\x00]*$"
Number = Annotated[int, Field(ge=1, le=MAX_ID)]  # the id of a document, or the number of a version or page
Offset = Annotated[int, Field(ge=0, le=MAX_ID)]  # an offset in a document's text, in code points


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


# Text that UTF-8 and the catalog can store. Every string of a request is a ``Text`` or has a pattern.
Text = Annotated[str, Field(pattern=STORABLE)]
# A question or a query: not blank, and no longer than the engine reads.
Words = Annotated[Text, Field(max_length=MAX_QUESTION_CHARACTERS), AfterValidator(_not_blank)]
FilterValues = Annotated[list[Text], Field(max_length=MAX_FILTER_VALUES)]


def _calendar_date(value: str) -> str:
    if not is_iso_date(value):
        raise ValueError("there is no such date; write 2031-07-18, 2031-07 or 2031")
    return value


IsoDate = Annotated[
    str,
    AfterValidator(_calendar_date),
    Field(json_schema_extra={"pattern": ISO_DATE}, examples=["2025-07-18", "2025-07", "2025"]),
]


class RequestModel(BaseModel):
    """The base class of request bodies. It refuses unknown fields, and values of a wrong type."""

    model_config = ConfigDict(extra="forbid", strict=True)


def example(**fields: JsonValue) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class FilterFields(RequestModel):
    """Filters that choose the reports to search. An empty list is no filter."""

    document_ids: Annotated[list[Number], Field(max_length=MAX_FILTER_VALUES)] = []
    publishers: FilterValues = []
    languages: FilterValues = Field(default=[], description="ISO 639-1 codes")
    collections: FilterValues = Field(default=[], description="values of a report's `collection`")
    kinds: FilterValues = Field(default=[], description="values of a report's `kind`: `pdf`, `docx`, …")


class FilteredRequest(RequestModel):
    """A request that may be limited to some reports."""

    filters: FilterFields = FilterFields()
    published_before: IsoDate | None = Field(
        default=None, description="exclusive; leaves out undated reports"
    )
    published_after: IsoDate | None = Field(default=None, description="exclusive; leaves out undated reports")

    def to_filters(self) -> Filters:
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

    model_config = example(query="rust in the pin of gate 3", limit=3, filters={"kinds": ["pdf"]})

    query: Words
    limit: int = Field(default=10, ge=1, le=MAX_RESULTS)


MAX_BATCH = 64


class BatchRequest(RequestModel):
    """Several searches."""

    model_config = example(
        queries=[{"query": "rust in the pin of gate 3", "limit": 1}, {"query": "scam dens"}]
    )

    queries: Annotated[list[SearchRequest], Field(min_length=1, max_length=MAX_BATCH)]


MAX_TURNS = 1_000
MAX_TURN_CHARACTERS = 100_000

ConversationId = Annotated[str, Field(pattern=CONVERSATION_ID)]
AnswerId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]

# In a path, any id is looked up: an ill-formed one is not found (404) rather than refused (422).
ConversationIdInPath = Annotated[
    Text, Path(description="the `conversation_id` of its answers", max_length=64, examples=["0a" * 16])
]
AnswerIdInPath = Annotated[Text, Path(description="the `answer_id`, 32 hexadecimal digits", max_length=64)]


class Turn(RequestModel):
    """An earlier turn of a conversation."""

    role: Literal["user", "assistant"]
    content: Annotated[Text, Field(max_length=MAX_TURN_CHARACTERS)]


class ChatRequest(FilteredRequest):
    """A question, which may follow earlier questions."""

    model_config = example(question="Why did gate 3 of the Maravel Dam fail?", published_after="2025-06")

    question: Words
    conversation_id: ConversationId | None = Field(
        default=None,
        description="the id in an earlier answer; if the library keeps no answer of the sender with it, the "
        "new answer gets another id, and `history` is used",
    )
    history: Annotated[list[Turn], Field(max_length=MAX_TURNS)] = Field(
        default=[], description="the earlier turns, the oldest first; only the last ones are read"
    )
    replaces: AnswerId | None = Field(
        default=None,
        description="the id of an earlier answer of the conversation, which the new answer replaces. The "
        "earlier answer and those after it leave the conversation; their ids still lead to them",
    )
    exact: bool = Field(
        default=False, description="search for the question as it is written, without correcting its spelling"
    )
    stream: bool = Field(
        default=False, description="answer with server-sent events, as with `Accept: text/event-stream`"
    )


MAX_DETAIL_CHARACTERS = 500

Detail = Annotated[Text, Field(max_length=MAX_DETAIL_CHARACTERS)]


class EditRequest(RequestModel):
    """Details that override those in a document's file. An empty string removes an override."""

    model_config = example(title="Why gate 3 failed", published="2025-07", collection="Dams")

    title: Detail | None = None
    publisher: Detail | None = None
    author: Detail | None = None
    published: Detail | None = Field(default=None, examples=["2025-07-18", "July 2025", "2025"])
    language: Detail | None = Field(default=None, description="an ISO 639-1 code")
    collection: Annotated[Text, Field(max_length=MAX_COLLECTION_CHARACTERS)] | None = None


class ShareRequest(RequestModel):
    """Whether the other users may read an answer."""

    model_config = example(shared=True)

    shared: bool


class ConversationRequest(RequestModel):
    """A new name for a conversation, or whether the other users may read its answers."""

    model_config = example(name="Dams")

    name: Annotated[Text, Field(max_length=MAX_NAME_CHARACTERS)] | None = None
    shared: bool | None = None


class EvidenceFields(RequestModel):
    """The place in a document of the words that answer a question. Offsets are in code points."""

    document_id: Number
    version: Number
    start: Offset
    end: Offset


class FeedbackRequest(RequestModel):
    """A person's judgement of the answer to a question."""

    model_config = example(
        question="Why did gate 3 of the Maravel Dam fail?",
        verdict="wrong",
        evidence=[{"document_id": 1, "version": 1, "start": 0, "end": 40}],
        note="The report itself says why.",
    )

    question: Words
    verdict: Judgement = Field(
        description="`right`; `wrong`, with the right passages as evidence; or `unanswerable`, if no report "
        "has an answer"
    )
    evidence: Annotated[list[EvidenceFields], Field(max_length=MAX_EVIDENCE)] = []
    note: Annotated[Text, Field(max_length=MAX_NOTE_CHARACTERS)] | None = None
    answer_id: AnswerId | None = Field(
        default=None,
        description="the id of the judged answer. If the verdict is `right` and there is no `evidence`, the "
        "answer's citations become the evidence",
    )
