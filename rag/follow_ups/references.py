"""Replaces words that refer to earlier turns: "it", "he", "there", "that report", "the dam".

A word whose antecedent is in the question itself stays: "How long does a wall need before it can be
plastered?"
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from rag.follow_ups.antecedents import (
    Resolved,
    Source,
    antecedent,
    context_of,
    figure_of,
    may_be,
    same_noun,
    topic_of,
)
from rag.follow_ups.mentions import (
    AUXILIARY,
    DATE,
    PREPOSITIONS,
    Sort,
    is_content,
    is_plural,
    mentions,
    names,
)

_PERSON, _THING, _MANY = "he|she|him|her|his", "it|its", "they|them|their"
_PRONOUN = regex.compile(
    rf"\b(?P<word>{_PERSON}|{_THING}|{_MANY}|there|th(?:is|at|ese|ose))\b(?!['’]\p{{L}}*\p{{L}}{{3}})",
    regex.IGNORECASE,
)
_BEFORE_NOUN = regex.compile(r"\s(?!(?:to|in|at|on|by|for|from|with|about)\b)\p{Ll}")
_OWNING = frozenset({"his", "its", "their"})
_EXISTENTIAL = regex.compile(
    r"\b(?:is|are|was|were|be|been|isn't|aren't|has|have|had|will)\sthere\b"
    r"|\bthere\s(?:\p{L}+ly\s)?(?:is|are|was|were|will|be|has|have|had|to|seems?|exists?)\b",
    regex.IGNORECASE,
)
_EMPTY_IT = regex.compile(
    r"\b(?:is|was|would|be|will)\sit\s(?:\p{L}+\s)?(?:true|possible|likely|clear|known|safe|legal|necessary|worth"
    r"|too late|easier|harder|better|to|for|that|called when|from)\b"
    r"|\bit\s(?:is|was|takes?|took)\b.*\b(?:to|that)\b|\b(?:does|did|will|would)\sit\s(?:take|cost)\b.*\bto\b"
    r"|\bit\s(?:rain|snow)\p{Ll}*",
    regex.IGNORECASE,
)
"""Uses of "it" without an antecedent."""

_CLAUSE = regex.compile(
    r"[,;:.?!(]|\b(?:that|which|who|whom|before|after|because(?!\sof)|when|while|if|since|until|although|and|"
    r"but|or|so|where|than)\b",
    regex.IGNORECASE,
)
_DEFINITE = regex.compile(
    r"\b(?P<article>(?i:the|this|that|these|those))\s(?P<noun>\p{Ll}[\p{Ll}-]+)\b"
    r"(?!\s(?:of|in|at|for|on|against|with|from|to|between|about|that|which|who)\b)"
)
_SUBJECT = regex.compile(r"(?:who|(?:which|what)\s\p{L}+(?:\s\p{L}+)?)\s", regex.IGNORECASE)
_COMPARED = regex.compile(
    r"\b(?:more|less|fewer|higher|lower|greater|larger|smaller|bigger|as many|as much"
    r"|too (?:high|low|many|much)"
    r"|enough|right|correct|wrong|true|a lot)\b",
    regex.IGNORECASE,
)
_REMARK = regex.compile(r"!\s*$|\b(?:my question|I meant|I asked)\b", regex.IGNORECASE)
"""Remarks about the conversation itself, and exclamations."""

_TIMES = frozenset({"day", "night", "time", "year", "month", "week", "morning", "evening", "moment", "way"})

_FRESH = 2
"""After this number of turns, only phrases with a name can be antecedents."""

_SHORT = 8
_LONGEST = 20
"""The most words of a follow-up: a longer question names its own subject."""


def resolve(question: str, sources: Sequence[Source]) -> Resolved:
    """Replace the words of a question that refer to earlier turns by their antecedents.

    A question without such words stays as it is.

    Args:
        question: the question without its opening words of courtesy.
        sources: earlier turns, the likeliest to be meant first.
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
        carried = (*carried, *shown)
    if not carried and (unresolved or _points(question)):
        return about(text, sources)
    return text, carried


def _points(question: str) -> bool:
    """Tell if a question without names refers to a known thing, as "that report" and "these families" do."""
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
        # Otherwise "that" may begin a clause: "Who said that money was seized?"
        if ends or article != "that" or not before or before in AUXILIARY | PREPOSITIONS:
            return True
    return False


def leans(question: str) -> bool:
    """Tell if a short question without names and dates has a definite phrase, such as "the final report"."""
    if names(question) or DATE.search(question) or len(question.split()) > _SHORT:
        return False
    found = [m for m in mentions(question) if m.text.casefold().startswith("the ")]
    return any(len(m.text.split()) <= 3 for m in found)


def about(question: str, sources: Sequence[Source]) -> Resolved:
    """Append the topic of the last turn to a question; return the question as it is if no topic is found."""
    topic = topic_of(sources[0].base) if sources else None
    if topic is not None and topic.startswith("The "):
        topic = f"the{topic[3:]}"
    if topic is None or topic.casefold() in question.casefold():
        return question, ()
    end = regex.search(r"[?!.\s]*$", question)
    core = question[: end.start()] if end else question
    return f"{core} (about {topic})?", (topic,)


def _kind(word: str) -> str:
    if word in _PERSON.split("|"):
        return "person"
    if word in _THING.split("|"):
        return "thing"
    if word in _MANY.split("|") or word in {"these", "those"}:
        return "many"
    return word


def _stands_alone(text: str, match: regex.Match[str]) -> bool:
    """Return whether a word is used as a pronoun, and not as an article, a conjunction or a dummy subject."""
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
    """Return whether the antecedent of a pronoun stands before it in the same question."""
    before = text[: match.start()]
    kind = _kind(word)
    clause = next(reversed(list(_CLAUSE.finditer(before))), None)
    if clause is not None and kind != "person":
        said = [each for each in regex.findall(r"\p{L}+", before[: clause.start()]) if is_content(each)]
        if len(said) >= 2:
            return True
    subject = _SUBJECT.match(before)
    if subject is not None and (word in _OWNING or _CLAUSE.search(before, subject.end()) is not None):
        return True
    found = mentions(before)
    if kind == "person":
        # The sort of a name of one word cannot be told, so a thing may be a person.
        fitting = [m for m in found if m.sort is Sort.PERSON]
        fitting += [m for m in names(before) if m.sort in {Sort.PERSON, Sort.THING}]
    else:
        fitting = [m for m in found if may_be(m, kind)]
        if word in _OWNING:
            fitting += names(before)
    if not fitting:
        return False
    if word in _OWNING | {"her"} or len(found) > 1:
        return True
    return _CLAUSE.search(before[max(m.end for m in fitting) :]) is not None


def _antecedent(text: str, match: regex.Match[str], word: str, sources: Sequence[Source]) -> Resolved | None:
    """Return the replacement of a pronoun, and the words in it from earlier turns; None if none is found."""
    kind = _kind(word)
    for place, source in enumerate(sources):
        if kind in {"thing", "that", "this"} and _COMPARED.search(text):
            figure = figure_of(source.base)
            if figure is not None:
                return figure
        phrase = antecedent(source, kind, word)
        if phrase is None or (place >= _FRESH and not names(f"x {phrase}")):
            continue
        shown = phrase
        phrase = regex.sub(r"^(?:The|An?|an?)\s", "the ", phrase)
        if kind == "there":
            before = text[: match.start()].rstrip().rpartition(" ")[2].casefold()
            leading = "" if before in {"from", "to", "near", "in", "at"} else f"{_led_by(source, phrase)} "
            return leading + phrase, (shown,)
        owns = word in _OWNING or (word == "her" and _BEFORE_NOUN.match(text[match.end() :]) is not None)
        if kind == "many" and not regex.match(r"(?:the|a|an)\s|\p{Lu}", phrase):
            phrase = f"the {phrase}"
        if kind != "person" and not owns and not names(f"x {phrase}") and not names(text):
            where = context_of(source.base)
            phrase = phrase if where.strip() in phrase else f"{phrase}{where}"
        return (_possessive(phrase) if owns else phrase), (shown,)
    return None


def _possessive(phrase: str) -> str:
    return f"{phrase}’" if phrase.endswith("s") else f"{phrase}’s"


def _led_by(source: Source, phrase: str) -> str:
    before = source.base.partition(phrase)[0].rstrip().rpartition(" ")[2].casefold()
    return before if before in {"in", "at", "on", "near"} else "in"


def _with_definites(question: str, sources: Sequence[Source]) -> Resolved:
    """Expand "the dam" and "that report" to full phrases of earlier turns, in a question without names."""
    if names(question):
        return question, ()
    text, at = question, 0
    carried: tuple[str, ...] = ()
    while (match := _DEFINITE.search(text, at)) is not None:
        at = match.end()
        noun = match["noun"].casefold()
        found = next((p for s in sources if (p := same_noun(noun, s)) is not None), None)
        if found is None or found.casefold() in text.casefold():
            continue
        phrase = found if regex.match(r"(?:the|an?)\s|\p{Lu}", found) else f"the {found}"
        phrase = regex.sub(r"^an?\s", "the ", phrase)
        text = text[: match.start()] + phrase + text[match.end() :]
        carried, at = (*carried, found), match.start() + len(phrase)
    return text, carried
