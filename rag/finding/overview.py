"""Chooses the sentences of an overview: those that represent a whole report, or the passages found.

No sentence answers *Summarise Netflix's report*, so the scores for answers do not help. A sentence represents
a text well if it is near the mean of the sentences (the centroid: Radev et al., Centroid-based summarization
of multiple documents, ANLP 2000) and far from the sentences chosen before (maximal marginal relevance).
Sentences near the beginning of a report are preferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import PurePosixPath

import numpy as np
import regex

from index.records import Filters
from index.search import Snapshot, Term, terms
from index.text import is_row
from rag.figures.countries import names_same_country
from rag.finding.candidates import Candidate, vectors_of
from rag.finding.fragments import is_fragment, names_only
from rag.finding.matching import acronyms, contains_term, content_terms
from rag.finding.ranking import Scored, by_document
from rag.finding.reading import sentences_of
from rag.questions import Question

_MAX_PASSAGES = 1000
"""The most passages of a report, from its beginning, from which sentences are chosen: about 400 pages."""

_NAMED = 0.5
"""A question names a report if the report's title, publisher, date and file name contain at least this share
of the words of the question's subject, weighted by rarity."""

_SHORTEST = 8
"""The fewest words of a sentence that can represent a text."""

_FIRST = 0.35
"""The advantage of the first sentence of a text over later ones, in the unit of cosines."""

_FADES = 4
"""The advantage falls from sentence to sentence: after three times this many sentences, it is half as
large."""

_APART = 0.6
"""The disadvantage of a sentence with the same meaning as a chosen one, in the unit of cosines."""

_FIGURES = 0.05
"""The advantage of a sentence with an amount of money or a percentage."""

_MOST = 6
"""The most sentences of an overview."""

_REPORT = frozenset({
    "overview", "summari", "summaris", "summar", "outlin", "about", "report", "document", "paper", "articl",
    "stori", "studi", "file", "releas", "press", "statement", "brief", "main", "key", "point", "find",
    "result", "content", "quarter", "annual", "whole",
})  # fmt: skip
"""English stems of words that ask for an overview or mean the report, and do not name its subject."""

_INSTRUCTION = regex.compile(
    r"^\W*(?:(?:see|refer)\b|(?:note|source):)|\bindicate by check mark\b|^\s*[☐☒☑□■¨]", regex.IGNORECASE
)
"""The mark of an instruction to readers, of a note below a table, or of a box to tick on a form."""

_AMOUNT = regex.compile(r"\p{Sc}\s?\p{N}|\p{N}\s?(?:%|per\s?cent)")

_ENDING = regex.compile(r"['’]s$|(?<=\p{N})s$|(?<=\p{L}{5})(?:ian|an|n|ese|ish)$")
"""The ending of a possessive, of a plural such as ``F-35s``, or of a people's name."""

_SHORTEST_PART = 3
"""The fewest letters of a part of a hyphenated name that is sought by itself, unlike ``F`` of ``F-35``."""

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}&-]{2,}")
_PARTS = regex.compile(r"[\W_]+|(?<=\p{Ll})(?=\p{Lu})")
"""The separators of the words of a file name."""


def named_report(
    index: Snapshot, question: Question, ranked: Sequence[Scored], filters: Filters
) -> Scored | None:
    """Return the best sentence of the report whose overview a question asks for; None if it names no report.

    A question names a report by words of its title, publisher, date or file name. If only one report passes
    the filters, *this report* is enough.

    Args:
        index: the library.
        question: a question for an overview.
        ranked: the sentences that were read, best first.
        filters: the filters of the search.
    """
    best_of: dict[int, Scored] = {}
    for item in ranked:
        best_of.setdefault(item.candidate.reading.document.document_id, item)
    if not best_of:
        return None
    shares = {number: _share_named(index, question, item) for number, item in best_of.items()}
    report = max(shares, key=shares.__getitem__)
    language = best_of[report].candidate.reading.document.language
    if shares[report] >= _NAMED and (
        _subject(index, question, language) or index.reader.count_documents(filters) == 1
    ):
        return best_of[report]
    return None


def overview(
    index: Snapshot, ranked: Sequence[Scored], report: Scored | None, most: int, said: str = ""
) -> list[Scored]:
    """Return the sentences of an overview, in the order of the text, all with the best score of ``ranked``.

    Rows of tables, headings, short sentences and instructions are left out. If no sentence remains, the whole
    of ``ranked`` is returned.

    Args:
        index: the library.
        ranked: the sentences that were read, best first.
        report: a sentence of the report to summarise; None to summarise the passages that were read.
        most: the most sentences to return.
        said: the earlier answers, whose sentences are left out.
    """
    pool = _whole(index, report) if report is not None else by_document(ranked)
    pool = [
        item for item in pool if _stands_alone(item.candidate) and item.candidate.sentence.text not in said
    ]
    if not pool:
        return list(ranked)
    vectors = vectors_of(index, [item.candidate.sentence for item in pool])
    mean = vectors.mean(axis=0)
    nearness = vectors @ (mean / np.linalg.norm(mean))
    amounts = np.array([bool(_AMOUNT.search(item.candidate.sentence.text)) for item in pool])
    value = nearness + _FIRST / np.sqrt(1 + np.arange(len(pool)) / _FADES) + _FIGURES * amounts
    chosen: list[int] = []
    repeated = np.zeros(len(pool))
    while len(chosen) < min(most, _MOST, len(pool)):
        best = int(np.argmax(value - _APART * repeated))
        chosen.append(best)
        repeated = np.maximum(repeated, vectors @ vectors[best])
        value[best] = -np.inf
    return [replace(pool[number], score=ranked[0].score) for number in sorted(chosen)]


def _subject(index: Snapshot, question: Question, language: str) -> dict[Term, float]:
    """Return the words of a question that name its subject (not *summarise*, *report*), with their rarity."""
    own = {
        term
        for word in _WORD.findall(question.text)
        if not _REPORT.intersection(stem for _, stem in terms(word, "en"))
        for term in terms(word, language)
    }
    words = content_terms(index, question, language)
    return {term: rarity for term, rarity in words.items() if term in own}


def _share_named(index: Snapshot, question: Question, best: Scored) -> float:
    """Return how well a question's subject names a report, 0 to 1.

    The result is the share of the subject's words, weighted by rarity, that the report's title, publisher,
    date and file name contain. It is 0 if they lack a name or a figure of the question (*eu-012* is not
    *eu-011*), and 1 if the question names no subject.
    """
    record = best.candidate.reading.document
    file = PurePosixPath(record.path).name
    names = " ".join(filter(None, [record.title, record.publisher, record.stated, file]))
    folded = " ".join([names, *acronyms(names)]).casefold()
    if not all(_has_name(folded, name) or names_same_country(name, names) for name in question.names):
        return 0.0
    name_terms = frozenset(terms(_PARTS.sub(" ", names), record.language))
    subject = _subject(index, question, record.language)
    found = sum(rarity for term, rarity in subject.items() if contains_term(name_terms, term))
    return found / sum(subject.values()) if subject else 1.0


def _has_name(folded: str, name: str) -> bool:
    """Return whether a case-folded text has a name, or all its parts: *april to june* has *April-June*."""
    bare = _ENDING.sub("", name.casefold())
    parts = bare.split("-")
    is_of_parts = min(map(len, parts)) >= _SHORTEST_PART
    return bare in folded or (is_of_parts and all(part in folded for part in parts))


def _whole(index: Snapshot, best: Scored) -> list[Scored]:
    """Return all sentences of the report that contains ``best``, with the score of ``best``."""
    record = best.candidate.reading.document
    passages = islice(index.reader.passages(document_id=record.document_id), _MAX_PASSAGES)
    sentences = tuple(sentence for passage in passages for sentence in sentences_of(passage))
    reading = replace(best.candidate.reading, sentences=sentences)
    return [
        replace(best, candidate=replace(best.candidate, reading=reading, number=number))
        for number in range(len(sentences))
    ]


def _stands_alone(candidate: Candidate) -> bool:
    sentence = candidate.sentence
    return (
        not is_row(sentence.text)
        and not _INSTRUCTION.search(sentence.text)
        and not is_fragment(sentence.text)
        and not names_only(sentence, candidate.reading.document.title)
        and len(_WORD.findall(sentence.text)) >= _SHORTEST
    )
