"""An HTML export is self-contained, its footnote links lead both ways, and text of documents is inert."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

from hypothesis import given, settings

from rag.answers import Answer
from tests.support.examples import up_to
from tests.support.exports import ASKED, answers_of_any_words, exported, exported_conversation, full_answer
from ui.export import HTML

TAGS = frozenset(
    {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "section", "p", "span", "s", "sup"}
    | {"strong"}
    | {"a", "ul", "ol", "li", "table", "caption", "thead", "tbody", "tr", "th", "td", "q", "dl", "dt", "dd"}
)

SHOWN = (
    '<h1 dir="auto">How many were *arrested*?</h1>',
    '<p class="first-line" dir="auto"><strong>1,043</strong> in *thousands* · Arrests › Monday · 2025</p>',
    '<p dir="auto"><span class="sentence">Police arrested 1,043 people on Monday.<sup><a href="#note-1"',
    ' id="mark-1-1" aria-label="Footnote 1">1</a></sup></span> <span class="sentence">The third gate',
    '<span class="doubt">(paraphrased)</span>',
    "<s>Nobody knows why.</s>",
    '<td dir="auto">12</td><td dir="auto">Report 2 (version 2, superseded)</td><td dir="auto">undated</td>',
    '<td><a href="#note-2">2</a></td>',
    '<q class="quote" dir="auto">“Police arrested 1,043 people on Monday.”</q>',
    '<span class="headings" dir="auto">Headings: Table 1 Gate · Opened · Shut</span>',
    ">— Report 1, The Office, 18 July 2025, page 3, 1.md, version 2</span>",
    f"<dt>Prompt digest</dt><dd>{'c' * 64}</dd>",
)


class Elements(HTMLParser):
    """The elements of a page and their attributes, in order."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.comments: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def values(self, name: str) -> Iterator[str]:
        return (value for _, attributes in self.found if (value := attributes.get(name)) is not None)


def written(made: Answer) -> str:
    return exported(HTML, made).decode()


def test_it_has_all_that_the_answer_has() -> None:
    page = written(full_answer())
    assert [shown for shown in SHOWN if shown not in page] == []


def test_a_page_has_an_article_for_each_question_whose_footnotes_lead_back_to_each_mark() -> None:
    page = exported_conversation(HTML).decode()
    headings = [line for line in page.splitlines() if line.startswith(("<h1", "<h2", "<h3"))]
    assert headings == [
        '<h1 dir="auto">Arrests &amp; &lt;gates&gt; *2031*</h1>',
        '<h2 dir="auto">How many were *arrested*?</h2>',
        "<h3>Remarks</h3>",
        "<h3>Different figures</h3>",
        "<h3>About this answer</h3>",
        '<h2 dir="auto">Who *won*?</h2>',
        "<h3>No answer</h3>",
        "<h3>Remarks</h3>",
        "<h3>About this answer</h3>",
        '<h2 dir="auto">And the gates?</h2>',
        "<h3>About this answer</h3>",
        "<h2>Footnotes</h2>",
    ]
    assert page.count('<article class="exchange">') == page.count("</article>") == 3
    assert page.index('</article>\n<section class="notes">') > page.index(ASKED)
    note = page[page.index('<li id="note-2"') : page.index('<li id="note-3"')]
    assert 'href="#mark-2-1"' in note
    assert 'href="#mark-2-2"' in note
    assert "<title>Arrests &amp; &lt;gates&gt; *2031*</title>" in page


def test_nothing_is_fetched_and_nothing_runs() -> None:
    page = Elements(written(full_answer()))
    assert {tag for tag, _ in page.found} == TAGS
    assert not list(page.values("src"))
    assert [value for value in page.values("href") if not value.startswith("#")] == []
    assert not [name for _, attributes in page.found for name in attributes if name.startswith("on")]
    [policy] = [given["content"] for tag, given in page.found if given.get("http-equiv")]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_each_mark_leads_to_its_footnote_and_back() -> None:
    page = Elements(written(full_answer()))
    names = list(page.values("id"))
    assert names == ["mark-1-1", "mark-2-1", "mark-1-2", "note-1", "note-2"]
    targets = [value.removeprefix("#") for value in page.values("href")]
    assert targets == [
        *["note-1", "note-2", "note-1"],
        *["note-1", "note-2"],
        *["mark-1-1", "mark-1-2", "mark-2-1"],
    ]


@given(answers_of_any_words())
@settings(max_examples=up_to(60))
def test_words_of_documents_and_persons_are_no_markup(made: Answer) -> None:
    page = Elements(written(made))
    assert {tag for tag, _ in page.found} <= TAGS
    assert page.comments == []
    assert all(value.startswith(("#note-", "#mark-")) for value in page.values("href"))
