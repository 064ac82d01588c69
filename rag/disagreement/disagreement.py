"""Where cited sentences give different figures for the same thing: each is shown, none is chosen.

To say wrongly that sources disagree is a wrong citation. Two figures are held against each other only where
nothing that either sentence states (a place, a group, a day, a plan) could set the things apart.
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
"""Words, those for persons aside, that two sentences must share: what is counted, and of what."""

OVERLAP = 0.6
"""The share of the shorter sentence's words that the other must have. Newsrooms word one event differently,
with about two of three words the same; of sentences about different things that pass all the other checks,
fewer are."""

OVERLAP_PAIRS = 0.8
"""The same for pairs of characters: each word has several, and one other word changes few of them."""

SAME_SITUATION = 7
"""Days after the day of one figure within which an undated one was published, to be taken as of that day."""

LONG_AGO = 366
"""Days between the publications of undated figures from which on they are of different times."""

_ABOUT = Decimal("0.1")
"""How far *about* reaches, as a share of the figure."""


def disagreements(
    citations: Sequence[Citation], languages: Mapping[int, str] | None = None
) -> tuple[Disagreement, ...]:
    """What the cited sentences give different figures for, in the order of their footnotes.

    Args:
        citations: the footnotes of an answer, in any order.
        languages: the ISO 639-1 codes of the documents' languages, by their numbers; what is not in it
            counts as unknown, and only the digits of it are read.
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
    """The statements of one thing, where some do not agree: each is of the same thing as every other."""
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
    """Whether two statements give figures for the same thing that cannot both be right."""
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
    """Whether they are of different documents, or versions of one, neither a copy of the other."""
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
        # What something costs is said before it is built, and after.
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
        # One word in the place of another is another thing: cholera and measles, summer and winter.
        return False
    shared = [term for term in one.scope if contains_term(other.scope, term)]
    telling = [term for term in shared if not is_person(term)]
    # A correction names the figure that it corrects, and two of one day share more than words.
    enough = SHARED - bool(corrects or (one.when and other.when)) if telling else SHARED
    least = OVERLAP_PAIRS if any(map(is_pair, shared)) else OVERLAP
    return len(telling) >= enough and len(shared) >= least * min(len(one.scope), len(other.scope))


def _one_subject(one: Statement, other: Statement) -> bool:
    """Whether both say of what: by a name or a day, or by the titles of their documents.

    *Its area is 4,167 square kilometres* is a sentence about anything.
    """
    # The first word has a capital letter whatever it is.
    opened = one.citation.quote.casefold(), other.citation.quote.casefold()
    named = any(not words.startswith(name) for name in one.names & other.names for words in opened)
    if named or (one.when and other.when):
        return True
    shared = one.subject & other.subject
    return len(shared) * 2 >= max(1, min(len(one.subject), len(other.subject)))


def _own_lacking(one: Statement, other: Statement) -> bool:
    return any(not is_person(term) and not contains_term(other.scope, term) for term in one.own)


def _near_agrees(one: Statement, other: Statement) -> bool:
    """Whether a sentence has the words that say what the other's figure counts."""
    telling = [term for term in one.near if not is_person(term)] or list(one.near)
    return all(contains_term(other.scope, term) for term in telling)


def _names_lacking(one: Statement, other: Statement) -> list[str]:
    """The names of one that neither the other's sentence nor its headings and title have."""
    return [name for name in one.names if not any(_one_name(name, word) for word in other.held)]


def _one_name(name: str, word: str) -> bool:
    shorter, longer = sorted((name.removesuffix("’s").removesuffix("'s"), word), key=len)
    # Han names stand within longer runs; of others, peoples grow from their countries: Cambodia, Cambodian.
    return shorter == longer or (
        longer.startswith(shorter) and len(shorter) >= 5 and len(longer) - len(shorter) <= 3
        if shorter.isascii()
        else shorter in longer
    )


def _rejects(statement: Statement, quantity: Quantity) -> bool:
    return any(_is_same(quantity, rejected) for rejected in statement.rejected)


def _is_same(one: Quantity, other: Quantity) -> bool:
    """Whether two figures of one sentence and another are one: bare ones take the other's unit."""
    return (one.low, one.high) == (other.low, other.high) and (
        _comparable(one, other) or (other.unit is None and other.currency is None)
    )


def _times_agree(one: Statement, other: Statement) -> bool:
    """Whether the figures may be of one time: a figure of another day or period is a change."""
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
    """A day's number, near enough to tell weeks and years apart; None where no day is told."""
    parts = [int(part) for part in (published or "").split("-")[:3] if part.isdigit()]
    if not parts:
        return None
    year, month, day = (*parts, 1, 1)[:3]
    return year * 365 + (month - 1) * 30 + day


def _agree(one: Quantity, other: Quantity) -> bool:
    """Whether some value is meant by both, considering rounding and words such as *about* and *over*."""
    (low, high), (its_low, its_high) = _meant(one), _meant(other)
    return low <= its_high and its_low <= high


def _meant(quantity: Quantity) -> tuple[Decimal, Decimal]:
    """The least and the greatest value that a figure may stand for, in its base unit."""
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
    """What the last digit that is no nought is worth, a tenth of the figure at most: 12,400 may be 12,380."""
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
