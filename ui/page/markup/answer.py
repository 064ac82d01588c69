"""The markup of answers and questions in the chat, which Gradio shows as sanitised Markdown.

Text of documents and people is escaped (:mod:`ui.page.markup.text`). The markup of a message is a single line
that begins with a block tag, so that CommonMark reads it as one HTML block and parses nothing inside
(https://spec.commonmark.org/0.31.2/#html-blocks).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from index.embedding import MULTILINGUAL_MODEL
from rag.answers import COURTESIES, Answer, Cause, Citation, Comparison, Headline, Passage, Searched
from rag.conversations import Judgement
from rag.headlines import POINTS
from rag.verdicts import DOUBTFUL
from ui.export import FORMATS
from ui.page.locales import Locale
from ui.page.markup.checks import VERDICT_KEYS, checks_markup, disagreements_markup, made_markup
from ui.page.markup.filters import filters_markup, searched_markup
from ui.page.markup.footnotes import ShownSentence, answer_sentences, foot_list_markup, streamed_sentences
from ui.page.markup.interpretation import corrected_markup, interpretation_markup, understood_markup
from ui.page.markup.sources import (
    by_source,
    facts_markup,
    mark_markup,
    source_markup,
    source_target,
    strip_markup,
    title_link,
)
from ui.page.markup.tables import cited_row, table_markup
from ui.page.markup.text import escape, quoted_markup, string_markup
from ui.words import advice_for, compared_names, difference_words, excerpt

_CHANGE_OVER = f"FOOTNOTED_MODEL={MULTILINGUAL_MODEL} footnoted sync"
"""The command that changes a library over to the encoder that reads many languages."""

SHOWN_COPIES = 3
"""The most other documents with the same words that an attribution names; the JSON form has all."""

_COURTESIES: Mapping[Cause | None, str] = {"greeting": "courtesy.greeting", "thanks": "courtesy.thanks"}
"""The keys of the strings that answer a greeting or thanks; the other courtesies are in English."""

_YES_OR_NO: Mapping[str, str] = {"yes": "headline.yes", "no": "headline.no"}
"""The keys of the strings for yes and no, which answer a question that compares two figures."""


def question_markup(question: str) -> str:
    """Return the markup of a question."""
    return f'<div class="fn-question">{escape(question)}</div>'


def waiting_markup(
    locale: Locale,
    doing: str,
    count: int | None,
    standalone: str | None = None,
    searched: Searched | None = None,
    *,
    searched_for: str | None = None,
    name: str | None = None,
) -> str:
    """Return the markup in place of an answer until its first sentence arrives.

    Args:
        locale: the reader's language.
        doing: the key of the string that says what the engine does.
        count: the number of passages or sentences in that string; None for a string without a number.
        standalone: a follow-up, reworded so that it can be understood without the conversation.
        searched: the filters of the search.
        searched_for: the question with its spelling corrected.
        name: the name of the model that writes the answer; None if the answer only quotes.
    """
    above = interpretation_markup(standalone, searched_for, searched, locale)
    words = string_markup(locale, doing, count, name=escape(name or ""))
    return f'<div class="fn-waiting">{above}{words}</div>'


def failure_markup(message: str) -> str:
    """Return the markup of a failure: ``message`` with a capital letter at its start and a full stop."""
    sentence = f"{message[:1].upper()}{message[1:].removesuffix('.')}."
    return f'<div class="fn-failure">{escape(sentence)}</div>'


def answer_markup(answer: Answer, locale: Locale, judgement: Judgement | None = None) -> str:
    """Return the markup of a whole answer: its sentences grouped by source, or why there is no answer.

    Args:
        answer: the answer.
        locale: the reader's language.
        judgement: an earlier judgement of the answer, whose button looks pressed; None without one.
    """
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
    note = f'<p class="fn-note">{escape(answer.note)}</p>' if answer.note else ""
    return (
        f"{_opening('fn-answer', answer)}{corrected}{understood}{filters_markup(answer.searched, locale)}"
        f"{headline_markup(answer.headline, locale)}{_groups(sentences, locale)}"
        f"{disagreements_markup(answer, locale)}{note}{_below(sentences, locale)}{end}"
    )


def streamed_markup(
    text: str,
    citations: Sequence[Citation],
    locale: Locale,
    *,
    standalone: str | None = None,
    searched_for: str | None = None,
    searched: Searched | None = None,
    name: str | None = None,
    is_stopped: bool = False,
) -> str:
    """Return the markup of a partial answer: its cited sentences, then the words that have no citation yet.

    Args:
        text: the answer's text so far.
        citations: the answer's footnotes so far.
        locale: the reader's language.
        standalone: a follow-up, reworded so that it can be understood without the conversation.
        searched_for: the question with its spelling corrected.
        searched: the filters of the search.
        name: the name of the model that writes the answer; None if the answer only quotes.
        is_stopped: whether the answer was stopped.
    """
    sentences = streamed_sentences(text, citations)
    rest = text[max((cited.answer_end for cited in citations), default=0) :].strip()
    pending = f'<p class="fn-pending">{quoted_markup(rest)}</p>' if rest else ""
    note = ""
    if is_stopped:
        note = f'<p class="fn-note">{string_markup(locale, "stopped.part")}</p>'
    elif name is not None:
        note = f'<p class="fn-writing">{string_markup(locale, "waiting.with", name=escape(name))}</p>'
    state = "fn-stopped" if is_stopped else "fn-arriving"
    return (
        f'<div class="fn-answer {state}">{interpretation_markup(standalone, searched_for, searched, locale)}'
        f"{_groups(sentences, locale)}{pending}{note}{_below(sentences, locale)}</div>"
    )


def headline_markup(headline: Headline | None, locale: Locale) -> str:
    """Return the headline: a value in bold with its unit, row and column, or two values that are compared.

    Return an empty text if there is no headline.
    """
    if headline is None:
        return ""
    if headline.comparison is not None:
        return _comparison_markup(headline, headline.comparison, locale)
    names = _names_markup(("row", headline.row), ("column", headline.column))
    return f'<p class="fn-headline">{_value_markup(headline)}{names}</p>'


def _comparison_markup(headline: Headline, other: Comparison, locale: Locale) -> str:
    """Return the headline of a comparison: two figures, then their difference, marked as computed.

    The names that both figures share are above the figures. A short answer, such as yes, comes first if the
    comparison has one.
    """
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
    """Return an answer's opening tag, with the ids of answer and conversation for the page's script."""
    within = f" fn-in-{escape(answer.conversation_id)}" if answer.conversation_id else ""
    return f'<div class="{kind}{within}" id="fn-answer-{escape(answer.answer_id)}">'


def _below(sentences: Sequence[ShownSentence], locale: Locale) -> str:
    """Return what is below an answer: the strip (a short list of the cited documents) and the footnotes."""
    cited = [cited for sentence in sentences for cited in sentence.citations]
    return strip_markup(cited, locale) + foot_list_markup(sentences, locale)


def _groups(sentences: Sequence[ShownSentence], locale: Locale) -> str:
    """Return the markup of the sentences in groups: consecutive sentences with the same sources are a group.

    Below each group, each of its sources has a line. If the whole answer has one source, there is no such
    line, because the strip of sources below the answer names the source.
    """
    named = len({source for sentence in sentences for source in sentence.sources}) > 1
    return "".join(
        f'<div class="fn-group">{_runs(group, locale)}{_attributions(group, locale, named=named)}</div>'
        for group in (list(run) for _, run in groupby(sentences, key=lambda sentence: sentence.sources))
    )


def _runs(sentences: Sequence[ShownSentence], locale: Locale) -> str:
    """Return the markup of the sentences: a paragraph for each line of prose, a table for adjacent rows."""
    runs = groupby(sentences, key=lambda sentence: sentence.row.headings if sentence.row else None)
    return "".join(
        "".join(_paragraph(line, locale) for line in _lines(list(run)))
        if headings is None
        else table_markup(headings, [cited_row(each.row, _notes(each, locale)) for each in run if each.row])
        for headings, run in runs
    )


def _lines(sentences: Sequence[ShownSentence]) -> Iterator[Sequence[ShownSentence]]:
    """Group consecutive sentences into lines; each item of a list is a line of its own."""
    starts = [place for place, sentence in enumerate(sentences) if place == 0 or sentence.begins_line]
    for start, end in pairwise([*starts, len(sentences)]):
        yield sentences[start:end]


def _paragraph(sentences: Sequence[ShownSentence], locale: Locale) -> str:
    return f'<p class="fn-sentences">{" ".join(_sentence(sentence, locale) for sentence in sentences)}</p>'


def _sentence(sentence: ShownSentence, locale: Locale) -> str:
    words = quoted_markup(sentence.text)
    verbatim = any(map(sentence.repeats, sentence.citations))
    shown = f'<q class="fn-quote">{words}</q>' if verbatim else f'<span class="fn-claim">{words}</span>'
    if sentence.verdict == "unsupported":
        shown = f"<s>{shown}</s>"
    return f"{shown}{_notes(sentence, locale)}"


def _notes(sentence: ShownSentence, locale: Locale) -> str:
    """Return the footnote marks of a sentence, and a label if its sources do not fully support it."""
    marks = "".join(mark_markup(cited, locale) for cited in sentence.citations)
    if sentence.verdict not in DOUBTFUL:
        return marks
    label = string_markup(locale, VERDICT_KEYS[sentence.verdict])
    return f'{marks} <span class="fn-doubt">{label}</span>'


def _attributions(sentences: Sequence[ShownSentence], locale: Locale, *, named: bool) -> str:
    """Return up to two lines for each document that the sentences cite.

    The first line names the document; it is left out if ``named`` is false. The second line names other
    documents with the same words; it is left out if there are none.
    """
    sources = by_source(cited for sentence in sentences for cited in sentence.citations)
    return "".join(
        (f'<p class="fn-source">{source_markup(cited, locale)}</p>' if named else "") + _copies(cited, locale)
        for cited in sources
    )


def _copies(cited: Iterable[Citation], locale: Locale) -> str:
    """Return a line that names the other documents with the cited words, each once; empty without any."""
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
    if rest > 0:
        words = string_markup(locale, "copies.more", rest, reports=listed)
    else:
        words = string_markup(locale, "copies.all", reports=listed)
    return f'<p class="fn-copies">{words}</p>'


def abstention_markup(answer: Answer, locale: Locale) -> str:
    """Return the markup of an abstention: why there is no answer, the nearest passage, and what to try.

    The other passages that were read are behind a click.
    """
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
    return (
        f'<p class="fn-none">{escape(locale.text("abstention.none"))}</p>'
        f'<p class="fn-reason">{_reason(answer, locale)}</p>{nearest}'
        f"{searched_markup(answer.searched, tried, locale)}{more}"
    )


def _reason(answer: Answer, locale: Locale) -> str:
    """Return why the library has no answer.

    The reason is in English, with one exception: if the library cannot match the languages of the question
    and of the reports, the reason is in the reader's language.
    """
    if answer.cause == "language":
        return string_markup(locale, "abstention.language")
    return escape(answer.reason or answer.text)


def _passage(passage: Passage, locale: Locale) -> str:
    facts = facts_markup(passage, [passage.page], locale, recognised=passage.recognised)
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
"""The labels of the judgement buttons below an abstention. ``_OF_ANSWERS`` has the labels below an answer."""


def actions_markup(answer: Answer, locale: Locale, judgement: Judgement | None = None) -> str:
    """Return the buttons below an answer. The page's script handles them.

    If there is an earlier ``judgement`` of the answer, its button looks pressed.
    """
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
