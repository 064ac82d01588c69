"""Vetoes a sentence with a proper name that its quotes and their context lack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import regex

from index.search import composed, terms
from index.text import fold
from rag.figures.countries import countries, is_country
from rag.figures.dates import dates
from rag.figures.quantities import quantities
from rag.finding.matching import acronyms
from rag.finding.spelling import english_frequency
from rag.questions import word_set
from rag.verification.evidence import Evidence, Statement, language_in, referents

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:[’'.-][\p{L}\p{M}\p{N}]+)*")
# The cited sentence may mean *the Company* by *we*.
_OFTEN_CAPITALISED = word_set("""
agency association authority bank board bureau chair chairman chief city commission committee company congress
corporation council court department director executive federal firm fiscal foundation fund government group
house management minister ministry national office officer parliament president prime quarter report republic
secretary senate state states union university
annual assets balance cash consolidated costs diluted earnings equity expenses gross income liabilities loss
net operating profit revenue revenues sales share shares table tax total
""")
_CURRENCY_SIGNS = frozenset("$€£¥")  # after *US*, *A* or *HK*
_TITLES = word_set("mr mrs ms dr prof sir dame st i")
_LONG_NAME = regex.compile(
    r"\b\p{Lu}[\p{L}\p{M}'’-]*(?:\s(?:(?:of|on|for|and|the|in|to|de|des|du|y|dan"
    r"|untuk)\s){0,2}\p{Lu}[\p{L}\p{M}'’-]*)+"
)
SHORT = 4  # a name with so few letters may be an abbreviation
_LATIN = frozenset({"en", "vi", "id", "ms", "es", "fr", "de", "pt", "it", "nl"})


def name_fault(statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    """What the quotes have in its place, or two names, or a country, that the words around them lack, too.

    Initials, full forms and peoples (*Cambodian*) count as the name.
    """
    missing = _missing(statement, evidence)
    if not missing:
        return None
    around = "\n".join(text for item in evidence for text in (item.around, item.section, item.before))
    own = _runs(statement.text)
    before = [item.before for item in evidence if item.before and referents(item).endswith(item.before)]
    quoted = [run for text in (*(item.quote for item in evidence), *before) for run in _runs(text)]
    for name in missing:
        for run in own:
            others = [other for other in quoted if name in run.words and _takes_its_place(run, other, own)]
            if others:
                names = " ".join(run.words), " ".join(others[0].words)
                return f"{names[0]} is not in the cited sentence, which has {names[1]}"
    if around.strip():
        missing = _missing(statement, [*evidence, replace(evidence[0], quote=around)])
    proper = [name for name in map(_without_possessive, missing) if not _may_have_other_words(name)]
    # One name alone may be another word for something, such as that of a species or a medicine.
    if len(proper) < 2 and not any(map(is_country, proper)):
        return None
    whole = next((run for run in own if set(run.words) <= set(proper)), None)
    return _absent([" ".join(whole.words)] if whole and len(whole.words) > 1 else proper)


def _may_have_other_words(name: str) -> bool:
    is_symbol = sum(map(str.isupper, name)) > 1 or any(map(str.isdigit, name))
    return is_symbol or name.lower() in _OFTEN_CAPITALISED


def uncertain_names(statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    missing = _missing(statement, evidence)
    return _absent(missing) if missing else None


def _absent(names: Sequence[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not in the cited sentence"


@dataclass(frozen=True, slots=True)
class _Run:
    words: tuple[str, ...]
    before: tuple[str, ...]
    after: str


def _without_possessive(word: str) -> str:
    return regex.sub(r"[’']s?$", "", word)


def _runs(text: str) -> list[_Run]:
    words = [_without_possessive(word) for word in _WORD.findall(composed(text))]
    runs, index = [], 0
    for is_name, group in groupby(words, key=lambda word: word[0].isupper()):
        length = len(list(group))
        if is_name:
            before = tuple(word.lower() for word in words[max(index - 2, 0) : index])
            after = words[index + length : index + length + 1]
            runs.append(_Run(tuple(words[index : index + length]), before, after[0] if after else ""))
        index += length
    return runs


def _takes_its_place(run: _Run, other: _Run, own: Sequence[_Run]) -> bool:
    stated_words = {word for each in own for word in each.words}
    if stated_words.issuperset(other.words) or set(run.words) >= set(other.words) or _is_short(run, other):
        return False
    alike = len(run.words) == len(other.words) and bool(set(run.words) & set(other.words))
    after = len(run.after) > 3 and run.after == other.after
    before = len(run.before) == 2 and run.before == other.before and max(map(len, run.before)) > 3
    return alike or after or before


def _is_short(run: _Run, other: _Run) -> bool:
    """*H. pylori* and *South East* are short forms."""
    one, two = "".join(run.words).casefold(), "".join(other.words).casefold()
    short = min(len(one), len(two)) <= SHORT and one[0] == two[0]
    return short or one.rstrip("s") == two.rstrip("s") or one in two or two in one


def _missing(statement: Statement, evidence: Sequence[Evidence]) -> list[str]:
    """Return no names if a language is not in ``_LATIN``, or differs."""
    if statement.language not in _LATIN or any(language_in(item) != statement.language for item in evidence):
        return []
    text = composed(" ".join(f"{item.quote} {referents(item)}" for item in evidence))
    quoted_words = {fold(word) for word in _WORD.findall(text)}
    quoted_words |= {part for word in quoted_words for part in regex.split(r"[-.’']", word)}
    long = ("".join(regex.findall(r"\b\p{Lu}", name)) for name in _LONG_NAME.findall(text))
    short = {fold(initials) for initials in (*acronyms(text), *long)}
    its_countries = countries(text)
    missing = []
    for name in dict.fromkeys(_names_in(statement)):
        parts = _capitals(name)
        is_there = all(_has(fold(part), quoted_words) for part in parts) or fold(name) in short
        if is_there and is_country(name):
            is_there = countries(statement.text) <= its_countries
        elif is_country(name):
            is_there = bool(countries(name)) and countries(name) <= its_countries
        if (
            not is_there
            and not _is_explained(name, statement.text)
            and not _is_spelt_out(name, statement.text, quoted_words)
        ):
            missing.append(name)
    return missing


def _names_in(statement: Statement) -> Iterator[str]:
    text = composed(statement.text)
    taken = [each.span for each in quantities(text, statement.language)]
    taken += [each.span for each in dates(text, statement.language)]
    first = True
    for match in _WORD.finditer(text):
        word = match[0]
        is_first, first = first, text[match.end() : match.end() + 2] in {": ", ". ", " “", ' "', "? "}
        is_currency = text[match.end() : match.end() + 1] in _CURRENCY_SIGNS
        if (
            any(span.start <= match.start() < span.end for span in taken)
            or word.lower() in _TITLES
            or is_currency
        ):
            continue
        capitals = sum(map(str.isupper, word))
        known = statement.language != "en" or english_frequency(regex.sub(r"['’]s$", "", word.lower())) > 0
        if len(word) > 1 and capitals and (not is_first or capitals > 1 or not known):
            yield word


def _capitals(name: str) -> list[str]:
    """Return *HIV* for *HIV-positive*."""
    name = _without_possessive(name)
    parts = [part for part in regex.split(r"[-–]", name) if part]
    chosen = [part for part in parts if regex.search(r"\p{Lu}|\p{N}", part)]
    return chosen if len(parts) > 1 and chosen else [name]


def _has(name: str, quoted_words: set[str]) -> bool:
    """The quotes have *Vietnam* if they have *Vietnamese*."""
    bare = _bare(name)
    if name in quoted_words or bare in quoted_words:
        return True
    return len(bare) > 3 and any(
        _bare(word) in {bare, name} or word in {f"{bare}a", f"{bare}e"} for word in quoted_words
    )


def _bare(word: str) -> str:
    return regex.sub(r"(?<=\p{L}{4})(?:['’]s?|s|ians?|ans?|ns?|ese|ish|ia|i|a)$", "", word)


def _is_spelt_out(word: str, text: str, quoted_words: set[str]) -> bool:
    """*Authority* belongs to *NWA*."""
    for name in _LONG_NAME.findall(text):
        short = "".join(regex.findall(r"\b\p{Lu}", name.removeprefix("The ")))
        if word in regex.split(r"[\s-]", name) and len(short) > 1 and short.casefold() in quoted_words:
            return True
    return False


def _is_explained(short: str, text: str) -> bool:
    """The sentence has *chronic kidney disease (CKD)*."""
    match = regex.search(rf"(?P<long>(?:[\p{{L}}-]+\s){{2,8}})\({regex.escape(short)}\)", text)
    if match is None:
        return False
    letters = "".join(part[0] for part in regex.split(r"[\s-]+", match["long"].strip()) if part).casefold()
    return letters.endswith(regex.sub(r"s$", "", short).casefold())


FEWEST = 4  # a sentence is compared if it has so many words, without *the*, *of* and the like


def subject_fault(statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    """The quotes and context have no word of it; None across languages, or below ``FEWEST``."""
    if any(language_in(item) != statement.language for item in evidence):
        return None
    own = set(terms(statement.text, statement.language))
    text = " ".join(
        f"{item.quote} {item.context} {item.before} {item.around} {item.section}" for item in evidence
    )
    if len(own) < FEWEST or own & set(terms(text, statement.language)):
        return None
    return "the cited sentence is about something else"
