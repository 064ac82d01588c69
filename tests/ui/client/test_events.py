"""A stream of events is read alike in whatever parts it arrives."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.events import QuestionCorrected, Token
from ui.client.client import EventReader, ProblemError

WORDS = ("One\u2028two\x85three.", " Four — “five”.", "")


def sent() -> bytes:
    blocks = [("corrected", {"searched_for": "why?"}), ("novelty", {"x": 1})]
    blocks += [("token", {"text": words, "verdict": "quoted"}) for words in WORDS]
    lines = [f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n" for name, data in blocks]
    return ": ping\n\n".join(lines).encode()


@given(st.lists(st.integers(0, len(sent())), max_size=8), st.booleans())
def test_the_parts_of_a_stream_make_no_difference(cuts: list[int], windows: bool) -> None:
    stream = sent().replace(b"\n", b"\r\n") if windows else sent()
    edges = [0, *sorted(cuts), len(stream)]
    reader = EventReader()
    events = [event for start, end in pairwise(edges) for event in reader.feed(stream[start:end])]
    assert events == [QuestionCorrected("why?"), *(Token(words, "quoted") for words in WORDS)]


def test_an_error_is_raised_as_the_problem_that_it_is() -> None:
    problem = {"status": 503, "title": "Service Unavailable", "detail": "The server is stopping."}
    with pytest.raises(ProblemError, match="stopping") as caught:
        list(EventReader().feed(f"event: error\ndata: {json.dumps(problem)}\n\n".encode()))
    assert (caught.value.status, caught.value.problem) == (503, problem)
