"""Decides whether the library answers a question, and gives the reasons if it does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from babel import Locale

from index.embedding import MULTILINGUAL_MODEL
from index.search import Snapshot
from index.text import may_be_in
from rag.answers import Cause
from rag.finding.abstention.requirements import (
    absent_names,
    absent_periods,
    absent_years,
    compared,
    lacking,
    missing_words,
    named,
    text_of,
)
from rag.finding.candidates import is_foreign
from rag.finding.matching import contains_term, content_terms, terms_of
from rag.finding.ranking import Calibration, Scored, answerability_of
from rag.finding.reading import Reading, ReadSentence
from rag.questions import POSSESSIVE, Form, Kind, Question, fits_kind

_NEARLY_BEST = 0.5
"""The passage of a sentence counts, too, if the sentence has at least this share of the best one's
probability."""

_MOST = 0.5
"""A passage with a smaller share of the question's words does not have most of them."""

_FIRST_PAGE = 3000
"""The characters at the beginning of a report that tell its period, such as *quarter ended June 30, 2023*."""


@dataclass(frozen=True, slots=True)
class Abstention:
    """The reason for an abstention: ``cause`` is a code for programs, ``reason`` tells it in words."""

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
    index: Snapshot,
    question: Question,
    ranked: Sequence[Scored],
    calibration: Calibration,
    *,
    filtered: bool,
    read: Sequence[Reading],
) -> Decision:
    """Decide whether the library answers the question, and otherwise give the reason.

    No sentence answers a question for an overview, so there is one if a passage has most of its words.

    Args:
        index: the library that was searched.
        question: the question.
        ranked: the candidate sentences, best first.
        calibration: has the threshold.
        filtered: whether filters narrowed the search.
        read: all passages that were read, best first; the reason is about all of them.
    """
    if not ranked and read:
        # The rows of all tables that were found are of other periods.
        return Decision(0.0, _abstention(index, question, read, filtered=filtered))
    if not ranked:
        reason = (
            "No report passes the filters; widen them and ask again."
            if filtered
            else "The library is empty; add reports with `footnoted sync FOLDER`, then ask again."
        )
        return Decision(None, Abstention("empty_library", reason))
    best = ranked[0].candidate
    foreign = is_foreign(question, best.reading.document.language)
    if question.form is Form.SUMMARY and not foreign:
        answerability = max(_share_of_words(index, question, reading) for reading in read)
    else:
        answerability = answerability_of(ranked)
    is_read = not foreign or may_be_in(question.language, index.encoder.languages)
    if is_read and answerability >= calibration.threshold:
        abstention = _unmet(index, question, ranked, read)
    elif foreign and not (is_read and any(not is_foreign(question, each.document.language) for each in read)):
        abstention = _language_abstention(index, question, best.reading)
    else:
        abstention = _abstention(index, question, read, filtered=filtered)
    return Decision(answerability, abstention)


def _unmet(
    index: Snapshot, question: Question, ranked: Sequence[Scored], read: Sequence[Reading]
) -> Abstention | None:
    """Return an abstention if a name or a period in the question is missing from what was found; else None.

    - A name must be in the text, title or publisher of the report of the best-ranked sentence. Names are not
      sought for a comparison, because its answer may name only one of the two compared things. If a question
      compares names in another way, one of them may be in any passage that was read.
    - A year, or a part of a year such as a quarter, must be in the passage of the best sentence or of one
      that is nearly as probable (:data:`_NEARLY_BEST`), or in what else was read of their reports: other
      passages, the headings of tables, titles, dates, and the first page.
    - If the report of the best-ranked sentence is not in the language of the question, only years are sought.
    """
    least = _NEARLY_BEST * ranked[0].score
    nearest = list(dict.fromkeys(item.candidate.reading for item in ranked if item.score >= least))
    record = nearest[0].document
    foreign = is_foreign(question, record.language)
    names = [] if foreign or question.form is Form.COMPARISON else absent_names(question, text_of(nearest[0]))
    if names:
        # The whole text is fetched only if the passage does not have the name.
        document = index.reader.text(record.document_id, record.version).text
        elsewhere = compared(question)
        of_all = absent_names(question, "\n".join(map(text_of, read)))
        names = [
            name
            for name in absent_names(question, document)
            if name in names and (name in of_all or name not in elsewhere)
        ]
    if names:
        reason = f"The nearest report is “{record.title}”; it does not name {quote_list(names)}."
        return Abstention("not_answered", reason)
    missing = undated(question, "\n".join(map(text_of, nearest)), foreign=foreign)
    if missing:
        reports = {reading.document.document_id: reading.document for reading in nearest}
        texts = [text_of(reading) for reading in read if reading.document.document_id in reports]
        texts += [
            index.reader.text(report.document_id, report.version).text[:_FIRST_PAGE]
            for report in reports.values()
        ]
        of_reports = undated(question, "\n".join(texts), foreign=foreign)
        missing = [period for period in missing if period in of_reports]
    if not missing:
        return None
    reason = (
        f"The nearest report is “{record.title}”; the passages of it that were read do not give "
        f"{quote_list(missing)}."
    )
    return Abstention("not_answered", reason)


def undated(question: Question, text: str, *, foreign: bool) -> list[str]:
    """Return the parts of years and the years that a question names and ``text`` is not about."""
    periods = [] if foreign else absent_periods(question, text)
    return periods + [year for year in absent_years(question, text) if year not in " ".join(periods)]


def _abstention(
    index: Snapshot, question: Question, read: Sequence[Reading], *, filtered: bool
) -> Abstention:
    passing = "that pass the filters" if filtered else "in this library"
    spoken_of, missing = named(question, text_of(read[0])), lacking(index, question, read)
    if spoken_of and missing:
        reason = (
            f"Of the nearest passages {passing}, some speak of {quote_list(spoken_of)}; none contains "
            f"{quote_list(missing)}."
        )
        return Abstention("not_answered", reason)
    if not spoken_of and all(_share_of_words(index, question, reading) < _MOST for reading in read):
        none = f" None of them contains {quote_list(missing)}." if missing else ""
        reason = f"None of the nearest passages {passing} has most of the question's words.{none}"
        return Abstention("not_in_library", reason)
    none = f" None of the passages nearest to it contains {quote_list(missing)}." if missing else ""
    reason = f"Passages {passing} come near the question; no sentence clearly answers it.{none}"
    return Abstention("not_answered", reason)


def _share_of_words(index: Snapshot, question: Question, reading: Reading) -> float:
    """Return the share of the question's content words that a passage has."""
    language = reading.document.language
    sought, found = content_terms(index, question, language), terms_of(text_of(reading), language)
    return sum(contains_term(found, term) for term in sought) / max(len(sought), 1)


def shortfall(index: Snapshot, question: Question, reading: Reading) -> str:
    """Return in a few words why one passage does not answer the question."""
    if is_foreign(question, reading.document.language):
        return f"is in {name_language(reading.document.language)}, unlike the question"
    missing = lacking(index, question, [reading])
    if missing:
        return f"does not contain {quote_list(missing)}"
    if question.kind is not Kind.OPEN and not any(
        _has_kind(sentence, question.kind) for sentence in reading.sentences
    ):
        return f"holds no answer of the kind that is asked for: {question.kind}"
    if missing_words(index, question, reading):
        return "has no sentence that is close enough to the question in meaning"
    return "has the words of the question, and no sentence that is close enough to it in meaning"


def _has_kind(sentence: ReadSentence, kind: Kind) -> bool:
    """Return whether a sentence contains what an answer of ``kind`` needs.

    The currency of a row's amounts may be in the heading only, so any figure of a row with headings may be an
    amount. The headings of a row may contain the date.
    """
    if not sentence.headings:
        return fits_kind(sentence.text, kind)
    is_amount = kind is Kind.MONEY and fits_kind(sentence.text, Kind.NUMBER)
    return is_amount or fits_kind(sentence.in_context if kind is Kind.DATE else sentence.text, kind)


def _language_abstention(index: Snapshot, question: Question, reading: Reading) -> Abstention:
    asked, written = name_language(question.language), name_language(reading.document.language)
    languages = f"The question is in {asked}, the nearest report is in {written}"
    reads = index.encoder.languages
    if reads is not None and {question.language, reading.document.language} <= reads:
        return Abstention("not_answered", f"{languages}, and no sentence that was read answers it.")
    known = (
        f"reads {' and '.join(map(name_language, sorted(reads)))}"
        if reads
        else "does not match texts across languages"
    )
    return Abstention(
        "language",
        f"{languages}, and the encoder {index.encoder.name} {known}; ask in the reports' language, or change "
        f"the library over to {MULTILINGUAL_MODEL}: with the button in the page, or with "
        f"`FOOTNOTED_MODEL={MULTILINGUAL_MODEL} footnoted sync`.",
    )


_ENGLISH = Locale("en")


def caveat(question: Question, cited: Sequence[Scored]) -> str | None:
    """Return a warning for the user if the cited sentences may fail to answer the question; else None.

    The warning says that the sentences are in another language than the question, or that they lack a name
    or a part of a year (such as a quarter) that the question has.
    """
    languages = {item.candidate.reading.document.language for item in cited}
    foreign = sorted(language for language in languages if is_foreign(question, language))
    if foreign:
        cited_in = " and ".join(map(name_language, foreign))
        asked = name_language(question.language)
        return f"The question is in {asked}; the words cited are in {cited_in}, so check that they answer it."
    # The page shows the title and the publisher beside the sentence, so what they name is not missing.
    records = [item.candidate.reading.document for item in cited]
    shown = [text for record in records for text in (record.title, record.publisher, record.stated) if text]
    text = "\n".join([*shown, *(item.candidate.sentence.in_context for item in cited)])
    missing = [*absent_names(question, text), *absent_periods(question, text)]
    return f"Not mentioned in the sentences cited: {quote_list(missing)}." if missing else None


def name_language(code: str) -> str:
    """Return the English name of a language by its ISO 639-1 code, or the code itself if it has no name."""
    return str(_ENGLISH.languages.get(code, code))


def quote_list(words: Iterable[str]) -> str:
    """Return words in quotation marks, each once, with commas between them and without endings (*'s*)."""
    return ", ".join(f"“{word}”" for word in dict.fromkeys(POSSESSIVE.sub("", word) for word in words))
