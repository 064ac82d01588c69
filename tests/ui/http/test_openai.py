"""OpenAI's protocol: completions, responses, and the search of vector stores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import VectorStoreSearchResponse
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam
from openai.types.responses import Response, ResponseOutputMessage, ResponseOutputText
from starlette.testclient import TestClient

from benchmarks.app_server import serving_app
from benchmarks.stub_encoder import StubEncoder
from index.library import Library
from rag.engine import QueryEngine
from rag.events import NoteMade
from rag.verification import Gate
from rag.writing.writer import Writer
from tests.support.libraries import MakeLibrary
from tests.support.markup import answer, citation
from tests.support.reports import incoming
from tests.support.scripted import ScriptedLLM, cites, model_of, plans
from tests.support.stories import DEPORTATIONS
from tests.ui.http.conftest import problem
from ui.app import create_app
from ui.http.openai import (
    MAX_CONDITIONS,
    MAX_QUERIES,
    ComparisonFilter,
    CompoundFilter,
    escaped,
    footnotes,
    text_of,
    without_footnotes,
)
from ui.http.questions import server_sent_event

DENS = "How many scam compounds does Amnesty say there are in Cambodia?"

QUOTE = "Amnesty International recently reported that it knows of at least 53 scam dens in Cambodia"

RAINFALL = "What is the rainfall of Cambodia?"


@contextmanager
def served(index: Library, engine: QueryEngine) -> Iterator[openai.OpenAI]:
    with (
        serving_app(create_app(index, engine)) as address,
        openai.OpenAI(
            api_key="any",
            base_url=f"{address}/v1",
            http_client=httpx.Client(trust_env=False, timeout=60),
            max_retries=0,
            timeout=60,
        ) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client(seed_index: Library, seed_engine: QueryEngine) -> Iterator[openai.OpenAI]:
    with served(seed_index, seed_engine) as client:
        yield client


TABLE = (
    "Cases of the anti-corruption office of Varda\n\n"
    "| Offence | Opened | Closed | Pending |\n|---|---|---|---|\n"
    "| Fraud | 193 | 215 | 386 |\n| Bribery | 41 | 39 | 12 |\n"
)
FRAUD = "Fraud: Opened = 193; Closed = 215; Pending = 386"


def test_a_row_has_the_names_of_its_columns_streamed_or_not(library: MakeLibrary) -> None:
    engine = library({"cases.md": TABLE})
    with served(engine.index, engine) as client:
        asked: Any = {
            "model": "footnoted",
            "messages": [{"role": "user", "content": "How many fraud cases?"}],
        }
        whole = client.chat.completions.create(**asked).choices[0].message.content or ""
        chunks = list(client.chat.completions.create(**asked, stream=True))
        response = client.responses.create(model="footnoted", input="How many fraud cases?")
    assert whole.startswith(f"{FRAUD} [1]")
    assert whole.splitlines()[-1].startswith(f"[1]: Cases of the anti-corruption office of Varda: {FRAUD} — ")
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole
    assert response.output_text == whole
    assert without_footnotes(whole) == FRAUD


# Chat completions


def test_its_one_model_is_listed(client: openai.OpenAI, seed_client: TestClient) -> None:
    assert [model.id for model in client.models.list()] == ["footnoted"]
    told = problem(seed_client.get("/v1/models/gpt-4o"), 404)
    assert told == "there is no model 'gpt-4o'; use 'footnoted'"


def user(words: object) -> ChatCompletionMessageParam:
    """A message of a person; also with content that the client's types do not allow."""
    return cast("ChatCompletionMessageParam", {"role": "user", "content": words})


def asked(
    client: openai.OpenAI, *messages: ChatCompletionMessageParam, model: str = "footnoted"
) -> ChatCompletion:
    return client.chat.completions.create(model=model, messages=messages)


def test_an_answer_has_its_footnotes_and_is_whole_in_the_extension(client: openai.OpenAI) -> None:
    completion = asked(client, user(DENS), model="gpt-4o")
    [choice] = completion.choices
    answer = completion.footnoted  # type: ignore[attr-defined]
    text = choice.message.content or ""
    assert (completion.object, completion.model) == ("chat.completion", "footnoted")
    assert (choice.finish_reason, completion.id) == ("stop", f"chatcmpl-{answer['answer_id']}")
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
    # A corrected question is named below, and is no part of the history.
    text = asked(client, user("How many suspects were arested?")).choices[0].message.content or ""
    assert "\n\nSearched for: How many suspects were arrested?\n\n" in text
    assert "Searched for" not in without_footnotes(text)


@pytest.mark.parametrize("question", [DENS, RAINFALL])
def test_a_stream_is_the_same_text_in_pieces(client: openai.OpenAI, question: str) -> None:
    whole = asked(client, user(question))
    answer = whole.footnoted  # type: ignore[attr-defined]
    if question == RAINFALL:
        assert answer["abstained"] is True
        assert whole.choices[0].message.content == answer["reason"], "it has no footnotes"
    chunks = list(client.chat.completions.create(model="footnoted", messages=[user(question)], stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks]
    assert "".join(pieces) == whole.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[-1].footnoted["text"] == answer["text"]  # type: ignore[attr-defined]


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
    llm = ScriptedLLM(plans(rewritten), cites((QUOTE + ".", QUOTE)))
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


def test_what_cannot_be_asked_is_refused_in_words(seed_client: TestClient) -> None:
    empty = "the question is empty; ask something about the reports"
    picture = {"type": "image_url", "image_url": {"url": "data:"}}
    cases: tuple[tuple[list[dict[str, Any]], str], ...] = (
        ([], "messages: List should have at least 1 item after validation, not 0"),
        (
            [{"role": "system", "content": "Be brief."}],
            "messages has no message with the role user; send the question as one",
        ),
        ([{"role": "user", "content": ""}], empty),
        ([{"role": "user", "content": None}], empty),
        ([{"role": "user", "content": [picture]}], empty),
        (
            [{"role": "user", "content": "why " * 600}],
            "the question has 2,399 characters, more than the 2,000",
        ),
        ([{"role": "pirate", "content": "Arr"}], "messages.0.role: Input should be"),
    )
    for messages, detail in cases:
        for stream in (False, True):
            body = {"model": "footnoted", "messages": messages, "stream": stream}
            refused = seed_client.post("/v1/chat/completions", json=body)
            assert problem(refused, 422).startswith(detail)
    # In a history, messages without text are no error.
    history = [
        {"role": "user", "content": "When?"},
        {"role": "assistant", "content": None},
        {"role": "tool", "content": "x"},
        {"role": "user", "content": DENS},
    ]
    asked = {"messages": history, "temperature": 0.3, "n": 1}
    answered = seed_client.post("/v1/chat/completions", json=asked)
    assert answered.status_code == 200
    assert QUOTE in answered.json()["choices"][0]["message"]["content"]


# The text of an answer


def test_a_footnote_has_the_quote_and_where_it_stands() -> None:
    full = replace(
        citation(1, "It\nbroke  at night.", page=4),
        title="Dams of\nthe Isken",
        publisher="Ministry",
        recognised=True,
        superseded_by=2,
    )
    assert footnotes([full]) == (
        "[1]: “It broke at night.” — Dams of the Isken, Ministry, 18 July 2025, page 4, "
        "words recognised in a picture of the page, superseded by a newer version"
    )
    brief = replace(citation(2, "It broke."), publisher=None, author="R. Velland", published="2025")
    assert footnotes([brief]) == "[2]: “It broke.” — Report 1, R. Velland, 2025"
    item = replace(citation(2, "(b) pay."), publisher=None, published=None, lead_in="They must:")
    assert footnotes([item]) == "[2]: “They must: … (b) pay.” — Report 1"
    assert footnotes([]) == ""
    lines = footnotes([citation(number, "It broke.") for number in (2, 10, 1, 2)]).splitlines()
    assert [line.partition("]")[0] for line in lines] == ["[1", "[2", "[10"], "each once, in order"


def test_a_report_s_own_mark_is_no_footnote() -> None:
    assert text_of(answer(citation(1, "It rusted.[38]"))).startswith("It rusted.⟨38⟩ [1]\n")


def test_an_answer_is_read_again_without_its_marks(seed_engine: QueryEngine) -> None:
    for text, bare in (
        ("It broke. [1]\nIt was old. [2] [3]", "It broke.\nIt was old."),
        ("It broke (not supported) [1]", "It broke"),
        ("It broke. [1]\n\n[1]: “It broke.” — Dams, 2025", "It broke."),
        ("See [12] on dams and [a].", "See on dams and [a]."),
        ("No marks.", "No marks."),
    ):
        assert without_footnotes(text) == bare
    for question in ("Was the figure of 15,900 displaced people right?", RAINFALL):
        answer = seed_engine.ask(question)
        note = f"\n\n{answer.note}" if answer.note else ""
        assert without_footnotes(text_of(answer)) == answer.text + note


def test_an_address_is_parted_so_that_no_client_makes_a_link_of_it() -> None:
    for address, parted in (
        ("https://attacker.example/?q=1", "https:/\u2060/attacker\u2060\\.example/?q=1"),
        ("http://10.0.0.1/x", "http:/\u2060/10.0.0.1/x"),
        ("www.attacker.io", "www\u2060\\.attacker\u2060\\.io"),
        ("attacker.com", "attacker\u2060\\.com"),
        ("ada@attacker.com", "ada\u2060@attacker\u2060\\.com"),
        ("It cost 4.2 million, the U.S. says.", "It cost 4.2 million, the U.S. says."),
    ):
        assert escaped(address) == parted
        assert without_footnotes(parted) == address


# Responses


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
    for annotation, cited in zip(part.annotations, answer["citations"], strict=True):
        assert annotation.type == "file_citation"
        assert part.text[annotation.index :].startswith(f"[{cited['id']}]")
        assert (annotation.file_id, annotation.filename) == (str(cited["document_id"]), cited["path"])
    assert response.usage is not None
    assert response.usage.total_tokens == 0


def test_what_was_not_found_is_said_first_also_in_a_stream(library: MakeLibrary) -> None:
    engine = library(DEPORTATIONS)
    question = "Deportations from Myanmar, February 2025 against March 2025?"
    missing = "Not found in these reports: “February 2025”."
    events = list(engine.stream(question))
    assert [event.note for event in events if isinstance(event, NoteMade)] == [missing]
    assert "note" in [server_sent_event(event)["event"] for event in events if isinstance(event, NoteMade)]
    with served(engine.index, engine) as client:
        whole = asked(client, user(question)).choices[0].message.content or ""
        assert whole.startswith(f"{missing}\n\nIn March 2025, 911 people were deported")
        assert whole.count(missing) == 1
        assert missing not in without_footnotes(whole)
        chunks = client.chat.completions.create(model="footnoted", messages=[user(question)], stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole
        assert output(client.responses.create(model="footnoted", input=question)).text == whole
        with client.responses.stream(model="footnoted", input=question) as stream:
            deltas = [each.delta for each in stream if each.type == "response.output_text.delta"]
        assert "".join(deltas) == whole


@pytest.mark.parametrize("question", [DENS, RAINFALL])
def test_a_stream_adds_up_to_the_response(
    client: openai.OpenAI, seed_engine: QueryEngine, question: str
) -> None:
    asked: Any = [{"role": "user", "content": [{"type": "input_text", "text": question}]}]
    whole = output(client.responses.create(model="footnoted", input=asked))
    assert whole.text == text_of(seed_engine.ask(question)), "that of a chat completion"
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


def test_what_cannot_be_answered_is_refused_in_words(seed_client: TestClient) -> None:
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"input": ""}, "the question is empty"),
        ({"input": []}, "input."),
        ({"input": [{"role": "system", "content": "x"}]}, "messages has no message with the role user"),
        ({"input": DENS, "previous_response_id": "resp_1"}, "previous_response_id: no response is kept"),
        ({}, "input: Field required"),
    )
    for body, detail in cases:
        assert problem(seed_client.post("/v1/responses", json=body), 422).startswith(detail)


# The search of vector stores


PIN = "rust in the pin of gate 3"


def search(
    client: openai.OpenAI,
    query: str | list[str] = PIN,
    **options: Any,  # noqa: ANN401 (OpenAI's options)
) -> list[VectorStoreSearchResponse]:
    return client.vector_stores.search("footnoted", query=query, **options).data


def test_the_results_are_those_of_a_search(client: openai.OpenAI, seed_client: TestClient) -> None:
    found = seed_client.post("/v1/search", json={"query": PIN, "limit": 5}).json()["results"]
    page = client.vector_stores.search("footnoted", query=PIN, max_num_results=5)
    assert page.object == "vector_store.search_results.page"
    assert (page.model_extra or {})["search_query"] == [PIN]
    assert len(page.data) == 5
    for theirs, ours in zip(page.data, found, strict=True):
        assert (theirs.file_id, theirs.filename) == (str(ours["document_id"]), ours["path"])
        assert (theirs.score, theirs.content[0].text) == (ours["score"], ours["text"])
        attributes = theirs.attributes or {}
        names = ("document_id", "version", "title", "start", "end")
        assert [attributes[name] for name in names] == [ours[name] for name in names]
        assert len(attributes) <= 16
        assert None not in attributes.values()


def test_several_queries_give_the_best_of_all(client: openai.OpenAI) -> None:
    queries = [PIN, "scam dens in Cambodia"]
    together = search(client, queries, max_num_results=20)
    apart = [found for query in queries for found in search(client, query, max_num_results=20)]
    best: dict[tuple[str, object], float] = {}
    for found in apart:
        place = found.file_id, (found.attributes or {})["start"]
        best[place] = max(best.get(place, 0), found.score)
    assert [found.score for found in together] == sorted(best.values(), reverse=True)[:20]
    both = {"lorvenna-maravel-dam-inquiry.pdf", "cambodia-scam-raids.md"}
    assert {found.filename for found in together} >= both


def test_a_threshold_drops_what_scores_less(client: openai.OpenAI) -> None:
    scores = [found.score for found in search(client)]
    threshold = scores[2]
    kept = search(client, ranking_options={"ranker": "auto", "score_threshold": threshold})
    assert [found.score for found in kept] == [score for score in scores if score >= threshold]


PDF = {"type": "eq", "key": "kind", "value": "pdf"}


def test_a_filter_compares_attributes(client: openai.OpenAI) -> None:
    either = {"type": "or", "filters": [PDF, {"type": "and", "filters": [{**PDF, "value": "text"}]}]}
    never = {"type": "and", "filters": [PDF, {"type": "ne", "key": "kind", "value": "pdf"}]}
    others = ["pdf", "docx", "html", "markdown"]
    cases: tuple[tuple[dict[str, Any], set[str]], ...] = (
        (PDF, {"pdf"}),
        ({"type": "in", "key": "kind", "value": ["pdf", "docx"]}, {"pdf", "docx"}),
        ({"type": "nin", "key": "kind", "value": others}, {"text"}),
        (never, set()),
        (either, {"pdf", "text"}),
        ({"type": "lt", "key": "published", "value": "2025-05-14"}, {"text"}),
        ({"type": "gt", "key": "pages", "value": 0}, {"pdf"}),
        ({"type": "gt", "key": "title", "value": 3}, set()),
    )
    for condition, kinds in cases:
        found = search(client, "people", filters=condition, max_num_results=50)
        assert {str((each.attributes or {})["kind"]) for each in found} == kinds


def test_a_collection_is_a_vector_store(tmp_path: Path) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        for name in ("dams/a.txt", "dams/b.txt", "rivers/c.txt"):
            index.replace([incoming(f"The council closed the gate, {name} says.", name)])
        with TestClient(create_app(index, QueryEngine(index))) as client:
            for number, collection in enumerate(("dams", "dams", "rivers/north"), 1):
                client.patch(f"/v1/documents/{number}", json={"collection": collection}).raise_for_status()

            def found(store: str, **body: object) -> set[str]:
                response = client.post(f"/v1/vector_stores/{store}/search", json={"query": "gate", **body})
                return {each["filename"] for each in response.raise_for_status().json()["data"]}

            assert found("dams") == {"dams/a.txt", "dams/b.txt"}
            assert found("rivers/north") == {"rivers/c.txt"}
            assert found("rivers%2Fnorth") == {"rivers/c.txt"}
            assert len(found("footnoted")) == 3
            other = {"type": "eq", "key": "collection", "value": "dams"}
            assert found("rivers/north", filters=other) == set()
            missing = client.post("/v1/vector_stores/lakes/search", json={"query": "gate"})
            assert (missing.status_code, missing.json()["title"]) == (404, "Not Found")


def test_what_cannot_be_searched_is_refused(seed_client: TestClient) -> None:
    route = "/v1/vector_stores/footnoted/search"
    bodies: tuple[dict[str, Any], ...] = (
        {"query": ""},
        {"query": []},
        {"query": ["gate"] * (MAX_QUERIES + 1)},
        {"query": "gate", "max_num_results": 51},
        {"query": "gate", "ranking_options": {"score_threshold": 2}},
        {"query": "gate", "filters": {"type": "like", "key": "kind", "value": "p"}},
        {"query": "gate", "filters": {"type": "and", "filters": [PDF] * (MAX_CONDITIONS + 1)}},
    )
    for body in bodies:
        problem(seed_client.post(route, json=body), 422)
    # Conditions may be nested, but not without end.
    for depth, statuses in ((20, {200}), (400, {400, 422}), (20_000, {400, 422})):
        nested = '{"type":"and","filters":[' * depth + "]}" * depth
        response = seed_client.post(
            route,
            content=f'{{"query":"gate","filters":{nested}}}',
            headers={"Content-Type": "application/json"},
        )
        assert response.status_code in statuses


@given(
    own=st.sampled_from(["a", "b", 1, 2.5]),
    values=st.lists(st.sampled_from(["a", "b", 1.0, 2.5]), min_size=1, max_size=3),
)
def test_each_comparison_has_its_opposite(own: str | float, values: list[str | float]) -> None:
    attributes: dict[str, str | float | bool] = {"key": own}

    def holds(kind: Any, value: Any) -> bool:  # noqa: ANN401 (any comparison)
        return ComparisonFilter(type=kind, key="key", value=value).matches(attributes)

    assert holds("in", values) is not holds("nin", values)
    assert holds("in", values) is any(holds("eq", value) for value in values)
    for value in values:
        assert holds("eq", value) is not holds("ne", value)
        if isinstance(value, str) is isinstance(own, str):
            assert holds("gt", value) is not holds("lte", value)
            assert holds("lt", value) is not holds("gte", value)
    parts: list[ComparisonFilter | CompoundFilter] = [
        ComparisonFilter(type="eq", key="key", value=value) for value in values
    ]
    assert CompoundFilter(type="or", filters=parts).matches(attributes) is holds("in", values)
    assert CompoundFilter(type="and", filters=parts).matches(attributes) is all(
        holds("eq", each) for each in values
    )
