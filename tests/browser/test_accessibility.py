"""Each view, wide and on a phone, has no serious violation for axe-core and fits its window."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.pages import opened
from tests.browser.views import SIZES, VIEWS

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
GRAVE = {"serious", "critical"}
WINDOWS = [("wide", "light"), ("phone", "dark")]
"""Colours depend on the scheme alone and the layout on the window alone, so two combinations cover all."""


def violations(page: Page) -> list[tuple[str, str]]:
    """The grave violations that axe-core finds on the page: the rule, and the elements that violate it."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (violation["id"], " | ".join(node["html"][:200] for node in violation["nodes"][:5]))
        for violation in found["violations"]
        if violation["impact"] in GRAVE
    ]


@pytest.mark.journey
@pytest.mark.parametrize(("size", "scheme"), WINDOWS)
@pytest.mark.parametrize("view", sorted(VIEWS))
def test_no_view_keeps_anybody_out(
    chromium: Browser, seed_server: str, view: str, size: str, scheme: str
) -> None:
    context: dict[str, Any] = {"viewport": SIZES[size], "color_scheme": scheme, "reduced_motion": "reduce"}
    with opened(chromium, seed_server, **context) as page:
        VIEWS[view](page)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == SIZES[size]["width"]


def test_what_keeps_somebody_out_is_found(chromium: Browser, seed_server: str) -> None:
    with opened(chromium, seed_server) as page:
        page.evaluate("document.body.append(document.createElement('button'))")
        assert [rule for rule, _ in violations(page)] == ["button-name"]
