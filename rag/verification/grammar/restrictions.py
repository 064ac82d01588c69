"""Checks that a sentence keeps the words by which its evidence restricts things, dates and changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from rag.verification.evidence import Evidence, Finding, Statement, alike
from rag.verification.words.phrases import said_otherwise
from rag.verification.words.words import content, shares, stems

_NARROWING = (
    r"new|former|deputy|acting|vice|proposed|draft|planned|attempted|alleged|suspected|potential"
    r"|preliminary|partial"
    r"|interim|temporary|adult|rural|urban|young|older|elderly|female|male|foreign|domestic|unpaid|registered"
    r"|unregistered|private|public|state-owned|small|large|low-income|first-time|non-\p{L}+|so-called"
    r"|would-be"
)
_NARROWED = regex.compile(rf"(?<!\p{{L}})(?P<how>{_NARROWING})\s(?P<what>\p{{Ll}}[\p{{L}}'’-]+)")
_OF = regex.compile(
    r"(?:percent|per cent|%|half|third|quarter|all|most|some|number|share|proportion|majority)\s(?:of"
    r"|among)\s(?:the\s|all\s)?"
    r"(?P<how>\p{Ll}[\p{L}-]+)\s(?P<what>\p{Ll}[\p{L}'’-]+)",
    regex.IGNORECASE,
)
_CHANGED = regex.compile(
    r"\b(?!total|overall|net|average|annual|monthly|the|its|their|by"
    r"|to)(?P<how>\p{Ll}{4,})\s(?P<what>\p{Ll}{3,})\s"
    r"(?:(?:had|has|have)\s)?(?:(?:rose|risen|fell|fallen|grew|grown|increased|decreased|dropped"
    r"|declined)\s)?(?:by|to|from)\s"
    r"[^\p{L}]{0,4}\p{N}"
)
_LIMITED = regex.compile(
    r"\b(?P<what>\p{Ll}+s|children|people|women|men|every(?:one|body)|anyone|those)\s"
    r"(?:aged |who are |of )?(?P<how>(?:over|under"
    r"|above|below|between"
    r"|aged|older than|younger than|longer than|shorter than|larger than|smaller than|heavier than"
    r"|more than|less than"
    r"|fewer than)\s(?:the age of\s)?\p{N}[\p{N}.,]*)"
)
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|januari|februari"
    "|maret|mei"
    "|juni|juli|agustus|oktober|desember"
)
_WHEN = {
    "en": r"(?P<how>since|until|till|before|after|from|by|in|on|during|through|to)\s(?:early\s|late\s|mid-"
    r"|the\s|about\s)?",
    "id": r"(?P<how>sejak|sampai|hingga|sebelum|setelah|pada|dari|selama)\s(?:bulan\s|tanggal\s|tahun\s"
    r"|awal\s|akhir\s)*",
    "vi": r"(?P<how>kể từ|từ|trước|sau|đến|vào|trong)\s(?:ngày\s|đầu\s|cuối\s|năm\s)*",
}
_LIKE = {
    "since": "since", "from": "since", "after": "after", "until": "until", "till": "until", "to": "until",
    "through": "until", "by": "before", "before": "before", "sejak": "since", "dari": "since",
    "sampai": "until",
    "hingga": "until", "sebelum": "before", "setelah": "after", "kể từ": "since", "từ": "since",
    "trước": "before",
    "sau": "after", "đến": "until",
}  # fmt: skip
_DATE = (
    rf"(?P<date>(?:\p{{N}}{{1,2}}(?:st|nd|rd|th)?\s)?(?:{_MONTHS}|tháng\s\p{{N}}+"
    r"|(?:1[5-9]|20)\p{N}\p{N}(?!\p{N})))"
)
_UP_DOWN = regex.compile(
    r"\b(?P<how>up|down|naik|turun|tăng|giảm)\s(?:from|by|dari|từ"
    r"|so với)?\s?[^\p{L}]{0,3}(?P<figure>\p{N}+(?:[.,]\p{N}+)*)",
    regex.IGNORECASE,
)
_FROM_TO = regex.compile(
    r"\b(?:from|dari|từ|between)\s[^\p{N}]{0,25}?(?P<one>\p{N}+(?:[.,]\p{N}+)*)[^.;]{0,30}?\b(?:to"
    r"|menjadi|ke|lên|xuống|đến|and)\s"
    r"[^\p{N}]{0,25}?(?P<other>\p{N}+(?:[.,]\p{N}+)*)",
    regex.IGNORECASE,
)
_BY_HOW_MUCH = regex.compile(
    r"(?P<figure>\p{N}+(?:[.,]\p{N}+)*)\s?(?:percent|per cent|%|times|points|persen|phần trăm|\p{L}+)?\s?"
    r"(?:(?P<up>more|higher|larger|above|faster|longer|nhiều hơn|cao hơn|lebih banyak|lebih tinggi)"
    r"|(?P<down>fewer|less|lower|smaller|below|slower|shorter|ít hơn|thấp hơn|lebih sedikit|lebih rendah))\b",
    regex.IGNORECASE,
)
_FIGURE = regex.compile(r"\p{N}+(?:[.,]\p{N}+)*")
_YEAR = regex.compile(r"\b(?:19|20)\p{N}\p{N}\b")


def restrictions(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that the statement keeps the restrictions of its evidence.

    They are adjectives such as *new* in *new members*, the *since* or *until* of a date, the direction of a
    change, and the column of a table's figure.
    """
    cited = alike(statement, evidence)
    texts = [item.quote for item in cited]
    for grave, found in (
        (True, _turned(statement, texts)),
        (True, _other_column(statement, cited)),
        (False, _widened(statement, texts)),
        (False, _redated(statement, texts)),
    ):
        reason = next(found, None)
        if reason is not None:
            return Finding("restrictions", 0.0 if grave else 0.5, reason, fatal=grave)
    return Finding("restrictions", 1.0)


def _widened(statement: Statement, texts: Sequence[str]) -> Iterator[str]:
    """Yield the reason for each restriction that the statement drops.

    For example, the evidence says *new members*, and the statement *members*.
    """
    if statement.language != "en":
        return
    lowered = statement.text.lower()
    held = stems(statement.text, "en")
    plain = {word.stem for text in texts for word in content(_NARROWED.sub(" ", text), "en")}
    for text in texts:
        for match in [*_NARROWED.finditer(text), *_OF.finditer(text), *_CHANGED.finditer(text)]:
            what, how = content(match["what"], "en"), content(match["how"], "en")
            if not what or not how or not shares(what[0].stem, held) or shares(how[0].stem, held):
                continue
            elsewhere = match.re is _NARROWED and what[0].stem in plain
            otherwise = said_otherwise(match["how"], statement.text, "en")
            if match["how"].lower() not in lowered and not elsewhere and not otherwise:
                yield f"the cited sentence says it of “{match['how']} {match['what']}” only"
        for match in _LIMITED.finditer(text):
            what = content(match["what"], "en")
            figure = _FIGURE.search(match["how"])
            kept = figure is not None and figure[0] in statement.text
            if what and shares(what[0].stem, held) and not kept:
                yield f"the cited sentence says it of “{match['what']} {match['how']}” only"


def _redated(statement: Statement, texts: Sequence[str]) -> Iterator[str]:
    """Yield the reason if a date has another preposition in the evidence (*until* instead of *since*)."""
    if statement.language not in _WHEN:
        return
    pattern = regex.compile(rf"\b{_WHEN[statement.language]}{_DATE}", regex.IGNORECASE)
    its: dict[str, set[str]] = {}
    for text in texts:
        for match in pattern.finditer(text):
            its.setdefault(match["date"].lower(), set()).add(_LIKE.get(match["how"].lower(), "in"))
    for match in pattern.finditer(statement.text):
        own, there = _LIKE.get(match["how"].lower(), "in"), its.get(match["date"].lower())
        if there and own not in there:
            yield f"the cited sentence does not say “{match[0]}”"


def _turned(statement: Statement, texts: Sequence[str]) -> Iterator[str]:
    """Yield the reason for each change whose direction the statement reverses.

    For example, *up from 9* reverses *down from 9*, and *from 9 to 5* reverses *from 5 to 9*.
    """
    for own in _UP_DOWN.finditer(statement.text):
        its = {
            match["how"].lower()
            for text in texts
            for match in _UP_DOWN.finditer(text)
            if match["figure"] == own["figure"]
        }
        if its and own["how"].lower() not in its:
            yield f"it says “{own['how']}” where the cited sentence says “{min(its)}”"
    for own in _BY_HOW_MUCH.finditer(statement.text):
        ways = {
            bool(match["up"])
            for text in texts
            for match in _BY_HOW_MUCH.finditer(text)
            if match["figure"] == own["figure"]
        }
        if ways and bool(own["up"]) not in ways:
            yield f"it says “{own[0]}” where the cited sentence says the opposite"
    spans = {(match["one"], match["other"]) for text in texts for match in _FROM_TO.finditer(text)}
    for own in _FROM_TO.finditer(statement.text):
        one, other = own["one"], own["other"]
        if (other, one) in spans and (one, other) not in spans:
            yield "the cited sentence has these figures the other way round"


def _other_column(statement: Statement, cited: Sequence[Evidence]) -> Iterator[str]:
    """Yield the reason if the statement gives a figure of a table's row to the year of another column."""
    years = set(_YEAR.findall(statement.text))
    for item in cited:
        columns = list(dict.fromkeys(_YEAR.findall(item.context)))
        row = _FIGURE.findall(item.quote)
        if len(columns) < 2 or len(columns) != len(row) or len(years) != 1:
            continue
        said = [number for number, figure in enumerate(row) if figure in _FIGURE.findall(statement.text)]
        if len(said) == 1 and columns[said[0]] not in years and years <= set(columns):
            yield f"{row[said[0]]} stands under {columns[said[0]]}"
