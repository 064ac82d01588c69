"""Compares figures: whether an answer may state one figure where its source states another.

An answer may do this if the figures are equal, if the answer rounds fairly, or if the answer's hedge (*over*,
*nearly*) is true. For 1,043, an answer may state *over a thousand*, but not *nearly 2,000*. For 998, it may
not state *over a thousand*. The figures of two sources are compared by :func:`agree`.
"""

from __future__ import annotations

from decimal import Decimal

from rag.figures.quantities import Quantity
from rag.figures.units import PERCENT, in_base, same_currency

FAIR_DISTANCE = Decimal("0.2")
"""The largest distance between a figure that is stated with *over* or *under* and the true figure, as a share
of the larger figure."""

NEAR = Decimal("0.1")
"""The largest distance between a figure that is stated with *nearly* and the true figure, as a share of the
stated figure."""

_THIRDS = frozenset({Decimal("33.33"), Decimal("66.67")})

LOOSENED = 0.6
"""The score of a figure that omits a hedge of the cited figure, or that is rounded without saying so."""


def same_kind(stated: Quantity, cited: Quantity) -> bool:
    """Return whether two quantities have the same unit and currency, so that their values can be compared.

    The stated quantity may leave out a rate, such as *a day*, that the cited quantity has. A stated number
    that has neither a unit nor a noun may leave out the currency.
    """
    if stated.currency or cited.currency:
        bare = stated.currency is None and stated.noun is None and stated.unit is None
        return bare or (
            same_currency(stated.currency, cited.currency) and _unit(stated) in {None, _unit(cited)}
        )
    unit, cited_unit = _unit(stated), _unit(cited)
    return unit == cited_unit or (
        cited_unit is not None and unit is not None and cited_unit.startswith(f"{unit}/")
    )


def comparable(one: Quantity, other: Quantity) -> bool:
    """Return whether two quantities are of the same kind, whichever of them is the stated one."""
    return same_kind(one, other) and same_kind(other, one)


def _unit(quantity: Quantity) -> str | None:
    return in_base(quantity.low, quantity.unit)[1]


def same_value(stated: Quantity, cited: Quantity) -> bool:
    """Return whether two quantities of the same kind have the same value, in equal or convertible units."""
    ends = [in_base(value, stated.unit)[0] for value in (stated.low, stated.high)]
    cited_ends = [in_base(value, cited.unit)[0] for value in (cited.low, cited.high)]
    if ends == cited_ends:
        return True
    may_be_third = stated.unit == PERCENT and not stated.is_range and not cited.is_range
    # Thirds have no exact decimal form.
    return may_be_third and ends[0] in _THIRDS and abs(ends[0] - cited_ends[0]) <= Decimal("0.7")


def fairness(stated: Quantity, cited: Quantity) -> float:
    """Return how fairly ``stated`` gives the value of ``cited``, a figure of the same kind.

    Args:
        stated: the figure in a sentence.
        cited: the figure in its evidence.

    Returns:
        1 if ``stated`` is fair, :data:`LOOSENED` if it omits a hedge or rounds without saying so, else 0.
    """
    if same_value(stated, cited):
        return _same(stated, cited)
    if stated.is_range and cited.is_range:
        ends = ((stated.low, cited.low), (stated.high, cited.high))
        is_fair = all(_is_rounding(value, true_value) and _digits(value) >= 2 for value, true_value in ends)
        return LOOSENED if is_fair else 0.0
    if cited.vague or cited.is_range:
        return _within(stated, cited)
    if stated.vague:
        return 1.0 if stated.low <= cited.low <= stated.high else 0.0
    if stated.is_range:
        return 0.0
    value = in_base(stated.low, stated.unit)[0]
    true_value = in_base(cited.low, cited.unit)[0]
    return _rounded(stated, value, cited, true_value)


_IMPLIED = {
    ("at least", "over"), ("at most", "under"), ("under", "nearly"), ("about", "nearly"), ("about", "over"),
    ("about", "exactly"), ("nearly", "about"), ("about", "under"), ("at least", "exactly"),
    ("at most", "exactly"),
}  # fmt: skip
"""Pairs of comparators that agree if the figures have the same value: the sentence's, then its evidence's."""

_LIMITS = {"at least", "at most", "over", "under"}
"""Comparators that state a limit. If both figures have one, different values disagree, unless the stated
figure has fewer digits."""

_DROPPED = {"about", "nearly", "over", "at least"}


def _same(stated: Quantity, cited: Quantity) -> float:
    if stated.comparator == cited.comparator or (stated.comparator, cited.comparator) in _IMPLIED:
        adds_limit = stated.comparator in {"at least", "at most"} and cited.comparator == "exactly"
        return LOOSENED if adds_limit else 1.0
    return LOOSENED if stated.comparator == "exactly" and cited.comparator in _DROPPED else 0.0


def _within(stated: Quantity, cited: Quantity) -> float:
    if stated.vague or stated.is_range:
        return 0.0
    fits = {
        "at least": stated.low == cited.low, "over": stated.low < cited.low and cited.vague,
        "at most": stated.low == cited.high, "under": False,
    }  # fmt: skip
    return 1.0 if fits.get(stated.comparator, False) else 0.0


def _rounded(stated: Quantity, value: Decimal, cited: Quantity, true_value: Decimal) -> float:
    hedge, cited_hedge = stated.comparator, cited.comparator
    is_other_limit = {hedge, cited_hedge} <= _LIMITS and _digits(value) >= _digits(true_value)
    if not true_value or not value or is_other_limit:
        return 0.0
    below, above = (true_value - value) / abs(true_value), (value - true_value) / abs(value)
    if hedge in {"over", "at least"}:
        return float(cited_hedge not in {"at most", "under", "nearly"} and 0 < below <= FAIR_DISTANCE)
    if hedge in {"under", "at most"}:
        return float(cited_hedge not in {"over", "at least"} and 0 < above <= FAIR_DISTANCE)
    if hedge == "nearly":
        return float(cited_hedge in {"exactly", "about"} and 0 < above <= NEAR)
    is_fair = _is_rounding(value, true_value)
    if hedge == "about":
        return float(is_fair and cited_hedge in {"exactly", "about", "nearly", "over"})
    return LOOSENED if is_fair and cited_hedge in {"exactly", "about"} and _digits(value) >= 2 else 0.0


def agree(one: Quantity, other: Quantity) -> bool:
    """Return whether two figures can stand for one value, given rounding and words such as *about*."""
    pairs = ((one, other), (other, one))
    return comparable(one, other) and any(fairness(*pair) > 0 or _allows(*pair) for pair in pairs)


def _allows(limit: Quantity, item: Quantity) -> bool:
    """Return whether ``limit`` (a range, or a figure with *over* or *at most*) allows the figure ``item``.

    *Over 100* allows *120*; *between 10 and 20* allows *15*.
    """
    least, most = (in_base(value, limit.unit)[0] for value in (limit.low, limit.high))
    low, high = (in_base(value, item.unit)[0] for value in (item.low, item.high))
    if limit.comparator in {"over", "at least"}:
        return least <= high
    return low <= most if limit.comparator in {"under", "at most"} else least <= low <= high <= most


def _is_rounding(value: Decimal, true_value: Decimal) -> bool:
    """Return whether ``value`` rounds ``true_value`` by at most a twentieth, as 1,000 rounds 1,043."""
    place = Decimal(1).scaleb(value.normalize().adjusted() - _digits(value) + 1)
    return abs(value - true_value) * 2 <= place and abs(value - true_value) * 20 <= abs(true_value)


def _digits(value: Decimal) -> int:
    return len(value.normalize().as_tuple().digits)
