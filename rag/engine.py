"""The query engine: it turns a question into a footnoted answer."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import zip_longest
from threading import Lock
from typing import TypeVar

from index.documents import Span
from index.errors import UnreachableError
from index.library import NO_FILTERS, Library, Snapshot
from index.records import DocumentRecord, Filters, Viewer
from rag.answer_limits import DEFAULT_LIMITS, LISTED_PASSAGES, MAX_READ, AnswerLimits
from rag.answers import NOT_FOUND, Answer, Passage, search_scope, stands_first
from rag.conversations.answers import keep
from rag.conversations.history import NO_CONVERSATION, Conversation
from rag.errors import NotKeptError
from rag.events import (
    AnswerDone,
    Event,
    NoteMade,
    PassagesFound,
    QuestionCorrected,
    QuestionRewritten,
    ReadingBegun,
    SearchesPlanned,
)
from rag.finding.abstention import IN_ALL, PASSING, Abstention, Decision, decide, quote_list, shortfall
from rag.finding.cells import CellChoice
from rag.finding.citations import (
    Copies,
    DocumentTexts,
    as_passage,
    find_passages,
    without_repeated_readings,
    without_repeated_sentences,
)
from rag.finding.matching import is_fragment
from rag.finding.overview import asks_in_general, described, means_one, named_report, newest_reports, overview
from rag.finding.parts import Part, beside, in_one_table, nearest, pair_of, parts_of, rows_named
from rag.finding.ranking import CALIBRATION, SURE, Calibration, Scored, find_candidates, rank, select
from rag.finding.reading import Reader, Reading, open_reader, read
from rag.finding.spelling import correct, documents_of_spelling
from rag.follow_ups import Exchange, FollowUp, follow_up, report_meant, without_repetition
from rag.llm import Usage
from rag.planning import Plan, Search, languages_of, needs_plan, plan, search_missing
from rag.questions import Form, Question, understand
from rag.requests import MOST_SENTENCES, Kind, Request, courtesy, fulfil, request_of
from rag.writing.composition import QUOTED, Composition, Findings, abstain, numbers_of, quote
from rag.writing.writer import Writer, add_usage, generate


@dataclass(slots=True)
class Clock:
    timings: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.timings[stage] = round(self.timings.get(stage, 0.0) + (now - self._last) * 1000, 2)
        self._last = now


# Of what leaves the report or the words of the turn before, beyond the probability of what keeps them.
CLEARLY_SURER = 0.3


@dataclass(frozen=True, slots=True)
class Found:
    """Best first; ``reports`` are those whose overview the question asks for.

    ``within`` is the title of the report to which a follow-up was kept. ``searched`` is what was searched
    for, if the question is only about the form of its answer. ``sides`` has the best sentence of each search
    for a comparison.
    """

    question: Question
    readings: list[Reading]
    ranked: list[Scored]
    decision: Decision
    reports: Sequence[DocumentRecord]
    within: str = ""
    searched: str = ""
    sides: Sequence[Scored] = ()

    def with_first(self, sides: Sequence[Scored]) -> tuple[list[Scored], Decision]:
        ranked = [*sides, *(item for item in self.ranked if item not in sides)]
        both = replace(self.decision, abstention=None)
        return ranked, both if sides else self.decision

    @property
    def wording(self) -> str:
        text = self.searched or self.question.text
        return f"{text} ({self.within})" if self.within else text

    def leads(self, other: Found) -> bool:
        one, another = (each.decision.answerability or 0.0 for each in (self, other))
        return one - another >= CLEARLY_SURER


@dataclass(frozen=True, slots=True)
class Retrieval:
    index: Snapshot
    reader: Reader
    limits: AnswerLimits
    calibration: Calibration
    filters: Filters
    copies: Copies
    clock: Clock
    within: str = ""

    def find(
        self, wanted: Question, asked: Question, history: Sequence[Exchange], *, follows: bool
    ) -> Generator[Event, None, Found]:
        """``follows``: the question may be about the turns before it."""
        if not follows:
            yield from _announced(asked, wanted.text)
            return (yield from self._found(wanted, asked, history))
        found = yield from self._followed(follow_up(wanted, history), asked, history)
        yield from _announced(asked, found.wording)
        return found

    def _followed(
        self, wanted: FollowUp, asked: Question, history: Sequence[Exchange]
    ) -> Generator[Event, None, Found]:
        """Seek a follow-up in the report cited last, and a question that may be of another subject in all.

        Elsewhere, a question of few words would find whatever is of its year or place.
        """
        cited = [] if wanted.report is None else self.index.reader.records([wanted.report], self.filters)
        kept = self
        if cited:
            filters = replace(self.filters, document_ids=(cited[0].document_id,))
            kept = replace(self, filters=filters, within=cited[0].title)
        typed = yield from kept._sought(wanted.typed, asked, history)
        if cited and (wanted.is_whole or typed.decision.abstention is not None):
            anew = yield from self._found(wanted.typed, asked, history)
            is_surer = typed.decision.abstention is not None or anew.leads(typed)
            if wanted.is_whole:
                return anew if is_surer else typed
            if anew.decision.abstention is None and wanted.is_told(anew.ranked[0].candidate):
                return anew
        if wanted.is_whole:
            return typed
        joined = yield from kept._sought(wanted.joined, asked, history)
        # Few words are sure of too much, and a mere period of whatever has it.
        return typed if cited and wanted.own and typed.leads(joined) else joined

    def find_all(
        self, plan: Plan, asked: Question, history: Sequence[Exchange]
    ) -> Generator[Event, None, Found]:
        """Make the searches of a plan. An instruction is about what was searched for last."""
        question = understand(plan.question)
        if plan.kind == "instruction":
            last = understand(history[-1].standalone)
            yield from _announced(asked, last.text)
            found = yield from self._found(last, last, ())
            instructed = replace(question, kind=last.kind, form=last.form)
            return replace(found, question=instructed, searched=last.text)
        yield from _announced(asked, plan.question)
        if plan.kind == "overview":
            question = replace(question, form=Form.SUMMARY)
        searches = tuple(search.text for search in plan.searches)
        if searches != (plan.question,):
            yield SearchesPlanned(searches)
        is_overview = question.form is Form.SUMMARY
        made: list[Found] = []
        for search in plan.searches:
            found = yield from self._made(search, is_overview=is_overview)
            made.append(found)
        merged = _merged(question, sorted(made, key=_surety, reverse=True))
        return replace(merged, sides=_bests(made)) if question.form is Form.COMPARISON else merged

    def find_missing(self, found: Found, missing: str) -> Generator[Event, None, Found | None]:
        """Search once more for what a reply names as missing, and put it first; None if nothing is new."""
        search = search_missing(found.question, missing)
        if search is None:
            return None
        yield SearchesPlanned((search.text,))
        more = yield from self._made(search)
        merged = _merged(found.question, [more, found])
        known = {_place(item) for item in found.ranked}
        return merged if any(_place(item) not in known for item in merged.ranked) else None

    def _made(self, search: Search, *, is_overview: bool = False) -> Generator[Event, None, Found]:
        """Where its report does not answer, all are searched: the model may have taken one for another."""
        question = understand(search.text)
        if is_overview:
            question = replace(question, form=Form.SUMMARY)
        cited = [] if search.report is None else self.index.reader.records([search.report], self.filters)
        if not cited:
            return (yield from self._found(question, question, ()))
        filters = replace(self.filters, document_ids=(cited[0].document_id,))
        kept = replace(self, filters=filters, within=cited[0].title)
        inside = yield from kept._sought(question, question, ())
        if is_overview:
            return replace(inside, reports=cited, decision=replace(inside.decision, abstention=None))
        if inside.decision.abstention is None:
            return inside
        anew = yield from self._found(question, question, ())
        return inside if anew.decision.abstention is not None else anew

    def sides(self, whole: Found) -> Generator[Event, None, tuple[Sequence[Scored], str | None]]:
        """Seek the two values apart, unless the best sentence has both; the note names one not found."""
        is_comparison = whole.question.form is Form.COMPARISON
        if is_comparison and whole.ranked and (rows := rows_named(whole.ranked[0], whole.question.text)):
            return rows[: self.limits.max_sentences], None
        parts = parts_of(whole.question)
        if not parts or not whole.ranked or all(part.is_in(whole.ranked[0]) for part in parts):
            return (), None
        if rows := in_one_table(parts, whole.ranked):
            return rows, None
        found: list[Sequence[Scored]] = []
        for part in parts:
            side = yield from self._found(part.question, part.question, ())
            found.append(() if side.decision.abstention else self._nearest(part, side))
        pair = pair_of(parts, found)
        for number, other in ((0, 1), (1, 0)):
            if pair or not found[number]:
                continue
            # In the report that has the one, other words may state the other than those that come nearest.
            report = found[number][0].candidate.reading.document.document_id
            within = replace(self, filters=replace(self.filters, document_ids=(report,)))
            side = yield from within._found(parts[other].question, parts[other].question, ())
            both = [
                found[number],
                [*beside(parts[other], found[number][0]), *self._nearest(parts[other], side)],
            ]
            pair = pair_of(parts, both if number == 0 else both[::-1])
        if pair:
            return pair, None
        best = whole.ranked[0]
        one = [max(items, key=lambda item: item.score) for items in found if items]
        chosen = max(
            one,
            key=lambda item: (item.candidate.reading.document == best.candidate.reading.document, item.score),
            default=None,
        )
        if whole.decision.abstention and (chosen is None or chosen.score < SURE):
            return (), None
        missing = [part for part in parts if not part.is_in(chosen or best)]
        if len(missing) == len(parts):
            missing = [part for part in missing if part.is_named]
        note = f"{NOT_FOUND}{quote_list(part.value for part in missing)}." if missing else None
        return [chosen] if chosen else (), note

    def _nearest(self, part: Part, side: Found) -> Sequence[Scored]:
        return nearest(part, side.ranked, self.calibration.second_share)

    def overview(self, found: Found, said: str) -> tuple[list[Scored], str | None]:
        """Leave out what was ``said``; also return a note of what the overview is of."""
        ranked = found.ranked
        if found.readings:
            ranked = overview(self.index, ranked, found.reports, self.limits.max_sentences, said)
        return ranked, described(self.index, found.reports, self.filters) if found.reports else None

    def _found(
        self, question: Question, asked: Question, history: Sequence[Exchange]
    ) -> Generator[Event, None, Found]:
        """A narrower search may be less sure of the same, because scores are scaled within it."""
        found = yield from self._sought(question, asked, history)
        if found.decision.abstention is None or not self.filters or not found.readings:
            return found
        wide = yield from replace(self, filters=NO_FILTERS)._sought(question, asked, history)
        if not self._answers_within(wide):
            return found
        kept = [item for item in wide.ranked if self._passes(item.candidate.reading.document)]
        readings = [each for each in wide.readings if self._passes(each.document)]
        # Only copies of what answers pass, if none is kept.
        ranked, read = (kept, readings or found.readings) if kept else (found.ranked, found.readings)
        return replace(found, ranked=ranked, readings=read, decision=wide.decision)

    def _sought(
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
        place = f"in “{self.within}”" if self.within else PASSING if self.filters else IN_ALL
        decision = decide(index, question, ranked, calibration, place=place, read=readings)
        is_overview = question.form is Form.SUMMARY
        report = named_report(index, question, ranked, self.filters) if is_overview else None
        if report is not None:
            decision = Decision(decision.answerability, None)
        return Found(question, readings, ranked, decision, [report] if report else [], self.within)

    def _answers_within(self, wide: Found) -> bool:
        """Whether a report that passes the filters, or its copy, has a sentence of the answer over all."""
        if wide.decision.abstention is not None or not wide.ranked:
            return False
        chosen = select(wide.ranked, wide.question, self.calibration, self.limits.max_sentences)
        cited = [
            self.copies.earliest(item.candidate.reading.document, item.candidate.sentence) for item in chosen
        ]
        return any(item.also_in or self._passes(item.record) for item in cited)

    def _passes(self, record: DocumentRecord) -> bool:
        return bool(self.index.reader.records([record.document_id], self.filters))


def _merged(question: Question, made: Sequence[Found]) -> Found:
    """Each once, by its rank within its search; the decision is that of the surest search."""
    ranked: dict[object, Scored] = {}
    for item in _interleaved([each.ranked for each in made]):
        ranked.setdefault(_place(item), item)
    readings: dict[object, Reading] = {}
    for reading in _interleaved([each.readings for each in made]):
        readings.setdefault((reading.document.document_id, reading.document.version, reading.span), reading)
    reports = {report.document_id: report for each in made for report in each.reports}
    titles = {each.within for each in made}
    return Found(
        question,
        list(readings.values()),
        list(ranked.values()),
        max(made, key=_surety).decision,
        list(reports.values()),
        titles.pop() if len(titles) == 1 else "",
    )


def _surety(found: Found) -> tuple[bool, float]:
    return found.decision.abstention is None, found.decision.answerability or 0.0


def _bests(made: Sequence[Found]) -> list[Scored]:
    """The best sentence of each search that is answered, if these are several."""
    bests = [each.ranked[0] for each in made if each.decision.abstention is None]
    found = {_place(item): item for item in bests}
    return list(found.values()) if len(found) > 1 else []


def _place(item: Scored) -> tuple[int, int, Span]:
    record = item.candidate.reading.document
    return record.document_id, record.version, item.candidate.sentence.span


T = TypeVar("T")


def _interleaved(lists: Sequence[Sequence[T]]) -> list[T]:
    return [item for rank in zip_longest(*lists) for item in rank if item is not None]


STAGES = ("rewrite", "search", "select", "read", "answer")

# Stages that are parts of the stage ``answer``, if a language model writes.
ANSWER_PARTS = ("write", "verify")


class QueryEngine:
    """Answers questions over a library and footnotes each sentence. Safe to share between threads.

    The first question, or :meth:`warm_up`, loads the models. ``on_answer`` gets each stored answer before the
    caller does; it must be quick and must not raise.
    """

    def __init__(
        self,
        index: Library,
        reader: Reader | str | None = None,
        limits: AnswerLimits = DEFAULT_LIMITS,
        writer: Writer | None = None,
        *,
        calibration: Calibration = CALIBRATION,
        keeps: bool = False,
    ) -> None:
        """``reader`` None is the bundled one; without ``writer``, answers quote. Raises ReaderError."""
        self.index = index
        self.reader = open_reader(reader) if reader is None or isinstance(reader, str) else reader
        self.limits = limits
        self.keeps = keeps
        self.calibration = (
            calibration if limits.threshold is None else replace(calibration, threshold=limits.threshold)
        )
        self._state = _State(writer)
        self.on_answer: Callable[[Answer], None] | None = None

    @property
    def open_questions(self) -> int:
        """Without those to :meth:`quoting_only` copies."""
        return self._state.open_questions

    @property
    def writer(self) -> Writer | None:
        return self._state.writer

    @property
    def is_warming(self) -> bool:
        """A server sets this to True, and :meth:`warm_up` to False."""
        return self._state.is_warming

    @is_warming.setter
    def is_warming(self, is_warming: bool) -> None:
        self._state.is_warming = is_warming

    def ask(
        self,
        question: str,
        filters: Filters = NO_FILTERS,
        conversation: Conversation = NO_CONVERSATION,
        *,
        exact: bool = False,
    ) -> Answer:
        """``exact`` leaves the spelling uncorrected. Raises QuestionError if empty or too long."""
        for event in self.stream(question, filters, conversation, exact=exact):
            if isinstance(event, AnswerDone):
                return event.answer
        raise RuntimeError("the stream of an answer ended without the answer")

    def stream(
        self,
        question: str,
        filters: Filters = NO_FILTERS,
        conversation: Conversation = NO_CONVERSATION,
        *,
        exact: bool = False,
    ) -> Generator[Event]:
        """Yield the events of the answer as they happen. The call itself raises QuestionError.

        Closing the iterator before its end cancels the answer, which is then not stored.
        """
        return self._events(understand(question), filters, conversation, exact=exact)

    def set_writer(self, writer: Writer | None) -> None:
        """Open questions keep the old writer, whose model closes after the last of them."""
        with self._state.lock:
            former, self._state.writer = self._state.writer, writer
        if former is not None:
            former.model.retire()

    def quoting_only(self) -> QueryEngine:
        """A copy that does not store its answers, for the program's own questions."""
        other = copy(self)
        other._state, other.keeps, other.on_answer = _State(None), False, None
        return other

    def for_viewer(self, viewer: Viewer | None) -> QueryEngine:
        """A copy that searches and stores for ``viewer``, None for all; it shares the writer."""
        other = copy(self)
        other.index = self.index.for_viewer(viewer)
        return other

    def warm_up(self) -> None:
        """Load what the first question would wait for. Raises EncoderError or ReaderError."""
        # Use each model directly, because a question to an empty library would use none of them.
        self.index.encoder.encode_query("ready")
        self.reader.scores("ready", ["ready"])
        # Milvus may be unreachable while a server starts; until it is back, each answer says so.
        with suppress(UnreachableError):
            list(self.quoting_only()._events(understand("ready"), NO_FILTERS, NO_CONVERSATION, exact=False))
        self.is_warming = False

    def _events(
        self, question: Question, filters: Filters, conversation: Conversation, *, exact: bool
    ) -> Generator[Event]:
        with self._with_its_writer() as engine, self.index.snapshot() as snapshot:
            request: Request | Abstention | None = None if exact else courtesy(snapshot, question)
            if request is None and not exact and engine.writer is None:
                request = request_of(question, conversation)
            if isinstance(request, Abstention):
                yield PassagesFound(())
                answer = yield from abstain(_draft(snapshot, question, conversation), request)
            else:
                corrected = None if exact else correct(snapshot, request.question if request else question)
                answer = yield from engine._answer(
                    snapshot, question, corrected, filters, conversation, request=request
                )
        # Storing may wait for another process that writes to the catalog, so the snapshot is closed before.
        done = self._stored(answer, conversation.replaces) if self.keeps else answer
        if self.on_answer is not None:
            self.on_answer(done)
        yield AnswerDone(done)

    @contextmanager
    def _with_its_writer(self) -> Iterator[QueryEngine]:
        """The copy's writer stays open, and the question counts as open, until the context ends."""
        with ExitStack() as held:
            with self._state.lock:
                self._state.open_questions += 1
                held.callback(self._state.end_question)
                engine = copy(self)
                engine._state = _State(self.writer)
                if engine.writer is not None:
                    held.enter_context(engine.writer.model.in_use())
            yield engine

    def _stored(self, answer: Answer, replaces: str | None) -> Answer:
        """If storing fails, the answer has a note that says so."""
        try:
            keep(self.index.catalog, answer, replaces)
        except NotKeptError as error:
            sentence = f"{str(error)[0].upper()}{str(error)[1:]}."
            return replace(answer, note=f"{answer.note} {sentence}" if answer.note else sentence)
        return answer

    def _answer(
        self,
        index: Snapshot,
        original: Question,
        corrected: str | None,
        filters: Filters,
        conversation: Conversation,
        *,
        request: Request | None,
    ) -> Generator[Event, None, Answer]:
        clock = Clock()
        model = self.writer.model if self.writer else None
        usages: list[Usage] = []
        if corrected is not None:
            yield QuestionCorrected(corrected)
        asked = original if corrected is None else understand(corrected)
        wanted = request.question if request is not None and corrected is None else asked
        kind = request.kind if request else None
        # For less or more of the last answer, the question is the one that was searched for then.
        is_whole = kind in {"shorter", "more"} or asks_in_general(index, wanted)
        planned = None if is_whole else self._planned(index, wanted, conversation, usages)
        if planned is None:
            filters = _narrowed(index, wanted, filters, conversation)
        clock.lap("rewrite")
        document_texts = DocumentTexts(index.reader)
        copies = Copies(index, document_texts, filters)
        retrieval = Retrieval(index, self.reader, self.limits, self.calibration, filters, copies, clock)
        exchanges = conversation.exchanges
        if planned is None:
            follows = bool(exchanges) and not is_whole
            best = yield from retrieval.find(wanted, asked, exchanges, follows=follows)
        else:
            best = yield from retrieval.find_all(planned, asked, exchanges)
        # The years of two turns are not compared, and a plan has sought both values.
        is_apart = request is None and best.question is wanted
        sides, note = (yield from retrieval.sides(best)) if is_apart else (best.sides, None)
        ranked, decision = best.with_first(sides)
        reads = self._reads(ranked)
        given = replace(decision, abstention=None) if reads else decision
        passages = _passages(index, best, given, copies, document_texts)
        yield PassagesFound(passages)
        if decision.abstention is None and best.question.form is Form.SUMMARY:
            ranked, note = retrieval.overview(best, conversation.said if kind == "more" else "")
        findings = Findings(
            index,
            self.reader,
            best.question,
            best.readings,
            ranked,
            self.calibration,
            decision,
            copies,
            document_texts,
            best.reports,
            sides,
        )
        if kind is not None and decision.abstention is None:
            findings, note = fulfil(kind, findings, conversation)
        draft = replace(
            _draft(index, original, conversation),
            note=note,
            passages=passages,
            answerability=decision.answerability,
            standalone=best.wording if best.wording != asked.text else None,
            searched_for=corrected,
            searched=search_scope(index, filters),
        )
        # A plan may search for words of earlier turns, also where the question stands as it was typed, and a
        # model that reads is given the last turns.
        is_given = reads or planned is not None or draft.standalone is not None
        earlier = exchanges if is_given else ()
        draft = replace(draft, made_from=_made_from(index, best, asked, draft, earlier))
        if note is not None and stands_first(note):
            yield NoteMade(note)
        answer = yield from self._author(retrieval, best, findings, conversation, draft, kind=kind)
        if answer.abstained and reads and decision.abstention is not None:
            shown = _passages(index, best, decision, copies, document_texts)
            answer = replace(answer, passages=shown)
        clock.lap("answer")
        timings = {**clock.timings, **answer.timings}
        if model is not None:
            for usage in usages:
                timings = add_usage(timings, usage, model)
        return replace(answer, timings=timings)

    def _planned(
        self, index: Snapshot, asked: Question, conversation: Conversation, usages: list[Usage]
    ) -> Plan | None:
        """None without time for a plan, or where the question is searched as typed."""
        model = self.writer.model if self.writer else None
        if model is None or model.is_small or not self.limits.plan_seconds:
            return None
        languages = languages_of(index)
        if not needs_plan(asked, conversation, languages):
            return None
        return plan(model, asked, conversation, languages, usages.append, seconds=self.limits.plan_seconds)

    def _author(
        self,
        retrieval: Retrieval,
        best: Found,
        findings: Findings,
        conversation: Conversation,
        draft: Answer,
        *,
        kind: Kind | None,
    ) -> Generator[Event, None, Answer]:
        abstention = findings.decision.abstention
        if abstention is not None and not self._reads(findings.ranked):
            return (yield from abstain(draft, abstention))
        cells = CellChoice(findings.index, findings.question, findings.document_texts)
        # Who asks for a table asks for none of its cells.
        choice = None if kind == "table" else cells
        most = MOST_SENTENCES.get(kind, self.limits.max_sentences) if kind else self.limits.max_sentences
        numbers = numbers_of(conversation.cited)
        composition = Composition(findings.document_texts, numbers, choice, findings.index.encoder)
        if self.writer is None:
            return (yield from quote(findings, composition, draft, most))

        def search_again(missing: str) -> Generator[Event, None, Findings | None]:
            found = yield from retrieval.find_missing(best, missing)
            if found is None:
                return None
            return replace(findings, readings=found.readings, ranked=found.ranked)

        return (
            yield from generate(
                self.writer,
                findings,
                composition,
                draft,
                conversation,
                limits=self.limits,
                search_again=search_again,
            )
        )

    def _reads(self, ranked: Sequence[Scored]) -> bool:
        """A model that reads decides whether there is an answer; for a small one, the reader does."""
        return self.writer is not None and not self.writer.model.is_small and bool(ranked)


def _narrowed(index: Snapshot, asked: Question, filters: Filters, conversation: Conversation) -> Filters:
    """*This report* is the one that the last answer cites last."""
    report = report_meant(asked.text, conversation.exchanges)
    if report is None and conversation.cited and asks_in_general(index, asked) and means_one(asked):
        report = conversation.cited[-1].document_id
    return filters if report is None or filters.document_ids else replace(filters, document_ids=(report,))


def _passages(
    index: Snapshot, found: Found, decision: Decision, copies: Copies, document_texts: DocumentTexts
) -> tuple[Passage, ...]:
    if decision.abstention is None:
        return tuple(as_passage(each, document_texts) for each in found.readings[:LISTED_PASSAGES])
    listed = without_repeated_readings(found.readings, copies)[:LISTED_PASSAGES]
    # An address or a letterhead tells nobody why there is no answer.
    listed.sort(key=lambda reading: all(is_fragment(each.text) for each in reading.sentences))
    return tuple(as_passage(each, document_texts, shortfall(index, found.question, each)) for each in listed)


def _made_from(
    index: Snapshot, found: Found, asked: Question, draft: Answer, earlier: Sequence[Exchange]
) -> tuple[int, ...]:
    """The documents that the filters, the reason, the note, the spelling or the earlier turns may name."""
    named = index.reader.records(draft.searched.filters.document_ids) if draft.searched else []
    nearest = [*found.readings[:1], *(item.candidate.reading for item in found.ranked[:1])]
    numbers = {record.document_id for record in (*named, *found.reports)}
    numbers.update(reading.document.document_id for reading in nearest)
    if draft.searched_for is not None:
        shown = "\n".join(passage.text for passage in draft.passages)
        numbers |= documents_of_spelling(index, understand(draft.question), asked, shown)
    numbers.update(number for turn in earlier for number in turn.documents)
    return tuple(sorted(numbers))


def _announced(asked: Question, searched: str) -> Iterator[Event]:
    if searched != asked.text:
        yield QuestionRewritten(searched)


def _draft(index: Snapshot, question: Question, conversation: Conversation) -> Answer:
    return Answer(
        answer_id=uuid.uuid4().hex,
        question=question.text,
        text="",
        abstained=False,
        reason=None,
        cause=None,
        note=None,
        sentences=(),
        citations=(),
        passages=(),
        answerability=None,
        model=QUOTED,
        generation=index.generation,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        conversation_id=conversation.id,
    )


@dataclass(eq=False, slots=True)
class _State:
    """Shared with the copies for viewers; ``lock`` is held to replace the writer or count questions."""

    writer: Writer | None
    is_warming: bool = False
    open_questions: int = 0
    lock: Lock = field(default_factory=Lock)

    def end_question(self) -> None:
        with self.lock:
            self.open_questions -= 1
