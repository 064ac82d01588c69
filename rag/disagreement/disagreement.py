"""Detects different figures for the same thing in cited sentences: an answer shows all, and chooses none.

A wrongly reported disagreement is a wrong citation. Two figures are therefore compared only if nothing that
either sentence states (a place, a group, a day, a plan) could make them figures of different things.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from index.documents import UNKNOWN_LANGUAGE
from rag.answers import Citation, Disagreement, StatedFigure
from rag.disagreement.statement_words import is_pair, is_person
from rag.disagreement.statements import statements
from rag.disagreement.stating import Statement, When
from rag.figures.quantities import Quantity
from rag.figures.units import in_base, same_currency
from rag.finding.features import contains_term

SHARED = 2
"""The least number of words, except words for persons, that two sentences must share: the words for the
counted things, and for their subject."""

OVERLAP = 0.6
"""The least share of the shorter sentence's words that the other sentence must have. Newsrooms report one
event with about two thirds of the words the same. Sentences about different things that pass all other checks
share fewer."""

OVERLAP_PAIRS = 0.8
"""The least share if words are compared as pairs of characters. A word has several pairs, so two sentences
that differ in one word still share most pairs."""

SAME_SITUATION = 7
"""The most days from the day of a dated figure to the publication of an undated one, for both to count as
figures of that day."""

LONG_AGO = 366
"""Undated figures that were published at least so many days apart are figures of different times."""

_ABOUT = Decimal("0.1")
"""The largest difference between a true value and a figure with *about*, as a share of the figure."""


def disagreements(
    citations: Sequence[Citation], languages: Mapping[int, str] | None = None
) -> tuple[Disagreement, ...]:
    """Find the figures that differ for the same thing, in the order of their footnotes.

    Args:
        citations: the footnotes of an answer, in any order.
        languages: the ISO 639-1 codes of the documents' languages, by document number. The language of a
            document that is missing here counts as unknown, and then only figures in digits are read.
    """
    known = languages or {}
    places = {(cited.document_id, cited.version, cited.start, cited.end): cited for cited in citations}
    stated = [
        statement
        for cited in places.values()
        for statement in statements(cited, known.get(cited.document_id, UNKNOWN_LANGUAGE))
    ]
    found = [_disagreement(group) for group in _groups(sorted(stated, key=_newest_first))]
    return tuple(sorted(found, key=lambda item: min((fig.citation, item.about) for fig in item.figures)))


def _newest_first(statement: Statement) -> tuple[bool, tuple[int, ...], int, int, int, int, int]:
    cited = statement.citation
    age = tuple(-ord(character) for character in cited.published or "")
    return (
        not cited.published, age, cited.document_id, -cited.version, cited.id, cited.start,
        statement.quantity.span.start,
    )  # fmt: skip


def _groups(stated: Sequence[Statement]) -> Iterator[list[Statement]]:
    """Yield groups of statements about the same thing, each with at least two that disagree.

    Any two statements of a group are about the same thing.
    """
    taken: set[int] = set()
    for place, first in enumerate(stated):
        for other in range(place + 1, len(stated)):
            if {place, other} & taken or not _differ(first, stated[other]):
                continue
            group = [place, other]
            for more in range(len(stated)):
                if more not in taken | set(group) and all(
                    _same_thing(stated[more], stated[one]) for one in group
                ):
                    group.append(more)
            taken.update(group)
            yield [stated[one] for one in sorted(group)]


def _differ(one: Statement, other: Statement) -> bool:
    """Return whether two statements give figures for the same thing that cannot both be right."""
    return (
        _same_thing(one, other)
        and not _agree(one.quantity, other.quantity)
        and not any(_is_same(one.quantity, its) for its in other.others)
        and not any(_is_same(other.quantity, its) for its in one.others)
    )


def _same_thing(one: Statement, other: Statement) -> bool:
    return (
        _other_source(one.citation, other.citation)
        and _comparable(one.quantity, other.quantity)
        and _limits_agree(one, other)
        and _times_agree(one, other)
        and _words_agree(one, other)
    )


def _other_source(one: Citation, other: Citation) -> bool:
    """Tell if the citations are of two documents that are no copies, or of two versions of one document."""
    if one.document_id == other.document_id:
        return one.version != other.version
    copies = {copy.document_id for copy in one.also_in} | {copy.document_id for copy in other.also_in}
    return not copies & {one.document_id, other.document_id}


def _comparable(one: Quantity, other: Quantity) -> bool:
    return same_currency(one.currency, other.currency) and (
        in_base(one.low, one.unit)[1] == in_base(other.low, other.unit)[1]
    )


def _limits_agree(one: Statement, other: Statement) -> bool:
    apart = one.limits ^ other.limits
    if one.quantity.currency or {term[1] for term in one.scope & other.scope} & {"cost"}:
        # The sources state the cost of a thing both before and after it is built.
        apart -= {"will"}
    return not apart


def _words_agree(one: Statement, other: Statement) -> bool:
    if one.cell != other.cell:
        return False
    if not _near_agrees(one, other) or not _near_agrees(other, one):
        return False
    corrects = _rejects(one, other.quantity) or _rejects(other, one.quantity)
    unknown = [bool(_names_lacking(one, other)), bool(_names_lacking(other, one))]
    if any(unknown) and not (corrects and not all(unknown)):
        return False
    replaced = _own_lacking(one, other) and _own_lacking(other, one)
    if not corrects and (replaced or not _one_subject(one, other)):
        # A word that replaces another changes the subject: cholera and measles, summer and winter.
        return False
    shared = [term for term in one.scope if contains_term(other.scope, term)]
    telling = [term for term in shared if not is_person(term)]
    # A correction also shares the figure that it corrects, and two statements of one day also share the day.
    enough = SHARED - bool(corrects or (one.when and other.when)) if telling else SHARED
    least = OVERLAP_PAIRS if any(map(is_pair, shared)) else OVERLAP
    return len(telling) >= enough and len(shared) >= least * min(len(one.scope), len(other.scope))


def _one_subject(one: Statement, other: Statement) -> bool:
    """Return whether two statements name one subject: by a shared name, by dates in both, or by their titles.

    *Its area is 4,167 square kilometres* names no subject.
    """
    # The first word of a sentence has a capital letter even if it is no name.
    opened = one.citation.quote.casefold(), other.citation.quote.casefold()
    named = any(not words.startswith(name) for name in one.names & other.names for words in opened)
    if named or (one.when and other.when):
        return True
    shared = one.subject & other.subject
    return len(shared) * 2 >= max(1, min(len(one.subject), len(other.subject)))


def _own_lacking(one: Statement, other: Statement) -> bool:
    return any(not is_person(term) and not contains_term(other.scope, term) for term in one.own)


def _near_agrees(one: Statement, other: Statement) -> bool:
    """Return whether the sentence of ``other`` has the words that say what the figure of ``one`` counts."""
    telling = [term for term in one.near if not is_person(term)] or list(one.near)
    return all(contains_term(other.scope, term) for term in telling)


def _names_lacking(one: Statement, other: Statement) -> list[str]:
    """Return the names of ``one`` that the sentence, headings and title of ``other`` all lack."""
    return [name for name in one.names if not any(_one_name(name, word) for word in other.held)]


def _one_name(name: str, word: str) -> bool:
    shorter, longer = sorted((name.removesuffix("’s").removesuffix("'s"), word), key=len)
    # A Han name may be part of a longer run. The name of a people begins with that of its country: Cambodia,
    # Cambodian.
    return shorter == longer or (
        longer.startswith(shorter) and len(shorter) >= 5 and len(longer) - len(shorter) <= 3
        if shorter.isascii()
        else shorter in longer
    )


def _rejects(statement: Statement, quantity: Quantity) -> bool:
    return any(_is_same(quantity, rejected) for rejected in statement.rejected)


def _is_same(one: Quantity, other: Quantity) -> bool:
    """Return whether two figures are equal; if ``other`` has no unit, it takes the unit of ``one``."""
    return (one.low, one.high) == (other.low, other.high) and (
        _comparable(one, other) or (other.unit is None and other.currency is None)
    )


def _times_agree(one: Statement, other: Statement) -> bool:
    """Return whether two figures may hold for the same time.

    A figure for another day or period is a change, not a disagreement.
    """
    if one.when and other.when:
        return _dates_match(one.when, other.when)
    days = _day(one.citation.published), _day(other.citation.published)
    if not one.when and not other.when:
        return days[0] is None or days[1] is None or abs(days[0] - days[1]) < LONG_AGO
    dated, published = (one, days[1]) if one.when else (other, days[0])
    stated = [_day("-".join(map(str, date[:3]))) for date in dated.when if None not in date[:3]]
    if published is None or len(stated) != len(dated.when):
        return False
    return all(day is not None and 0 <= published - day <= SAME_SITUATION for day in stated)


def _dates_match(one: frozenset[When], other: frozenset[When]) -> bool:
    few, many = sorted((one, other), key=len)
    return all(any(_one_date(date, its) for its in many) for date in few) and len(one) == len(other)


def _one_date(one: When, other: When) -> bool:
    return one[1:] == other[1:] and (
        one[0] == other[0] or (None in {one[0], other[0]} and one[1] is not None)
    )


def _day(published: str | None) -> int | None:
    """Convert an ISO date to days, exact enough to tell weeks and years apart; None without a date."""
    parts = [int(part) for part in (published or "").split("-")[:3] if part.isdigit()]
    if not parts:
        return None
    year, month, day = (*parts, 1, 1)[:3]
    return year * 365 + (month - 1) * 30 + day


def _agree(one: Quantity, other: Quantity) -> bool:
    """Tell if two figures can stand for one value, given rounding and words such as *about* and *over*."""
    (low, high), (its_low, its_high) = _meant(one), _meant(other)
    return low <= its_high and its_low <= high


def _meant(quantity: Quantity) -> tuple[Decimal, Decimal]:
    """Return the smallest and the largest value that a figure may stand for, in its base unit."""
    low, high = (in_base(value, quantity.unit)[0] for value in (quantity.low, quantity.high))
    step = in_base(quantity.step, quantity.unit)[0]
    half = max(step if step != in_base(Decimal(1), quantity.unit)[0] else Decimal(0), _worth(quantity)) / 2
    far, infinite = max(abs(high) * _ABOUT, half), Decimal("Infinity")
    bounds: dict[str, tuple[Decimal, Decimal]] = {
        "exactly": (low - half, high + half),
        "about": (low - far, high + far),
        "nearly": (low - far, high),
        "over": (low, infinite),
        "at least": (low, infinite),
        "under": (-infinite, high),
        "at most": (-infinite, high),
    }
    return bounds[quantity.comparator]


def _worth(quantity: Quantity) -> Decimal:
    """Return the place value of the last digit that is not 0: 12,400 may stand for 12,380.

    It is at most a tenth of the place value of the first digit.
    """
    value = in_base(quantity.high, quantity.unit)[0]
    if value != value.to_integral_value() or abs(value) < 100 or quantity.is_range:
        return Decimal(0)
    digits = value.normalize().as_tuple()
    place = min(int(digits.exponent), value.adjusted() - 1)
    return Decimal(1).scaleb(place) if place > 0 else Decimal(0)


def _disagreement(group: Sequence[Statement]) -> Disagreement:
    sources: dict[tuple[int, int], Statement] = {}
    for statement in group:
        sources.setdefault((statement.citation.document_id, statement.citation.version), statement)
    return Disagreement(group[0].about, tuple(map(_figure, sources.values())))


def _figure(statement: Statement) -> StatedFigure:
    cited = statement.citation
    return StatedFigure(
        value=statement.value,
        citation=cited.id,
        document_id=cited.document_id,
        version=cited.version,
        title=cited.title,
        publisher=cited.publisher,
        published=cited.published,
        superseded=cited.superseded_by is not None,
    )
