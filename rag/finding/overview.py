"""Chooses the sentences of an overview: those that represent a report, or the passages found.

They are near the mean (the centroid: Radev et al., ANLP 2000), likely to be asked about, early, and far from
each other (maximal marginal relevance); the main rows of statements are chosen by their labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
import regex

from index.documents import Span
from index.embedding import DEFAULT_MODEL
from index.records import DocumentRecord, Filters
from index.search import Snapshot, Term, terms
from index.text import cells
from rag.figures.countries import names_same_country
from rag.finding.abstention import name_parts
from rag.finding.matching import acronyms, contains_term, content_words, names_only, stands_alone
from rag.finding.ranking import LARGEST_PRIOR, Candidate, Scored, by_document, is_repeated, vectors_of
from rag.finding.reading import Reading, sentences_of
from rag.questions import Form, Question

# A logistic regression on the default encoder's vectors, by ``benchmarks/train_salience.py``; last, the
# constant.
SALIENCE = Path(__file__).with_name("salience.npy")
_MAX_PASSAGES = 1000  # from the beginning of a report: about 400 pages
# The share of the subject's words, by rarity, in a report's title, publisher, date and file name.
_NAMED = 0.5
_SALIENT = 0.5
_NEAR = 0.35  # so large a share of the sentences is less likely to be asked about, or farther from the mean
_UNFIT = 10.0  # in standard deviations of the nearness: only short texts need such sentences
_FIRST = 4.0  # the first fitting sentence's advantage, in the same unit
_FADES = 8  # after three times this many sentences, the advantage is half as large
_APART = 4.0  # between two sentences of the same meaning, in the same unit
_MOST = 6
_SEVERAL = regex.compile(
    r"\b(?:(?:report|document|file|paper|article)s|these|those|library|collection|here)\b", regex.IGNORECASE
)
_REVENUE = regex.compile(r"(?:total )?(?:net |operating )*(?:sales|revenues?|turnover)", regex.IGNORECASE)
_RESULT = regex.compile(
    r"net (?:income|earnings|profit|loss)(?: (?:or )?(?:income|earnings|profit|loss))?"
    r"(?: (?:attributable|available) to (?!non).+)?"
    r"|(?:(?:profit|loss|earnings) )+(?:for the (?:financial )?(?:year|period|quarter)|after tax(?:ation)?)",
    regex.IGNORECASE,
)
_ASSETS = regex.compile("total assets", regex.IGNORECASE)

_NOT_LETTERS = regex.compile(r"[^\p{L}]+")
_SUM = regex.compile(r"\p{N}(?![\p{N}.,]*\s?(?:%|per\s?cent))")

_REPORT = frozenset({
    "overview", "summari", "summaris", "summar", "outlin", "about", "report", "document", "paper", "articl",
    "stori", "studi", "file", "releas", "press", "statement", "brief", "main", "key", "point", "find",
    "result", "content", "quarter", "annual", "whole", "librari", "collect", "list", "show", "here", "thing",
    "kind", "tl", "dr", "tldr", "highlight", "takeaway", "messag", "conclus", "fact", "figur", "gist",
    "quick", "short",
})  # fmt: skip
_ONE_REPORT = regex.compile(
    r"\b(?:article|bulletin|chapter|document|filing|guid(?:e|ance)|letter|paper|plan|report|speech|statement|study"
    r"|testimony|10-[qk])\b",
    regex.IGNORECASE,
)
_ENDING = regex.compile(r"['’]s$|(?<=\p{N})s$|(?<=\p{L}{5})(?:ian|an|n|ese|ish)$")

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}&-]{2,}")
_PARTS = regex.compile(r"[\W_]+|(?<=\p{Ll})(?=\p{Lu})")


def named_report(
    index: Snapshot, question: Question, ranked: Sequence[Scored], filters: Filters
) -> DocumentRecord | None:
    """*This report* is the only one; *the paper on the strike* the one with half of what was read."""
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
        return best_of[report].candidate.reading.document
    [(most, count)] = Counter(item.candidate.reading.document.document_id for item in ranked).most_common(1)
    is_meant = _ONE_REPORT.search(question.text) is not None and 2 * count >= len(ranked)
    return best_of[most].candidate.reading.document if is_meant else None


def newest_reports(index: Snapshot, filters: Filters, most: int) -> list[DocumentRecord]:
    return [index.reader.document(number) for number in index.reader.newest(most, filters)]


def overview(
    index: Snapshot, ranked: Sequence[Scored], reports: Sequence[DocumentRecord], most: int, said: str = ""
) -> list[Scored]:
    """Of each report, or else of the passages; in the text's order, without what was ``said``."""
    score = ranked[0].score if ranked else 1.0
    wholes = [whole_report(index, report) for report in reports] or [by_document(ranked)]
    wholes = [[item for item in whole if item.candidate.sentence.text not in said] for whole in wholes]
    share = min(most, _MOST) if len(wholes) == 1 else 1
    chosen: list[Scored] = []
    for whole in wholes:
        rows = main_rows(whole)[: share // 2] if reports else []
        own = [*rows, *representative(index, whole, share - len(rows))]
        stating = (
            item
            for item in whole
            if not names_only(item.candidate.sentence, item.candidate.reading.document.title)
        )
        chosen += sorted(own, key=whole.index) or islice(stating, share)
    return [replace(item, score=score) for item in chosen]


def described(index: Snapshot, reports: Sequence[DocumentRecord], filters: Filters) -> str | None:
    if len(reports) == 1:
        known = ", ".join(filter(None, [reports[0].publisher, reports[0].published]))
        return f"This is an overview of “{reports[0].title}”{f' ({known})' if known else ''}."
    count = index.reader.count_documents(filters)
    return f"These are the newest {len(reports)} of {count} reports." if len(reports) < count else None


def main_rows(whole: Sequence[Scored]) -> list[Scored]:
    """Return no rows without an income statement: a table with rows of revenue and of the result."""
    found: dict[tuple[str, Span], Scored] = {}
    for item in whole:
        sentence = item.candidate.sentence
        if sentence.header is None or sentence.is_heading or not _SUM.search(sentence.text):
            continue
        label = _NOT_LETTERS.sub(" ", cells(sentence.text)[0]).strip()
        for kind in (_REVENUE, _RESULT, _ASSETS):
            if kind.fullmatch(label):
                found.setdefault((kind.pattern, sentence.header), item)
    for (label_of, header), row in found.items():
        result = found.get((_RESULT.pattern, header))
        if label_of == _REVENUE.pattern and result is not None:
            assets = [each for (other, _), each in found.items() if other == _ASSETS.pattern]
            return [row, result, *assets[:1]]
    return []


def representative(index: Snapshot, items: Iterable[Scored], most: int) -> list[Scored]:
    pool = [
        item for item in items if stands_alone(item.candidate.sentence, item.candidate.reading.document.title)
    ]
    if not pool:
        return []
    vectors = vectors_of(index, [item.candidate.sentence for item in pool])
    nearness = vectors @ vectors.mean(axis=0)
    salience = _salience(vectors) if index.encoder.name == DEFAULT_MODEL else np.ones(len(pool))
    fits = (salience >= np.quantile(salience, _SALIENT)) & (nearness >= np.quantile(nearness, _NEAR))
    before = np.maximum(np.cumsum(fits) - 1, 0)
    value = (nearness - nearness.mean()) / (nearness.std() or 1.0) + np.log(salience)
    value += _FIRST / np.sqrt(1 + before / _FADES) - _UNFIT * ~fits
    repeated = np.zeros(len(pool))
    chosen: list[Scored] = []
    while len(chosen) < most and np.isfinite(value).any():
        best = int(np.argmax(value - _APART * repeated))
        value[best] = -np.inf
        if not is_repeated(pool[best], chosen):
            chosen.append(pool[best])
            repeated = np.maximum(repeated, vectors @ vectors[best])
    return chosen


def _salience(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The values are from 0 to 1, of shape (sentences,)."""
    weights = _weights()
    return np.asarray(1 / (1 + np.exp(-(vectors @ weights[:-1] + weights[-1]))), np.float32)


@cache
def _weights() -> npt.NDArray[np.float32]:
    return np.asarray(np.load(SALIENCE, allow_pickle=False), np.float32)


def asks_in_general(index: Snapshot, question: Question) -> bool:
    if question.form is not Form.SUMMARY or question.names:
        return False
    return not _subject(index, question, question.language)


def means_one(question: Question) -> bool:
    return _SEVERAL.search(question.text) is None


def _subject(index: Snapshot, question: Question, language: str) -> dict[Term, float]:
    own = {
        term
        for word in _WORD.findall(question.text)
        if not _REPORT.intersection(stem for _, stem in terms(word, "en"))
        for term in terms(word, language)
    }
    return dict(index.idf([term for term in content_words(question.text, language) if term in own]))


def _share_named(index: Snapshot, question: Question, best: Scored) -> float:
    """0 if they lack a name or figure (*eu-012* is not *eu-011*), 1 if the question has no subject."""
    record = best.candidate.reading.document
    file = PurePosixPath(record.path).name
    names = " ".join(filter(None, [record.title, record.publisher, record.published, file]))
    folded = " ".join([names, *acronyms(names)]).casefold()
    if not all(_has_name(folded, name) or names_same_country(name, names) for name in question.names):
        return 0.0
    name_terms = frozenset(terms(_PARTS.sub(" ", names), record.language))
    subject = _subject(index, question, record.language)
    found = sum(rarity for term, rarity in subject.items() if contains_term(name_terms, term))
    return found / sum(subject.values()) if subject else 1.0


def _has_name(folded: str, name: str) -> bool:
    bare = _ENDING.sub("", name.casefold())
    return bare in folded or all(part in folded for part in name_parts(bare))


def whole_report(index: Snapshot, report: DocumentRecord) -> list[Scored]:
    passages = islice(index.reader.passages(document_id=report.document_id), _MAX_PASSAGES)
    sentences = tuple(sentence for passage in passages for sentence in sentences_of(passage))
    whole = Reading(report, sentences, 1.0)
    return [Scored(Candidate(whole, number, LARGEST_PRIOR), 1.0) for number in range(len(sentences))]
