"""The hidden fields of the page's script are parsed as data; invalid ones are ignored."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.records import Filters
from ui.errors import FiltersError
from ui.page.conversation import Command, read_command, read_filters

ANSWER = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('{"n": 1, "do": "ask", "question": "Why?"}', Command(do="ask", n=1, question="Why?")),
        (f'{{"n": 2, "do": "again", "answer_id": "{ANSWER}"}}', Command(do="again", n=2, answer_id=ANSWER)),
        (
            f'{{"do": "edit", "answer_id": "{ANSWER}", "question": "<b>"}}',
            Command(do="edit", answer_id=ANSWER, question="<b>"),
        ),
        ('{"do": "open", "conversation_id": "a-1_B"}', Command(do="open", conversation_id="a-1_B")),
        ('{"n": 3, "do": "listen"}', Command(do="listen", n=3)),
    ],
)
def test_commands_are_read(text: str, command: Command) -> None:
    assert read_command(text) == command


@pytest.mark.parametrize(
    "text",
    [
        *["", "null", "[]", "{}", "{", "ask", '{"do": "delete"}', '{"do": "ask", "question": "  "}'],
        *['{"do": "ask", "question": 7}', '{"do": "again", "answer_id": "../x"}', '{"do": "ask", "more": 1}'],
        *['{"do": "open", "conversation_id": "<img>"}', '{"do": "ask", "question": "' + "x" * 2001 + '"}'],
        "[" * 100_000,
    ],
)
def test_what_is_no_command_is_none(text: str) -> None:
    assert read_command(text) is None


def test_a_scope_has_the_fields_of_the_filters_of_a_question() -> None:
    text = """{"publishers": ["A"], "languages": ["en"], "collections": ["c"], "document_ids": [3],
        "published_after": "2025-03", "published_before": "2026"}"""
    assert read_filters(text) == Filters(
        (3,), ("A",), ("en",), ("c",), published_before="2026", published_after="2025-03"
    )


def test_an_empty_scope_narrows_nothing() -> None:
    text = """{"publishers": [], "languages": [], "collections": [], "kinds": [], "document_ids": [],
        "published_after": null, "published_before": null}"""
    assert read_filters(text) == Filters()
    assert read_filters("") == Filters()


@pytest.mark.parametrize(
    "text",
    [
        *["null", "[]", "7", '"x"', "{", '{"publishers": "A"}', '{"document_ids": ["1"]}', '{"x": [1]}'],
        *['{"published_after": "soon"}', '{"published_before": "2025-02-30"}', '{"document_ids": [1e400]}'],
        "[" * 100_000,
    ],
)
def test_a_scope_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(FiltersError):
        read_filters(text)


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    assert read_command(text) is None or isinstance(read_command(text), Command)
    with suppress(FiltersError):
        assert isinstance(read_filters(text), Filters)
