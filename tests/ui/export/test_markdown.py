"""A Markdown export shows text of documents literally, and an edit of it is found."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from index.records import Filters
from rag.answers import Answer, Searched
from rag.conversations.export_check import Claim
from rag.visible_text import visible
from tests.support.exports import DIGESTS, FIRST, answers_of_any_words, full_answer
from tests.support.markup import abstention, answer, citation, passage, texts
from ui.export import MARKDOWN, Exported, export, read_export
from ui.export.markdown import escape_markdown

FULL = """\
# How many were \\*arrested\\*?

**1,043** in \\*thousands\\* · Arrests › Monday · 2025

Police arrested 1,043 people on Monday.[^1]
The third gate of the dam failed · 12 · 30[^2][^1] *(paraphrased)*

~~Nobody knows why.~~ *(not supported)*

## Remarks

- Not mentioned in the sentences cited: “why”.
- (paraphrased) “The third gate of the dam failed · 12 · 30”: “12” has no unit
- (not supported) “Nobody knows why.”: nothing is cited
- Left out, as not supported: “The mayor fled.”: “mayor” is not in the cited sentence

## Different figures

people arrested

| Figure | Source | Date | Footnote |
|---|---|---|---|
| 1,043 | Report 1 | 18 July 2025 | [^1] |
| 12 | Report 2 (version 2, superseded) | undated | [^2] |

## About this answer

- Answer: 00000000000000000000000000000000
- Searched for: And on Monday?
- Asked as: How many people were arrested on Monday?
- Model: a-model
- Library generation: 1
- Made: 2031-08-02T10:00:00+00:00
- Prompt digest: cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc

[^1]: “Police arrested 1,043 people on Monday.”
    — Report 1, The Office, 18 July 2025, page 3, 1.md, version 2

[^2]: “The third gate of the dam failed · 12 · 30”
    Headings: Table 1 Gate · Opened · Shut
    — Report 2, The Office, 18 July 2025, 2.md, version 2

<!-- footnoted {"format":1,"answer_id":"00000000000000000000000000000000","generation":1,\
"sentences":[[1],[2,1],[]],"footnotes":[\
{"number":1,"document_id":1,"version":2,"digest":"AAA","start":100,"end":139},\
{"number":2,"document_id":2,"version":2,"digest":"BBB","start":100,"end":142}]} -->
""".replace("AAA", "a" * 64).replace("BBB", "b" * 64)


def written(made: Answer) -> str:
    return export(made, MARKDOWN, DIGESTS).decode()


def read(text: str) -> Exported:
    return read_export(text.encode(), Path("answer.md"))


def test_it_has_all_that_the_answer_has() -> None:
    assert written(full_answer()) == FULL


def test_an_abstention_says_why_and_names_the_nearest_passage_and_what_to_try() -> None:
    near = [passage("Words.", "it has no figure"), passage("Others.", "it has no date"), passage("More.")]
    narrowed = replace(abstention(*near), searched=Searched(3, Filters(kinds=("pdf",))))
    remarks = written(narrowed).partition("## Remarks\n\n")[2].partition("\n\n")[0]
    assert remarks.splitlines() == [
        "- Nearest passage: Nearest report, March 2025, page 4, 7.md, version 1: it has no figure",
        "- Other passages read: 2",
        "- Remove a filter and ask again.",
    ]
    assert written(narrowed).startswith("# ?\n\n## No answer\n\nNo sentence answers.\n\n## Remarks\n\n")


@pytest.mark.parametrize(
    ("words", "escaped"),
    [
        ("Rose by 3.5 % to 1,043 (2025-07-18).", "Rose by 3.5 % to 1,043 (2025-07-18)."),
        ("- item", "\\- item"),
        ("12. item", "12\\. item"),
        ("12) item", "12\\) item"),
        ("+ item", "\\+ item"),
        (": term", "\\: term"),
        ("[^1] <b> [a](b)", "\\[\\^1\\] \\<b\\> \\[a\\](b)"),
        ("see http://x.org, www.x.org, a@x.org", "see http\\://x.org, www\\.x.org, a\\@x.org"),
        (":smile: at 10:00:30", "\\:smile: at 10:00:30"),
        ("a == b ++ c", "a \\=\\= b \\+\\+ c"),
        ("back\\slash", "back\\\\slash"),
    ],
)
def test_words_are_escaped_where_they_could_act(words: str, escaped: str) -> None:
    assert escape_markdown(words) == escaped


@given(texts)
def test_escaped_words_are_shown_as_they_are_and_make_nothing(words: str) -> None:
    words = visible(words)
    markup = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(escape_markdown(words))
    assert set(re.findall(r"<(\w+)", markup)) <= {"p"}


@given(answers_of_any_words())
@settings(max_examples=60)
def test_words_of_documents_and_persons_are_no_markup(made: Answer) -> None:
    body = re.sub(r"(?m)^\[\^.*\n|^    .*\n|^<!--.*\n", "", written(made))
    markup = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(body)
    allowed = {"h1", "h2", "p", "ul", "li", "s", "em", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert set(re.findall(r"<(\w+)", markup)) <= allowed
    assert "<!--" not in markup


@pytest.mark.parametrize(
    ("old", "new", "claim"),
    [
        (
            "1,043 people on Monday.[",
            "9,043 people on Monday.[",
            Claim("Police arrested 9,043 people on Monday.", (1,)),
        ),
        ("Police arrested 1,043", "Police **arrested** 1,043", Claim(FIRST, (1,))),
        ("Monday.[^1]", "Monday.", Claim(FIRST, ())),
        ("Monday.[^1]", "Monday.\\[^1]", Claim(f"{FIRST}[^1]", ())),
        ("Monday.[^1]", "Monday. It rained.[^1]", Claim(f"{FIRST} It rained.", (1,))),
        ("Monday.[^1]", "Monday.[^1] It rained.", Claim("It rained.", ())),
        ("Monday.[^1]", "Monday.[^1] *(It rained.)*", Claim("(It rained.)", ())),
        ("Monday.[^1]", "Monday.[^1] <!-- It rained. -->", Claim("<!-- It rained. -->", ())),
        ("## Remarks", "> It rained.\n\n## Remarks", Claim("> It rained.", ())),
        ("## About this answer", "## Weather\n\nIt rained.\n\n## About this answer", Claim("It rained.", ())),
        ("<!-- footnoted", "It rained.\n\n<!-- footnoted", Claim("It rained.", ())),
        ("~~Nobody knows why.~~", "Nobody knows why.", Claim("Nobody knows why.", (), "unsupported")),
        ("~~Nobody knows why.~~ *(not supported)*", "Nobody knows why.", Claim("Nobody knows why.", ())),
    ],
)
def test_what_was_edited_is_read_as_it_now_stands(old: str, new: str, claim: Claim) -> None:
    assert FULL.count(old) >= 1
    assert claim in read(FULL.replace(old, new, 1)).claims


@pytest.mark.parametrize(
    ("old", "new"),
    [("“Police arrested 1,043", "“Police arrested 9,043"), ("Monday.”", "Monday, it is said.”")],
)
def test_an_edited_quote_is_read_as_it_now_stands(old: str, new: str) -> None:
    edited = read(FULL.replace(old, new))
    assert edited.footnotes[0].quote == (f"“{FIRST}”".replace(old, new))[1:-1]
    assert edited.claims[0] == Claim(FIRST, (1,))


def test_windows_lines_and_a_byte_order_mark_change_nothing() -> None:
    windows = b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode()
    assert read_export(windows, Path("answer.md")) == read(FULL)


def test_a_quote_of_one_word_is_no_reference() -> None:
    edited = read(written(answer(citation(1, "Yes"))))
    assert [note.quote for note in edited.footnotes] == ["Yes"]
