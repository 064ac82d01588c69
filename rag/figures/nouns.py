"""What a figure counts: the words right after it, or, where none follow, those that lead to it."""

from __future__ import annotations

import regex

from rag.word_lists import listed

_STOPS = listed("""
a about adalah after akan already also among an and are arrested as at be because been before being
between but by bị came can cho could các của dalam dan dari dengan di did died ditangkap do does during
each every fell fewer for from grew had has have he her his i if in ini injured into is it its itu just
karena ke ketika khi không killed left less là made may might more must mà nhưng những no not này of
oleh on only onto or our over pada para per rose saat said says sedang serta shall she should since so
still sudah sẽ telah than that the their then theo these they this those tidak to took trong tại tới từ
under until untuk và vào về với was we went were when where which while who whom will with would yang
your đang đã đó được đến để ở
lower higher below above larger smaller longer shorter older younger later earlier ago up down
""")
_SKIPPED = listed("""
additional all các của dari its lainnya more những of other para the their these those
""")
_WORD = regex.compile(r"[\p{L}\p{M}][\p{L}\p{M}’'-]*")
_GAP = regex.compile(r"[\s\u00a0]*")
_HAN_CLASSIFIERS = regex.compile(
    r"[多余]?(?:[名人个家座次栋辆条件起位户艘架套项所头间份批处支张幅只层]|以上|左右)?"
)
_HAN_NOUN = regex.compile(r"\p{Han}{1,6}")
_NUMBER_OF = regex.compile(
    r"\b(?:number|total|share|proportion"
    r"|count) of (?P<noun>(?:[\p{L}’'-]+\s){0,3}?[\p{L}’'-]+)\s(?:\p{L}+\s){1,3}?$"
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
