"""Starters: questions to begin a conversation with, made from the newest reports of the library.

They are made in the same way as suggestions (:mod:`rag.suggesting.suggestions`): without a language model,
and in English only. A server makes them in the background while it has nothing else to do, one try (a
question to the engine) at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import regex

from index.documents import Document, Span
from index.errors import DocumentNotFoundError
from index.library import Library
from index.records import Filters
from rag.engine import QueryEngine
from rag.suggesting.proper_names import DATE
from rag.suggesting.suggestions import LANGUAGE, Candidate, candidates_in, is_answered_by, without_repetitions

MAX_STARTERS = 4
"""The most starters."""

_REPORTS = 12
"""The number of newest reports that starters are made from."""

_TRIED_EACH = 8
"""The most questions that the engine tries for one report."""

_BEGINNING = 40_000
"""Starters are made from this many code points at the beginning of a report, which says what it is about."""

_MOST_CAPITALS = 4
"""More consecutive capitalised words than this are a heading that runs into the sentence."""

_NAME = regex.compile(
    r"(?<=\s)(?P<the>[Tt]he\s)?\p{L}*\p{Lu}[^\s?]*(?P<more>\s(?:of\s|and\s|&\s)?\p{Lu}[^\s?]*)*"
)
_BLANK_LINE = regex.compile(r"\n\s*\n")
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
    with index.catalog.reading() as reader:
        newest = reader.newest(_REPORTS, Filters(languages=(LANGUAGE,)))
    found: list[tuple[str, list[Candidate]]] = []
    earlier: list[str] = []
    for document_id in newest:
        try:
            document = index.catalog.text(document_id)
        except DocumentNotFoundError:
            continue
        beginning = Span(0, min(_BEGINNING, len(document.text)))
        made = candidates_in(document, document_id, [beginning])
        plain = [each for each in made if not _has_heading(each, document)]
        named = [_with_publisher(each, document.publisher) for each in plain]
        clear = [each for each in named if _is_clear(each.question)]
        # "Who" takes the place of the subject, so these questions read worse than the others and come last.
        clear.sort(key=lambda each: each.question.startswith("Who "))
        chosen = list(without_repetitions(clear, earlier))[:_TRIED_EACH]
        earlier += [each.question for each in chosen]
        if chosen:
            found.append((document.title, chosen))
    return found


def _with_publisher(candidate: Candidate, publisher: str | None) -> Candidate:
    """Name the publisher in a question that says *the company*, or asks for a figure without saying whose."""
    question = candidate.question
    if publisher is None or publisher.casefold() in question.casefold():
        return candidate
    named = _COMPANY.sub(lambda _: publisher, question)
    if named == question:
        named = _MEASURE.sub(lambda found: f"{found['asks']} {publisher}’s ", question)
    return replace(candidate, question=named)


def _has_heading(candidate: Candidate, document: Document) -> bool:
    """Return whether a candidate's sentence seems to contain a heading: a blank line or a very long name."""
    names = _NAME.finditer(candidate.question)
    return _BLANK_LINE.search(candidate.span.of(document.text)) is not None or any(
        len(name[0].split()) > _MOST_CAPITALS for name in names
    )


def _is_clear(question: str) -> bool:
    """Return whether a question names something, so that it is clear without an answer beside it."""
    names = _NAME.finditer(DATE.sub("", question))
    # A name such as "the Plan" means something only within its report.
    return any(name["the"] is None or name["more"] for name in names)


def _is_answered(engine: QueryEngine, candidate: Candidate) -> bool:
    """Return whether a candidate's sentence answers its question, without caveat or corrected spelling."""
    answer = engine.ask(candidate.question)
    return answer.searched_for is None and answer.note is None and is_answered_by(candidate, answer)
