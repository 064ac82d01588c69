"""Decides whether a sentence repeats its evidence: the same words in the same order, with parts left out.

Function words, endings and the forms of figures and dates may differ. An insertion between commas, a date,
and a clause at either end may be left out, and a part at a comma may move to the other end. In other
languages than English, the sentence must equal its quote, or its beginning up to a semicolon or full stop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import zip_longest

import regex

from index.documents import Span
from index.search import composed, field_of, terms_in
from index.text import PERCENT
from rag.figures.dates import Moment, anchored, dates
from rag.figures.quantities import (
    ORDINAL,
    Quantity,
    fairness,
    quantities,
    same_kind,
    with_comparator,
)
from rag.questions import word_set
from rag.verification.evidence import Evidence
from rag.verification.vetoes.dates import follows

# They say nothing by themselves, so they may be left out or added.
FUNCTION_WORDS = word_set(
    "the a an this that these those which who its their his her own also and of has have had"
)
# These count as one word, which may not be added: *arrested* does not mean *were arrested*.
BE = word_set("is are was were be been being")
# Other prepositions limit what is true: *fell in Ostrel* is not *fell*.
OMITTABLE_PHRASE_STARTS = word_set("after before during since amid following by")
# A sentence may end where its quote goes on with one, or with a mark, a date or such a preposition.
CONJUNCTIONS = word_set("but while whereas because although though")
# They may not be left out in any of their forms.
LIMITING = word_set("""
if unless until except only provided not no never neither none nobody nothing without cannot hardly may might
could would should can than rather whether allegedly claim allege accuse deny dispute suspect believe think
hope expect plan propose seek try attempt intend want fail refuse reject possible likely probably potential
""")
CONDITIONS = word_set("if unless until except provided")

# With one, no phrase may be left out: *the largest since 2019* is not *the largest*.
ABSOLUTE_WORDS = word_set("""
not no never neither none nobody nothing without only all every each both any most first last least always
largest highest lowest smallest biggest best worst oldest youngest record sole entire whole more less fewer
""")
# After *which*, they tell of the thing before it; *anger* may tell of the whole main clause.
OF_THINGS = word_set(
    "contain include hold supply serve lie stand employ carry cover produce own belong weigh"
)
LONGEST_PHRASE = 6

_TOKEN = regex.compile(
    r"(?P<word>[\p{L}\p{M}\p{N}]+(?:[’'.-][\p{L}\p{M}\p{N}]+)*)|(?P<mark>[,;:()—–.!?\[\]]|\s-\s)|(?P<sign>[\p{S}%|/&])"
)
# It begins with the thing or person at the end of a main clause that it tells of.
_RELATIVE = regex.compile(
    r"(?:^|\s)(?P<before>[\p{L}’'-]+)\s(?P<thing>(?:an?|the|its|his|her|their)\s(?:[\p{L}\p{N}’'-]+\s){0,2}[\p{L}\p{N}’'-]+)"
    r", (?P<which>which|who) (?P<clause>(?P<verb>[\p{L}’'-]+)\s[^,;:()—–]+?)(?P<end>[.!?]?\s*$|[,;])"
)
_LINKS = word_set(
    "of in on at with from for by to and or as than into over under about between like near against"
)
_TO_DO = regex.compile(r"\sto\s\p{L}+$")
_AND = regex.compile(r",? (?:and|while|whereas|but) ")
_SPACE = regex.compile(r"\s+")
_ENDS = " \t\n.!?。！？…\"'“”‘’"
_QUOTES = regex.compile(r"[\"“”‘’„«»]|(?<!\p{L})'|'(?!\p{L})")
_SENTENCE_ENDS = regex.compile(r"[;；。]\s*|[.!?]\s+")


@dataclass(frozen=True, slots=True)
class _Token:
    """``form`` is the word's stem, the figure, or the date; None for a punctuation mark."""

    word: str
    form: str | Quantity | Moment | None

    @property
    def is_optional(self) -> bool:
        return self.form is None or self.word in FUNCTION_WORDS

    @property
    def starts_omittable_phrase(self) -> bool:
        return self.word in OMITTABLE_PHRASE_STARTS or isinstance(self.form, Moment)

    def matches(self, other: _Token) -> bool:
        own, quoted = self.form, other.form
        if isinstance(own, Quantity) and isinstance(quoted, Quantity):
            return same_kind(own, quoted) and fairness(own, quoted) == 1
        if isinstance(own, Moment) and isinstance(quoted, Moment):
            known = own.year is not None or own.relative is None
            return replace(own, span=quoted.span) == quoted or (known and follows(own, quoted))
        return own == quoted


def is_verbatim(sentence: str, evidence: Sequence[Evidence]) -> bool:
    """One quote, or all in order; neither spacing nor punctuation at the ends counts."""
    own = _plain(sentence)
    whole = " ".join(item.quote for item in evidence)
    return bool(own) and own in {_plain(quote) for quote in (whole, *(item.quote for item in evidence))}


def is_near_verbatim(sentence: str, language: str, evidence: Sequence[Evidence]) -> bool:
    if language != "en":
        own = _loose(sentence)
        return any(
            own
            in (
                _loose(item.quote),
                *(_loose(item.quote[: end.start()]) for end in _SENTENCE_ENDS.finditer(item.quote)),
            )
            for item in evidence
        )
    quotes = [_tokens(text) for item in evidence for text in (item.quote, *_told_of_things(item.quote))]
    return _is_near(sentence, quotes) or any(
        _is_near(sentence[: match.start()], quotes) and _is_near(sentence[match.end() :], quotes)
        for match in _AND.finditer(sentence)
    )


def _is_near(sentence: str, quotes: Sequence[Sequence[_Token]]) -> bool:
    """The part before or after a comma may be at the other end."""
    tokens = _tokens(sentence)
    commas = [index for index, token in enumerate(tokens) if token.word == ","]
    orders = [tokens, *(tokens[index:] + tokens[:index] for index in {*commas[:1], *commas[-1:]})]
    contents = [_content_tokens(order) for order in orders]
    return len(contents[0]) > 2 and any(_repeats(own, quote) for own in contents for quote in quotes)


def _told_of_things(quote: str) -> Iterable[str]:
    """*He blamed a shaft, which will take weeks*: *a shaft will take weeks*; nothing after a denial."""
    for match in _RELATIVE.finditer(quote):
        main = _tokens(quote[: match.start("thing")])
        is_thing = match["which"] == "who" or _stem(match["verb"].lower()) in set(map(_stem, OF_THINGS))
        # *To replace* lacks its object, which is the thing.
        is_thing = is_thing or (match["verb"] == "will" and _TO_DO.search(match["clause"]) is not None)
        if is_thing and match["before"].lower() not in _LINKS and not _has_limiting_word(main):
            yield f"{match['thing']} {match['clause']}."


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip(_ENDS)


def _loose(text: str) -> str:
    return regex.sub(
        r"(?<!\p{N})[\p{P}\s]|[\p{P}\s](?!\p{N})", "", composed(text).casefold().replace("%", "％")
    )


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[_Token, ...]:
    text = _QUOTES.sub(" ", composed(text))
    values: list[tuple[Span, Quantity | Moment]] = [
        (each.span, each) for each in anchored(dates(text, "en")) if not each.may_be_count
    ]
    values += [
        (with_comparator(text, each.span), each) for each in quantities(text, "en") if each.unit != ORDINAL
    ]
    found = [(span.start, _Token("", value)) for span, value in values]
    found += [
        (match.start(), _word(match))
        for match in _TOKEN.finditer(text)
        if not any(span.start < match.end() and match.start() < span.end for span, _ in values)
    ]
    tokens = [token for _, token in sorted(found, key=lambda each: each[0])]
    return tuple(
        token
        for token, following in zip_longest(tokens, tokens[1:])
        if not _is_optional_preposition(token, following)
    )


def _is_optional_preposition(token: _Token, following: _Token | None) -> bool:
    """It is, in *rose by 12 percent* and *closed on Monday*."""
    form = following.form if following else None
    return (token.word == "by" and isinstance(form, Quantity)) or (
        token.word in {"in", "on"} and isinstance(form, Moment)
    )


def _word(match: regex.Match[str]) -> _Token:
    if match["mark"]:
        return _Token(match[0].strip(), None)
    word = regex.sub(r"['’]s?$", "", match[0].lower())
    return _Token(word, "be" if word in BE else _stem(word))


@cache
def _stem(word: str) -> str:
    found = terms_in(field_of("en"), word)
    return found[0] if len(found) == 1 else word


@cache
def _limiting_stems() -> frozenset[str]:
    return frozenset(map(_stem, LIMITING)) | LIMITING


def _repeats(own: Sequence[_Token], quote: Sequence[_Token]) -> bool:
    is_absolute = any(token.word in ABSOLUTE_WORDS for token in own)
    ends: set[int] = {index for index, token in enumerate(quote)
                      if own[0].matches(token) and _can_begin(quote[:index])}  # fmt: skip
    for token in own[1:]:
        ends = {
            later
            for index in ends
            for start in {index + 1, _after_level(quote, index)}
            for later in range(start, len(quote))
            if token.matches(quote[later]) and _can_skip(quote, start, later, is_absolute)
        }
    return any(
        _can_end(quote[start:], is_absolute)
        for index in ends
        for start in {index + 1, _after_level(quote, index)}
    )


def _after_level(quote: Sequence[_Token], index: int) -> int:
    """Also after the level to which a change leads: *24 percent to 3,100*."""
    change, level = quote[index].form, quote[index + 1 : index + 3]
    leads = (
        isinstance(change, Quantity)
        and change.unit == PERCENT
        and (index == 0 or quote[index - 1].word != "from")
        and len(level) == 2
        and level[0].word == "to"
        and isinstance(level[1].form, Quantity)
    )
    return index + 3 if leads else index + 1


def _content_tokens(tokens: Sequence[_Token]) -> list[_Token]:
    return [token for token in tokens if not token.is_optional]


def _has_limiting_word(tokens: Sequence[_Token]) -> bool:
    return any(token.form in _limiting_stems() or token.word.endswith(("n't", "n’t")) for token in tokens)


def _can_begin(before: Sequence[_Token]) -> bool:
    """Function words, or up to ``LONGEST_PHRASE`` others before a mark, *and* or *but*; no *only*."""
    words = _content_tokens(before)
    if not words:
        return True
    at_end = before[-1].form is None or before[-1].word in {"and", "but"}
    return at_end and len(words) <= LONGEST_PHRASE and not _has_limiting_word(before)


def _can_skip(quote: Sequence[_Token], start: int, end: int, is_absolute: bool) -> bool:
    gap = quote[start:end]
    words = _content_tokens(gap)
    if not words:
        return True
    has_conjunction = any(token.word in CONJUNCTIONS | {"and"} for token in gap)
    if has_conjunction or len(words) > LONGEST_PHRASE or _has_limiting_word(gap):
        return False
    if gap[0].form is None and gap[-1].form is None:
        return True
    starts = [index for index, token in enumerate(gap) if token.starts_omittable_phrase]
    is_phrase = starts == [0] and not any(token.form is None for token in gap)
    return (
        is_phrase
        and not is_absolute
        and quote[end].starts_omittable_phrase
        and gap[-1].word not in OMITTABLE_PHRASE_STARTS
    )


def _can_end(after: Sequence[_Token], is_absolute: bool) -> bool:
    if not _content_tokens(after):
        return True
    if after[0].form is None:
        clause = list(after[1:])
        ends = next((index for index, token in enumerate(clause) if token.form is None), len(clause))
        return not _has_limiting_word(clause[:ends])
    if after[0].word == "but":
        return not is_absolute and not any(token.word in CONDITIONS for token in after)
    return (
        not is_absolute
        and (after[0].starts_omittable_phrase or after[0].word in CONJUNCTIONS)
        and not _has_limiting_word(after)
    )
