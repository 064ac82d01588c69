"""An export with an edit or an addition does not hold, in any format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from index.catalog.database import Catalog
from rag.conversations.export_check import Claim, Footnote, Place
from tests.support.exports import DIGESTS, full_answer
from tests.support.reports import version
from ui.export import FORMATS, Exported, Format, export, read_export
from ui.export.comparison import check_footnotes, check_kept, has_figure
from ui.export.exported_answers import FirstLine, lay_out
from ui.export.reader import ReadAnswer, Row

ANSWER = full_answer()
SHEET = lay_out(ANSWER, {})

DIFFERENT = "its different figures are not those of the answer that the library keeps; export it again"

each_format = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)


def read(form: Format, old: str = "", new: str = "", part: str = "document") -> Exported:
    """The answer that is read after the first occurrence of some words was replaced."""
    data, path = export(ANSWER, form, DIGESTS), Path(f"answer.{form.suffix}")
    if form.suffix != "docx":
        text = data.decode()
        assert old in text
        return read_export(text.replace(old, new, 1).encode(), path)
    file = BytesIO()
    with ZipFile(BytesIO(data)) as source, ZipFile(file, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == f"word/{part}.xml":
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode(), 1)
            target.writestr(name, content)
    return read_export(file.getvalue(), path)


@each_format
def test_as_it_was_it_is_the_kept_answer(form: Format) -> None:
    assert list(check_kept(read(form), [SHEET])) == []


@each_format
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("people arrested", "people freed"),
        ("Report 2 (version 2, superseded)", "Report 3"),
        ("undated", "18 July 2025"),
    ],
)
def test_an_edited_table_is_not_the_kept_one(form: Format, old: str, new: str) -> None:
    assert list(check_kept(read(form, old, new), [SHEET])) == [DIFFERENT]


@each_format
@pytest.mark.parametrize(("old", "new"), [("Monday ·", "Tuesday ·"), ("1,043", "1,044")])
def test_an_edited_first_line_is_not_the_kept_one(form: Format, old: str, new: str) -> None:
    assert list(check_kept(read(form, old, new), [SHEET])) == [
        "its first line is not that of the answer that the library keeps; export it again"
    ]


@each_format
def test_a_first_line_without_its_style_counts_as_text(form: Format) -> None:
    plain = {
        "md": ("**1,043**", "1,043"),
        "html": ('<p class="first-line"', "<p"),
        "docx": ('w:val="FirstLine"', 'w:val="Normal"'),
    }
    edited = read(form, *plain[form.suffix])
    assert edited.answers[0].first_line is None
    assert edited.claims[0].text == "1,043 in *thousands* · Arrests › Monday · 2025"


@each_format
def test_a_table_without_a_row_is_not_the_kept_one(form: Format) -> None:
    exported = read(form)
    [own] = exported.answers
    without = replace(exported, answers=(replace(own, rows=own.rows[:1]),))
    assert list(check_kept(without, [SHEET])) == [DIFFERENT]


@each_format
def test_words_added_to_a_source_are_not_the_kept_ones(form: Format) -> None:
    edited = read(form, "The Office, 18", "The Office, the only sound one, 18", "footnotes")
    assert list(check_kept(edited, [SHEET])) == [
        "footnote 1 is not as in the answer that the library keeps",
    ]


ADDED = {
    "md": [
        ("## Different figures", "# It rained.\n\n## Different figures"),
        ("## Different figures", "## Different figures\n\nIt rained."),
        ("| 12 |", "| It rained. |\n| 12 |"),
        ("| [^2] |\n", "| [^2] |\n\nIt rained.\n"),
        ("[^1]: ", "## Footnotes\n\nIt rained.\n\n[^1]: "),
        ("[^1]: ", "## Footnotes\n\n- It rained.\n\n[^1]: "),
    ],
    "html": [
        ("</main>", "<h1>It rained.</h1></main>"),
        ("<ol>", "<ol><li>It rained.</li>"),
        ("<tbody>", "<tbody><tr><td>It rained.</td></tr>"),
        ("</caption>", "</caption><caption>It rained.</caption>"),
        ("</table>", "</table><table><tr><td>It rained.</td><td>1</td></tr></table>"),
        ('<section class="answer">', '<section class="answer"><section><p>It rained.</p></section>'),
        ('<section class="answer">', '<section class="answer"><ul><li>It rained.</li></ul>'),
        ("<h2>Remarks</h2>", "<h2>It rained.</h2>"),
        (' <a class="back"', ' <b class="back">It rained.</b> <a class="back"'),
        ("<title>", "<title>It rained."),
    ],
    "docx": [
        ("<w:tbl>", "<w:p><w:r><w:t>It rained.</w:t></w:r></w:p><w:p/><w:tbl>"),
        ("</w:tbl>", "</w:tbl><w:p><w:r><w:t>It rained.</w:t></w:r></w:p>"),
        (
            "</w:tbl>",
            "</w:tbl><w:tbl><w:tr><w:tc><w:p><w:r><w:t>It rained.</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
        ),
        (
            "</w:tbl>",
            (
                "</w:tbl><w:p><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>It rained.</w:t></w:r></w:p>"
                "</w:txbxContent></w:pict></w:r></w:p>"
            ),
        ),
        (
            "<w:body>",
            '<w:body><w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>It rained.</w:t></w:r></w:p>',
        ),
    ],
}


@pytest.mark.parametrize(
    ("form", "old", "new"), [(form, *change) for form in FORMATS for change in ADDED[form.suffix]]
)
def test_words_that_were_added_are_reported(form: Format, old: str, new: str) -> None:
    edited = read(form, old, new)
    claimed = any("It rained." in claim.text and not claim.footnotes for claim in edited.claims)
    assert claimed or any("It rained." in note.attribution for note in edited.footnotes)
    assert list(check_kept(edited, [SHEET])) != []


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    opened.commit([version("It killed 310 million hens. All died.", digest="d" * 64)])
    yield opened
    opened.close()


QUOTE = "It killed 310 million hens."
SAID = "T, a.txt, version 1"
ROW = Row("hens", "310 million", "T", "undated", 1)


def unkept(catalog: Catalog, *rows: Row, said: str | None = None, abstention: str = "") -> list[str]:
    """The problems of a file whose answer is not kept."""
    with catalog.reading() as reader:
        record = reader.document(1, 1)
        place = Place(1, 1, record.digest, 0, len(QUOTE))
        from ui.export import facts

        own = said or ", ".join(facts(record, None))
        note = Footnote(1, QUOTE, None, own, place)
        answers = (ReadAnswer("?", abstention, (), rows),)
        return list(check_footnotes(reader, Exported(None, answers, (note,), None)))


def test_without_the_kept_answer_a_row_is_held_against_its_footnote(catalog: Catalog) -> None:
    with catalog.reading() as reader:
        row = replace(ROW, source=reader.document(1, 1).title)
    assert unkept(catalog, row) == []
    assert unkept(catalog, replace(row, value="10 million")) == [
        "the table of different figures has “10 million”, which is not in footnote 1"
    ]
    assert unkept(catalog, replace(row, source="Other")) == [
        "the table of different figures has “310 million” of “Other”, which is not the source of footnote 1"
    ]
    assert unkept(catalog, replace(row, date="May 2024")) == [
        (
            "the table of different figures has “310 million” with the date “May 2024”, which is not that of "
            "footnote 1"
        )
    ]
    assert unkept(catalog, replace(row, footnote=7)) == [
        "the table of different figures has “310 million”, which is not in footnote 7"
    ]


def test_a_reason_for_no_answer_beside_an_answer_is_reported(catalog: Catalog) -> None:
    assert unkept(catalog, abstention="It is unknown.") == [
        "it has both an answer and a reason for having none: “It is unknown.”"
    ]


GATES = "Gate | Opened | Shut\nNorth | 12 | 30\nSouth | 8 | 9"


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        (FirstLine("12", "· North · Opened"), True),
        (FirstLine("30", "· North · Shut"), True),
        (FirstLine("30", "· North · Opened"), False),
        (FirstLine("8", "· South · Opened"), False),
        (FirstLine("12", "million · North · Opened"), False),
    ],
)
def test_without_the_kept_answer_a_first_line_is_held_against_its_row(
    tmp_path: Path, line: FirstLine, holds: bool
) -> None:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    opened.commit([version(GATES, digest="d" * 64)])
    row = "North | 12 | 30"
    with opened.reading() as reader:
        from ui.export import facts

        own, start = ", ".join(facts(reader.document(1, 1), None)), GATES.index(row)
        note = Footnote(1, row, None, own, Place(1, 1, "d" * 64, start, start + len(row)))
        answer = ReadAnswer("?", "", (Claim(row, (1,)),), (), line)
        found = list(check_footnotes(reader, Exported(None, (answer,), (note,), None)))
    opened.close()
    said = f"its first line, “{line.value}”, is not a cell of the row that it cites"
    assert found == ([] if holds else [said])


@pytest.mark.parametrize(
    ("question", "value", "difference", "holds"),
    [
        ("Was North opened more than South?", "Yes: 12 (North); 8 (South)", "4", True),
        ("Was North opened more than South?", "No: 12 (North); 8 (South)", "4", False),
        ("Was North opened more than South?", "Yes: 12 (North); 8 (South)", "5", False),
        ("Was North opened more than South?", "Yes: 12 (North); 9 (South)", "3", False),
        ("And South?", "12 (North); 8 (South)", "4", True),
    ],
)
def test_without_the_kept_answer_a_comparison_is_held_against_its_rows(
    tmp_path: Path, question: str, value: str, difference: str, holds: bool
) -> None:
    line = FirstLine(value, f"· Opened · difference {difference}, computed from the two figures, not cited")
    rows = ("North | 12 | 30", "South | 8 | 9")
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    opened.commit([version(GATES, digest="d" * 64)])
    with opened.reading() as reader:
        from ui.export import facts

        own, starts = ", ".join(facts(reader.document(1, 1), None)), [GATES.index(row) for row in rows]
        notes = tuple(
            Footnote(number, row, None, own, Place(1, 1, "d" * 64, start, start + len(row)))
            for number, (row, start) in enumerate(zip(rows, starts, strict=True), 1)
        )
        claims = tuple(Claim(row, (number,)) for number, row in enumerate(rows, 1))
        answer = ReadAnswer(question, "", claims, (), line)
        found = list(check_footnotes(reader, Exported(None, (answer,), notes, None)))
    opened.close()
    said = f"its first line, “{line.value}”, is not a cell of the row that it cites"
    assert found == ([] if holds else [said])


@pytest.mark.parametrize(
    ("value", "quote", "has"),
    [
        ("10 million", "It cost 310 million.", False),
        ("310 mill", "It cost 310 million.", False),
        ("310", "It cost 310.5 or 2,310.", False),
        ("310", "It cost 310. Then", True),
        ("310", "共310人", True),
        ("", "It cost 310.", False),
    ],
)
def test_a_figure_is_a_whole_word(value: str, quote: str, has: bool) -> None:
    assert has_figure(value, quote) is has
