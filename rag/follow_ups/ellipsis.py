"""Completes elliptical questions from the question before: "And in March?", "What about Poipet?", "Why?".

A new part replaces the part of the same kind in the earlier question (a date a date, a place a place). If the
earlier question has no such part, the new part is appended to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import regex

from rag.follow_ups.antecedents import context_of
from rag.follow_ups.mentions import (
    AUXILIARY,
    DATE,
    PREPOSITIONS,
    Mention,
    is_content,
    is_plural,
    mentions,
    names,
)

_ABOUT = regex.compile(
    r"(?:(?:and\s)?(?:what|how)\s(?:about|of)|same for|only|just|and\sonly)\s+", regex.IGNORECASE
)
_LINK = regex.compile(r"(?:^|[.!,]\s*)(?:and|or|but|also)\b", regex.IGNORECASE)
_ASKED = regex.compile(
    r"(?P<preposition>(?:since|until|till|by|from|for|with|to|at)\s)?"
    r"(?P<asks>why|when|where|whom|who|how(?:\s\p{Ll}+)?|what|which)"
    r"(?P<rest>\s(?:for|exactly|not|else|ones?|of them))?",
    regex.IGNORECASE,
)
_ADVERB = regex.compile(r"(?:when|where|why|how)\s(?=(?:" + "|".join(AUXILIARY) + r")\s)", regex.IGNORECASE)
_HOW = regex.compile(
    r"how (?!many\b|much\b)\p{Ll}+\s(?=(?:" + "|".join(AUXILIARY) + r")\s)", regex.IGNORECASE
)
_WHICH = regex.compile(r"(?:which|what)\s(?P<noun>\p{Ll}+)\b", regex.IGNORECASE)
_COUNTED = regex.compile(r"(?P<asks>\bhow (?:many|much)\s)(?P<rest>.*)", regex.IGNORECASE)
_ORDINAL = regex.compile(
    r"(?:the\s)?(?P<ordinal>second|third|fourth|fifth|next|last|first)(?:\s(?:one|largest|biggest))?",
    regex.IGNORECASE,
)
_SUPERLATIVE = regex.compile(
    r"\bthe\s(?:(?:first|second|third|fourth)\s)?(?P<most>\p{Ll}+est|most\s\p{Ll}+)\b"
)
_EARLIER_ORDINAL = regex.compile(r"\b(?:first|second|third|fourth)\b")
_PARTICIPLE = regex.compile(
    r"\b(?:\p{Ll}+ed|shut|lost|killed|found|paid|taken|given|built|held|sent|known)\b"
)
_YEAR = regex.compile(r"\b(?:1[5-9]|20)\d{2}\b")
_QUALIFIED = regex.compile(r"\b(?:last|this|next|yesterday|today|day)\b")

_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}’'.,:&-]*(?<=[\p{L}\p{M}\p{N}])")
_COMPARED = regex.compile(r"(?:more|less|fewer|higher|lower|as many|as much|up|down)\b", regex.IGNORECASE)
_HEADLESS = regex.compile(
    rf"(?P<asks>how (?:many|much))\s(?:of (?:them|those|these)\s)?(?=(?:more\s)?(?:{'|'.join(AUXILIARY)})\b)",
    regex.IGNORECASE,
)
""""How many" or "how much" without a noun."""

Filled = tuple[str, tuple[str, ...]]
"""A complete question, and the words in it that come from the earlier one."""

Stretch = tuple[int, int]
"""The offsets at which a part of a question begins and ends."""


def fill(question: str, core: str, earlier: str) -> Filled | None:
    """Complete an elliptical question; None if the question is complete already, or cannot be completed.

    Args:
        question: the question as asked.
        core: the question without its opening words of courtesy and connection.
        earlier: the question before it, in its standalone form.
    """
    core = core.rstrip("?!. ").strip()
    base = earlier.strip().rstrip("?!. ").strip()
    if not core or not base:
        return None
    asked = _ASKED.fullmatch(core)
    if asked is not None:
        return _whole(_asked_anew(asked, base, earlier), base)
    headless = _HEADLESS.match(core)
    if headless is not None:
        return _counting(core, headless, base)
    return _fragment(question, core, base)


def _whole(text: str, base: str) -> Filled:
    """Make a sentence of ``text``; return it with the parts that it shares with the earlier question."""
    words = [(match.group().casefold(), match.span()) for match in _WORD.finditer(base)]
    made = [match.group().casefold() for match in _WORD.finditer(text)]
    blocks = SequenceMatcher(None, [word for word, _ in words], made, autojunk=False).get_matching_blocks()
    carried = tuple(
        base[words[block.a][1][0] : words[block.a + block.size - 1][1][1]]
        for block in blocks
        if block.size > 2 or any(is_content(word) for word, _ in words[block.a : block.a + block.size])
    )
    return text[:1].upper() + text[1:] + "?", carried or (base,)


def _fragment(question: str, core: str, base: str) -> Filled | None:
    about = _ABOUT.match(core)
    phrase = core[about.end() :] if about else core
    linked = any((about, _LINK.match(question.strip()), _COMPARED.match(phrase)))
    preposition, bare = _led(phrase)
    if not bare or not _is_phrase(bare) or (len(bare.split()) > 7 and not linked):
        return None
    ordinal = _ORDINAL.fullmatch(bare)
    if ordinal is not None:
        return _whole(_in_order(ordinal["ordinal"], base), base)
    if DATE.fullmatch(bare) or DATE.fullmatch(bare.removeprefix("the ")):
        return _whole(_with_date(preposition, bare, base), base)
    if not (linked or preposition):
        return None
    text = None if _COMPARED.match(phrase) else _alike(preposition, bare, base)
    if text is None:
        joined = f"{preposition} {bare}".strip()
        plain = preposition or _COMPARED.match(joined)
        text = f"{base}, {joined[0].casefold()}{joined[1:]}" if plain else f"{base}, and {joined}"
    return _whole(text, base)


def _led(phrase: str) -> tuple[str, str]:
    """Return the preposition at the start of a phrase, in lower case ("" without one), and the rest."""
    first, _, rest = phrase.partition(" ")
    if phrase.casefold().startswith("according to "):
        return phrase[:12], phrase[13:].strip()
    return (first.casefold(), rest.strip()) if first.casefold() in PREPOSITIONS else ("", phrase)


def _is_phrase(text: str) -> bool:
    """Return whether a text has no auxiliary verb, question word or subject pronoun."""
    words = DATE.sub("", text).casefold().split()
    asks = {"what", "which", "who", "whom", "whose", "when", "where", "why", "how", "it", "he", "she", "they"}
    return not any(word.strip(",;") in AUXILIARY | asks | {"i", "you", "we"} for word in words)


def _asked_anew(asked: regex.Match[str], base: str, earlier: str) -> str:
    """Return the earlier question with another question word: "Why?", "By whom?", "How many?"."""
    word = f"{asked['preposition'] or ''}{asked['asks']}".casefold()
    before, _, rest = base.partition(" ")
    if before.casefold() in AUXILIARY:
        return _of_polar(word, before.casefold(), rest)
    how = _HOW.match(base)
    if how is not None and word.startswith("how ") and word not in {"how many", "how much"}:
        return f"{word} {base[how.end() :]}"
    adverb = _ADVERB.match(base)
    if adverb is not None and not word.startswith(("how many", "how much", "who", "what", "which")):
        return f"{word} {base[adverb.end() :]}"
    which = _WHICH.match(base)
    if which is not None and word == "how many" and is_plural(which["noun"]):
        return f"how many {base[which.start('noun') :]}"
    if not earlier.rstrip().endswith("?") and not _ASKED.match(base):
        return _of_statement(word, base)
    return f"{base}, and {word}{asked['rest'] or ''}"


def _of_polar(word: str, auxiliary: str, rest: str) -> str:
    if word not in {"how many", "how much", "who", "which"}:
        return f"{word} {auxiliary} {rest}"
    verb = _PARTICIPLE.search(rest)
    if verb is None or not rest[: verb.start()].strip():
        return f"{auxiliary} {rest}, and {word}"
    if word == "who":
        return f"who {auxiliary} {rest[verb.start() :]}"
    subject = regex.sub(r"^(?:the|any|some|all|many)\s", "", rest[: verb.start()].strip())
    return f"{word} {subject} {auxiliary} {rest[verb.start() :]}"


def _of_statement(word: str, base: str) -> str:
    """Turn a statement into a question by moving its auxiliary to the front."""
    verb = regex.search(rf"\s(?P<verb>{'|'.join(AUXILIARY)})\s", base)
    if verb is None:
        return f"{word}: {base}"
    subject = base[: verb.start()]
    first = subject.partition(" ")[0]
    if first in {"The", "A", "An"}:
        subject = first.casefold() + subject[len(first) :]
    return f"{word} {verb['verb']} {subject} {base[verb.end() :]}"


def _counting(core: str, headless: regex.Match[str], base: str) -> Filled | None:
    """Add the counted noun and its place: "How many homes in the valley were damaged?"."""
    counted = _COUNTED.search(base)
    things = [m for m in mentions(base) if counted and m.start == counted.start("rest")]
    if not things:
        return None
    noun = things[0].text
    place = "" if things[0].named or names(core) else context_of(base)
    return _whole(f"{headless['asks']} {noun}{place} {core[headless.end() :]}", base)


def _in_order(ordinal: str, base: str) -> str:
    ordinal = ordinal.casefold()
    superlative = _SUPERLATIVE.search(base)
    if superlative is not None and ordinal not in {"last", "first"}:
        ordinal = "second" if ordinal == "next" else ordinal
        return f"{base[: superlative.start('most')]}{ordinal} {base[superlative.start('most') :]}"
    if _EARLIER_ORDINAL.search(base):
        return _EARLIER_ORDINAL.sub(ordinal, base, count=1)
    return f"{base}, and the {ordinal}"


def _with_date(preposition: str, date: str, base: str) -> str:
    """Return the earlier question with another date, or with a date added."""
    clock = ":" in date
    earlier = [match for match in DATE.finditer(base) if (":" in match.group()) is clock]
    if not earlier:
        return f"{base} {preposition} {date}".replace("  ", " ")
    last = earlier[-1]
    year = _YEAR.search(last.group())
    if year is not None and not (clock or _YEAR.search(date) or _QUALIFIED.search(date)):
        date = f"{date} {year.group()}"
    before = base[: last.start()]
    if preposition:
        # "on 12 May" becomes "in March", not "on March".
        before = regex.sub(
            r"\b(?:in|on|at|by|since|until|before|after|during|from)\s$", f"{preposition} ", before
        )
    elif _YEAR.fullmatch(date) or (date[0].isalpha() and not date.endswith("day")):
        before = regex.sub(r"\bon\s$", "in ", before)
    return before + date + base[last.end() :]


def _alike(preposition: str, phrase: str, base: str) -> str | None:
    """Replace the part of the earlier question that is most similar to ``phrase``; None if no part is."""
    places = names(base)
    named = names(f"x {phrase}")
    if preposition:
        led = [
            (start, end)
            for start, end in _led_by(preposition, base)
            if bool(names(f"x {base[start:end]}")) == bool(named)
        ]
        if led:
            return _replaced(base, led[-1], phrase)
    if named:
        return _name_for_name(preposition, phrase, named[0], places, base)
    if preposition:
        return None
    return _noun_for_noun(phrase, base)


def _led_by(preposition: str, base: str) -> list[Stretch]:
    """Return the places of the phrases that follow the preposition, without dates."""
    if preposition == "according to":
        match = regex.search(r"according to (?P<whom>[^,]+)", base)
        return [match.span("whom")] if match else []
    found = []
    for match in regex.finditer(rf"\b{preposition}\s(?=\S)", base):
        ahead = mentions("x " + base[match.end() :])
        if ahead and ahead[0].start == 2:
            found.append((match.end(), match.end() + len(ahead[0].text.partition(" of ")[0])))
    return found


def _name_for_name(
    preposition: str, phrase: str, name: Mention, places: Sequence[Mention], base: str
) -> str | None:
    alike = [place for place in places if preposition and place.preposition == preposition]
    alike = alike or [place for place in places if place.sort is name.sort and place.text != name.text]
    # The sort of a name that stands alone is often unknown.
    alike = alike or [place for place in places if place.text not in phrase]
    if not alike or (preposition and not any(place.preposition == preposition for place in alike)):
        return f"{base} {preposition} {phrase}" if preposition else None
    return _replaced(base, (alike[-1].start, alike[-1].end), phrase)


def _replaced(base: str, part: Stretch, phrase: str) -> str:
    """Replace a part by the phrase, and keep only one article."""
    before, after = base[: part[0]], base[part[1] :]
    article = regex.search(r"\b(?:the|a|an)\s$", before)
    if article is not None and regex.match(r"(?:the|a|an)\s", phrase):
        before = before[: article.start()]
    # A noun that the name qualifies is replaced together with the name: "the State budget".
    tail = regex.match(r"\s(?:budget|district|province|valley|river|city|ministry|intake|report)\b", after)
    if tail is not None:
        after = after[tail.end() :]
    return before + phrase + after


def _noun_for_noun(phrase: str, base: str) -> str | None:
    """Replace a thing of the earlier question by ``phrase``; return None if it has no thing.

    It replaces the thing with the same head, else the counted thing, else the last one.
    """
    found = [mention for mention in mentions(base) if not mention.named]
    head = phrase.rsplit(maxsplit=1)[-1].casefold()
    same = next((mention for mention in found if mention.head == head), None)
    if same is not None:
        relative = regex.match(r"\s(?:that|which|who)\s\p{Ll}+(?:\sand\s\p{Ll}+s)?", base[same.end :])
        end = same.end + (relative.end() if relative else 0)
        return base[: same.start] + phrase + base[end:]
    counted = _COUNTED.match(base)
    if counted is not None and is_plural(head):
        verb = regex.search(rf"\s(?:{'|'.join(AUXILIARY)})\s", base)
        noun = next((m for m in found if m.start >= counted.start("rest")), None)
        if noun is not None and (verb is None or noun.start < verb.start()):
            return base[: noun.start] + phrase + base[noun.start + len(noun.text.partition(" of ")[0]) :]
    if found:
        # Only the last noun of an *of* chain is replaced: "the costs of rebuilding homes".
        leading = found[-1].text.rpartition(" of ")[0]
        start = found[-1].start + (len(leading) + len(" of ") if leading else 0)
        return base[:start] + phrase + base[found[-1].end :]
    return None
