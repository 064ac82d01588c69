"""Finds different figures for the same thing in cited sentences; an answer shows all, and chooses none.

The unit, dates and names must agree, and the words around the figures, literally or by the encoder. A word
that replaces another (*first* and *second* wave) makes the things different.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import regex

from index.documents import UNKNOWN_LANGUAGE, Span
from index.embedding import Encoder
from index.search import terms
from index.text import PERCENT, may_be_in
from rag.answers import Citation, Disagreement, StatedFigure
from rag.figures.dates import dates, resolved
from rag.figures.quantities import (
    ORDINAL,
    Quantity,
    agree,
    comparable,
    qualified,
    quantities,
    same_value,
)
from rag.questions import lines, word_set

_HAN = regex.compile(r"\p{Han}")
_WORD_OR_HAN = regex.compile(r"(?V1)\p{Han}|[\p{L}\p{N}--\p{Han}][\p{L}\p{M}\p{N}’'-]*")
# Words that only say what kind of thing a name belongs to: *on the island of* Sibuyan.
_KIND_OF = regex.compile(r"\b(?:in|on|at|near|from) the \p{Ll}+ of (?=\p{Lu})")
_NAME = regex.compile(r"(?<=[^\s.;]\s|[‘“’'(-])\p{Lu}[\p{L}\p{M}]+")
_FAR = 40  # characters before a figure in which a word for its change is sought
_LIGHT = word_set("""
said say told report record count put stood reach total number figur rate known make made find found
have has had been were which who from about over between more than some least new up rise rose fell fall
accord regist left off onli ministri come came earn offici 人 名 个 造 成 约 共 di itu đã ở
""")

# English stems, each with the stem that stands for all of the same meaning.
_MEANINGS = {
    stem: group.split()[0]
    for group in lines("""
        dead die death kill toll fatal perish, loss lost, hurt injur wound, home hous, missing miss, damag,
        cost price bill, flee fled displac evacu, destroy raze, rebuild rebuilt reconstruct, free releas,
        job employ workforc, jobless unemploy, burn burnt flame, sale sold revenu turnov, arrest detain
    """)
    for stem in group.split()
}
_LIMITS = regex.compile(
    r"(?i)\b(?:(?P<plan>plan(?:s|ned)?|targets?|expect(?:s|ed)?|will|need(?:s|ed)?|capacity|sẽ|dự kiến|akan)"
    r"|(?P<denial>not|never|không|chưa|tidak|belum))\b|(?P<plan>预计|计划)|(?P<denial>没有|未)"
)
_CHANGE = regex.compile(r"(?i)(?:\b(?:by|another|a further|additional|thêm|naik|turun)|新增|增加|减少)\s*$")
_MORE = regex.compile(r"(?i)\s(?:more|fewer|others?|nữa|lagi)\b")
_REJECTED = regex.compile(r"(?i)(?:\b(?:not|rather than|instead of|không phải|bukan)|而非|而不是)\s*$")
_CUT = regex.compile(
    r"[;:()—–，；：、。]|,(?!\d)|\s(?:and|but|while|including|against|compared|(?:up|down) from|when|after"
    r"|because|since|và|nhưng|dan|tetapi)\s|但|其中"
)
# Left out, because two sources may count the same thing.
_SOURCE = regex.compile(
    r"^[^,;.\d]{3,40}\s(?:said|says?)\s(?:that\s)?"
    r"|\b(?:[Aa]ccording to|[Tt]heo|[Mm]enurut)\s[^,.;\d]+|,\s[^,;.\d]{3,40}\s(?:said|says|reported)\b"
    r"|(?:\b[Tt]he\s)?\b\p{Lu}\p{L}+(?:\s(?:(?:of|for|and)\s)?\p{Lu}\p{L}+)+(?=\s(?:said|says|counted|put)\b)"
)
_SMALL = 10
_TIMES = word_set("second minute hour day week month year decade")


@dataclass(frozen=True, slots=True)
class Statement:
    """A figure of a cited sentence; ``words`` are the meanings (:func:`meanings`) around it.

    Those ``before`` tell what happened, those ``after`` what is counted. ``limits``: ``plan``, ``denial``,
    ``before``, ``after``. ``lengths`` are such as ``3 month``, ``when`` ISO dates without unknown parts. The
    sentence rejects ``rejected``: 15 in *14, not 15*. ``masked`` is for the encoder.
    """

    citation: Citation
    language: str
    quantity: Quantity
    about: str
    words: frozenset[str]
    before: frozenset[str]
    after: frozenset[str]
    names: frozenset[str]
    limits: frozenset[str]
    lengths: frozenset[str]
    when: frozenset[str]
    stated: tuple[Quantity, ...]
    rejected: tuple[Quantity, ...]
    masked: str


def statements(citation: Citation, language: str) -> Iterator[Statement]:
    """One for each figure if it is clear what it counts; none for a row of a table."""
    text = citation.quote if "|" not in citation.quote else ""
    figures = [item for item in quantities(text, language) if item.unit not in {ORDINAL, "year of age"}]
    denials = {item: found for item in figures if (found := _REJECTED.search(text, 0, item.span.start))}
    kept = [item for item in figures if item not in denials]
    moments = [moment for moment in dates(text, language) if not moment.may_be_count]
    blanked = [*(item.span for item in figures), *(moment.span for moment in moments)]
    plain = _SOURCE.sub(_spaces, text)
    for span in (*blanked, *(Span(*found.span()) for found in denials.values())):
        plain = plain[: span.start] + " " * len(span) + plain[span.end :]
    bare = _NAME.sub(_spaces, _KIND_OF.sub(_spaces, plain))
    cuts = [0, *(offset for match in _CUT.finditer(plain) for offset in match.span()), len(text)]
    clauses = [Span(start, end) for start, end in zip(cuts[::2], cuts[1::2], strict=True)]
    without_figure = [part for part in clauses if not any(part.overlaps(item.span) for item in kept)]
    for clause in clauses:
        inside = [item for item in kept if clause.overlaps(item.span)]
        counts = [item for item in inside if item.unit not in _TIMES]
        for item in counts:
            before, after = _words_beside(bare, item, clause, language)
            near = [Span(part[0].start, part[-1].end) for part in (before, after) if part]
            is_change = _CHANGE.search(text[: item.span.start][-_FAR:]) or _MORE.match(text, item.span.end)
            # The words of the clause belong to this figure, unless the others are small, as in *two trams*.
            is_alone = all(
                other.low <= _SMALL and not regex.search(r"\d", other.written)
                for other in counts
                if other != item
            )
            if is_change or not near or not is_alone:
                continue
            around = " ; ".join(part.of(bare) for part in (clause, *without_figure))
            dated = [moment for moment in moments if clause.overlaps(moment.span)] or moments
            when = [resolved(moment, citation.published) for moment in dated]
            limits = [str(match.lastgroup) for match in _LIMITS.finditer(around)]
            limits += [moment.relation for moment in when if moment.relation]
            yield Statement(
                citation=citation,
                language=language,
                quantity=item,
                about=" ".join(" ".join(span.of(text) for span in near).split()),
                words=meanings(around, language),
                before=meanings(" ".join(span.of(bare) for span in before), language),
                after=meanings(" ".join(span.of(bare) for span in after), language),
                names=frozenset(match[0].casefold() for match in _NAME.finditer(plain)),
                limits=frozenset(limits),
                lengths=frozenset(f"{other.low} {other.unit}" for other in inside if other.unit in _TIMES),
                when=frozenset(moment.iso for moment in when),
                stated=tuple(kept),
                rejected=tuple(denials),
                masked=" ".join(plain.split()),
            )


def _spaces(match: regex.Match[str]) -> str:
    return " " * len(match[0])


def meanings(text: str, language: str) -> frozenset[str]:
    # *Lives* in *lives lost* are deaths; the verb *to live* has the same stem, but another meaning.
    text = regex.sub(r"\blives\b", "deaths", text)
    stems = {stem for _, stem in terms(_HAN.sub(" ", text), language) if len(stem) > 1 and not stem.isdigit()}
    return frozenset(_MEANINGS.get(stem, stem) for stem in stems.union(_HAN.findall(text)) - _LIGHT)


def _words_beside(bare: str, item: Quantity, clause: Span, language: str) -> tuple[list[Span], list[Span]]:
    """In *the flood destroyed 40 houses*, first *destroyed*, and then *houses*."""
    found = [Span(*match.span()) for match in _WORD_OR_HAN.finditer(bare, clause.start, clause.end)]
    meaningful = [span for span in found if meanings(span.of(bare), language)]
    before = [span for span in meaningful if span.end <= item.span.start]
    after = [span for span in meaningful if span.start >= item.span.end]
    after = after[: len(meanings(item.noun or "", language)) + 1]
    return (before[-2 if item.currency else -1 :] if after else before[:2]), after


# The lowest cosine similarity of two sentences that say the same in different words. It is ``ALIKE`` if one
# word is next to both figures. Otherwise, it is ``MEASURED_ALIKE`` for figures with a unit, and
# ``CLEARLY_ALIKE`` for figures without one. The values are for the default encoder, and were chosen on the
# hundred pairs of the tests.
ALIKE, MEASURED_ALIKE, CLEARLY_ALIKE = 0.65, 0.8, 0.85
# Days from the date of a figure to the publication of an undated one that may hold for that date.
SAME_SITUATION = 7
LONG_AGO = 366  # undated figures that were published so many days apart are figures of different times
_PERSONS = word_set("peopl person resid patient passeng victim orang người")
# What happened to the counted things; with different ones, figures are about different things.
_EVENTS = word_set("dead hurt missing flee destroy damag arrest free")
_NAME_ENDINGS = ("", "s", "n", "an", "ese", "ish")
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]+")


def disagreements(
    citations: Sequence[Citation], languages: Mapping[int, str] | None = None, encoder: Encoder | None = None
) -> tuple[Disagreement, ...]:
    """``languages``: ISO 639-1 by document number, else English. Without ``encoder``, words alone count."""
    known = languages or {}
    places = {(cited.document_id, cited.version, cited.start, cited.end): cited for cited in citations}
    stated = [
        statement
        for cited in sorted(places.values(), key=_newest_first)
        for statement in statements(cited, known.get(cited.document_id, UNKNOWN_LANGUAGE))
    ]
    found: list[Disagreement] = []
    while stated:
        group = [stated.pop(0)]
        for other in stated:
            if all(_same_thing(each, other, encoder) for each in group):
                group.append(other)
        if any(
            not any(agree(one.quantity, figure) for figure in other.stated)
            and not any(agree(other.quantity, figure) for figure in one.stated)
            for one, other in combinations(group, 2)
        ):
            found.append(Disagreement(group[0].about, tuple(map(_figure, group))))
            stated = [each for each in stated if each not in group]
    return tuple(sorted(found, key=lambda item: min((fig.citation, item.about) for fig in item.figures)))


def _newest_first(cited: Citation) -> tuple[bool, tuple[int, ...], int, int, int, int]:
    """A year before its months and days, and the undated last."""
    age = tuple(-ord(character) for character in cited.published or "")
    return not cited.published, age, cited.document_id, -cited.version, cited.id, cited.start


def _same_thing(one: Statement, other: Statement, encoder: Encoder | None) -> bool:
    # Sources state the cost of a thing before and after it is built, so a plan and a result are comparable.
    is_cost = one.quantity.currency or "cost" in one.words & other.words
    apart = (one.limits ^ other.limits) - ({"plan"} if is_cost else set())
    return (
        one.language == other.language
        and not apart
        and (one.lengths == other.lengths or not (one.lengths and other.lengths))
        and _other_source(one.citation, other.citation)
        and comparable(one.quantity, other.quantity)
        and _times_agree(one, other)
        and _one_subject(one, other)
        and all(_rejects(*pair) or _has_names(*pair) for pair in ((one, other), (other, one)))
        and _words_agree(one, other, encoder)
    )


def _other_source(one: Citation, other: Citation) -> bool:
    """Copies are one source, and so are two versions."""
    if one.document_id == other.document_id:
        return one.version != other.version
    copies = {copy.document_id for copy in (*one.also_in, *other.also_in)}
    return not copies & {one.document_id, other.document_id}


def _rejects(one: Statement, other: Statement) -> bool:
    """*14, not 15* rejects 15."""
    return any(same_value(wrong, other.quantity) for wrong in one.rejected)


def _has_names(one: Statement, other: Statement) -> bool:
    """The name *Vietnam* is also found in the form *Vietnamese*."""
    words = set(_WORD.findall(f"{other.citation.quote} {other.citation.title}".casefold()))
    return all(
        any({name + ending, name.removesuffix(ending)} & words for ending in _NAME_ENDINGS)
        for name in one.names
    )


def _one_subject(one: Statement, other: Statement) -> bool:
    if one.names & other.names or (one.when and other.when):
        return True
    titles = [meanings(item.citation.title, UNKNOWN_LANGUAGE) for item in (one, other)]
    return 2 * len(titles[0] & titles[1]) >= max(1, min(map(len, titles)))


def _words_agree(one: Statement, other: Statement, encoder: Encoder | None) -> bool:
    # A name at the beginning of a sentence looks like a word; the other sentence shows that it is a name.
    names = one.names | other.names
    words, other_words = (
        {word for word in item.words - _PERSONS if not _begins_name(word, names)} for item in (one, other)
    )
    shared, events, other_events = words & other_words, words & _EVENTS, other_words & _EVENTS
    if not shared or (events and other_events and not events & other_events):
        return False
    if _rejects(one, other) or _rejects(other, one):
        return True
    if words <= other_words or other_words <= words:
        return _additions_agree(one, other, shared, encoder)
    shared_beside = (one.before | one.after) & (other.before | other.after) - _PERSONS
    measured = one.quantity.unit or one.quantity.currency
    least = ALIKE if shared_beside or events & other_events else MEASURED_ALIKE if measured else CLEARLY_ALIKE
    replaces_one_word = len(words - other_words) == len(other_words - words) == 1
    return not replaces_one_word and _cosine(one, other, encoder) >= least


def _additions_agree(one: Statement, other: Statement, shared: set[str], encoder: Encoder | None) -> bool:
    known = {*shared, *one.names, *other.names, *_PERSONS}
    enough = len(shared) > 1 or (one.when and other.when) or len(one.names & other.names) > 1
    if not enough or not all(_begins_name(word, known) for word in one.after | other.after):
        return False
    # The words before a percentage say of what it is a share: youth unemployment is not unemployment.
    return all(_begins_name(word, known) for word in one.before | other.before) or (
        one.quantity.unit != PERCENT and _cosine(one, other, encoder) >= CLEARLY_ALIKE
    )


def _begins_name(word: str, names: Collection[str]) -> bool:
    return any(name.startswith(word) for name in names)


def _cosine(one: Statement, other: Statement, encoder: Encoder | None) -> float:
    if encoder is None or not may_be_in(one.language, encoder.languages):
        return 0.0
    first, second = encoder.encode([one.masked, other.masked])
    return float(first @ second)


def _times_agree(one: Statement, other: Statement) -> bool:
    """If two figures are not for the same time, they show a change, not a disagreement."""
    if one.when and other.when:
        return one.when == other.when
    first, second = (_day(item.citation.published) for item in (one, other))
    if not one.when and not other.when:
        return not first or not second or abs(first - second) < LONG_AGO
    dated, published = (one.when, second) if one.when else (other.when, first)
    # Without a publication date, the difference is negative.
    return all(day.count("-") == 2 and 0 <= published - _day(day) <= SAME_SITUATION for day in dated)


def _day(iso: str | None) -> int:
    parts = [int(part) for part in (iso or "").split("-")[:3] if part.isdigit()]
    year, month, day = (*parts, 1, 1, 1)[:3]
    return year * 365 + (month - 1) * 30 + day if parts else 0


def _figure(stated: Statement) -> StatedFigure:
    cited = stated.citation
    return StatedFigure(
        qualified(cited.quote, stated.quantity), cited.id, cited.document_id, cited.version, cited.title,
        cited.publisher, cited.published, superseded=cited.superseded_by is not None,
    )  # fmt: skip
