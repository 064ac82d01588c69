"""Checks small words of a sentence against its evidence: *all*, *only*, *because*, *before*, *until*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import regex

from rag.figures.dates import dates
from rag.verification.evidence import Evidence, Finding, Statement, language_in
from rag.verification.grammar.sequence import orders, straight
from rag.verification.words.words import content, cues_in, shares, stems

BOTH_SIDES = 0.5
"""The least share of the words on each side of *because* that one quote must have."""


@dataclass(frozen=True, slots=True)
class _Class:
    """Words that qualify a sentence in one way.

    Attributes:
        name: the name of the class, such as ``all``.
        cues: a regular expression for the words, by language.
        also: a regular expression for other words by which the evidence may say the same, by language.
        against: the name of the class with the opposite meaning; "" without one.
    """

    name: str
    cues: Mapping[str, str]
    also: Mapping[str, str]
    against: str = ""


_CLASSES = (
    _Class("all", {
        "en": r"all(?! but| over| time)|every|each|entire(?:ly)?|whole|complete(?:ly)?(?! d)|fully|always"
        r"|wholly"
              r"|everyone|solely|exclusively",
        "vi": "tất cả|toàn bộ|mọi|mỗi|hoàn toàn", "id": "semua|seluruh(?:nya)?|setiap|sepenuhnya",
        "zh": "全部|所有|全体|完全|一切|每[个名家艘人]|都(?!市)",
    }, {"en": "both|any|total|per|only|an?(?= (?:tonne|year|month|day|week|hour|head))|full|annual(?:ly)?"
    "|yearly|daily|weekly|monthly"
              "|no|none|general(?:ly)?|100", "zh": "全|每|均|各"}, "some"),
    _Class("some", {
        "en": r"some(?! \d)|several|certain|a few|half|many|most(?! of the time)|part of|a quarter|a third"
        r"|partly"
              r"|partial(?:ly)?|mostly|mainly|largely|in part",
        "vi": "một số|một phần|nhiều|hầu hết|vài", "id": "sebagian|beberapa|banyak|separuh",
        "zh": "部分|一些|有些|许多|大多数|多数",
    }, {}),
    _Class("most", {
        "en": r"(?<!at )most(?! \p{L}+(?:ed|ive|ant|ent|ous|ful|al|ic)\b)|majority|mostly|mainly|largely"
        r"|primarily|chiefly"
              r"|predominantly|more than half",
        "vi": "hầu hết|đa số|phần lớn|chủ yếu", "id": "sebagian besar|mayoritas|kebanyakan|terutama",
        "zh": "大多数|大部分|多数|主要",
    }, {"en": r"principal(?:ly)?|main|generally|usually|almost all|nearly all|typically|(?:5[1-9]"
    r"|[6-9]\d)(?:\.\d+)? ?(?:percent|per cent|%)"}),
    _Class("only", {
        "en": r"only|solely|exclusively|merely|alone",
        "vi": "chỉ|duy nhất", "id": "hanya|cuma|satu-satunya", "zh": "只(?!有)|仅|唯一|只有",
    }, {"en": "just|unique(?:ly)?|single|sole|no other|unless|none|but(?= for)|limited|mere"}),
    _Class("because", {
        "en": r"because|due to|owing to|as a result|caused by|thanks to|led to|resulted in|result of"
        r"|attributed to|so that",
        "vi": "bởi vì|vì|nhờ|do(?= (?:thiếu|mưa|hạn|lũ|bão|chi|giá|nhu))", "id": "karena|akibat|disebabkan",
        "zh": "因为|由于|导致|造成|因(?!此)",
    }, {"en": r"caus\p{L}+|since|as|so|helped|aided|driven|driving|for|lead(?:s|ing)?|results?|resulting"
    r"|therefore|blam\p{L}+|thus|through"
              r"|following|over|with|reason\p{L}*|from|contribut\p{L}+|cited|citing|why|prompt\p{L}*"
              r"|forc\p{L}+|after|made|by",
        "vi": "do|bởi|gây|khiến|nên|dẫn đến", "id": "oleh|menyebabkan|sehingga|mengakibatkan|memicu|sebab",
        "zh": "因|致|使|引发|所以|令|认定|罪|判"}, "despite"),
    _Class("despite", {
        "en": r"despite|although|though|in spite of|notwithstanding|regardless",
        "vi": "mặc dù|bất chấp|dù", "id": "meskipun|walaupun|meski|kendati", "zh": "尽管|虽然|虽|即使",
    }, {"en": "but|however|yet|while|still|even|whereas|nevertheless", "vi": "nhưng|tuy|song",
    "id": "tetapi|namun|tapi",
        "zh": "但|却|仍|然而"}, "because"),
    _Class("before", {
        "en": r"before|prior to|ahead of|until|till", "vi": "trước(?! đ)|cho đến khi",
        "id": "sebelum|hingga|sampai",
        "zh": "之前|以前|前(?![\\p{Han}]{0,3}[长员官]|所|来|往|线|景|总|任)|直到",
    }, {"en": r"earlier|preced\p{L}+|previous(?:ly)?|up to|by|to|through|then|later|unless|first|as late as",
        "vi": "đến", "zh": "前|先|至|到"}, "after"),
    _Class("after", {
        "en": r"after|following|since|once", "vi": "sau(?! đ)|kể từ|từ khi",
        "id": "setelah|sesudah|sejak|usai|pasca",
        "zh": "之后|以后|以来|后(?!果|备|勤)|自(?=\\p{N})",
    }, {"en": r"later|subsequent(?:ly)?|when|from|then|because|as|upon|starting|beginning|began|start\p{L}*"
    r"|next|in response",
        "vi": "từ|khi", "id": "ketika|dari|mulai|karena", "zh": "后|自|从|当|随"}, "before"),
    _Class("until", {"en": "until|till", "vi": "cho đến|cho tới", "id": "hingga|sampai", "zh": "直到|至"},
           {"en": r"up to|to|by|through|before|end(?:s|ed|ing)?|last(?:s|ed|ing)?|stop\p{L}*|unless",
           "vi": "đến|tới|hết", "id": "sd|sebelum",
            "zh": "到|前"}),
    _Class("since", {"en": r"since", "vi": "kể từ", "id": "sejak", "zh": "以来|自从"},
           {"en": "from|after|starting|beginning|as|because|following|began|ever|first|began",
           "vi": "từ|sau", "id": "dari|mulai|setelah",
            "zh": "自|从"}),
)  # fmt: skip
_FATAL = frozenset(["all", "because", "despite", "before", "after"])
_UNDER_SOME = regex.compile(
    r"\b(?P<cue>some|several|certain|a few|many|most|half|part|parts|một số|hầu hết|sebagian besar"
    r"|sebagian|beberapa)"
    r"(?:\s(?:of|the|these|those|its|their|our|các))*\s(?P<head>[\p{L}'’-]+)",
    regex.IGNORECASE,
)
_COUNTED = regex.compile(
    r"\b(?P<cue>all|every|each|both|some|several|certain|few|many|most|half|no|none|tất cả|mọi|một số"
    r"|hầu hết|nhiều|semua|seluruh"
    r"|sebagian besar|sebagian|beberapa|banyak)(?:\s(?:of|the|these|those|its|their|our"
    r"|các))*\s(?P<head>[\p{L}'’-]+)",
    regex.IGNORECASE,
)
_WHOLE = {"every": "all", "each": "all", "both": "all", "mọi": "tất cả", "seluruh": "semua",
"several": "some",
          "certain": "some", "none": "no", "beberapa": "sebagian"}  # fmt: skip
_GENTLE = frozenset(
    ["one", "other", "time", "way", "case", "and", "in", "or", "famously", "likely", "recently", "often"]
)


def qualifiers(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that the evidence also has each small word of the statement that carries meaning.

    Such a word widens (*all*), narrows (*only*), orders (*before*) or explains (*because*).
    """
    language = statement.language
    cited = [item.quote for item in evidence if language_in(item) == language]
    if not cited or language not in _CLASSES[0].cues:
        return Finding("qualifiers", 1.0)
    its = " ".join(cited)
    for each in _CLASSES:
        if each.name == "some":
            continue
        match = _cue(each, statement)
        if match is None or _says(each, its, language):
            continue
        against = next((other for other in _CLASSES if other.name == each.against), None)
        opposite = cues_in(language, against.cues[language]).search(its) if against else None
        if opposite is not None and _is_turned(statement, match, its):
            continue
        if opposite is not None and each.name in _FATAL:
            reason = f"it says “{match[0]}” where the cited sentence says “{opposite[0]}”"
            return Finding("qualifiers", 0.0, reason)
        return Finding("qualifiers", 0.5, f"the cited sentence does not say “{match[0]}”", fatal=False)
    lost = _recounted(statement, cited) or _lost_share(statement, cited) or _joined_cause(statement, cited)
    return Finding("qualifiers", 0.5, lost, fatal=False) if lost else Finding("qualifiers", 1.0)


def _cue(each: _Class, statement: Statement) -> regex.Match[str] | None:
    """Return the first word of a class in the statement.

    Words in a date, such as *the year before*, do not count.
    """
    taken = [moment.span for moment in dates(statement.text, statement.language)]
    found = cues_in(statement.language, each.cues[statement.language]).finditer(statement.text)
    return next((match for match in found if not any(s.start <= match.start() < s.end for s in taken)), None)


def _says(each: _Class, its: str, language: str) -> bool:
    cues = f"{each.cues[language]}|{each.also[language]}" if language in each.also else each.cues[language]
    if each.name not in {"all", "despite", "because", "before", "after"} or not each.against:
        return cues_in(language, cues).search(its) is not None
    if cues_in(language, each.cues[language]).search(its):
        return True
    # The other words (``also``) count only if the evidence has no word of the opposite class.
    against = next(other for other in _CLASSES if other.name == each.against)
    return (
        cues_in(language, cues).search(its) is not None
        and cues_in(language, against.cues[language]).search(its) is None
    )


def _is_turned(statement: Statement, match: regex.Match[str], its: str) -> bool:
    """Tell if the statement says *B before A* and the evidence *A after B*, which is the same order."""
    if not regex.match(r"before|after|sebelum|setelah|trước|sau|之|前|后", match[0], regex.IGNORECASE):
        return False
    there = list(orders(its, statement.language))
    return any(straight(own, other) for own in orders(statement.text, statement.language) for other in there)


def _counts(text: str, language: str) -> dict[str, set[str]]:
    """Return the quantifiers (*all*, *some*) that a text has before each word, by the stem of the word."""
    found: dict[str, set[str]] = {}
    for match in _COUNTED.finditer(text):
        for head in content(match["head"], language):
            cue = match["cue"].lower()
            found.setdefault(head.stem, set()).add(_WHOLE.get(cue, cue))
    return found


def _recounted(statement: Statement, cited: Sequence[str]) -> str | None:
    """Return the reason if statement and evidence qualify the same word differently, else None.

    For example, the evidence says *some schools*, and the statement *all schools*.
    """
    its = _counts(" . ".join(cited), statement.language)
    for head, cues in _counts(statement.text, statement.language).items():
        if head in its and not cues & its[head]:
            return f"the cited sentence says it of “{min(its[head])}”, not of “{min(cues)}”"
    return None


def _lost_share(statement: Statement, cited: Sequence[str]) -> str | None:
    """Return the reason if the statement drops a word such as *some* or *most*, else None.

    For example, the evidence says *some schools closed*, and the statement *schools closed*.
    """
    language = statement.language
    some = next(each for each in _CLASSES if each.name == "some")
    if cues_in(language, some.cues[language]).search(statement.text) or regex.search(
        r"\b(?:not|no|all|any|a number|other|various|multiple|often|usually|generally)\b",
        statement.text,
        regex.IGNORECASE,
    ):
        return None
    held = stems(statement.text, language)
    for text in cited:
        for match in _UNDER_SOME.finditer(text):
            heads = content(match["head"], language)
            if match["head"].lower() in _GENTLE:
                continue
            if heads and shares(heads[0].stem, held):
                return f"the cited sentence says it of “{match[0]}” only"
    return None


def _joined_cause(statement: Statement, cited: Sequence[str]) -> str | None:
    """Return the reason if *because* joins two things in the statement that no quote joins, else None."""
    language = statement.language
    because = next(each for each in _CLASSES if each.name == "because")
    match = cues_in(language, because.cues[language]).search(statement.text)
    if match is None or len(cited) < 2:
        return None
    words = content(statement.text, language)
    before = [word.stem for word in words if word.end <= match.start()]
    after = [word.stem for word in words if word.start >= match.end()]
    held = [stems(text, language) for text in cited]
    for text, its in zip(cited, held, strict=True):
        sides = [sum(shares(word, its) for word in side) / len(side) for side in (before, after) if side]
        if min(sides, default=1.0) >= BOTH_SIDES:
            return None
        if cues_in(language, because.cues[language]).search(text) and regex.match(
            r"\W*(?:this|that|these|as a result|因此|这|hal ini|điều này)", text, regex.IGNORECASE
        ):
            return None
    return f"no cited sentence joins what “{match[0]}” joins"
