"""Starters: questions to begin a conversation with, made from the newest reports of the library.

They are about the sentences that represent a report (:mod:`rag.finding.overview`) and the main rows of its
financial statements, and made without a language model, in English only. A server makes them in the
background while it has nothing else to do, one try (a question to the engine) at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import regex

from index.library import Library
from index.records import Filters
from rag.engine import QueryEngine
from rag.finding.overview import main_rows, newest_reports, representative, whole_report
from rag.finding.ranking import Scored
from rag.suggesting.shapes import DATE, question_about, question_of
from rag.suggesting.suggestions import LANGUAGE, Candidate, is_answered_by, text_around, without_repetitions

MAX_STARTERS = 4
"""The most starters."""

_REPORTS = 12
"""The number of newest reports that starters are made from."""

_TRIED_EACH = 8
"""The most questions that the engine tries for one report."""

_REPRESENTATIVE = 60
"""The number of sentences of a report, those that represent it best, that starters are made from."""

_SAYS_ENOUGH = 8
"""The fewest words of a question that is clear although it names nothing."""

_NAME = regex.compile(
    r"(?<=\s)(?P<the>[Tt]he\s)?\p{L}*\p{Lu}[^\s?]*(?P<more>\s(?:of\s|and\s|&\s)?\p{Lu}[^\s?]*)*"
)
_COMPANY = regex.compile(r"\bthe\s(?i:company|corporation|group)\b")
"""The words by which a report refers to its publisher."""
_MEASURE = regex.compile(r"^(?P<asks>What (?:was|were)) (?:the\s)?")


@dataclass(frozen=True, slots=True)
class Starter:
    """A question to begin with.

    Attributes:
        question: the question.
        document_id: the number of the report whose sentence answers it.
        title: the report's title.
    """

    question: str
    document_id: int
    title: str


@dataclass(frozen=True, slots=True)
class Starters:
    """The starters (questions to begin a conversation with) for one state of the library's passages.

    Attributes:
        generation: the number of this state in the catalog.
        starters: the starters, each about a different report if enough reports have one.
        complete: whether no more will be added.
    """

    generation: int
    starters: tuple[Starter, ...] = ()
    complete: bool = False


class StarterMaker:
    """Makes the starters of a library: questions to begin a conversation with.

    Each call of :meth:`step` tries one question. One thread may call :meth:`step`, and any number of other
    threads :meth:`current`.

    Args:
        engine: answers each question, so that only questions with an answer are offered. Everyone gets the
            same starters, so the engine must read only documents that everyone may see.
        is_busy: returns whether the program does work that a step would slow down. It need not count the
            questions of users, which the engine counts itself.
    """

    def __init__(self, engine: QueryEngine, is_busy: Callable[[], bool]) -> None:
        self._engine = engine
        self._is_busy = is_busy
        self._made = ((-1, -1), Starters(generation=-1))
        self._tries: Iterator[Starter | None] = iter(())

    def current(self) -> Starters:
        """Return the starters made so far for the present state of the library."""
        return self._current(self._state())

    def _state(self) -> tuple[int, int]:
        """Return how often passages changed so far, and how often dates or access to collections changed."""
        with self._engine.index.catalog.reading() as reader:
            return reader.generation, reader.invalidation_count

    def _current(self, state: tuple[int, int]) -> Starters:
        of, made = self._made
        return made if of == state else Starters(state[0])

    def step(self) -> None:
        """Try one question, unless the starters are complete, or a question or other work is in progress."""
        state = self._state()
        made = self._current(state)
        if made.complete or self._engine.open_questions or self._is_busy():
            return
        if state != self._made[0]:
            self._tries = try_questions(self._engine)
        try:
            found = next(self._tries)
        except StopIteration:
            self._made = state, replace(made, complete=True)
            return
        starters = made.starters if found is None else (*made.starters, found)
        self._made = state, replace(made, starters=starters, complete=len(starters) == MAX_STARTERS)


def try_questions(engine: QueryEngine) -> Iterator[Starter | None]:
    """Try questions about the newest reports; yield a starter for an answered question, None for any other.

    Every report is tried for a first starter before any report is tried for a second one.
    """
    quoting = engine.quoting_only()
    waiting = _candidates(engine.index)
    while waiting:
        for title, candidates in list(waiting):
            found = False
            while candidates and not found:
                candidate = candidates.pop(0)
                found = _is_answered(quoting, candidate)
                yield Starter(candidate.question, candidate.document_id, title) if found else None
        waiting = [each for each in waiting if each[1]]


def _candidates(index: Library) -> list[tuple[str, list[Candidate]]]:
    """Return the title of each of the newest reports, with the questions to try; skip reports without any."""
    found: list[tuple[str, list[Candidate]]] = []
    earlier: list[str] = []
    with index.snapshot() as snapshot:
        for record in newest_reports(snapshot, Filters(languages=(LANGUAGE,)), _REPORTS):
            whole = whole_report(snapshot, record)
            text = snapshot.reader.text(record.document_id, record.version).text
            made: list[tuple[Scored, str | None]] = [
                (item, question_about(item.candidate.sentence.text)) for item in main_rows(whole)
            ]
            made += [
                (item, question_of(sentence.text, text_around(text, sentence.span)))
                for item in representative(snapshot, whole, _REPRESENTATIVE)
                for sentence in [item.candidate.sentence]
            ]
            named = [
                Candidate(
                    _with_publisher(asked, record.publisher), record.document_id, item.candidate.sentence.span
                )
                for item, asked in made
                if asked is not None
            ]
            clear = [each for each in named if _is_clear(each.question)]
            chosen = list(without_repetitions(clear, earlier))[:_TRIED_EACH]
            earlier += [each.question for each in chosen]
            if chosen:
                found.append((record.title, chosen))
    return found


def _with_publisher(question: str, publisher: str | None) -> str:
    """Name the publisher in a question that says *the company*, or asks for a figure without saying whose."""
    if publisher is None or publisher.casefold() in question.casefold():
        return question
    named = _COMPANY.sub(lambda _: publisher, question)
    if named == question:
        named = _MEASURE.sub(lambda found: f"{found['asks']} {publisher}’s ", question)
    return named


def _is_clear(question: str) -> bool:
    """Return whether a question is clear without an answer beside it: it names something or is long."""
    names = _NAME.finditer(DATE.sub("", question))
    # A name such as "the Plan" means something only within its report.
    is_named = any(name["the"] is None or name["more"] for name in names)
    return is_named or (len(question.split()) >= _SAYS_ENOUGH and _COMPANY.search(question) is None)


def _is_answered(engine: QueryEngine, candidate: Candidate) -> bool:
    """Return whether a candidate's sentence answers its question, without caveat or corrected spelling."""
    answer = engine.ask(candidate.question)
    return answer.searched_for is None and answer.note is None and is_answered_by(candidate, answer)
