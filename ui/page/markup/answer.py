"""Answer → markup that a sanitised Markdown view shows, with everything of a document escaped.

What a document or a person wrote is data, and is escaped (:mod:`ui.page.markup.escaping`). The markup of one
message is a single line that begins with a block tag, so that CommonMark takes the whole of it as one HTML
block and parses nothing inside (https://spec.commonmark.org/0.31.2/#html-blocks).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rag.answers import Answer, Citation, Searched
from rag.conversations import Judgement
from ui.page.locales import Locale
from ui.page.markup.abstention import abstention_markup
from ui.page.markup.actions import actions_markup
from ui.page.markup.checks import VERDICTS, checks_markup, disagreements_markup
from ui.page.markup.escaping import escape
from ui.page.markup.footnotes import foot_list_markup
from ui.page.markup.narrowing import narrowed_markup
from ui.page.markup.places import mark_markup, source_target
from ui.page.markup.saying import said
from ui.page.markup.sentences import ShownSentence, arrived, of_answer
from ui.page.markup.strip import by_source, source_markup, strip_markup
from ui.page.markup.tables import CitedRow, table_markup

SHOWN_COPIES = 3
"""How many other documents with the same words an attribution names; the JSON form has more."""


def question_markup(question: str) -> str:
    """A person's question."""
    return f'<div class="fn-question">{escape(question)}</div>'


def waiting_markup(
    locale: Locale,
    passages: int | None = None,
    standalone: str | None = None,
    searched: Searched | None = None,
) -> str:
    """What stands in the answer's place until its first sentence: what is being read."""
    doing = (
        said(locale, "waiting.searching") if passages is None else said(locale, "waiting.reading", passages)
    )
    return f'<div class="fn-waiting">{_above(standalone, searched, locale)}{doing}</div>'


def failure_markup(message: str) -> str:
    """A sentence that says why there is neither an answer nor an abstention."""
    sentence = f"{message[:1].upper()}{message[1:].removesuffix('.')}."
    return f'<div class="fn-failure">{escape(sentence)}</div>'


def answer_markup(answer: Answer, locale: Locale, given: Judgement | None = None) -> str:
    """The whole answer: quoted sentences with footnote marks, by source; or the abstention.

    Args:
        answer: the answer.
        locale: the reader's language.
        given: what a person said of it before.
    """
    end = f"{checks_markup(answer, locale)}{actions_markup(answer, locale, given)}</div>"
    if answer.abstained:
        opening = _opening("fn-abstention", answer) + understood_markup(answer.standalone, locale)
        return f"{opening}{abstention_markup(answer, locale)}{end}"
    sentences = of_answer(answer)
    note = f'<p class="fn-note">{escape(answer.note)}</p>' if answer.note else ""
    return (
        f"{_opening('fn-answer', answer)}{_above(answer.standalone, answer.searched, locale)}"
        f"{_groups(sentences, locale)}{disagreements_markup(answer, locale)}{note}"
        f"{_below(sentences, locale)}{end}"
    )


def streamed_markup(
    text: str,
    citations: Sequence[Citation],
    locale: Locale,
    *,
    standalone: str | None = None,
    searched: Searched | None = None,
    is_stopped: bool = False,
) -> str:
    """The part of an answer that has arrived: its cited sentences, then the words not yet cited.

    Args:
        text: the answer's text so far.
        citations: its footnotes so far.
        locale: the reader's language.
        standalone: what a follow-up was taken to ask.
        searched: what is searched.
        is_stopped: whether no more will arrive.
    """
    sentences = arrived(text, citations)
    rest = text[max((cited.answer_end for cited in citations), default=0) :].strip()
    pending = f'<p class="fn-pending">{escape(rest)}</p>' if rest else ""
    note = f'<p class="fn-note">{said(locale, "stopped.part")}</p>' if is_stopped else ""
    state = "fn-stopped" if is_stopped else "fn-arriving"
    return (
        f'<div class="fn-answer {state}">{_above(standalone, searched, locale)}{_groups(sentences, locale)}'
        f"{pending}{note}{_below(sentences, locale)}</div>"
    )


def understood_markup(standalone: str | None, locale: Locale) -> str:
    """What a follow-up was taken to ask; empty where the question was searched for as it was asked."""
    if standalone is None:
        return ""
    words = said(locale, "answer.understood", question=f"<q>{escape(standalone)}</q>")
    return f'<p class="fn-understood">{words}</p>'


def _opening(kind: str, answer: Answer) -> str:
    """The tag that an answer begins with, by which the script knows it and its conversation."""
    within = f" fn-in-{escape(answer.conversation_id)}" if answer.conversation_id else ""
    return f'<div class="{kind}{within}" id="fn-answer-{escape(answer.answer_id)}">'


def _above(standalone: str | None, searched: Searched | None, locale: Locale) -> str:
    return understood_markup(standalone, locale) + narrowed_markup(searched, locale)


def _below(sentences: Sequence[ShownSentence], locale: Locale) -> str:
    """What is cited, and the footnotes themselves."""
    cited = [cited for sentence in sentences for cited in sentence.citations]
    return strip_markup(cited, locale) + foot_list_markup(sentences, locale)


def _groups(sentences: Sequence[ShownSentence], locale: Locale) -> str:
    """Consecutive sentences of the same sources together.

    Each group stands above its attribution, unless all have one source, which the strip below names.
    """
    named = len({source for sentence in sentences for source in sentence.sources}) > 1
    return "".join(
        f'<div class="fn-group">{_runs(group, locale)}{_attributions(group, locale, named=named)}</div>'
        for group in (list(run) for _, run in groupby(sentences, key=lambda sentence: sentence.sources))
    )


def _runs(sentences: Sequence[ShownSentence], locale: Locale) -> str:
    """Sentences of a group in their order: those in words as a paragraph, rows of one table as a table."""
    runs = ((row_of, list(run)) for row_of, run in groupby(sentences, key=lambda sentence: sentence.row_of))
    return "".join(
        f'<p class="fn-sentences">{" ".join(_sentence(sentence, locale) for sentence in run)}</p>'
        if row_of is None
        else table_markup(row_of, [CitedRow(sentence.text, _notes(sentence, locale)) for sentence in run])
        for row_of, run in runs
    )


def _sentence(sentence: ShownSentence, locale: Locale) -> str:
    words = escape(sentence.text)
    verbatim = any(map(sentence.repeats, sentence.citations))
    shown = f'<q class="fn-quote">{words}</q>' if verbatim else f'<span class="fn-claim">{words}</span>'
    if sentence.verdict == "unsupported":
        shown = f"<s>{shown}</s>"
    return f"{shown}{_notes(sentence, locale)}"


def _notes(sentence: ShownSentence, locale: Locale) -> str:
    """The sentence's footnote marks, and a label where what they lead to does not carry it."""
    marks = "".join(mark_markup(cited, locale) for cited in sentence.citations)
    if sentence.verdict == "supported":
        return marks
    label = said(locale, VERDICTS[sentence.verdict])
    return f'{marks} <span class="fn-doubt">{label}</span>'


def _attributions(sentences: Sequence[ShownSentence], locale: Locale, *, named: bool) -> str:
    """A line for each document that the sentences cite, where they are ``named``; and its copies."""
    sources = by_source(cited for sentence in sentences for cited in sentence.citations)
    return "".join(
        (f'<p class="fn-source">{source_markup(cited, locale)}</p>' if named else "") + _copies(cited, locale)
        for cited in sources
    )


def _copies(cited: Iterable[Citation], locale: Locale) -> str:
    """A line that names the other documents that have the same words, each once."""
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
        words = said(locale, "copies.more", rest, reports=listed)
    else:
        words = said(locale, "copies.all", reports=listed)
    return f'<p class="fn-copies">{words}</p>'
