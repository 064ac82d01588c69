"""Splits *Was A's margin higher than B's?* into *Was A's margin?* and *Was B's margin?*; pairs answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import regex

from index.text import cells
from rag.figures.countries import countries
from rag.figures.dates import Moment, Periods, anchored, dates, periods_of, without_periods
from rag.finding.abstention import (
    COORDINATES,
    absent_months,
    absent_names,
    absent_periods,
    absent_years,
    coordinated,
    text_of,
)
from rag.finding.cells import asked_kinds, names_change
from rag.finding.matching import contains_term, content_words, names_label, terms_of
from rag.finding.ranking import Scored, is_foreign, neighbour
from rag.questions import Form, Kind, Question, understand

_NEAREST = 5  # sentences for each value among which two of the same subject are sought
_LEAST = 0.2  # the best sentence's probability; below it, several rows answer alike
_MOST_OF_NAME = 3  # words
_BESIDE = 2  # sentences before and after one whose subject they may leave out
_NAMED = 0.5  # the share of the words of a value, or of the question's others, that a sentence must have
# The words on both sides of what compares; an *or* or *against* does not always.
_VERSUS = regex.compile(
    r"(?:\s\([^()]*\))?\W+(?P<join>vs\.?|versus|compar\p{L}+\s(?:with|to)|or|against|ou|oder"
    r"|par\srapport\sà|gegenüber|im\sVergleich\s(?:mit|zu)|frente\sa|comparad[ao]s?\scon)\W+",
    regex.IGNORECASE,
)
_OR = frozenset({"or", "ou", "oder"})
_AND = frozenset({"and", "et", "und", "y", "e"})
_CHOOSES = regex.compile(
    r"\b(?:(?:more|less|fewer|better|worse|(?:high|low|larg|small|great|bigg|cheap|dear|long|short|fast|slow|old"
    r"|young|rich|poor|strong|weak|earli|lat)er)(?!\sthan\s(?:\p{N}|an?\b|half))|plus|moins|mehr|weniger|más"
    r"|menos)\b",
    regex.IGNORECASE,
)
_CHANGED = regex.compile(
    r"^\W*(?:and\s)?how\s(?:did|has|have|does|do)\b|\b(?:mov|evol|évol|entwickel|verände|cambi)",
    regex.IGNORECASE,
)
_CLAUSE = regex.compile(r"[,;:?!.](?=\s|$)|\s[–—-]\s|\n")
_WORD = regex.compile(r"[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}.,'’&-]*[\p{L}\p{M}\p{N}])?")
# A question for something *higher* would find what says that it rose.
_COMPARATIVE = regex.compile(
    r"\s(?:more|less|fewer|(?:high|low|larg|small|great|bigg)er)(?!\p{L})|^\W*compare\s", regex.IGNORECASE
)
_BETWEEN = regex.compile(
    r"\b(?:between|from|von|zwischen|entre|de|desde)\W(?:\p{L}+\W){0,2}$", regex.IGNORECASE
)
# Of two periods, each may be in a clause of its own: *what was it in 2023, and what is expected for 2024?*
_OF_PERIODS = regex.compile(
    rf"{COORDINATES.pattern}(?:(?:fiscal|financial|year|end|quarter|half)\W){{0,3}}(?:FY\s?)?"
    r"|[^.;:?!\d]*?\W(?P<join>and|et|und|y)\W[^.;:?!\d]*(?<=\W)(?:FY\s?)?"
    r"|\W+(?P<join>gegenüber|contre|frente\sa)\W+",
    regex.IGNORECASE,
)
_UNTIL = regex.compile(
    r"(?:\s\p{L}+){0,2}?\s(?P<join>to|until|till|bis|à|hasta)\s(?:\p{L}+\s){0,2}(?:FY\s?)?", regex.IGNORECASE
)
_RANGE = regex.compile(r"\s?[-–—/]\s?\d")
_ON_YEAR = regex.compile(
    r"\b(?:year[\s-](?:over|on)[\s-]year|yoy|y/y|(?:last|prior|previous|preceding) year|year[\s-]ago)\b",
    regex.IGNORECASE,
)
_YEAR = regex.compile(r"\b(?:1[5-9]|20)\d\d\b")
_LAST_NAME = regex.compile(r"(?<!\S)\p{Lu}[^\s,]*(?:\s[\p{Lu}\p{N}][^\s,]*)*$")
_FIRST_NAME = regex.compile(r"\p{Lu}[^\s,]*(?:\s(?!(?:19|20)\d\d)[\p{Lu}\p{N}][^\s,]*)*")
_POSSESSIVE = regex.compile(r"^['’]s?(?!\p{L})")


@dataclass(frozen=True, slots=True)
class Part:
    """``own``: the words of ``value``, or of its clause, that the other part lacks."""

    value: str
    question: Question
    is_period: bool
    own: str

    @property
    def is_named(self) -> bool:
        """A period or a name, which reports do not put in other words."""
        is_name = not self.own.islower() or any(map(str.isdigit, self.own))
        return self.is_period or (is_name and len(self.own.split()) <= _MOST_OF_NAME)

    def is_in(self, item: Scored, *, alone: bool = False) -> bool:
        """In the words, headings, title, publisher or date; a row's names must not exclude its periods.

        A title and a date do not date a sentence that has another period. Across languages, names may differ.
        ``alone``: in its words and headings.
        """
        sentence, record = item.candidate.sentence, item.candidate.reading.document
        language = record.language
        if sentence.headings:
            label = f"{sentence.section}\n{cells(sentence.text)[0]}"
            asked, above, own = (
                periods_of(words, language) for words in (self.question.text, sentence.headings, label)
            )
            if asked.excludes(above, own, Periods()):
                return False
        about = replace(item.candidate.reading, sentences=(sentence,))
        text = sentence.in_context if alone else text_of(about)
        if self.is_period:
            # Of *June 30, 2023 and 2022*, the year stands apart from its month.
            month = understand(f"in {_YEAR.sub('', self.value)}.")
            moments = dates(sentence.in_context, language)
            dated, in_year = (
                sentence.in_context if any(map(has, moments)) else text for has in (_has_month, _has_year)
            )
            years = {moment.year for moment in anchored(moments) if moment.year}
            is_change = "change" in asked_kinds(self.question.text) and names_change(sentence.text)
            is_on_year = is_change or _ON_YEAR.search(sentence.text) is not None
            before = {max(years) - 1} if years and is_on_year else set()
            lacking = {int(year) for year in absent_years(understand(f"in {self.value}"), in_year)}
            return not (
                absent_periods(month, dated) or absent_months(month, dated) or lacking - years - before
            )
        if is_foreign(self.question, language):
            return True
        # *For 2022–2023* in a title says nothing of what is said of 2019–2021.
        found = {term for term in terms_of(text, language) if not term[1].isdecimal()}
        found |= terms_of(sentence.in_context, language)
        sought = content_words(self.own, language)
        return sum(contains_term(frozenset(found), term) for term in sought) >= _NAMED * len(sought)


def _has_month(moment: Moment) -> bool:
    return moment.month is not None


def _has_year(moment: Moment) -> bool:
    return moment.year is not None


def parts_of(question: Question) -> Sequence[Part]:
    """Two parts, or none."""
    pair = next(_pairs(question), None)
    if pair is None or question.kind is Kind.REASON:
        # A reason is of both.
        return ()
    text, (one, between, other) = question.text, pair.places
    # Where each value has a period of its own, what stands around the one is not said of the other.
    apart = not pair.is_period and any(char.isdigit() for char in text[one.stop : between.start])
    before = _BETWEEN.sub("", text[: one.start]) if pair.is_period else text[: one.start]
    after = _POSSESSIVE.sub("", text[other.stop :])
    tail = after[_clause_end(after, 0) :] if apart else after
    first = f"{text[one.stop : between.start]} {tail.lstrip()}"
    rests = first, after if apart else first
    asked = [
        understand(_COMPARATIVE.sub("", f"{before}{value}{rest}"))
        for value, rest in zip(pair.values, rests, strict=True)
    ]
    return [
        Part(value, replace(each, form=Form.FACT), pair.is_period, own)
        for value, each, own in zip(pair.values, asked, pair.own, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Pair:
    """``places``: of a value, of the words that join it to the other, and of the other."""

    places: tuple[slice, slice, slice]
    values: tuple[str, str]
    own: tuple[str, str]
    is_period: bool


def _pairs(question: Question) -> Iterator[_Pair]:
    """The likeliest first: two periods, two names, the words on both sides of what compares."""
    text, is_comparison = question.text, question.form is Form.COMPARISON
    chooses = _CHOOSES.search(text) is not None
    yield from _periods(question)
    # Of *the US and Canada or Europe*, *or* joins what is compared.
    for match in sorted(coordinated(question), key=lambda match: match["join"].casefold() == "and"):
        # Of one name, such as *Health and Safety*, both are parts.
        join = match["join"].casefold()
        if is_comparison or chooses or join not in {*_AND, "with", "against"}:
            values = match["first"], match["second"]
            spans = match.span("first"), (match.start("join"), match.start("second")), match.span("second")
            one, between, other = (slice(*span) for span in spans)
            yield _Pair((one, between, other), values, values, is_period=False)
    for match in _VERSUS.finditer(text):
        clause = slice(_clause_start(text, match.start()), match.start())
        before, after = (
            _runs(question, clause),
            _runs(question, slice(match.end(), _clause_end(text, match.end()))),
        )
        if not before or not after:
            continue
        is_or = match["join"].casefold() in _OR
        # *2022 against 2023*, but not *a vote against it*.
        have_figures = all(
            any(map(str.isdigit, text[run[0].start : run[-1].stop])) for run in (before, after)
        )
        if (is_or and not chooses) or (match["join"].casefold() == "against" and not have_figures):
            continue
        first = slice(before[-1 if is_or else 0].start, before[-1].stop)
        second = slice(after[0].start, after[0 if is_or else -1].stop)
        names = _LAST_NAME.search(text[first]), _FIRST_NAME.match(text[second])
        if names[0] and names[1]:
            first = slice(first.start + names[0].start(), first.stop)
            second = slice(second.start, second.start + names[1].end())
        values = text[first], text[second]
        own = _own(values[0], values[1], question.language), _own(values[1], text[clause], question.language)
        if all(own):
            yield _Pair((first, slice(first.stop, second.start), second), values, own, is_period=False)


def _periods(question: Question) -> Iterator[_Pair]:
    """*From 2019 to 2023* is one period to who asks how many, and two to who asks how something changed."""
    text = question.text
    for one, other in pairwise(dates(text, question.language)):
        start, end = one.span.start, other.span.start
        joined = _OF_PERIODS.fullmatch(text, one.span.end, end)
        gap = joined or _UNTIL.fullmatch(text, one.span.end, end)
        first, second = one.span.of(text), other.span.of(text)
        if gap is None or first == second or _RANGE.match(text, one.span.end):
            continue
        join, is_comparison = gap["join"].casefold(), question.form is Form.COMPARISON
        is_range = joined is None or (join in _AND and _BETWEEN.search(text[:start]) is not None)
        asks_change = question.kind is Kind.OPEN and "change" in asked_kinds(text)
        asks_both = asks_change or _CHANGED.search(text) is not None
        if not is_comparison and (join == "with" or (is_range and not asks_both)):
            continue
        if join in _OR and not (is_comparison or _CHOOSES.search(text)):
            continue
        if other.relative_unit == "preceding year" and one.year:
            second = first.replace(str(one.year), str(one.year - 1))
        elif one.year is None or other.year is None:
            year = one.year or other.year or ""
            first, second = (f"{first} {year}", second) if other.year else (first, f"{second} {year}")
        elif one.month and not other.month:
            second = first.replace(str(one.year), str(other.year))
        places = slice(start, one.span.end), slice(gap.start("join"), end), slice(end, other.span.end)
        yield _Pair(places, (first, second), (first, second), is_period=True)


def _clause_end(text: str, start: int) -> int:
    end = _CLAUSE.search(text, start)
    return end.start() if end else len(text)


def _clause_start(text: str, end: int) -> int:
    return max((each.end() for each in _CLAUSE.finditer(text, 0, end)), default=0)


def _runs(question: Question, clause: slice) -> list[slice]:
    """Of adjacent words that are not light: *one Dexcom One*."""
    runs: list[slice] = []
    last = clause.start
    for word in _WORD.finditer(question.text, clause.start, clause.stop):
        if content_words(word[0], question.language):
            is_next = runs and runs[-1].stop == last and "(" not in question.text[last : word.start()]
            runs.append(slice(runs.pop().start if is_next else word.start(), word.end()))
        last = word.end()
    return runs


def _own(words: str, others: str, language: str) -> str:
    found = terms_of(others, language)
    own = [
        word[0]
        for word in _WORD.finditer(words)
        if any(not contains_term(found, term) for term in content_words(word[0], language))
    ]
    return " ".join(own)


def rows_named(best: Scored, question: str) -> Sequence[Scored]:
    """The best sentence and other rows of its group, if the question has their whole labels; else none."""
    sentence, number = best.candidate.sentence, best.candidate.number
    if not sentence.headings or not names_label(question, cells(sentence.text)[0]):
        return ()
    rows = [
        neighbour(best, other - number)
        for other, row in enumerate(best.candidate.reading.sentences)
        if (row.header, row.section) == (sentence.header, sentence.section)
        and other != number
        and not row.is_heading
        and names_label(question, cells(row.text)[0])
    ]
    return [best, *rows] if rows else ()


def in_one_table(parts: Sequence[Part], ranked: Sequence[Scored]) -> Sequence[Scored]:
    """Return a row for each value from the best row's table; none if one lacks."""
    headings = ranked[0].candidate.sentence.headings
    table = [item for item in ranked if headings and item.candidate.sentence.headings == headings]
    rows = [next((item for item in table if part.is_in(item)), None) for part in parts]
    found = [item for item in rows if item]
    return found if len(found) == len(parts) and ranked[0] in found else ()


def nearest(part: Part, ranked: Sequence[Scored], share: float) -> Sequence[Scored]:
    """What has the value and is nearly as likely as the best, from ``share`` of its probability."""
    if not ranked or ranked[0].score < _LEAST:
        return ()
    likely = [item for item in ranked[:_NEAREST] if item.score >= share * ranked[0].score]
    has = [item for item in likely if part.is_in(item)]
    # What states its period itself is surer of it than the date of the report.
    return [item for item in has if part.is_period and part.is_in(item, alone=True)] or has


def beside(part: Part, item: Scored) -> Sequence[Scored]:
    """The sentences around ``item`` that have the value."""
    number, sentences = item.candidate.number, item.candidate.reading.sentences
    around = range(max(number - _BESIDE, 0), min(number + _BESIDE + 1, len(sentences)))
    near = [neighbour(item, other - number) for other in around if other != number]
    return [each for each in near if part.is_in(each, alone=True)]


def pair_of(parts: Sequence[Part], found: Sequence[Sequence[Scored]]) -> Sequence[Scored]:
    """The likeliest two sentences about the same; none if no two are. Two rows with one label come first."""

    def agreement(pair: Sequence[Scored]) -> tuple[bool, float]:
        one, other = (item.candidate.sentence for item in pair)
        labels = cells(one.text)[0].casefold(), cells(other.text)[0].casefold()
        are_rows = bool(one.headings and other.headings)
        return are_rows and labels[0] == labels[1], pair[0].score * pair[1].score

    pairs = [pair for pair in product(*found) if _are_of_one_subject(parts, pair)]
    return max(pairs, key=agreement, default=())


def _are_of_one_subject(parts: Sequence[Part], pair: Sequence[Scored]) -> bool:
    """They share a word of the question beside the values; in two reports half of them, and all its names.

    A sentence may leave out a country that is asked about, but names no other, nor another than its partner.
    """
    shared = set.intersection(*(set(content_words(part.question.text, "en")) for part in parts))
    subject = [
        term for term in content_words(without_periods(parts[0].question.text, "en"), "en") if term in shared
    ]
    contexts = [text_of(item.candidate.reading) for item in pair]
    has = [
        {term for term in subject if contains_term(terms_of(item.candidate.sentence.in_context, "en"), term)}
        for item in pair
    ]
    named, of_values = countries(parts[0].question.text), countries(" ".join(part.value for part in parts))
    own = [countries(item.candidate.sentence.in_context) - of_values for item in pair]
    asked = named - of_values
    if any(each and asked and not each & asked for each in own) or (all(own) and not own[0] & own[1]):
        return False
    both = has[0] & has[1]
    one, other = pair
    if one.candidate.reading.document.document_id == other.candidate.reading.document.document_id:
        # What follows a sentence may leave out its subject.
        near = {each.candidate.sentence for each in beside(parts[1], one)}
        return bool(both) or not subject or other.candidate.sentence in near
    lacking = [set(absent_names(part.question, text)) for part, text in zip(parts, contexts, strict=True)]
    return lacking[0] == lacking[1] and len(both) >= _NAMED * len(subject)
