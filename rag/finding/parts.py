"""Splits *Was A's margin higher than B's?* into *Was A's margin?* and *Was B's margin?*."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import regex

from index.text import cells
from rag.figures.dates import Periods, dates, periods_of, without_periods
from rag.finding.abstention import COORDINATES, absent_names, coordinated, text_of, undated
from rag.finding.matching import contains_term, content_words, names_label, terms_of
from rag.finding.ranking import Scored, is_foreign, neighbour
from rag.finding.reading import Reading
from rag.questions import Form, Question, understand

_NEAREST = 5  # sentences for each value among which two rows with the same label are sought
_LEAST = 0.2  # the best sentence's probability; below it, several rows answer alike
_OR = regex.compile(
    r"(?P<first>[\p{L}\p{N}&’'-]+)\s(?P<join>or|vs\.?|versus|ou|oder)\s(?:(?:in|from|the|more)\s){0,2}"
    r"(?P<second>[\p{L}\p{N}&-]+)",
    regex.IGNORECASE,
)
# A question for something *higher* would find what says that it rose.
_COMPARATIVE = regex.compile(
    r"\s(?:more|less|fewer|(?:high|low|larg|small|great|bigg)er)(?!\p{L})|^\W*compare\s", regex.IGNORECASE
)
_BETWEEN = regex.compile(r"\b(?:between|from)\W(?:\p{L}+\W){0,2}$", regex.IGNORECASE)
_POSSESSIVE = regex.compile(r"^['’]s?(?!\p{L})")


@dataclass(frozen=True, slots=True)
class Part:
    value: str
    question: Question
    is_period: bool

    def is_in(self, item: Scored) -> bool:
        """In the words, headings, title, publisher or date; a row's names must not exclude its periods."""
        sentence, language = item.candidate.sentence, item.candidate.reading.document.language
        if sentence.headings:
            label = f"{sentence.section}\n{cells(sentence.text)[0]}"
            asked, above, own = (
                periods_of(words, language) for words in (self.question.text, sentence.headings, label)
            )
            if asked.excludes(above, own, Periods()):
                return False
        text = text_of(replace(item.candidate.reading, sentences=(sentence,)))
        if self.is_period:
            return not undated(understand(f"in {self.value}"), text, foreign=False)
        found = terms_of(text, language)
        return any(contains_term(found, term) for term in content_words(self.value, language))


def parts_of(question: Question) -> Sequence[Part]:
    text, is_comparison = question.text, question.form is Form.COMPARISON
    for (start, end), join, (_, last), values, is_period in _pairs(question):
        # Of one name or period, such as *Health and Safety* or *between 2019 and 2023*, both are parts.
        is_one = (not is_period or _BETWEEN.search(text[:start])) and text[join:].casefold().startswith("and")
        if not is_comparison and (is_one or text[join:].casefold().startswith("with")):
            continue
        rest = f"{text[end:join]} {_POSSESSIVE.sub('', text[last:]).lstrip()}"
        asked = [understand(_COMPARATIVE.sub("", f"{text[:start]}{value}{rest}")) for value in values]
        return [
            Part(value, replace(each, form=Form.FACT), is_period)
            for value, each in zip(values, asked, strict=True)
        ]
    return ()


_Pair = tuple[tuple[int, int], int, tuple[int, int], tuple[str, str], bool]


def _pairs(question: Question) -> Iterator[_Pair]:
    """Yield the span of a value, the start of the words before the other, its span, and their words."""
    text = question.text
    moments = [each for each in dates(text, question.language) if not each.may_be_count]
    if len(moments) == 2:
        one, other = moments
        gap = COORDINATES.fullmatch(text, one.span.end, other.span.start)
        first, second = one.span.of(text), other.span.of(text)
        if other.relative_unit == "preceding year" and one.year:
            second = first.replace(str(one.year), str(one.year - 1))
        elif one.year is None or other.year is None:
            year = one.year or other.year or ""
            first, second = (f"{first} {year}", second) if other.year else (first, f"{second} {year}")
        if gap and first != second:
            spans = (one.span.start, one.span.end), (other.span.start, other.span.end)
            yield spans[0], gap.start("join"), spans[1], (first, second), True
    # Of *the US and Canada or Europe*, *or* joins what is compared.
    found = sorted(coordinated(question), key=lambda match: match["join"].casefold() == "and")
    for match in [*found, *_OR.finditer(text)]:
        values = match["first"], match["second"]
        yield match.span("first"), match.start("join"), match.span("second"), values, False


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


def best_of_each(
    parts: Sequence[Part], ranked: Sequence[Sequence[Scored]], share: float
) -> Sequence[Sequence[Scored]]:
    """Return one sentence for each question; none if nothing that was read answers it.

    Two rows with the same label come first; two sentences without a common word of the question do not state
    the same. ``share`` of the best probability lets another sentence count.
    """
    nearest = [
        [item for item in items[:_NEAREST] if item.score >= share * items[0].score and part.is_in(item)]
        if items and items[0].score >= _LEAST and part.is_in(items[0])
        else []
        for part, items in zip(parts, ranked, strict=True)
    ]
    if not all(nearest):
        return [items[:1] for items in nearest]

    def agreement(pair: Sequence[Scored]) -> tuple[bool, float]:
        one, other = (item.candidate.sentence for item in pair)
        labels = cells(one.text)[0].casefold(), cells(other.text)[0].casefold()
        are_rows = bool(one.headings and other.headings)
        return are_rows and labels[0] == labels[1], pair[0].score * pair[1].score

    chosen = max(product(*nearest), key=agreement)
    asked, of_other = (set(content_words(without_periods(part.question.text, "en"), "en")) for part in parts)
    own = [
        {term for term in asked & of_other if contains_term(item.candidate.terms, term)} for item in chosen
    ]
    return [[item] for item in chosen] if own[0] & own[1] or not asked & of_other else [[] for _ in parts]


def is_absent(part: Part, other: Scored, read: Sequence[Reading]) -> bool:
    """Not if ``other``, the other value's answer, is in another language, in which names may differ."""
    is_same = not is_foreign(part.question, other.candidate.reading.document.language)
    text = "\n".join(map(text_of, read))
    is_name = not part.is_period and not part.value.islower()
    return is_name and is_same and bool(absent_names(understand(f"in {part.value}"), text))
