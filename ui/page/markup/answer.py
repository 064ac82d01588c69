"""The markup of answers and questions in the chat, which Gradio shows as sanitised Markdown.

Text is escaped. A message is a single line that begins with a block tag, so that CommonMark reads it as one
HTML block and parses nothing inside (https://spec.commonmark.org/0.31.2/#html-blocks).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise
from typing import Literal

import babel
from babel.lists import format_list
from babel.numbers import format_decimal

from index.embedding import MULTILINGUAL_MODEL
from rag.answers import (
    COURTESIES,
    DOUBTFUL,
    VERDICTS,
    Answer,
    Cause,
    Citation,
    Comparison,
    Disagreement,
    Headline,
    Passage,
    Searched,
    StatedFigure,
    Verdict,
    repeated_row,
    stands_first,
)
from rag.conversations import Judgement
from rag.engine import STAGES
from rag.headlines import POINTS
from rag.writing import QUOTED
from ui.blocks import Block, blocks, row_cells
from ui.export import FORMATS
from ui.page.head import Locale
from ui.page.markup.tables import (
    badge_markup,
    by_source,
    cited_row,
    escape,
    facts_markup,
    localized_date,
    localized_page,
    mark_markup,
    quoted_markup,
    source_date,
    source_markup,
    source_target,
    string_markup,
    strip_markup,
    table_markup,
    title_link,
)
from ui.words import advice_for, alternative_words, compared_names, difference_words, excerpt

VERDICT_KEYS: Mapping[Verdict, str] = {
    "quoted": "verdict.quoted",
    "supported": "verdict.supported",
    "computed": "verdict.computed",
    "paraphrased": "verdict.paraphrased",
    "unsupported": "verdict.unsupported",
}

_LEFT_OUT = "verdict.leftOut"

_HEADINGS = ("disagreement.figure", "disagreement.source", "disagreement.date")


def checks_markup(answer: Answer, locale: Locale) -> str:
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


@dataclass(frozen=True, slots=True)
class ShownSentence:
    """``gap``: what stands between the sentence before and it."""

    text: str
    citations: tuple[Citation, ...]
    verdict: Verdict
    gap: str = ""

    @property
    def begins_line(self) -> bool:
        return self.gap.endswith("\n")

    @property
    def sources(self) -> tuple[tuple[int, int], ...]:
        return tuple(dict.fromkeys((cited.document_id, cited.version) for cited in self.citations))

    @property
    def row(self) -> Citation | None:
        """The footnote whose quote the sentence repeats, if this is a row of a table; None for prose."""
        return repeated_row(self.text, self.citations)

    @property
    def lead_in(self) -> str | None:
        """That of the footnote whose quote the sentence repeats."""
        return next((cited.lead_in for cited in self.citations if self.repeats(cited)), None)

    def repeats(self, cited: Citation) -> bool:
        return self.text.split() == cited.quote.split()


def answer_sentences(answer: Answer) -> list[ShownSentence]:
    ends = [0, *(sentence.end for sentence in answer.sentences)]
    return [
        ShownSentence(
            answer.text[sentence.start : sentence.end],
            answer.cited_by(sentence),
            sentence.verdict,
            answer.text[end : sentence.start],
        )
        for end, sentence in zip(ends, answer.sentences, strict=False)
    ]


def streamed_sentences(text: str, citations: Sequence[Citation]) -> list[ShownSentence]:
    found = []
    before = 0
    for (start, end, verdict), cited in groupby(
        citations, key=lambda cited: (cited.answer_start, cited.answer_end, cited.verification.verdict)
    ):
        found.append(ShownSentence(text[start:end], tuple(cited), verdict, text[before:start]))
        before = end
    return found


_VERDICTS: Mapping[Verdict, str] = {
    "quoted": "foot.verbatim",
    "supported": "foot.supported",
    "computed": "foot.computed",
    "paraphrased": "foot.paraphrased",
    "unsupported": "foot.unsupported",
}
_REASONED: Mapping[Verdict, str] = {
    "quoted": "foot.verbatim",
    "supported": "foot.supported",
    "computed": "foot.computed",
    "paraphrased": "foot.paraphrasedFor",
    "unsupported": "foot.unsupportedFor",
}


def foot_list_markup(sentences: Sequence[ShownSentence], locale: Locale) -> str:
    cited: dict[int, list[tuple[ShownSentence, Citation]]] = {}
    for sentence in sentences:
        for citation in sentence.citations:
            cited.setdefault(citation.id, []).append((sentence, citation))
    if not cited:
        return ""
    items = "".join(_foot(cited[number], locale) for number in sorted(cited))
    summary = escape(locale.text("foot.count", count=len(cited)))
    return f'<details class="fn-footnotes"><summary>{summary}</summary><ol>{items}</ol></details>'


def _foot(uses: Sequence[tuple[ShownSentence, Citation]], locale: Locale) -> str:
    sentence, cited = max(uses, key=lambda use: VERDICTS.index(use[1].verification.verdict))
    verdict = cited.verification.verdict
    number = f'<a class="fn-foot-number" href="{source_target(cited)}">[{cited.id}]</a>'
    facts = facts_markup(cited, [localized_page(cited, locale)], locale, recognised=cited.recognised)
    source = f"{title_link(cited, 'fn-foot-title')}{facts}{badge_markup(cited, locale)}"
    lead = f'<span class="fn-lead-in">{quoted_markup(cited.lead_in)}</span> ' if cited.lead_in else ""
    words = f'<p class="fn-foot-words">{lead}<q class="fn-foot-quote">{quoted_markup(cited.quote)}</q></p>'
    if cited.headings is not None:
        words = table_markup(cited.headings, [cited_row(cited)])
    return (
        f'<li class="fn-foot fn-foot-{cited.id} fn-{verdict}">{number}<div class="fn-foot-body">'
        f'{words}<p class="fn-foot-source">{source}</p>'
        f'<p class="fn-foot-verdict">{escape(_verdict(sentence, cited, locale))}</p></div></li>'
    )


def _verdict(sentence: ShownSentence, cited: Citation, locale: Locale) -> str:
    verdict, reason = cited.verification.verdict, cited.verification.reason
    if verdict == "supported" and sentence.repeats(cited):
        return locale.text("foot.verbatim")
    if formula := cited.verification.formula:
        return locale.text("foot.computedAs", formula=formula)
    if reason is None:
        return locale.text(_VERDICTS[verdict])
    return locale.text(_REASONED[verdict], reason=reason)


_NAMED = 3

_ONE_OF = {
    "publishers": "narrowed.publisher",
    "languages": "narrowed.language",
    "collections": "narrowed.collection",
    "kinds": "narrowed.kind",
}

_DATES = {"published_after": "narrowed.after", "published_before": "narrowed.before"}


def filters_markup(searched: Searched | None, locale: Locale) -> str:
    if searched is None or not searched.filters:
        return ""
    return f'<p class="fn-searched">{escape(_only(searched, locale))}</p>'


def searched_markup(searched: Searched | None, advice: str, locale: Locale) -> str:
    what = ""
    if searched is not None and searched.filters:
        what = _only(searched, locale)
    elif searched is not None and searched.documents:
        what = locale.text("searched.reports", count=searched.documents)
    line = " ".join(filter(None, (escape(what), advice)))
    return f'<p class="fn-searched">{line}</p>' if line else ""


def _only(searched: Searched, locale: Locale) -> str:
    filters = locale.text("list.semicolon").join(filter_phrases(searched, locale))
    return locale.text("searched.only", filters=filters, count=searched.documents)


def filter_phrases(searched: Searched, locale: Locale) -> Iterator[str]:
    if searched.filters.document_ids:
        yield _reports(searched, locale)
    given = asdict(searched.filters)
    for name, key in _ONE_OF.items():
        values = given.get(name) or ()
        if name == "languages":
            known = babel.Locale(locale.language).languages
            values = [str(known.get(code, code)) for code in values]
        elif name == "kinds":
            values = [_kind(code, locale) for code in values]
        if values:
            named = _listed(list(values[:_NAMED]), len(values) - _NAMED, "or", locale)
            yield locale.text(key, name=named)
    for name, key in _DATES.items():
        if given[name]:
            yield locale.text(key, date=localized_date(locale, given[name]) or "")


def _reports(searched: Searched, locale: Locale) -> str:
    number = len(searched.filters.document_ids)
    titles = [locale.text("narrowed.title", title=title) for title in searched.titles]
    if not titles:
        return locale.text("narrowed.reports", count=number)
    return _listed(titles, number - len(titles), "standard", locale)


def _listed(names: list[str], more: int, style: Literal["or", "standard"], locale: Locale) -> str:
    others = [locale.text("narrowed.others", count=more)] if more > 0 else []
    return str(format_list([*names, *others], style, locale=locale.language))


def _kind(code: str, locale: Locale) -> str:
    try:
        return locale.text(f"kind.{code}")
    except KeyError:  # A program may filter by any kind.
        return code


def interpretation_markup(
    standalone: str | None, searched_for: str | None, searched: Searched | None, locale: Locale
) -> str:
    corrected = corrected_markup(searched_for, locale, is_answered=False)
    return corrected + understood_markup(standalone, locale) + filters_markup(searched, locale)


def corrected_markup(searched_for: str | None, locale: Locale, *, is_answered: bool) -> str:
    """Return a line with the corrected question; if ``is_answered``, a button searches for it as typed."""
    if searched_for is None:
        return ""
    words = string_markup(locale, "answer.searchedFor", question=f"<q>{escape(searched_for)}</q>")
    label = escape(locale.text("act.exact"))
    button = f' <button class="fn-act fn-act-exact">{label}</button>' if is_answered else ""
    return f'<p class="fn-understood">{words}{button}</p>'


def understood_markup(standalone: str | None, locale: Locale) -> str:
    if standalone is None:
        return ""
    words = string_markup(locale, "answer.understood", question=f"<q>{escape(standalone)}</q>")
    return f'<p class="fn-understood">{words}</p>'


def searches_markup(searches: Sequence[str], locale: Locale) -> str:
    if not searches:
        return ""
    listed = " · ".join(f"<q>{escape(search)}</q>" for search in searches)
    return f'<p class="fn-understood">{string_markup(locale, "waiting.searches", searches=listed)}</p>'


_CHANGE_OVER = f"FOOTNOTED_MODEL={MULTILINGUAL_MODEL} footnoted sync"

# The most other documents with the same words that an attribution names; the JSON form has all.
SHOWN_COPIES = 3
# The keys of the strings that answer a greeting or thanks; the other courtesies are in English.
_COURTESIES: Mapping[Cause | None, str] = {"greeting": "courtesy.greeting", "thanks": "courtesy.thanks"}
_YES_OR_NO: Mapping[str, str] = {"yes": "headline.yes", "no": "headline.no"}


def question_markup(question: str) -> str:
    return f'<div class="fn-question">{escape(question)}</div>'


def waiting_markup(
    locale: Locale,
    doing: str,
    count: int | None,
    standalone: str | None = None,
    searched: Searched | None = None,
    *,
    searched_for: str | None = None,
    searches: Sequence[str] = (),
    name: str | None = None,
) -> str:
    """``doing`` is the key of the string that says what the engine does, ``count`` the number in it."""
    above = interpretation_markup(standalone, searched_for, searched, locale)
    above += searches_markup(searches, locale)
    words = string_markup(locale, doing, count, name=escape(name or ""))
    return f'<div class="fn-waiting">{above}{words}</div>'


def failure_markup(message: str) -> str:
    sentence = f"{message[:1].upper()}{message[1:].removesuffix('.')}."
    return f'<div class="fn-failure">{escape(sentence)}</div>'


def answer_markup(answer: Answer, locale: Locale, judgement: Judgement | None = None) -> str:
    if answer.cause in COURTESIES:
        key = _COURTESIES.get(answer.cause)
        words = string_markup(locale, key) if key else escape(answer.text)
        return f'{_opening("fn-courtesy", answer)}<p class="fn-reason">{words}</p></div>'
    end = (
        f"{checks_markup(answer, locale)}{made_markup(answer, locale)}"
        f"{actions_markup(answer, locale, judgement)}</div>"
    )
    corrected = corrected_markup(answer.searched_for, locale, is_answered=True)
    understood = understood_markup(answer.standalone, locale)
    if answer.abstained:
        is_unread = answer.cause == "language"
        opening = _opening("fn-abstention fn-unread" if is_unread else "fn-abstention", answer)
        return f"{opening}{corrected}{understood}{abstention_markup(answer, locale)}{end}"
    sentences = answer_sentences(answer)
    first, last = note_markup(answer.note), ""
    if not stands_first(answer.note):
        first, last = last, first
    return (
        f"{_opening('fn-answer', answer)}{corrected}{understood}{filters_markup(answer.searched, locale)}"
        f"{first}{headline_markup(answer.headline, locale)}"
        f"{_groups(sentences, locale) if answer.model == QUOTED else _written(sentences, locale)}"
        f"{disagreements_markup(answer, locale)}{last}{alternatives_markup(answer, locale)}"
        f"{_below(sentences, locale)}{end}"
    )


def note_markup(note: str | None) -> str:
    return f'<p class="fn-note">{escape(note)}</p>' if note else ""


def streamed_markup(
    text: str,
    citations: Sequence[Citation],
    locale: Locale,
    *,
    standalone: str | None = None,
    searched_for: str | None = None,
    searched: Searched | None = None,
    missing: str | None = None,
    name: str | None = None,
    draft: str = "",
    is_stopped: bool = False,
) -> str:
    """``name`` is that of the model that writes, ``draft`` what it has written and nobody has checked."""
    sentences = streamed_sentences(text, citations)
    rest = text[max((cited.answer_end for cited in citations), default=0) :].strip()
    pending = f'<p class="fn-pending">{quoted_markup(rest)}</p>' if rest else ""
    pending += _draft_markup(draft, locale)
    note = ""
    if is_stopped:
        note = f'<p class="fn-note">{string_markup(locale, "stopped.part")}</p>'
    elif name is not None:
        note = f'<p class="fn-writing">{string_markup(locale, "waiting.with", name=escape(name))}</p>'
    state = "fn-stopped" if is_stopped else "fn-arriving"
    return (
        f'<div class="fn-answer {state}">{interpretation_markup(standalone, searched_for, searched, locale)}'
        f"{note_markup(missing)}"
        f"{_written(sentences, locale) if name else _groups(sentences, locale)}"
        f"{pending}{note}{_below(sentences, locale)}</div>"
    )


def _draft_markup(draft: str, locale: Locale) -> str:
    lines = "".join(
        f'<p class="fn-sentences">{quoted_markup(line)}</p>' for line in draft.splitlines() if line.strip()
    )
    label = f'<p class="fn-doubt">{string_markup(locale, "waiting.unchecked")}</p>'
    return f'<div class="fn-draft">{lines}{label}</div>' if lines else ""


def headline_markup(headline: Headline | None, locale: Locale) -> str:
    if headline is None:
        return ""
    if headline.comparison is not None:
        return _comparison_markup(headline, headline.comparison, locale)
    names = _names_markup(("row", headline.row), ("column", headline.column))
    return f'<p class="fn-headline">{_value_markup(headline)}{names}</p>'


def _comparison_markup(headline: Headline, other: Comparison, locale: Locale) -> str:
    computed = other.computed
    answer = ""
    if computed.answer is not None:
        key = _YES_OR_NO.get(computed.answer)
        words = escape(locale.text(key) if key else computed.answer)
        answer = f'<p><strong class="fn-headline-answer">{words}</strong></p>'
    shared, *own = compared_names((headline.row, headline.column), (other.row, other.column))
    above = f'<p class="fn-headline-names"><span class="fn-headline-row">{escape(shared)}</span></p>'
    pair: tuple[Headline | Comparison, ...] = (headline, other)
    figures = "".join(
        f'<p class="fn-headline-figure">{_value_markup(each)}{_names_markup(("own", names))}</p>'
        for each, names in zip(pair, own, strict=True)
    )
    unit = locale.text("headline.points") if computed.unit == POINTS else computed.unit
    difference = escape(difference_words(computed.difference, unit, computed.percent))
    mark = f'<span class="fn-headline-mark">{string_markup(locale, "headline.computed")}</span>'
    amount = f'<span class="fn-headline-amount">{difference}</span>'
    words = string_markup(locale, "headline.difference", difference=amount)
    return (
        f'<div class="fn-headline">{answer}{above if shared else ""}'
        f'<div class="fn-headline-figures">{figures}</div>'
        f'<p class="fn-headline-computed"><span class="fn-facts"><span>{words}</span> {mark}</span></p></div>'
    )


def _value_markup(figure: Headline | Comparison) -> str:
    unit = f' <span class="fn-headline-unit">{escape(figure.unit)}</span>' if figure.unit else ""
    return f'<strong class="fn-headline-value">{escape(figure.value)}</strong>{unit}'


def _names_markup(*names: tuple[str, str]) -> str:
    shown = " ".join(
        f'<span class="fn-headline-{kind}">{escape(name)}</span>' for kind, name in names if name
    )
    return f'<span class="fn-headline-names fn-facts">{shown}</span>'


def _opening(kind: str, answer: Answer) -> str:
    within = f" fn-in-{escape(answer.conversation_id)}" if answer.conversation_id else ""
    return f'<div class="{kind}{within}" id="fn-answer-{escape(answer.answer_id)}">'


def _below(sentences: Sequence[ShownSentence], locale: Locale) -> str:
    cited = [cited for sentence in sentences for cited in sentence.citations]
    return strip_markup(cited, locale) + foot_list_markup(sentences, locale)


def _groups(sentences: Sequence[ShownSentence], locale: Locale) -> str:
    """With one source for the whole answer, no group names it: the strip below the answer does."""
    named = len({source for sentence in sentences for source in sentence.sources}) > 1
    return "".join(
        f'<div class="fn-group">{_runs(group, locale)}{_attributions(group, locale, named=named)}</div>'
        for group in (list(run) for _, run in groupby(sentences, key=lambda sentence: sentence.sources))
    )


def _written(sentences: Sequence[ShownSentence], locale: Locale) -> str:
    """A model's paragraphs, lists and tables, and below them the sources of all."""
    if not sentences:
        return ""
    shown = blocks((sentence.gap, sentence.text, sentence) for sentence in sentences)
    named = len({source for sentence in sentences for source in sentence.sources}) > 1
    markup = "".join(_block(block, locale) for block in shown)
    return f'<div class="fn-group fn-written">{markup}{_attributions(sentences, locale, named=named)}</div>'


def _block(block: Block[ShownSentence], locale: Locale) -> str:
    if block.kind == "table":
        return _written_table(block, locale)
    if block.kind == "paragraph":
        return "".join(_runs(line, locale) for line in block.lines)
    items = "".join(
        f'<li class="fn-sentences">{" ".join(_sentence(each, locale) for each in line)}</li>'
        for line in block.lines
    )
    tag = "ol" if block.is_numbered else "ul"
    return f'<{tag} class="fn-list">{items}</{tag}>'


def _written_table(block: Block[ShownSentence], locale: Locale) -> str:
    names = "".join(f'<th scope="col">{quoted_markup(name)}</th>' for name in block.headings)
    head = f"<thead><tr>{names}</tr></thead>" if names else ""
    rows = ""
    for line in block.lines:
        *before, last = [quoted_markup(cell) for cell in row_cells(line[0].text)]
        struck = line[0].verdict == "unsupported"
        shown = [f"<s>{cell}</s>" if struck else cell for cell in (*before, last)]
        values = "".join(f"<td>{cell}</td>" for cell in shown[:-1])
        rows += f"<tr>{values}<td>{shown[-1]}{_notes(line[0], locale)}</td></tr>"
    return f'<div class="fn-table"><table>{head}<tbody>{rows}</tbody></table></div>'


def _runs(sentences: Sequence[ShownSentence], locale: Locale) -> str:
    """A paragraph for each line of prose, a table for adjacent rows, and above items what leads them in."""
    markup = ""
    for (headings, lead), run in groupby(
        sentences, key=lambda each: (each.row.headings if each.row else None, each.lead_in)
    ):
        if headings is not None:
            rows = [cited_row(each.row, _notes(each, locale)) for each in run if each.row]
            markup += table_markup(headings, rows)
            continue
        if lead is not None:
            markup += f'<p class="fn-lead-in fn-sentences">{quoted_markup(lead)}</p>'
        for line in _lines(list(run)):
            markup += f'<p class="fn-sentences">{" ".join(_sentence(each, locale) for each in line)}</p>'
    return markup


def _lines(sentences: Sequence[ShownSentence]) -> Iterator[Sequence[ShownSentence]]:
    starts = [place for place, sentence in enumerate(sentences) if place == 0 or sentence.begins_line]
    for start, end in pairwise([*starts, len(sentences)]):
        yield sentences[start:end]


def _sentence(sentence: ShownSentence, locale: Locale) -> str:
    words = quoted_markup(sentence.text)
    verbatim = any(map(sentence.repeats, sentence.citations))
    shown = f'<q class="fn-quote">{words}</q>' if verbatim else f'<span class="fn-claim">{words}</span>'
    if sentence.verdict == "unsupported":
        shown = f"<s>{shown}</s>"
    return f"{shown}{_notes(sentence, locale)}"


def _notes(sentence: ShownSentence, locale: Locale) -> str:
    marks = "".join(mark_markup(cited, locale) for cited in sentence.citations)
    if sentence.verdict not in DOUBTFUL:
        return marks
    label = string_markup(locale, VERDICT_KEYS[sentence.verdict])
    return f'{marks} <span class="fn-doubt">{label}</span>'


def _attributions(sentences: Sequence[ShownSentence], locale: Locale, *, named: bool) -> str:
    sources = by_source(cited for sentence in sentences for cited in sentence.citations)
    return "".join(
        (f'<p class="fn-source">{source_markup(cited, locale)}</p>' if named else "") + _copies(cited, locale)
        for cited in sources
    )


def _copies(cited: Iterable[Citation], locale: Locale) -> str:
    copies = {
        copy.document_id: copy for citation in reversed(list(cited)) for copy in reversed(citation.also_in)
    }
    if not copies:
        return ""
    named = list(reversed(copies.values()))
    links = [
        f'<a class="fn-copy" href="{source_target(copy)}">{escape(copy.title)}</a>'
        for copy in named[:SHOWN_COPIES]
    ]
    rest = len(named) - SHOWN_COPIES
    listed = escape(locale.text("list.comma")).join(links)
    words = string_markup(locale, "copies.all", reports=listed)
    if rest > 0:
        words = string_markup(locale, "copies.more", rest, reports=listed)
    return f'<p class="fn-copies">{words}</p>'


def abstention_markup(answer: Answer, locale: Locale) -> str:
    first, *others = answer.passages or (None,)
    nearest = ""
    if first:
        heading = f'<p class="fn-nearest-name">{escape(locale.text("abstention.nearest"))}</p>'
        nearest = f'<div class="fn-nearest">{heading}{_passage(first, locale)}</div>'
    more = ""
    if others:
        summary = escape(locale.text("abstention.more", count=len(others)))
        listed = "".join(f"<li>{_passage(passage, locale)}</li>" for passage in others if passage)
        more = f'<details class="fn-others"><summary>{summary}</summary><ol>{listed}</ol></details>'
    advice = advice_for(answer.cause, filtered=bool(answer.searched and answer.searched.filters))
    tried = string_markup(locale, advice, command=_CHANGE_OVER) if advice else ""
    # A reason is in English, but that of languages is in the reader's.
    reason = escape(answer.reason or answer.text)
    if answer.cause == "language":
        reason = string_markup(locale, "abstention.language")
    return (
        f'<p class="fn-none">{escape(locale.text("abstention.none"))}</p>'
        f'<p class="fn-reason">{reason}</p>{nearest}'
        f"{searched_markup(answer.searched, tried, locale)}{more}"
    )


def alternatives_markup(answer: Answer, locale: Locale) -> str:
    """Return a line for each; a style sheet unfolds them where there is room."""
    if not answer.alternatives:
        return ""
    label = escape(locale.text("alternatives.or"))
    lines = "".join(
        f'<li><span class="fn-instead">{label}</span> <a class="fn-copy" href="{source_target(passage)}">'
        f"{escape(alternative_words(passage.text, passage.headings))}</a> "
        f'<span class="fn-facts"><span class="fn-fact">{escape(passage.title)}</span>'
        f"{facts_markup(passage, [localized_page(passage, locale)], locale, recognised=passage.recognised)}"
        "</span></li>"
        for passage in answer.alternatives
    )
    summary = escape(locale.text("alternatives.summary", count=len(answer.alternatives)))
    return f'<details class="fn-alternatives"><summary>{summary}</summary><ul>{lines}</ul></details>'


def _passage(passage: Passage, locale: Locale) -> str:
    facts = facts_markup(passage, [localized_page(passage, locale)], locale, recognised=passage.recognised)
    why = ""
    if passage.shortfall:
        shortfall = escape(locale.text("abstention.shortfall", shortfall=passage.shortfall))
        why = f'<p class="fn-shortfall">{shortfall}</p>'
    words = escape(excerpt(passage.text))
    return f'<p class="fn-source">{title_link(passage)}{facts}</p><p class="fn-excerpt">{words}</p>{why}'


_OF_ANSWERS: Mapping[Judgement, str] = {
    "right": "act.right",
    "wrong": "act.wrong",
    "unanswerable": "act.unanswerable",
}
_OF_ABSTENTIONS: Mapping[Judgement, str] = {
    "unanswerable": "act.rightlyNot",
    "wrong": "act.wronglyNot",
}


def actions_markup(answer: Answer, locale: Locale, judgement: Judgement | None = None) -> str:
    """Return the buttons below an answer for the page's script; that of ``judgement`` looks pressed."""
    files = "".join(
        f'<li><a class="fn-file" href="v1/answers/{escape(answer.answer_id)}.{form.suffix}">'
        f"{escape(locale.text(f'file.{form.suffix}'))}</a></li>"
        for form in FORMATS
    )
    keys = _OF_ABSTENTIONS if answer.abstained else _OF_ANSWERS
    judgements = "".join(
        _button(f"judge fn-act-{verdict}{' fn-given' if verdict == judgement else ''}", locale.text(key))
        for verdict, key in keys.items()
    )
    copy, link = _button("copy", locale.text("act.copy")), _button("link", locale.text("act.link"))
    again, edit = _button("again", locale.text("act.again")), _button("edit", locale.text("act.edit"))
    save = f'<summary class="fn-act">{escape(locale.text("act.save"))}</summary><ul>{files}</ul>'
    return (
        f'<div class="fn-actions">{copy}{link}<details class="fn-save">{save}</details>{again}{edit}'
        f'<span class="fn-judge">{judgements}</span></div>'
    )


def _button(kind: str, label: str) -> str:
    return f'<button class="fn-act fn-act-{kind}">{escape(label)}</button>'
