"""Answer → markup that a sanitised Markdown view shows, with everything of a document escaped.

What a document or a person wrote is data, and is escaped (:mod:`ui.escaping`). The markup of one message is
a single line that begins with a block tag, so that CommonMark takes the whole of it as one HTML block and
parses nothing inside (https://spec.commonmark.org/0.31.2/#html-blocks).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rag.answers import Answer, Citation, Passage, Verdict
from ui.checks import checks_markup, disagreements_markup
from ui.escaping import escape
from ui.excerpts import SHOWN_PASSAGES, excerpt
from ui.naming import RECOGNISED, VERDICTS, source_facts
from ui.places import mark_markup, source_target
from ui.tables import CitedRow, table_markup

SHOWN_COPIES = 3
"""How many other documents with the same words an attribution names; the JSON form has more."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of the answer with the footnotes that stand behind it."""

    text: str
    citations: tuple[Citation, ...]
    verdict: Verdict

    @property
    def sources(self) -> tuple[tuple[int, int], ...]:
        """The cited documents and their versions, each once, in the order of the footnotes."""
        return tuple(dict.fromkeys((cited.document_id, cited.version) for cited in self.citations))

    @property
    def row_of(self) -> str | None:
        """Where the sentence is a table's row, the table's caption and headings; else None."""
        return next((cited.headings for cited in self.citations if self.repeats(cited)), None)

    def repeats(self, cited: Citation) -> bool:
        """Whether the sentence is the quoted words themselves."""
        return self.text.split() == cited.quote.split()


def question_markup(question: str) -> str:
    """A person's question."""
    return f'<div class="fn-question">{escape(question)}</div>'


def waiting_markup(passages: int | None = None, standalone: str | None = None) -> str:
    """What stands in the answer's place until its first sentence: what is being read."""
    doing = "Searching the library" if passages is None else f"Reading {_counted(passages, 'passage')}"
    return f'<div class="fn-waiting">{understood_markup(standalone)}{doing}…</div>'


def failure_markup(message: str) -> str:
    """A sentence that says why there is neither an answer nor an abstention."""
    sentence = f"{message[:1].upper()}{message[1:].removesuffix('.')}."
    return f'<div class="fn-failure">{escape(sentence)}</div>'


def answer_markup(answer: Answer) -> str:
    """The whole answer: quoted sentences with footnote marks, by source; or the abstention."""
    if answer.abstained:
        return _abstention(answer)
    sentences = [
        _Sentence(answer.text[sentence.start : sentence.end], answer.cited_by(sentence), sentence.verdict)
        for sentence in answer.sentences
    ]
    note = f'<p class="fn-note">{escape(answer.note)}</p>' if answer.note else ""
    parts = [understood_markup(answer.standalone), _groups(sentences), disagreements_markup(answer), note]
    return f'<div class="fn-answer">{"".join(parts)}{checks_markup(answer)}</div>'


def understood_markup(standalone: str | None) -> str:
    """What a follow-up was taken to ask; empty where the question was searched for as it was asked."""
    if standalone is None:
        return ""
    return f'<p class="fn-understood">Understood as <q>{escape(standalone)}</q></p>'


def streamed_markup(text: str, citations: Sequence[Citation], standalone: str | None = None) -> str:
    """The part of an answer that has arrived: its cited sentences, then the words not yet cited."""
    sentences = [
        _Sentence(text[start:end], tuple(cited), verdict)
        for (start, end, verdict), cited in groupby(
            citations,
            key=lambda cited: (cited.answer_start, cited.answer_end, cited.verification.verdict),
        )
    ]
    rest = text[max((cited.answer_end for cited in citations), default=0) :].strip()
    pending = f'<p class="fn-pending">{escape(rest)}</p>' if rest else ""
    return f'<div class="fn-answer">{understood_markup(standalone)}{_groups(sentences)}{pending}</div>'


def _groups(sentences: Iterable[_Sentence]) -> str:
    """Consecutive sentences of the same sources together, each group above its attribution."""
    return "".join(
        f'<div class="fn-group">{_runs(group)}{_attributions(group)}</div>'
        for group in (list(run) for _, run in groupby(sentences, key=lambda sentence: sentence.sources))
    )


def _runs(sentences: Sequence[_Sentence]) -> str:
    """Sentences of a group in their order: those in words as a paragraph, rows of one table as a table."""
    runs = ((row_of, list(run)) for row_of, run in groupby(sentences, key=lambda sentence: sentence.row_of))
    return "".join(
        f'<p class="fn-sentences">{" ".join(map(_sentence, run))}</p>'
        if row_of is None
        else table_markup(row_of, [CitedRow(sentence.text, _notes(sentence)) for sentence in run])
        for row_of, run in runs
    )


def _sentence(sentence: _Sentence) -> str:
    words = escape(sentence.text)
    verbatim = any(map(sentence.repeats, sentence.citations))
    shown = f'<q class="fn-quote">{words}</q>' if verbatim else f'<span class="fn-claim">{words}</span>'
    if sentence.verdict == "unsupported":
        shown = f"<s>{shown}</s>"
    return f"{shown}{_notes(sentence)}"


def _notes(sentence: _Sentence) -> str:
    """The sentence's footnote marks, and a label where what they lead to does not carry it."""
    marks = "".join(map(mark_markup, sentence.citations))
    label = VERDICTS[sentence.verdict]
    return f'{marks} <span class="fn-doubt">{label}</span>' if label else marks


def _attributions(sentences: Sequence[_Sentence]) -> str:
    """A line for each document that the sentences cite: title · publisher · date · pages."""
    by_source: dict[tuple[int, int], list[Citation]] = {}
    for sentence in sentences:
        for cited in sentence.citations:
            by_source.setdefault((cited.document_id, cited.version), []).append(cited)
    return "".join(_attribution(cited) for cited in by_source.values())


def _attribution(cited: Sequence[Citation]) -> str:
    pages = sorted({citation.page for citation in cited if citation.page is not None})
    facts = _facts(cited[0], pages, recognised=any(citation.recognised for citation in cited))
    return f'<p class="fn-source">{_link(cited[0])}{facts}</p>{_copies(cited)}'


def _copies(cited: Sequence[Citation]) -> str:
    """A line that names the other documents that have the same words, each once."""
    copies = {copy.document_id: copy for citation in reversed(cited) for copy in reversed(citation.also_in)}
    if not copies:
        return ""
    named = list(reversed(copies.values()))
    links = ", ".join(
        f'<a class="fn-copy" href="{source_target(copy)}">{escape(copy.title)}</a>'
        for copy in named[:SHOWN_COPIES]
    )
    rest = len(named) - SHOWN_COPIES
    more = f" and {_counted(rest, 'other report')}" if rest > 0 else ""
    return f'<p class="fn-copies">The same words are in {links}{more}.</p>'


def _link(place: Citation | Passage) -> str:
    return f'<a class="fn-title" href="{source_target(place)}">{escape(place.title)}</a>'


def _facts(place: Citation | Passage, pages: Sequence[int | None], *, recognised: bool) -> str:
    facts = source_facts(place.publisher, place.author, place.published, *pages)
    facts += [RECOGNISED] if recognised else []
    return "".join(f' <span class="fn-fact">{escape(fact)}</span>' for fact in facts)


def _abstention(answer: Answer) -> str:
    reason = escape(answer.reason or answer.text)
    nearest = "".join(map(_nearest, answer.passages[:SHOWN_PASSAGES]))
    listed = f'<p class="fn-nearest">Nearest passages</p><ol>{nearest}</ol>' if nearest else ""
    return (
        f'<div class="fn-abstention">{understood_markup(answer.standalone)}'
        '<p class="fn-none">No answer in this library</p>'
        f'<p class="fn-reason">{reason}</p>{listed}{checks_markup(answer)}</div>'
    )


def _nearest(passage: Passage) -> str:
    facts = _facts(passage, [passage.page], recognised=passage.recognised)
    shortfall = f"This passage {passage.shortfall}." if passage.shortfall else ""
    why = f'<p class="fn-shortfall">{escape(shortfall)}</p>' if shortfall else ""
    words = escape(excerpt(passage.text))
    return f'<li><p class="fn-source">{_link(passage)}{facts}</p><p class="fn-excerpt">{words}</p>{why}</li>'


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
