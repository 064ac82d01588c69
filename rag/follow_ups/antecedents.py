"""Antecedents of a follow-up's words: the people, places and things of an earlier turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import regex

from rag.follow_ups.mentions import DATE, PREPOSITIONS, Mention, Sort, is_plural, mentions, names

_ASKS_A_NAME = regex.compile(r"\b(?:who|whom|whose|which|what)\b(?:\s\p{Ll}+)?", regex.IGNORECASE)
_PLACE_NOUNS = frozenset({"country", "city", "town", "village", "place", "province", "region", "district"})
_SUPERLATIVE = regex.compile(
    r"(?:which|what)\s(?P<what>.+?)\s(?:is|was|are|were)\s(?P<most>the\s(?:most\s\p{Ll}+|\p{Ll}+est))\b",
    regex.IGNORECASE,
)
_FIGURE = regex.compile(
    r"how (?P<much>many|much)\s(?P<what>.+?)\s(?P<verb>is|are|was|were|did|do|does|has|have|had|will|can)"
    r"(?:\sthere)?(?:\sbeen)?\b(?P<rest>.*)",
    regex.IGNORECASE,
)
_OUTER = frozenset({"in", "at", "from", "to", "of", "outside", "near"})
"""Prepositions of phrases that mostly name a place, and seldom a topic."""

_UNITS = frozenset({"years", "months", "weeks", "days", "hours", "minutes", "times", "metres", "kilometres"})

_GENDERS = {"mr": "he", "sir": "he", "king": "he", "prince": "he", "mrs": "she", "ms": "she", "queen": "she"}
_HE = frozenset({"he", "him", "his"})

Resolved = tuple[str, tuple[str, ...]]
"""A text, and the words that were carried into it from earlier turns."""


@dataclass(frozen=True, slots=True)
class Source:
    """An earlier turn, which is searched for antecedents.

    Attributes:
        question: the turn's question in its standalone form.
        answer: the text of its answer and the quotes that it cites.
    """

    question: str
    answer: str

    @property
    def base(self) -> str:
        """The question without the punctuation at its end."""
        return self.question.strip().rstrip("?!. ")

    @property
    def asks_a_name(self) -> bool:
        """Tell if the turn has an answer and its question asks for a name: "Who …", "Which company …"."""
        return _ASKS_A_NAME.match(self.base) is not None and bool(self.answer)


def antecedent(source: Source, kind: str, word: str) -> str | None:
    """Return the phrase of an earlier turn that a pronoun may stand for; None if no phrase is of its kind.

    Args:
        source: the turn.
        kind: ``person``, ``thing``, ``many``, ``there``, ``this`` or ``that``.
        word: the pronoun, in lower case.
    """
    return _FINDERS.get(kind, _a_thing)(source, word)


def topic_of(base: str) -> str | None:
    """Return the topic of a question: its longest phrase with a name, else its first phrase."""
    told = regex.search(r"\(about (?P<topic>[^()]+)\)$", base)
    if told is not None:
        return str(told["topic"])
    found = [m for m in mentions(base) if _is_whole(m) and (m.sort is not Sort.MANY or _is_noun(m, base))]
    named = max((m for m in found if m.named), key=lambda m: len(m.text), default=None)
    chosen = named or next(iter(found), None)
    return chosen.text if chosen is not None else None


def context_of(base: str) -> str:
    """Return the phrase of place in a question, such as " in the Isken valley"; "" if there is none."""
    for name in names(base):
        led = regex.search(r"\s(?:in|at|of|for|on)\s(?:the\s)?$", base[: name.start])
        if led is not None and name.sort is not Sort.PERSON:
            tail = regex.match(r"\s(?:valley|district|province|river|dam)\b", base[name.end :])
            return base[led.start() : name.end + (tail.end() if tail else 0)]
    return ""


def figure_of(base: str) -> Resolved | None:
    """Return the figure that a question asked for, as a phrase: "the number of people displaced in March"."""
    match = _FIGURE.search(base)
    if match is None:
        return None
    rest = match["rest"]
    if match["verb"].casefold() in {"did", "do", "does", "will", "can"}:
        date = DATE.search(rest)
        led = regex.search(r"\b(?:in|on|at|by|since)\s$", rest[: date.start()]) if date else None
        rest = f" {rest[led.start() : date.end()]}" if date and led else ""
    said = f"{match['what']}{rest}"
    return f"the {'number' if match['much'] == 'many' else 'amount'} of {said}", tuple(
        part for part in (match["what"], rest.strip()) if part
    )


def _is_country(name: Mention) -> bool:
    return name.sort in {Sort.PLACE, Sort.THING} and name.preposition in {"in", "of", "from"}


def same_noun(noun: str, source: Source) -> str | None:
    """Return the phrase of an earlier question that ``noun`` shortens; None without one."""
    if noun in _PLACE_NOUNS:
        return _first(names(source.base), _is_country)
    for mention in mentions(source.base):
        words = regex.split(rf"\s(?:{'|'.join(PREPOSITIONS)})\s", mention.text)[0].casefold().split()
        bare = [word for word in words if word not in {"the", "a", "an"}]
        if (
            _is_whole(mention)
            and bare
            and bare[-1] == noun
            and regex.sub(r"^(?:the|an?)\s", "", mention.text.casefold()) != noun
        ):
            return mention.text
    return None


def _is_noun(mention: Mention, base: str) -> bool:
    """Return whether a word in -s is a noun rather than a verb: it is counted, or other words precede it."""
    return " " in mention.text or regex.search(r"(?:many|which|what)\s$", base[: mention.start]) is not None


def _is_whole(mention: Mention) -> bool:
    """Return whether a phrase has an article, a name or a plural: a bare word could be a verb."""
    has_article = regex.match(r"(?:the|an?)\s", mention.text, regex.IGNORECASE) is not None
    return has_article or mention.named or is_plural(mention.head)


_OFFICES = frozenset({
    "chair", "chairman", "chairwoman", "commissioner", "director", "governor", "head", "judge", "mayor",
    "minister", "officer", "president", "prosecutor", "secretary", "spokesman", "spokesperson", "spokeswoman",
})  # fmt: skip
"""Words for offices of one person. *They* does not stand for the chair of a committee, although a group's
name follows."""


def may_be(mention: Mention, kind: str) -> bool:
    """Return whether a pronoun of this kind may stand for a mention, by the mention's sort and number."""
    if kind == "many":
        return mention.sort is Sort.MANY or _is_group(mention) or is_plural(mention.head)
    if kind == "person":
        return mention.sort is Sort.PERSON
    if kind == "there":
        return mention.sort is Sort.PLACE
    return mention.sort not in {Sort.PERSON, Sort.MANY} and not is_plural(mention.head)


def _is_group(mention: Mention) -> bool:
    return mention.sort is Sort.GROUP and not _OFFICES & set(
        mention.text.partition(" of ")[0].casefold().split()
    )


def _first(found: Iterable[Mention], fits: Callable[[Mention], bool]) -> str | None:
    return next((mention.text for mention in found if fits(mention)), None)


def _a_person(source: Source, word: str) -> str | None:
    def fits(mention: Mention) -> bool:
        title = mention.text.partition(" ")[0].rstrip(".").casefold()
        gender = "he" if word in _HE else "she"
        return mention.sort is Sort.PERSON and _GENDERS.get(title, gender) == gender

    return (
        _first(map(_plain, names(source.base)), fits)
        or _first(map(_plain, names(source.answer)), fits)
        or _first(mentions(source.base), lambda m: fits(m) and not m.named)
    )


def _plain(mention: Mention) -> Mention:
    """Return a name without the ending of a possessive."""
    bare = regex.sub(r"['’]s?$", "", mention.text)
    return Mention(bare, mention.head, mention.sort, True, mention.preposition, mention.start, mention.end)


def _a_thing(source: Source, word: str) -> str | None:
    if source.asks_a_name:
        named = _first(names(source.answer), lambda m: _is_group(m) and m.text not in source.base)
        if named is not None and not _first(mentions(source.base), _is_thing):
            return _with_article(source.answer, named)
    most = _SUPERLATIVE.match(source.base)
    if most is not None and not is_plural(most["what"].split()[0]):
        return f"{most['most']} {most['what']}"
    things = [m for m in mentions(source.base) if _is_thing(m)]
    if word in {"this", "that"}:
        things.reverse()
    return _first(things, lambda m: m.preposition not in _OUTER)


def _is_thing(mention: Mention) -> bool:
    return _is_whole(mention) and may_be(mention, "thing")


def _several(source: Source, word: str) -> str | None:
    del word
    if source.asks_a_name:
        named = _first(names(source.answer), lambda m: _is_group(m) and m.text not in source.base)
        if named is not None:
            return _with_article(source.answer, named)
    return (
        _first(mentions(source.base), lambda m: m.sort is Sort.MANY and m.head not in _UNITS)
        or _first(mentions(source.base), _is_group)
        or _first(names(source.answer), _is_group)
    )


def _with_article(text: str, name: str) -> str:
    match = regex.search(rf"\b[Tt]he\s{regex.escape(name)}", text)
    return f"the {name}" if match is not None else name


def _a_place(source: Source, word: str) -> str | None:
    del word
    most = _SUPERLATIVE.match(source.base)
    if most is not None:
        return f"{most['most']} {most['what']}"
    found = [m for m in mentions(source.base) if m.sort is Sort.PLACE]
    inner = [m for m in names(source.base) if m.sort is Sort.PLACE]
    if found or inner:
        return _with_article(source.base, (found or inner)[-1].text)
    return _first(names(source.answer), lambda m: m.sort is Sort.PLACE) or _a_thing(source, "it")


_FINDERS: dict[str, Callable[[Source, str], str | None]] = {
    "person": _a_person,
    "thing": _a_thing,
    "many": _several,
    "there": _a_place,
}
