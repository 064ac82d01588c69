"""The chat page has its components, and no script of its own."""

from __future__ import annotations

from ui.page.chat import TITLE, build_chat, labels


def test_the_page_has_a_labelled_input_hidden_fields_for_the_script_and_no_script_of_its_own() -> None:
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
    assert [parts[name]["visible"] for name in ("fn-scope", "fn-request", "fn-shown")] == ["hidden"] * 3
    # Gradio evaluates ``js`` of an event, which the page's policy forbids.
    assert {dependency["js"] for dependency in page.config["dependencies"]} == {None}
