"""The events of an answer, in the order in which a client receives them."""

from __future__ import annotations

from dataclasses import dataclass

from rag.answers import Answer, Citation, Passage
from rag.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class QuestionCorrected:
    """Streamed first if the spelling of the question was corrected: the corrected question."""

    searched_for: str


@dataclass(frozen=True, slots=True)
class QuestionRewritten:
    """Streamed for a follow-up, before its passages: the question that is searched for instead."""

    standalone: str


@dataclass(frozen=True, slots=True)
class ReadingBegun:
    """Streamed when the reader begins to read, which takes most of the time before the text.

    For a follow-up, the reader may read twice: for the question alone, and for the question joined to the
    earlier one.

    Attributes:
        sentences: the number of sentences that the reader reads.
    """

    sentences: int


@dataclass(frozen=True, slots=True)
class PassagesFound:
    """Streamed for every question, before the text: the passages that were read. A greeting has none."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer's text; the pieces joined are ``Answer.text``.

    Attributes:
        text: one sentence, with the space or line break before it.
        verdict: the verdict of that sentence; None for a text that gives the reason for an abstention.
    """

    text: str
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class CitationMade:
    """A footnote of the sentence that has just been streamed."""

    citation: Citation


@dataclass(frozen=True, slots=True)
class AnswerDone:
    """The last event: the whole answer, as it would be returned without streaming."""

    answer: Answer


StreamedEvent = QuestionCorrected | QuestionRewritten | PassagesFound | Token | CitationMade | AnswerDone
"""An event with a part of the answer, or with the question or passages behind the answer."""

Event = StreamedEvent | ReadingBegun
"""An event of ``QueryEngine.stream``. The order is: the corrected question (if there is one), the beginning
of the reading (with a reader), the passages, the tokens and citations, and the answer. For a follow-up, the
rewritten question comes before the reading if a model wrote it. Without a model, the reading may begin twice,
and the rewritten question comes after both readings."""
