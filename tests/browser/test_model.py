"""Browser tests: the page says who writes the answers and lets a person choose, and never gets the key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from index.library import Library
from rag.engine import QueryEngine
from rag.llm import discovery
from tests.browser.pages import ARRESTS, WHOLE, answered, ask, opened, serving
from tests.browser.test_accessibility import violations
from tests.support.model_lists import list_server, openai_list
from tests.support.model_server import KNOWN, ModelServer, citing, model_server
from tests.support.scripted import PATIENCE
from ui.settings import PREFIX, Settings, load_settings

pytestmark = pytest.mark.browser

KEY = "sk-hunter2-of-the-desk"
DENS = "How many scam dens does Amnesty International know of in Cambodia?"
OPENAI = "OpenAI or a compatible server"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


@pytest.fixture
def far() -> Iterator[ModelServer]:
    with model_server(citing(KNOWN, KNOWN)) as server:
        yield server


@pytest.fixture
def page(chromium: Browser, seed_index: Library, tmp_path: Path) -> Iterator[Page]:
    """A page whose server keeps its choice in a folder of its own, and may refuse it."""
    settings = load_settings(home=tmp_path)
    with (
        serving(seed_index, QueryEngine(seed_index), settings) as url,
        opened(chromium, url, failing=True) as page,
    ):
        yield page


def badge(page: Page, words: str) -> None:
    expect(page.locator(".fn-model-badge")).to_have_text(words)


def fill(page: Page, far: ModelServer) -> None:
    """Open the panel, and describe the server there."""
    page.get_by_role("button", name="Quotes only").click()
    page.get_by_label("Model provider").select_option(label=OPENAI)
    page.get_by_label("Model", exact=True).fill("small")
    page.get_by_label("Address").fill(far.address)
    page.get_by_label("Key", exact=True).fill(KEY)


@pytest.mark.journey
def test_a_model_is_tested_chosen_and_writes_with_seconds_and_tokens(page: Page, far: ModelServer) -> None:
    received = list[Response]()
    page.on("response", lambda response: received.append(response))  # noqa: PLW0108 (Playwright marks it)
    badge(page, "Quotes only")
    fill(page, far)
    dialog = page.get_by_role("dialog", name="Language model")
    # A server without a list leaves the field for the name.
    page.get_by_label("Key", exact=True).blur()
    expect(dialog).to_contain_text("Type the model’s name: the models of")
    dialog.get_by_role("button", name="Test").click()
    expect(dialog.locator(".fn-model-said")).to_have_text(
        re.compile(
            r"^The model replied in [\d.]+ s with 312 tokens\. Its reply arrives all at once, when it is "
            r"complete\. It did not keep to a prescribed form\. Its server does not say how much it can read "
            r"at once\.$"
        )
    )
    far.refusal = (401, f"the key {KEY} is wrong")
    dialog.get_by_role("button", name="Test").click()
    expect(dialog.get_by_role("alert")).to_contain_text("its server refused the key")
    far.refusal = None
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    badge(page, "Written by small, checked")
    expect(page.locator("#fn-said")).to_have_text("Saved. New answers: Written by small, checked.")
    go_on, reply = Event(), far.reply

    def held(messages: object) -> str:
        assert go_on.wait(PATIENCE)
        return reply(messages)  # type: ignore[arg-type]

    far.reply = held
    ask(page, DENS)
    expect(page.locator(".fn-waiting")).to_have_text("Writing with small…")
    expect(page.locator(".fn-waiting[data-seconds]")).to_have_count(1)
    go_on.set()
    expect(page.locator(".fn-sentences")).to_contain_text(KNOWN)
    made = page.locator(".fn-made")
    expect(made).to_contain_text("Written by small")
    expect(made).to_contain_text("312 tokens")
    page.locator(".fn-model-badge").click()
    expect(page.get_by_text("A key is stored. Leave the field empty to keep it.")).to_be_visible()
    expect(page.get_by_label("Key", exact=True)).to_have_value("")
    page.get_by_label("Address").fill("http://127.0.0.1:1/v1")
    expect(page.get_by_text("A key is stored.")).to_be_hidden()
    page.get_by_label("Model provider").select_option(label="No model: quotes only")
    page.get_by_role("button", name="Save").click()
    badge(page, "Quotes only")
    texts = [each.text() for each in received if "/v1/model" in each.url]
    assert len(texts) >= 6
    assert KEY not in "".join([*texts, page.content()])
    assert f"Bearer {KEY}" in far.keys


def test_a_server_of_this_machine_is_chosen_with_one_click_and_the_offer_is_made_once(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(page, DENS)
    line = page.locator(".fn-model-hint")
    expect(line).to_have_text(
        "These are the reports’ own sentences. A language model would write the answer. Choose a model"
    )
    answered(page, ARRESTS)
    expect(line).to_have_count(1)
    page.reload()
    expect(page.locator(WHOLE)).to_have_count(2)
    page.locator(".fn-suggestions").wait_for()
    expect(line).to_have_count(0)
    with list_server({"/v1/models": openai_list("own-1b", "own-8b", owner="llamacpp")}) as far:
        monkeypatch.setattr(discovery, "PLACES", (discovery.Place(far.port, discovery.LLAMA_CPP),))
        page.locator(".fn-model-badge").click()
        dialog = page.get_by_role("dialog", name="Language model")
        models = dialog.get_by_label("Model of llama.cpp", exact=True)
        expect(models).to_have_value("own-8b")
        models.select_option("own-1b")
        expect(dialog).to_contain_text("A small model: mistakes are more likely")
        models.select_option("own-8b")
        expect(dialog).not_to_contain_text("A small model")
        dialog.get_by_role("button", name="Use this model of llama.cpp").click()
        expect(dialog).to_be_hidden()
        badge(page, "Written by own-8b, checked")
        page.locator(".fn-model-badge").click()
        # The server in use is not offered again; its models are a list.
        expect(dialog.get_by_label("Model", exact=True)).to_have_value("own-8b")
        expect(dialog.locator(".fn-model-offer")).to_have_count(0)


def test_the_models_at_an_address_are_a_list_that_takes_another_name(page: Page) -> None:
    page.locator(".fn-model-badge").click()
    with list_server({"/v1/models": openai_list("a-1b", "b", "c-embedding")}) as far:
        page.get_by_label("Model provider").select_option(label=OPENAI)
        page.get_by_label("Address").fill(f"{far.root}/v1")
        page.get_by_label("Key", exact=True).fill(KEY)
        page.get_by_label("Key", exact=True).blur()
        models = page.get_by_role("combobox", name="Model", exact=True)
        expect(models.locator("option")).to_have_text(["a-1b", "b", "Another name…"])
        expect(models).to_have_value("b")
        models.select_option("a-1b")
        expect(page.get_by_text("A small model")).to_be_visible()
        models.select_option(label="Another name…")
        typed = page.get_by_role("textbox", name="Model", exact=True)
        typed.fill("mine")
        page.get_by_role("button", name="Save").click()
        badge(page, "Written by mine, checked")
        assert f"Bearer {KEY}" in [headers.get("authorization") for headers in far.headers]
        page.locator(".fn-model-badge").click()
        expect(typed).to_have_value("mine")
        expect(models).to_have_value("")
        assert violations(page) == []


def test_the_keyboard_reaches_all_of_the_panel_and_leaves_it(page: Page, far: ModelServer) -> None:
    # Gradio gives the input the focus once it has drawn it.
    expect(page.get_by_label("Your question")).to_be_focused()
    page.locator(".fn-model-badge").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Language model")
    expect(page.get_by_label("Model provider")).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        assert page.evaluate(inside)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator(".fn-model-badge")).to_be_focused()
    fill(page, far)
    page.get_by_label("Model", exact=True).fill("")
    page.get_by_label("Key", exact=True).press("Enter")
    expect(page.get_by_label("Model", exact=True)).to_be_focused()
    assert far.keys == []
    page.get_by_label("Model provider").select_option(label="A GGUF file on this machine")
    expect(dialog).to_contain_text("There is no GGUF file yet.")
    expect(dialog.get_by_role("button")).to_have_text(["Close"])
    expect(page.get_by_label("Key", exact=True)).to_be_hidden()


def test_a_model_that_a_setting_names_is_shown_and_not_changed(
    chromium: Browser, seed_index: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTNOTED_LLM", "none")
    settings = load_settings(home=tmp_path)
    phone: dict[str, Any] = {
        "viewport": {"width": 390, "height": 844},
        "color_scheme": "dark",
        "reduced_motion": "reduce",
    }
    with (
        serving(seed_index, QueryEngine(seed_index), settings) as url,
        opened(chromium, url, **phone) as page,
    ):
        page.locator(".fn-model-badge").click()
        dialog = page.get_by_role("dialog", name="Language model")
        expect(dialog).to_contain_text("FOOTNOTED_LLM sets the language model, so it cannot be changed here.")
        expect(dialog.locator("input, select")).to_have_count(0)
        assert violations(page) == []
        dialog.get_by_role("button", name="Close").click()
        expect(dialog).to_be_hidden()
