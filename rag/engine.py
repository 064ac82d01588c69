"""Questions → footnoted answers: the door of this package."""

from __future__ import annotations

import time
import uuid
from collections.abc import Generator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from index.library import NO_FILTERS, Library, Snapshot
from index.records import Filters
from rag.answers import Answer, Passage
from rag.conversations.answers import keep
from rag.conversations.history import ALONE, Conversation
from rag.errors import NotKeptError
from rag.events import AnswerDone, Event, PassagesFound, QuestionRewritten
from rag.finding.abstention import Abstention, judge, shortfall
from rag.finding.citations import DocumentTexts, show
from rag.finding.close_reading import read_closely, reads
from rag.finding.copies import Copies, distinct, find, shown_once
from rag.finding.features import measure
from rag.finding.ranking import Scored, rank
from rag.finding.reader import DEFAULT_READER, Reader, open_reader
from rag.finding.reading import Reading, read
from rag.finding.weights import Weights, load_weights
from rag.follow_ups.rewriting import rewrite
from rag.llm import Usage
from rag.questions import Question, understand
from rag.searched import searched
from rag.tuning import DEFAULT_TUNING, Tuning
from rag.writing.authoring import abstain, charged, write
from rag.writing.composing import Composition, numbers_of
from rag.writing.findings import Findings
from rag.writing.model import Writer
from rag.writing.quoting import QUOTED, quote


class QueryEngine:
    """Answers questions over an index, each sentence footnoted. Safe to share between threads."""

    def __init__(
        self,
        index: Library,
        reader: Reader | str | None = DEFAULT_READER,
        tuning: Tuning = DEFAULT_TUNING,
        weights: Path | None = None,
        writer: Writer | None = None,
        *,
        keeps: bool = False,
    ) -> None:
        """Answer over ``index``.

        Args:
            index: an open library.
            reader: a reader, or the name or folder of one (see :func:`~rag.finding.reader.open_reader`);
                None to judge sentences by their features alone.
            tuning: how much is read.
            weights: a file of weights for another encoder or reader; None for those of the bundled ones.
            writer: has a language model write the answers; None to quote the reports' own sentences.
            keeps: whether answers are kept in the catalog (:mod:`rag.conversations.answers`).

        Raises:
            ReaderError: if a reader that is named cannot be opened.
            WeightsError: if the file of weights cannot be used.
        """
        self.index = index
        self.reader = open_reader(reader) if isinstance(reader, str) else reader
        self.tuning = tuning
        self.writer = writer
        self.keeps = keeps
        self._by_features = _tuned(load_weights("features", weights), tuning)
        self._by_reader = _tuned(load_weights("reader", weights), tuning) if self.reader else None

    def ask(self, question: str, filters: Filters = NO_FILTERS, conversation: Conversation = ALONE) -> Answer:
        """Answer a question, or abstain with the reasons.

        Args:
            question: in any language, up to MAX_QUESTION_CHARACTERS.
            filters: which documents may be read.
            conversation: what it may refer to.

        Raises:
            QuestionError: if the question is empty or too long.
        """
        for event in self.stream(question, filters, conversation):
            if isinstance(event, AnswerDone):
                return event.answer
        raise RuntimeError("the stream of an answer ended without the answer")

    def stream(
        self, question: str, filters: Filters = NO_FILTERS, conversation: Conversation = ALONE
    ) -> Generator[Event]:
        """The same answer, as it is made: passages, then tokens and citations, then the whole.

        Who closes it before its end stops what is being done; the answer is not kept then.

        Raises:
            QuestionError: if the question is empty or too long; at once, not when it is iterated.
        """
        return self._events(understand(question), filters, conversation, keeps=self.keeps)

    def aside(self) -> QueryEngine:
        """The same, for questions that nobody has asked: it quotes, and keeps no answer."""
        other = copy(self)
        other.writer, other.keeps = None, False
        return other

    def warm_up(self) -> None:
        """Have loaded what a first question would wait for; nothing is kept of it."""
        for _ in self._events(understand("ready"), NO_FILTERS, ALONE, keeps=False):
            pass

    def _events(
        self, question: Question, filters: Filters, conversation: Conversation, *, keeps: bool
    ) -> Generator[Event]:
        with self.index.snapshot() as snapshot:
            answer = yield from self._answer(snapshot, question, filters, conversation)
        # Who waits to write holds no state of the library meanwhile.
        yield AnswerDone(self._kept(answer, conversation.replaces) if keeps else answer)

    def _kept(self, answer: Answer, replaces: str | None) -> Answer:
        """The answer, after it was kept; where it could not be, it says so."""
        try:
            keep(self.index, answer, replaces)
        except NotKeptError as error:
            said = f"{str(error)[0].upper()}{str(error)[1:]}."
            return replace(answer, note=f"{answer.note} {said}" if answer.note else said)
        return answer

    def _answer(
        self, index: Snapshot, asked: Question, filters: Filters, conversation: Conversation
    ) -> Generator[Event, None, Answer]:
        clock = _Clock()
        model = self.writer.model if self.writer else None
        spent: list[Usage] = []
        rewritten = rewrite(asked, conversation.exchanges, model, index.idf, spent.append)
        question = understand(rewritten.question)
        standalone = question.text if rewritten.carried else None
        if standalone is not None:
            yield QuestionRewritten(standalone)
        clock.lap("rewrite")
        library = DocumentTexts(index.reader)
        copies = Copies(index, library, filters)
        readings, ranked, weights = self._read(index, question, filters, copies, clock)
        judgement = judge(index, question, ranked, weights, filtered=bool(filters))
        abstention = judgement.abstention
        shown = shown_once(readings, copies) if abstention else readings
        passages = _passages(index, question, shown, library, abstention)
        yield PassagesFound(passages)
        draft = Answer(
            answer_id=uuid.uuid4().hex,
            question=asked.text,
            text="",
            abstained=False,
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
            conversation_id=conversation.id,
            standalone=standalone,
            searched=searched(index, filters),
        )
        findings = Findings(index, question, ranked, weights, judgement, copies, library)
        answer = yield from self._author(findings, conversation, draft)
        clock.lap("answer")
        timings = {**clock.timings, **answer.timings}
        if model is not None:
            for usage in spent:
                timings = charged(timings, usage, model)
        return replace(answer, timings=timings)

    def _read(
        self, index: Snapshot, question: Question, filters: Filters, copies: Copies, clock: _Clock
    ) -> tuple[list[Reading], list[Scored], Weights]:
        """What is read, its sentences by their probability of answering, and what ranked them."""
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
        return readings, ranked, weights

    def _author(
        self, findings: Findings, conversation: Conversation, draft: Answer
    ) -> Generator[Event, None, Answer]:
        composition = Composition(findings.library, numbers_of(conversation.cited))
        abstention = findings.judgement.abstention
        if abstention is not None:
            return (yield from abstain(draft, abstention))
        if self.writer is None:
            return (yield from quote(findings, composition, draft, self.tuning.max_sentences))
        return (
            yield from write(
                self.writer, findings, composition, draft, conversation=conversation, tuning=self.tuning
            )
        )


def _passages(
    index: Snapshot,
    question: Question,
    readings: Sequence[Reading],
    library: DocumentTexts,
    abstention: Abstention | None,
) -> tuple[Passage, ...]:
    return tuple(
        show(reading, library, shortfall(index, question, reading) if abstention else None)
        for reading in readings
    )


def _tuned(weights: Weights, tuning: Tuning) -> Weights:
    return weights if tuning.threshold is None else replace(weights, threshold=tuning.threshold)


@dataclass(slots=True)
class _Clock:
    timings: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.timings[stage] = round((now - self._last) * 1000, 2)
        self._last = now
