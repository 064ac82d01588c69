"""Browser tests: a report's metadata, versions and changes are shown, with the answers that cite it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from rag.engine import QueryEngine
from tests.browser.pages import MARKED, api_answer, opened, place_of, report_at, serving
from tests.browser.rows import row

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=document.title='owned'>"
TITLE = f"Pumps {HOSTILE} reviewed"
PATH = f"reviews/{HOSTILE.replace('/', '')} &amp;.md"
HOSTILE_QUESTION = f"How many pumping stations did the office inspect? {HOSTILE}"
SAID = {
    "publisher": f"Audit {HOSTILE}",
    "author": f"A. {HOSTILE}",
    "collection": f"Floods {HOSTILE}",
    "published": "2024-06-11",
    "language": "en",
}

WENT = f"Two stations {HOSTILE} had no fence."
FIRST = f"""# {TITLE}

## Summary {HOSTILE}

The office inspected 41 pumping stations in 2023. Spare parts were missing at nine of the stations.

## Findings

{WENT} The mean age of the pumps is 31 years. No station had a plan.
"""
SECOND = FIRST.replace("41 pumping", "43 pumping").replace(f"{WENT} ", "")


@pytest.fixture(scope="module")
def audit(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server over a report with two versions, and two reports that no answer cites."""
    folder = tmp_path_factory.mktemp("audit")
    library = folder / "library"
    file = library / PATH
    file.parent.mkdir(parents=True)
    said = "".join(f'{name}: "{words}"\n' for name, words in SAID.items())
    file.with_name(f"{file.name}.meta.yaml").write_text(said, encoding="utf-8")
    mill = "The mill of Ostmere\n\nIt grinds barley.\n"
    (library / "mill-2019-07-04.txt").write_text(mill, encoding="utf-8")
    ferry = "The ferry of Tolvane\n\nThe ferry crosses the river at noon, and its master sells the tickets.\n"
    (library / "ferry.txt").write_text(ferry, encoding="utf-8")
    with Library.open(folder / "home", encoder) as index:
        for text in (FIRST, SECOND):
            file.write_text(text, encoding="utf-8")
            sync(index, [library])
        with serving(index, QueryEngine(index, keeps=True)) as url:
            yield url


@pytest.fixture
def page(chromium: Browser, audit: str) -> Iterator[Page]:
    with opened(chromium, audit) as page:
        yield page
        assert page.title() == "Footnoted"
        for place in ("#fn-library", "#fn-source", "#fn-narrowed"):
            expect(page.locator(f"{place} :is(img, script, strong)")).to_have_count(0)


def open_about(page: Page, title: str = TITLE) -> None:
    row(page, title).locator(".fn-report").click()
    expect(page.locator("#fn-source h2")).to_have_text(title)
    page.get_by_role("button", name="About", exact=True).click()
    page.locator(".fn-versions li").first.wait_for()


def known(page: Page) -> dict[str, str]:
    """The rows of metadata by name: each value, followed by its origin after a bar."""
    rows: list[tuple[str, str]] = page.locator(".fn-known dt").evaluate_all(
        "(names) => names.map((name) => [name.textContent,"
        " [...name.nextElementSibling.children].map((part) => part.textContent).join(' | ')])"
    )
    return dict(rows)


@pytest.mark.journey
def test_all_that_is_known_is_told_with_where_it_was_read_and_is_text(page: Page, audit: str) -> None:
    open_about(page)
    said = known(page)
    digest = report_at(audit, PATH)["digest"]
    assert list(said.items())[:8] == [
        ("Title", f"{TITLE} | from the report’s text"),
        ("Publisher", f"{SAID['publisher']} | from the metadata file beside the report"),
        ("Author", f"{SAID['author']} | from the metadata file beside the report"),
        ("Published", "11 June 2024 | from the metadata file beside the report"),
        ("Language", "English | from the metadata file beside the report"),
        ("Collection", f"{SAID['collection']} | from the metadata file beside the report"),
        ("File", PATH),
        ("Kind", "Markdown"),
    ]
    assert said["Version"] == "2"
    assert said["SHA-256"] == digest[:12]
    expect(page.locator(".fn-known code")).to_have_attribute("title", digest)
    assert "Pages" not in said
    page.get_by_role("button", name="Contents").click()
    expect(page.locator(".fn-outline li")).to_have_text([TITLE, f"Summary {HOSTILE}", "Findings"])


def test_what_was_found_out_otherwise_says_how(page: Page) -> None:
    open_about(page, "The mill of Ostmere")
    said = known(page)
    assert said["Language"] == "not determined"
    assert said["Published"] == "4 July 2019 | from the file’s name"
    assert "Collection" not in said
    expect(page.locator(".fn-about .fn-empty")).to_have_text("No saved answer uses this report as a source.")


def test_what_nobody_said_is_left_out_whenever_the_file_was_written(page: Page) -> None:
    open_about(page, "The ferry of Tolvane")
    said = known(page)
    assert list(said)[:4] == ["Title", "Language", "File", "Kind"]
    assert said["Language"] == "English | detected"


def test_the_versions_are_listed_and_the_current_one_is_marked(page: Page) -> None:
    open_about(page)
    versions = page.locator(".fn-versions li")
    expect(versions.locator(".fn-version")).to_have_text(["Version 2", "Version 1"])
    expect(versions.nth(0).locator(".fn-facts")).to_contain_text("current")
    expect(versions.nth(0).locator(".fn-facts")).to_contain_text("published 11 June 2024")
    expect(versions.nth(1).locator(".fn-facts")).not_to_contain_text("current")
    expect(versions.locator("[aria-current]")).to_have_text(["Version 2"])
    expect(page.get_by_role("button", name="Superseded")).to_have_count(0)
    page.get_by_role("button", name="Version 1", exact=True).click()
    expect(page.locator("#fn-source .fn-text")).to_contain_text("inspected 41 pumping")
    expect(page.get_by_role("button", name="Superseded")).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".fn-caution")).to_contain_text("This is version 1; the library now has version 2.")
    page.get_by_role("button", name="Open version 2").click()
    expect(page.locator("#fn-source .fn-text")).to_contain_text("inspected 43 pumping")


def test_what_changed_is_told_by_signs_and_leads_to_its_place(chromium: Browser, audit: str) -> None:
    number = report_at(audit, PATH)["document_id"]
    with opened(chromium, audit, place_of(audit, "inspected 41 pumping stations", number)) as page:
        page.locator("#fn-source mark").first.wait_for()
        page.locator(".fn-caution").get_by_role("button", name="What changed").click()
        title = page.get_by_role("heading", name="What changed from version 1 to 2")
        expect(title).to_be_focused()
        expect(page.locator(".fn-changes .fn-facts")).to_have_text("1 sentence added2 removed")
        signs = page.locator(".fn-changes .fn-sign")
        expect(signs).to_have_text(["−", "+", "−"])
        expect(page.locator(".fn-changes :is(ins, del)")).to_have_text(
            [
                "The office inspected 41 pumping stations in 2023.",
                "The office inspected 43 pumping stations in 2023.",
                WENT,
            ]
        )
        page.get_by_role("button", name="Added: The office inspected 43").click()
        page.locator("#fn-source mark").first.wait_for()
        assert page.evaluate(MARKED) == "The office inspected 43 pumping stations in 2023."
        expect(page.get_by_role("button", name="Superseded")).to_have_count(0)
        page.get_by_role("button", name="About", exact=True).click()
        page.get_by_role("button", name="What changed from version 1 to 2").click()
        page.get_by_role("button", name="Removed: Two stations").click()
        page.locator("#fn-source mark").first.wait_for()
        assert page.evaluate(MARKED) == WENT
        expect(page.get_by_role("button", name="Superseded")).to_be_visible()


def test_the_answers_that_cite_it_are_linked_and_their_questions_are_text(page: Page, audit: str) -> None:
    answers = [
        api_answer(audit, question)
        for question in ("How many pumping stations did the office inspect?", HOSTILE_QUESTION)
    ]
    assert all(answer["citations"] for answer in answers)
    open_about(page)
    links = page.locator(".fn-citing a")
    expect(links).to_have_text([answer["question"] for answer in reversed(answers)])
    hrefs = links.evaluate_all("(all) => all.map((link) => link.getAttribute('href'))")
    assert hrefs == [f"?answer={answer['answer_id']}" for answer in reversed(answers)]
    quoted = len({(one["start"], one["end"]) for one in answers[-1]["citations"]})
    words = f"{quoted} passage{'' if quoted == 1 else 's'}"
    expect(page.locator(".fn-citing li").first.locator(".fn-facts")).to_contain_text(words)
