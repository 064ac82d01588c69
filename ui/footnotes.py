"""Footnotes as plain text, below an answer, and an answer without them."""

from __future__ import annotations

from collections.abc import Iterable

import regex

from rag.answers import Citation, Verdict
from ui.dates import date_words
from ui.render import RECOGNISED

_LABELS: dict[Verdict, str] = {
    "supported": "",
    "partial": " (partly supported)",
    "unsupported": " (not supported)",
}

_FOOTNOTE = regex.compile(r"^\[\p{N}+\]: “.*$\n?", regex.MULTILINE)
_MARK = regex.compile(r"(?: \[\p{N}+\])+(?=\s|$)")


def label(verdict: Verdict) -> str:
    """What is said behind a sentence that its footnotes do not carry, or only in part."""
    return _LABELS[verdict]


def footnotes(citations: Iterable[Citation]) -> str:
    """A line for each footnote, by its number: the quote, and where it stands."""
    lines = {
        cited.id: f"[{cited.id}]: “{' '.join(cited.quote.split())}” — {_place(cited)}" for cited in citations
    }
    return "\n".join(lines[number] for number in sorted(lines))


def without_footnotes(text: str) -> str:
    """An answer as it was before its marks and footnotes were put to it."""
    words = _MARK.sub("", _FOOTNOTE.sub("", text))
    for said in filter(None, _LABELS.values()):
        words = words.replace(said, "")
    return words.strip()


def _place(cited: Citation) -> str:
    facts = [
        " ".join(cited.title.split()),
        cited.publisher or cited.author,
        date_words(cited.published),
        f"page {cited.page}" if cited.page is not None else None,
        RECOGNISED if cited.recognised else None,
        "superseded by a newer version" if cited.superseded_by is not None else None,
    ]
    return ", ".join(filter(None, facts))
