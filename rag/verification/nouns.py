"""What a figure counts: the words right after it, or, where none follow, those that lead to it."""

from __future__ import annotations

import regex

_STOPS = frozenset(
    # English
    "a an the of in on at by to from for with and or but as is are was were be been being has have had who whom "
    "that which were will would can could may might must shall should since until during after before between "
    "among into onto over under about than then when while where because if its their his her our your this "
    "these those it they he she we i not no more less fewer every each per so also only just still already "
    "said says did do does died killed arrested injured came went took made rose fell grew left "
    # Vietnamese
    "đến tới của trong tại ở và là đã đang sẽ bị được cho từ với theo khi vào về này đó các những do để mà nhưng không "
    # Indonesian
    "yang di ke dari dan pada untuk dengan oleh adalah telah sudah akan sedang ditangkap itu ini para tidak "
    "dalam karena saat ketika serta".split()
)
_SKIPPED = frozenset(
    ["of", "the", "its", "their", "all", "these", "those", "other", "more", "additional", "của", "các", "những", "dari", "para", "lainnya"]
)
_WORD = regex.compile(r"[\p{L}\p{M}][\p{L}\p{M}’'-]*")
_GAP = regex.compile(r"[\s\u00a0]*")
_HAN_CLASSIFIERS = regex.compile(
    r"[多余]?(?:[名人个家座次栋辆条件起位户艘架套项所头间份批处支张幅只层]|以上|左右)?"
)
_HAN_NOUN = regex.compile(r"\p{Han}{1,6}")
_NUMBER_OF = regex.compile(
    r"\b(?:number|total|share|proportion|count) of (?P<noun>(?:[\p{L}’'-]+\s){0,3}?[\p{L}’'-]+)\s(?:\p{L}+\s){1,3}?$"
    r"|(?P<label>[\p{L}’'() -]{2,40})(?::\s?|：)$"
    r"|\b(?:jumlah|số lượng|số) (?P<other>[\p{L}’'-]+(?:\s[\p{L}’'-]+)?)\s(?:\p{L}+\s){1,3}?$",
    regex.IGNORECASE,
)
MOST_WORDS = 5


def counted(text: str, place: int, language: str) -> str | None:
    """The words after ``text[:place]`` for what is counted, as written; None where none follow."""
    if language in {"zh", "ja"}:
        start = _HAN_CLASSIFIERS.match(text, place)
        found = _HAN_NOUN.match(text, start.end() if start else place)
        classifier = text[place : start.end()] if start else ""
        if found:
            return found[0]
        return "人" if "人" in classifier else None
    first = last = None
    words = 0
    while words < MOST_WORDS:
        gap = _GAP.match(text, place)
        start_at = gap.end() if gap else place
        match = _WORD.match(text, start_at)
        if match is None:
            break
        word = match[0].lower()
        if first is None and word in _SKIPPED:
            place = match.end()
            continue
        if word in _STOPS:
            break
        first = match.start() if first is None else first
        last, place, words = match.end(), match.end(), words + 1
    return text[first:last] if first is not None else None


def counted_before(text: str, place: int, language: str) -> str | None:
    """The words that lead to a figure as what it counts: *the number of X rose to*, *X:*."""
    if language in {"zh", "ja"}:
        return None
    match = _NUMBER_OF.search(text[max(0, place - 80) : place])
    if match is None:
        return None
    return next(group.strip() for group in match.groups() if group)
