"""Tells by their words how lines of text go on: where a sentence ends, an item begins, a word is divided."""

from __future__ import annotations

from collections.abc import Iterable

import regex

_ITEM = regex.compile(
    r"[¹²³⁰⁴-⁹]{1,3}(?=\s?\S)|(?:[•●○◦▪■□‣∙·➢✓*]|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})[.)]|\d{1,2}(?:\.\d{1,2}){2,}|\d{1,2}\.\d{1,2}[.:])(?=\s|\Z)"
)
DASH = regex.compile(r"[–—-]\s")
_SENTENCE_END = regex.compile(r"[.!?:;…。！？：；။។][\W¹²³⁰⁴-⁹]*\Z")
_INITIALS = regex.compile(r"\b(?:\p{L}\.){2,}\s*\Z")
_ENDING = 12
_DIVIDED = regex.compile(r"([\p{L}\p{M}]+)[-‐\u00ad]\Z")
_COMPOUND = regex.compile(r"\p{L}[-‐]\p{L}{1,3}[-‐\u00ad]\Z")  # ``Analyst-in-``: its last word is too short
_HYPHENS = ("-", "‐", "\u00ad")
_CONTINUES = regex.compile(r"\A[\p{Ll}\p{Lo}][\p{L}\p{M}]*")
_WORD = regex.compile(r"[\p{L}\p{M}]+(?:[-‐][\p{L}\p{M}]+)*")
# A lone *o* may be a bullet that a word processor has set in another font.
_SMALL = regex.compile(r"(?!o\s)[\"'“‘(]?\p{Ll}[\p{L}\p{M}'’-]*(?:\.\p{L}+)*[\"'”’).,:;]*(?=\s|\Z)")


def known_words(lines: Iterable[str]) -> frozenset[str]:
    """In lower case, without divided ones: they show whether a hyphen divides a word."""
    texts: list[str] = []
    is_divided = False
    for line in lines:
        text = line.strip()
        text = _CONTINUES.sub("", text, count=1) if is_divided else text
        found = divided(text)
        is_divided = found is not None
        texts.append(text.removesuffix(found[0]) if found else text)
    words = {word.casefold() for word in set(_WORD.findall("\n".join(texts)))}
    return frozenset(words.union(*(word.split("-") for word in words if "-" in word)))


def divided(text: str) -> regex.Match[str] | None:
    """For example *exam* in *for exam-*."""
    return _DIVIDED.search(text[text.rfind(" ") + 1 :]) if text.endswith(_HYPHENS) else None


def is_one_word(line: str, following: str, known: frozenset[str]) -> bool:
    """Whether the hyphen at the end of ``line`` divides a word, and is not that of a compound."""
    end, start = divided(line), _CONTINUES.match(following)
    return (
        end is not None
        and start is not None
        and not _is_compound(end[1].casefold(), start[0].casefold(), known)
        and not _COMPOUND.search(line)
    )


def _is_compound(first: str, second: str, known: frozenset[str]) -> bool:
    """As in *long-term*: the document's words decide."""
    if len(first) == 1:
        return True
    if f"{first}{second}" in known:
        return False
    return f"{first}-{second}" in known or (min(len(first), len(second)) > 2 and {first, second} <= known)


def ends_sentence(text: str, following: str = "") -> bool:
    """Initials, as in "the U.K.", end no sentence if ``following`` begins in lower case."""
    end = text[-_ENDING:]
    if following.lstrip()[:1].islower() and _INITIALS.search(end):
        return False
    return _SENTENCE_END.search(end) is not None


def begins_item(text: str) -> bool:
    return begins_marked(text) or DASH.match(text) is not None


def begins_marked(text: str) -> bool:
    """With a bullet, a letter or a number; a dash may also be one of a sentence."""
    return _ITEM.match(text) is not None


def goes_on(line: str, following: str) -> bool:
    """``line`` ends no sentence, and ``following`` begins with a small word, or with the rest of one."""
    text, start = line.rstrip(), following.lstrip()
    if ends_sentence(text, start) or begins_item(start):
        return False
    return begins_small(start) or (divided(text) is not None and start[:1].isalpha())


def begins_small(text: str) -> bool:
    return _SMALL.match(text) is not None
