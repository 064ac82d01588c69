"""A presentation becomes a page for each slide: its texts, tables, charts and diagrams in reading order."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import cast

import pytest
from pptx import Presentation
from pptx.chart.chart import Chart
from pptx.chart.data import BubbleChartData, CategoryChartData, ChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.shapes.autoshape import Shape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.shapes.shapetree import GroupShapes, SlideShapes
from pptx.slide import Slide
from pptx.util import Emu, Inches

from index.documents import Section
from index.errors import LoadError
from index.loaders.slides import read_pptx
from index.text.tabular import tables
from tests.support.archives import changed

PATH = Path("talks/dam.pptx")
TITLE_AND_TEXT, TITLE_ONLY, BLANK = 1, 5, 6

PRESENTATION = "http://schemas.openxmlformats.org/presentationml/2006/main"
MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
NAMES = (
    f'xmlns:a="{DRAWING}" xmlns:m="{MATH}" xmlns:p="{PRESENTATION}" '
    'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")


def presentation(*slides: tuple[int, Callable[[Slide], object]], title: str = "") -> bytes:
    """A presentation; each slide has a layout and a function that fills it."""
    show = Presentation()
    show.core_properties.title = title
    for layout, write in slides:
        write(show.slides.add_slide(show.slide_layouts[layout]))
    file = BytesIO()
    show.save(file)
    return file.getvalue()


def text(write: Callable[[Slide], object], layout: int = BLANK) -> str:
    return read_pptx(presentation((layout, write)), PATH).text


def box(shapes: SlideShapes | GroupShapes, words: str, left: float, top: float, height: float = 1) -> Shape:
    shape = shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(height))
    shape.text_frame.text = words
    return shape


def titled(
    title: str, body: str = "", notes: str = "", *, hidden: bool = False
) -> tuple[int, Callable[[Slide], None]]:
    def write(slide: Slide) -> None:
        assert slide.shapes.title is not None
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
        if notes:
            frame = slide.notes_slide.notes_text_frame
            assert frame is not None
            frame.text = notes
        if hidden:
            slide._element.set("show", "0")

    return TITLE_AND_TEXT, write


def boxed(words: str) -> tuple[int, Callable[[Slide], object]]:
    """A slide with words in a text box."""
    return BLANK, lambda slide: box(slide.shapes, words, 1, 1)


def picture(slide: Slide) -> None:
    slide.shapes.add_picture(BytesIO(PIXEL), Emu(0), Emu(0))


def nothing(_slide: Slide) -> None:
    """Leave a slide as its layout makes it."""


class TestSlides:
    def test_each_is_a_page_and_a_section_and_its_notes_are_marked(self) -> None:
        first = titled("The dam", "Gate 3 failed\nNobody was warned", "Say this.\nThen wait.")
        found = read_pptx(presentation(first, titled("The pin", "It had rusted through")), PATH)
        assert found.text == (
            "The dam\n\nGate 3 failed\nNobody was warned\n\nNotes: Say this.\nThen wait.\n\n"
            "The pin\n\nIt had rusted through"
        )
        assert found.page_starts == (0, 71)
        assert found.sections == (Section(0, 1, "The dam"), Section(71, 1, "The pin"))
        assert found.page_at(found.text.index("rusted")) == 2

    def test_hidden_slides_are_left_out_and_pages_keep_the_numbers_of_slides(self) -> None:
        hidden = titled("Two", "secret", "secret", hidden=True)
        found = read_pptx(presentation(titled("One"), hidden, titled("Three"), (BLANK, nothing)), PATH)
        assert found.text == "One\n\nThree"
        assert found.page_starts == (0, 5, 5, 10)
        assert [found.page_at(0), found.page_at(5)] == [1, 3]
        assert found.sections == (Section(0, 1, "One"), Section(5, 1, "Three"))

    def test_slides_that_are_pictures_are_unread_pages(self) -> None:
        slides = (BLANK, picture), titled("The dam"), (BLANK, nothing), (BLANK, picture)
        found = read_pptx(presentation(*slides), PATH)
        assert (found.text, found.unread_pages) == ("The dam", (1, 4))
        assert found.page_starts == (0, 0, 7, 7)

    def test_a_slide_without_a_title_is_named_by_its_first_short_line_or_its_number(self) -> None:
        found = read_pptx(presentation(boxed("What failed\nThe pin."), boxed("The pin failed.")), PATH)
        assert found.sections == (Section(0, 1, "What failed"), Section(22, 1, "Slide 2"))


class TestMetadata:
    def test_it_is_that_of_the_properties(self) -> None:
        show = Presentation(BytesIO(presentation(titled("Der Bolzen", "Das Tor wurde im Oktober geprüft"))))
        said = show.core_properties
        said.title, said.author = "Inquiry into the dam", "Dam commission"
        said.created, said.modified = datetime(2031, 3, 1), datetime(2031, 4, 2)  # noqa: DTZ001
        show.save(file := BytesIO())
        found = read_pptx(file.getvalue(), PATH)
        assert (found.title, found.author) == ("Inquiry into the dam", "Dam commission")
        assert (found.published, found.kind, found.language) == (None, "pptx", "de")
        assert found.origins == dict.fromkeys(("title", "author"), "document properties")

    def test_without_a_title_it_is_that_of_the_first_slide_or_the_name(self) -> None:
        slides = titled("The dam"), boxed("The pin failed.")
        found = [read_pptx(presentation(one, title="PowerPoint Presentation"), PATH) for one in slides]
        assert [(document.title, document.origins["title"]) for document in found] == [
            *(("The dam", "page"), ("dam", "file name")),
        ]


class TestErrors:
    @pytest.mark.parametrize(
        ("part", "pattern", "replacement"),
        [
            ("ppt/slides/slide1.xml", rb".*", b"<x"),
            ("[Content_Types].xml", rb".*", b"<Types"),
            ("ppt/_rels/presentation.xml.rels", rb"slides/slide1", b"slides/none"),
        ],
        ids=["slide", "types", "relations"],
    )
    def test_damage_is_named(self, part: str, pattern: bytes, replacement: bytes) -> None:
        with pytest.raises(LoadError, match="is broken: "):
            read_pptx(changed(presentation(titled("x")), part, pattern, replacement), PATH)

    @pytest.mark.parametrize(
        ("data", "cause"),
        [
            (presentation((BLANK, picture)), "holds no words to read"),
            (b"words", "is named .pptx but is not a PowerPoint presentation"),
        ],
        ids=["pictures", "text"],
    )
    def test_other_files_are_refused(self, data: bytes, cause: str) -> None:
        with pytest.raises(LoadError) as caught:
            read_pptx(data, PATH)
        assert (caught.value.cause, bool(caught.value.remedy)) == (cause, True)


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


HALF = "<m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f>"


class TestWords:
    @pytest.mark.parametrize(
        ("xml", "read"),
        [
            (r("cost 2,500") + r("2", "<a:rPr baseline='30000'/>") + r(" marks"), "cost 2,500² marks"),
            (r("CO") + r("2", "<a:rPr baseline='-25000'/>"), "CO2"),
            (r("Dose ") + r("\uf0b3", "<a:rPr><a:sym typeface='Symbol'/></a:rPr>") + r(" 60"), "Dose ≥ 60"),
            (r("m", "<a:rPr><a:latin typeface='Symbol'/></a:rPr>") + r("g"), "μg"),
            (r("Dose \uf0b3 60"), "Dose � 60"),
            (f"<a14:m><m:oMath>{HALF}</m:oMath></a14:m>" + r(" of it"), "1/2 of it"),
            (r("one") + "<a:br/>" + r("two") + "</a:p><a:p></a:p><a:p>" + r("three"), "one\ntwo\nthree"),
        ],
    )
    def test_they_are_read_as_shown(self, xml: str, read: str) -> None:
        assert text(paragraphs(*xml.split("</a:p><a:p>"))) == read

    def test_items_have_the_numbers_of_their_list(self) -> None:
        def item(words: str, kind: str, attributes: str = "", level: int = 0) -> str:
            return f"<a:pPr lvl='{level}'><a:buAutoNum type='{kind}' {attributes}/></a:pPr>{r(words)}"

        items = (
            item("water", "arabicPeriod", "startAt='3'"),
            item("clean", "alphaLcParenR", level=1),
            item("food", "arabicPeriod", "startAt='3'"),
            r("That is all."),
            item("wood", "romanUcPeriod"),
        )
        assert text(paragraphs(*items)) == "3. water\na) clean\n4. food\nThat is all.\nI. wood"

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


def test_a_table_becomes_rows_below_merged_headings() -> None:
    def write(slide: Slide) -> None:
        table = slide.shapes.add_table(4, 3, Inches(0), Inches(0), Inches(5), Inches(2)).table
        lines = [["Gate", "2022", ""], ["", "Cost", "Age"], ["Gate 3", "5", "41"], ["a | b", "6\n7", ""]]
        for place, line in enumerate(lines):
            for column, words in enumerate(line):
                table.cell(place, column).text = words
        table.cell(0, 1).merge(table.cell(0, 2))

    assert text(write) == "Gate | 2022\n| Cost | Age\nGate 3 | 5 | 41\na ¦ b | 6 7"


def add_chart(
    slide: Slide, kind: XL_CHART_TYPE, data: CategoryChartData | XyChartData | BubbleChartData, top: float = 0
) -> Chart:
    """Add a chart ``top`` inches down; python-pptx declares one class of data, and a chart for a frame."""
    place = (Inches(0), Inches(top), Inches(4), Inches(3))
    return cast("GraphicFrame", slide.shapes.add_chart(kind, *place, cast("ChartData", data))).chart


class TestCharts:
    def test_categories_and_series_are_a_table_under_the_title(self) -> None:
        def write(slide: Slide) -> None:
            data = CategoryChartData(number_format="0.0%")
            data.categories = ["North", "South", "West"]
            data.add_series("2022", (0.125, 0.2, None))
            data.add_series("2023", (0.3, None, None))
            chart = add_chart(slide, XL_CHART_TYPE.COLUMN_CLUSTERED, data)
            chart.has_title = True
            chart.chart_title.text_frame.text = "Share of gates"

        found = text(write)
        assert found == "Share of gates\n| 2022 | 2023\nNorth | 12.5% | 30.0%\nSouth | 20.0%\nWest"
        assert [table.header.of(found) for table in tables(found)] == ["Share of gates\n| 2022 | 2023"]

    def test_categories_of_several_levels_have_the_outer_names_too_and_dates_are_dates(self) -> None:
        def write(slide: Slide) -> None:
            data = CategoryChartData()
            for year in ("2022", "2023"):
                half = data.add_category(year).add_sub_category("H1")
                half.add_sub_category("Q1")
                half.add_sub_category("Q2")
            data.add_series("Gates", (1, 2, 3, 4))
            add_chart(slide, XL_CHART_TYPE.BAR_CLUSTERED, data)
            days = CategoryChartData()
            days.categories = [date(2025, 3, 10), date(2025, 3, 11)]
            days.add_series("Level", (1.5, 2))
            add_chart(slide, XL_CHART_TYPE.LINE, days, top=4)

        assert text(write) == (
            "| Gates\n2022 H1 Q1 | 1\n2022 H1 Q2 | 2\n2023 H1 Q1 | 3\n2023 H1 Q2 | 4\n\n"
            "| Level\n2025-03-10 | 1.5\n2025-03-11 | 2"
        )

    def test_points_of_other_charts_are_rows_too_a_table_for_each_series(self) -> None:
        def write(slide: Slide) -> None:
            points = XyChartData()
            for name, pairs in (("Old", [(1.5, 2), (2.5, 3)]), ("New", [(4, 5)])):
                series = points.add_series(name)
                for x, y in pairs:
                    series.add_data_point(x, y)
            add_chart(slide, XL_CHART_TYPE.XY_SCATTER, points)
            bubbles = BubbleChartData()
            bubbles.add_series("Big").add_data_point(1, 2, 3)
            add_chart(slide, XL_CHART_TYPE.BUBBLE, bubbles, top=4)

        assert text(write) == "| Old\n1.5 | 2\n2.5 | 3\n\n| New\n4 | 5\n\n| Big\n1 | 2"


def test_the_words_of_a_diagram_follow_its_outline() -> None:
    drawing = "http://schemas.openxmlformats.org/drawingml/2006"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def point(name: str, words: str) -> str:
        return f'<d:pt modelId="{name}"><d:t><a:p>{r(words)}</a:p></d:t></d:pt>'

    points = point("2", "Then warn") + point("1", "First look") + point("3", "at the pin")
    links = "".join(
        f'<d:cxn srcId="{above}" destId="{below}" srcOrd="{order}" {kind}/>'
        for above, below, order, kind in (
            *((0, 2, 1, ""), (0, 1, 0, ""), (1, 3, 0, ""), (3, 1, 0, ""), (1, 2, 0, 'type="presOf"')),
        )
    )
    data = (
        f'<d:dataModel xmlns:d="{drawing}/diagram" xmlns:a="{drawing}/main"><d:ptLst><d:pt modelId="0" '
        f'type="doc"/>{points}</d:ptLst><d:cxnLst>{links}</d:cxnLst></d:dataModel>'
    )

    def write(slide: Slide) -> None:
        kind = "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"
        part = Part(PackURI("/ppt/diagrams/data1.xml"), kind, slide.part.package, data.encode())
        reference = slide.part.relate_to(part, f"{relations}/diagramData")
        graphic = slide.shapes.add_table(1, 1, *[Emu(0)] * 4)._graphicFrame.graphic.graphicData
        graphic.set("uri", f"{drawing}/diagram")
        names = f'xmlns:d="{drawing}/diagram" xmlns:r="{relations}"'
        graphic.replace(graphic[0], parse_xml(f'<d:relIds {names} r:dm="{reference}"/>'))

    assert text(write) == "First look\nat the pin\nThen warn"
