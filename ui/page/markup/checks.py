"""The markup below an answer: doubtful and dropped sentences, disagreements, and who wrote the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from babel.numbers import format_decimal

from rag.answers import Answer, Disagreement, StatedFigure
from rag.engine import STAGES
from rag.verdicts import DOUBTFUL, Verdict
from rag.writing import QUOTED
from ui.page.locales import Locale
from ui.page.markup.sources import mark_markup
from ui.page.markup.text import escape, quoted_markup, source_date, string_markup

VERDICT_KEYS: Mapping[Verdict, str] = {
    "quoted": "verdict.quoted",
    "supported": "verdict.supported",
    "paraphrased": "verdict.paraphrased",
    "unsupported": "verdict.unsupported",
}
"""The key of each verdict's label in the interface's strings."""

_LEFT_OUT = "verdict.leftOut"

_HEADINGS = ("disagreement.figure", "disagreement.source", "disagreement.date")


def checks_markup(answer: Answer, locale: Locale) -> str:
    """Return the markup of a collapsed list of the doubtful and dropped sentences; empty if there are none.

    Each sentence is followed by the reason why it is doubtful or was dropped.
    """
    if not answer.dropped and all(sentence.verdict not in DOUBTFUL for sentence in answer.sentences):
        return ""
    counts = Counter(sentence.verdict for sentence in answer.sentences)
    found = [(counts[verdict], key) for verdict, key in VERDICT_KEYS.items()]
    parts = [
        locale.text("checks.count", number=number, verdict=locale.text(key))
        for number, key in (*found, (len(answer.dropped), _LEFT_OUT))
        if number
    ]
    doubts = [
        _doubt(
            answer.text[sentence.start : sentence.end],
            VERDICT_KEYS[sentence.verdict],
            sentence.reason,
            locale,
        )
        for sentence in answer.sentences
        if sentence.verdict in DOUBTFUL
    ]
    doubts += [_doubt(dropped.text, _LEFT_OUT, dropped.reason, locale) for dropped in answer.dropped]
    summary = escape(locale.text("checks.summary", counts=locale.text("list.comma").join(parts)))
    return f'<details class="fn-checks"><summary>{summary}</summary><ul>{"".join(doubts)}</ul></details>'


def made_markup(answer: Answer, locale: Locale) -> str:
    """Return a line that names the model that wrote an answer, and the seconds and tokens that this took.

    The line is empty if no model wrote the answer.
    """
    if answer.model == QUOTED:
        return ""
    seconds = sum(answer.timings.get(stage, 0.0) for stage in STAGES) / 1000
    tokens = sum(int(answer.timings.get(name, 0)) for name in ("prompt_tokens", "completion_tokens"))
    shown = format_decimal(round(seconds, 1), locale=locale.language)
    facts = [
        string_markup(locale, "made.by", name=escape(answer.model)),
        string_markup(locale, "made.seconds", number=escape(shown)),
        *([string_markup(locale, "made.tokens", tokens)] if tokens else []),
    ]
    spans = " ".join(f"<span>{fact}</span>" for fact in facts)
    return f'<p class="fn-made"><span class="fn-facts">{spans}</span></p>'


def disagreements_markup(answer: Answer, locale: Locale) -> str:
    """Return a table for each disagreement between the sources; its first row has the newest figure."""
    marks = {cited.id: mark_markup(cited, locale) for cited in answer.citations}
    return "".join(_disagreement(disagreement, marks, locale) for disagreement in answer.disagreements)


def _doubt(sentence: str, verdict: str, reason: str | None, locale: Locale) -> str:
    why = locale.text(verdict)
    if reason:
        why = locale.text("checks.doubt", verdict=why, reason=reason)
    return f'<li><q>{quoted_markup(sentence)}</q> <span class="fn-why">{escape(why)}</span></li>'


def _disagreement(disagreement: Disagreement, marks: Mapping[int, str], locale: Locale) -> str:
    rows = "".join(_rows(disagreement.figures, marks, locale))
    headings = "".join(f'<th scope="col">{escape(locale.text(key))}</th>' for key in _HEADINGS)
    about = escape(locale.text("disagreement.about", about=disagreement.about))
    return (
        f'<table class="fn-disagreement"><caption>{about}</caption>'
        f"<thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _rows(figures: Iterable[StatedFigure], marks: Mapping[int, str], locale: Locale) -> Iterator[str]:
    for figure in figures:
        source = " · ".join(filter(None, [figure.title, figure.publisher]))
        date = source_date(locale, figure.published)
        if figure.superseded:
            date = locale.text("disagreement.superseded", date=date)
        yield (
            f"<tr><td>{escape(figure.value)}{marks.get(figure.citation, '')}</td><td>{escape(source)}</td>"
            f"<td>{escape(date)}</td></tr>"
        )
