"""Features of a sentence as an answer to a question, measured without a language model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import islice

import numpy as np
import numpy.typing as npt
import regex

from index.documents import UNKNOWN_LANGUAGE
from index.search import Snapshot, Term, terms
from index.text import cells, is_row
from rag.figures.countries import is_country, names_same_country
from rag.figures.reporting_periods import Periods, periods_of
from rag.finding.contradiction import LANGUAGE, denies, negates, opposes
from rag.finding.english_words import LIGHT_WORDS
from rag.finding.fragments import names_only
from rag.finding.reading import Reading, ReadSentence
from rag.finding.spelled_out import same_number
from rag.questions import Kind, Question, fits_kind

_WORDS = regex.compile(r"\w+")

_BEFORE = 2
"""The number of sentences before a sentence that may name what it speaks of."""

_SHORTEST_ROOT = 5
_LONGEST_ENDING = 3
"""Lengths in letters. Two words that begin alike are often unrelated if their common root is shorter than the
first length, or an ending is longer than the second."""

_ENDING = regex.compile(r"['’]s$|(?<=\p{N})s$|(?<=\p{L}{5})(?:ian|an|n|ese|ish)$")
"""The ending of a possessive, of a plural such as ``F-35s``, or of a people's name."""

_SHORTEST_PART = 3
"""The fewest letters of a part of a hyphenated name that is sought by itself, unlike ``F`` of ``F-35``."""

_CAPITALISED = regex.compile(r"\b\p{Lu}")
_LONG_NAME = regex.compile(
    r"\b\p{Lu}[\p{L}\p{M}'’-]*(?:\s(?:(?:of|on|for|and|the|de|des|du|y)\s){0,2}\p{Lu}[\p{L}\p{M}'’-]*)+"
)


@dataclass(frozen=True, slots=True)
class Features:
    """Measurements of one sentence against one question, each roughly between 0 and 1.

    Attributes:
        cosine: the cosine similarity of the sentence and the question, by the encoder.
        coverage: the share of the question's words that the sentence contains, weighted by rarity.
        near: the same share for the sentence together with its two neighbours.
        context: the same share for the whole excerpt (the consecutive text that is read around a found
            passage) together with the title of its document.
        names: the share of the question's names and figures in the sentence.
        names_context: the share of the question's names and figures in the whole excerpt and the title.
        named: the share of the question's names and figures in the sentence with its headings, in the title
            and date of its document, and, unless it is a row, in the two sentences before it.
        kind: 1 if the question expects a kind of answer that the sentence contains.
        wrong_kind: 1 if the question expects a kind of answer that the sentence does not contain.
        dense: the cosine similarity of the passage and the question.
        score: the passage's search score, fused from vectors and words; relative to the other passages.
        length: the logarithm of the number of words, scaled so that 100 words are 1.
        foreign: 1 if the question is in a different language from the document.
        opposed: 1 if the sentence replaces a word of the question by its opposite, as *non-GAAP* for *GAAP*.
        undenied: 1 if the question contains a negation and the sentence contains none.
        row: 1 if the sentence is a row of a table.
        label: the share of the words of a row's label that the question contains; 0 if ``row`` is 0, or if
            the row has *non* before a word of the question, or lacks the question's *non*.
        headings: for a row, the share of the question's words in the table's headings and the row's group,
            weighted by rarity; 0 if ``row`` is 0.
        address: for a row, ``label`` times the share of the question's words, except those of the document's
            title, that are in the row, its group or its headings, weighted by rarity; 0 if ``row`` is 0.
        full_address: ``address`` times the share of the question's proper names in the row, its group, its
            headings and the title of its document; 0 if the question has no proper name, or expects a kind of
            answer that the row does not contain.
        reader: the log-odds, divided by 10, that the sentence answers the question, by the reader (a
            cross-encoder); 0 if the reader did not score it.
        reader_window: the reader's log-odds, divided by 10, that any sentence in the window answers; the
            window is the text that the reader read with the sentence.
        reader_best: the highest ``reader_window`` of all windows that were read for the question.
        reranker: a tenth of the reranker's score; 0 if it did not score the sentence.
        late: for a sentence in a different language from the question, their token-by-token similarity, by
            the encoder (:meth:`~index.embedding.encoder.Encoder.compare`); 0 for a sentence in the same
            language.
        lead: for the best sentence, the logarithm of its share of the summed odds of all sentences: near 0 if
            all others are far behind, else negative. Set by :func:`~rag.finding.ranking.leading`; else 0.
    """

    cosine: float
    coverage: float
    near: float
    context: float
    names: float
    names_context: float
    kind: float
    wrong_kind: float
    dense: float
    score: float
    length: float
    foreign: float
    opposed: float = 0.0
    undenied: float = 0.0
    row: float = 0.0
    label: float = 0.0
    headings: float = 0.0
    named: float = 0.0
    address: float = 0.0
    full_address: float = 0.0
    reader: float = 0.0
    reader_window: float = 0.0
    reader_best: float = 0.0
    reranker: float = 0.0
    late: float = 0.0
    lead: float = 0.0


FEATURE_NAMES = tuple(field.name for field in fields(Features))
READ_NAMES = tuple(name for name in FEATURE_NAMES if name not in {"reranker", "late", "lead"})
"""The names of the features that are measured without a reranker, and without a comparison across
languages."""

MEASURED_NAMES = tuple(name for name in READ_NAMES if not name.startswith("reader"))
"""The names of the features that are measured with the encoder alone, without a reader or a reranker."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer the question.

    Attributes:
        reading: the stretch of a document that contains it.
        number: the sentence's number in the reading, from 0.
        features: its measurements against the question.
    """

    reading: Reading
    number: int
    features: Features

    @property
    def sentence(self) -> ReadSentence:
        """The sentence."""
        return self.reading.sentences[self.number]

    @property
    def terms(self) -> frozenset[Term]:
        """The sentence's words, as terms of the search; for a row, also those of its headings and groups."""
        return terms_of(self.sentence.in_context, self.reading.document.language)

    def with_features(self, **measurements: float) -> Candidate:
        """Return a copy with some features replaced."""
        return replace(self, features=replace(self.features, **measurements))


def measure(index: Snapshot, question: Question, readings: Sequence[Reading]) -> list[Candidate]:
    """Return the sentences of the passages ``readings`` that may answer, each with its features.

    Titles, captions, and rows of other periods than the question's are left out.
    """
    if not readings:
        return []
    sentences = [sentence for reading in readings for sentence in reading.sentences]
    cosines = iter((vectors_of(index, sentences) @ index.encoder.encode_query(question.text)).tolist())
    candidates: list[Candidate] = []
    for reading in readings:
        candidates += _in_reading(index, question, reading, list(islice(cosines, len(reading.sentences))))
    return candidates


def vectors_of(index: Snapshot, sentences: Sequence[ReadSentence]) -> npt.NDArray[np.float32]:
    """Return the unit vector of each sentence: the stored one, or else a new one of the sentence by itself.

    Returns:
        An array of shape (sentences, dimensions). There must be at least one sentence.
    """
    stored = index.sentence_vectors({sentence.chunk_id for sentence in sentences})
    missing = [sentence.in_context for sentence in sentences if sentence.chunk_id not in stored]
    made = iter(index.encoder.encode(missing))
    return np.stack(
        [
            stored[sentence.chunk_id][sentence.number] if sentence.chunk_id in stored else next(made)
            for sentence in sentences
        ]
    )


def content_terms(index: Snapshot, question: Question, language: str) -> Mapping[Term, float]:
    """Return the content words of the question, each with its rarity; all words if none is a content word."""
    return index.idf(content_words(question.text, language) or terms(question.text, language))


def content_words(text: str, language: str) -> list[Term]:
    """Return the words of ``text`` as terms of the search, without those that are too common to count."""
    return [term for term in terms(text, language) if term[1] not in LIGHT_WORDS]


def _in_reading(
    index: Snapshot, question: Question, reading: Reading, cosines: Sequence[float]
) -> list[Candidate]:
    language = reading.document.language
    sentence_terms = [terms_of(sentence.in_context, language) for sentence in reading.sentences]
    title = terms_of(reading.document.title, language)
    above = {(sentence.headings, sentence.section) for sentence in reading.sentences if sentence.headings}
    headings = {names: terms_of("\n".join(names), language) for names in above}
    all_terms = frozenset().union(title, *sentence_terms, *headings.values())
    # Find the related words once in the whole reading, not again in each sentence.
    question_terms = content_terms(index, question, language)
    sought = [(related_terms(all_terms, term), weight) for term, weight in question_terms.items()]
    untitled = [(related, weight) for related, weight in sought if related.isdisjoint(title)]
    context = _coverage(sought, frozenset().union(title, *sentence_terms))
    words = " ".join([reading.document.title, *(sentence.text for sentence in reading.sentences)])
    names_context = share_of_names(question, words)
    of_document = f"{reading.document.title}\n{reading.document.stated or ''}"
    foreign = float(is_foreign(question, language))
    english = language == LANGUAGE and not foreign
    question_words = words_of(question.text, LANGUAGE) if english else frozenset()
    denied = english and denies(question.text)
    asked = words_of(question.text, language)
    # Without rows, nothing is left out, and the names of months need not be loaded.
    periods = periods_of(question.text, language) if headings and not foreign else Periods()
    in_headings = {names: _coverage(sought, words) for names, words in headings.items()}
    candidates = []
    for number, sentence in enumerate(reading.sentences):
        if names_only(sentence, reading.document.title) or _is_of_other_period(periods, sentence, language):
            continue
        near = frozenset().union(*sentence_terms[max(number - 1, 0) : number + 2])
        before = () if sentence.headings else reading.sentences[max(number - _BEFORE, 0) : number]
        speaking_of = [of_document, *(other.text for other in before), sentence.in_context]
        fits = has_kind(sentence, question.kind)
        negated = english and negates(question.text, sentence.text)
        label = 0.0 if negated else _share_of_label(sentence.text, question.text, asked, language)
        address = label * _coverage(untitled, sentence_terms[number]) if label else 0.0
        full_address = 0.0
        if address and fits and question.proper_names:
            located = f"{reading.document.title}\n{sentence.in_context}"
            full_address = address * _share(question.proper_names, located)
        features = Features(
            cosine=cosines[number],
            coverage=_coverage(sought, sentence_terms[number]),
            near=_coverage(sought, near),
            context=context,
            names=share_of_names(question, sentence.in_context),
            names_context=names_context,
            kind=float(question.kind is not Kind.OPEN and fits),
            wrong_kind=float(not fits),
            dense=reading.dense,
            score=reading.score,
            length=math.log1p(len(sentence.text.split())) / math.log1p(100),
            foreign=foreign,
            opposed=float(negated or opposes(question_words, sentence_terms[number])),
            undenied=float(denied and not denies(sentence.text)),
            row=float(is_row(sentence.text)),
            label=label,
            headings=in_headings.get((sentence.headings, sentence.section), 0.0),
            named=share_of_names(question, "\n".join(speaking_of)),
            address=address,
            full_address=full_address,
        )
        candidates.append(Candidate(reading, number, features))
    return candidates


def _is_of_other_period(asked: Periods, sentence: ReadSentence, language: str) -> bool:
    """Return whether the label and the groups of a row exclude the question's periods.

    A row of *Six months ended June 30* does not answer a question about the second quarter.
    """
    if not sentence.headings or asked == Periods():
        return False
    place = f"{sentence.section}\n{cells(sentence.text)[0]}"
    return asked.excludes(Periods(), periods_of(place, language), Periods())


def has_kind(sentence: ReadSentence, kind: Kind) -> bool:
    """Return whether a sentence contains what an answer of ``kind`` needs.

    The currency of a row's amounts may be in the heading only, so any figure of a row with headings may be an
    amount. The headings of a row may contain the date.
    """
    if not sentence.headings:
        return fits_kind(sentence.text, kind)
    is_amount = kind is Kind.MONEY and fits_kind(sentence.text, Kind.NUMBER)
    return is_amount or fits_kind(sentence.in_context if kind is Kind.DATE else sentence.text, kind)


def words_of(text: str, language: str) -> frozenset[Term]:
    """Return the words of ``text`` as terms of the search."""
    return frozenset(terms(text, language))


@lru_cache(maxsize=1024)
def terms_of(text: str, language: str) -> frozenset[Term]:
    """Return the words of ``text``, and the acronyms of the long names in it (:func:`acronyms`)."""
    return words_of(" ".join([text, *acronyms(text)]), language)


def acronyms(text: str) -> list[str]:
    """Return the initials of long names in ``text``: UNODC for United Nations Office on Drugs and Crime."""
    names = (name.removeprefix("The ") for name in _LONG_NAME.findall(text))
    return ["".join(_CAPITALISED.findall(name)) for name in names]


def is_foreign(question: Question, language: str) -> bool:
    """Return whether the question is not in ``language``; False if either language is unknown."""
    return UNKNOWN_LANGUAGE not in {question.language, language} and question.language != language


def _coverage(sought: Sequence[tuple[frozenset[Term], float]], text_terms: frozenset[Term]) -> float:
    """Return the share of a question's words, by weight, that a text contains.

    Args:
        sought: for each word of the question, the words that match it, and its weight.
        text_terms: the words of the text.
    """
    total = sum(weight for _, weight in sought)
    covered = sum(weight for found, weight in sought if not found.isdisjoint(text_terms))
    return covered / total if total else 0.0


def contains_term(text_terms: frozenset[Term], term: Term) -> bool:
    """Return whether a text contains ``term``, a related word, or the same number in letters or digits."""
    return bool(related_terms(text_terms, term)) or same_number(term) in text_terms


def related_terms(text_terms: frozenset[Term], term: Term) -> frozenset[Term]:
    """Return the words of a text that are ``term`` or related to it.

    A stemmer may give different stems to a people and its country (Cambodian, Cambodia), or to a noun and its
    verb (drowning, drown). Two words count as related if one of them is the beginning of the other, this
    beginning is long, and the rest is short.
    """
    field, word = term
    if len(word) < _SHORTEST_ROOT:
        return text_terms & {term}
    roots = range(max(_SHORTEST_ROOT, len(word) - _LONGEST_ENDING), len(word))
    longest = len(word) + _LONGEST_ENDING
    longer = (
        (other_field, other)
        for other_field, other in text_terms
        if other.startswith(word) and other_field == field and len(other) <= longest
    )
    return (text_terms & {(field, word[:length]) for length in roots}).union(longer)


def _share_of_label(sentence: str, question: str, asked: frozenset[Term], language: str) -> float:
    """Return the share of a row's label that is in the question; 1 if both name the same country."""
    label = cells(sentence)[0] if is_row(sentence) else ""
    if label and is_country(label) and names_same_country(label, question):
        return 1.0
    words = terms(label, language)
    return sum(contains_term(asked, term) for term in words) / len(words) if words else 0.0


def share_of_names(question: Question, text: str) -> float:
    """Return the share of the question's names and figures in a text; 1 if the question has none.

    A text has the name of a country, such as *Spain*, also if it names the country's people: *Spanish*.
    """
    return _share(question.names, text) if question.names else 1.0


def _share(names: Sequence[str], text: str) -> float:
    """Return the share of ``names``, of which there must be one, that a text has."""
    folded = " ".join([text, *acronyms(text)]).casefold()
    return sum(_has_name(folded, name) or names_same_country(name, text) for name in names) / len(names)


def names_label(question: str, label: str) -> bool:
    """Return whether a question contains the whole label of a row, with a capital: *Space*, and not *space*.

    The capital tells the name of a row, such as *Water*, from an ordinary word.
    """
    words = " ".join(_WORDS.findall(label))
    return words[:1].isupper() and f" {words} " in f" {' '.join(_WORDS.findall(question))} "


def _has_name(folded: str, name: str) -> bool:
    """Return whether a case-folded text has a name, or all its parts: *april to june* has *April-June*."""
    bare = _ENDING.sub("", name.casefold())
    return bare in folded or all(part in folded for part in _parts(bare))


def _parts(name: str) -> list[str]:
    """Return the parts of a hyphenated name, or the whole name if a part is too short (``F`` in ``F-35``)."""
    parts = name.split("-")
    return parts if min(map(len, parts)) >= _SHORTEST_PART else [name]
