"""Browser tests: a cited row is shown as a table, and marked in the table of the report."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.desks import PHONE
from tests.browser.pages import MARKED, ServeFiles, api_answer, ask, opened, place_of, serving, text_of
from tests.support.libraries import MakeLibrary

pytestmark = pytest.mark.browser

DISPLACED = "How many people were displaced in the Quell Delta in May 2025?"
ROW = "Quell Delta | 4,980 | 3,250 | −1,730"
HEADINGS = ["District", "Announced (persons)", "Corrected (persons)", "Difference (persons)"]

PARISHES = 600


def grid(table: Locator) -> list[list[str]]:
    """The text of a table's visible cells, row by row."""
    rows: list[list[str]] = table.locator("tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].filter((c) => !c.hidden).map((c) => c.innerText.trim()))"
    )
    return rows


def cited_row(server: str) -> dict[str, Any]:
    citations: list[dict[str, Any]] = api_answer(server, DISPLACED)["citations"]
    [cited] = [one for one in citations if one["quote"] == ROW]
    return cited


def panel_text(page: Page) -> str:
    text: str = page.locator("#fn-source .fn-text").evaluate("(element) => element.textContent")
    return text


def test_a_cited_row_is_a_table_under_its_own_headings(page: Page, seed_server: str) -> None:
    number = cited_row(seed_server)["id"]
    ask(page, DISPLACED)
    table = page.locator("#fn-conversation .fn-group .fn-table table")
    expect(table).to_have_count(1)
    expect(table.locator("caption")).to_have_text("Persons displaced on 12 May 2025, by district:")
    expect(table.locator("tbody tr")).to_have_count(1)
    assert grid(table) == [[*HEADINGS, ""], [*ROW.split(" | "), f"[{number}]"]]
    expect(table.locator("tbody .fn-figure")).to_have_text(["4,980", "3,250", "−1,730"])


def test_the_footnote_of_a_row_opens_the_report_s_table_at_that_row(page: Page, seed_server: str) -> None:
    cited = cited_row(seed_server)
    ask(page, DISPLACED)
    page.locator("#fn-conversation .fn-group .fn-table .fn-mark").click()
    page.locator("#fn-source tr.fn-cited").wait_for()
    assert page.evaluate(MARKED) == cited["quote"]
    assert grid(page.locator("#fn-source .fn-table"))[0] == HEADINGS
    assert ROW.split(" | ") in grid(page.locator("#fn-source .fn-table"))
    expect(page.locator("#fn-source tr.fn-cited")).to_have_count(1)
    assert panel_text(page) == text_of(seed_server, cited["document_id"])


def parish_report() -> str:
    rows = "\n".join(
        f"| Parish {number} | {number * 7} | {'restored' if number % 9 == 0 else ''} | | Remark {number} 😀 |"
        for number in range(1, PARISHES + 1)
    )
    head = "| Parish | Lanterns | State | | Remark |\n|---|--:|---|---|---|"
    return f"# Lanterns 𝕏\n\nBefore the table.\n\n{head}\n{rows}\n\nAfter the table.\n"


@pytest.fixture(scope="module")
def parishes(serve_files: ServeFiles) -> str:
    """The URL of a server over one report with a table of 600 rows."""
    return serve_files({"lanterns.md": parish_report()})


def row_of(text: str, parish: int) -> str:
    return next(line for line in text.split("\n") if line.startswith(f"Parish {parish} |"))


def test_a_row_far_down_a_long_table_has_the_table_s_headings_above_it(
    chromium: Browser, parishes: str
) -> None:
    text = text_of(parishes)
    row = row_of(text, 300)
    with opened(chromium, parishes, place_of(parishes, row)) as page:
        page.locator("#fn-source tr.fn-cited").wait_for()
        assert page.evaluate(MARKED) == row
        headings = page.locator("#fn-source thead th").evaluate_all(
            "(all) => all.map((th) => th.dataset.words)"
        )
        assert headings == ["Parish", "Lanterns", "State", "Remark"]
        shown = panel_text(page)
        start = text.index(shown)
        assert 0 < start < text.index(row)
        assert text[start - 1] == "\n", "the part begins between two rows"
        assert shown.endswith("\n")


def test_the_headings_of_a_long_table_stay_in_view(chromium: Browser, parishes: str) -> None:
    with opened(chromium, parishes, place_of(parishes, row_of(text_of(parishes), 60))) as page:
        page.locator("#fn-source tr.fn-cited").wait_for()
        expect(page.locator("#fn-source thead th")).to_have_text(
            ["Parish |", "Lanterns |", "State |", "Remark"]
        )
        expect(page.locator("#fn-source thead th").first).to_be_in_viewport()
        expect(page.locator("#fn-source tr.fn-cited th")).to_be_in_viewport()
        expect(page.get_by_role("region", name="Table")).to_have_attribute("tabindex", "0")


def test_reading_on_joins_the_parts_of_a_table_to_the_whole_text(chromium: Browser, parishes: str) -> None:
    text = text_of(parishes)
    row = row_of(text, 300)
    with opened(chromium, parishes, place_of(parishes, row)) as page:
        for label in ("Show more above", "Show more below"):
            more = page.get_by_role("button", name=label)
            more.wait_for()
            for _ in range(9):
                if not more.count():
                    break
                page.locator("#fn-source .fn-text").evaluate("(shown) => shown.classList.add('seen')")
                more.click()
                expect(page.locator("#fn-source .fn-text.seen")).to_have_count(0)
        assert panel_text(page) == text
        assert page.evaluate(MARKED) == row
        expect(page.locator("#fn-source tbody tr")).to_have_count(PARISHES)
        expect(page.locator("#fn-source table")).to_have_count(1)
        expect(page.locator("#fn-source .fn-text p").first).to_have_text("Lanterns 𝕏")


def test_a_column_that_is_empty_everywhere_is_not_shown(chromium: Browser, parishes: str) -> None:
    with opened(chromium, parishes, place_of(parishes, row_of(text_of(parishes), 9))) as page:
        cited = page.locator("#fn-source tr.fn-cited")
        cited.wait_for()
        assert grid(page.locator("#fn-source .fn-table:has(.fn-cited)"))[9] == [
            *["Parish 9", "63", "restored", "Remark 9 😀"]
        ]
        expect(cited.locator(".fn-figure")).to_have_text(["63 |"])


def test_a_quote_of_some_cells_marks_only_these(chromium: Browser, parishes: str) -> None:
    with opened(chromium, parishes, place_of(parishes, "1750 | ")) as page:
        page.locator("#fn-source mark").first.wait_for()
        assert page.evaluate(MARKED) == "1750 | "
        expect(page.locator("#fn-source tr.fn-cited")).to_have_count(0)


COSTS = "Costs of repair\n | 2031 | 2030\nBridge | $ 1,200 | $ 900\nMill | $ 80 | $ 70\n"


@pytest.mark.journey
def test_the_cell_that_answers_is_the_first_line_and_is_marked(
    chromium: Browser, serve_files: ServeFiles
) -> None:
    server = serve_files({"costs.txt": COSTS})
    with opened(chromium, server) as page:
        ask(page, "What were the costs of repair of the mill in 2031?")
        headline = page.locator("#fn-conversation .fn-headline")
        expect(headline.locator("strong")).to_have_text("$ 80")
        expect(headline.locator(".fn-headline-names > span")).to_have_text(["Mill", "2031"])
        row = page.locator("#fn-conversation .fn-group .fn-table tr", has_text="Mill")
        expect(row.locator(".fn-cell")).to_have_text("$ 80")
        row.locator(".fn-mark").click()
        cited = page.locator("#fn-source tr.fn-cited")
        cited.wait_for()
        assert page.evaluate(MARKED) == "Mill | $ 80 | $ 70"
        expect(cited.locator(".fn-cell")).to_have_count(1)
        assert cited.locator(".fn-cell mark:not([hidden])").inner_text().strip() == "$ 80"
        assert re.fullmatch(r"#cite(-\d+){6}", page.evaluate("location.hash"))
        page.reload()
        expect(page.locator("#fn-source tr.fn-cited .fn-cell")).to_have_count(1)


WIDE = (
    "Passengers by ferry, in thousands\n"
    + " | ".join(["Line", *map(str, range(2019, 2031))])
    + "\n  Northern coast and islands | "
    + " | ".join(str(100 + year) for year in range(12))
    + "\nSouthern lakes | "
    + " | ".join(str(900 + year) for year in range(12))
    + "\n"
)


def test_the_asked_column_stands_beside_the_row_s_label_and_both_stay_in_view(
    chromium: Browser, serve_files: ServeFiles
) -> None:
    server = serve_files({"ferries.txt": WIDE})
    with opened(chromium, server, **PHONE) as page:
        ask(page, "How many passengers did the northern coast and islands have in 2028?")
        box = page.locator("#fn-conversation .fn-group .fn-table")
        box.wait_for()
        head, row = grid(box)
        assert head[:3] == ["Line", "2028\nin thousands", "2019"]
        assert row[:3] == ["Northern coast and islands", "109", "100"]
        assert "2028" not in head[2:]
        label, asked = box.locator("tbody th"), box.locator("tbody .fn-cell")
        heading, last = box.locator("thead .fn-sought"), box.locator("tbody .fn-figure").last
        expect(last).not_to_be_in_viewport()
        box.evaluate("(element) => element.scrollTo(element.scrollWidth, 0)")
        expect(last).to_be_in_viewport(ratio=1)
        edges = [
            each.evaluate("(e) => [e.getBoundingClientRect().left, e.getBoundingClientRect().right]")
            for each in (box, label, asked, heading)
        ]
        (left, _), (first, end), (second, _), (third, _) = edges
        assert (first, second, third) == pytest.approx((left, end, end), abs=1)
        box.locator(".fn-mark").click()
        expect(page.locator("#fn-source tr.fn-cited .fn-cell")).to_have_count(1)


def test_no_bar_between_cells_is_seen_or_copied(chromium: Browser, serve_files: ServeFiles) -> None:
    server = serve_files({"costs.txt": f"{COSTS}\n\nAnnual review | Page 7\n\nAll of it was spent.\n"})
    with opened(chromium, server) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        ask(page, "What were the costs of repair of the mill in 2031?")
        page.locator(".fn-act-copy").click()
        expect(page.locator("#fn-said")).to_have_text("Copied with its footnotes.")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert "Mill: 2031 = $ 80; 2030 = $ 70 [1]" in copied
        assert "Headings: Costs of repair 2031 · 2030" in copied
        page.locator("#fn-conversation .fn-group .fn-mark").click()
        page.locator("#fn-source tr.fn-cited").wait_for()
        seen = page.locator("body").inner_text()
        assert " | " not in seen.replace("Annual review | Page 7", "")
        bar = page.locator("#fn-source .fn-text p .fn-bar")
        expect(bar).to_have_count(1)
        assert bar.evaluate(
            "(e) => [getComputedStyle(e).fontSize, getComputedStyle(e, '::after').content]"
        ) == [
            "0px",
            '"·" / ""',
        ]
        assert " | " not in copied


def test_two_figures_that_a_question_compares_are_the_first_line(
    chromium: Browser, serve_files: ServeFiles
) -> None:
    server = serve_files({"costs.txt": COSTS})
    with opened(chromium, server, **PHONE) as page:
        ask(page, "Did the costs of repair of the mill rise from 2030 to 2031?")
        headline = page.locator("#fn-conversation .fn-headline")
        expect(headline.locator("strong")).to_have_text(["Yes", "$ 80", "$ 70"])
        expect(headline.locator(".fn-headline-own")).to_have_text(["2031", "2030"])
        expect(headline.locator(".fn-headline-computed")).to_contain_text("+$10 (+14.3%)")
        expect(headline.locator(".fn-headline-mark")).to_have_text("computed from the two figures, not cited")
        assert page.evaluate("document.documentElement.scrollWidth") == 390


HOSTILE = "<img src=x onerror=document.title='owned'>"


def test_words_of_a_table_are_words_wherever_they_stand(chromium: Browser, own_library: MakeLibrary) -> None:
    table = f"{HOSTILE}\n{HOSTILE} | Guilders\n<b>Zorblatt</b> bridge {HOSTILE} | 4,711\nMill | 12"
    engine = own_library({"hostile.txt": f"The cost of bridges.\n\n{table}\n"})
    engine.calibration = replace(engine.calibration, threshold=0.0)
    with serving(engine.index, engine) as server, opened(chromium, server) as page:
        question = "How many guilders did the Zorblatt bridge cost?"
        cited = api_answer(server, question)["citations"]
        number = next(one["id"] for one in cited if "4,711" in one["quote"])
        ask(page, question)
        page.locator(".fn-actions").last.wait_for()
        shown = grid(page.locator("#fn-conversation .fn-group .fn-table").first)
        assert [f"<b>Zorblatt</b> bridge {HOSTILE}", "4,711", f"[{number}]"] in shown
        page.locator(".fn-group .fn-mark", has_text=f"[{number}]").first.click()
        page.locator("#fn-source tr.fn-cited").wait_for()
        for place in ("#fn-conversation", "#fn-source"):
            expect(page.locator(f"{place} :is(img, b, script)")).to_have_count(0)
        assert page.title() == "Footnoted"
