"""What one may not see, of a limited collection or of another user, does not exist on any route."""

from __future__ import annotations

import json
import re
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from tests.security.attacks import NAMELESS
from tests.support.people import PASSWORD
from tests.support.processes import ROOT, serving
from ui.accounts import Accounts, CollectionLimits, Role, Scope, SignIn
from ui.cli.server import SERVER_FILE
from ui.http.access import TABLE, session_cookie
from ui.http.openai import MODEL

BOARD = "board"
"""The collection that only bea and the administrator ada may see."""

PLAN = """---
title: The Quillfeather settlement
publisher: Ostravell Holdings
---

# The Quillfeather settlement

The board of Ostravell Holdings paid the Quillfeather family 4.2 million euros in May 2031. The settlement of
Ostravell Holdings with the Quillfeather family was signed by Zephyrine Marchbanks in Port Vellum.
"""
ASKED = "How much did the board of Ostravell Holdings pay the Quillfeather family?"
OPEN_QUESTION = "Since when has the railway from Harlamoor to Port Quell carried trains again?"
SECRET = ("Quillfeather", "Ostravell", "Zephyrine", "Marchbanks", "Vellum", "dam inquiry", "dam-inquiry")
"""Words that only reports of the limited collection have, or questions about them."""

MEMBER = (Scope.READ, Scope.ASK, Scope.WRITE)


@dataclass(frozen=True)
class Team:
    """The server of a team; another process sees the same accounts.

    ``senders`` has the headers of each sender, ``secret`` the ids of the limited reports by their kinds, and
    ``opened`` those of the others. ``private`` is an answer of bea that cites the limited collection.
    """

    address: str
    accounts: Accounts
    senders: dict[str, dict[str, str]]
    secret: dict[str, int]
    opened: list[int]
    private: dict[str, Any]
    plain: dict[str, Any]
    reports: Path

    def by(self, sender: str, **headers: str) -> httpx.Client:
        given = {**self.senders[sender], **headers}
        return httpx.Client(base_url=self.address, headers=given, trust_env=False, timeout=60)

    @property
    def open_question(self) -> dict[str, Any]:
        """A question to the reports that everyone may see."""
        return {"question": OPEN_QUESTION, "filters": {"document_ids": self.opened}}

    def limit(self, *names: str) -> None:
        with self.by("ada") as admin:
            assert admin.put(f"/v1/collections/{BOARD}/limit", json={"to": names}).status_code == 200


STRANGERS = ("cai", "cai's session", "a program of nobody", "a reading token of ada")
"""The senders who may not see the limited collection."""

OTHERS = (*STRANGERS, "ada", "ada's session", "a command on the machine")
"""The senders to whom nothing of bea belongs."""


def _token(accounts: Accounts, name: str, scopes: tuple[Scope, ...], owner: str | None) -> dict[str, str]:
    _, secret = accounts.tokens.add(name, scopes, owner=owner)
    return {"Authorization": f"Bearer {secret}"}


def _senders(accounts: Accounts) -> dict[str, dict[str, str]]:
    senders = {}
    for name, role in (("ada", Role.ADMINISTRATOR), ("bea", Role.MEMBER), ("cai", Role.MEMBER)):
        user = accounts.users.add(name, PASSWORD, role)
        scopes = tuple(Scope) if role is Role.ADMINISTRATOR else MEMBER
        senders[name] = _token(accounts, f"of-{name}", scopes, name)
        cookie = f"{session_cookie(SignIn(accounts))}={accounts.sessions.start(user.user_id)}"
        senders[f"{name}'s session"] = {"Cookie": cookie}
    senders["a program of nobody"] = _token(accounts, "of-nobody", MEMBER, None)
    senders["a reading token of ada"] = _token(accounts, "reads", (Scope.READ, Scope.ASK, Scope.WRITE), "ada")
    return senders


@pytest.fixture(scope="module")
def team(encoder: Encoder, loading: Isolated, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A server with a collection that bea alone may see, who has asked."""
    place = tmp_path_factory.mktemp("team")
    home, reports = place / "home", place / "reports"
    shutil.copytree(ROOT / "seeds", reports)
    (reports / BOARD).mkdir()
    shutil.move(reports / "lorvenna-maravel-dam-inquiry.pdf", reports / BOARD)
    (reports / BOARD / "quillfeather.md").write_text(PLAN, encoding="utf-8")
    with Library.open(home, encoder) as index:
        sync(index, [reports], reader=loading)
        records = index.catalog.documents()
        secret = {each.kind: each.document_id for each in records if each.collection == BOARD}
        opened = [each.document_id for each in records if each.collection != BOARD]
    with closing(Accounts.open(home)) as accounts:
        senders = _senders(accounts)
        with Library.open(home, encoder) as index:
            CollectionLimits(index.catalog, accounts).limit(BOARD, ["bea"])
        with serving(home, FOOTNOTED_SIGN_IN="on") as served:
            running = json.loads((home / SERVER_FILE).read_text())
            senders["a command on the machine"] = {"Authorization": f"Bearer {running['token']}"}
            team = Team(served.address, accounts, senders, secret, opened, {}, {}, reports)
            with team.by("bea") as bea:
                private = bea.post("/v1/chat", json={"question": ASKED}).json()
                plain = bea.post("/v1/chat", json=team.open_question).json()
            yield replace(team, private=private, plain=plain)


# A limited collection


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


# What belongs to others


BODIES: Mapping[str, Any] = {
    "PATCH /v1/answers/{answer_id}": {"shared": True},
    "PATCH /v1/conversations/{conversation_id}": {"name": "mine", "shared": True},
    "PATCH /v1/documents/{document_id}": {"title": "mine"},
}
"""The body of a request to a route, if it has one."""

QUERIES: Mapping[str, Any] = {"GET /v1/documents/{document_id}/matches": {"query": "gate"}}

OWNED = [
    *(route for route in TABLE if "{answer_id}" in route or "{conversation_id}" in route),
    "GET /v1/index/encoder?answer_id={answer_id}",
]
JOBS = [route for route in TABLE if "{job_id}" in route]
REPORTS = [route for route in TABLE if "{document_id}" in route]

ACT = 1
"""The number of the function that runs the commands of the page."""


def told(client: httpx.Client, route: str, ids: Mapping[str, object]) -> tuple[int, str | None, str]:
    """The status, the media type and the body of a response, without the ids that the request named."""
    method, path = route.split(" ")
    values = {"page": 77, "suffix": "html", **ids}
    place = re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), path)
    named = {"X-Request-ID": "one-and-the-same"}
    answered = client.request(method, place, json=BODIES.get(route), params=QUERIES.get(route), headers=named)
    body = answered.text
    for value in ids.values():
        body = re.sub(rf"(?<![0-9a-z]){value}(?![0-9a-z])", "ID", body)
    return answered.status_code, answered.headers.get("content-type"), body


def ids_of(answer: Mapping[str, Any]) -> dict[str, object]:
    return {name: answer[name] for name in ("answer_id", "conversation_id")}


@pytest.mark.parametrize("sender", OTHERS)
def test_no_route_tells_another_user_s_answers_from_missing_ones(team: Team, sender: str) -> None:
    """Not even to an administrator."""
    missing = {"answer_id": NAMELESS, "conversation_id": NAMELESS}
    assert len(OWNED) >= 10
    with team.by(sender) as other:
        for route in OWNED:
            expected = told(other, route, missing)
            assert expected[0] == 404, route
            for answer in (team.plain, team.private):
                assert told(other, route, ids_of(answer)) == expected, route


@pytest.mark.parametrize("sender", STRANGERS)
def test_no_route_tells_a_hidden_report_from_a_missing_one(team: Team, sender: str) -> None:
    assert len(REPORTS) >= 9
    with team.by(sender) as stranger:
        for route in REPORTS:
            expected = told(stranger, route, {"document_id": 98_765})
            assert expected[0] == 404, route
            for number in team.secret.values():
                assert told(stranger, route, {"document_id": number}) == expected, route


@pytest.mark.slow_cases
@pytest.mark.parametrize("sender", STRANGERS)
def test_no_route_tells_another_user_s_job_from_a_missing_one_or_stops_it(team: Team, sender: str) -> None:
    assert len(JOBS) == 2
    with (
        team.by(sender) as stranger,
        team.by("bea") as bea,
        team.by("ada") as ada,
        team.by("a command on the machine") as command_of_nobody,
    ):
        jobs = [client.post("/v1/index/sync").json()["job_id"] for client in (command_of_nobody, bea)]
        assert stranger.post("/v1/index/sync").json()["job_id"] not in jobs
        for route in JOBS:
            expected = told(stranger, route, {"job_id": NAMELESS})
            assert expected[0] == 404, route
            for job_id in jobs:
                assert told(stranger, route, {"job_id": job_id}) == expected, route
        listed = {each["id"] for each in stranger.get("/v1/jobs", params={"limit": 1000}).json()["jobs"]}
        assert not listed & set(jobs)
        assert {each["id"] for each in bea.get("/v1/jobs").json()["jobs"]} & set(jobs) == {jobs[1]}
        assert set(jobs) <= {each["id"] for each in ada.get("/v1/jobs").json()["jobs"]}
        for job_id in jobs:
            deadline = time.monotonic() + 60
            while (job := ada.get(f"/v1/jobs/{job_id}").json())["ended"] is None:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert job["state"] == "done"


@pytest.mark.parametrize("sender", ["bea", "bea's session"])
def test_the_owner_gets_everything(team: Team, sender: str) -> None:
    with team.by(sender) as owner:
        for answer in (team.plain, team.private):
            for route in (each for each in OWNED if each.startswith("GET ")):
                assert told(owner, route, ids_of(answer))[0] == 200, route
        listed = {each["conversation_id"] for each in owner.get("/v1/conversations").json()["conversations"]}
        assert {team.plain["conversation_id"], team.private["conversation_id"]} <= listed


@pytest.mark.parametrize("sender", ["bea", "ada", "a command on the machine"])
def test_whoever_may_see_the_collection_reads_its_reports(team: Team, sender: str) -> None:
    with team.by(sender) as viewer:
        for route in (each for each in REPORTS if each.startswith("GET ") and "changes" not in each):
            ids = {"document_id": team.secret["pdf"], "page": 1}
            assert told(viewer, route, ids)[0] == 200, route


@pytest.mark.slow_cases
@pytest.mark.parametrize("sender", OTHERS)
def test_lists_are_of_one_s_own_conversations(team: Team, sender: str) -> None:
    with team.by(sender) as other:
        for query in ("", "railway", "Quillfeather", "gate"):
            found = other.get("/v1/conversations", params={"query": query, "limit": 5000})
            ids = {each["conversation_id"] for each in found.json()["conversations"]}
            assert not ids & {team.plain["conversation_id"], team.private["conversation_id"]}
        for number in (*team.opened, *team.secret.values()):
            cited = other.get(f"/v1/documents/{number}/citations")
            assert team.plain["answer_id"] not in cited.text
            assert team.private["answer_id"] not in cited.text


@pytest.mark.slow_cases
@pytest.mark.parametrize("sender", ["cai", "ada"])
def test_a_follow_up_of_another_user_s_conversation_follows_nothing(team: Team, sender: str) -> None:
    """The answer begins a conversation of its sender, with an id that the server chooses."""
    own = team.plain["conversation_id"]
    with team.by(sender) as other, team.by("bea") as bea:
        before = bea.get(f"/v1/conversations/{own}").text
        asked = {"question": "And who runs it?", "conversation_id": own}
        answer = other.post("/v1/chat", json=asked).json()
        fresh = other.post("/v1/chat", json={**asked, "conversation_id": uuid.uuid4().hex}).json()
        for field in ("text", "reason", "standalone", "citations", "passages"):
            assert answer[field] == fresh[field]
        assert own not in {answer["conversation_id"], fresh["conversation_id"]}
        for method, body in (("GET", None), ("PATCH", {"name": "of another"}), ("DELETE", None)):
            assert other.request(method, f"/v1/conversations/{own}", json=body).status_code == 404
        assert bea.get(f"/v1/conversations/{own}").text == before


@pytest.mark.slow_cases
@pytest.mark.parametrize("stream", [False, True])
def test_a_link_never_leads_to_what_another_user_shares_under_its_id(team: Team, stream: bool) -> None:
    """Not even before its owner shares it, and after the owner has deleted it."""
    with team.by("bea") as bea, team.by("cai") as attacker, team.by("ada") as reader:
        link = bea.post("/v1/chat", json=team.open_question).json()["conversation_id"]
        for number, step in enumerate(("private", "shared", "taken back", "deleted")):
            if step in {"shared", "taken back"}:
                shared = {"shared": step == "shared"}
                assert bea.patch(f"/v1/conversations/{link}", json=shared).status_code == 200
            elif step == "deleted":
                assert bea.delete(f"/v1/conversations/{link}").status_code == 204
            asked = {"question": "Is the railway closed?", "conversation_id": link, "stream": stream}
            spoofed = set(
                re.findall(r'"answer_id": ?"([0-9a-f]{32})"', attacker.post("/v1/chat", json=asked).text)
            )
            assert len(spoofed) == 1
            for answer_id in spoofed:
                assert attacker.get(f"/v1/answers/{answer_id}").json()["conversation_id"] != link
                shares = {"shared": True}
                assert attacker.patch(f"/v1/answers/{answer_id}", json=shares).status_code == 200
            assert attacker.patch(f"/v1/conversations/{link}", json=shares).status_code == 404
            opened = reader.get(f"/v1/conversations/{link}")
            assert opened.status_code == (200 if step == "shared" else 404), step
            if step == "shared":
                assert [each["question"] for each in opened.json()["answers"]] == [OPEN_QUESTION]
            shown = command(reader, f"link{number}{int(stream)}", do="open", conversation_id=link)
            assert "Is the railway closed?" not in shown


@pytest.mark.parametrize("sender", ["cai", "ada"])
def test_another_user_s_answer_is_neither_replaced_nor_judged(team: Team, sender: str) -> None:
    with team.by(sender) as other:
        for answer_id in (team.plain["answer_id"], NAMELESS):
            replaced = other.post("/v1/chat", json={"question": "Why?", "replaces": answer_id})
            judged = {"question": "Why?", "verdict": "wrong", "answer_id": answer_id}
            refused = other.post("/v1/feedback", json=judged)
            assert (replaced.status_code, refused.status_code) == (404, 404)
            for answered in (replaced, refused):
                assert (
                    answered.json()["detail"] == f"there is no answer {answer_id!r}; it may have been deleted"
                )


def test_nobody_sends_the_questions_of_others_to_a_server_without_the_right_to_read(team: Team) -> None:
    there = {"provider": "openai", "address": "http://127.0.0.1:1/v1"}
    body = {**there, "model": "mine"}
    for missing, scopes in (("read", (Scope.ADMIN, Scope.ASK)), ("admin", (Scope.READ, Scope.ASK))):
        sender = _token(team.accounts, f"without-{missing}", scopes, None)
        with httpx.Client(base_url=team.address, headers=sender, trust_env=False, timeout=60) as client:
            for method, route in (
                *(("PUT", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/reload")),
                *(("POST", "/list"), ("GET", "/servers")),
            ):
                sent = {"/reload": None, "/servers": None, "/list": there}.get(route, body)
                refused = client.request(method, f"/v1/model{route}", json=sent)
                assert refused.status_code == 403
                assert refused.json()["detail"].startswith(f"This needs the scope '{missing}'")
    with team.by("bea") as bea:
        assert bea.get("/v1/model").json()["name"] is None


def test_openai_s_routes_keep_their_answers_for_the_sender(team: Team) -> None:
    message = {"messages": [{"role": "user", "content": OPEN_QUESTION}]}
    with team.by("bea") as bea, team.by("cai") as cai:
        answer_id = bea.post("/v1/chat/completions", json=message).json()["id"].removeprefix("chatcmpl-")
        assert bea.get(f"/v1/answers/{answer_id}").status_code == 200
        assert cai.get(f"/v1/answers/{answer_id}").status_code == 404


def test_the_answers_of_a_token_are_those_of_its_user(team: Team) -> None:
    with team.by("cai") as token, team.by("cai's session") as session, team.by("bea") as bea:
        of_token = token.post("/v1/chat", json=team.open_question).json()["answer_id"]
        of_session = session.post("/v1/chat", json=team.open_question).json()["answer_id"]
        for answer_id in (of_token, of_session):
            statuses = [each.get(f"/v1/answers/{answer_id}").status_code for each in (token, session, bea)]
            assert statuses == [200, 200, 404]


# The page


def events(client: httpx.Client, session_hash: str) -> Iterator[dict[str, Any]]:
    """The events that Gradio has for a page, until one is completed."""
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session_hash}) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                event = json.loads(line.removeprefix("data: "))
                yield event
                if event["msg"] in {"process_completed", "close_stream", "unexpected_error"}:
                    return


def join(client: httpx.Client, session_hash: str, **fields: object) -> httpx.Response:
    """Send a command of the page."""
    data = [json.dumps(fields), "", None, ""]
    sent = {"data": data, "fn_index": ACT, "trigger_id": None, "session_hash": session_hash}
    return client.post("/gradio_api/queue/join", json=sent)


def command(client: httpx.Client, session_hash: str, **fields: object) -> str:
    """Run a command of the page, and return all that the page is sent."""
    assert join(client, session_hash, **fields).status_code == 200
    return json.dumps(list(events(client, session_hash)), ensure_ascii=False)


@pytest.mark.parametrize("sender", ["cai's session", "ada's session"])
def test_the_page_opens_nothing_of_another_user(team: Team, sender: str) -> None:
    with team.by("bea's session") as bea, team.by(sender) as other:
        for kind in ("conversation_id", "answer_id"):
            own = team.plain[kind]
            assert "railway" in command(bea, "page1", do="open", **{kind: own})
            shown = command(other, "page2", do="open", **{kind: own})
            missing = command(other, "page3", do="open", **{kind: NAMELESS})
            assert "railway" not in shown
            notice = re.compile(r"<div class=.*?</div>")
            assert notice.findall(missing) != []
            assert notice.findall(shown.replace(own, NAMELESS)) == notice.findall(missing)
        answer = team.plain["answer_id"]
        for do in ("again", "edit"):
            assert "railway" not in command(other, "page4", do=do, answer_id=answer, question="Why?")


def test_the_session_of_another_user_s_page_is_one_that_no_page_has(team: Team) -> None:
    """Neither the events of a running answer nor the shown conversation goes to whoever knows its id."""
    conversation = team.plain["conversation_id"]
    with team.by("bea's session") as bea, team.by("cai's session") as cai:
        assert "railway" in command(bea, "secret1", do="open", conversation_id=conversation)
        # The state of bea's page would be sent with the next event.
        assert "railway" not in command(cai, "secret1", do="listen")
        asked = {
            "data": [json.dumps({"do": "ask", "question": OPEN_QUESTION}), "", None, ""],
            "fn_index": ACT,
        }
        joined = bea.post(
            "/gradio_api/queue/join", json={**asked, "trigger_id": None, "session_hash": "secret2"}
        )
        stolen = list(events_or_nothing(cai, "secret2"))
        unknown = list(events_or_nothing(cai, "secret3"))
        assert stolen == unknown
        cancelled = {"session_hash": "secret2", "fn_index": ACT, "event_id": NAMELESS}
        assert cai.post("/gradio_api/cancel", json=cancelled).json() == {"success": True}
        half = json.dumps({**cancelled, "session_hash": "\ud800"})
        sent = cai.post("/gradio_api/cancel", content=half, headers={"Content-Type": "application/json"})
        assert sent.status_code < 500
        mine = list(events(bea, "secret2"))
        assert joined.status_code == 200
        assert "railway" in json.dumps(mine)


def events_or_nothing(client: httpx.Client, session_hash: str) -> Iterator[str]:
    """What a stream of events sends until it ends or breaks off."""
    try:
        with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session_hash}) as stream:
            yield str(stream.status_code)
            yield from stream.iter_lines()
    except httpx.RemoteProtocolError:
        yield "broken off"


# Sharing


def test_a_conversation_is_shared_on_purpose_and_taken_back(team: Team) -> None:
    with team.by("bea") as bea, team.by("cai") as cai, team.by("ada's session") as ada:
        answer = bea.post("/v1/chat", json=team.open_question).json()
        own, answer_id = answer["conversation_id"], answer["answer_id"]
        shared = bea.patch(f"/v1/conversations/{own}", json={"shared": True})
        assert (shared.status_code, shared.json()["shared"]) == (200, True)
        for reader in (cai, ada):
            assert reader.get(f"/v1/answers/{answer_id}").json() == answer
            assert reader.get(f"/v1/conversations/{own}").json()["answers"] == [answer]
            for kind, number in (("answers", answer_id), ("conversations", own)):
                for suffix in ("md", "html", "docx"):
                    assert reader.get(f"/v1/{kind}/{number}.{suffix}").status_code == 200
            assert own not in reader.get("/v1/conversations").text
        assert "railway" in command(cai, "shared1", do="open", conversation_id=own)
        # Nobody but the owner changes it.
        assert cai.patch(f"/v1/conversations/{own}", json={"name": "x"}).status_code == 404
        assert cai.patch(f"/v1/answers/{answer_id}", json={"shared": False}).status_code == 404
        assert cai.delete(f"/v1/answers/{answer_id}").status_code == 404
        assert cai.delete(f"/v1/conversations/{own}").status_code == 404
        assert cai.post("/v1/chat", json={"question": "Why?", "replaces": answer_id}).status_code == 404
        # A follow-up continues it elsewhere, and a later answer of the owner is private.
        followed = cai.post("/v1/chat", json={"question": "Since when?", "conversation_id": own}).json()
        assert followed["conversation_id"] != own
        later = bea.post("/v1/chat", json={**team.open_question, "conversation_id": own}).json()
        assert cai.get(f"/v1/answers/{later['answer_id']}").status_code == 404
        assert cai.get(f"/v1/conversations/{own}").json()["answers"] == [answer]
        assert bea.patch(f"/v1/conversations/{own}", json={"shared": False}).json()["shared"] is False
        for route in OWNED:
            assert told(cai, route, ids_of(answer))[0] == 404


# What everyone gets, and what changes


def test_starters_are_made_of_what_everyone_may_see(team: Team) -> None:
    deadline = time.monotonic() + 120
    with team.by("bea") as bea:
        while not (made := bea.get("/v1/suggestions").json())["complete"]:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert made["starters"] != []
        assert named(json.dumps(made)) == []


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


def test_a_correction_without_a_collection_makes_no_hidden_report_public(team: Team) -> None:
    """Neither the new version nor the former one, whether it is awaited or read in the background."""
    text = "# Ledger\n\nOstravell Holdings keeps its ledger in the vault of Port Vellum.\n"
    with team.by("bea") as bea, team.by("cai") as cai:
        number = bea.post(
            "/v1/documents", files={"file": ("ledger.md", text.encode())}, data={"collection": BOARD}
        ).json()["document_id"]
        place = f"/v1/documents/{number}"
        for version, fields in ((2, {}), (3, {"background": "true"}), (4, {"folder": "corrections"})):
            file = {"file": ("ledger.md", f"{text}\nCorrected {version} times.\n".encode())}
            sent = bea.post("/v1/documents", files=file, data=fields).json()
            if "job_id" in sent:
                ended(bea, sent["job_id"])
            corrected = bea.get(place).json()
            assert (corrected["version"], corrected["collection"]) == (version, BOARD)
            for each in range(1, version + 1):
                for route in (f"{place}?version={each}", f"{place}/text?version={each}"):
                    assert cai.get(route).status_code == 404
            assert named(cai.get("/v1/documents").text) == []
            found = cai.post("/v1/search", json={"query": "Who keeps a ledger in the vault?"})
            assert named(found.text) == []
        assert bea.delete(place).status_code == 204


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


def test_a_shared_answer_is_read_by_those_who_may_see_what_it_cites(team: Team) -> None:
    answer_id = team.private["answer_id"]
    with team.by("bea") as bea, team.by("cai") as cai, team.by("ada") as ada:
        assert bea.patch(f"/v1/answers/{answer_id}", json={"shared": True}).json() == {
            "answer_id": answer_id,
            "shared": True,
        }
        assert ada.get(f"/v1/answers/{answer_id}").json() == team.private
        for route in OWNED:
            assert told(cai, route, ids_of(team.private))[0] == 404
        team.limit("bea", "cai")
        assert cai.get(f"/v1/answers/{answer_id}").json() == team.private
        team.limit("bea")
        assert cai.get(f"/v1/answers/{answer_id}").status_code == 404
        assert bea.patch(f"/v1/answers/{answer_id}", json={"shared": False}).status_code == 200
        assert ada.get(f"/v1/answers/{answer_id}").status_code == 404


UNANSWERED = "Which moon did the minister of fishing visit?"


@pytest.mark.parametrize("step", ["renamed", "deleted"])
def test_a_shared_answer_with_passages_of_files_that_are_gone_is_its_owner_s(team: Team, step: str) -> None:
    """Although it cites none: a renamed file is another report, which is still hidden."""
    place = team.reports / "attic" / "vault.md"
    place.parent.mkdir()
    place.write_text(PLAN.replace("May 2031", "June 2031"), encoding="utf-8")
    with team.by("bea") as bea, team.by("cai") as cai, team.by("ada") as ada:
        limit = "/v1/collections/attic/limit"
        try:
            assert ada.put(limit, json={"to": ["bea"]}).status_code == 200
            ended(ada, ada.post("/v1/index/sync").json()["job_id"])
            answer = ask(bea, UNANSWERED, filters={"collections": ["attic"]})
            path = f"/v1/answers/{answer['answer_id']}"
            assert (answer["abstained"], named(json.dumps(answer["passages"])) != []) == (True, True)
            assert bea.patch(path, json={"shared": True}).status_code == 200
            assert (ada.get(path).status_code, told_of(cai, answer)) == (200, [])
            if step == "renamed":
                place.rename(place.with_stem("safe"))
            else:
                place.unlink()
            ended(ada, ada.post("/v1/index/sync").json()["job_id"])
            assert (ada.get(path).status_code, told_of(cai, answer)) == (404, [])
            assert bea.get(path).json() == answer
            assert ada.put(limit, json={"to": ["cai"]}).status_code == 200
            assert bea.get(path).status_code == 404
        finally:
            shutil.rmtree(place.parent)
            ended(ada, ada.post("/v1/index/sync").json()["job_id"])
            ada.delete(limit)


def told_of(client: httpx.Client, answer: Mapping[str, Any]) -> list[str]:
    """The routes that tell an answer from a missing one."""
    missing = {"answer_id": NAMELESS, "conversation_id": NAMELESS}
    return [route for route in OWNED if told(client, route, ids_of(answer)) != told(client, route, missing)]


def test_the_number_of_a_hidden_report_in_a_filter_hides_no_answer_of_whoever_typed_it(team: Team) -> None:
    """Else numbers would tell which hidden reports there are."""
    with team.by("cai") as cai:
        for number in (*team.secret.values(), 98_765):
            answer = ask(cai, UNANSWERED, filters={"document_ids": [number]})
            assert cai.get(f"/v1/answers/{answer['answer_id']}").json() == answer


def test_a_page_that_stays_open_forgets_what_has_become_hidden(team: Team) -> None:
    team.limit("bea", "cai")
    with team.by("cai's session") as cai:
        answer = ask(cai, ASKED)
        own = {"conversation_id": answer["conversation_id"]}
        assert "Ostravell Holdings paid" in command(cai, "leftopen", do="open", **own)
        team.limit("bea")
        shown = command(cai, "leftopen", do="ask", question="And who signed it?")
        assert "process_completed" in shown
        assert named(shown) == []
        again = command(cai, "leftopen", do="again", answer_id=answer["answer_id"])
        assert named(again) == []
