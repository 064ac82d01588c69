"""Checks that the cited words have every name of a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from index.search import composed
from rag.finding.features import acronyms
from rag.verification.amounts import spans_of
from rag.verification.evidence import Evidence, Finding, Statement, language_in, with_referents
from rag.word_lists import listed

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:[’'.-][\p{L}\p{M}\p{N}]+)*")
_PEOPLE = regex.compile(r"(?<=\p{L}{4})(?:['’]s?|ian|an|n|ese|ish|i)$")
_TITLES = listed("mr mrs ms dr prof sir dame st i the a an")
_LONG_NAME = regex.compile(
    r"\b\p{Lu}[\p{L}\p{M}'’-]*(?:\s(?:(?:of|on|for|and|the|in|to|de|des|du|y|dan"
    r"|untuk)\s){0,2}\p{Lu}[\p{L}\p{M}'’-]*)+"
)
_HAN_NAMED = regex.compile(
    r"(?:总统|总理|部长|市长|省长|州长|县长|法官|教授|记者|医生|护士|主席|局长|主任|书记|校长)"
    r"(?!宣布|表示|说|称|认为|指出|否认|在|于|和|与|对|将|已|的|会|是)(?P<name>\p{Han}{2})"
)


def names(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that the evidence has every proper name of the statement.

    The evidence may also have a name as its initials, as the full form of its initials, or as the name of its
    people: *Cambodian* for *Cambodia*.
    """
    found = list(names_in(statement))
    missing = [
        name
        for name in found
        if not _is_there(name, statement, evidence) and not _explained(name, statement.text)
    ]
    missing += list(_missing_han(statement, evidence))
    if not missing:
        return Finding("names", 1.0)
    verb = "is" if len(missing) == 1 else "are"
    score = 1 - len(missing) / max(len(found), len(missing))
    return Finding("names", score, f"{', '.join(dict.fromkeys(missing))} {verb} not in the cited sentence")


def names_in(statement: Statement) -> Iterator[str]:
    """Yield the words of a statement that are proper names, as far as capitals tell.

    Dates and units are left out.
    """
    text = composed(statement.text)
    taken = spans_of(text, statement.language)
    first = True
    for match in _WORD.finditer(text):
        word = match[0]
        is_first, first = first, text[match.end() : match.end() + 2] in {": ", ". ", "“"}
        if (
            any(span.start <= match.start() < span.end for span in taken)
            or word.lower() in _TITLES
            or len(word) == 1
        ):
            continue
        capitals = sum(map(str.isupper, word))
        latin_in_han = statement.language in {"zh", "ja"} and word.isascii() and word.isalpha()
        if (capitals and (not is_first or capitals > 1)) or latin_in_han:
            yield word


def _is_there(name: str, statement: Statement, evidence: Sequence[Evidence]) -> bool:
    for item in evidence:
        text = composed(with_referents(item))
        held = {word.casefold() for word in _WORD.findall(text)}
        held |= {part for word in held for part in regex.split(r"[-’']", word)}
        parts = _capitals(name)
        if all(_has(part.casefold(), held) for part in parts) or name.casefold() in {
            short.casefold() for short in initials(text)
        }:
            return True
        if is_spelt_out(name, statement.text, held):
            return True
    return not _comparable(statement, evidence)


def _capitals(name: str) -> list[str]:
    """Return the parts of a hyphenated name that have a capital or a digit: *HIV* of *HIV-positive*."""
    parts = [part for part in regex.split(r"[-–]|[’']s?$", name) if part]
    chosen = [part for part in parts if regex.search(r"\p{Lu}|\p{N}", part)]
    return chosen if len(parts) > 1 and chosen else [name]


def _comparable(statement: Statement, evidence: Sequence[Evidence]) -> bool:
    """Return whether the evidence would write a name in Latin letters as the statement does."""
    return any(language_in(item) not in {"zh", "ja", "ko", "ru", "ar", "th"} for item in evidence) or (
        statement.language in {"zh", "ja"}
    )


def _has(name: str, held: set[str]) -> bool:
    if name in held or (name.endswith("s") and name[:-1] in held):
        return True
    bare = _PEOPLE.sub("", name)
    if bare in held:
        return True
    if len(bare) < 4:
        return False
    return any(_PEOPLE.sub("", word) in {bare, name} or (bare != name and _grew(bare, word)) for word in held)


def _grew(bare: str, word: str) -> bool:
    return word.startswith(bare) and len(word) - len(bare) <= 1


def initials(text: str) -> list[str]:
    """Return the initials of the names in a text, with and without those of small words such as *of*."""
    return [
        *acronyms(text),
        *("".join(regex.findall(r"\b\p{Lu}", name)) for name in _LONG_NAME.findall(text)),
    ]


def is_spelt_out(word: str, text: str, held: set[str]) -> bool:
    """Return whether a word belongs to a name whose initials the evidence has.

    For example, *Authority* belongs to *National Water Authority*, and the evidence has *NWA*.

    Args:
        word: the word.
        text: the sentence that has the word.
        held: the words of the evidence, case-folded.
    """
    for name in _LONG_NAME.findall(text):
        short = "".join(regex.findall(r"\b\p{Lu}", name.removeprefix("The ")))
        if word in name.split() and len(short) > 1 and short.casefold() in held:
            return True
    return False


def _explained(short: str, text: str) -> bool:
    """Tell if a sentence spells an acronym out just before it, as in *chronic kidney disease (CKD)*."""
    match = regex.search(rf"(?P<long>(?:[\p{{L}}-]+\s){{2,8}})\({regex.escape(short)}\)", text)
    if match is None:
        return False
    letters = "".join(part[0] for part in regex.split(r"[\s-]+", match["long"].strip()) if part).casefold()
    return letters.endswith(regex.sub(r"s$", "", short).casefold())


def _missing_han(statement: Statement, evidence: Sequence[Evidence]) -> Iterator[str]:
    """Yield the Chinese names after a title, such as 部长, that the evidence does not have."""
    if statement.language != "zh":
        return
    whole = " ".join(with_referents(item) for item in evidence)
    if not regex.search(r"\p{Han}", whole):
        return
    for match in _HAN_NAMED.finditer(statement.text):
        if match["name"] not in whole:
            yield match["name"]
