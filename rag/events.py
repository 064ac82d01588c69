"""What a streamed answer is made of, as it is made."""

from __future__ import annotations

from dataclasses import dataclass

from rag.answers import Answer, Citation, Passage, Verdict


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
