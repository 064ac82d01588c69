"""OpenAI's own client asks the library over a socket, and gets the answer with its footnotes."""

from __future__ import annotations

import json
from typing import cast

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

from index.library import Library
from rag.answers import Citation, Verification
from rag.engine import QueryEngine
from rag.verification import Gate
from rag.writing.writer import Writer
from tests.support.openai_client import served
from tests.support.scripted import ScriptedLLM, cites, model_of, says
from ui.http.openai import escaped, footnotes, text_of, without_footnotes

DENS = "How many scam compounds does Amnesty say there are in Cambodia?"
QUOTE = "Amnesty International recently reported that it knows of at least 53 scam dens in Cambodia"
RAINFALL = "What is the rainfall of Cambodia?"


def user(words: object) -> ChatCompletionMessageParam:
    """A message of a person; also with content that the client's types do not allow."""
    return cast("ChatCompletionMessageParam", {"role": "user", "content": words})


def asked(
    client: openai.OpenAI, *messages: ChatCompletionMessageParam, model: str = "footnoted"
) -> ChatCompletion:
    return client.chat.completions.create(model=model, messages=messages)


def test_its_one_model_is_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["footnoted"]


def test_an_answer_has_its_footnotes_in_the_text_and_is_whole_in_the_extension(client: openai.OpenAI) -> None:
    completion = asked(client, user(DENS), model="gpt-4o")
    [choice] = completion.choices
    answer = completion.footnoted  # type: ignore[attr-defined]
    text = choice.message.content or ""
    assert (completion.object, completion.model, choice.finish_reason) == (
        "chat.completion",
        "footnoted",
        "stop",
    )
    assert completion.id == f"chatcmpl-{answer['answer_id']}"
    assert answer["note"] is None
    assert text.startswith(f"{answer['text']} [1]\n\n[1]: “{QUOTE}")
    assert text.endswith(
        "— Cambodia sweeps scam dens nationwide on the prime minister's order, "
        "Footnoted sample library, 18 July 2025"
    )
    assert (answer["question"], answer["model"]) == (DENS, "quoted")
    assert [each["verdict"] for each in answer["sentences"]] == ["quoted"]
    assert answer["citations"][0]["quote"] == answer["text"]
    assert completion.usage is not None
    assert completion.usage.total_tokens == 0


def test_a_corrected_question_is_named_below_and_is_no_part_of_the_history(client: openai.OpenAI) -> None:
    text = asked(client, user("How many suspects were arested?")).choices[0].message.content or ""
    assert "\n\nSearched for: How many suspects were arrested?\n\n" in text
    assert "Searched for" not in without_footnotes(text)


def test_an_abstention_is_a_text_without_footnotes(client: openai.OpenAI) -> None:
    completion = asked(client, user(RAINFALL))
    answer = completion.footnoted  # type: ignore[attr-defined]
    assert answer["abstained"] is True
    assert completion.choices[0].message.content == answer["reason"]


@pytest.mark.parametrize("question", [DENS, RAINFALL])
def test_a_stream_is_the_same_text_in_pieces(client: openai.OpenAI, question: str) -> None:
    whole = asked(client, user(question))
    chunks = list(client.chat.completions.create(model="footnoted", messages=[user(question)], stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks]
    assert "".join(pieces) == whole.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[-1].footnoted["text"] == whole.footnoted["text"]  # type: ignore[attr-defined]


def test_a_stream_tells_its_usage_where_that_is_asked_for(seed_index: Library) -> None:
    usage = {"usage": {"prompt_tokens": 700, "completion_tokens": 40}}
    llm = ScriptedLLM(lambda messages: iter([*cites((QUOTE + ".", QUOTE))(messages), usage]))
    engine = QueryEngine(seed_index, writer=Writer(model_of(llm), Gate()))
    with served(seed_index, engine) as client:
        chunks = list(
            client.chat.completions.create(
                model="footnoted", messages=[user(DENS)], stream=True, stream_options={"include_usage": True}
            )
        )
    *_, stop, last = chunks
    assert (stop.choices[0].finish_reason, last.choices) == ("stop", [])
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens) == (700, 40, 740)
    assert stop.footnoted["model"] == "scripted"  # type: ignore[attr-defined]


def test_a_follow_up_is_understood_from_the_messages_before_it(seed_index: Library) -> None:
    rewritten = "What did Amnesty International link the scam dens in Cambodia to?"
    llm = ScriptedLLM(says(rewritten), cites((QUOTE + ".", QUOTE)))
    engine = QueryEngine(seed_index, writer=Writer(model_of(llm), Gate()))
    with served(seed_index, engine) as client:
        first = f"{QUOTE}. [1]\n\n[1]: “{QUOTE}” — Cambodia sweeps"
        completion = asked(
            client,
            {"role": "system", "content": "Talk like a pirate."},
            user(DENS),
            {"role": "assistant", "content": first},
            user([{"type": "text", "text": "What did Amnesty International link them to?"}]),
        )
    assert completion.footnoted["standalone"] == rewritten  # type: ignore[attr-defined]
    assert f"Q: {DENS}\nA: {QUOTE}.\n</report>" in llm.words(0)
    assert "pirate" not in llm.words(0) + llm.words(1)


@pytest.mark.parametrize(
    ("messages", "status", "detail"),
    [
        ([], 422, "messages: List should have at least 1 item after validation, not 0"),
        (
            [{"role": "system", "content": "Be brief."}],
            422,
            "messages has no message with the role user; send the question as one",
        ),
        ([user("")], 422, "the question is empty; ask something about the reports"),
        ([user(None)], 422, "the question is empty; ask something about the reports"),
        ([user([{"type": "image_url", "image_url": {"url": "data:"}}])], 422, "the question is empty; ask"),
        ([user("why " * 600)], 422, "the question has 2,399 characters, more than the 2,000"),
        ([{"role": "pirate", "content": "Arr"}], 422, "messages.0.role: Input should be"),
    ],
    ids=lambda value: str(value)[:20],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_asked_is_refused_in_words(
    client: openai.OpenAI, messages: list[ChatCompletionMessageParam], status: int, detail: str, stream: bool
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="footnoted", messages=messages, stream=stream)
    assert caught.value.status_code == status
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["detail"].startswith(detail)


def test_messages_without_text_in_a_history_are_no_error(client: openai.OpenAI) -> None:
    history = [user("When?"), {"role": "assistant", "content": None}, {"role": "tool", "content": "x"}]
    body = {"messages": [*history, user(DENS)], "temperature": 0.3, "n": 1}
    answered = httpx.post(
        f"{client.base_url}chat/completions",
        content=json.dumps(body),
        headers={"Content-Type": "application/json"},
        timeout=60,
        trust_env=False,
    )
    assert answered.status_code == 200
    assert QUOTE in answered.json()["choices"][0]["message"]["content"]


SUPPORTED = Verification("supported", True, True, 1.0)


def citation(number: int, quote: str = "It broke.", **facts: object) -> Citation:
    given: dict[str, object] = {
        "title": "Dams",
        "publisher": None,
        "author": None,
        "published": None,
        "page": None,
        **facts,
    }
    return Citation(
        id=number,
        answer_start=0,
        answer_end=1,
        document_id=1,
        version=1,
        path="dams.md",
        start=0,
        end=len(quote),
        quote=quote,
        boxes=(),
        verification=SUPPORTED,
        **given,  # type: ignore[arg-type]
    )


def test_a_footnote_has_the_quote_and_where_it_stands() -> None:
    full = citation(
        *(1, "It\nbroke  at night."),
        title="Dams of\nthe Isken",
        publisher="Ministry",
        published="2025-03-20",
        page=4,
        recognised=True,
        superseded_by=2,
    )
    assert footnotes([full]) == (
        "[1]: “It broke at night.” — Dams of the Isken, Ministry, 20 March 2025, page 4, "
        "words recognised in a picture of the page, superseded by a newer version"
    )
    assert footnotes([citation(2, author="R. Velland", published="2025")]) == (
        "[2]: “It broke.” — Dams, R. Velland, 2025"
    )
    assert footnotes([]) == ""


def test_each_number_has_one_line_in_order() -> None:
    lines = footnotes([citation(2), citation(10), citation(1), citation(2)]).splitlines()
    assert [line.partition("]")[0] for line in lines] == ["[1", "[2", "[10"]


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("It broke. [1]\nIt was old. [2] [3]", "It broke.\nIt was old."),
        ("It broke (not supported) [1]", "It broke"),
        ("It broke. [1]\n\n[1]: “It broke.” — Dams, 2025", "It broke."),
        ("See [12] on dams and [a].", "See [12] on dams and [a]."[:3] + " on dams and [a]."),
        ("No marks.", "No marks."),
    ],
)
def test_an_answer_is_read_again_without_its_marks(text: str, bare: str) -> None:
    assert without_footnotes(text) == bare


def test_an_answer_comes_back_as_it_was(seed_engine: QueryEngine) -> None:
    for question in ("Was the figure of 15,900 displaced people right?", "What is the rainfall of Cambodia?"):
        answer = seed_engine.ask(question)
        note = f"\n\n{answer.note}" if answer.note else ""
        assert without_footnotes(text_of(answer)) == answer.text + note


@pytest.mark.parametrize(
    ("address", "parted"),
    [
        ("https://attacker.example/?q=1", "https:/\u2060/attacker\u2060\\.example/?q=1"),
        ("http://10.0.0.1/x", "http:/\u2060/10.0.0.1/x"),
        ("www.attacker.io", "www\u2060\\.attacker\u2060\\.io"),
        ("attacker.com", "attacker\u2060\\.com"),
        ("ada@attacker.com", "ada\u2060@attacker\u2060\\.com"),
        ("It cost 4.2 million, the U.S. says.", "It cost 4.2 million, the U.S. says."),
    ],
)
def test_an_address_is_parted_so_that_no_client_makes_a_link_of_it(address: str, parted: str) -> None:
    assert escaped(address) == parted
    assert without_footnotes(parted) == address
