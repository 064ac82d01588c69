"""The list of an answer's footnotes: each with its words, where they stand, and what was found of it.

It is there for who reads it, and for the script: the card beside a footnote's mark is a copy of its entry.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.answers import Citation, Verdict
from ui.attribution import badge_markup, counted, facts_markup, title_markup
from ui.escaping import escape
from ui.places import source_target
from ui.sentences import ShownSentence
from ui.tables import CitedRow, table_markup

_SAID: dict[Verdict, str] = {
    "supported": "Supported: the sentence says what these words say",
    "partial": "Partly supported",
    "unsupported": "Not supported",
}
_VERBATIM = "Quoted word for word"
_WORST: tuple[Verdict, ...] = ("unsupported", "partial", "supported")


def foot_list_markup(sentences: Sequence[ShownSentence]) -> str:
    """The footnotes by number, folded up; empty where there are none."""
    cited: dict[int, list[tuple[ShownSentence, Citation]]] = {}
    for sentence in sentences:
        for citation in sentence.citations:
            cited.setdefault(citation.id, []).append((sentence, citation))
    if not cited:
        return ""
    items = "".join(_foot(cited[number]) for number in sorted(cited))
    summary = f"<summary>{counted(len(cited), 'footnote')}</summary>"
    return f'<details class="fn-footnotes">{summary}<ol>{items}</ol></details>'


def _foot(uses: Sequence[tuple[ShownSentence, Citation]]) -> str:
    """One footnote; where several sentences rest on it, the worst of what was found of them."""
    sentence, cited = min(uses, key=lambda use: _WORST.index(use[1].verification.verdict))
    verdict = cited.verification.verdict
    number = f'<a class="fn-foot-number" href="{source_target(cited)}">[{cited.id}]</a>'
    facts = facts_markup(cited, [cited.page], recognised=cited.recognised)
    source = f"{title_markup(cited, 'fn-foot-title')}{facts}{badge_markup(cited)}"
    return (
        f'<li class="fn-foot fn-foot-{cited.id} fn-{verdict}">{number}<div class="fn-foot-body">'
        f'{_words(cited)}<p class="fn-foot-source">{source}</p>'
        f'<p class="fn-foot-verdict">{escape(_verdict(sentence, cited))}</p></div></li>'
    )


def _words(cited: Citation) -> str:
    if cited.headings is None:
        return f'<p class="fn-foot-words"><q class="fn-foot-quote">{escape(cited.quote)}</q></p>'
    return table_markup(cited.headings, [CitedRow(cited.quote, "")])


def _verdict(sentence: ShownSentence, cited: Citation) -> str:
    verdict, reason = cited.verification.verdict, cited.verification.reason
    if verdict == "supported":
        return f"{_VERBATIM if sentence.repeats(cited) else _SAID[verdict]}."
    return f"{_SAID[verdict]}: {reason}." if reason else f"{_SAID[verdict]}."
