"""A document arrives unchanged from the reading process, and invalid messages are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Document, Origin, PageLayout, Section
from index.loaders import LoadingLimits, Options
from index.loaders.sandbox.protocol import Answer, MessageError, Request, pack, receive, send, unpack
from index.text.passages import Cutting, cut

DOCUMENT = Document(
    "The gate is closed.\n\nIt stays closed.",
    *("The gate", "pdf", "en"),
    page_starts=(0, 21),
    origins={"title": "page"},
    sections=(Section(0, 1, "The gate"),),
    layouts=(PageLayout(595.25, 842.0, b"\x00\xff>?"),),
)
OFFSETS = st.integers(0, 40)
DOCUMENTS = st.builds(
    Document,
    text=st.text(min_size=40),
    page_starts=st.lists(OFFSETS).map(tuple),
    origins=st.dictionaries(st.text(), st.sampled_from(get_args(Origin))),
    sections=st.lists(st.builds(Section, start=OFFSETS, level=st.integers(1, 9), title=st.text())).map(tuple),
    mended=st.lists(OFFSETS).map(tuple),
    layouts=st.lists(
        st.builds(PageLayout, *[st.floats(allow_nan=False)] * 2, boxes=st.binary()),
    ).map(tuple),
    unread_pages=st.lists(st.integers(1)).map(tuple),
    recognised_pages=st.lists(st.integers(1)).map(tuple),
    **dict.fromkeys(("title", "kind", "language", "recognised_in"), st.text()),
    **dict.fromkeys(("publisher", "published", "author"), st.none() | st.text()),
)


@given(DOCUMENTS, st.binary(), st.text(), st.text(), st.booleans())
def test_every_answer_arrives_as_it_was_sent(
    document: Document, picture: bytes, cause: str, remedy: str, last: bool
) -> None:
    passages = cut(document, lambda text: [(place, place + 1) for place in range(len(text))], 30)
    for answer in (
        Answer(document),
        Answer(document, cut=passages),
        Answer(None, picture),
        Answer(None, b"", cause, remedy, last),
    ):
        assert unpack(Answer, pack(answer)) == answer


@given(
    st.binary(min_size=1),
    st.builds(
        Options,
        limits=st.builds(LoadingLimits, megabytes=st.integers(1), seconds=st.floats(0, 1e9)),
        passwords=st.lists(st.text()).map(tuple),
        ocr=st.booleans(),
        ocr_languages=st.lists(st.text()).map(tuple),
    ),
)
def test_every_request_arrives_as_it_was_sent(path: bytes, options: Options) -> None:
    for request in (Request(path, options), Request(path, options, cutting=Cutting("{}", 200, "en"))):
        assert unpack(Request, pack(request)) == request


@given(st.lists(st.binary()))
def test_messages_are_received_one_by_one(messages: list[bytes]) -> None:
    pipe = BytesIO()
    for message in messages:
        send(message, pipe)
    pipe.seek(0)
    assert [receive(pipe, 1000) for _ in messages] == messages
    assert receive(pipe, 1000) is None


@pytest.mark.parametrize("length", [0, 1, 7, 8, 12])
def test_a_truncated_message_is_none(length: int) -> None:
    assert receive(BytesIO(b"\0\0\0\0\0\0\0\x05words"[:length]), 1000) is None


def test_a_message_beyond_bounds_is_not_read() -> None:
    with pytest.raises(MessageError, match=r"a message of 9,223,372,036,854,775,807 bytes, more than 1,000"):
        receive(BytesIO((2**63 - 1).to_bytes(8, "big")), 1000)


@pytest.mark.parametrize("field", ["text", "title", "author"])
def test_half_a_surrogate_pair_is_not_sent(field: str) -> None:
    fields: dict[str, Any] = {"text": "", "title": "", "kind": "text", field: "gate \ud83d"}
    document = Document(**fields)
    with pytest.raises(MessageError):
        pack(Answer(document))


@pytest.mark.parametrize(
    "changes",
    [
        *(
            {"text": None},
            {"text": 3},
            {"title": ["x"]},
            {"title": "\ud800"},
            {"origins": {"title": "hearsay"}},
        ),
        *({"page_starts": [place]} for place in ("0", True, -1, 1000)),
        *({"mended": [1.5]}, {"__class__": "os.system"}, {"sections": [{"start": 0, "level": 1}]}),
        {"sections": [{"start": 1000, "level": 1, "title": "x"}]},
        {"layouts": [{"width": "1", "height": 1.0, "boxes": ""}]},
        {"layouts": [{"width": 1.0, "height": 1.0, "boxes": "*"}]},
    ],
    ids=json.dumps,
)
def test_an_answer_with_anything_that_is_not_its_type_is_refused(changes: dict[str, Any]) -> None:
    [answer] = json.loads(pack(Answer(DOCUMENT)))
    assert unpack(Answer, json.dumps([answer]).encode()) == Answer(DOCUMENT)
    answer["document"] |= changes
    with pytest.raises(MessageError):
        unpack(Answer, json.dumps([answer]).encode())


def test_passages_that_do_not_lie_in_the_text_are_refused() -> None:
    passages = cut(DOCUMENT, lambda _text: [], 30)
    for answer in (
        Answer(replace(DOCUMENT, text="The gate.", page_starts=()), cut=passages),
        Answer(cut=passages),
    ):
        with pytest.raises(MessageError, match="offsets outside the text"):
            unpack(Answer, pack(answer))


@pytest.mark.parametrize(
    "data", [b"", b"[", b"[]", b"null", b"[{}, {}]", b'[{"cause": 1}]', b"\xff", b"\x80\x04N."], ids=repr
)
def test_an_invalid_answer_is_refused(data: bytes) -> None:
    with pytest.raises(MessageError, match="no answer"):
        unpack(Answer, data)
