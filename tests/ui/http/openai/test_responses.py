"""OpenAI's own client asks for a response: each footnote is an annotation at its mark."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import openai
import pytest
from openai.types.responses import Response, ResponseOutputMessage, ResponseOutputText
from starlette.testclient import TestClient

from rag.engine import QueryEngine
from ui.http.openai import text_of

DENS = "How many scam compounds does Amnesty say there are in Cambodia?"
GATE = "Why did gate 3 of the Maravel Dam fail?"
RAINFALL = "What is the rainfall of Cambodia?"


def output(response: Response) -> ResponseOutputText:
    [message] = response.output
    assert isinstance(message, ResponseOutputMessage)
    [part] = message.content
    assert isinstance(part, ResponseOutputText)
    return part


def test_each_footnote_is_an_annotation_at_its_mark(client: openai.OpenAI) -> None:
    response = client.responses.create(model="gpt-5", input=DENS, instructions="Talk like a pirate.")
    answer: dict[str, Any] = response.model_extra["footnoted"] if response.model_extra else {}
    assert (response.object, response.status, response.model) == ("response", "completed", "footnoted")
    assert response.id == f"resp_{answer['answer_id']}"
    part = output(response)
    assert part.text == response.output_text
    assert [each.type for each in part.annotations] == ["file_citation"] * len(answer["citations"])
    for annotation, citation in zip(part.annotations, answer["citations"], strict=True):
        assert annotation.type == "file_citation"
        assert part.text[annotation.index :].startswith(f"[{citation['id']}]")
        assert (annotation.file_id, annotation.filename) == (str(citation["document_id"]), citation["path"])
    assert response.usage is not None
    assert response.usage.total_tokens == 0


def test_the_text_is_that_of_a_chat_completion(client: openai.OpenAI, seed_engine: QueryEngine) -> None:
    for question in (DENS, RAINFALL):
        response = client.responses.create(model="footnoted", input=[{"role": "user", "content": question}])
        assert response.output_text == text_of(seed_engine.ask(question))


@pytest.mark.parametrize("question", [DENS, RAINFALL])
def test_a_stream_adds_up_to_the_response(client: openai.OpenAI, question: str) -> None:
    whole = output(client.responses.create(model="footnoted", input=question))
    with client.responses.stream(model="footnoted", input=question) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(each.delta for each in events if each.type == "response.output_text.delta") == whole.text
    added = [each for each in events if each.type == "response.output_text.annotation.added"]
    assert [each.annotation for each in added] == [each.model_dump() for each in whole.annotations]
    assert [each.annotation_index for each in added] == list(range(len(added)))
    assert output(final).model_dump(exclude={"parsed"}) == whole.model_dump()
    kinds = [event.type.removeprefix("response.") for event in events]
    assert kinds[:4] == ["created", "in_progress", "output_item.added", "content_part.added"]
    assert kinds[-4:] == ["output_text.done", "content_part.done", "output_item.done", "completed"]


def test_earlier_turns_make_a_follow_up(client: openai.OpenAI) -> None:
    turns: Any = [
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "Why did gate 3 of the Maravel Dam fail?"}],
        },
        {"role": "assistant", "content": [{"type": "output_text", "text": "A pin rusted. [1]"}]},
        {"role": "user", "content": "And when?"},
    ]
    response = client.responses.create(model="footnoted", input=turns)
    assert response.model_extra is not None
    assert "Maravel" in (response.model_extra["footnoted"]["standalone"] or "")


def test_a_stream_that_fails_ends_with_an_error(
    client: openai.OpenAI, seed_engine: QueryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = seed_engine.stream

    def failing(*given: Any, **named: Any) -> Any:  # noqa: ANN401 (passed on)
        # The error would keep the stream open, and then the engine is not idle in later tests.
        with closing(stream(*given, **named)) as events:
            yield next(events)
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(seed_engine, "stream", failing)
    events = list(client.responses.create(model="footnoted", input=DENS, stream=True))
    assert events[-1].type == "error"
    assert events[-1].code == "507"
    assert [event.sequence_number for event in events] == list(range(len(events)))


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"input": ""}, "the question is empty"),
        ({"input": []}, "input."),
        ({"input": [{"role": "system", "content": "x"}]}, "messages has no message with the role user"),
        ({"input": DENS, "previous_response_id": "resp_1"}, "previous_response_id: no response is kept"),
        ({}, "input: Field required"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(
    seed_client: TestClient, body: dict[str, Any], detail: str
) -> None:
    refused = seed_client.post("/v1/responses", json=body)
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith(detail)
