"""What can be asked next: questions that the library answers, by what an answer's sources say beside it.

No language model takes part. The sentences around those that are cited are turned into questions
(:mod:`rag.suggesting.phrasing`), and each of these is asked: one that the library does not answer with the
very sentence that it was made of is not suggested. So far this is done in English only.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from index.documents import Document, Span
from index.errors import DocumentNotFoundError
from index.library import Library
from index.records import Filters
from index.search import terms
from index.text import sentences
from rag.answers import Answer, Citation, Passage
from rag.conversations.history import Conversation, follow
from rag.engine import QueryEngine
from rag.suggesting.phrasing import questions_in

MOST = 3
"""Questions that are suggested."""

LANGUAGE = "en"
"""The language that questions are made in."""

_ASKED_AT_MOST = 6
"""Questions that are tried."""

SECONDS = 1.0
"""What may be spent on suggestions, but for the question that is being tried."""

_AROUND = 1_500
"""Code points before and after the words that are cited: what is said there belongs to the subject."""

_FAR = 20_000
"""As far around them words are looked up."""

_NEAREST_PASSAGES = 1
"""Of an abstention, as many are looked around: what comes second is seldom near."""

_SAYS_ENOUGH = 6
"""Words of a question that is clear by itself."""

_ALIKE = 0.5
"""Two questions that share more of their words (Jaccard) ask the same."""

Place = Citation | Passage


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, and the sentence that should answer it.

    Attributes:
        question: the question.
        subject: what the sentence speaks of; "" where the question names it itself.
        document_id: the document's number.
        span: the sentence in its text.
        distance: code points between the sentence and the nearest one that is cited.
    """

    question: str
    subject: str
    document_id: int
    span: Span
    distance: int


def suggest(engine: QueryEngine, answer: Answer, seconds: float = SECONDS) -> list[str]:
    """Questions to ask after an answer, those first that stand nearest to what it cites; three at most.

    Args:
        engine: answers, as it would if they were asked.
        answer: what they follow; of an abstention, its nearest passage is looked around.
        seconds: after as long no other question is tried.
    """
    follows = follow(engine.index, answer.conversation_id)
    filters = answer.searched.filters if answer.searched else Filters()
    shown = {
        (cited.document_id, Span(cited.start, cited.end)) for cited in (*answer.citations, *follows.cited)
    }
    asked = [answer.question, answer.standalone or "", *(each.standalone for each in follows.exchanges)]
    candidates = [
        each
        for each in candidates_of(engine.index, answer)
        if (each.document_id, each.span) not in shown and _is_clear(each, answer)
    ]
    ends = time.perf_counter() + seconds
    suggested: list[str] = []
    tried = islice(_unlike(candidates, asked), _ASKED_AT_MOST)
    aside = engine.aside()
    while len(suggested) < MOST and time.perf_counter() < ends and (each := next(tried, None)) is not None:
        if _answers(aside, each, filters, follows):
            suggested.append(each.question)
    return suggested


def candidates_of(index: Library, answer: Answer) -> list[Candidate]:
    """Questions that are answered around what an answer cites, the nearest first."""
    # Where no report speaks of what was asked, the nearest one speaks of something else.
    near = answer.passages[:_NEAREST_PASSAGES] if answer.cause == "not_answered" else ()
    places: Sequence[Place] = answer.citations or near
    by_document: dict[tuple[int, int], list[Span]] = {}
    for place in places:
        by_document.setdefault((place.document_id, place.version), []).append(Span(place.start, place.end))
    found = [
        candidate
        for (document_id, version), spans in by_document.items()
        if (document := _current(index, document_id, version)) is not None
        for candidate in _in_document(document, document_id, spans)
    ]
    return sorted(found, key=lambda candidate: candidate.distance)


def _current(index: Library, document_id: int, version: int) -> Document | None:
    """The text of a document in a language that questions are made in; None where a newer one replaced it."""
    try:
        if index.catalog.document(document_id).version != version:
            return None
        document = index.catalog.text(document_id, version)
    except DocumentNotFoundError:
        return None
    return document if document.language == LANGUAGE else None


def _in_document(document: Document, document_id: int, spans: Sequence[Span]) -> Iterator[Candidate]:
    for start, end in _stretches(document.text, spans):
        around = document.text[max(start - _FAR, 0) : end + _FAR]
        for sentence in sentences(document.text[start:end], document.language):
            span = Span(start + sentence.start, start + sentence.end)
            distance = min(max(span.start - each.end, each.start - span.end, 0) for each in spans)
            for phrased in questions_in(span.of(document.text), around)[:1]:
                yield Candidate(phrased.question, phrased.subject, document_id, span, distance)


def _stretches(text: str, spans: Iterable[Span]) -> list[tuple[int, int]]:
    """The text around ``spans``, from line break to line break, so that its sentences are the document's."""
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
    """Whether it is clear beside the answer what the question is about.

    "The plan" is, where the answer or a title speaks of a plan. Where nothing was answered, a question must
    say more itself.
    """
    if answer.abstained and len(candidate.question.split()) < _SAYS_ENOUGH:
        return False
    article, _, noun = candidate.subject.partition(" ")
    if article != "the" or " " in noun or not noun.islower():
        return True
    titles = [cited.title for cited in answer.citations] or [passage.title for passage in answer.passages]
    return _words(noun) <= _words(" ".join([answer.question, answer.text, *titles]))


def _unlike(candidates: Iterable[Candidate], asked: Iterable[str]) -> Iterator[Candidate]:
    """Candidates that ask neither what was asked nor what another of them asks."""
    taken = [_words(question) for question in asked if question]
    for candidate in candidates:
        words = _words(candidate.question)
        if not any(len(words & other) > _ALIKE * len(words | other) for other in taken):
            taken.append(words)
            yield candidate


def _words(question: str) -> frozenset[tuple[str, str]]:
    return frozenset(terms(question, LANGUAGE))


def _answers(engine: QueryEngine, candidate: Candidate, filters: Filters, follows: Conversation) -> bool:
    """Whether the library answers a question, as it stands, with the sentence that it was made of first."""
    answer = engine.ask(candidate.question, filters, follows)
    if answer.abstained or answer.standalone is not None:
        return False
    first = answer.citations[0]
    return first.document_id == candidate.document_id and candidate.span.covers(Span(first.start, first.end))
