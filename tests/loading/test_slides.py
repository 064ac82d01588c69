"""What stands on a slide is read from top to bottom and from left to right; tables are rows."""

from __future__ import annotations

from pptx.oxml import parse_xml
from pptx.slide import Slide
from pptx.util import Inches
from slide_files import TITLE_ONLY, box, text

PRESENTATION = "http://schemas.openxmlformats.org/presentationml/2006/main"


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
            box(slide.shapes, "hidden", 1, 3)
            slide.shapes[-1]._element._nvXxPr.cNvPr.set("hidden", "1")
            for kind in ("dt", "ftr", "sldNum"):
                box(slide.shapes, kind, 1, 6)
                place = slide.shapes[-1]._element.nvSpPr.nvPr
                place.append(parse_xml(f'<p:ph xmlns:p="{PRESENTATION}" type="{kind}" idx="10"/>'))

        assert text(write) == "shown"

    def test_line_breaks_part_lines_of_one_text(self) -> None:
        assert text(lambda slide: box(slide.shapes, "one\vtwo\n\nthree", 1, 1)) == "one\ntwo\nthree"


class TestTables:
    def test_a_table_is_rows_and_a_merged_heading_stands_over_each_column(self) -> None:
        def write(slide: Slide) -> None:
            table = slide.shapes.add_table(4, 3, 0, 0, Inches(5), Inches(2)).table
            lines = [["Gate", "2022", ""], ["", "Cost", "Age"], ["Gate 3", "5", "41"], ["a | b", "6\n7", ""]]
            for place, line in enumerate(lines):
                for column, words in enumerate(line):
                    table.cell(place, column).text = words
            table.cell(0, 1).merge(table.cell(0, 2))

        assert text(write) == "Gate | 2022 | 2022\n| Cost | Age\nGate 3 | 5 | 41\na ¦ b | 6 7"
