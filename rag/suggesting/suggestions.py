"""Suggestions for the next question: questions whose answers are close to the words that an answer cites.

No language model is involved. The sentences around the cited ones are turned into questions
(:mod:`rag.suggesting.shapes`), and the engine answers each of them. A question is suggested only if
its answer cites the sentence that it was made from. English only.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import regex

from index.documents import Document, Span
from index.errors import DocumentNotFoundError
from index.library import Library
from index.records import Filters
from index.search import terms
from index.text import sentences
from rag.answers import Answer
from rag.conversations.history import continue_conversation
from rag.engine import QueryEngine
from rag.suggesting.shapes import question_of

MAX_SUGGESTIONS = 3
"""The most suggestions."""

LANGUAGE = "en"
"""The language of the suggestions."""

_ASKED_AT_MOST = 6
"""The most questions that the engine tries for one answer."""

SECONDS = 1.0
"""The seconds after which no further question is tried; a question that is being tried then is completed."""

_AROUND = 1_500
"""The number of code points before and after the cited words that count as text on the same subject."""

_FAR = 20_000
"""The number of code points, before and after a sentence, that are searched for other uses of its words."""

_NEAREST_PASSAGES = 1
"""For an abstention, only so many passages are used, because the second is seldom close to the question."""

_SAYS_ENOUGH = 6
"""The fewest words of a question that is clear without an answer beside it."""

_LONE = regex.compile(r"(?:was|were|is|are|did)\sthe\s(\p{Ll}+)(?:\s\p{Ll}+(?:ed|en)\b|\?|$)")
"""The only word after *the* in the subject of a question."""

_ALIKE = 0.5
"""Two questions with a larger overlap of words (Jaccard index) count as the same question."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, and the sentence that should answer it.

    Attributes:
        question: the question.
        document_id: the document's number.
        span: the sentence's span in the document's text.
        distance: code points between the sentence and the nearest cited words, if any are cited.
    """

    question: str
    document_id: int
    span: Span
    distance: int = 0


def suggest(engine: QueryEngine, answer: Answer, seconds: float = SECONDS) -> list[str]:
    """Return at most three questions to ask after an answer, the nearest to its citations first.

    Args:
        engine: answers each question, so that only questions with an answer are suggested.
        answer: the answer; for an abstention, its nearest passage takes the place of citations.
        seconds: the time after which no further question is tried.
    """
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
        and _is_clear(each, answer)
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
    """Return the questions that sentences in or near the cited words should answer, the nearest first."""
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
    """Return a document's text if it is in :data:`LANGUAGE` and no newer version replaced it, else None."""
    try:
        if index.catalog.document(document_id).version != version:
            return None
        document = index.catalog.text(document_id, version)
    except DocumentNotFoundError:
        return None
    return document if document.language == LANGUAGE else None


def candidates_in(document: Document, document_id: int, spans: Sequence[Span]) -> Iterator[Candidate]:
    """Yield the questions whose answers are in or near ``spans`` of a document, in the order of the text."""
    for start, end in _stretches(document.text, spans):
        for sentence in sentences(document.text[start:end], document.language):
            span = Span(start + sentence.start, start + sentence.end)
            distance = min(max(span.start - each.end, each.start - span.end, 0) for each in spans)
            question = question_of(span.of(document.text), text_around(document.text, span))
            if question is not None:
                yield Candidate(question, document_id, span, distance)


def text_around(text: str, span: Span) -> str:
    """Return the text in which other uses of a sentence's words are sought."""
    return text[max(span.start - _FAR, 0) : span.end + _FAR]


def _stretches(text: str, spans: Iterable[Span]) -> list[tuple[int, int]]:
    """Return the starts and ends of whole lines of text around ``spans``; stretches that meet are merged."""
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


def _is_clear(candidate: Candidate, answer: Answer) -> bool:
    """Return whether a reader of the answer can tell what the candidate's question is about.

    A question about "the plan" is clear if the answer, its question or a title mentions a plan. An abstention
    says little about the subject, so a question after it must also have ``_SAYS_ENOUGH`` words.
    """
    if answer.abstained and len(candidate.question.split()) < _SAYS_ENOUGH:
        return False
    lone = _LONE.search(candidate.question)
    if lone is None:
        return True
    titles = [cited.title for cited in answer.citations] or [passage.title for passage in answer.passages]
    return _words(lone[1]) <= _words(" ".join([answer.question, answer.text, *titles]))


def without_repetitions(candidates: Iterable[Candidate], earlier: Iterable[str]) -> Iterator[Candidate]:
    """Yield the candidates, without those that repeat an earlier question or a candidate before them."""
    taken = [_words(question) for question in earlier if question]
    for candidate in candidates:
        words = _words(candidate.question)
        if not any(len(words & other) > _ALIKE * len(words | other) for other in taken):
            taken.append(words)
            yield candidate


def _words(question: str) -> frozenset[tuple[str, str]]:
    return frozenset(terms(question, LANGUAGE))


def is_answered_by(candidate: Candidate, answer: Answer) -> bool:
    """Return whether the first citation of ``answer`` is within the candidate's sentence, or has all of it.

    This is False for an abstention, and for an answer to a rewritten form of the question.
    """
    if answer.abstained or answer.standalone is not None:
        return False
    first = answer.citations[0]
    cited = Span(first.start, first.end)
    is_it = candidate.span.covers(cited) or cited.covers(candidate.span)
    return first.document_id == candidate.document_id and is_it
