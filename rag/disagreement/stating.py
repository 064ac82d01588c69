"""Reads the figures of a cited sentence: what each counts, and of whom, where and when.

The reading is strict: it leaves out a figure whose clause does not say what it counts, since a comparison
would be a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from index.documents import Span
from index.search import NO_SPACES, Term
from index.search import terms as analysed
from rag.answers import Citation
from rag.disagreement.figure_words import FAR, as_written, written_start
from rag.disagreement.statement_words import (
    BLANKED,
    BOUNDARY,
    CHANGE_AFTER,
    CHANGE_BEFORE,
    DENIED_BEFORE,
    FORMER_BEFORE,
    GENRE,
    MONEY,
    PART_OF,
    REVISED,
    SUBSET,
    is_light,
    is_pair,
    limits_of,
    meaning,
    places_without_capitals,
    without_light_han,
)
from rag.figures.dates import dates, resolved
from rag.figures.moment import Moment
from rag.figures.quantities import ORDINAL, Quantity, quantities

_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}’'-]*")
_OF = regex.compile(r"\sof\s(?:the\s)?(?P<what>\p{L}[\p{L}\p{M}’'-]*)")
_TIMES = frozenset({"second", "minute", "hour", "day", "week", "month", "year", "decade"})
_UNREAD = frozenset({ORDINAL, "year of age"})
_NEAR_HAN = 2
"""The number of characters before a figure, in a script without spaces, that say what is counted."""
MOST_ABOUT = 60
"""The most characters of the phrase for the counted things (``Statement.about``)."""

When = tuple[int | None, int | None, int | None, str | None]
"""A date: year, month, day, and ``before`` or ``after`` if the text says so. For a date relative to the day
of writing: None, None, the distance and its unit."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A figure of a cited sentence, with everything that tells what it counts.

    Attributes:
        citation: the citation of the sentence.
        quantity: the figure.
        value: the figure as written, with the words that qualify it.
        about: the counted things, as written.
        near: the words next to the figure: the counted things, and what happened to them.
        own: the words of the figure's clause.
        scope: the words of the figure's clause and of the clauses without figures.
        names: the places and other names in these clauses.
        held: every word of the sentence, its headings and its document's title, as written, in lower case.
        subject: the words of the document's title.
        limits: names of the limits to a part, a kind or a period, or to a plan.
        when: the dates for which the figure holds; empty if none is stated.
        rejected: the figures that the sentence gives as wrong or outdated.
        others: the other figures of the sentence, without rejected ones.
        cell: for a row of a table, the row's label and the column's heading.
    """

    citation: Citation
    quantity: Quantity
    value: str
    about: str
    near: frozenset[Term]
    own: frozenset[Term]
    scope: frozenset[Term]
    names: frozenset[str]
    held: frozenset[str]
    subject: frozenset[Term]
    limits: frozenset[str]
    when: frozenset[When]
    rejected: tuple[Quantity, ...]
    others: tuple[Quantity, ...]
    cell: tuple[str, str] | None = None


class Sentence:
    """A sentence that is analysed for figures."""

    def __init__(self, citation: Citation, text: str, language: str) -> None:
        self._citation = citation
        self._language = language
        self.text = text
        self.found = [item for item in quantities(text, language) if item.unit not in _UNREAD]
        self._moments = [moment for moment in dates(text, language) if not moment.may_be_count]
        self._plain = self._without_sources()
        self._rejected = [item for item in self.found if self._is_rejected(item)]
        self._kept = [item for item in self.found if item not in self._rejected]
        self._segments = list(self._cut())

    def read(self) -> Iterator[Statement]:
        """Yield a statement for each figure whose counted things are clear."""
        for quantity in self._kept:
            statement = self._statement(quantity)
            if statement is not None:
                yield statement

    def _without_sources(self) -> str:
        """Return the text with blanks for sources, dates, figures and Chinese words without content.

        The length stays the same, so the offsets do too.
        """
        spans = [(match.start(), match.end()) for match in BLANKED.finditer(self.text)]
        spans += [(moment.span.start, moment.span.end) for moment in self._moments]
        spans += [(item.span.start, item.span.end) for item in self.found]
        plain = self.text
        for start, end in spans:
            plain = plain[:start] + " " * (end - start) + plain[end:]
        return without_light_han(plain)

    def _cut(self) -> Iterator[Span]:
        """Yield the clauses, cut at punctuation and conjunctions, but not within a figure or a date."""
        start = 0
        for match in BOUNDARY.finditer(self._plain):
            if match.start() > start:
                yield Span(start, match.start())
            start = match.start() if match[0].strip(" ,") else match.end()
        if start < len(self._plain):
            yield Span(start, len(self._plain))

    def _is_rejected(self, quantity: Quantity) -> bool:
        start = written_start(self.text, quantity)
        before = self.text[:start]
        if DENIED_BEFORE.search(before[-FAR:]):
            return True
        after = regex.split(r"[.;,，。；]\s", self.text[quantity.span.end :], maxsplit=1)[0]
        return bool(FORMER_BEFORE.search(before[-FAR:]) and REVISED.search(after))

    def _statement(self, quantity: Quantity) -> Statement | None:
        own = next((part for part in self._segments if _meets(part, quantity.span)), None)
        if own is None or self._is_part_or_change(quantity, own):
            return None
        beside = [item for item in self._kept if item != quantity and _meets(own, item.span)]
        if any(item.unit not in _TIMES or item.currency for item in beside):
            # With another figure in the clause, the words cannot be assigned to one of the two.
            return None
        near = self._near(quantity, own)
        if not near:
            return None
        free = self._without_figures(near)
        parts = [own, *free]
        limits = {
            *limits_of(" ; ".join(part.of(self._plain) for part in parts)),
            *(f"{item.low} {item.unit}" for item in beside),
        }
        return Statement(
            citation=self._citation,
            quantity=quantity,
            value=as_written(self.text, quantity),
            about=self._about(quantity, own, near),
            near=self.terms(near),
            own=self.terms(self.words(own)),
            scope=self.terms([span for part in parts for span in self.words(part)]),
            names=frozenset(name for part in parts for name in self.names(part)),
            held=held(self._citation),
            subject=subject(self._citation, self._language),
            limits=frozenset(limits),
            when=self.when(own, free),
            rejected=tuple(self._rejected),
            others=tuple(item for item in self._kept if item != quantity),
        )

    def _without_figures(self, near: Sequence[Span]) -> list[Span]:
        """Return the clauses without a figure.

        A clause with a rejected figure counts as one only if it has a word of ``near``.
        """
        free = [part for part in self._segments if not any(_meets(part, item.span) for item in self._kept)]
        rejecting = [part for part in free if any(_meets(part, item.span) for item in self._rejected)]
        return [part for part in free if part not in rejecting or any(_meets(part, span) for span in near)]

    def _is_part_or_change(self, quantity: Quantity, own: Span) -> bool:
        before = self.text[: written_start(self.text, quantity)][-FAR:]
        after = self.text[quantity.span.end : quantity.span.end + FAR]
        led = FORMER_BEFORE.search(before) or CHANGE_BEFORE.search(before)
        followed = CHANGE_AFTER.match(after) or PART_OF.match(after)
        return bool(led or followed or SUBSET.match(own.of(self.text)))

    def _near(self, quantity: Quantity, own: Span) -> list[Span]:
        """Return the spans of the words that say what is counted: the counted noun and the words beside."""
        start, end = quantity.span.start, quantity.span.end
        noun = self._noun(quantity, own)
        before = self.words(Span(own.start, max(own.start, start)))
        after = self.words(Span(min(noun.end if noun else end, own.end), own.end))
        if noun is None and not before and not after:
            whole = self._segments.index(own)
            before = self.words(self._segments[whole - 1]) if whole else []
        if NO_SPACES.search(own.of(self._plain)):
            last = [Span(max(span.start, span.end - _NEAR_HAN), span.end) for span in before[-1:]]
            return [*last, *(self.words(noun) if noun else after[:1])]
        before, after = self._common(before), self._common(after)
        if noun is None:
            return before[:2] or after[:2]
        within = self._common(self.words(noun))
        return [*before[-1:], *within, *after[:1]]

    def _about(self, quantity: Quantity, own: Span, near: Sequence[Span]) -> str:
        """Return the counted things as written: *people killed*.

        For money, return its purpose: *cost of rebuilding*.
        """
        noun = self._noun(quantity, own)
        before = self.words(Span(own.start, max(own.start, quantity.span.start)))[-3:]
        phrase = self.text[before[0].start : before[-1].end] if before else ""
        if (quantity.currency or MONEY.search(phrase)) and 0 < len(phrase) <= MOST_ABOUT:
            return " ".join(phrase.split())
        if noun is None or NO_SPACES.search(self.text):
            return _joined(self.text, near)
        happened = [span for span in near if not _meets(span, noun)]
        later = [span for span in happened if span.start > noun.start]
        return " ".join([noun.of(self.text), *(span.of(self.text) for span in (later or happened)[:1])])

    def _noun(self, quantity: Quantity, own: Span) -> Span | None:
        if quantity.noun is None:
            # *Of* names the things after a unit: hectares of forest.
            match = _OF.match(self.text, quantity.span.end) if quantity.unit else None
            return Span(*match.span("what")) if match else None
        start = self.text.find(quantity.noun, quantity.span.end)
        # ``Quantity.noun`` may extend into the next clause.
        end = min(start + len(quantity.noun), own.end)
        return Span(start, end) if 0 <= start < end else None

    def words(self, part: Span) -> list[Span]:
        """Return the spans of the words in ``part`` that have content."""
        found = [Span(*match.span()) for match in _WORD.finditer(self._plain, part.start, part.end)]
        return [span for span in found if not is_light(span.of(self._plain), self._language)]

    def _common(self, words: Sequence[Span]) -> list[Span]:
        """Return the words that are not names."""
        return [span for span in words if span.start == 0 or not span.of(self.text)[0].isupper()]

    def terms(self, words: Sequence[Span]) -> frozenset[Term]:
        """Return the terms of words, in the form for comparison with other sentences."""
        found = (term for span in words for term in analysed(span.of(self._plain), self._language))
        # Runs of a script without spaces are compared by their pairs of characters.
        return frozenset(meaning(term) for term in found if is_pair(term) or not NO_SPACES.search(term[1]))

    def all_terms(self) -> frozenset[Term]:
        """Return the terms of the whole sentence."""
        return self.terms(self.words(Span(0, len(self.text))))

    def names(self, part: Span) -> Iterator[str]:
        """Yield the names in ``part``: words with a capital letter, and places in a Chinese text."""
        yield from places_without_capitals(part.of(self._plain))
        for span in self.words(part):
            if span.of(self.text)[0].isupper():
                yield span.of(self.text).casefold()

    def when(self, own: Span, free: Sequence[Span]) -> frozenset[When]:
        """Return the dates in the figure's own clause, else those in the clauses ``free`` of figures."""
        for parts in ([own], free):
            found = [moment for moment in self._moments if any(_meets(part, moment.span) for part in parts)]
            if found:
                published = self._citation.published
                return frozenset(_date(resolved(moment, published)) for moment in found)
        return frozenset()


def _joined(text: str, words: Sequence[Span]) -> str:
    gap = "" if any(NO_SPACES.search(span.of(text)) for span in words) else " "
    ordered = sorted(set(words), key=lambda span: span.start)
    return gap.join(span.of(text) for span in ordered)


def held(citation: Citation) -> frozenset[str]:
    """Return the words of a citation's quote, headings and title, in lower case."""
    texts = (citation.quote, citation.title, citation.headings or "")
    return frozenset(word.casefold() for text in texts for word in _WORD.findall(text))


def subject(citation: Citation, language: str) -> frozenset[Term]:
    """Return the terms of a document's title, without words that name a kind of text (``GENRE``)."""
    words = [word for word in _WORD.findall(citation.title) if word.casefold() not in GENRE]
    return Sentence(citation, " ; ".join(words), language).all_terms()


def _date(moment: Moment) -> When:
    if moment.relative is not None and moment.year is None:
        return None, None, moment.relative, moment.relative_unit
    return moment.year, moment.month, moment.day, moment.relation


def _meets(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
