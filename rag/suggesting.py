"""Suggests questions to ask after an answer, and questions to begin with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import regex

from index.documents import Document, Span
from index.errors import DocumentNotFoundError
from index.library import Library
from index.records import Filters
from index.search import terms
from index.text import DAYS, MONTHS, cells, sentences
from rag.answers import Answer
from rag.conversations.history import continue_conversation
from rag.engine import QueryEngine
from rag.finding.overview import main_rows, newest_reports, representative, whole_report
from rag.finding.ranking import SURE, Scored
from rag.questions import PARTICIPLES, PAST

_MOST_WORDS = 17

DATE = regex.compile(
    rf"(?:\b\p{{N}}{{1,2}}(?:st|nd|rd|th)?\s)?\b(?:{MONTHS})(?:\s\p{{N}}{{1,2}}\b)?(?:,?\s\p{{N}}{{4}})?\b"
    rf"|\b(?:{DAYS})\b|\b(?:fiscal\s)?(?:1[5-9]|20)\p{{N}}{{2}}\b"
)

_NOTES = regex.compile(r"\s?\([^()]{0,80}\)|\s?\[\p{N}{1,3}\]|[¹²³⁰⁴-⁹]+")
_ATTRIBUTED = regex.compile(r"\s(?:attributable|available)\s.*", regex.IGNORECASE)
_BULLET = regex.compile(r"^[\s•●▪◦‣·]+")
_FRONTED = regex.compile(rf"^(?P<when>(?:In|On)\s(?:{DATE.pattern})),?\s(?=\S)")
_PREPOSITION = regex.compile(r"\s(?:of|for|in|from|to|on|at|by|with|per)\s")
_LEANS = regex.compile(
    r"\b(?:he|she|it|they|him|them|his|her|its|their|we|us|our|I|you|your|my|this|that|these|those|there|here|such|"
    r"same|former|latter|others?|both|who|which|whose|not|no|also|because|while|although|respectively|compared|"
    r"versus|the (?:figure|table|report|rest|following|remaining))\b|[“”\"«»|\[\]{}<>…?!*_#=@\\]|\s[–—-]+\s",
    regex.IGNORECASE,
)
_DEED = "|".join({**PAST, **PARTICIPLES})
_VERB = regex.compile(
    rf"\b(?:{_DEED}|\p{{Ll}}+ed|is|are|was|were|has|have|had|be|been|will|would|may|might|can|could|should|must)\b"
)
# The words up to the date are a whole sentence, unless another date follows.
_DONE = regex.compile(
    rf"^(?P<subject>[^,;:]+?)\s(?:(?P<be>was|were)\s)?(?P<done>{_DEED})\b(?P<rest>[^,;:]*?)"
    rf"(?<!ing)\s(?:on|in)\s(?:{DATE.pattern})(?=$|,(?!\s(?:{DATE.pattern})))"
)
_ARTICLES = frozenset({"the", "a", "an"})
_NOT_NAMES = frozenset({
    "after", "as", "before", "if", "many", "most", "several", "since", "some", "until", "when", "while",
})  # fmt: skip


def question_of(sentence: str) -> str | None:
    """*The mill was rebuilt in May*: *When was the mill rebuilt?*, in English; None for other sentences."""
    words = _BULLET.sub("", _NOTES.sub("", " ".join(sentence.split())))
    if not words.endswith("."):
        return None
    fronted = _FRONTED.match(words)
    when = f" {fronted['when'][0].lower()}{fronted['when'][1:]}" if fronted else ""
    found = _DONE.match((words[fronted.end() :] if fronted else words)[:-1] + when)
    subject = _named(found["subject"], begins=not fronted) if found else None
    if found is None or subject is None or _VERB.search(found["rest"]):
        return None
    be, done, rest = found["be"], found["done"], found["rest"]
    # Without an object, *reported* may be a participle, as in *the cases reported by the police*.
    if not be and (done not in PAST or not rest or _PREPOSITION.match(rest)):
        return None
    question = f"When {be} {subject} {done}{rest}" if be else f"When did {subject} {PAST[done]}{rest}"
    is_clear = _LEANS.search(question) is None and len(question.split()) <= _MOST_WORDS
    return f"{question}?" if is_clear else None


def question_about(row: str) -> str:
    label = " ".join(_ATTRIBUTED.sub("", _NOTES.sub(" ", cells(row)[0])).split()).lower()
    return f"What {'were' if label.endswith('s') else 'was'} {label}?"


def _named(subject: str, *, begins: bool) -> str | None:
    """Return *the levee* for *The levee*, which ``begins`` a sentence; None without an article or a name."""
    first, *others = subject.split()
    if _VERB.search(subject):
        return None
    if first.lower() in _ARTICLES:
        return " ".join([first.lower(), *others]) if others and others[-1] not in _ARTICLES else None
    # The first word of a sentence has a capital in any case, so another one must show that it is a name.
    is_name = first[0].isupper() and (not begins or first.isupper() or (others and others[0][0].isupper()))
    return subject if is_name and first.lower() not in _NOT_NAMES else None


MAX_SUGGESTIONS = 3

LANGUAGE = "en"

_ASKED_AT_MOST = 6

SECONDS = 1.0  # after these, no further question is tried; one that is being tried is completed
_AROUND = 20_000

_NEAREST_PASSAGES = 1  # for an abstention, the second passage is seldom close to the question
_SAYS_ENOUGH_BESIDE_AN_ANSWER = 6  # words of a question that is clear without an answer beside it
_LONE = regex.compile(r"(?:was|were|did)\sthe\s(\p{Ll}+)(?:\s\p{Ll}+(?:ed|en)\b|\?|$)")

_ALIKE = 0.5  # jaccard index of words, above which two questions are the same


@dataclass(frozen=True, slots=True)
class Candidate:
    """``distance``: code points between the sentence and the nearest cited words."""

    question: str
    document_id: int
    span: Span
    distance: int = 0


def suggest(engine: QueryEngine, answer: Answer, seconds: float = SECONDS) -> list[str]:
    """At most three, the nearest to the citations (or an abstention's nearest passage) first."""
    follows = continue_conversation(engine.index.catalog, answer.conversation_id)
    filters = answer.searched.filters if answer.searched else Filters()
    shown = [
        (cited.document_id, Span(cited.start, cited.end)) for cited in (*answer.citations, *follows.cited)
    ]
    own = (answer.question, answer.searched_for or "", answer.standalone or "")
    earlier = [*own, *(each.standalone for each in follows.exchanges)]
    candidates = [
        each
        for each in candidates_of(engine.index, answer)
        if not any(number == each.document_id and span.covers(each.span) for number, span in shown)
        and _is_clear_beside(each, answer)
    ]
    ends = time.perf_counter() + seconds
    quoting = engine.quoting_only()
    answered = (
        each.question
        for each in islice(without_repetitions(candidates, earlier), _ASKED_AT_MOST)
        if time.perf_counter() < ends
        and is_answered_by(each, quoting.ask(each.question, filters, follows, exact=True))
    )
    return list(islice(answered, MAX_SUGGESTIONS))


def candidates_of(index: Library, answer: Answer) -> list[Candidate]:
    # If no report mentions the subject, the nearest passage is about something else.
    near = answer.passages[:_NEAREST_PASSAGES] if answer.cause == "not_answered" else ()
    by_document: dict[tuple[int, int], list[Span]] = {}
    for place in answer.citations or near:
        by_document.setdefault((place.document_id, place.version), []).append(Span(place.start, place.end))
    found = [
        candidate
        for (document_id, version), spans in by_document.items()
        if (document := _current(index, document_id, version)) is not None
        for candidate in candidates_in(document, document_id, spans)
    ]
    return sorted(found, key=lambda candidate: candidate.distance)


def _current(index: Library, document_id: int, version: int) -> Document | None:
    try:
        if index.catalog.document(document_id).version != version:
            return None
        document = index.catalog.text(document_id, version)
    except DocumentNotFoundError:
        return None
    return document if document.language == LANGUAGE else None


def candidates_in(document: Document, document_id: int, spans: Sequence[Span]) -> Iterator[Candidate]:
    for start, end in _stretches(document.text, spans):
        for sentence in sentences(document.text[start:end], document.language):
            span = Span(start + sentence.start, start + sentence.end)
            distance = min(max(span.start - each.end, each.start - span.end, 0) for each in spans)
            question = question_of(span.of(document.text))
            if question is not None:
                yield Candidate(question, document_id, span, distance)


def _stretches(text: str, spans: Iterable[Span]) -> list[tuple[int, int]]:
    """Stretches of whole lines that meet are merged."""
    stretches: list[tuple[int, int]] = []
    for span in sorted(spans):
        start = text.rfind("\n", 0, max(span.start - _AROUND, 0)) + 1
        end = text.find("\n", span.end + _AROUND)
        end = len(text) if end < 0 else end
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
        else:
            stretches.append((start, end))
    return stretches


def _is_clear_beside(candidate: Candidate, answer: Answer) -> bool:
    """*The plan* is clear if the answer, its question or a title mentions a plan."""
    if answer.abstained and len(candidate.question.split()) < _SAYS_ENOUGH_BESIDE_AN_ANSWER:
        return False
    lone = _LONE.search(candidate.question)
    if lone is None:
        return True
    titles = [cited.title for cited in answer.citations] or [passage.title for passage in answer.passages]
    return _words(lone[1]) <= _words(" ".join([answer.question, answer.text, *titles]))


def without_repetitions(candidates: Iterable[Candidate], earlier: Iterable[str]) -> Iterator[Candidate]:
    taken = [_words(question) for question in earlier if question]
    for candidate in candidates:
        words = _words(candidate.question)
        if not any(len(words & other) > _ALIKE * len(words | other) for other in taken):
            taken.append(words)
            yield candidate


def _words(question: str) -> frozenset[tuple[str, str]]:
    return frozenset(terms(question, LANGUAGE))


def is_answered_by(candidate: Candidate, answer: Answer) -> bool:
    """As a reader would be sure of it: the first words are the candidate's, and no others come close."""
    is_sure = (answer.answerability or 0.0) >= SURE and not answer.alternatives
    if answer.abstained or not is_sure:
        return False
    first = answer.citations[0]
    cited = Span(first.start, first.end)
    is_it = candidate.span.covers(cited) or cited.covers(candidate.span)
    return first.document_id == candidate.document_id and is_it


MAX_STARTERS = 4

_REPORTS = 12
_TRIED_EACH = 8
_REPRESENTATIVE = 60

_SAYS_ENOUGH = 8

_NAME = regex.compile(
    r"(?<=\s)(?P<the>[Tt]he\s)?\p{L}*\p{Lu}[^\s?]*(?P<more>\s(?:of\s|and\s|&\s)?\p{Lu}[^\s?]*)*"
)
_COMPANY = regex.compile(r"\bthe\s(?i:company|corporation|group)\b")
_MEASURE = regex.compile(r"^(?P<asks>What (?:was|were)) (?:the\s)?")


@dataclass(frozen=True, slots=True)
class Starter:
    question: str
    document_id: int
    title: str


@dataclass(frozen=True, slots=True)
class Starters:
    """The starters for one state of the library's passages, each about another report if enough have one."""

    generation: int
    starters: tuple[Starter, ...] = ()
    complete: bool = False


class StarterMaker:
    """One thread may call :meth:`step`, any number :meth:`current`; everyone gets the same starters.

    So ``engine`` must read only documents that everyone may see. ``is_busy`` need not count users' questions.
    """

    def __init__(self, engine: QueryEngine, is_busy: Callable[[], bool]) -> None:
        self._engine = engine
        self._is_busy = is_busy
        self._made = ((-1, -1), Starters(generation=-1))
        self._tries: Iterator[Starter | None] = iter(())

    def current(self) -> Starters:
        return self._current(self._state())

    def _state(self) -> tuple[int, int]:
        with self._engine.index.catalog.reading() as reader:
            return reader.generation, reader.invalidation_count

    def _current(self, state: tuple[int, int]) -> Starters:
        of, made = self._made
        return made if of == state else Starters(state[0])

    def step(self) -> None:
        """Try none if the starters are complete, or if a question or other work is in progress."""
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
    """The newest reports, each once before any twice; None for a question without an answer."""
    quoting = engine.quoting_only()
    waiting = _candidates(engine.index)
    while waiting:
        for title, candidates in list(waiting):
            found = False
            while candidates and not found:
                candidate = candidates.pop(0)
                answer = quoting.ask(candidate.question)
                is_plain = answer.searched_for is None and answer.note is None
                found = is_plain and is_answered_by(candidate, answer)
                yield Starter(candidate.question, candidate.document_id, title) if found else None
        waiting = [each for each in waiting if each[1]]


def _candidates(index: Library) -> list[tuple[str, list[Candidate]]]:
    found: list[tuple[str, list[Candidate]]] = []
    earlier: list[str] = []
    with index.snapshot() as snapshot:
        for record in newest_reports(snapshot, Filters(languages=(LANGUAGE,)), _REPORTS):
            whole = whole_report(snapshot, record)
            made: list[tuple[Scored, str | None]] = [
                (item, question_about(item.candidate.sentence.text)) for item in main_rows(whole)
            ]
            made += [
                (item, question_of(item.candidate.sentence.text))
                for item in representative(snapshot, whole, _REPRESENTATIVE)
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
    if publisher is None or publisher.casefold() in question.casefold():
        return question
    named = _COMPANY.sub(lambda _: publisher, question)
    if named == question:
        named = _MEASURE.sub(lambda found: f"{found['asks']} {publisher}’s ", question)
    return named


def _is_clear(question: str) -> bool:
    names = _NAME.finditer(DATE.sub("", question))
    # A name such as "the Plan" means something only within its report.
    is_named = any(name["the"] is None or name["more"] for name in names)
    return is_named or (len(question.split()) >= _SAYS_ENOUGH and _COMPANY.search(question) is None)
