"""Questions → footnoted answers: the door of this package."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from index.records import Filters
from index.store import NO_FILTERS, Index, Snapshot
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
from rag.close_reading import read_closely, reads
from rag.copies import Copies, Sourced, distinct, find, shown_once, sourced
from rag.features import measure
from rag.questions import Question, understand
from rag.reader import DEFAULT_READER, Reader, open_reader
from rag.reading import Reading, read
from rag.selection import rank, select
from rag.tuning import DEFAULT_TUNING, Tuning
from rag.weights import Weights, load_weights

QUOTED = "quoted"
"""The name under which an answer says that no model wrote it: it is made of the reports' sentences."""


class QueryEngine:
    """Answers questions over an index with the reports' own sentences. Safe to share between threads."""

    def __init__(
        self,
        index: Index,
        reader: Reader | str | None = DEFAULT_READER,
        tuning: Tuning = DEFAULT_TUNING,
        weights: Path | None = None,
    ) -> None:
        """Answer over ``index``.

        Args:
            index: an open library.
            reader: a reader, or the name or folder of one (see :func:`~rag.reader.open_reader`); None to
                judge sentences by their features alone.
            tuning: how much is read.
            weights: a file of weights for another encoder or reader; None for those of the bundled ones.

        Raises:
            ReaderError: if a reader that is named cannot be opened.
            WeightsError: if the file of weights cannot be used.
        """
        self.index = index
        self.reader = open_reader(reader) if isinstance(reader, str) else reader
        self.tuning = tuning
        self._by_features = _tuned(load_weights("features", weights), tuning)
        self._by_reader = _tuned(load_weights("reader", weights), tuning) if self.reader else None

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
        return self._in_snapshot(understand(question), filters)

    def _in_snapshot(self, question: Question, filters: Filters) -> Iterator[Event]:
        with self.index.snapshot() as snapshot:
            yield from self._answer(snapshot, question, filters)

    def _answer(self, index: Snapshot, question: Question, filters: Filters) -> Iterator[Event]:
        clock = _Clock()
        library = Library(index)
        copies = Copies(index, library, filters)
        hits = find(index, question, self.tuning, filters, copies)
        clock.lap("search")
        readings = read(index, hits, self.tuning.widen_by)
        weights = self._by_features
        ranked = distinct(rank(measure(index, question, readings), weights), copies)
        clock.lap("select")
        if self.reader is not None and self._by_reader is not None and reads(self.reader, question):
            weights = self._by_reader
            candidates = [item.candidate for item in ranked]
            ranked = rank(read_closely(self.reader, question, candidates), weights)
        clock.lap("read")
        judgement = judge(index, question, ranked, weights, filtered=bool(filters))
        abstention = judgement.abstention
        shown = shown_once(readings, copies) if abstention else readings
        passages = _passages(index, question, shown, library, abstention)
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
            answerability=judgement.answerability,
            model=QUOTED,
            generation=index.generation,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        if abstention is not None:
            yield Token(abstention.reason)
            answer = replace(draft, text=abstention.reason, reason=abstention.reason, cause=abstention.cause)
        else:
            chosen = select(ranked, weights, self.tuning.max_sentences)
            text, sentences, citations = "", [], []
            for sentence, citation, piece in quoted(sourced(chosen, copies), library):
                text += piece
                sentences.append(sentence)
                citations.append(citation)
                yield Token(piece)
                yield CitationMade(citation)
            answer = replace(
                draft,
                text=text,
                note=caveat(index, question, chosen),
                sentences=tuple(sentences),
                citations=tuple(citations),
            )
        clock.lap("answer")
        yield AnswerDone(replace(answer, timings=clock.timings))


def _passages(
    index: Snapshot,
    question: Question,
    readings: Sequence[Reading],
    library: Library,
    abstention: Abstention | None,
) -> tuple[Passage, ...]:
    return tuple(
        show(reading, library, shortfall(index, question, reading) if abstention else None)
        for reading in readings
    )


def _tuned(weights: Weights, tuning: Tuning) -> Weights:
    return weights if tuning.threshold is None else replace(weights, threshold=tuning.threshold)


def quoted(chosen: Sequence[Sourced], library: Library) -> Iterator[tuple[AnswerSentence, Citation, str]]:
    """Chosen sentences as an answer: each with its footnote, and the piece of text that it adds.

    A piece begins with the space that parts it from the sentence before, or with a line break where
    another document begins.
    """
    length = 0
    before: Sourced | None = None
    for number, item in enumerate(chosen, 1):
        sentence = item.sentence
        gap = ""
        if before is not None:
            gap = " " if before.record == item.record else "\n"
        start = length + len(gap)
        length = start + len(sentence.text)
        citation = cite(
            number,
            start,
            sentence.text,
            record=item.record,
            span=sentence.span,
            library=library,
            header=sentence.header,
            also_in=item.also_in,
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
