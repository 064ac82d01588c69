"""Keeps a follow-up that names something new from being answered by the words of the answer before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import regex

from rag.finding.candidates import is_foreign
from rag.finding.english_words import is_term
from rag.finding.matching import contains_term, content_words, terms_of, words_of
from rag.finding.ranking import Scored
from rag.follow_ups.conversation import Exchange, is_fragment
from rag.questions import Form, Kind, Question, fits_kind, understand

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}’'&-]+")


def without_repetition(
    ranked: Sequence[Scored], asked: Question, question: Question, history: Sequence[Exchange]
) -> list[Scored]:
    """Return ranked sentences anew, if the last answer quotes the best one, and that lacks what is new.

    New are the words of a fragment, and the names, figures and terms of a sentence, that the last turn's
    question lacks, or else the kind of answer. (The reports may have synonyms of a sentence's other words.)
    What has nothing new gets the probability 0; the rest, those on the condition that nothing quoted answers.
    A question with nothing new, such as *Say that again*, may have the same answer.
    """
    if not ranked or not history or question.form is Form.SUMMARY:
        return list(ranked)
    last, language = history[-1], ranked[0].candidate.reading.document.language
    if is_foreign(question, language):
        return list(ranked)
    former = understand(last.standalone)
    own = _WORD.findall(question.text.removesuffix(f" ({last.source})"))
    telling = (
        own
        if is_fragment(asked.text)
        else [word for word in own if word in question.names or word.isdigit() or is_term(word)]
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
