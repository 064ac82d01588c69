"""What was checked of an answer, as markup: which sentences nothing carries, and where sources disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from rag.answers import Answer, Disagreement, StatedFigure
from ui.escaping import escape
from ui.naming import VERDICTS, dated
from ui.places import mark_markup

_HEADINGS = "".join(f'<th scope="col">{name}</th>' for name in ("Figure", "Source", "Date"))


def checks_markup(answer: Answer) -> str:
    """Folded up: which sentences are carried in part or not at all, and which were left out; and why."""
    if not answer.dropped and all(sentence.verdict == "supported" for sentence in answer.sentences):
        return ""
    counts = Counter(sentence.verdict for sentence in answer.sentences)
    said = [
        f"{counts[verdict]} {name}"
        for verdict, name in {**VERDICTS, "supported": "supported"}.items()
        if counts[verdict]
    ]
    said += [f"{len(answer.dropped)} left out"] if answer.dropped else []
    doubts = [
        _doubt(answer.text[sentence.start : sentence.end], VERDICTS[sentence.verdict], sentence.reason)
        for sentence in answer.sentences
        if sentence.verdict != "supported"
    ]
    doubts += [_doubt(dropped.text, "left out", dropped.reason) for dropped in answer.dropped]
    return (
        f'<details class="fn-checks"><summary>Sentences checked: {", ".join(said)}</summary>'
        f"<ul>{''.join(doubts)}</ul></details>"
    )


def disagreements_markup(answer: Answer) -> str:
    """What sources give different figures for: a table each, the newest first."""
    marks = {cited.id: mark_markup(cited) for cited in answer.citations}
    return "".join(_disagreement(disagreement, marks) for disagreement in answer.disagreements)


def _doubt(sentence: str, verdict: str, reason: str | None) -> str:
    why = f": {escape(reason)}" if reason else ""
    return f'<li><q>{escape(sentence)}</q> <span class="fn-why">{verdict}{why}</span></li>'


def _disagreement(disagreement: Disagreement, marks: Mapping[int, str]) -> str:
    rows = "".join(_rows(disagreement.figures, marks))
    about = escape(disagreement.about)
    return (
        '<table class="fn-disagreement">'
        f"<caption>The sources give different figures: {about}</caption>"
        f"<thead><tr>{_HEADINGS}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _rows(figures: Iterable[StatedFigure], marks: Mapping[int, str]) -> Iterator[str]:
    for figure in figures:
        source = " · ".join(filter(None, [figure.title, figure.publisher]))
        superseded = " (superseded)" if figure.superseded else ""
        yield (
            f"<tr><td>{escape(figure.value)}{marks.get(figure.citation, '')}</td><td>{escape(source)}</td>"
            f"<td>{escape(dated(figure.published))}{superseded}</td></tr>"
        )
