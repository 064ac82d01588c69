"""Checks that a sentence has what its question asks for: the counted thing, the year, a time, or a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import regex

from rag.figures.dates import dates
from rag.figures.moment import Moment
from rag.figures.quantities import quantities
from rag.questions import Question
from rag.verification.evidence import Evidence, Statement, language_in
from rag.verification.names import names_in
from rag.verification.relevance.asked import Asked, asked
from rag.verification.words.phrases import said_otherwise
from rag.verification.words.words import content, shares, stems, verbs

if TYPE_CHECKING:
    from index.embedding import Encoder

ALIKE = 0.65
"""The least cosine of two words at which one may answer for the other, such as *homes* and *houses*.

Different words of one kind, such as *doctors* and *nurses*, come as close. No other check may therefore use
this limit."""

_TIMED = regex.compile(
    r"\b(?:ago|before|after|until|till|since|when|once|during|within|by|later|earlier|now|immediately|soon|noon"
    r"|midnight|dawn|dusk|century|decades?|spring|summer|autumn|winter|sebelum|sesudah|setelah|saat|ketika|sejak"
    r"|hingga|nanti|khi|sau|trước|từ|đến|đầu|cuối)\b|\p{N}{1,2}[:.]\p{N}\p{N}\b|后|前|时|以来|年底|年初|[早晚]上"
    r"|\b(?:in|next|last|this|coming|following|dalam|trong)\s(?:the\s)?(?:\p{L}+\s|\p{N}+\s){0,2}(?:hours?|days?"
    r"|weeks?|months?|years?|jam|hari|minggu|pekan|bulan|tahun|giờ|ngày|tuần|tháng|năm)\b",
    regex.IGNORECASE,
)


def lacks(
    statement: Statement, question: Question, evidence: Sequence[Evidence], encoder: Encoder | None
) -> str | None:
    """Return, in words, what the statement lacks of what the question asks for; None if it lacks nothing."""
    year = _other_year(statement, question, evidence)
    if year is not None:
        return year
    language = statement.language
    wanted = asked(question.text, language)
    if wanted.when and not dates(statement.text, language) and not _TIMED.search(statement.text):
        return "it tells no time, which is asked for"
    if wanted.who and not _names_somebody(statement, question):
        return "it names nobody, who is asked for"
    if wanted.heads and not _has_head(statement, wanted, evidence, encoder):
        head = ", ".join(sorted(_written(question, wanted, language)))
        return f"it does not speak of what is asked for: {head}"
    return None


def _written(question: Question, wanted: Asked, language: str) -> set[str]:
    words = content(question.text, language)
    return {word.text for word in words if not wanted.heads.isdisjoint({word.stem, word.text.lower()})}


def _has_head(
    statement: Statement, wanted: Asked, evidence: Sequence[Evidence], encoder: Encoder | None
) -> bool:
    language = statement.language
    around = f"{statement.text} {' '.join(item.context for item in evidence)}"
    held = stems(around, language)
    if language == "id":
        # Indonesian stems are roots: pemilih (voter) and pemilihan (election) have the same stem.
        held = frozenset(word.text.lower() for word in content(around, language))
        return not wanted.heads.isdisjoint(held)
    if any(shares(head, held) for head in wanted.heads):
        return True
    question = " ".join(wanted.heads)
    if said_otherwise(question, statement.text, language):
        return True
    nouns = " ; ".join(each.noun for each in quantities(statement.text, language) if each.noun)
    if not wanted.beside.isdisjoint(stems(nouns, language)):
        return True
    own = {quantity.low for quantity in quantities(statement.text, language)}
    counted = {
        word.stem
        for item in evidence
        if language_in(item) == language
        for quantity in quantities(item.quote, language)
        if quantity.low in own and quantity.noun
        for word in content(quantity.noun, language)
    }
    return any(shares(head, counted) for head in wanted.heads) or _near(statement, wanted, encoder)


def _near(statement: Statement, wanted: Asked, encoder: Encoder | None) -> bool:
    """Tell if the statement has a word that is close in meaning to the counted thing; in English only."""
    words = [word.text.lower() for word in content(statement.text, statement.language) if not word.name]
    if encoder is None or statement.language != "en" or not words:
        return False
    heads = sorted(wanted.heads)
    vectors = encoder.encode([*heads, *words])
    return bool((vectors[: len(heads)] @ vectors[len(heads) :].T).max() >= ALIKE)


def _names_somebody(statement: Statement, question: Question) -> bool:
    """Return whether the statement has a name that the question lacks, or one of the question's verbs."""
    known = {word.casefold() for word in regex.findall(r"[\p{L}\p{N}]+", question.text)}
    if any(
        name.casefold().removesuffix("'s").removesuffix("’s") not in known for name in names_in(statement)
    ):
        return True
    language = statement.language
    held = stems(statement.text, language)
    every = [
        word for word in content(question.text, language) if not word.name and word.text.lower() not in _WHO
    ]
    said = [word for word in verbs(question.text, language) if word.stem not in {"is", "was"}] or every
    return not said or any(shares(word.stem, held) for word in said)


_WHO = frozenset({"who", "whom", "siapa", "ai"})


def _other_year(statement: Statement, question: Question, evidence: Sequence[Evidence]) -> str | None:
    """Return the reason if the statement is about another year than the question, else None."""
    wanted = {moment.year for moment in dates(question.text, question.language) if _is_year(moment)}
    found = list(dates(statement.text, statement.language))
    if not any(moment.year for moment in found):
        found = [moment for item in evidence for moment in dates(item.quote, language_in(item))]
    own = {moment.year for moment in found if moment.year is not None}
    if any(moment.year and (moment.relation or moment.decade) for moment in found):
        # Dates such as "since 2018" and "by 2027" cover other years, too.
        return None
    published = {int(item.published[:4]) for item in evidence if item.published}
    if not wanted or not own or wanted & (own | published):
        return None
    if any(min(own) <= (year or 0) <= max(own) for year in wanted):
        return None
    return f"it speaks of {min(own)}, and the question of {min(year or 0 for year in wanted)}"


def _is_year(moment: Moment) -> bool:
    return moment.year is not None and not moment.decade and moment.relation is None
