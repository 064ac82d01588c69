"""Footnotes as plain text, below an answer, and an answer without them."""

from __future__ import annotations

from collections.abc import Iterable

import regex

from rag.answers import Answer, Citation, StatedFigure, Verdict
from rag.wording import visible
from ui.naming import DOUBTS, RECOGNISED, dated, source_facts

_MARKUP = regex.compile(r"[\\`*_{}\[\]<>#|~!]")
"""What Markdown reads as more than words."""

_FOOTNOTE = regex.compile(r"^\[\p{N}+\]: .*“.*$\n?", regex.MULTILINE)
_BELOW = regex.compile(
    r"^(?:The sources give different figures: .*\n(?:- .*\n?)*|Understood as: .*\n?)\n*", regex.MULTILINE
)
_ESCAPED = regex.compile(r"\\([\\`*_{}\[\]<>#|~!])")
_MARK = regex.compile(r"(?: \[\p{N}+\])+(?=\s|$)")


def label(verdict: Verdict) -> str:
    """What is said behind a sentence that its footnotes do not carry, or only in part."""
    doubt = DOUBTS[verdict]
    return f" {doubt}" if doubt else ""


def safe(text: str) -> str:
    """Words of a document or a model on one line, without what a chat client would take for markup."""
    return _MARKUP.sub(r"\\\g<0>", visible(text))


def footnotes(citations: Iterable[Citation]) -> str:
    """A line for each footnote, by its number: the quote, and where it stands."""
    lines = {
        cited.id: f"[{cited.id}]: {_headed(cited)}“{safe(cited.quote)}” — {_place(cited)}"
        for cited in citations
    }
    return "\n".join(lines[number] for number in sorted(lines))


def differences(answer: Answer) -> str:
    """What sources give different figures for: a line each, the newest first."""
    lines: list[str] = []
    for disagreement in answer.disagreements:
        lines.append(f"The sources give different figures: {safe(disagreement.about)}")
        lines += [
            f"- {safe(figure.value)} [{figure.citation}], {_dated(figure)}" for figure in disagreement.figures
        ]
    return "\n".join(lines)


def without_footnotes(text: str) -> str:
    """An answer as it was before its marks and footnotes were put to it."""
    words = _MARK.sub("", _BELOW.sub("", _FOOTNOTE.sub("", text)))
    for verdict in DOUBTS:
        words = words.replace(label(verdict), "")
    return _ESCAPED.sub(r"\1", words).strip()


def _headed(cited: Citation) -> str:
    """For a table's row, what its cells stand under."""
    return f"{safe(cited.headings)}: " if cited.headings else ""


def _dated(figure: StatedFigure) -> str:
    superseded = ", superseded by a newer version" if figure.superseded else ""
    return f"{safe(figure.title)}, {safe(dated(figure.published))}{superseded}"


def _place(cited: Citation) -> str:
    facts = [cited.title, *source_facts(cited.publisher, cited.author, cited.published, cited.page)]
    facts += [RECOGNISED] if cited.recognised else []
    facts += ["superseded by a newer version"] if cited.superseded_by is not None else []
    return ", ".join(filter(None, map(safe, facts)))
