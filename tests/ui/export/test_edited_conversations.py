"""An exported conversation with an edit, an addition or an omission does not hold, in any format."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.exports import ANSWERS, ASKED, FIRST, SHEETS, edited_as, faults, read_as, written_as
from ui.export import FORMATS, Format
from ui.export.comparison import check_kept

each_format = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)


@each_format
@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (
            "And the gates",
            "Why the gates",
            f"answer 3: its question is not the one that was asked: “{ASKED}”",
        ),
        (
            "No sentence answers",
            "The mayor won",
            "answer 2: its reason for having no answer is not that of the library; export it again",
        ),
        (
            "Nobody knows",
            "Everybody knows",
            "answer 1: its sentences are not those of the answer that the library keeps; export it again",
        ),
        (
            "people arrested",
            "people freed",
            (
                "answer 1: its different figures are not those of the answer that the library keeps; export "
                "it again"
            ),
        ),
    ],
)
def test_what_was_edited_is_named_with_its_answer(form: Format, old: str, new: str, found: str) -> None:
    assert faults(edited_as(form, old, new)) == [found]


@each_format
def test_an_edited_title_is_found(form: Format) -> None:
    exported = edited_as(form, "2031", "2032")
    if form.suffix == "html":
        # In HTML, the first occurrence is in the title element, before the heading.
        assert "Arrests & <gates> *2032*" in exported.answers[0].claims[0].text
        return
    assert faults(exported) == [
        "its title is not the one that it was exported with: “Arrests & <gates> *2032*”"
    ]


SPLIT: dict[str, tuple[str, str]] = {
    "md": ("## And the gates?", "And the gates?"),
    "html": ('<article class="exchange">\n<h2 dir="auto">And the gates?</h2>', "<div>And the gates?"),
    "docx": ('w:val="Heading1"/></w:pPr><w:r><w:t>And', 'w:val="Normal"/></w:pPr><w:r><w:t>And'),
}


@each_format
def test_an_answer_that_went_or_came_is_found(form: Format) -> None:
    less = edited_as(form, *SPLIT[form.suffix])
    assert "it has 2 answers where it was exported with 3; export it again" in faults(less)
    data = written_as(form, *ANSWERS, ANSWERS[-1])
    with_one_more = replace(read_as(form, data), manifest=read_as(form, written_as(form)).manifest)
    assert "it has 4 answers where it was exported with 3; export it again" in faults(with_one_more)


ADDED: dict[str, list[tuple[str, str]]] = {
    "md": [
        ("## How many", "It rained.\n\n## How many"),
        ("## How many", "# It rained.\n\n## How many"),
        ("## How many", "### No answer\n\nIt rained.\n\n## How many"),
        ("## And", "## It rained.\n\n## And"),
        ("## And", "#### It rained.\n\n## And"),
        ("[^1]: ", "It rained.\n\n[^1]: "),
        ("[^1]: ", "## Footnotes\n\nIt rained.\n\n[^1]: "),
    ],
    "html": [
        ("<article", "<p>It rained.</p><article"),
        ("<article", '<section class="no-answer"><h2>No answer</h2><p>It rained.</p></section><article'),
        (
            "<article",
            '<section class="remarks"><h2>Remarks</h2><ul><li>It rained.</li></ul></section><article',
        ),
        ("</article>", "</article>It rained."),
        ("</article>", "<article><p>It rained.</p></article></article>"),
        (
            "</article>",
            '<article><section class="about"><dl><dd>It rained.</dd></dl></section></article></article>',
        ),
        ("</article>", "</article><article><h2>It rained.</h2></article>"),
        ("<h2 ", "<h2>It rained.</h2><h2 "),
        ("</h1>", "</h1><h1>It rained.</h1>"),
    ],
    "docx": [
        ("<w:body>", "<w:body><w:p><w:r><w:t>It rained.</w:t></w:r></w:p>"),
        ("</w:tbl>", "</w:tbl><w:p><w:r><w:t>It rained.</w:t></w:r></w:p>"),
        *(
            (
                "<w:body>",
                (
                    f'<w:body><w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>'
                    f"<w:r><w:t>{words}</w:t></w:r></w:p>"
                    "<w:p><w:r><w:t>It rained.</w:t></w:r></w:p>"
                ),
            )
            for style, words in (("Heading1", "Why?"), ("Heading2", "No answer"), ("Heading2", "Remarks"))
        ),
    ],
}


@pytest.mark.parametrize(
    ("form", "old", "new"), [(form, *change) for form in FORMATS for change in ADDED[form.suffix]]
)
def test_words_that_were_added_anywhere_are_found(form: Format, old: str, new: str) -> None:
    exported = edited_as(form, old, new)
    claimed = any("It rained." in claim.text and not claim.footnotes for claim in exported.claims)
    asked = any("It rained." in own.question for own in exported.answers)
    assert claimed or asked
    assert faults(exported) != []


@each_format
def test_what_an_answer_cited_that_is_kept_no_more_is_left_to_the_documents(form: Format) -> None:
    exported = read_as(form, written_as(form))
    assert list(check_kept(exported, [None, *SHEETS[1:]])) == []
    assert list(check_kept(exported, [None, None, None])) == []
    other = edited_as(form, FIRST, f"{FIRST} It rained.")
    assert list(check_kept(other, [None, *SHEETS[1:]])) == []
    assert "answer 1" in " ".join(check_kept(other, [SHEETS[0], None, None]))
