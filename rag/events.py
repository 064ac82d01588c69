"""The events of an answer, in the order in which a client receives them."""

from __future__ import annotations

from dataclasses import dataclass

from rag.answers import Answer, Citation, Passage, Verdict


@dataclass(frozen=True, slots=True)
class QuestionCorrected:
    """This event comes first, and only if something was corrected."""

    searched_for: str


@dataclass(frozen=True, slots=True)
class QuestionRewritten:
    standalone: str


@dataclass(frozen=True, slots=True)
class SearchesPlanned:
    """What a language model wants searched, if other than the question."""

    searches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadingBegun:
    """Reading takes most of the time before the passages; it comes once for each search."""

    sentences: int


@dataclass(frozen=True, slots=True)
class PassagesFound:
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class NoteMade:
    """Before the sentences, what they lack: ``Answer.note`` begins with it."""

    note: str


@dataclass(frozen=True, slots=True)
class SentenceDrafted:
    """A sentence of a reply that is still arriving, not yet checked; tokens of the answer replace it."""

    text: str


@dataclass(frozen=True, slots=True)
class Token:
    """The texts, joined, are ``Answer.text``; the verdict is None for the reason of an abstention."""

    text: str
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class CitationMade:
    citation: Citation


@dataclass(frozen=True, slots=True)
class AnswerDone:
    """This is the last event."""

    answer: Answer


StreamedEvent = (
    QuestionCorrected
    | QuestionRewritten
    | SearchesPlanned
    | PassagesFound
    | NoteMade
    | SentenceDrafted
    | Token
    | CitationMade
    | AnswerDone
)

# The order: the corrected question (if any), ``ReadingBegun`` (with a reader), the passages, the note of what
# is missing (if any), drafts (with a judge), tokens and citations, the answer. A standalone question that a
# model wrote, and the searches that it planned, come before ``ReadingBegun``, any other standalone question
# after it; a search for what a reply lacks comes after drafts or tokens, with more of them behind it.
Event = StreamedEvent | ReadingBegun
