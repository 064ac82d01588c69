"""Finds different figures for the same thing in cited sentences: an answer shows all, and chooses none.

Two figures are of one thing if they have the same unit, compatible dates, the same names, and the same words
around them, or other words of the same meaning, as the encoder compares them. A word that replaces another in
otherwise equal sentences (*first* and *second* wave) makes them figures of two things.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import regex

from index.documents import UNKNOWN_LANGUAGE
from index.embedding import Encoder
from index.text import may_be_in
from rag.answers import Citation, Disagreement, StatedFigure
from rag.disagreement.statements import Statement, When, meanings, statements
from rag.figures.quantities import Quantity
from rag.figures.rounding import fairness, same_kind, same_value
from rag.figures.units import in_base
from rag.word_lists import listed

OVERLAP = 0.5
"""The least share of the shorter sentence's words that the other one has, if no word replaces another."""

ALIKE = 0.55
"""The least cosine of two sentences that say one thing in other words."""

SAME_SITUATION = 7
"""The most days from the day of a dated figure to the publication of an undated one of the same day."""

LONG_AGO = 366
"""Undated figures that were published at least so many days apart are figures of different times."""

_PERSONS = listed("peopl person resid orang người")
_EVENTS = listed("dead hurt missing flee destroy damag arrest free")
"""Meanings that exclude each other: what happened to the counted things."""

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]+")


def disagreements(
    citations: Sequence[Citation], languages: Mapping[int, str] | None = None, encoder: Encoder | None = None
) -> tuple[Disagreement, ...]:
    """Find the figures that differ for the same thing, in the order of their footnotes.

    Args:
        citations: the footnotes of an answer, in any order.
        languages: the ISO 639-1 codes of the documents' languages, by document number. In a document without
            one, only figures in digits are read.
        encoder: compares sentences in other words; None to compare their words alone.
    """
    known = languages or {}
    places = {(cited.document_id, cited.version, cited.start, cited.end): cited for cited in citations}
    stated = [
        (statement, known.get(cited.document_id, UNKNOWN_LANGUAGE))
        for cited in sorted(places.values(), key=_newest_first)
        for statement in statements(cited, known.get(cited.document_id, UNKNOWN_LANGUAGE))
    ]
    same = {
        (one, other)
        for (one, (first, its)), (other, (second, language)) in combinations(enumerate(stated), 2)
        if its == language and _same_thing(first, second, encoder if _reads(encoder, language) else None)
    }
    found = [
        _disagreement([stated[at][0] for at in group])
        for group in _groups([each for each, _ in stated], same)
    ]
    return tuple(sorted(found, key=lambda item: min((fig.citation, item.about) for fig in item.figures)))


def _reads(encoder: Encoder | None, language: str) -> bool:
    return encoder is not None and may_be_in(language, encoder.languages)


def _newest_first(cited: Citation) -> tuple[bool, tuple[int, ...], int, int, int, int]:
    age = tuple(-ord(character) for character in cited.published or "")
    return not cited.published, age, cited.document_id, -cited.version, cited.id, cited.start


def _groups(stated: Sequence[Statement], same: set[tuple[int, int]]) -> Iterator[list[int]]:
    """Yield groups of statements of which any two are about one thing, and at least two disagree."""
    taken: set[int] = set()
    for one, other in sorted(same):
        if {one, other} & taken or not _differ(stated[one], stated[other]):
            continue
        group = [one, other]
        for more in range(len(stated)):
            if more not in taken and all((min(more, at), max(more, at)) in same for at in group):
                group.append(more)
        taken.update(group)
        yield sorted(group)


def _differ(one: Statement, other: Statement) -> bool:
    """Return whether neither sentence has a figure that can stand for the other's."""
    return not any(
        _comparable(first, second) and _agree(first, second)
        for first, others in ((one.quantity, (other.quantity, *other.others)), (other.quantity, one.others))
        for second in others
    )


def _same_thing(one: Statement, other: Statement, encoder: Encoder | None) -> bool:
    apart = one.limits ^ other.limits
    # The sources state the cost of a thing both before and after it is built.
    is_cost = one.quantity.currency is not None
    return (
        _other_source(one.citation, other.citation)
        and _comparable(one.quantity, other.quantity)
        and not (apart - {"plan"} if is_cost else apart)
        and _times_agree(one, other)
        and (_rejects(one, other) or _has_names(one, other))
        and (_rejects(other, one) or _has_names(other, one))
        and _one_subject(one, other)
        and _words_agree(one, other, encoder)
    )


def _other_source(one: Citation, other: Citation) -> bool:
    """Return whether citations are of two documents that are no copies, or of two versions of one."""
    if one.document_id == other.document_id:
        return one.version != other.version
    copies = {copy.document_id for copy in (*one.also_in, *other.also_in)}
    return not copies & {one.document_id, other.document_id}


def _comparable(one: Quantity, other: Quantity) -> bool:
    return same_kind(one, other) and same_kind(other, one)


def _has_names(one: Statement, other: Statement) -> bool:
    """Return whether the sentence, title or headings of ``other`` have the names of ``one``."""
    cited = other.citation
    held = {word.casefold() for word in _WORD.findall(f"{cited.quote} {cited.title} {cited.headings or ''}")}
    endings = ("", "s", "n", "an", "ese", "ish")
    return all(
        any(f"{name}{ending}" in held or name.removesuffix(ending) in held for ending in endings)
        for name in one.names
    )


def _one_subject(one: Statement, other: Statement) -> bool:
    """Return whether two sentences share a name or both have dates, or else their titles share words."""
    if one.names & other.names or (one.when and other.when):
        return True
    titles = [meanings(item.citation.title, UNKNOWN_LANGUAGE) for item in (one, other)]
    return 2 * len(titles[0] & titles[1]) >= max(1, min(map(len, titles)))


def _words_agree(one: Statement, other: Statement, encoder: Encoder | None) -> bool:
    # A name at the beginning of a sentence looks like a word; the other sentence shows that it is a name.
    named = one.names | other.names
    words, its = (
        {word for word in item.words - _PERSONS if not any(name.startswith(word) for name in named)}
        for item in (one, other)
    )
    happened, shared = (words & _EVENTS, its & _EVENTS), words & its
    if (all(happened) and not happened[0] & happened[1]) or not shared:
        return False
    if _rejects(one, other) or _rejects(other, one):
        return True
    replaced = len(words - its), len(its - words)
    if not all(replaced):
        near = (one.near - _PERSONS) <= its and (other.near - _PERSONS) <= words
        enough = len(shared) + bool(one.when and other.when) > 1
        return near and enough and len(shared) >= OVERLAP * min(len(words), len(its))
    measured = one.quantity.unit or one.quantity.currency
    if encoder is None or max(replaced) == 1 or not (measured or one.near & other.near - _PERSONS):
        return False
    first, second = encoder.encode([one.masked, other.masked])
    return float(first @ second) >= ALIKE


def _rejects(one: Statement, other: Statement) -> bool:
    """Return whether a sentence gives another one's figure as wrong: *14,170, not 15,900*."""
    return any(same_value(wrong, other.quantity) for wrong in one.rejected)


def _times_agree(one: Statement, other: Statement) -> bool:
    """Return whether two figures may hold for the same time: a figure for another time is a change."""
    if one.when and other.when:
        few, many = sorted((one.when, other.when), key=len)
        return len(few) == len(many) and all(any(_one_date(date, its) for its in many) for date in few)
    days = _day(one.citation.published), _day(other.citation.published)
    if not one.when and not other.when:
        return days[0] is None or days[1] is None or abs(days[0] - days[1]) < LONG_AGO
    dated, published = (one, days[1]) if one.when else (other, days[0])
    stated = [_day("-".join(map(str, date[:3]))) for date in dated.when if None not in date[:3]]
    if published is None or len(stated) != len(dated.when):
        return False
    return all(day is not None and 0 <= published - day <= SAME_SITUATION for day in stated)


def _one_date(one: When, other: When) -> bool:
    years = {one[0], other[0]}
    return one[1:] == other[1:] and (len(years) == 1 or (None in years and one[1] is not None))


def _day(published: str | None) -> int | None:
    """Convert an ISO date to days, exact enough to tell weeks and years apart; None without a date."""
    parts = [int(part) for part in (published or "").split("-")[:3] if part.isdigit()]
    year, month, day = (*parts, 1, 1, 1)[:3]
    return year * 365 + (month - 1) * 30 + day if parts else None


def _agree(one: Quantity, other: Quantity) -> bool:
    """Return whether two figures can stand for one value, given rounding and words such as *about*."""
    pairs = (one, other), (other, one)
    return any(fairness(*pair) > 0 or _allows(*pair) for pair in pairs)


def _allows(limit: Quantity, item: Quantity) -> bool:
    """Return whether a range, or a figure with *over* or *at most*, allows the values of another figure."""
    least, most = (in_base(value, limit.unit)[0] for value in (limit.low, limit.high))
    low, high = (in_base(value, item.unit)[0] for value in (item.low, item.high))
    if limit.comparator in {"over", "at least"}:
        return least <= high
    return low <= most if limit.comparator in {"under", "at most"} else least <= low <= high <= most


def _disagreement(group: Sequence[Statement]) -> Disagreement:
    sources: dict[tuple[int, int], Statement] = {}
    for statement in group:
        sources.setdefault((statement.citation.document_id, statement.citation.version), statement)
    figures = tuple(
        StatedFigure(
            value=each.value,
            citation=cited.id,
            document_id=cited.document_id,
            version=cited.version,
            title=cited.title,
            publisher=cited.publisher,
            published=cited.published,
            superseded=cited.superseded_by is not None,
        )
        for each in sources.values()
        for cited in [each.citation]
    )
    return Disagreement(group[0].about, figures)
