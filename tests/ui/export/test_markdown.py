"""A Markdown export shows text of documents literally."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from index.records import Filters
from rag.answers import Answer, Searched
from rag.visible_text import visible
from tests.support.examples import up_to
from tests.support.exports import answers_of_any_words, exported, exported_conversation, full_answer
from tests.support.markup import abstention, passage, texts
from ui.export import FORMATS
from ui.export.markdown import escape_markdown

MARKDOWN = FORMATS[0]

SECTIONS = """\
**1,043** in \\*thousands\\* · Arrests › Monday · 2025

Police arrested 1,043 people on Monday.[^1]
The third gate of the dam failed: Opened = 12; Shut = 30[^2][^1] *(paraphrased)*

~~Nobody knows why.~~ *(not supported)*

## Remarks

- Not mentioned in the sentences cited: “why”.
- (paraphrased) “The third gate of the dam failed: Opened = 12; Shut = 30”: “12” has no unit
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
"""
"""The answer of both exports."""

FULL = f"""\
# How many were \\*arrested\\*?

{SECTIONS}
[^1]: “Police arrested 1,043 people on Monday.”
    — Report 1, The Office, 18 July 2025, page 3, 1.md, version 2

[^2]: The third gate of the dam failed: Opened = 12; Shut = 30
    Headings: Table 1 Gate · Opened · Shut
    — Report 2, The Office, 18 July 2025, 2.md, version 2
"""

CONVERSATION = f"""\
# Arrests \\& \\<gates\\> \\*2031\\*

## How many were \\*arrested\\*?

{SECTIONS.replace("## ", "### ")}
## Who \\*won\\*?

### No answer

No sentence answers.

### Remarks

- Nearest passage: Nearest report, March 2025, page 4, 7.md, version 1: it has no figure
- Ask in the words of the reports, or add a report that answers this.

### About this answer

- Answer: 0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b
- Model: quoted: the reports' own sentences
- Library generation: 1
- Made: 2031-08-02T10:00:00+00:00

## And the gates?

The third gate of the dam failed · 12 · 30[^2]
Police arrested 1,043 people on Monday.[^3]

### About this answer

- Answer: 0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c
- Model: quoted: the reports' own sentences
- Library generation: 1
- Made: 2031-08-02T10:00:00+00:00

[^1]: “Police arrested 1,043 people on Monday.”
    — Report 1, The Office, 18 July 2025, page 3, 1.md, version 2

[^2]: “The third gate of the dam failed · 12 · 30”
    — Report 2, The Office, 18 July 2025, 2.md, version 2

[^3]: “Police arrested 1,043 people on Monday.”
    — Report 2, The Office, 18 July 2025, 2.md, version 2
"""


def written(made: Answer) -> str:
    return exported(MARKDOWN, made).decode()


def test_it_has_all_that_the_answer_has() -> None:
    assert written(full_answer()) == FULL


def test_a_conversation_has_questions_as_headings_and_one_list_of_footnotes() -> None:
    assert exported_conversation(MARKDOWN).decode() == CONVERSATION


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
@settings(max_examples=up_to(60))
def test_words_of_documents_and_persons_are_no_markup(made: Answer) -> None:
    body = re.sub(r"(?m)^\[\^.*\n|^    .*\n", "", written(made))
    markup = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(body)
    allowed = {"h1", "h2", "p", "ul", "li", "s", "em", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert set(re.findall(r"<(\w+)", markup)) <= allowed
    assert "<!--" not in markup
