"""Decides whether the library answers a question, and gives the reasons if it does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from babel import Locale

from index.embedding import INSTALL_COMMAND, MULTILINGUAL_MODEL
from index.search import Snapshot, terms
from index.text import may_be_in
from rag.answers import Cause
from rag.finding.abstention.requirements import (
    POSSESSIVE,
    absent_names,
    absent_periods,
    absent_years,
    phrases,
)
from rag.finding.features import content_terms, has_kind, is_foreign, missing_words
from rag.finding.ranking import Scored, Weights, leading
from rag.finding.reading import Reading
from rag.questions import Form, Kind, Question

_RARE = 0.7
"""An abstention names a word that the passages lack if its rarity is at least this share of the rarity of the
question's rarest word."""

_NEARLY_BEST = 0.5
"""The passage of a sentence counts, too, if the sentence has at least this share of the best one's
probability."""

_NEAR_SUBJECT = 0.5
"""A passage is about a question's subject if it has at least this share of the question's words."""


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
    weights: Weights,
    *,
    filtered: bool,
    read: Sequence[Scored] = (),
) -> Decision:
    """Decide whether the best sentence answers the question, and otherwise give the reason.

    Args:
        index: the library that was searched.
        question: the question.
        ranked: the candidate sentences, best first.
        weights: the models of answerability, and their thresholds.
        filtered: whether filters narrowed the search.
        read: all sentences that were read, if ``ranked`` has only the best ones. The reason is about the
            passages of all.
    """
    if not ranked:
        reason = (
            "No report passes the filters; widen them and ask again."
            if filtered
            else "The library is empty; add reports with `footnoted sync FOLDER`, then ask again."
        )
        return Decision(None, Abstention("empty_library", reason))
    best = ranked[0].candidate
    foreign = bool(best.features.foreign)
    model = weights.foreign if foreign else weights.answerability
    answerability = model.of(leading(ranked) if foreign else best.features)
    is_read = not foreign or may_be_in(question.language, index.encoder.languages)
    if is_read and answerability >= (weights.foreign_threshold if foreign else weights.threshold):
        abstention = _unmet(index, question, ranked)
    elif foreign:
        abstention = _language_abstention(index, question, best.reading)
    else:
        abstention = _abstention(index, question, [*ranked, *read], filtered=filtered)
    return Decision(answerability, abstention)


def _unmet(index: Snapshot, question: Question, ranked: Sequence[Scored]) -> Abstention | None:
    """Return an abstention if a name or a period in the question is missing from what was found; else None.

    - A name must be in the text, title or publisher of the report of the best-ranked sentence. Names are not
      sought for a comparison, because its answer may name only one of the two compared things.
    - A year, or a part of a year such as a quarter, must be in the passage of the best sentence or of one
      that is nearly as probable (:data:`_NEARLY_BEST`), or in the headings, title or date of such a passage.
    - If the report of the best-ranked sentence is not in the language of the question, only years are sought.
    """
    least = _NEARLY_BEST * ranked[0].score
    readings = list(dict.fromkeys(item.candidate.reading for item in ranked if item.score >= least))
    record = readings[0].document
    evidence = f"{_passage_text(readings[0])}\n{record.publisher}"
    foreign = bool(ranked[0].candidate.features.foreign)
    names = [] if foreign or question.form is Form.COMPARISON else absent_names(question, evidence)
    if names:
        # The whole text is fetched only if the passage does not have the name.
        document = index.reader.text(record.document_id, record.version).text
        names = [name for name in names if name in absent_names(question, document)]
    if names:
        reason = f"The nearest report is “{record.title}”; it does not name {quote_list(names)}."
        return Abstention("not_answered", reason)
    dated = "\n".join(f"{_passage_text(reading)}\n{reading.document.stated or ''}" for reading in readings)
    missing = [] if foreign else absent_periods(question, dated)
    missing += [year for year in absent_years(question, dated) if year not in " ".join(missing)]
    if not missing:
        return None
    named = _named_in(question, readings[0])
    speaks = f"speaks of {quote_list(named)} and" if named else f"is from “{record.title}” and"
    reason = f"The nearest passage {speaks} does not give {quote_list(missing)}."
    return Abstention("not_answered", reason)


def _passage_text(reading: Reading) -> str:
    """Return the title and the sentences of a passage, one per line; rows of tables with their headings."""
    return "\n".join([reading.document.title, *(sentence.in_context for sentence in reading.sentences)])


def _named_in(question: Question, reading: Reading) -> list[str]:
    """Return the question's names, except figures and dates, that occur in a passage or its title."""
    absent = absent_names(question, _passage_text(reading))
    return [name for name in phrases(question) if name not in absent]


def _abstention(
    index: Snapshot, question: Question, ranked: Sequence[Scored], *, filtered: bool
) -> Abstention:
    passing = "that pass the filters" if filtered else "in this library"
    readings = list(dict.fromkeys(item.candidate.reading for item in ranked))
    nearest, *others = (missing_words(index, question, reading) for reading in readings)
    absent = [word for word in nearest if all(word in missing for missing in others)]
    # A report may have the word of a name, as in *targets*, and not the name *Target*.
    unnamed = absent_names(question, "\n".join(map(_passage_text, readings)))
    absent += [name for name in unnamed if set(absent).isdisjoint(name.split())]
    named, missing = _named_in(question, readings[0]), _that_matter(index, question, absent)
    if named and missing:
        reason = (
            f"Of the nearest passages {passing}, some speak of {quote_list(named)}; none contains "
            f"{quote_list(missing)}."
        )
        return Abstention("not_answered", reason)
    missing_note = _missing_note(missing, _that_matter(index, question, nearest))
    if not named and max(item.candidate.features.context for item in ranked) < _NEAR_SUBJECT:
        searched = "that passes the filters" if filtered else "in this library"
        reason = f"No passage {searched} has most of the question's words.{missing_note}"
        return Abstention("not_in_library", reason)
    reason = f"Passages {passing} come near the question; no sentence clearly answers it.{missing_note}"
    return Abstention("not_answered", reason)


def shortfall(index: Snapshot, question: Question, reading: Reading) -> str:
    """Return in a few words why one passage does not answer the question."""
    if is_foreign(question, reading.document.language):
        return f"is in {name_language(reading.document.language)}, unlike the question"
    missing = missing_words(index, question, reading)
    if missing:
        return f"does not contain {quote_list(missing)}"
    if question.kind is not Kind.OPEN and not any(
        has_kind(sentence, question.kind) for sentence in reading.sentences
    ):
        return f"holds no answer of the kind that is asked for: {question.kind}"
    return "has the words of the question, and no sentence that is close enough to it in meaning"


def _missing_note(absent: Sequence[str], nearest: Sequence[str]) -> str:
    """Return a note, with a space before it, on the words that the passages lack; empty if they lack none.

    Args:
        absent: the words that all passages lack.
        nearest: the words that the nearest passage lacks.
    """
    if absent:
        return f" None of the passages nearest to it contains {quote_list(absent)}."
    return f" The nearest passage does not contain {quote_list(nearest)}." if nearest else ""


def _language_abstention(index: Snapshot, question: Question, reading: Reading) -> Abstention:
    asked, written = name_language(question.language), name_language(reading.document.language)
    languages = f"The question is in {asked}, the nearest reports are in {written}"
    reads = index.encoder.languages
    if reads is not None and question.language in reads:
        return Abstention("not_answered", f"{languages}, and none of their sentences answers it.")
    known = (
        f"reads {' and '.join(map(name_language, sorted(reads)))}"
        if reads
        else "does not match texts across languages"
    )
    return Abstention(
        "language",
        f"{languages}, and the encoder {index.encoder.name} {known}; ask in the reports' language, or run "
        f"`{INSTALL_COMMAND}`, set FOOTNOTED_MODEL to {MULTILINGUAL_MODEL}, and run `footnoted sync`.",
    )


_ENGLISH = Locale("en")


def caveat(question: Question, cited: Sequence[Scored]) -> str | None:
    """Return a warning for the user if the cited sentences may fail to answer the question; else None.

    The warning says that the sentences are in another language than the question, or that they lack a name
    or a part of a year (such as a quarter) that the question has.
    """
    foreign = {item.candidate.reading.document.language for item in cited if item.candidate.features.foreign}
    if foreign:
        cited_in = " and ".join(name_language(language) for language in sorted(foreign))
        asked = name_language(question.language)
        return f"The question is in {asked}; the words cited are in {cited_in}, so check that they answer it."
    # The page shows the title and the publisher beside the sentence, so what they name is not missing.
    records = [item.candidate.reading.document for item in cited]
    shown = [text for record in records for text in (record.title, record.publisher, record.stated) if text]
    text = "\n".join([*shown, *(item.candidate.sentence.in_context for item in cited)])
    missing = [*absent_names(question, text), *absent_periods(question, text)]
    return f"Not mentioned in the sentences cited: {quote_list(missing)}." if missing else None


def _that_matter(index: Snapshot, question: Question, words: Sequence[str]) -> list[str]:
    """Return those of ``words`` that are names, figures, or nearly as rare as the question's rarest word."""
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
    """Return words in quotation marks, each once, with commas between them and without endings (*'s*)."""
    return ", ".join(f"“{word}”" for word in dict.fromkeys(POSSESSIVE.sub("", word) for word in words))
