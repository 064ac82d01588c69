"""A provider that is away or answers nonsense: a sentence on the sign-in page, and a line in the log."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from limits.storage import memory

from tests.support.clocks import Clock, set_time
from tests.support.openid_provider import SECRET, OpenIDProvider, openid_provider
from tests.ui.http.openid.conftest import Serve
from tests.ui.http.openid.steps import answer_of, come_back, name_of, said, to_provider
from ui.http import openid
from ui.operations import AuditLog
from ui.rate_limits import REFUSALS_OF_ADDRESS

pytestmark = pytest.mark.slow_cases

DOWN = "Reedland is not responding. Try again in a minute."
UNUSABLE = "Reedland sent a response that this server cannot use. Tell the person who runs this server."
REFUSED = "Reedland did not sign you in."
UNVERIFIED = "The response from Reedland is not valid for this sign-in. Sign in again."

DESCRIPTION = "/.well-known/openid-configuration"
NONSENSE = [
    b"",
    b"<html>",
    b"[]",
    b"17",
    b"null",
    b'"x"',
    b"{}",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 20_000,
]


def test_a_provider_that_is_away_is_said_to_be(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Until it answers again, the page works, and so do passwords."""
    with openid_provider() as gone:
        pass
    browser = serve(openid_issuer=gone.issuer)
    with caplog.at_level(logging.WARNING, "footnoted"):
        refused = browser.get("/sign-in/openid", params={"next": "/?x=1"})
    assert (refused.status_code, said(refused)) == (503, DOWN)
    assert 'value="/?x=1"' in refused.text
    [event] = [each for each in caplog.records if each.getMessage() == "provider"]
    assert event.__dict__["fields"]["cause"].startswith(f"{gone.issuer} does not answer: ConnectError")
    assert browser.get("/sign-in").status_code == 200


def test_a_provider_that_comes_back_is_used(
    serve: Serve, provider: OpenIDProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked again after a pause, in which it is left alone."""
    provider.answers[DESCRIPTION] = (503, b"")
    browser = serve()
    for _ in range(3):
        assert browser.get("/sign-in/openid").status_code == 503
    assert provider.asked == [DESCRIPTION]
    monkeypatch.setattr(openid, "PAUSE_SECONDS", 0.0)
    provider.answers.clear()
    browser = serve()
    come_back(browser)
    assert name_of(browser) == "ada"


@pytest.mark.parametrize("path", ["/token", "/keys", "/userinfo"])
@pytest.mark.parametrize(("status", "expected"), [(500, 503), (503, 503), (404, 502), (302, 502), (429, 502)])
def test_an_endpoint_that_fails_is_no_fault_of_this_server(
    serve: Serve, provider: OpenIDProvider, path: str, status: int, expected: int
) -> None:
    provider.claims = {"sub": "u-17"}
    provider.answers[path] = (status, b"")
    browser = serve()
    refused = come_back(browser)
    assert (refused.status_code, said(refused)) == (expected, DOWN if expected == 503 else UNUSABLE)
    assert name_of(browser) is None


@pytest.mark.parametrize("body", NONSENSE, ids=lambda body: repr(body[:6]))
@pytest.mark.parametrize("path", [DESCRIPTION, "/token", "/keys", "/userinfo"])
def test_nonsense_is_no_fault_of_this_server(
    serve: Serve, provider: OpenIDProvider, path: str, body: bytes
) -> None:
    provider.claims = {"sub": "u-17"}
    provider.answers[path] = (200, body)
    browser = serve()
    left = browser.get("/sign-in/openid")
    refused = browser.get(answer_of(left.headers["location"])) if left.status_code == 303 else left
    # A key set without keys, or information without a subject, is well-formed, and proves nothing.
    assert (refused.status_code, said(refused)) in {(502, UNUSABLE), (403, UNVERIFIED)}
    assert (refused.status_code == 502) == (path != "/userinfo" or body not in {b"{}", b"[]"})
    assert name_of(browser) is None


def test_a_name_with_a_lone_surrogate_is_no_fault_of_this_server(
    serve: Serve, provider: OpenIDProvider
) -> None:
    provider.claims = {"sub": "u-17"}
    info = {"sub": "u-17", "preferred_username": "\ud800"}
    provider.answers["/userinfo"] = (200, json.dumps(info).encode())
    browser = serve()
    refused = come_back(browser)
    assert (refused.status_code, said(refused), name_of(browser)) == (502, UNUSABLE, None)


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "..", "." * 5_000, "é.é.é", 17, None, {}, "eyJhbGciOiJSUzI1NiJ9.e30.AA"],
    ids=str,
)
def test_an_id_token_that_is_none_is_refused(serve: Serve, provider: OpenIDProvider, token: object) -> None:
    answer = {"access_token": "at-1", "token_type": "Bearer", "id_token": token}
    provider.answers["/token"] = (200, json.dumps(answer).encode())
    refused = come_back(serve())
    assert refused.status_code == (403 if isinstance(token, str) else 502)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"token_endpoint": None},
        {"jwks_uri": "http://keys.example/keys"},
        {"token_endpoint": "http://169.254.169.254/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://127.0.0.1@attacker.example/"},
        {"authorization_endpoint": "https://login.example\\@attacker.example/"},
        {"userinfo_endpoint": "http://[::2]/"},
        {"userinfo_endpoint": 17},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
        {"id_token_signing_alg_values_supported": "RS256"},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
    ],
    ids=str,
)
def test_a_description_that_cannot_be_used_is_not(
    serve: Serve, provider: OpenIDProvider, changes: dict[str, Any]
) -> None:
    provider.description = changes
    refused = serve().get("/sign-in/openid")
    assert (refused.status_code, said(refused)) == (502, UNUSABLE)
    assert provider.asked == [DESCRIPTION]


def test_other_fields_of_a_description_set_no_option_of_the_client(
    serve: Serve, provider: OpenIDProvider
) -> None:
    with openid_provider() as attacker:
        provider.description = {
            "proxy": attacker.issuer,
            "verify": False,
            "base_url": attacker.issuer,
            "response_type": "token",
            "jwks": {"keys": []},
            "grant_type": "password",
            "scope": "everything",
        }
        browser = serve()
        come_back(browser)
        assert (name_of(browser), attacker.asked) == ("ada", [])


def test_no_proxy_of_the_environment_is_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    with openid_provider() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.issuer)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        browser = serve()
        come_back(browser)
        assert (name_of(browser), proxy.asked) == ("ada", [])


def test_a_redirect_is_not_followed(serve: Serve, provider: OpenIDProvider) -> None:
    provider.answers["/keys"] = (307, b"")
    assert come_back(serve()).status_code == 502


def test_a_long_answer_is_not_read(serve: Serve, provider: OpenIDProvider) -> None:
    provider.answers[DESCRIPTION] = (200, b" " * (openid.MAX_BYTES + 1))
    refused = serve().get("/sign-in/openid")
    assert (refused.status_code, said(refused)) == (502, UNUSABLE)


def test_a_person_whom_the_provider_refuses_is_told(serve: Serve, provider: OpenIDProvider) -> None:
    for error in ("access_denied", "server_error", "<script>alert(1)</script>"):
        provider.refuses = error
        refused = come_back(serve())
        assert (refused.status_code, said(refused)) == (403, REFUSED)
        assert error not in refused.text


def test_a_wrong_secret_is_for_the_operator(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "footnoted"):
        refused = come_back(serve(openid_secret="wrong"))  # noqa: S106
    assert (refused.status_code, said(refused)) == (502, UNUSABLE)
    causes = [each.__dict__["fields"].get("cause") for each in caplog.records]
    assert any("invalid_client" in str(cause) for cause in causes)
    assert SECRET not in str(causes)


def test_the_secret_can_be_sent_in_the_body_or_not_be_there(serve: Serve, provider: OpenIDProvider) -> None:
    provider.description["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    browser = serve()
    come_back(browser)
    assert name_of(browser) == "ada"
    provider.secret = ""
    public = serve(openid_secret=None)
    come_back(public)
    assert name_of(public) == "ada"


def test_a_provider_is_not_asked_before_somebody_comes(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    browser.get("/sign-in")
    assert provider.asked == []
    for _ in range(3):
        to_provider(browser)
    assert provider.asked == [DESCRIPTION]


@pytest.mark.slow
def test_a_flood_of_failures_is_recorded_in_part_only(
    serve: Serve, provider: OpenIDProvider, audit: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_time(monkeypatch, memory, Clock())
    browser, most = serve(), REFUSALS_OF_ADDRESS.amount
    provider.answers["/token"] = (500, b"")
    for _ in range(most + 3):
        assert come_back(browser).status_code == 503
    assert [each.outcome for each in audit.records(most + 3)] == ["503"] * most
