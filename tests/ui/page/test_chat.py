"""The chat page has its components, and no script of its own."""

from __future__ import annotations

from ui.page.chat import TITLE, build_chat, labels


def test_the_page_has_a_title_a_purpose_and_a_labelled_input() -> None:
    page = build_chat()
    parts = {component["props"].get("elem_id"): component["props"] for component in page.config["components"]}
    assert page.title == TITLE
    words = labels()
    assert parts["fn-banner"]["value"] == str(words("chat.banner"))
    assert str(parts["fn-question"]["label"]) == str(words("chat.question"))
    assert words.translations["en"]["chat.banner"].startswith(f"# {TITLE}\n\n")
    assert parts["fn-conversation"]["sanitize_html"] is True
    assert parts["fn-conversation"]["latex_delimiters"] == []
    buttons = [part["props"]["value"] for part in page.config["components"] if part["type"] == "button"]
    assert buttons == [str(words("chat.startOver"))]


def test_the_script_s_fields_are_on_the_page_and_not_seen() -> None:
    page = build_chat()
    parts = {component["props"].get("elem_id"): component["props"] for component in page.config["components"]}
    fields = ("fn-scope", "fn-request", "fn-shown")
    assert [parts[name]["visible"] for name in fields] == ["hidden"] * 3


def test_the_browser_runs_no_script_of_the_page_s_own_making() -> None:
    """Gradio evaluates ``js`` of an event, which the page's policy forbids."""
    page = build_chat()
    assert {dependency["js"] for dependency in page.config["dependencies"]} == {None}
