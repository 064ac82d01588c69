"""The shapes of a slide are read from top to bottom and from left to right; tables become rows."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest
from pptx.oxml import parse_xml
from pptx.slide import Slide
from pptx.util import Inches

from tests.support.slide_files import TITLE_ONLY, box, text

PRESENTATION = "http://schemas.openxmlformats.org/presentationml/2006/main"


MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
NAMES = (
    f'xmlns:a="{DRAWING}" xmlns:m="{MATH}" xmlns:p="{PRESENTATION}" '
    'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)


def paragraphs(*written: str) -> Callable[[Slide], None]:
    """Writes a text box with these paragraphs."""

    def write(slide: Slide) -> None:
        body = box(slide.shapes, "", 1, 1).text_frame._txBody
        body.remove(body.p_lst[0])
        for xml in written:
            body.append(parse_xml(f"<a:p {NAMES}>{xml}</a:p>"))

    return write


def r(text: str, properties: str = "") -> str:
    return f"<a:r>{properties}<a:t>{text}</a:t></a:r>"


class TestWords:
    @pytest.mark.parametrize(
        ("xml", "read"),
        [
            (r("cost 2,500") + r("2", "<a:rPr baseline='30000'/>") + r(" marks"), "cost 2,500² marks"),
            (r("CO") + r("2", "<a:rPr baseline='-25000'/>"), "CO2"),
            (r("Dose ") + r("\uf0b3", "<a:rPr><a:sym typeface='Symbol'/></a:rPr>") + r(" 60"), "Dose ≥ 60"),
            (r("m", "<a:rPr><a:latin typeface='Symbol'/></a:rPr>") + r("g"), "μg"),
            (r("Dose \uf0b3 60"), "Dose � 60"),
            (
                (
                    "<a14:m><m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num>"
                    "<m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath></a14:m>"
                )
                + r(" of it"),
                "1/2 of it",
            ),
        ],
    )
    def test_they_are_read_as_shown(self, xml: str, read: str) -> None:
        assert text(paragraphs(xml)) == read

    def test_items_have_the_numbers_of_their_list(self) -> None:
        def item(words: str, kind: str, attributes: str = "", level: int = 0) -> str:
            return f"<a:pPr lvl='{level}'><a:buAutoNum type='{kind}' {attributes}/></a:pPr>{r(words)}"

        assert (
            text(
                paragraphs(
                    item("water", "arabicPeriod", "startAt='3'"),
                    item("clean", "alphaLcParenR", level=1),
                    item("food", "arabicPeriod", "startAt='3'"),
                    r("That is all."),
                    item("wood", "romanUcPeriod"),
                )
            )
            == "3. water\na) clean\n4. food\nThat is all.\nI. wood"
        )

    def test_a_shape_with_an_alternative_for_older_programs_is_read_once(self) -> None:
        def write(slide: Slide) -> None:
            shape = box(slide.shapes, "Gate 3 failed.", 1, 1)._sp
            both = "<mc:Choice Requires='a14'/><mc:Fallback/>"
            tree = shape.getparent()
            assert tree is not None
            alternatives = parse_xml(f"<mc:AlternateContent {NAMES}>{both}</mc:AlternateContent>")
            alternatives[1].append(deepcopy(shape))
            alternatives[0].append(shape)
            tree.append(alternatives)

        assert text(write) == "Gate 3 failed."


class TestReadingOrder:
    def test_the_title_comes_first_then_top_to_bottom_and_left_to_right(self) -> None:
        def write(slide: Slide) -> None:
            for words, left, top in (
                ("fourth", 5, 5),
                ("third", 1, 5.3),
                ("second", 5, 2.2),
                ("first", 1, 2),
            ):
                box(slide.shapes, words, left, top)
            box(slide.shapes, "above the title", 1, 0, 0.2)
            assert slide.shapes.title is not None
            slide.shapes.title.text = "The\vdam"

        assert text(write, TITLE_ONLY).split("\n\n") == [
            *("The dam", "above the title", "first", "second", "third", "fourth"),
        ]

    def test_a_group_stays_together(self) -> None:
        def write(slide: Slide) -> None:
            box(slide.shapes, "beside", 5, 2)
            group = slide.shapes.add_group_shape()
            box(group.shapes, "lower", 1, 3)
            inner = group.shapes.add_group_shape()
            box(inner.shapes, "right", 2.5, 2)
            box(inner.shapes, "left", 1, 2)

        assert text(write).split("\n\n") == ["left", "right", "lower", "beside"]

    def test_numbers_dates_footers_and_hidden_shapes_are_left_out(self) -> None:
        def write(slide: Slide) -> None:
            box(slide.shapes, "shown", 1, 1)
            box(slide.shapes, "hidden", 1, 3)._sp._nvXxPr.cNvPr.set("hidden", "1")
            for kind in ("dt", "ftr", "sldNum"):
                place = box(slide.shapes, kind, 1, 6)._sp.nvSpPr.nvPr
                place.append(parse_xml(f'<p:ph xmlns:p="{PRESENTATION}" type="{kind}" idx="10"/>'))

        assert text(write) == "shown"

    def test_line_breaks_part_lines_of_one_text(self) -> None:
        assert text(lambda slide: box(slide.shapes, "one\vtwo\n\nthree", 1, 1)) == "one\ntwo\nthree"


class TestTables:
    def test_a_table_becomes_rows_with_merged_headings_repeated_in_each_column(self) -> None:
        def write(slide: Slide) -> None:
            table = slide.shapes.add_table(4, 3, Inches(0), Inches(0), Inches(5), Inches(2)).table
            lines = [["Gate", "2022", ""], ["", "Cost", "Age"], ["Gate 3", "5", "41"], ["a | b", "6\n7", ""]]
            for place, line in enumerate(lines):
                for column, words in enumerate(line):
                    table.cell(place, column).text = words
            table.cell(0, 1).merge(table.cell(0, 2))

        assert text(write) == "Gate | 2022 | 2022\n| Cost | Age\nGate 3 | 5 | 41\na ¦ b | 6 7"
