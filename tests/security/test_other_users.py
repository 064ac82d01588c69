"""What belongs to one user does not exist for the others, until its owner shares it."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from tests.security.team import NAMELESS, OPEN_QUESTION, OTHERS, STRANGERS, Team
from ui.accounts import Scope
from ui.http.access import TABLE

BODIES: Mapping[str, Any] = {
    "PATCH /v1/answers/{answer_id}": {"shared": True},
    "PATCH /v1/conversations/{conversation_id}": {"name": "mine", "shared": True},
    "PATCH /v1/documents/{document_id}": {"title": "mine"},
}
"""The body of a request to a route, if it has one."""

QUERIES: Mapping[str, Any] = {"GET /v1/documents/{document_id}/matches": {"query": "gate"}}

OWNED = [route for route in TABLE if "{answer_id}" in route or "{conversation_id}" in route]
"""The routes that name an answer or a conversation."""

JOBS = [route for route in TABLE if "{job_id}" in route]
"""The routes that name a job."""

REPORTS = [route for route in TABLE if "{document_id}" in route]
"""The routes that name a report."""

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


@pytest.mark.parametrize("sender", OTHERS)
def test_the_language_of_another_user_s_question_is_not_told(team: Team, sender: str) -> None:
    route = "GET /v1/index/encoder?answer_id={answer_id}"
    with team.by(sender) as other:
        expected = told(other, route, {"answer_id": NAMELESS})
        assert expected[0] == 404
        for answer in (team.plain, team.private):
            assert told(other, route, {"answer_id": answer["answer_id"]}) == expected
    with team.by("bea") as bea:
        assert told(bea, route, {"answer_id": team.private["answer_id"]})[0] == 200


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


@pytest.mark.parametrize(
    ("method", "route"),
    [("PUT", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/reload")],
)
def test_nobody_sends_the_questions_of_others_to_a_server_without_the_right_to_read(
    team: Team, method: str, route: str
) -> None:
    body = {"provider": "openai", "model": "mine", "address": "http://127.0.0.1:1/v1"}
    for missing, scopes in (("read", (Scope.ADMIN, Scope.ASK)), ("admin", (Scope.READ, Scope.ASK))):
        name = f"without-{missing}-{method}{route.replace('/', '-')}"
        _, secret = team.accounts.tokens.add(name, scopes)
        with httpx.Client(
            base_url=team.address, headers={"Authorization": f"Bearer {secret}"}, trust_env=False, timeout=60
        ) as client:
            refused = client.request(method, f"/v1/model{route}", json=body if route != "/reload" else None)
            assert refused.status_code == 403
            assert refused.json()["detail"].startswith(f"This needs the scope '{missing}'")
    with team.by("bea") as bea:
        assert bea.get("/v1/model").json()["name"] is None


@pytest.mark.parametrize("route", ["", "/test"])
@pytest.mark.parametrize("host", ["169.254.169.254", "2852039166", "[::ffff:169.254.169.254]", "[fe80::1]"])
def test_no_administrator_reaches_the_passwords_that_a_cloud_offers_its_machines(
    team: Team, route: str, host: str
) -> None:
    body = {"provider": "openai", "model": "mine", "address": f"http://{host}/latest/meta-data"}
    with team.by("ada") as ada:
        refused = ada.request("POST" if route else "PUT", f"/v1/model{route}", json=body)
        assert (refused.status_code, "link-local network" in refused.text) == (422, True)
        # The record is written after the response.
        recorded, deadline = set(), time.monotonic() + 30
        while (body["address"], "422") not in recorded:
            assert time.monotonic() < deadline
            records = ada.get("/v1/audit", params={"action": "/v1/model"}).json()["records"]
            recorded = {((each["target"] or "").partition(",")[0], each["outcome"]) for each in records}
        assert ada.get("/v1/model").json()["name"] is None


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
