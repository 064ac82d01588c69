"""An HTML export is self-contained, its footnote links lead both ways, and text of documents is inert."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings

from rag.answers import Answer
from rag.conversations.export_check import Claim
from tests.support.exports import DIGESTS, FIRST, answers_of_any_words, full_answer
from ui.export import HTML, Exported, export, read_export

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
    return export(made, HTML, DIGESTS).decode()


def read(text: str) -> Exported:
    return read_export(text.encode(), Path("answer.html"))


def test_it_has_all_that_the_answer_has() -> None:
    page = written(full_answer())
    assert [shown for shown in SHOWN if shown not in page] == []


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
@settings(max_examples=60)
def test_words_of_documents_and_persons_are_no_markup(made: Answer) -> None:
    page = Elements(written(made))
    assert {tag for tag, _ in page.found} <= TAGS
    assert page.comments == []
    assert all(value.startswith(("#note-", "#mark-")) for value in page.values("href"))


@pytest.mark.parametrize(
    ("old", "new", "claim"),
    [
        (
            "1,043 people on Monday.<sup>",
            "9,043 people on Monday.<sup>",
            Claim(FIRST.replace("1", "9", 1), (1,)),
        ),
        (">Police arrested", "><b>Police</b> arrested", Claim(FIRST, (1,))),
        ('Monday.<sup><a href="#note-1"', 'Monday.<sup><a href="#other"', Claim(f"{FIRST}1", ())),
        ("</section>", "</section><p>It rained.</p>", Claim("It rained.", ())),
        ("<main", "It rained.<main", Claim("It rained.", ())),
        ("<dl>", "<p>It rained.</p><dl>", Claim("It rained.", ())),
        ("</span></p>", "</span><i>It rained.</i></p>", Claim("It rained.", ())),
        ("<s>Nobody knows why.</s>", "Nobody knows why.", Claim("Nobody knows why.", (), "unsupported")),
        ("(paraphrased)", "(well supported)", Claim("(well supported)", ())),
    ],
)
def test_what_was_edited_is_read_as_it_now_stands(old: str, new: str, claim: Claim) -> None:
    page = written(full_answer())
    assert old in page
    assert claim in read(page.replace(old, new, 1)).claims


def test_an_edited_quote_is_read_as_it_now_stands() -> None:
    edited = read(written(full_answer()).replace("“Police arrested 1,043", "“Police arrested <b>9,043</b>"))
    assert edited.footnotes[0].quote == "Police arrested 9,043 people on Monday."
