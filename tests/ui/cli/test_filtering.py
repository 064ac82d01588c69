"""The options of a command say the same to a server as to the index."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from index.records import Filters
from ui.cli.filtering import filters_of, request_fields
from ui.http.schemas import ChatRequest, SearchRequest
from ui.syntax import MAX_ID

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
WORDS = st.lists(TEXT, max_size=3).map(tuple)
DATES = st.none() | st.dates().map(lambda day: day.isoformat()[: (4, 7, 10)[day.day % 3]])
FILTERS = st.builds(
    Filters,
    st.lists(st.integers(1, MAX_ID), max_size=3).map(tuple),
    publishers=WORDS,
    languages=WORDS,
    collections=WORDS,
    kinds=WORDS,
    published_before=DATES,
    published_after=DATES,
)


@given(FILTERS)
def test_a_request_has_the_filters_of_the_command(filters: Filters) -> None:
    sent = json.dumps({"query": "x", **request_fields(filters)})
    assert SearchRequest.model_validate_json(sent).to_filters() == filters
    asked = json.dumps({"question": "x", **request_fields(filters)})
    assert ChatRequest.model_validate_json(asked).to_filters() == filters


def test_options_that_are_not_given_say_nothing() -> None:
    filters = filters_of(None, None, None, None, kinds=None, dates=(None, None))
    assert (filters, request_fields(filters)) == (Filters(), {})


def test_bytes_of_a_name_that_are_no_text_are_marked() -> None:
    filters = filters_of([7], ["B\udcfccher"], None, ["é"], kinds=["pdf", "docx"], dates=(None, "2031"))
    assert filters == Filters((7,), ("B?cher",), (), ("é",), ("pdf", "docx"), None, "2031")
    assert request_fields(filters) == {
        "published_after": "2031",
        "filters": {
            "document_ids": (7,),
            "publishers": ("B?cher",),
            "collections": ("é",),
            "kinds": ("pdf", "docx"),
        },
    }
