"""Decides whether the library answers a question, and gives the reasons if it does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import regex
from babel import Locale

from index.embedding import INSTALL_COMMAND, MULTILINGUAL_MODEL
from index.search import Snapshot, Term, terms
from index.text import may_be_in
from rag.answers import Cause
from rag.finding.features import absent_words, content_terms, is_foreign, terms_of_reading
from rag.finding.ranking import Scored, Weights, leading
from rag.finding.reading import Reading
from rag.questions import Kind, Question, fits_kind

_YEAR = regex.compile(r"(?:19|20)\d\d")

_RARE = 0.7
"""The user is told of a word that the found texts lack if its rarity is at least this share of the rarity of
the question's rarest word."""

_NEAR_SUBJECT = 0.5
"""A passage is about a question's subject if it has at least this share of the question's words."""


@dataclass(frozen=True, slots=True)
class Abstention:
    """The reason for an abstention: a cause for programs, and the reason in words."""

    cause: Cause
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision whether the library answers a question.

    Attributes:
        answerability: the probability that the library answers, 0 to 1; None if nothing was read.
        abstention: the reason for an abstention; None if there is an answer.
    """

    answerability: float | None
    abstention: Abstention | None


def decide(
    index: Snapshot, question: Question, ranked: Sequence[Scored], weights: Weights, *, filtered: bool
) -> Decision:
    """Decide whether the best sentence answers the question, and otherwise give the reason.

    Args:
        index: the library that was searched.
        question: the question.
        ranked: the candidates, best first.
        weights: the models of answerability, and their thresholds.
        filtered: whether filters narrowed the search.
    """
    if not ranked:
        return Decision(None, Abstention("empty_library", _empty(filtered=filtered)))
    best = ranked[0].candidate
    foreign = bool(best.features.foreign)
    model = weights.foreign if foreign else weights.answerability
    answerability = model.of(leading(ranked) if foreign else best.features)
    if foreign and not may_be_in(question.language, index.encoder.languages):
        return Decision(answerability, _foreign(index, question, best.reading))
    if answerability >= (weights.foreign_threshold if foreign else weights.threshold):
        years = _absent_years(question, best.reading)
        return Decision(answerability, _without_years(question, best.reading, years) if years else None)
    if foreign:
        return Decision(answerability, _foreign(index, question, best.reading))
    return Decision(answerability, _abstention(index, question, ranked, filtered=filtered))


def _absent_years(question: Question, reading: Reading) -> list[str]:
    """Return the years of the question that are in neither a passage nor its headings, title and date."""
    record = reading.document
    texts = " ".join(
        [record.title, record.stated or "", *(sentence.in_context for sentence in reading.sentences)]
    )
    return [name for name in question.names if _YEAR.fullmatch(name) and name not in texts]


def _without_years(question: Question, reading: Reading, years: Sequence[str]) -> Abstention:
    named = _named_in(question, [reading])
    if named:
        reason = f"Reports speak of {quote_list(named)}; none gives {quote_list(years)}."
    else:
        reason = f"The nearest report is “{reading.document.title}”; it does not give {quote_list(years)}."
    return Abstention("not_answered", reason)


def _named_in(question: Question, readings: Sequence[Reading]) -> list[str]:
    """Return the question's names, except years and figures, that occur in the passages or their titles."""
    texts = " ".join(
        text.casefold()
        for reading in readings
        for text in (reading.document.title, *(sentence.in_context for sentence in reading.sentences))
    )
    return [name for name in _phrases(question) if name.casefold() in texts]


def _phrases(question: Question) -> list[str]:
    """Return the question's names, except years and figures, with consecutive names joined into one."""
    phrases: list[str] = []
    for name in question.names:
        if not name[0].isalpha():
            continue
        before = phrases[-1] if phrases else ""
        is_one = before and not before.endswith(("'s", "’s")) and f"{before} {name}" in question.text
        if is_one:
            phrases[-1] = f"{before} {name}"
        else:
            phrases.append(name)
    return [phrase.removesuffix("'s").removesuffix("’s") for phrase in phrases]


def _abstention(
    index: Snapshot, question: Question, ranked: Sequence[Scored], *, filtered: bool
) -> Abstention:
    searched = "that passes the filters" if filtered else "in this library"
    readings = list(dict.fromkeys(item.candidate.reading for item in ranked))
    missing_by_reading = [missing_words(index, question, reading) for reading in readings]
    absent = [
        word for word in missing_by_reading[0] if all(word in missing for missing in missing_by_reading)
    ]
    missing_note = _missing_note(absent, missing_by_reading[0])
    if max(item.candidate.features.context for item in ranked) < _NEAR_SUBJECT:
        return Abstention("not_in_library", f"No report {searched} speaks of this.{missing_note}")
    searched = "that pass the filters" if filtered else "in this library"
    named, missing = _named_in(question, readings[:1]), _that_matter(index, question, absent)
    if named and missing:
        reason = f"Reports {searched} speak of {quote_list(named)}; none gives {quote_list(missing)}."
        return Abstention("not_answered", reason)
    return Abstention(
        "not_answered",
        f"Reports {searched} come near the question, and no sentence answers it.{missing_note}",
    )


def shortfall(index: Snapshot, question: Question, reading: Reading) -> str:
    """Return in a few words why one passage does not answer the question."""
    if is_foreign(question, reading.document.language):
        return f"is in {name_language(reading.document.language)}, unlike the question"
    missing = missing_words(index, question, reading)
    if missing:
        return f"does not mention {quote_list(missing)}"
    if question.kind is not Kind.OPEN and not any(
        fits_kind(sentence.text, question.kind) for sentence in reading.sentences
    ):
        return f"holds no answer of the kind that is asked for: {question.kind}"
    return "has the words of the question, and no sentence that is close enough to it in meaning"


def missing_words(index: Snapshot, question: Question, reading: Reading) -> list[str]:
    """Return the question's content words, as written, that are in neither the passage nor its title."""
    return absent_words(index, question, terms_of_reading(reading), reading.document.language)


def _missing_note(absent: Sequence[str], nearest: Sequence[str]) -> str:
    """Return a note, with a space before it, on the words that the passages lack; empty if they lack none.

    Args:
        absent: the words that all passages lack.
        nearest: the words that the nearest passage lacks.
    """
    if absent:
        return f" None of the passages nearest to it mentions {quote_list(absent)}."
    return f" The nearest passage does not mention {quote_list(nearest)}." if nearest else ""


def _empty(*, filtered: bool) -> str:
    if filtered:
        return "No report passes the filters; widen them and ask again."
    return "The library is empty; add reports with `footnoted sync FOLDER`, then ask again."


def _foreign(index: Snapshot, question: Question, reading: Reading) -> Abstention:
    """Return the abstention for a question whose nearest reports are in a different language."""
    asked, written = name_language(question.language), name_language(reading.document.language)
    languages = f"The question is in {asked}, the nearest reports are in {written}"
    reads = index.encoder.languages
    if reads is not None and question.language in reads:
        return Abstention("not_answered", f"{languages}, and no sentence of theirs answers it.")
    known = f"reads {' and '.join(map(name_language, sorted(reads)))}" if reads else "does not carry it over"
    return Abstention(
        "language",
        f"{languages}, and the encoder {index.encoder.name} {known}; ask in the reports' language, or run "
        f"`{INSTALL_COMMAND}`, set FOOTNOTED_MODEL to {MULTILINGUAL_MODEL}, and run `footnoted sync`.",
    )


_ENGLISH = Locale("en")


def caveat(index: Snapshot, question: Question, cited: Sequence[Scored]) -> str | None:
    """Return a warning if the cited sentences are in a different language, or lack words of the question.

    Returns:
        A sentence for the user; None if there is nothing to warn about.
    """
    foreign = {item.candidate.reading.document.language for item in cited if item.candidate.features.foreign}
    if foreign:
        cited_in = " and ".join(name_language(language) for language in sorted(foreign))
        asked = name_language(question.language)
        return f"The question is in {asked}; the words cited are in {cited_in}, so check that they answer it."
    terms_by_language: dict[str, frozenset[Term]] = {}
    for item in cited:
        language = item.candidate.reading.document.language
        # The page shows the title beside the sentence, so a word of the title is not missing.
        shown = item.candidate.terms | frozenset(terms(item.candidate.reading.document.title, language))
        terms_by_language[language] = terms_by_language.get(language, frozenset()) | shown
    missing_by_language = [
        absent_words(index, question, words, language) for language, words in terms_by_language.items()
    ]
    missing = [
        word for word in missing_by_language[0] if all(word in others for others in missing_by_language)
    ]
    missing = _that_matter(index, question, missing)
    return f"Not mentioned in the sentences cited: {quote_list(missing)}." if missing else None


def _that_matter(index: Snapshot, question: Question, words: Sequence[str]) -> list[str]:
    """Return those of ``words`` that are names, figures, or about as rare as the question's rarest word."""
    language = question.language
    rarity = content_terms(index, question, language)
    least = _RARE * max(rarity.values(), default=0.0)
    return [
        word
        for word in words
        if word in question.names
        or max((rarity.get(term, 0.0) for term in terms(word, language)), default=0.0) >= least
    ]


def name_language(code: str) -> str:
    """Return the English name of a language by its ISO 639-1 code, or the code itself if it has no name."""
    return str(_ENGLISH.languages.get(code, code))


def quote_list(words: Iterable[str]) -> str:
    """Return words in quotation marks, separated by commas."""
    return ", ".join(f"“{word}”" for word in words)
