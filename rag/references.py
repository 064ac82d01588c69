"""Words of a question that stand for something earlier: "it", "he", "there", "that report", "the dam".

Each is replaced by what it stands for. One that its own question explains is left: "How long does a wall need
before it can be plastered?"
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import regex

from rag.ellipsis import context_of
from rag.mentions import AUXILIARY, DATE, PREPOSITIONS, Mention, Sort, is_content, is_plural, mentions, names

_PERSON, _THING, _MANY = "he|she|him|her|his", "it|its", "they|them|their"
_PRONOUN = regex.compile(
    rf"\b(?P<word>{_PERSON}|{_THING}|{_MANY}|there|th(?:is|at|ese|ose))\b(?!['’]\p{{L}}*\p{{L}}{{3}})", regex.IGNORECASE
)
_BEFORE_NOUN = regex.compile(r"\s(?!(?:to|in|at|on|by|for|from|with|about)\b)\p{Ll}")
_OWNING = frozenset({"his", "its", "their"})
_EXISTENTIAL = regex.compile(
    r"\b(?:is|are|was|were|be|been|isn't|aren't|has|have|had|will)\sthere\b"
    r"|\bthere\s(?:\p{L}+ly\s)?(?:is|are|was|were|will|be|has|have|had|to|seems?|exists?)\b",
    regex.IGNORECASE,
)
_EMPTY_IT = regex.compile(
    r"\b(?:is|was|would|be|will)\sit\s(?:true|possible|likely|clear|known|safe|legal|necessary|worth|too late)\b"
    r"|\bit\s(?:is|was|takes?|took)\b.*\b(?:to|that)\b|\b(?:does|did|will|would)\sit\s(?:take|cost)\b.*\bto\b"
    r"|\bit\s(?:rain|snow)\p{Ll}*",
    regex.IGNORECASE,
)
_CLAUSE = regex.compile(
    r"[,;:.?!(]|\b(?:that|which|who|whom|before|after|because(?!\sof)|when|while|if|since|until|although|and|"
    r"but|or|so|where|than)\b",
    regex.IGNORECASE,
)
_DEFINITE = regex.compile(
    r"\b(?P<article>the|this|that|these|those)\s(?P<noun>\p{Ll}[\p{Ll}-]+)\b(?!\s(?:of|in|at|for|on)\b)",
    regex.IGNORECASE,
)
_ASKS_A_NAME = regex.compile(
    r"\b(?:who|whom|whose|which|what)\b(?:\s\p{Ll}+)?", regex.IGNORECASE
)
_PLACE_NOUNS = frozenset({"country", "city", "town", "village", "place", "province", "region", "district"})
_SUPERLATIVE = regex.compile(
    r"(?:which|what)\s(?P<what>.+?)\s(?:is|was|are|were)\s(?P<most>the\s(?:most\s\p{Ll}+|\p{Ll}+est))\b",
    regex.IGNORECASE,
)
_COMPARED = regex.compile(
    r"\b(?:more|less|fewer|higher|lower|greater|larger|smaller|bigger|as many|as much|too (?:high|low|many|much)|"
    r"enough|right|correct|wrong|true|a lot)\b",
    regex.IGNORECASE,
)
_FIGURE = regex.compile(
    r"how (?P<much>many|much)\s(?P<what>.+?)\s(?P<verb>is|are|was|were|did|do|does|has|have|had|will|can)"
    r"(?:\sthere)?(?:\sbeen)?\b(?P<rest>.*)",
    regex.IGNORECASE,
)
_REMARK = regex.compile(r"!\s*$|\b(?:my question|I meant|I asked)\b", regex.IGNORECASE)
"""What is said of the conversation itself, or asks nothing."""

_TIMES = frozenset({"day", "night", "time", "year", "month", "week", "morning", "evening", "moment", "way"})
_OUTER = frozenset({"in", "at", "from", "to", "of", "outside", "near"})
"""Prepositions of phrases that say where, and seldom what."""

_GENDERS = {"mr": "he", "sir": "he", "king": "he", "prince": "he", "mrs": "she", "ms": "she", "queen": "she"}
_HE = frozenset({"he", "him", "his"})


@dataclass(frozen=True, slots=True)
class Source:
    """An earlier turn as a place to look for what a word stands for.

    Attributes:
        question: as it stands alone.
        answer: its answer's text and what it cites.
    """

    question: str
    answer: str

    @property
    def base(self) -> str:
        """The question without the mark at its end."""
        return self.question.strip().rstrip("?!. ")

    @property
    def asks_a_name(self) -> bool:
        """Whether its answer is a name: "Who …", "Which company …"."""
        return _ASKS_A_NAME.match(self.base) is not None and bool(self.answer)


_SHORT = 8
_LONGEST = 20
"""Words: who writes more of them says what they are about."""

Resolved = tuple[str, tuple[str, ...]]
"""A question, and what was written into it."""


def resolve(question: str, sources: Sequence[Source]) -> Resolved:
    """The question with what its words stand for; as it is where it explains itself.

    Args:
        question: without courtesies.
        sources: earlier turns, the likeliest first.
    """
    if len(question.split()) > _LONGEST or _REMARK.search(question) is not None:
        return question, ()
    text, carried = _with_definites(question, sources)
    seen: set[Sort | str] = set()
    unresolved = False
    at = 0
    while (match := _PRONOUN.search(text, at)) is not None:
        at = match.end()
        word = match["word"].casefold()
        kind = _kind(word)
        if kind in seen or not _stands_alone(text, match) or _is_bound(text, match, word):
            continue
        seen.add(kind)
        found = _antecedent(text, match, word, sources)
        if found is None:
            unresolved = True
            continue
        phrase, shown = found
        text = text[: match.start()] + phrase + text[match.end() :]
        at = match.start() + len(phrase)
        carried = (*carried, shown)
    if not carried and (unresolved or _points(question)):
        return about(text, sources)
    return text, carried


def _points(question: str) -> bool:
    """Whether it speaks of "that report" or "these families" as of something known."""
    if names(question):
        return False
    for match in _DEFINITE.finditer(question):
        article, noun = match["article"].casefold(), match["noun"].casefold()
        if article == "the" or noun in _TIMES or "-" in noun or not is_content(noun):
            continue
        if is_plural(noun) is not (article in {"these", "those"}):
            continue
        before = question[: match.start()].rstrip().rpartition(" ")[2].casefold()
        ends = not any(character.isalpha() for character in question[match.end() :])
        # After another word it may begin a clause: "Who said that money was seized?"
        if ends or article != "that" or not before or before in AUXILIARY | PREPOSITIONS:
            return True
    return False


def leans(question: str) -> bool:
    """Whether a short question speaks of "the final report" as of something known, and names nothing."""
    if names(question) or DATE.search(question) or len(question.split()) > _SHORT:
        return False
    found = [m for m in mentions(question) if m.text.casefold().startswith("the ")]
    return any(len(m.text.split()) <= 3 for m in found)


def about(question: str, sources: Sequence[Source]) -> Resolved:
    """The question with what was spoken of behind it; as it is where nothing is known of that."""
    topic = next((found for source in sources if (found := topic_of(source.base))), None)
    if topic is not None and topic.startswith("The "):
        topic = f"the{topic[3:]}"
    if topic is None or topic.casefold() in question.casefold():
        return question, ()
    end = regex.search(r"[?!.\s]*$", question)
    core = question[: end.start()] if end else question
    return f"{core} (about {topic})?", (topic,)


def topic_of(base: str) -> str | None:
    """What a question is about, as it writes it: its longest phrase with a name, else its first phrase."""
    told = regex.search(r"\(about (?P<topic>[^()]+)\)$", base)
    if told is not None:
        return str(told["topic"])
    found = [m for m in mentions(base) if _is_whole(m) and (m.sort is not Sort.MANY or _is_noun(m, base))]
    named = max((m for m in found if m.named), key=lambda m: len(m.text), default=None)
    chosen = named or next(iter(found), None)
    return chosen.text if chosen is not None else None


def _is_noun(mention: Mention, base: str) -> bool:
    """Whether a word in -s is rather a noun than a verb: it is counted, or has words before it."""
    return " " in mention.text or regex.search(r"(?:many|which|what)\s$", base[: mention.start]) is not None


def _is_whole(mention: Mention) -> bool:
    """Whether a phrase is more than a word that may as well be a verb."""
    has_article = regex.match(r"(?:the|an?)\s", mention.text, regex.IGNORECASE) is not None
    return has_article or mention.named or is_plural(mention.head)


def _kind(word: str) -> str:
    if word in _PERSON.split("|"):
        return "person"
    if word in _THING.split("|"):
        return "thing"
    if word in _MANY.split("|") or word in {"these", "those"}:
        return "many"
    return word


def _stands_alone(text: str, match: regex.Match[str]) -> bool:
    """Whether a word is a pronoun there, and no article, conjunction or filler."""
    word = match["word"].casefold()
    before, after = text[: match.start()], text[match.end() :]
    previous = regex.search(r"(\w+)\W*$", before)
    leads = previous[1].casefold() if previous else ""
    follows = regex.match(r"\s+([\p{L}’']+)", after)
    then = follows[1].casefold() if follows else ""
    if word == "there":
        return not any(m.start() <= match.start() < m.end() for m in _EXISTENTIAL.finditer(text))
    if word == "it":
        return not any(m.start() <= match.start() < m.end() for m in _EMPTY_IT.finditer(text))
    if word in {"this", "that", "these", "those"}:
        opens = not leads or leads in AUXILIARY or leads in PREPOSITIONS or leads in {"of", "because"}
        is_last = not then or then in AUXILIARY | PREPOSITIONS or then in {"too", "and", "or", "so", "more"}
        if leads in AUXILIARY and word in {"this", "that"} and then:
            is_last = is_last or _COMPARED.match(then) is not None or then.endswith(("ed", "en"))
            return is_last or then not in {noun.head for noun in mentions(f"x {then}")}
        return is_last and (opens or not then)
    return True


def _is_bound(text: str, match: regex.Match[str], word: str) -> bool:
    """Whether the question itself says before the word what it stands for."""
    before = text[: match.start()]
    kind = _kind(word)
    clause = next(reversed(list(_CLAUSE.finditer(before))), None)
    if clause is not None and kind != "person":
        said = [each for each in regex.findall(r"\p{L}+", before[: clause.start()]) if is_content(each)]
        if len(said) >= 2:
            return True
    found = [m for m in mentions(before) if m.end <= match.start()]
    fitting = [m for m in found if _may_be(m, kind)]
    if kind == "person":
        fitting = [m for m in found if m.sort is Sort.PERSON]
        fitting += [m for m in names(before) if m.sort is Sort.PERSON]
    if not fitting:
        return False
    last = max(m.end for m in fitting)
    return word in _OWNING | {"her"} or _CLAUSE.search(before[last:]) is not None


def _may_be(mention: Mention, kind: str) -> bool:
    if kind == "many":
        return mention.sort in {Sort.MANY, Sort.GROUP} or is_plural(mention.head)
    if kind == "person":
        return mention.sort is Sort.PERSON
    if kind == "there":
        return mention.sort is Sort.PLACE
    return mention.sort not in {Sort.PERSON, Sort.MANY} and not is_plural(mention.head)


def _antecedent(
    text: str, match: regex.Match[str], word: str, sources: Sequence[Source]
) -> tuple[str, str] | None:
    """What to write for a pronoun, and the words of it that were said earlier."""
    kind = _kind(word)
    for source in sources:
        if kind in {"thing", "that", "this"} and _COMPARED.search(text):
            figure = _figure(source.base)
            if figure is not None:
                return figure
        finder = _FINDERS.get(kind, _a_thing)
        phrase = finder(source, word)
        if phrase is None:
            continue
        shown = phrase
        phrase = f"the{phrase[3:]}" if phrase.startswith("The ") else phrase
        if kind == "there":
            before = text[: match.start()].rstrip().rpartition(" ")[2].casefold()
            leading = "" if before in {"from", "to", "near", "in", "at"} else f"{_led_by(source, phrase)} "
            return leading + phrase, shown
        owns = word in _OWNING or (word == "her" and _BEFORE_NOUN.match(text[match.end() :]) is not None)
        if kind == "many" and not regex.match(r"(?:the|a|an)\s|\p{Lu}", phrase):
            phrase = f"the {phrase}"
        if kind != "person" and not owns and not names(f"x {phrase}") and not names(text):
            place = context_of(source.base)
            phrase = phrase if place.strip() in phrase else f"{phrase}{place}"
        return (_possessive(phrase) if owns else phrase), shown
    return None


def _possessive(phrase: str) -> str:
    return f"{phrase}’" if phrase.endswith("s") else f"{phrase}’s"


def _led_by(source: Source, phrase: str) -> str:
    before = source.base.partition(phrase)[0].rstrip().rpartition(" ")[2].casefold()
    return before if before in {"in", "at", "on", "near"} else "in"


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
    """A name without the ending of who owns something."""
    bare = regex.sub(r"['’]s?$", "", mention.text)
    return Mention(bare, mention.head, mention.sort, True, mention.preposition, mention.start, mention.end)


def _a_thing(source: Source, word: str) -> str | None:
    if source.asks_a_name:
        named = _first(names(source.answer), lambda m: m.sort is Sort.GROUP and m.text not in source.base)
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
    return _is_whole(mention) and _may_be(mention, "thing")


def _several(source: Source, word: str) -> str | None:
    del word
    if source.asks_a_name:
        named = _first(names(source.answer), lambda m: m.sort is Sort.GROUP and m.text not in source.base)
        if named is not None:
            return _with_article(source.answer, named)
    return (
        _first(mentions(source.base), lambda m: m.sort is Sort.MANY)
        or _first(mentions(source.base), lambda m: m.sort is Sort.GROUP)
        or _first(names(source.answer), lambda m: m.sort is Sort.GROUP)
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


def _figure(base: str) -> tuple[str, str] | None:
    """The figure that a question asked for, as a phrase: "the number of people displaced in March"."""
    match = _FIGURE.search(base)
    if match is None:
        return None
    rest = match["rest"]
    if match["verb"].casefold() in {"did", "do", "does", "will", "can"}:
        date = DATE.search(rest)
        led = regex.search(r"\b(?:in|on|at|by|since)\s$", rest[: date.start()]) if date else None
        rest = f" {rest[led.start() : date.end()]}" if date and led else ""
    said = f"{match['what']}{rest}"
    return f"the {'number' if match['much'] == 'many' else 'amount'} of {said}", match["what"]


def _with_definites(question: str, sources: Sequence[Source]) -> Resolved:
    """The question with the whole of what "the dam" and "that report" shorten."""
    text, carried, at = question, (), 0
    while (match := _DEFINITE.search(text, at)) is not None:
        at = match.end()
        noun = match["noun"].casefold()
        found = next((p for s in sources if (p := _same_noun(noun, s)) is not None), None)
        if found is None or found.casefold() in text.casefold():
            continue
        phrase = found if regex.match(r"(?:the|an?)\s", found) else f"the {found}"
        phrase = regex.sub(r"^an?\s", "the ", phrase)
        text = text[: match.start()] + phrase + text[match.end() :]
        carried, at = (*carried, found), match.start() + len(phrase)
    return text, carried


def _same_noun(noun: str, source: Source) -> str | None:
    """The phrase of an earlier turn that a noun shortens."""
    if noun in _PLACE_NOUNS:
        place = _first(names(source.base), lambda m: m.sort is Sort.PLACE and m.preposition in {"in", "of"})
        return place
    forms = {noun, f"{noun}s", noun.removesuffix("s")}
    for mention in mentions(source.base):
        words = regex.split(rf"\s(?:{'|'.join(PREPOSITIONS)})\s", mention.text)[0].casefold().split()
        bare = [word for word in words if word not in {"the", "a", "an"}]
        if _is_whole(mention) and bare and bare[-1] in forms and mention.text.casefold() != f"the {noun}":
            return mention.text
    return None
