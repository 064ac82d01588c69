"""The value types of an answer, and their JSON form, which is the product's contract.

``Answer.text`` is made of sentences; each carries the ids of its citations, and each citation is a
span of a document: ``quote == document.text[start:end]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from index.records import Filters
from index.text import Box

if TYPE_CHECKING:
    from index.library import Snapshot


Verdict = Literal["supported", "partial", "unsupported"]
"""How a sentence of an answer stands to the words that it cites."""

Cause = Literal["empty_library", "language", "not_in_library", "not_answered"]
"""Why there is no answer.

``empty_library``: nothing is indexed (or nothing passes the filters). ``language``: the question is in
a language that the encoder does not carry over to the documents. ``not_in_library``: no passage speaks
of the question's subject. ``not_answered``: passages speak of it, and none answers.
"""


Fallback = Literal["timeout", "error", "paused", "busy", "declined", "unusable", "nothing_supported"]
"""Why a language model was asked to write the answer, and did not.

``timeout``: it took too long. ``error``: it could not be reached, refused, or broke off. ``paused``: it
failed several times in a row, and is left alone for a while. ``busy``: others came before. ``declined``: it
says that there is no answer, and the library has one for certain. ``unusable``: it cited no sentence.
``nothing_supported``: the cited sentences carry nothing of what it wrote.
"""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked of a sentence of an answer against the words that it cites, all of them together.

    Attributes:
        verdict: the outcome.
        quote_matches: the quote was read again from the stored text and is the same.
        figures_match: every figure, date and amount of the answer's sentence is in the quotes.
        score: how far the quotes carry the sentence's content, 0 to 1.
        reason: why the verdict is not ``supported``, in words; else None.
        checks: the score, 0 to 1, of each part of the verification that applies, by its name.
    """

    verdict: Verdict
    quote_matches: bool
    figures_match: bool
    score: float
    reason: str | None = None
    checks: Mapping[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Copy:
    """Another document that has the words of a citation, a near-duplicate of the one that is cited.

    Attributes:
        document_id: the document's number in the catalog.
        version: its version.
        title: its title.
        publisher: who issued it, or None.
        published: its ISO date, possibly shortened, or None.
        start: where the same words begin in its text.
        end: where they end: ``quote == document.text[start:end]`` holds of each copy.
    """

    document_id: int
    version: int
    title: str
    publisher: str | None
    published: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Citation:
    """A footnote: the span of a document that a sentence of the answer rests on.

    Attributes:
        id: the footnote's number, from 1. The same words have the same number throughout a conversation: two
            sentences that cite them have a citation each, with one number.
        answer_start: where the sentence begins in ``Answer.text``.
        answer_end: where it ends.
        document_id: the document's number in the catalog.
        version: the document's version that was read.
        title: the document's title.
        publisher: who issued it, or None.
        author: who wrote it, or None.
        published: its ISO date, possibly shortened, or None: also where only its file's time is known.
        path: its path in the library.
        page: the page, from 1, or None for formats without pages.
        start: where the quote begins in the document's text.
        end: where it ends.
        quote: ``document.text[start:end]``.
        boxes: the quote's places on the pages; empty where the format has none.
        headings: where the quote is a table's row, the words of the table's caption and headings, exactly;
            else None.
        recognised: whether its words, or some of them, were recognised in the picture of a page, perhaps
            wrongly.
        also_in: near-duplicates of the document that have the quote word by word, the earliest published
            first, twenty at most; they are no sources of their own. Of all of them with the cited one, that
            one was published first.
        superseded_by: the version of the document that had replaced this one when the answer was made, or
            None.
        verification: what was checked.
    """

    id: int
    answer_start: int
    answer_end: int
    document_id: int
    version: int
    title: str
    publisher: str | None
    author: str | None
    published: str | None
    path: str
    page: int | None
    start: int
    end: int
    quote: str
    boxes: tuple[Box, ...]
    verification: Verification
    headings: str | None = None
    also_in: tuple[Copy, ...] = ()
    recognised: bool = False
    superseded_by: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """A sentence of the answer.

    Attributes:
        start: where it begins in ``Answer.text``.
        end: where it ends.
        citations: the numbers of its footnotes.
        verdict: whether they carry it; what is ``unsupported`` is shown struck out.
        reason: why they do not, or only in part; else None.
    """

    start: int
    end: int
    citations: tuple[int, ...]
    verdict: Verdict = "supported"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that a language model wrote and that is not shown, since nothing that it cites carries it.

    Attributes:
        text: the sentence.
        reason: what is wrong with it, in words.
    """

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class StatedFigure:
    """What one source says of something that sources disagree about.

    Attributes:
        value: the figure, as it is written there.
        citation: the number of the footnote that has it.
        document_id: the document's number in the catalog.
        version: its version.
        title: its title.
        publisher: who issued it, or None.
        published: its ISO date, possibly shortened, or None.
        superseded: whether a newer version of the document has replaced it.
    """

    value: str
    citation: int
    document_id: int
    version: int
    title: str
    publisher: str | None
    published: str | None
    superseded: bool


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Different figures for the same thing in the sentences that an answer cites.

    Attributes:
        about: what the figures count or measure, in the words of the newest source.
        figures: what each source says, the newest first; undated ones last.
    """

    about: str
    figures: tuple[StatedFigure, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that was read for an answer.

    Attributes:
        document_id: the document's number in the catalog.
        version: the version that was read.
        title: the document's title.
        publisher: who issued it, or None.
        author: who wrote it, or None.
        published: its ISO date, or None, as in a citation.
        path: its path in the library.
        page: the page on which it begins, or None.
        start: where it begins in the document's text.
        end: where it ends.
        text: ``document.text[start:end]``.
        score: the retriever's fused score, 0 to 1.
        shortfall: where the answer abstains, why this passage does not answer; else None.
        recognised: whether its words were recognised in the picture of a page, as in a citation.
    """

    document_id: int
    version: int
    title: str
    publisher: str | None
    author: str | None
    published: str | None
    path: str
    page: int | None
    start: int
    end: int
    text: str
    score: float
    shortfall: str | None = None
    recognised: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A footnoted answer, or an abstention with its reasons.

    Attributes:
        answer_id: a UUID, as 32 hexadecimal digits.
        conversation_id: the conversation that it belongs to, or None.
        question: the question as it was asked.
        standalone: for a follow-up, the question that was searched for in its place, which says by itself
            what it is about; None where the question was searched for as it was asked.
        text: the sentences of the answer, in order, one document's together, a line each document;
            for an abstention, the reason in words.
        abstained: whether there is no answer.
        reason: for an abstention, why, in words; else None.
        cause: the same for programs; else None.
        note: something the reader should know of an answer: that it is in another language than the
            question, or which words of the question it does not mention; else None.
        sentences: the sentences of ``text``; empty for an abstention.
        citations: the footnotes, by number; empty for an abstention.
        passages: the passages that were read, best first; for an abstention, near-duplicates show a passage
            that they share once.
        answerability: the calibrated probability, 0 to 1, that the library answers the question; None
            where nothing was read.
        disagreements: what the cited sentences give different figures for.
        dropped: what a language model wrote and is not shown.
        model: who wrote the answer: ``quoted``, or the name of a language model.
        fallback: why a language model was asked, and the answer is quoted (or there is none); else None.
        searched: what it was looked for in; None in answers that are older than this field.
        prompt_digest: sha256 of what the language model was sent, in hexadecimal; None where none was asked.
        generation: the index's generation that was read.
        created: when it was made, ISO 8601 in UTC.
        timings: milliseconds by stage: ``search``, ``select`` (measuring and ranking sentences), ``read``
            (the reader), ``write`` (the language model), ``verify``, ``answer``. Where a language model was
            asked, also ``prompt_tokens``, ``completion_tokens`` and, in the currency of its prices, where
            they are set, ``cost``.
    """

    answer_id: str
    question: str
    text: str
    abstained: bool
    reason: str | None
    cause: Cause | None
    note: str | None
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    answerability: float | None
    model: str
    generation: int
    created: str
    conversation_id: str | None = None
    standalone: str | None = None
    disagreements: tuple[Disagreement, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    fallback: Fallback | None = None
    prompt_digest: str | None = None
    searched: Searched | None = None
    timings: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The answer as plain lists, dicts and scalars, ready for JSON."""
        return asdict(self)

    def cited_by(self, sentence: AnswerSentence) -> tuple[Citation, ...]:
        """The citations of one of its sentences, in the order of its footnotes."""
        own = {cited.id: cited for cited in self.citations if cited.answer_start == sentence.start}
        return tuple(own[number] for number in sentence.citations)


NAMED = 3
"""Of documents that are chosen one by one, as many are named."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What was searched for an answer.

    Attributes:
        documents: how many documents could have been found.
        filters: what narrowed them.
        titles: the titles of the first of the documents that the filters name by their numbers, three at
            most; those that are not in the library are passed over.
    """

    documents: int
    filters: Filters
    titles: tuple[str, ...] = ()


def searched(index: Snapshot, filters: Filters) -> Searched:
    """What a search with ``filters`` searches."""
    records = {record.document_id: record for record in index.records(filters.document_ids)}
    known = [records[number].title for number in filters.document_ids if number in records]
    return Searched(index.count_documents(filters), filters, tuple(known[:NAMED]))


@dataclass(frozen=True, slots=True)
class QuestionRewritten:
    """First event of a follow-up's answer: the question that is searched for in its place."""

    standalone: str


@dataclass(frozen=True, slots=True)
class PassagesFound:
    """First event of any other streamed answer: what was read."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer's text; the pieces joined are ``Answer.text``.

    Attributes:
        text: the piece: a sentence, with the space or line break before it.
        verdict: the sentence's.
    """

    text: str
    verdict: Verdict = "supported"


@dataclass(frozen=True, slots=True)
class CitationMade:
    """A footnote of the sentence whose text has just been streamed."""

    citation: Citation


@dataclass(frozen=True, slots=True)
class AnswerDone:
    """Last event: the whole answer, equal to what is returned without streaming."""

    answer: Answer


Event = QuestionRewritten | PassagesFound | Token | CitationMade | AnswerDone
"""What ``QueryEngine.stream`` yields, in this order: for a follow-up the question as it was rewritten,
passages, then tokens and citations, then the answer."""
