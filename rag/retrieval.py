"""Finds what the library has on a question: searches, reads, ranks, and decides whether something answers."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace

from index.library import Snapshot
from index.records import DocumentRecord, Filters
from rag.answer_limits import MAX_READ, AnswerLimits
from rag.events import Event, ReadingBegun
from rag.finding.abstention import Decision, decide, quote_list
from rag.finding.candidates import find_candidates
from rag.finding.copies import Copies, find_passages, without_repeated_sentences
from rag.finding.cross_encoder import Reader
from rag.finding.overview import asks_in_general, described, named_report, newest_reports, overview
from rag.finding.parts import best_of_each, in_one_table, is_absent, parts_of, rows_named
from rag.finding.ranking import Calibration, Scored, rank
from rag.finding.reading import Reading, read
from rag.follow_ups.conversation import Exchange
from rag.follow_ups.joining import is_from_another_report
from rag.follow_ups.repetition import without_repetition
from rag.questions import Form, Question


@dataclass(slots=True)
class Clock:
    """The milliseconds of the stages of an answer, by name."""

    timings: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        """Add the time since the last call to a stage."""
        now = time.perf_counter()
        self.timings[stage] = round(self.timings.get(stage, 0.0) + (now - self._last) * 1000, 2)
        self._last = now


@dataclass(frozen=True, slots=True)
class Found:
    """The passages and sentences found for one wording of a question, best first.

    ``reports`` are those whose overview the question asks for.
    """

    question: Question
    readings: list[Reading]
    ranked: list[Scored]
    decision: Decision
    reports: Sequence[DocumentRecord]

    def with_first(self, sides: Sequence[Scored]) -> tuple[list[Scored], Decision]:
        """Return the sentences with the sides of a comparison first; two sides are an answer."""
        ranked = [*sides, *(item for item in self.ranked if item not in sides)]
        both = replace(self.decision, abstention=None)
        return ranked, both if len(sides) > 1 else self.decision

    @property
    def title(self) -> str:
        """The title of the report that contains the best sentence; "" if no sentence was found."""
        return self.ranked[0].candidate.reading.document.title if self.ranked else ""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Finds what one state of the library has on one question."""

    index: Snapshot
    reader: Reader
    limits: AnswerLimits
    calibration: Calibration
    filters: Filters
    copies: Copies
    clock: Clock

    def find(
        self, wordings: Sequence[Question], asked: Question, history: Sequence[Exchange]
    ) -> Generator[Event, None, Found]:
        """Return what is found for the likeliest wording of ``asked``, without repeating ``history``."""
        best = yield from self._found(wordings[0], asked, history)
        for wording in wordings[1:]:
            other = yield from self._found(wording, asked, history)
            is_other = is_from_another_report(best.question, history, best.title)
            likelier = max(best, other, key=lambda each: each.decision.answerability or 0.0)
            best = other if is_other else likelier
        return best

    def sides(self, whole: Found) -> Generator[Event, None, tuple[Sequence[Scored], str | None]]:
        """Seek the two values of a comparison apart, unless the best sentence has both.

        Returns:
            A sentence for each value, or for one of them if no report names the other one, which the note
            then says; none if that does not help.
        """
        is_comparison = whole.question.form is Form.COMPARISON
        if is_comparison and whole.ranked and (rows := rows_named(whole.ranked[0], whole.question.text)):
            return rows[: self.limits.max_sentences], None
        parts = parts_of(whole.question)
        if not parts or not whole.ranked or all(part.is_in(whole.ranked[0]) for part in parts):
            return (), None
        if rows := in_one_table(parts, whole.ranked):
            return rows, None
        found = []
        for part in parts:
            side = yield from self._found(part.question, part.question, ())
            found.append(side)
        ranked = [[] if each.decision.abstention else each.ranked for each in found]
        sides = best_of_each(parts, ranked, self.calibration.second_share)
        chosen = [item for side in sides for item in side]
        if len(chosen) == 1:
            missing = sides.index([])
            if not is_absent(parts[missing], chosen[0], found[missing].readings):
                return (), None
            return chosen, f"Not found in these reports: {quote_list([parts[missing].value])}."
        return chosen, None

    def overview(self, found: Found, said: str) -> tuple[list[Scored], str | None]:
        """Return the sentences of an overview without what was ``said``, and a note of what it is of."""
        ranked = found.ranked
        if found.readings:
            ranked = overview(self.index, ranked, found.reports, self.limits.max_sentences, said)
        return ranked, described(self.index, found.reports, self.filters) if found.reports else None

    def _found(
        self, question: Question, asked: Question, history: Sequence[Exchange]
    ) -> Generator[Event, None, Found]:
        index, calibration = self.index, self.calibration
        if asks_in_general(index, question) and index.reader.count_documents(self.filters) > 1:
            newest = newest_reports(index, self.filters, self.limits.max_sentences)
            lines = overview(index, [], newest, self.limits.max_sentences)
            self.clock.lap("select")
            if lines:
                return Found(question, [], lines, Decision(1.0, None), newest)
        hits = find_passages(index, question, self.limits, self.filters, self.copies)
        self.clock.lap("search")
        readings = read(index, hits, self.limits.widen_by)
        found = find_candidates(index, question, hits, readings)
        nearest = without_repeated_sentences(found, self.copies)[:MAX_READ]
        self.clock.lap("select")
        yield ReadingBegun(len(nearest))
        ranked = rank(index.encoder, self.reader, question, nearest, calibration)
        ranked = without_repetition(ranked, asked, question, history)
        self.clock.lap("read")
        decision = decide(index, question, ranked, calibration, filtered=bool(self.filters), read=readings)
        is_overview = question.form is Form.SUMMARY
        report = named_report(index, question, ranked, self.filters) if is_overview else None
        if report is not None:
            decision = Decision(decision.answerability, None)
        return Found(question, readings, ranked, decision, [report] if report else [])
