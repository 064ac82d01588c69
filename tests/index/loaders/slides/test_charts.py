"""A chart becomes the table of its data, with a row per category and a column per series."""

from __future__ import annotations

from datetime import date
from typing import cast

from pptx.chart.chart import Chart
from pptx.chart.data import BubbleChartData, CategoryChartData, ChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.shapes.graphfrm import GraphicFrame
from pptx.slide import Slide
from pptx.util import Inches

from index.text.tabular import tables
from tests.support.slide_files import text


def add_chart(
    slide: Slide, kind: XL_CHART_TYPE, data: CategoryChartData | XyChartData | BubbleChartData, top: float = 0
) -> Chart:
    """Add a chart ``top`` inches down.

    The types of python-pptx declare one class of data, and declare a chart where a frame is returned.
    """
    place = (Inches(0), Inches(top), Inches(4), Inches(3))
    frame = slide.shapes.add_chart(kind, *place, cast("ChartData", data))
    return cast("GraphicFrame", frame).chart


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

    def test_categories_of_several_levels_have_the_outer_names_too(self) -> None:
        def write(slide: Slide) -> None:
            data = CategoryChartData()
            for year in ("2022", "2023"):
                half = data.add_category(year).add_sub_category("H1")
                half.add_sub_category("Q1")
                half.add_sub_category("Q2")
            data.add_series("Gates", (1, 2, 3, 4))
            add_chart(slide, XL_CHART_TYPE.BAR_CLUSTERED, data)

        assert text(write) == "| Gates\n2022 H1 Q1 | 1\n2022 H1 Q2 | 2\n2023 H1 Q1 | 3\n2023 H1 Q2 | 4"

    def test_dates_are_written_as_dates(self) -> None:
        def write(slide: Slide) -> None:
            data = CategoryChartData()
            data.categories = [date(2025, 3, 10), date(2025, 3, 11)]
            data.add_series("Level", (1.5, 2))
            add_chart(slide, XL_CHART_TYPE.LINE, data)

        assert text(write) == "| Level\n2025-03-10 | 1.5\n2025-03-11 | 2"

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
