"""Markup as a browser reads it, and answers to render."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser
from unicodedata import category

from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag.answers import Answer, AnswerSentence, Citation, Passage, Verification
from rag.conversations.store import StoredText
from ui.page.head import locale_in

ENGLISH = locale_in("en")

texts = st.text(
    st.one_of(
        st.sampled_from("<>&\"'`*_#[]()!$\\|~-+=:;/@.{}\n\r\t "),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=80,
)


class Page(HTMLParser):
    """Markup parsed as by a browser: its tags, its links, and the text by class."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[tuple[str, str | None]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        # Gradio first renders the markup as Markdown, and the browser reads the result.
        self.feed(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markup))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self._open.append((given.get("class") or tag).split()[0])
        if tag == "a":
            self.links.append((given.get("href") or "", given.get("title")))

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.append((self._open[-1], data))

    def text_of(self, name: str) -> list[str]:
        """The pieces of text directly in the elements whose first class is ``name``."""
        return [text for owner, text in self.texts if owner == name]


def above(markup: str) -> str:
    """An answer's markup up to the end of its sentences, without sources, footnotes and buttons."""
    return markup.partition('<div class="fn-strip">')[0].partition('<div class="fn-actions">')[0]


def shown(text: str) -> str:
    """``text`` as HTML shows it: control characters, except tabs and line ends, are replaced."""
    return "".join("\ufffd" if category(c) == "Cc" and c not in "\t\n\r" else c for c in text)


def citation(number: int, quote: str, document_id: int = 1, page: int | None = None, at: int = 0) -> Citation:
    return Citation(
        id=number,
        answer_start=at,
        answer_end=at + len(quote),
        document_id=document_id,
        version=2,
        title=f"Report {document_id}",
        publisher="The Office",
        author=None,
        published="2025-07-18",
        path=f"{document_id}.md",
        page=page,
        start=100,
        end=100 + len(quote),
        quote=quote,
        boxes=(),
        verification=Verification("supported", quote_matches=True, figures_match=True, score=1.0),
    )


def passage(text: str, shortfall: str | None = None) -> Passage:
    return Passage(
        document_id=7,
        version=1,
        title="Nearest report",
        publisher=None,
        author=None,
        published="2025-03",
        path="7.md",
        page=4,
        start=10,
        end=10 + len(text),
        text=text,
        score=0.5,
        shortfall=shortfall,
    )


def answer(*citations: Citation, text: str | None = None) -> Answer:
    words = text if text is not None else "".join(cited.quote for cited in citations)
    return Answer(
        answer_id="0" * 32,
        question="?",
        text=words,
        abstained=False,
        reason=None,
        cause=None,
        note=None,
        sentences=tuple(
            AnswerSentence(
                cited.answer_start,
                cited.answer_end,
                (cited.id,),
                cited.verification.verdict,
                cited.verification.reason,
            )
            for cited in citations
        ),
        citations=citations,
        passages=(),
        answerability=0.9,
        model="quoted",
        generation=1,
        created="2031-08-02T10:00:00+00:00",
    )


def abstention(*passages: Passage) -> Answer:
    return replace(
        answer(text="No sentence answers."),
        abstained=True,
        reason="No sentence answers.",
        cause="not_answered",
        passages=passages,
    )


def bodies(stored: Iterable[StoredText]) -> list[str]:
    return [text for _, text in stored]
