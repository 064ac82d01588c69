"""Reads the figures of a cited sentence: what each one counts, where and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from index.documents import Span
from index.search import terms
from rag.answers import Citation
from rag.figures.dates import dates, resolved
from rag.figures.quantities import ORDINAL, Quantity, quantities
from rag.word_parsing import lines, word_set

_HAN = regex.compile(r"\p{Han}")
_WORD = regex.compile(r"(?V1)\p{Han}|[\p{L}\p{N}--\p{Han}][\p{L}\p{M}\p{N}’'-]*")
_KIND_OF = regex.compile(r"\b(?:in|on|at|near|from) the \p{Ll}+ of (?=\p{Lu})")
"""Words that only say what kind of thing a name belongs to: *on the island of* Sibuyan."""

_NAME = regex.compile(r"(?<=[^\s.;]\s|[‘“’'(-])\p{Lu}[\p{L}\p{M}]+")
_FAR = 40
"""The word for a change of a figure is sought in this many characters before it."""

_LIGHT = word_set("""
said say told report record count put stood reach total number figur rate known make made find found
have has had been were which who from about over between more than some least new up rise rose fell fall
accord regist left off onli ministri come came earn offici 人 名 个 造 成 约 共 di itu đã ở
""")
"""Stems and characters that say nothing about the counted things."""

_MEANINGS = {
    stem: group.split()[0]
    for group in lines("""
        dead die death kill toll fatal perish, loss lost, hurt injur wound, home hous, missing miss, damag,
        cost price bill, flee fled displac evacu, destroy raze, rebuild rebuilt reconstruct, free releas,
        job employ workforc, jobless unemploy, burn burnt flame, sale sold revenu turnov, arrest detain
    """)
    for stem in group.split()
}
"""English stems, each with the stem that stands for all stems of the same meaning."""

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
_SOURCE = regex.compile(
    r"^[^,;.\d]{3,40}\s(?:said|says?)\s(?:that\s)?"
    r"|\b(?:[Aa]ccording to|[Tt]heo|[Mm]enurut)\s[^,.;\d]+|,\s[^,;.\d]{3,40}\s(?:said|says|reported)\b"
    r"|(?:\b[Tt]he\s)?\b\p{Lu}\p{L}+(?:\s(?:(?:of|for|and)\s)?\p{Lu}\p{L}+)+(?=\s(?:said|says|counted|put)\b)"
)
"""Words that name a source. They are left out, because two sources may count the same thing."""

_SMALL = 10
_TIMES = word_set("second minute hour day week month year decade")


@dataclass(frozen=True, slots=True)
class Statement:
    """A figure of a cited sentence.

    Attributes:
        citation: the citation.
        language: the ISO 639-1 code of the cited document's language.
        quantity: the figure.
        about: the counted things, as written.
        words: the meanings (:func:`meanings`) of the words around the figure.
        before: the meanings of the words before the figure, which tell what happened.
        after: the meanings of the words after the figure, which tell what it counts.
        names: the names in the sentence, in lower case.
        limits: how the text limits the figure: ``plan`` (it is planned or expected), ``denial``, ``before``
            or ``after`` (a date).
        lengths: the lengths of time that the figure's clause states, such as ``3 month``.
        when: the ISO dates that the figure holds for, without unknown parts (``2025-07``); empty if none is
            known.
        stated: all figures of the sentence, except ``rejected``.
        rejected: the figures that the sentence rejects as wrong: 15 in *14, not 15*.
        masked: the sentence without figures, dates and sources, for the encoder.
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
    """Yield a statement for each figure of a quote if it is clear what the figure counts.

    A quote that is a row of a table has no statements.
    """
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
            if is_change or not near or not all(_is_small(other) for other in counts if other != item):
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
    """Return the stems of the meaningful words of ``text``; one stem stands for all its synonyms."""
    # *Lives* in *lives lost* are deaths; the verb *to live* has the same stem, but another meaning.
    text = regex.sub(r"\blives\b", "deaths", text)
    stems = {stem for _, stem in terms(_HAN.sub(" ", text), language) if len(stem) > 1 and not stem.isdigit()}
    return frozenset(_MEANINGS.get(stem, stem) for stem in stems.union(_HAN.findall(text)) - _LIGHT)


def _words_beside(bare: str, item: Quantity, clause: Span, language: str) -> tuple[list[Span], list[Span]]:
    """Return the spans of the words that say what a figure counts: those before it, and those after it.

    In *the flood destroyed 40 houses*, the first list has *destroyed*, and the second has *houses*.
    """
    found = [Span(*match.span()) for match in _WORD.finditer(bare, clause.start, clause.end)]
    meaningful = [span for span in found if meanings(span.of(bare), language)]
    before = [span for span in meaningful if span.end <= item.span.start]
    after = [span for span in meaningful if span.start >= item.span.end]
    after = after[: len(meanings(item.noun or "", language)) + 1]
    return (before[-2 if item.currency else -1 :] if after else before[:2]), after


def _is_small(other: Quantity) -> bool:
    """Return whether a figure is a small number in words (*two* trams).

    The other words of its clause belong to another figure.
    """
    return other.low <= _SMALL and not regex.search(r"\d", other.written)
