"""For those who may not see a collection, its reports do not exist: no route, cache or wording names them."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from tests.security.team import ASKED, BOARD, SECRET, STRANGERS, Team
from ui.http.access import TABLE
from ui.http.openai import MODEL

TYPED = "How much did the board pay the Quilfeather family?"
"""A question with a name that only the limited collection has, and a mistake in it."""

LISTS = [
    route.removeprefix("GET ")
    for route in TABLE
    if route.startswith("GET /v1/") and "{" not in route
    if route not in {"GET /v1/collections", "GET /v1/conversations"}
]
"""The routes that list something; not the sender's own questions, nor what administrators alone may see."""


def ask(client: httpx.Client, question: str, **fields: object) -> dict[str, Any]:
    answered = client.post("/v1/chat", json={"question": question, **fields})
    assert answered.status_code == 200, answered.text
    return dict(answered.json())


def named(text: str, *but: str) -> list[str]:
    """The words of the limited collection in a text."""
    return [word for word in SECRET if word.casefold() in text.casefold() and word not in but]


@pytest.mark.parametrize("sender", STRANGERS)
def test_no_list_names_or_counts_a_hidden_report(team: Team, sender: str) -> None:
    assert len(LISTS) >= 7
    with team.by(sender) as stranger, team.by("bea") as bea:
        for route in LISTS:
            for query in ("", "?brief=true", "?limit=100"):
                assert named(stranger.get(route + query).text) == [], route + query
        listed = stranger.get("/v1/documents").json()["documents"]
        assert sorted(each["document_id"] for each in listed) == sorted(team.opened)
        assert BOARD not in {each["collection"] for each in listed}
        assert len(bea.get("/v1/documents").json()["documents"]) == len(team.opened) + len(team.secret)


@pytest.mark.slow_cases
@pytest.mark.parametrize("sender", STRANGERS)
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"filters": {"collections": [BOARD]}},
        {"filters": {"document_ids": "secret"}},
        {"filters": {"publishers": ["Ostravell Holdings"]}},
        {"filters": {"kinds": ["pdf", "md"]}},
        {"published_after": "1900"},
        {"exact": True},
    ],
    ids=str,
)
def test_a_question_finds_nothing_hidden_with_any_filter(
    team: Team, sender: str, fields: dict[str, Any]
) -> None:
    if fields.get("filters", {}).get("document_ids") == "secret":
        fields = {"filters": {"document_ids": sorted(team.secret.values())}}
    secret = set(team.secret.values())
    echoed = ("Quillfeather", "Ostravell", "dam inquiry", "dam-inquiry")
    with team.by(sender) as stranger, team.by("bea") as bea:
        for question in (ASKED, "Who signed the settlement?"):
            answer = ask(stranger, question, **fields)
            assert named(json.dumps(answer), *echoed) == []
            assert not secret & {each["document_id"] for each in (*answer["citations"], *answer["passages"])}
            search = {"query": question, **{name: fields[name] for name in fields if name != "exact"}}
            found = stranger.post("/v1/search", json={**search, "limit": 100}).json()["results"]
            assert not secret & {each["document_id"] for each in found}
            if "collections" in fields.get("filters", {}) or "document_ids" in fields.get("filters", {}):
                assert (found, answer["passages"], answer["searched"]["documents"]) == ([], [], 0)
                assert answer["searched"]["titles"] == []
                assert answer["reason"] == "No report passes the filters; widen them and ask again."
        assert not ask(bea, ASKED)["abstained"]


@pytest.mark.slow_cases
@pytest.mark.parametrize("sender", STRANGERS)
def test_a_refusal_does_not_name_what_hidden_reports_speak_of(team: Team, sender: str) -> None:
    """As if the library had never had them, in every way of asking."""
    question = "Which bank did the Quillfeather family choose?"
    with team.by(sender) as stranger:
        answer = ask(stranger, question)
        assert answer["abstained"]
        assert "speak of" not in answer["reason"]
        assert named(json.dumps(answer), "Quillfeather", "dam inquiry", "dam-inquiry") == []
        message = {"messages": [{"role": "user", "content": question}]}
        completed = stranger.post("/v1/chat/completions", json=message)
        assert named(completed.text, "Quillfeather", "dam inquiry", "dam-inquiry") == []
        for stream in (
            ("/v1/chat", {"question": question, "stream": True}),
            ("/v1/chat/completions", {**message, "stream": True}),
        ):
            streamed = stranger.post(stream[0], json=stream[1])
            assert streamed.status_code == 200
            assert named(streamed.text, "Quillfeather", "dam inquiry", "dam-inquiry") == []


TOOL_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("ask", {"question": ASKED}),
    ("search", {"query": ASKED, "limit": 50}),
    ("list_documents", {"limit": 50}),
    ("list_documents", {"words": "settlement"}),
]


@pytest.mark.slow_cases
@pytest.mark.parametrize("sender", STRANGERS)
def test_agents_see_what_their_token_may_see(team: Team, sender: str) -> None:
    def call(client: httpx.Client, tool: str, given: dict[str, Any]) -> Any:  # noqa: ANN401 (JSON)
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": tool, "arguments": given},
        }
        accept = {"Accept": "application/json, text/event-stream"}
        return client.post("/mcp", json=body, headers=accept).raise_for_status().json()["result"]

    with team.by(sender) as stranger, team.by("bea") as bea:
        for tool, given in TOOL_CALLS:
            assert named(json.dumps(call(stranger, tool, given)), "Quillfeather", "Ostravell") == []
            assert "Quillfeather" in json.dumps(call(bea, tool, given))
        for number in team.secret.values():
            span = {"document_id": number, "start": 0, "end": 400}
            hidden = call(stranger, "read_span", span)
            missing = call(stranger, "read_span", span | {"document_id": 98_765})
            assert hidden["isError"] is missing["isError"] is True
            assert json.dumps(hidden).replace(f"document {number}", "document 98765") == json.dumps(missing)
            assert call(bea, "read_span", span)["isError"] is False


@pytest.mark.slow_cases
@pytest.mark.parametrize("sender", STRANGERS)
def test_routes_for_other_clients_see_what_their_sender_may_see(team: Team, sender: str) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/v1/responses", {"input": ASKED}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": ASKED}]}),
        ("/v1/search/batch", {"queries": [{"query": ASKED}, {"query": "settlement"}]}),
        (f"/v1/vector_stores/{MODEL}/search", {"query": ASKED}),
    ]
    with team.by(sender) as stranger, team.by("bea") as bea:
        for route, body in asked:
            answered = stranger.post(route, json=body)
            assert answered.status_code == 200, answered.text
            assert named(answered.text, "Quillfeather", "Ostravell", "dam inquiry", "dam-inquiry") == [], (
                route
            )
            assert "4.2 million" in bea.post(route, json=body).text, route
        request_id = {"X-Request-ID": "one-and-the-same"}
        hidden, unknown = (
            stranger.post(f"/v1/vector_stores/{store}/search", json={"query": ASKED}, headers=request_id)
            for store in (BOARD, "boar")
        )
        assert (hidden.status_code, hidden.text.replace(BOARD, "boar")) == (unknown.status_code, unknown.text)
        assert "4.2 million" in bea.post(f"/v1/vector_stores/{BOARD}/search", json={"query": ASKED}).text


def test_the_spelling_of_a_hidden_name_is_not_corrected(team: Team) -> None:
    with team.by("bea") as bea, team.by("ada") as ada:
        for viewer in (bea, ada):
            assert ask(viewer, TYPED)["searched_for"] == TYPED.replace("Quilfeather", "Quillfeather")
    for sender in STRANGERS:
        with team.by(sender) as stranger:
            answer = ask(stranger, TYPED)
            assert answer["searched_for"] is None
            assert named(json.dumps(answer), "dam inquiry", "dam-inquiry") == []


def test_suggestions_come_from_what_the_sender_may_see(team: Team) -> None:
    """Also if somebody who may see more has asked the same before, and the answer is in memory."""
    asked = team.open_question
    with team.by("bea") as bea, team.by("cai") as cai:
        for client in (bea, cai, bea, cai):
            answer_id = client.post("/v1/chat", json=asked).json()["answer_id"]
            suggested = client.get(f"/v1/answers/{answer_id}/suggestions")
            assert suggested.status_code == 200
            if client is cai:
                assert named(suggested.text) == []


def test_starters_are_made_of_what_everyone_may_see(team: Team) -> None:
    deadline = time.monotonic() + 120
    with team.by("bea") as bea:
        while not (made := bea.get("/v1/suggestions").json())["complete"]:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert made["starters"] != []
        assert named(json.dumps(made)) == []


def test_a_cached_list_is_not_another_user_s(team: Team) -> None:
    """One browser may have kept the list of a user who may see more, and asks whether it has changed."""
    with team.by("bea") as bea, team.by("cai") as cai:
        tag = bea.get("/v1/documents?brief=true").headers["etag"]
        again = cai.get("/v1/documents?brief=true", headers={"If-None-Match": tag})
        assert again.status_code == 200
        assert named(again.text) == []
        assert bea.get("/v1/documents?brief=true", headers={"If-None-Match": tag}).status_code == 304


def test_evidence_of_feedback_cannot_name_a_hidden_report(team: Team) -> None:
    with team.by("cai") as cai:
        for number in (team.secret["pdf"], 98_765):
            place = {"document_id": number, "version": 1, "start": 0, "end": 20}
            given = cai.post(
                "/v1/feedback", json={"question": "Why?", "verdict": "wrong", "evidence": [place]}
            )
            assert given.status_code == 404
            assert "dam" not in given.text


def test_an_answer_that_cites_a_report_that_is_hidden_later_is_gone(team: Team) -> None:
    with team.by("cai") as cai:
        team.limit("bea", "cai")
        answer = ask(cai, ASKED)
        assert not answer["abstained"]
        own = answer["conversation_id"]
        team.limit("bea")
        assert cai.get(f"/v1/answers/{answer['answer_id']}").status_code == 404
        assert cai.get(f"/v1/conversations/{own}").status_code == 404
        for query in ("", "Quillfeather", "million"):
            assert own not in cai.get("/v1/conversations", params={"query": query}).text
        team.limit("bea", "cai")
        assert cai.get(f"/v1/answers/{answer['answer_id']}").json() == answer
        team.limit("bea")


def test_nobody_writes_into_a_collection_that_is_hidden_from_them(team: Team) -> None:
    """An upload of a hidden report's name gets another name, and no report moves into the collection."""
    notes = "# Minutes\n\nThe harbour of Harlamoor was deepened in June 2031.\n"
    theirs = notes.replace("harbour of Harlamoor", "vault of Ostravell")
    with team.by("bea") as bea, team.by("cai") as cai:
        sent = {"file": ("minutes.md", theirs.encode())}
        hidden = bea.post("/v1/documents", files=sent, data={"collection": BOARD}).json()
        mine = cai.post("/v1/documents", files={"file": ("minutes.md", notes.encode())}).json()
        assert (hidden["path"], mine["path"]) == ("minutes.md", "minutes-2.md")
        assert mine["document_id"] != hidden["document_id"]
        text = bea.get(f"/v1/documents/{hidden['document_id']}/text").json()["text"]
        assert "vault of Ostravell" in text
        refused = [
            cai.post("/v1/documents", files={"file": ("a.md", notes.encode())}, data={"collection": BOARD}),
            cai.patch(f"/v1/documents/{mine['document_id']}", json={"collection": BOARD}),
        ]
        for answered in refused:
            assert answered.status_code == 422
            assert "choose another collection" in answered.json()["detail"]
        assert cai.delete(f"/v1/documents/{hidden['document_id']}").status_code == 404
        assert bea.delete(f"/v1/documents/{hidden['document_id']}").status_code == 204
        assert cai.post(f"/v1/documents/{hidden['document_id']}/restore").status_code == 404
        assert bea.post(f"/v1/documents/{hidden['document_id']}/restore").status_code == 200
        assert named(cai.get("/v1/documents").text) == []
        for client, number in ((bea, hidden["document_id"]), (cai, mine["document_id"])):
            assert client.delete(f"/v1/documents/{number}").status_code == 204


@pytest.mark.slow
def test_a_job_does_not_name_a_file_that_was_hidden_from_its_sender_later(team: Team) -> None:
    with team.by("bea") as bea, team.by("ada") as ada:
        sent = {"file": ("marchbanks-memo.md", b"# Memo\n\nZephyrine Marchbanks resigned in June 2031.\n")}
        job_id = bea.post(
            "/v1/documents", files=sent, data={"collection": BOARD, "background": "true"}
        ).json()["job_id"]
        job = ended(bea, job_id)
        assert job["result"]["path"] == "marchbanks-memo.md"
        team.limit()
        shown = bea.get(f"/v1/jobs/{job_id}").json()
        assert (shown["state"], shown["result"], named(json.dumps(shown))) == ("done", None, [])
        assert named(bea.get("/v1/jobs").text) == []
        assert ada.get(f"/v1/jobs/{job_id}").json()["result"] == job["result"]
        team.limit("bea")
        assert bea.get(f"/v1/jobs/{job_id}").json()["result"] == job["result"]
        assert bea.delete(f"/v1/documents/{job['result']['document_id']}").status_code == 204


@pytest.mark.slow_cases
@pytest.mark.parametrize("sender", STRANGERS)
def test_a_sync_counts_no_hidden_report(team: Team, sender: str) -> None:
    with team.by(sender) as stranger, team.by("ada") as ada:
        jobs = {
            client: ended(client, client.post("/v1/index/sync").json()["job_id"])
            for client in (stranger, ada)
        }
        listed = len(stranger.get("/v1/documents").json()["documents"])
        own, all_of_it = jobs[stranger]["result"], jobs[ada]["result"]
        assert (own["unchanged"], all_of_it["unchanged"]) == (listed, len(team.opened) + len(team.secret))
        assert 0 < own["passages"] < all_of_it["passages"]
        assert (jobs[stranger]["files"], jobs[stranger]["passages"]) == ({"done": 0, "of": 0},) * 2


def ended(client: httpx.Client, job_id: str) -> dict[str, Any]:
    """A job of the client's sender, after its end."""
    deadline = time.monotonic() + 60
    while (job := client.get(f"/v1/jobs/{job_id}").raise_for_status().json())["ended"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return dict(job)


def test_a_limit_counts_from_the_next_request_on(team: Team) -> None:
    with team.by("ada") as ada, team.by("bea") as bea, team.by("cai") as cai:
        team.limit()
        assert named(bea.get("/v1/documents").text) == []
        assert ask(bea, ASKED)["citations"] == []
        lifted = ada.delete(f"/v1/collections/{BOARD}/limit")
        assert lifted.json() == {"collection": BOARD, "documents": 2, "limited_to": None}
        assert not ask(cai, ASKED)["abstained"]
        assert ada.delete(f"/v1/collections/{BOARD}/limit").status_code == 404
        team.limit("bea")
        assert ask(cai, ASKED)["citations"] == []
        assert not ask(bea, ASKED)["abstained"]
        [board] = [each for each in ada.get("/v1/collections").json()["collections"] if each["limited_to"]]
        assert board == {"collection": BOARD, "documents": 2, "limited_to": ["bea"]}
        unknown = ada.put(f"/v1/collections/{BOARD}/limit", json={"to": ["nobody"]})
        assert unknown.status_code == 422
        for member in (bea, cai):
            assert member.get("/v1/collections").status_code == 403
            assert member.put(f"/v1/collections/{BOARD}/limit", json={"to": ["cai"]}).status_code == 403
            assert member.delete(f"/v1/collections/{BOARD}/limit").status_code == 403
