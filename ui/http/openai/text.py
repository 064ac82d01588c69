"""An answer as text for chat clients: sentences with footnote marks, and the footnotes below them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import regex

from rag.answers import Answer, Citation, StatedFigure
from rag.verdicts import Verdict
from rag.visible_text import readable
from ui.words import DOUBTS, RECOGNISED, date_or_undated, doubt_after, source_facts

_MARKUP = regex.compile(r"[\\`*_{}\[\]<>#|~!]")
"""Characters that can be Markdown."""

_JOINER = "\N{WORD JOINER}"
"""An invisible character that parts an address. Many clients make links of bare addresses, some of them after
they have resolved the escapes of Markdown, so that an escape alone does not help."""

_ADDRESS = regex.compile(r"(?<=/)(?=/)|(?=@)")
"""The places at which an address is parted: after the scheme, and before the sign of an e-mail address."""

_HOST = regex.compile(r"(?<=[\p{L}\p{N}_-])\.(?=\p{L}{2})|(?<=www)\.", regex.IGNORECASE)
"""The dots in the name of a host; other clients take a joiner for a part of the name."""

_FOOTNOTE = regex.compile(r"^\[\p{N}+\]: .*“.*$\n?", regex.MULTILINE)
_BELOW = regex.compile(
    r"^(?:The sources give different figures: .*\n(?:- .*\n?)*|(?:Searched for|Understood as): .*\n?)\n*",
    regex.MULTILINE,
)
_ESCAPED = regex.compile(r"\\([\\`*_{}\[\]<>#|~!.])")
_MARK = regex.compile(r"(?: \[\p{N}+\])+(?=\s|$)")


def text_of(answer: Answer) -> str:
    """Return an answer as text: sentences with footnote marks, then the part that :func:`below` returns."""
    return "".join(text for text, _ in pieces(answer))


def pieces(answer: Answer) -> Iterator[tuple[str, Citation | None]]:
    """Yield each part of an answer's text, with its citation if it is a footnote mark, else with None."""
    end = 0
    for each in answer.sentences:
        yield sentence(answer.text[end : each.end], each.verdict), None
        yield from ((mark(cited), cited) for cited in answer.cited_by(each))
        end = each.end
    yield escaped(answer.text[end:]) + below(answer), None


def sentence(text: str, verdict: Verdict | None) -> str:
    """Return a sentence with its leading white space, and a label if its sources do not fully support it."""
    gap = text[: len(text) - len(text.lstrip())]
    return gap + escaped(text) + doubt_after(verdict)


def escaped(text: str) -> str:
    """Return text of a document or a model on one line, so that Markdown shows it and makes no link of it."""
    words = _MARKUP.sub(r"\\\g<0>", readable(text))
    return _HOST.sub(rf"{_JOINER}\\.", _ADDRESS.sub(_JOINER, words))


def footnotes(citations: Iterable[Citation]) -> str:
    """Return the footnotes in the order of their numbers, one line each: the quote and its source."""
    lines = {
        cited.id: f"[{cited.id}]: {_headings(cited)}“{escaped(cited.quote)}” — {_source(cited)}"
        for cited in citations
    }
    return "\n".join(lines[number] for number in sorted(lines))


def differences(answer: Answer) -> str:
    """Return a line for each disagreement of sources, followed by a line for each of its figures."""
    lines: list[str] = []
    for disagreement in answer.disagreements:
        lines.append(f"The sources give different figures: {escaped(disagreement.about)}")
        lines += [
            f"- {escaped(figure.value)} [{figure.citation}], {_figure_source(figure)}"
            for figure in disagreement.figures
        ]
    return "\n".join(lines)


def without_footnotes(text: str) -> str:
    """Return the plain text of an answer that :func:`text_of` wrote, without marks, footnotes and labels."""
    words = _MARK.sub("", _BELOW.sub("", _FOOTNOTE.sub("", text)))
    for verdict in DOUBTS:
        words = words.replace(doubt_after(verdict), "")
    return _ESCAPED.sub(r"\1", words).replace(_JOINER, "").strip()


def _headings(cited: Citation) -> str:
    """Return the headings above a cited table row, with a colon; empty for other citations."""
    return f"{escaped(cited.headings)}: " if cited.headings else ""


def _figure_source(figure: StatedFigure) -> str:
    superseded = ", superseded by a newer version" if figure.superseded else ""
    return f"{escaped(figure.title)}, {escaped(date_or_undated(figure.published))}{superseded}"


def _source(cited: Citation) -> str:
    facts = [cited.title, *source_facts(cited.publisher, cited.author, cited.published, cited.page)]
    facts += [RECOGNISED] if cited.recognised else []
    facts += ["superseded by a newer version"] if cited.superseded_by is not None else []
    return ", ".join(filter(None, map(escaped, facts)))


def mark(cited: Citation) -> str:
    """Return the mark of a footnote, with a space before it."""
    return f" [{cited.id}]"


def below(answer: Answer) -> str:
    """Return the part of an answer below its sentences; empty if there is none.

    The part has the disagreements of sources, the question with its spelling corrected, the follow-up as it
    was reworded, the answer's caveat, and the footnotes.
    """
    corrected = f"Searched for: {escaped(answer.searched_for)}" if answer.searched_for else ""
    understood = f"Understood as: {escaped(answer.standalone)}" if answer.standalone else ""
    note = escaped(answer.note) if answer.note else ""
    parts = [differences(answer), corrected, understood, note, footnotes(answer.citations)]
    return "".join(f"\n\n{part}" for part in parts if part)
