"""The sentences of an answer with their footnotes, and the markup of the list of footnotes.

The page's script shows a card beside a footnote's mark: a copy of the footnote's entry in the list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rag.answers import Answer, Citation
from rag.verdicts import VERDICTS, Verdict
from ui.page.locales import Locale
from ui.page.markup.sources import badge_markup, facts_markup, source_target, title_link
from ui.page.markup.tables import cited_row, table_markup
from ui.page.markup.text import escape, quoted_markup


@dataclass(frozen=True, slots=True)
class ShownSentence:
    """A sentence of the answer with its footnotes.

    Attributes:
        text: the sentence.
        citations: the footnotes.
        verdict: the result of checking the sentence.
        begins_line: whether a line break precedes the sentence, as before each item of a list.
    """

    text: str
    citations: tuple[Citation, ...]
    verdict: Verdict
    begins_line: bool = False

    @property
    def sources(self) -> tuple[tuple[int, int], ...]:
        """The ids and versions of the cited documents, each pair once, in the order of the footnotes."""
        return tuple(dict.fromkeys((cited.document_id, cited.version) for cited in self.citations))

    @property
    def row(self) -> Citation | None:
        """The footnote whose quote the sentence repeats, if this is a row of a table; None for prose."""
        repeated = next((cited for cited in self.citations if self.repeats(cited)), None)
        return repeated if repeated and repeated.headings is not None else None

    def repeats(self, cited: Citation) -> bool:
        """Return whether the sentence equals the quote of ``cited``, regardless of white space."""
        return self.text.split() == cited.quote.split()


def answer_sentences(answer: Answer) -> list[ShownSentence]:
    """Return the sentences of a finished answer, with their footnotes."""
    return [
        ShownSentence(
            answer.text[sentence.start : sentence.end],
            answer.cited_by(sentence),
            sentence.verdict,
            _begins_line(answer.text, sentence.start),
        )
        for sentence in answer.sentences
    ]


def streamed_sentences(text: str, citations: Sequence[Citation]) -> list[ShownSentence]:
    """Return the sentences of a partial answer that already have footnotes."""
    return [
        ShownSentence(text[start:end], tuple(cited), verdict, _begins_line(text, start))
        for (start, end, verdict), cited in groupby(
            citations,
            key=lambda cited: (cited.answer_start, cited.answer_end, cited.verification.verdict),
        )
    ]


def _begins_line(text: str, start: int) -> bool:
    return text[:start].endswith("\n")


_WORST = VERDICTS[::-1]
_VERDICTS: Mapping[Verdict, str] = {
    "quoted": "foot.verbatim",
    "supported": "foot.supported",
    "paraphrased": "foot.paraphrased",
    "unsupported": "foot.unsupported",
}
_REASONED: Mapping[Verdict, str] = {
    "quoted": "foot.verbatim",
    "supported": "foot.supported",
    "paraphrased": "foot.paraphrasedFor",
    "unsupported": "foot.unsupportedFor",
}
"""The key of the string for each verdict that is shown with its reason."""


def foot_list_markup(sentences: Sequence[ShownSentence], locale: Locale) -> str:
    """Return the markup of a collapsed list of the footnotes, sorted by number; empty if there are none."""
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
    """Return the markup of one footnote, with the worst verdict of the sentences that have this footnote."""
    sentence, cited = min(uses, key=lambda use: _WORST.index(use[1].verification.verdict))
    verdict = cited.verification.verdict
    number = f'<a class="fn-foot-number" href="{source_target(cited)}">[{cited.id}]</a>'
    facts = facts_markup(cited, [cited.page], locale, recognised=cited.recognised)
    source = f"{title_link(cited, 'fn-foot-title')}{facts}{badge_markup(cited, locale)}"
    return (
        f'<li class="fn-foot fn-foot-{cited.id} fn-{verdict}">{number}<div class="fn-foot-body">'
        f'{_words(cited)}<p class="fn-foot-source">{source}</p>'
        f'<p class="fn-foot-verdict">{escape(_verdict(sentence, cited, locale))}</p></div></li>'
    )


def _words(cited: Citation) -> str:
    if cited.headings is None:
        return f'<p class="fn-foot-words"><q class="fn-foot-quote">{quoted_markup(cited.quote)}</q></p>'
    return table_markup(cited.headings, [cited_row(cited)])


def _verdict(sentence: ShownSentence, cited: Citation, locale: Locale) -> str:
    verdict, reason = cited.verification.verdict, cited.verification.reason
    if verdict == "supported" and sentence.repeats(cited):
        return locale.text("foot.verbatim")
    if reason is None:
        return locale.text(_VERDICTS[verdict])
    return locale.text(_REASONED[verdict], reason=reason)
