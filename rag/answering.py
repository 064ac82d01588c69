"""Questions → footnoted answers: the door of this package."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from index.records import Filters
from index.store import NO_FILTERS, Index
from rag.abstention import Abstention, judge, shortfall
from rag.answers import (
    Answer,
    AnswerDone,
    AnswerSentence,
    Citation,
    CitationMade,
    Event,
    Passage,
    PassagesFound,
    Token,
)
from rag.caveats import caveat
from rag.citations import Library, cite, show
from rag.features import measure
from rag.questions import Question, understand
from rag.reading import Reading, read
from rag.selection import Scored, rank, select
from rag.weights import load_weights

READ_HITS = 8
"""Passages that are read for an answer."""

QUOTED = "quoted"
"""The name under which an answer says that no model wrote it: it is made of the reports' sentences."""


class QueryEngine:
    """Answers questions over an index with the reports' own sentences. Safe to share between threads."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._weights = load_weights()

    def ask(self, question: str, filters: Filters = NO_FILTERS) -> Answer:
        """Answer a question, or abstain with the reasons.

        Args:
            question: in any language, up to MAX_QUESTION_CHARACTERS.
            filters: which documents may be read.

        Raises:
            QuestionError: if the question is empty or too long.
        """
        for event in self.stream(question, filters):
            if isinstance(event, AnswerDone):
                return event.answer
        raise RuntimeError("the stream of an answer ended without the answer")

    def stream(self, question: str, filters: Filters = NO_FILTERS) -> Iterator[Event]:
        """The same answer, as it is made: passages, then tokens and citations, then the whole.

        Raises:
            QuestionError: if the question is empty or too long; at once, not when it is iterated.
        """
        return self._answer(understand(question), filters)

    def _answer(self, question: Question, filters: Filters) -> Iterator[Event]:
        clock = _Clock()
        generation = self.index.generation
        hits = self.index.search(question.text, READ_HITS, filters)
        clock.lap("search")
        readings = read(self.index, hits)
        library = Library(self.index)
        ranked = rank(measure(self.index, question, readings), self._weights)
        abstention = judge(self.index, question, ranked, self._weights, filtered=bool(filters))
        clock.lap("select")
        passages = self._passages(question, readings, library, abstention)
        yield PassagesFound(passages)
        draft = Answer(
            answer_id=uuid.uuid4().hex,
            question=question.text,
            text="",
            abstained=abstention is not None,
            reason=None,
            cause=None,
            note=None,
            sentences=(),
            citations=(),
            passages=passages,
            model=QUOTED,
            generation=generation,
        )
        if abstention is not None:
            yield Token(abstention.reason)
            answer = replace(draft, text=abstention.reason, reason=abstention.reason, cause=abstention.cause)
        else:
            chosen = select(ranked, self._weights)
            text, sentences, citations = "", [], []
            for sentence, citation, piece in quoted(chosen, library):
                text += piece
                sentences.append(sentence)
                citations.append(citation)
                yield Token(piece)
                yield CitationMade(citation)
            answer = replace(
                draft,
                text=text,
                note=caveat(self.index, question, chosen),
                sentences=tuple(sentences),
                citations=tuple(citations),
            )
        clock.lap("answer")
        yield AnswerDone(replace(answer, timings=clock.timings))

    def _passages(
        self,
        question: Question,
        readings: Sequence[Reading],
        library: Library,
        abstention: Abstention | None,
    ) -> tuple[Passage, ...]:
        return tuple(
            show(reading, library, shortfall(self.index, question, reading) if abstention else None)
            for reading in readings
        )


def quoted(chosen: Sequence[Scored], library: Library) -> Iterator[tuple[AnswerSentence, Citation, str]]:
    """Chosen sentences as an answer: each with its footnote, and the piece of text that it adds.

    A piece begins with the space that parts it from the sentence before, or with a line break where
    another document begins.
    """
    length = 0
    before: Scored | None = None
    for number, item in enumerate(chosen, 1):
        reading, sentence = item.candidate.reading, item.candidate.sentence
        gap = ""
        if before is not None:
            same = before.candidate.reading.document == reading.document
            gap = " " if same else "\n"
        start = length + len(gap)
        length = start + len(sentence.text)
        citation = cite(
            number, start, sentence.text, record=reading.document, span=sentence.span, library=library
        )
        yield AnswerSentence(start, length, (number,)), citation, gap + sentence.text
        before = item


@dataclass(slots=True)
class _Clock:
    timings: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.timings[stage] = round((now - self._last) * 1000, 2)
        self._last = now
