"""The events of an answer, in the order in which a client receives them."""

from __future__ import annotations

from dataclasses import dataclass

from rag.answers import Answer, Citation, Passage, Verdict


@dataclass(frozen=True, slots=True)
class QuestionCorrected:
    """The question with its spelling corrected. It is streamed first, and only if something was corrected."""

    searched_for: str


@dataclass(frozen=True, slots=True)
class QuestionRewritten:
    """The standalone question that is searched for instead of a follow-up; streamed before the passages."""

    standalone: str


@dataclass(frozen=True, slots=True)
class ReadingBegun:
    """The reader begins to score sentences, which takes most of the time before the passages.

    For a follow-up, it may read twice: for the question alone, and for the question joined to the earlier
    one.
    """

    sentences: int


@dataclass(frozen=True, slots=True)
class PassagesFound:
    """The nearest passages that were read, streamed for every question before the text."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A sentence, with the space or line break before it; the texts joined are ``Answer.text``.

    The verdict is None for a text that gives the reason for an abstention.
    """

    text: str
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class CitationMade:
    """A footnote of the sentence that has just been streamed."""

    citation: Citation


@dataclass(frozen=True, slots=True)
class AnswerDone:
    """The whole answer, as :meth:`QueryEngine.ask` returns it. This is the last event."""

    answer: Answer


StreamedEvent = QuestionCorrected | QuestionRewritten | PassagesFound | Token | CitationMade | AnswerDone

Event = StreamedEvent | ReadingBegun
"""An event of ``QueryEngine.stream``.

The order is: the corrected question (if there is one), ``ReadingBegun`` (with a reader), the passages, the
tokens and citations, and the answer. For a follow-up, the standalone question comes before ``ReadingBegun``
if a model wrote it. Without a model, ``ReadingBegun`` may come twice, before the standalone question.
"""
