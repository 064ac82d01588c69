"""Browser tests: the scripts' strings, Gradio's labels and the server's markup are in the page's language."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.pages import ARRESTS, opened
from ui.page.head import locale_in


@pytest.mark.journey
@pytest.mark.parametrize(
    ("tag", "language", "date"),
    [
        ("id-ID", "id", "27 Juni 2025"),
        # Chromium itself has no names of months in Khmer.
        ("km-KH", "km", "27 មិថុនា 2025"),
        ("vi-VN", "vi", "27 tháng 6, 2025"),
        ("zh-CN", "zh", "2025年6月27日"),
        ("en-GB", "en", "27 June 2025"),
    ],
)
def test_the_page_speaks_the_reader_s_language(
    chromium: Browser, seed_server: str, tag: str, language: str, date: str
) -> None:
    words = locale_in(language).text
    with opened(chromium, seed_server, locale=tag) as watched:
        page = watched.page
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.get_by_role("tab")).to_have_text([words("library.title"), words("history.title")])
        row = page.locator("#fn-library .fn-report", has_text="Correction 2025/07")
        expect(row.locator(".fn-fact").last).to_have_text(date)
        question = page.get_by_label(words("chat.question"))
        expect(question).to_have_attribute("placeholder", words("chat.placeholder"))
        question.fill(ARRESTS)
        page.get_by_role("button", name=words("chat.ask"), exact=True).click()
        again = page.locator("#fn-conversation .fn-act-again")
        expect(again).to_have_text(words("act.again"))
        expect(page.locator(".fn-strip-name")).to_have_text(words("strip.sources", count=1))
        assert watched.errors == []


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("km-KH", "ស្វែងរកតែក្នុង៖ ប្រភេទ៖ PDF, ប្រភេទ៖ Word និង ប្រភេទ៖ Excel។"),
        ("zh-CN", "搜索范围：类型：PDF、类型：Word和类型：Excel。"),
    ],
)
def test_what_is_listed_is_listed_as_the_language_does(
    chromium: Browser, seed_server: str, tag: str, said: str
) -> None:
    with opened(chromium, seed_server, locale=tag) as watched:
        watched.page.evaluate(
            "async () => (await module('desk/scope.js')).setScope({ kinds: ['pdf', 'docx', 'xlsx'] })"
        )
        expect(watched.page.get_by_text(said, exact=True)).to_be_attached()
