"""Generates the questions that a sentence of a report answers. English only.

A missing question does no harm, but an odd one looks like a mistake. A rule therefore requires an exact form
of the sentence, and questions that read badly are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import regex

from rag.suggesting.clauses import ANAPHORS, BREAK, HAS_NUMBER, NUMBER, Clause, parse_clause, simplify
from rag.suggesting.proper_names import DATE, PREPOSITIONS
from rag.verb_forms import PARTICIPLES, PAST

FEWEST_WORDS = 4
MOST_WORDS = 17
"""The most words of a question."""

_ARTICLES = frozenset({"the", "a", "an"})
_UNFINISHED = _ARTICLES | {"and", "or", "of", "for", "with", "by", "on", "at", "as", "is", "was", "be"}
"""Words with which a question cannot end."""

_LONE = frozenset("bcdefghijklmnopqrstuvwxyz")
_IS = frozenset({"is", "are", "was", "were"})
_VAGUE = frozenset({"speak", "ask", "note", "know", "see", "find", "mean", "go", "come", "work", "consider"})
_UNITS = frozenset({"years", "months", "weeks", "days", "hours", "minutes", "times", "per"})
_PERSONS = ("people", "children", "women", "men")

_AT_LEAST = (
    r"(?:(?:about|around|nearly|almost|some|at least|at most|up to|more than|over|fewer than|another)\s)?"
)
_COUNT = regex.compile(
    rf"^{_AT_LEAST}(?:(?:hundreds|thousands|dozens)\sof|{NUMBER})\s(?P<of>of\s(?=the\s))?", regex.IGNORECASE
)
_SHARE = regex.compile(rf"^{_AT_LEAST}\p{{N}}[\p{{N}}.,]*\s?(?:%|per\s?cent)\sof\s", regex.IGNORECASE)
_YEAR = regex.compile(r"(?:1[5-9]|20)\d{2}")
_HAPPENS = regex.compile(
    r"\s(?:(?:are|were|have been|will be|must be)\s(?:\p{Ll}+ly\s)?(?P<state>\p{Ll}+)"
    r"|have\s(?=\p{Ll}+(?:ed|en)\b)|had to\s|live\s|lived\s|died\b|lost\s|received\s)"
)
"""Predicates of counted things: a state, or an action."""

_STATES = frozenset({
    "missing", "dead", "homeless", "in", "at", "under", "without", "unable", "children", "women",
    "born",
})  # fmt: skip
_AMOUNT = regex.compile(
    rf"{_AT_LEAST}(?:\p{{Sc}}\s?\p{{N}}[\p{{N}}.,]*(?:\s(?:thousand|million|billion|trillion))?"
    r"|\p{N}[\p{N}.,]*\s(?:thousand|million|billion|trillion)?\s?"
    r"(?:tals|dollars|euros|pounds|yen|yuan|riels?|baht|dong|rupiah|ringgit|francs|crowns|kip|pesos|rupees))\b",
    regex.IGNORECASE,
)
_PERIOD = (
    r"(?:in|for|during|at|as of)\s"
    r"(?:(?:the|fiscal|first|second|third|fourth|last|full|quarter|half|year|months?|ended|end|of)\s)*"
    rf"(?:{DATE.pattern})"
)
_FIGURE = regex.compile(
    rf"^(?:(?:by\s)?\p{{N}}[\p{{N}}.,]*\s?%\s(?=to\s))?(?P<to>to\s)?{_AT_LEAST}"
    r"(?:\p{Sc}?\s?\p{N}[\p{N}.,]*\s?(?:%|(?:per\s?cent|thousand|million|billion|trillion)\b)|\p{Sc}\s?\p{N}[\p{N}.,]*)"
    rf"(?:\sper\s(?:\p{{Ll}}+\s)?share)?(?P<when>\s{_PERIOD})?(?:\s(?:compared|from|versus)\s.*)?$"
)
"""A figure, and the time that it holds for."""
_KIND = regex.compile(r"^an?\s\p{Ll}+")
"""The beginning of a definition."""
_MEASURES = frozenset({"total", "reach"})
_CHANGES = frozenset({"increase", "decrease", "rise", "fall", "decline", "grow", "improve"})
_COUNTED = regex.compile(
    rf"^{_AT_LEAST}{NUMBER}\s(?P<noun>(?:\p{{Ll}}[\p{{L}}’'-]*\s){{0,3}}?"
    r"(?:\p{Ll}[\p{L}’'-]*s|people|children|women|men|staff|police)(?:\sof\s(?:\p{L}[\p{L}’'-]*\s?){1,4}?)?)"
    r"(?P<rest>(?:\s(?:in|at|on|to|from|for|across|along|near|by|under)\s.*)?)$"
)
_DATED = regex.compile(
    rf"^(?:(?P<rest>.*?)\s)?(?P<preposition>on|in|by|since|until)\s(?P<date>{DATE.pattern})"
    r"(?:\s(?:at|in the)\s[\p{L}\p{N}: ]{3,12})?$"
)
_PLACED = regex.compile(
    r"^(?P<rest>.*?\p{Ll}{3,})\s(?P<preposition>in|at|to|from)\s(?P<place>(?:the\s)?\p{Lu}[\p{L}’'-]*"
    r"(?:\s(?:\p{Lu}[\p{L}’'-]*|and|of|the))*)(?:\suntil\s.*)?$"
)
_MOVED = frozenset({
    "moved", "sent", "taken", "brought", "transferred", "deported", "evacuated", "relocated",
    "shipped", "flown", "transported", "exported", "smuggled",
})  # fmt: skip
_ACCUSED = regex.compile(
    r"^(?P<rest>(?:accused|suspected|convicted|found guilty)\sof|charged with|blamed for|wanted for)\s\S"
)
_OFFICES = (
    "secretary", "minister", "director", "chair", "head", "chief", "president", "governor",
    "commissioner", "judge", "mayor", "ambassador", "prosecutor", "engineer", "spokesman",
    "spokeswoman", "spokesperson", "professor", "lawyer", "owner", "founder", "pilot",
    "statistician",
)  # fmt: skip
_IN_OFFICE = regex.compile(
    r"^(?P<name>\p{Lu}[\p{L}’'-]*(?:\s\p{Lu}[\p{L}’'-]*){1,3}),\s(?:the\s|an?\s)?(?:\p{L}[\p{L}-]*\s){0,3}"
    rf"(?i:{'|'.join(_OFFICES)})\b"
)
_BECAUSE = regex.compile(r"^(?P<effect>[^,;:]+?),?(?:\s\p{Ll}+ly)?\sbecause\s(?!of\b)\S")


@dataclass(frozen=True, slots=True)
class GeneratedQuestion:
    """A question, and the subject of the sentence that it was made from.

    The subject is "" if the rule that made the question does not parse one.
    """

    question: str
    subject: str = ""


def questions_in(sentence: str, around: str) -> list[GeneratedQuestion]:
    """Return the questions that a sentence answers, the most informative first.

    Args:
        sentence: a sentence of an English report.
        around: nearby text, which tells a name from an ordinary word at the start of a sentence.
    """
    words = simplify(sentence)
    if words is None:
        return []
    asked = [GeneratedQuestion(question) for rule in (_who_is, _how_many_of) for question in rule(words)]
    clause = parse_clause(words, around)
    if clause is not None:
        asked += [GeneratedQuestion(question, clause.subject) for rule in _RULES for question in rule(clause)]
    asked += _why(words, around)
    return [each for each in dict.fromkeys(asked) if _reads_well(each.question)]


def _reads_well(question: str) -> bool:
    words = [word.casefold() for word in question.rstrip("?").split()]
    if not FEWEST_WORDS <= len(words) <= MOST_WORDS:
        return False
    # "What is X accused of?" may end with a preposition.
    if words[-1] in _UNFINISHED and words[0] != "what":
        return False
    return not any(word in _LONE or word.strip(",.") in ANAPHORS for word in words[2:])


def _who_is(sentence: str) -> Iterator[str]:
    """Ask *Who is Ana Ruiz?* if the sentence begins with *Ana Ruiz, the mayor of Pellan*."""
    match = _IN_OFFICE.match(sentence)
    if match is not None:
        yield f"Who is {match['name']}?"


def _how_many_of(sentence: str) -> Iterator[str]:
    """Ask for the number or the share with which a sentence begins.

    *Some 40 houses were destroyed* gives *How many houses were destroyed?*, and *60% of the shops were
    closed* gives *What share of the shops were closed?*
    """
    for part in [sentence, *sentence.split(" and ")[1:]]:
        clause = BREAK.split(part)[0]
        share = _SHARE.match(clause)
        counted = share or _COUNT.match(clause)
        if counted is None or _YEAR.fullmatch(counted[0].strip()):
            continue
        rest = clause[counted.end() :]
        happens = _HAPPENS.search(rest)
        noun = rest[: happens.start()] if happens else ""
        if happens is None or len(noun.split()) > 5 or (share is None and not _is_countable(noun)):
            continue
        asks = "What share of" if share else "How many of" if counted["of"] else "How many"
        if happens["state"] is None or happens["state"] in PARTICIPLES or happens["state"] in _STATES:
            yield f"{asks} {rest}?"


def _is_countable(noun: str) -> bool:
    head = noun.partition(" of ")[0].partition(" in ")[0].split()[-1:]
    return bool(head) and head[0] not in _UNITS and head[0].endswith(("s", *_PERSONS))


def _what(clause: Clause) -> Iterator[str]:
    accused = _ACCUSED.match(clause.rest)
    if accused is not None and clause.base is None:
        yield f"What {clause.verb} {clause.subject} {accused['rest']}?"


def _what_was(clause: Clause) -> Iterator[str]:
    """Ask for the figure of a measure, or for the definition of a named thing.

    *The net revenue was $3 million* gives *What was the net revenue?*, and *The Maravel Dam is a weir* gives
    *What is the Maravel Dam?*
    """
    figure = _FIGURE.match(clause.rest)
    # "It rose 2%" states the change, "it rose to 2%" the figure.
    states = clause.verb in _IS or clause.base in _MEASURES
    if figure is not None and (clause.base in _CHANGES if figure["to"] else states):
        head = regex.split(rf"\s(?:{'|'.join(PREPOSITIONS)})\s", clause.subject)[0]
        be = clause.verb if clause.verb in _IS else "were" if head.endswith("s") else "was"
        yield f"What {be} {clause.subject}{figure['when'] or ''}{clause.date}?"
    elif clause.verb in _IS and _KIND.match(clause.rest) and clause.subject.split()[-1][0].isupper():
        yield f"What {clause.verb} {clause.subject}?"


def _how_many(clause: Clause) -> Iterator[str]:
    """Ask for the number or the amount of money in the object of a clause.

    *The city built 40 schools* gives *How many schools did the city build?*
    """
    rest = clause.rest
    if clause.base is None:
        participle, _, rest = rest.partition(" ")
        if clause.verb not in {"has", "have", "will"} or participle not in PARTICIPLES:
            return
        does = f"{clause.verb} {clause.subject} {participle}"
    else:
        does = _inverted(clause, "")
    amount = _AMOUNT.match(rest)
    if amount is not None:
        after = _undated(rest[amount.end() :].strip())
        if not after or after[0].isalpha():
            yield f"How much {does} {after}".strip() + "?"
        return
    counted = _COUNTED.match(_undated(rest))
    if counted is not None and not set(counted["noun"].split()) & _UNITS:
        yield f"How many {counted['noun'].strip()} {does}{counted['rest']}{clause.date}?"


def _who(clause: Clause) -> Iterator[str]:
    rest = _undated(clause.rest)
    if not clause.is_who or HAS_NUMBER.search(rest) or clause.base in _VAGUE or len(rest.split()) < 2:
        return
    if clause.base is not None or clause.verb in {"has", "will", "must"}:
        yield f"Who {clause.verb} {rest}?"


def _when(clause: Clause) -> Iterator[str]:
    dated = _DATED.match(clause.rest)
    if dated is not None:
        rest, preposition = dated["rest"] or "", dated["preposition"]
    elif clause.date:
        rest, preposition = clause.rest, clause.date.split()[0]
    else:
        return
    asks = _asks_when(clause, rest, preposition)
    if asks is not None and _is_event(clause, rest) and not HAS_NUMBER.search(rest):
        yield f"{asks} {_inverted(clause, rest)}?"


def _asks_when(clause: Clause, rest: str, preposition: str) -> str | None:
    if preposition == "by":
        return "When" if rest.startswith("due ") else "By when" if clause.verb in {"will", "must"} else None
    if preposition == "since":
        lasts = clause.verb in {"has", "have"} and rest.removeprefix("been ").partition(" ")[0] in PARTICIPLES
        return "Since when" if lasts else None
    return "When" if preposition in {"on", "in"} else None


def _is_event(clause: Clause, rest: str) -> bool:
    """Return whether a date is the date of the event that the clause's verb states.

    Return False for *it owns a bridge built in 1990*, where the date belongs to the participle *built*, and
    for *it was open in May*, where it belongs to a state.
    """
    passed_over = {"last", "first", "been"}
    words = [word for word in rest.split() if not word.endswith("ly") and word not in passed_over]
    if clause.base is not None:
        return not words or words[-1] not in PARTICIPLES
    if not words or (clause.verb in _IS and words[0] not in PARTICIPLES and words[0] not in {"due", "born"}):
        return False
    return len(words) == 1 or words[-1] not in PARTICIPLES


def _where(clause: Clause) -> Iterator[str]:
    placed = _PLACED.match(_undated(clause.rest))
    if placed is None or clause.base is not None or clause.verb not in _IS | {"must"}:
        return
    rest, preposition = placed["rest"], placed["preposition"]
    last = rest.split()[-1]
    if last not in PARTICIPLES or HAS_NUMBER.search(rest):
        return
    if preposition in {"in", "at"} or last in _MOVED:
        yield f"Where {_inverted(clause, rest)}{'' if preposition in {'in', 'at'} else f' {preposition}'}?"


def _why(sentence: str, around: str) -> Iterator[GeneratedQuestion]:
    because = _BECAUSE.match(sentence)
    clause = parse_clause(because["effect"], around) if because else None
    if clause is not None and (clause.rest or clause.base):
        yield GeneratedQuestion(f"Why {_inverted(clause, clause.rest)}?", clause.subject)


def _inverted(clause: Clause, rest: str) -> str:
    """Return the clause in the order of a question: *the city built* becomes *did the city build*.

    After the verb, ``rest`` takes the place of ``clause.rest``.
    """
    if clause.base is None:
        words = [clause.verb, clause.subject, rest]
    else:
        words = ["does" if clause.verb not in PAST else "did", clause.subject, clause.base, rest]
    return " ".join(filter(None, words))


def _undated(rest: str) -> str:
    dated = _DATED.match(rest)
    return dated["rest"] or "" if dated is not None else rest


_RULES: tuple[Callable[[Clause], Iterator[str]], ...] = (_what, _what_was, _how_many, _who, _when, _where)
