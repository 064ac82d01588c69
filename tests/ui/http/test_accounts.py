"""Administrators add, change and remove users and tokens; no response has a password, or a token twice."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.people import PASSWORD
from tests.ui.http.conftest import PROBLEM, acts, bearer, enter, of_machine, problem
from ui.accounts import Role, Scope, SignIn

OTHER = "a heron stands in the reeds"


@pytest.fixture
def admin(signed: TestClient, sign_in: SignIn) -> TestClient:
    """The client with the machine's token, which has every scope."""
    signed.headers.update(of_machine(sign_in))
    return signed


def identified(client: TestClient, secret: str) -> int:
    """The status of a request with a token."""
    return client.get("/v1/documents", headers={"Authorization": f"Bearer {secret}"}).status_code


def users(admin: TestClient) -> dict[str, dict[str, Any]]:
    found = admin.get("/v1/users").raise_for_status().json()["users"]
    return {user["name"]: user for user in found}


def test_an_added_user_signs_in_and_is_listed_without_password(admin: TestClient, sign_in: SignIn) -> None:
    added = admin.post("/v1/users", json={"name": "Bea", "password": OTHER})
    assert (added.status_code, added.json()["role"], added.json()["signed_in"]) == (201, "member", None)
    assert enter(admin, "bea", OTHER) == 303
    listed = admin.get("/v1/users")
    assert OTHER not in added.text + listed.text
    assert "argon2" not in listed.text
    found = users(admin)
    assert list(found) == ["ana", "Bea", "root"]
    assert found["Bea"]["signed_in"] >= found["Bea"]["created"] > 1_700_000_000
    assert found["ana"]["signed_in"] is None
    admin.delete("/v1/users/bea").raise_for_status()
    admin.post("/v1/users", json={"name": "bea", "password": OTHER}).raise_for_status()
    assert users(admin)["bea"]["signed_in"] is None
    assert [act for act in acts(admin, sign_in, "action", "target") if act[1]] == [
        ("POST /v1/users", "Bea"),
        ("DELETE /v1/users/{name}", "bea"),
        ("POST /v1/users", "bea"),
    ]


def test_a_user_who_cannot_be_added_is_refused(admin: TestClient) -> None:
    for body, said in (
        ({"name": "ANA", "password": OTHER}, "there is a user 'ANA' already"),
        ({"name": "an\u0430", "password": OTHER}, "looks like that of the user 'ana'"),
        ({"name": "bea", "password": "passwordpassword"}, "this password is easy to guess"),
        ({"name": "b c", "password": OTHER}, "cannot be a name"),
        ({"name": "..", "password": OTHER}, "cannot be a name"),
        ({"name": "bea", "password": "short"}, "password: "),
        ({"name": "bea", "password": f"{OTHER}\x00"}, "password: has a NUL character"),
        ({"name": "bea"}, "either a password or the provider"),
        ({"name": "bea", "password": OTHER, "provider": True}, "either a password or the provider"),
        ({"name": "bea", "password": OTHER, "role": "owner"}, "role: "),
    ):
        assert said in problem(admin.post("/v1/users", json=body), 422)
    # There is no provider.
    problem(admin.post("/v1/users", json={"name": "bea", "provider": True}), 409)
    assert admin.get("/v1/users").json()["provider"] is None
    assert list(users(admin)) == ["ana", "root"]


def test_a_locked_out_user_loses_session_and_tokens(admin: TestClient, sign_in: SignIn) -> None:
    accounts = sign_in.accounts
    cookie = accounts.sessions.start(accounts.users.get("ana").user_id)
    _, secret = accounts.tokens.add("hers", [Scope.READ], owner="ana")
    assert identified(admin, secret) == 200
    locked = admin.patch("/v1/users/Ana", json={"disabled": True}).raise_for_status().json()
    assert locked["disabled"] > 1_700_000_000
    assert accounts.sessions.find(cookie) is None
    assert (identified(admin, secret), enter(admin, "ana")) == (401, 403)
    admin.patch("/v1/users/ana", json={"disabled": False}).raise_for_status()
    assert (identified(admin, secret), enter(admin, "ana")) == (200, 303)
    assert accounts.sessions.find(cookie) is None
    recorded = acts(admin, sign_in, "target", "action")
    changes = [target for target, action in recorded if action.startswith("PATCH")]
    assert changes == ["ana (disabled)", "ana (disabled)"]


def test_a_new_password_ends_sessions_and_a_new_role_does_not(admin: TestClient, sign_in: SignIn) -> None:
    accounts = sign_in.accounts
    cookie = accounts.sessions.start(accounts.users.get("ana").user_id)
    changed = admin.patch("/v1/users/ana", json={"role": "administrator"}).raise_for_status().json()
    assert changed["role"] == "administrator"
    session = accounts.sessions.find(cookie)
    assert session is not None
    assert Scope.ADMIN in session.identity.scopes
    admin.patch("/v1/users/ana", json={"password": OTHER}).raise_for_status()
    assert accounts.sessions.find(cookie) is None
    assert (enter(admin, "ana"), enter(admin, "ana", OTHER)) == (403, 303)
    assert admin.patch("/v1/users/nobody", json={"disabled": True}).status_code == 404
    assert admin.delete("/v1/users/nobody").status_code == 404


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "member"}, None])
def test_the_last_administrator_stays(
    admin: TestClient, sign_in: SignIn, change: dict[str, object] | None
) -> None:
    cookie = sign_in.accounts.sessions.start(sign_in.accounts.users.get("root").user_id)

    def tried(name: str) -> int:
        place = f"/v1/users/{name}"
        return (admin.patch(place, json=change) if change else admin.delete(place)).status_code

    assert tried("root") == 409
    sign_in.accounts.users.add("bea", PASSWORD, Role.ADMINISTRATOR)
    sign_in.accounts.users.change("bea", is_disabled=True)
    assert tried("root") == 409
    assert sign_in.accounts.sessions.find(cookie) is not None
    sign_in.accounts.users.change("bea", is_disabled=False)
    assert tried("root") in {200, 204}
    assert tried("bea") == 409


def test_a_token_is_shown_once_works_and_is_revoked(admin: TestClient, sign_in: SignIn) -> None:
    wanted = {"name": "dashboard", "scopes": ["read", "ask"], "user": "ana", "days": 30}
    added = admin.post("/v1/tokens", json=wanted).raise_for_status()
    token = added.json()
    assert added.status_code == 201
    assert (token["user"], token["scopes"], token["used"]) == ("ana", ["read", "ask"], None)
    assert token["expires"] - token["created"] == 30 * 86_400
    assert identified(admin, token["token"]) == 200
    listed = admin.get("/v1/tokens")
    assert token["token"] not in listed.text
    [found] = listed.json()["tokens"]
    assert (found["name"], found["revoked"], found["used"] is None) == ("dashboard", None, False)
    assert admin.delete("/v1/tokens/dashboard").status_code == 204
    assert identified(admin, token["token"]) == 401
    assert admin.get("/v1/tokens").json()["tokens"][0]["revoked"] > 1_700_000_000
    assert admin.delete("/v1/tokens/nothing").status_code == 404
    wrongs: list[dict[str, object]] = [
        {"name": "dashboard"},
        {"user": "nobody"},
        {"scopes": ["admin"]},
        {"scopes": []},
    ]
    for wrong in wrongs:
        refused = admin.post("/v1/tokens", json={**wanted, "name": "another", **wrong})
        assert refused.status_code == 422, wrong
    recorded = [act for act in acts(admin, sign_in, "action", "target") if act[1]]
    assert recorded == [("POST /v1/tokens", "dashboard"), ("DELETE /v1/tokens/{name}", "dashboard")]


def test_nobody_gives_more_than_they_have(signed: TestClient, sign_in: SignIn) -> None:
    headers = bearer(sign_in, Scope.ADMIN)
    given = [
        signed.post("/v1/users", json={"name": "bea", "password": OTHER}, headers=headers),
        signed.patch("/v1/users/root", json={"password": OTHER}, headers=headers),
        signed.patch("/v1/users/ana", json={"role": "administrator"}, headers=headers),
        signed.patch("/v1/users/ana", json={"disabled": False}, headers=headers),
        signed.post("/v1/tokens", json={"name": "mine", "scopes": ["admin", "read"]}, headers=headers),
    ]
    assert {each.status_code for each in given} == {403}
    assert 'scope="read"' in given[0].headers["WWW-Authenticate"]
    assert enter(signed, "root") == 303
    taken = signed.patch("/v1/users/ana", json={"disabled": True}, headers=headers)
    same = signed.post("/v1/tokens", json={"name": "mine", "scopes": ["admin"]}, headers=headers)
    assert (taken.status_code, same.status_code) == (200, 201)


def test_a_member_and_another_page_are_refused(signed: TestClient) -> None:
    places = ("/administration", "/v1/users", "/v1/tokens", "/v1/storage")
    for path in places:
        assert signed.get(path).status_code == 401
    assert enter(signed, "ana") == 303
    for path in places:
        refused = signed.get(path)
        opened = signed.get(path, headers={"Accept": "text/html"})
        kinds = [(each.status_code, each.headers["content-type"]) for each in (refused, opened)]
        assert kinds == [(403, PROBLEM), (403, "text/html; charset=utf-8")]
        assert "Only an administrator may open this page." in opened.text
    assert enter(signed, "root") == 303
    for path in places:
        assert signed.get(path).status_code == 200
    foreign = {"Origin": "http://attacker.example", "Sec-Fetch-Site": "cross-site"}
    user = {"name": "eve", "password": OTHER, "role": "administrator"}
    assert signed.post("/v1/users", json=user, headers=foreign).status_code == 403
    assert signed.delete("/v1/users/ana", headers=foreign).status_code == 403
    # Another site can send a body as text without asking first.
    plain = {"Content-Type": "text/plain"}
    assert signed.post("/v1/users", content=str(user), headers=plain).status_code in {400, 415, 422}


def test_a_server_without_sign_in_has_no_accounts(client: TestClient) -> None:
    user = {"name": "bea", "password": OTHER}
    requests: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
        ("GET", "users", None),
        ("POST", "users", user),
        ("PATCH", "users/bea", {"disabled": True}),
        ("DELETE", "users/bea", None),
        ("GET", "tokens", None),
        ("POST", "tokens", {"name": "mine", "scopes": ["read"]}),
        ("DELETE", "tokens/mine", None),
    )
    for method, path, body in requests:
        problem(client.request(method, f"/v1/{path}", json=body), 409)
    assert client.get("/administration").status_code == 200
