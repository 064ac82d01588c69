"""The list of an answer's footnotes: each with its words, where they stand, and what was found of it.

It is there for who reads it, and for the script: the card beside a footnote's mark is a copy of its entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.answers import Citation, Verdict
from ui.page.locales import Locale
from ui.page.markup.attribution import badge_markup, facts_markup, title_markup
from ui.page.markup.escaping import escape
from ui.page.markup.places import source_target
from ui.page.markup.sentences import ShownSentence
from ui.page.markup.tables import CitedRow, table_markup

_WORST: tuple[Verdict, ...] = ("unsupported", "partial", "supported")
_VERDICTS: Mapping[Verdict, str] = {
    "supported": "foot.supported",
    "partial": "foot.partial",
    "unsupported": "foot.unsupported",
}
_REASONED: Mapping[Verdict, str] = {
    "supported": "foot.supported",
    "partial": "foot.partialFor",
    "unsupported": "foot.unsupportedFor",
}
"""The same, where there is a reason."""


def foot_list_markup(sentences: Sequence[ShownSentence], locale: Locale) -> str:
    """The footnotes by number, folded up; empty where there are none."""
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
    """One footnote; where several sentences rest on it, the worst of what was found of them."""
    sentence, cited = min(uses, key=lambda use: _WORST.index(use[1].verification.verdict))
    verdict = cited.verification.verdict
    number = f'<a class="fn-foot-number" href="{source_target(cited)}">[{cited.id}]</a>'
    facts = facts_markup(cited, [cited.page], locale, recognised=cited.recognised)
    source = f"{title_markup(cited, 'fn-foot-title')}{facts}{badge_markup(cited, locale)}"
    return (
        f'<li class="fn-foot fn-foot-{cited.id} fn-{verdict}">{number}<div class="fn-foot-body">'
        f'{_words(cited)}<p class="fn-foot-source">{source}</p>'
        f'<p class="fn-foot-verdict">{escape(_verdict(sentence, cited, locale))}</p></div></li>'
    )


def _words(cited: Citation) -> str:
    if cited.headings is None:
        return f'<p class="fn-foot-words"><q class="fn-foot-quote">{escape(cited.quote)}</q></p>'
    return table_markup(cited.headings, [CitedRow(cited.quote, "")])


def _verdict(sentence: ShownSentence, cited: Citation, locale: Locale) -> str:
    verdict, reason = cited.verification.verdict, cited.verification.reason
    if verdict == "supported" and sentence.repeats(cited):
        return locale.text("foot.verbatim")
    if reason is None:
        return locale.text(_VERDICTS[verdict])
    return locale.text(_REASONED[verdict], reason=reason)
