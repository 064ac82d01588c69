"""Answer → markup that a sanitised Markdown view shows, with everything of a document escaped.

What a document or a person wrote is data, and is escaped (:mod:`ui.escaping`). The markup of one message is
a single line that begins with a block tag, so that CommonMark takes the whole of it as one HTML block and
parses nothing inside (https://spec.commonmark.org/0.31.2/#html-blocks).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rag.answers import Answer, Citation
from rag.feedback import Judgement
from rag.searched import Searched
from ui.abstaining import abstention_markup
from ui.actions import actions_markup
from ui.attribution import counted
from ui.checks import checks_markup, disagreements_markup
from ui.escaping import escape
from ui.foot_list import foot_list_markup
from ui.naming import VERDICTS
from ui.narrowing import narrowed_markup
from ui.places import mark_markup, source_target
from ui.sentences import ShownSentence, arrived, of_answer
from ui.strip import by_source, source_markup, strip_markup
from ui.tables import CitedRow, table_markup

SHOWN_COPIES = 3
"""How many other documents with the same words an attribution names; the JSON form has more."""


def question_markup(question: str) -> str:
    """A person's question."""
    return f'<div class="fn-question">{escape(question)}</div>'


def waiting_markup(
    passages: int | None = None, standalone: str | None = None, searched: Searched | None = None
) -> str:
    """What stands in the answer's place until its first sentence: what is being read."""
    doing = "Searching the library" if passages is None else f"Reading {counted(passages, 'passage')}"
    return f'<div class="fn-waiting">{_above(standalone, searched)}{doing}…</div>'


def failure_markup(message: str) -> str:
    """A sentence that says why there is neither an answer nor an abstention."""
    sentence = f"{message[:1].upper()}{message[1:].removesuffix('.')}."
    return f'<div class="fn-failure">{escape(sentence)}</div>'


def answer_markup(answer: Answer, given: Judgement | None = None) -> str:
    """The whole answer: quoted sentences with footnote marks, by source; or the abstention.

    Args:
        answer: the answer.
        given: what a person said of it before.
    """
    end = f"{checks_markup(answer)}{actions_markup(answer, given)}</div>"
    if answer.abstained:
        parts = [_opening("fn-abstention", answer), understood_markup(answer.standalone)]
        return "".join([*parts, abstention_markup(answer), end])
    sentences = of_answer(answer)
    note = f'<p class="fn-note">{escape(answer.note)}</p>' if answer.note else ""
    parts = [_opening("fn-answer", answer), _above(answer.standalone, answer.searched), _groups(sentences)]
    return "".join([*parts, disagreements_markup(answer), note, _below(sentences), end])


def streamed_markup(
    text: str,
    citations: Sequence[Citation],
    standalone: str | None = None,
    searched: Searched | None = None,
    stopped: str = "",
) -> str:
    """The part of an answer that has arrived: its cited sentences, then the words not yet cited.

    Args:
        text: the answer's text so far.
        citations: its footnotes so far.
        standalone: what a follow-up was taken to ask.
        searched: what is searched.
        stopped: where no more will arrive, a sentence that says why.
    """
    sentences = arrived(text, citations)
    rest = text[max((cited.answer_end for cited in citations), default=0) :].strip()
    pending = f'<p class="fn-pending">{escape(rest)}</p>' if rest else ""
    note = f'<p class="fn-note">{escape(stopped)}</p>' if stopped else ""
    kind = "fn-answer fn-stopped" if stopped else "fn-answer fn-arriving"
    parts = [_above(standalone, searched), _groups(sentences), pending, note, _below(sentences)]
    return f'<div class="{kind}">{"".join(parts)}</div>'


def understood_markup(standalone: str | None) -> str:
    """What a follow-up was taken to ask; empty where the question was searched for as it was asked."""
    if standalone is None:
        return ""
    return f'<p class="fn-understood">Understood as <q>{escape(standalone)}</q></p>'


def _opening(kind: str, answer: Answer) -> str:
    """The tag that an answer begins with, by which the script knows it and its conversation."""
    within = f" fn-in-{escape(answer.conversation_id)}" if answer.conversation_id else ""
    return f'<div class="{kind}{within}" id="fn-answer-{escape(answer.answer_id)}">'


def _above(standalone: str | None, searched: Searched | None) -> str:
    return understood_markup(standalone) + narrowed_markup(searched)


def _below(sentences: Sequence[ShownSentence]) -> str:
    """What is cited, and the footnotes themselves."""
    return strip_markup([cited for each in sentences for cited in each.citations]) + foot_list_markup(
        sentences
    )


def _groups(sentences: Sequence[ShownSentence]) -> str:
    """Consecutive sentences of the same sources together.

    Each group stands above its attribution, unless all have one source, which the strip below names.
    """
    several = len({source for sentence in sentences for source in sentence.sources}) > 1
    return "".join(
        f'<div class="fn-group">{_runs(group)}{_attributions(group, named=several)}</div>'
        for group in (list(run) for _, run in groupby(sentences, key=lambda sentence: sentence.sources))
    )


def _runs(sentences: Sequence[ShownSentence]) -> str:
    """Sentences of a group in their order: those in words as a paragraph, rows of one table as a table."""
    runs = ((row_of, list(run)) for row_of, run in groupby(sentences, key=lambda sentence: sentence.row_of))
    return "".join(
        f'<p class="fn-sentences">{" ".join(map(_sentence, run))}</p>'
        if row_of is None
        else table_markup(row_of, [CitedRow(sentence.text, _notes(sentence)) for sentence in run])
        for row_of, run in runs
    )


def _sentence(sentence: ShownSentence) -> str:
    words = escape(sentence.text)
    verbatim = any(map(sentence.repeats, sentence.citations))
    shown = f'<q class="fn-quote">{words}</q>' if verbatim else f'<span class="fn-claim">{words}</span>'
    if sentence.verdict == "unsupported":
        shown = f"<s>{shown}</s>"
    return f"{shown}{_notes(sentence)}"


def _notes(sentence: ShownSentence) -> str:
    """The sentence's footnote marks, and a label where what they lead to does not carry it."""
    marks = "".join(map(mark_markup, sentence.citations))
    label = VERDICTS[sentence.verdict]
    return f'{marks} <span class="fn-doubt">{label}</span>' if label else marks


def _attributions(sentences: Sequence[ShownSentence], *, named: bool) -> str:
    """A line for each document that the sentences cite, where they are ``named``; and its copies."""
    sources = by_source(cited for sentence in sentences for cited in sentence.citations)
    return "".join(
        (f'<p class="fn-source">{source_markup(cited)}</p>' if named else "") + _copies(cited)
        for cited in sources
    )


def _copies(cited: Iterable[Citation]) -> str:
    """A line that names the other documents that have the same words, each once."""
    copies = {
        copy.document_id: copy for citation in reversed(list(cited)) for copy in reversed(citation.also_in)
    }
    if not copies:
        return ""
    named = list(reversed(copies.values()))
    links = ", ".join(
        f'<a class="fn-copy" href="{source_target(copy)}">{escape(copy.title)}</a>'
        for copy in named[:SHOWN_COPIES]
    )
    rest = len(named) - SHOWN_COPIES
    more = f" and {counted(rest, 'other report')}" if rest > 0 else ""
    return f'<p class="fn-copies">The same words are in {links}{more}.</p>'
