"""The earlier turns of a conversation, and the wordings in which a question after them is searched for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import regex

from index.search import Term
from rag.figures.dates import without_periods
from rag.finding.matching import contains_term, content_words, terms_of, words_of
from rag.finding.ranking import Candidate, Scored, is_foreign
from rag.finding.spelling import is_term
from rag.questions import MAX_QUESTION_CHARACTERS, Form, Kind, Question, fits_kind, understand

MAX_EXCHANGES = 6

# *this report*, and not *the report on the dam*.
_THE_REPORT = regex.compile(
    r"\b(?:this|that|the(?: same)?) (?:report|document|study|paper|article)\b"
    r"(?!\s(?:about|by|dated|for|from|into|of|on|published|that|titled|which|with)\b)",
    regex.IGNORECASE,
)
# From so many content words, a question may begin another subject; fewer ask of the last one.
_WHOLE_WORDS = 4


@dataclass(frozen=True, slots=True)
class Exchange:
    """``standalone`` says what was searched for; ``source`` is the title of the report that is cited first.

    ``documents`` are the ids of all documents of which the turn may have words; ``asked`` is the question as
    typed, if ``standalone`` is another one.
    """

    standalone: str
    answer: str = ""
    source: str = ""
    document_id: int | None = None
    documents: frozenset[int] = frozenset()
    asked: str = ""


def report_meant(question: str, history: Sequence[Exchange]) -> int | None:
    cited = (turn.document_id for turn in reversed(history) if turn.document_id is not None)
    return next(cited, None) if _THE_REPORT.search(question) else None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question after others: as typed, and behind the last typed one; ``report`` is the one cited last."""

    typed: Question
    joined: Question
    report: int | None

    @property
    def is_whole(self) -> bool:
        return is_whole(self.typed)

    @property
    def own(self) -> set[Term]:
        """*And in May?* has no word of its own but the period."""
        text = without_periods(self.typed.text, self.typed.language)
        return set(content_words(text, self.typed.language))

    def is_told(self, best: Candidate) -> bool:
        """Whether the sentence and its title have all the words of the question, and not just one."""
        found = best.terms | terms_of(best.reading.document.title, best.reading.document.language)
        return len(self.own) > 1 and all(contains_term(found, term) for term in self.own)


def is_whole(question: Question) -> bool:
    return len(set(content_words(question.text, question.language))) >= _WHOLE_WORDS


def follow_up(question: Question, history: Sequence[Exchange]) -> FollowUp:
    """One earlier turn is joined and no more: a chain of them is about everything that was said."""
    last = history[-1].asked or history[-1].standalone
    text = f"{last.rstrip(' ?？')}? {question.text}"
    joined = understand(text) if len(text) <= MAX_QUESTION_CHARACTERS else question
    cited = (turn.document_id for turn in reversed(history) if turn.document_id is not None)
    return FollowUp(question, joined, next(cited, None))


_WORD = regex.compile(r"[\p{L}\p{M}\p{N}’'&-]+")


def without_repetition(
    ranked: Sequence[Scored], asked: Question, question: Question, history: Sequence[Exchange]
) -> list[Scored]:
    """Return ranked sentences anew, if the last answer quotes the best one, and that lacks what is new.

    New are a fragment's words, and names, figures and terms that the last question lacks, or else the kind of
    answer: reports may have synonyms of other words. What has nothing new gets the probability 0. A question
    with nothing new, such as *Say that again*, may have the same answer.
    """
    if not ranked or not history or question.form is Form.SUMMARY:
        return list(ranked)
    last, language = history[-1], ranked[0].candidate.reading.document.language
    if is_foreign(question, language):
        return list(ranked)
    former = understand(last.standalone)
    own = _WORD.findall(question.text)
    telling = (
        [word for word in own if word in question.names or word.isdigit() or is_term(word)]
        if is_whole(asked)
        else own
    )
    new = set(content_words(" ".join(telling), language)) - words_of(former.text, language)
    kind = Kind.OPEN if new or question.kind is former.kind else question.kind

    def has_new(item: Scored) -> bool:
        sentence = item.candidate.sentence
        found = terms_of(sentence.in_context, item.candidate.reading.document.language)
        return fits_kind(sentence.text, kind) and (not new or any(contains_term(found, term) for term in new))

    def is_repeated(item: Scored) -> bool:
        return item.candidate.sentence.text in last.answer and not has_new(item)

    if not is_repeated(ranked[0]):
        return list(ranked)
    left = max(1 - sum(item.score for item in ranked if is_repeated(item)), 1e-9)
    kept = [replace(item, score=min(item.score / left, 1.0) * has_new(item)) for item in ranked]
    return sorted(kept, key=lambda item: -item.score)
