"""People sign in with an OpenID Connect provider, and nobody else does, whatever is sent."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from html import unescape
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import httpx2
import pytest
from starlette.testclient import TestClient

from index.library import Library
from rag.engine import QueryEngine
from tests.support.clocks import Clock
from tests.support.openid_provider import CLIENT, SECRET, OpenIDProvider, openid_provider
from tests.support.people import PASSWORD, make_hashes_quick
from tests.support.people import sign_in as fill_in
from tests.support.processes import ROOT, environment
from ui.accounts import PENDING_SECONDS, Accounts, Role, SignIn
from ui.accounts.access import open_sign_in
from ui.accounts.sessions import IDLE_SECONDS
from ui.app import create_app
from ui.errors import USED_WRONGLY, SettingsError, UsedWronglyError, explain
from ui.http import openid
from ui.operations import AuditLog
from ui.page.head import languages, locale_in
from ui.page.sign_in import MOST_PENDING
from ui.rate_limits import OF_ADDRESS
from ui.settings import Settings, load_settings

PAGE = {"Accept": "text/html"}
FOREIGN = "http://attacker.example"
LATE = "This sign-in has expired, is already finished, or was started in another browser. Sign in again."
UNVERIFIED = "The response from Reedland is not valid for this sign-in. Sign in again."
DOWN = "Reedland is not responding. Try again in a minute."
UNUSABLE = "Reedland sent a response that this server cannot use. Tell the person who runs this server."
REFUSED = "Reedland did not sign you in."
Serve = Callable[..., TestClient]
"""Starts a server with changed settings, and returns a browser that follows no redirect."""


@pytest.fixture
def provider() -> Iterator[OpenIDProvider]:
    with openid_provider() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock(time.time())


@pytest.fixture
def accounts(
    index: Library, provider: OpenIDProvider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Accounts]:
    """Accounts with the administrator root, who has a password, and ada, who is expected at the provider."""
    make_hashes_quick(monkeypatch)
    with closing(Accounts.open(index.home, clock=clock)) as opened:
        opened.users.add("root", PASSWORD, Role.ADMINISTRATOR)
        opened.provided.add("ada", provider.issuer)
        yield opened


@pytest.fixture
def serve(
    index: Library, engine: QueryEngine, provider: OpenIDProvider, accounts: Accounts
) -> Iterator[Serve]:
    with ExitStack() as running:

        def start(**changed: Any) -> TestClient:  # noqa: ANN401 (settings)
            chosen = {
                "home": index.home,
                "openid_issuer": provider.issuer,
                "openid_client": CLIENT,
                "openid_secret": SECRET,
                "openid_name": "Reedland",
                **changed,
            }
            app = create_app(index, engine, Settings(**chosen), sign_in=SignIn(accounts))
            return running.enter_context(
                TestClient(app, base_url="http://127.0.0.1:7860", follow_redirects=False)
            )

        yield start


@pytest.fixture
def audit(index: Library) -> Iterator[AuditLog]:
    with closing(AuditLog(index.home)) as log:
        yield log


# The steps of a sign-in, as a browser takes them


def to_provider(browser: TestClient, place: str = "/") -> str:
    """Follow the link of the sign-in page; returns the address of the provider."""
    left = browser.get("/sign-in/openid", params={"next": place}, headers=PAGE)
    assert left.status_code == 303, left.text
    return left.headers["location"]


def answer_of(address: str) -> str:
    """Sign in to the provider; returns the path and the query to which it leads the browser."""
    led = httpx2.get(address, trust_env=False, timeout=10)
    assert led.status_code == 302, led.text
    back = urlsplit(led.headers["location"])
    assert back.netloc == "127.0.0.1:7860"
    return f"{back.path}?{back.query}"


def come_back(browser: TestClient, place: str = "/") -> httpx2.Response:
    """The whole way: to the provider and back."""
    return browser.get(answer_of(to_provider(browser, place)), headers=PAGE)


def by_password(browser: TestClient, name: str, password: str = PASSWORD) -> httpx.Response:
    return fill_in(cast("httpx.Client", browser), name, password)


def query_of(address: str) -> dict[str, str]:
    """The fields of an address' query."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def name_of(browser: TestClient) -> str | None:
    """The name of the user who is signed in; None if nobody is."""
    found = browser.get("/v1/identity", headers={"Accept": "application/json"})
    return found.json()["name"] if found.status_code == 200 else None


def said(response: httpx.Response | httpx2.Response) -> str:
    """The message of the sign-in page above the form."""
    return response.text.partition('<p class="fn-said" role="alert">')[2].partition("</p>")[0]


def refused(response: httpx.Response | httpx2.Response, browser: TestClient) -> tuple[int, str, str | None]:
    """The status, what the page says, and who is signed in then."""
    return response.status_code, said(response), name_of(browser)


def changed(answer: str, **fields: str) -> str:
    """An answer of the provider with other fields."""
    return f"{answer.partition('?')[0]}?{urlencode({**query_of(answer), **fields})}"


# Signing in


def test_a_person_signs_in_with_the_provider_and_signs_out(serve: Serve, accounts: Accounts) -> None:
    browser = serve()
    page = browser.get("/sign-in", params={"next": "/?conversation=1#cite-2"}).text
    [address] = re.findall(r'<a class="fn-provider" href="([^"]*)">Sign in with Reedland</a>', page)
    assert 'type="password"' in page
    left = browser.get(unescape(address))
    back = browser.get(answer_of(left.headers["location"]))
    assert (back.status_code, back.headers["location"]) == (303, "/?conversation=1#cite-2")
    assert name_of(browser) == "ada"
    token = browser.get("/v1/identity").json()["form_token"]
    assert browser.post("/sign-out", data={"token": token}).status_code == 303
    assert name_of(browser) is None
    assert accounts.users.get("ada").role is Role.MEMBER


def test_the_provider_gets_what_the_standard_asks_for(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    browser.get("/sign-in")
    assert provider.asked == [], "nobody has come yet"
    asked = query_of(to_provider(browser))
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["scope"] == "openid profile email"
    assert asked["redirect_uri"] == "http://127.0.0.1:7860/sign-in/openid/callback"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert query_of(to_provider(browser))["state"] != asked["state"]
    assert provider.asked == [DESCRIPTION]


def test_cookies_are_closed_to_scripts_and_other_sites(serve: Serve) -> None:
    browser = serve()
    left = browser.get("/sign-in/openid")
    _, *flags = left.headers["set-cookie"].split("; ")
    assert sorted(flags) == ["HttpOnly", "Max-Age=600", "Path=/sign-in/openid", "SameSite=lax"]
    assert "no-store" in left.headers["cache-control"]
    back = browser.get(answer_of(left.headers["location"]))
    [session] = [each for each in back.headers.get_list("set-cookie") if "footnoted-session" in each]
    _, *flags = session.split("; ")
    assert sorted(flags) == ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=lax"]
    assert not [name for name in browser.cookies if "openid" in name]
    browser.base_url = browser.base_url.copy_with(scheme="https")
    assert "; Secure" in browser.get("/sign-in/openid").headers["set-cookie"]


def test_each_window_of_a_browser_can_sign_in_and_few_sign_ins_are_kept(serve: Serve) -> None:
    browser = serve()
    ways = [to_provider(browser, f"/?conversation={number}") for number in range(3)]
    for number in (1, 2, 0):
        back = browser.get(answer_of(ways[number]), follow_redirects=False)
        assert back.headers["location"].endswith(f"/?conversation={number}")
    assert not [name for name in browser.cookies if "openid" in name]
    ways = [to_provider(browser) for _ in range(MOST_PENDING + 2)]
    kept = [name for name in browser.cookies if "openid" in name]
    assert [name[-16:] for name in kept] == [query_of(way)["state"][:16] for way in ways[2:]]


def test_the_secret_is_in_no_answer_and_no_message(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    provider.answers["/token"] = (500, b"")
    responses = [
        browser.get("/sign-in"),
        browser.get("/sign-in/openid"),
        browser.get(answer_of(to_provider(browser))),
    ]
    for response in responses:
        assert SECRET not in response.text + str(response.headers)
        assert query_of(response.headers.get("location", "")).keys().isdisjoint({"client_secret"})


def test_a_session_ends_like_every_other_one(serve: Serve, accounts: Accounts, clock: Clock) -> None:
    browser = serve()
    by_password(browser, "root")
    [planted] = [value for name, value in browser.cookies.items() if "session" in name]
    come_back(browser)
    assert (name_of(browser), accounts.sessions.find(planted)) == ("ada", None)
    clock.now += IDLE_SECONDS + 1
    assert name_of(browser) is None
    come_back(browser)
    assert name_of(browser) == "ada"
    accounts.users.change("ada", is_disabled=True)
    assert name_of(browser) is None
    told = "Reedland recognises you, but you have no access to this server. Ask the person who runs it."
    assert refused(come_back(browser), browser) == (403, told, None)
    accounts.users.change("ada", is_disabled=False)
    come_back(browser)
    accounts.users.remove("ada")
    assert name_of(browser) is None
    assert come_back(browser).status_code == 403


def test_the_way_back_is_a_place_of_the_page_and_leads_nowhere_else(serve: Serve) -> None:
    browser = serve()
    for place in (
        FOREIGN,
        "//attacker.example",
        "/\\attacker.example",
        "/\t/attacker.example",
        "https:attacker.example",
        "javascript:alert(1)",
        "/sign-out",
        "/sign-in?next=/x",
        "/sign-in/openid",
        "/sign-in/openid/callback?state=x",
        "/sign-in#x",
        "",
        "/?q=" + "x" * 9_000,
    ):
        back = come_back(browser, place)
        assert (back.status_code, back.headers["location"]) == (303, "/"), place
    assert come_back(browser, "/?q=" + "x" * 1_400).headers["location"].endswith("xxx")


# Who is who


def test_a_user_is_bound_to_the_subject(serve: Serve, accounts: Accounts, provider: OpenIDProvider) -> None:
    browser = serve()
    come_back(browser)
    first = accounts.users.get("ada")
    assert (first.provider, first.subject) == (provider.issuer, "u-17")
    for claims in ({"sub": "u-17", "preferred_username": "ada.lovelace"}, {"sub": "u-17"}):
        provider.claims = claims
        come_back(browser)
        assert name_of(browser) == "ada"
    provider.claims = {"sub": "u-18", "preferred_username": "ada"}
    browser.cookies.clear()
    assert come_back(browser).status_code == 403
    assert (name_of(browser), accounts.users.get("ada")) == (None, first)


@pytest.mark.parametrize("users", ["added", "all"])
def test_no_other_user_is_taken_over(
    serve: Serve, accounts: Accounts, provider: OpenIDProvider, users: str
) -> None:
    """Neither one with a password nor one of another provider."""
    accounts.provided.add("eve", "https://other.example", "u-99")
    accounts.provided.add("dee", "https://other.example")
    before = accounts.users.all()
    browser = serve(openid_users=users)
    expected = "you have no access to this server" if users == "added" else "or the name is already taken"
    for name in ("root", "ROOT", "\uff52oot", "eve", "dee"):
        provider.claims = {"sub": "u-99", "preferred_username": name}
        status, told, signed_in = refused(come_back(browser), browser)
        assert (status, signed_in, accounts.users.all()) == (403, None, before), name
        assert expected in told


def test_everyone_may_come_if_settings_say_so(
    serve: Serve, accounts: Accounts, provider: OpenIDProvider
) -> None:
    browser = serve(openid_users="all")
    for name in (None, "", "Ada Lovelace", "x" * 65, 17, ["ada"], "../root"):
        provider.claims = {"sub": "u-5", "preferred_username": name}
        nameless = come_back(browser)
        assert nameless.status_code == 403
        assert said(nameless).startswith("Reedland gave no name that can be used here")
    assert len(accounts.users.all()) == 2
    provider.claims = {"sub": "u-5", "preferred_username": "cai@reedland.example"}
    come_back(browser)
    assert name_of(browser) == "cai@reedland.example"
    added = accounts.users.get("cai@reedland.example")
    assert (added.role, added.provider, added.subject) == (Role.MEMBER, provider.issuer, "u-5")
    come_back(browser)
    assert len(accounts.users.all()) == 3


def test_an_address_must_be_verified(serve: Serve, accounts: Accounts, provider: OpenIDProvider) -> None:
    accounts.provided.add("ada@reedland.example", provider.issuer)
    browser = serve(openid_claim="email")
    provider.claims = {"sub": "u-5", "email": "ada@reedland.example", "email_verified": False}
    assert come_back(browser).status_code == 403
    provider.claims["email_verified"] = True
    come_back(browser)
    assert name_of(browser) == "ada@reedland.example"


def test_a_name_is_asked_for(serve: Serve, provider: OpenIDProvider, accounts: Accounts) -> None:
    provider.claims, provider.info = {"sub": "u-17"}, {"sub": "u-17", "preferred_username": "ada"}
    browser = serve()
    come_back(browser)
    assert (name_of(browser), provider.asked[-1]) == ("ada", "/userinfo")
    accounts.users.remove("ada")
    accounts.provided.add("ada", provider.issuer)
    provider.info = {"sub": "u-1", "preferred_username": "ada"}
    refused = come_back(browser)
    assert "is not valid for this sign-in" in said(refused)
    assert accounts.users.get("ada").subject is None


# Passwords beside the provider


def test_passwords_can_be_turned_off(serve: Serve) -> None:
    browser = serve(openid_passwords=False)
    page = browser.get("/sign-in").text
    assert ("<form" in page, "Sign in with Reedland" in page) == (False, True)
    for password in (PASSWORD, "wrong"):
        told = (403, "You can sign in here only with Reedland.", None)
        assert refused(by_password(browser, "root", password), browser) == told
    come_back(browser)
    assert name_of(browser) == "ada"


def test_a_user_is_listed_with_the_provider(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    for password in ("", PASSWORD):
        assert by_password(browser, "ada", password).status_code == 403
    come_back(browser)
    by_password(browser, "root")
    users = {user["name"]: user for user in browser.get("/v1/users").json()["users"]}
    assert (users["ada"]["provider"], users["root"]["provider"]) == (provider.issuer, None)
    assert users["ada"]["signed_in"] is not None


def test_a_server_without_a_provider_has_no_way_to_one(serve: Serve) -> None:
    browser = serve(openid_issuer=None)
    assert 'class="fn-provider"' not in browser.get("/sign-in").text
    for path in ("/sign-in/openid", "/sign-in/openid/callback?state=x&code=y"):
        assert browser.get(path).status_code == 404


# What is recorded and said


def test_sign_ins_and_refusals_are_in_the_audit_log(
    serve: Serve, accounts: Accounts, provider: OpenIDProvider, audit: AuditLog
) -> None:
    browser = serve()
    come_back(browser)
    provider.refuses = "access_denied"
    come_back(browser)
    provider.refuses = ""
    accounts.users.change("ada", is_disabled=True)
    come_back(browser)
    provider.claims = {"sub": "u-66", "preferred_username": "mallory"}
    come_back(browser)
    browser.get("/sign-in/openid/callback?state=x&code=y")
    callback = "GET /sign-in/openid/callback"
    found = [(each.action, each.kind, each.who, each.outcome) for each in audit.records(10)]
    assert found == [
        (callback, "nobody", None, "403"),
        (callback, "nobody", None, "403"),
        (callback, "user", "ada", "403"),
        (callback, "nobody", None, "403"),
        (callback, "user", "ada", "done"),
    ]


def test_a_refusal_is_in_the_language_of_the_reader(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    for error in ("access_denied", "server_error", "<script>alert(1)</script>"):
        provider.refuses = error
        told = come_back(browser)
        assert (told.status_code, said(told), error in told.text) == (403, REFUSED, False)
    for language in languages():
        browser.headers["Accept-Language"] = language
        words = locale_in(language).text("signIn.refused", name="Reedland")
        assert unescape(said(come_back(browser))) == words
    page = serve(openid_name="<script>alert(1)</script>").get("/sign-in").text
    assert ("<script>alert" in page, "Sign in with &lt;script&gt;" in page) == (False, True)


# Attacks: the answer in the address


def test_an_answer_for_another_browser_is_refused(serve: Serve, provider: OpenIDProvider) -> None:
    """An attacker cannot let a victim go on as the attacker (login CSRF), with or without a cookie."""
    attacker, victim = serve(), serve()
    answer = answer_of(to_provider(attacker))
    assert refused(victim.get(answer, headers=PAGE), victim) == (403, LATE, None)
    to_provider(victim)
    assert refused(victim.get(answer, headers=PAGE), victim) == (403, LATE, None)
    assert "/token" not in provider.asked


def test_an_answer_with_another_state_or_code_is_refused(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    for state in ("", "x", "x" * 43, "\udcff", "ü", "{state}x"):
        answer = answer_of(to_provider(browser))
        other = state.format(state=query_of(answer)["state"]).encode("utf-8", "surrogateescape")
        path = f"{answer.partition('?')[0]}?{urlencode({**query_of(answer), 'state': other})}"
        assert said(browser.get(path)) == LATE
    assert (name_of(browser), "/token" in provider.asked) == (None, False)
    for code in ("", "x", "\x00", "é", "x" * 5_000, "a b&c=d;%00"):
        answer = answer_of(to_provider(browser))
        assert refused(browser.get(changed(answer, code=code)), browser) == (403, UNVERIFIED, None)


def test_an_answer_counts_once_and_in_time(serve: Serve, provider: OpenIDProvider, clock: Clock) -> None:
    """The cookie is gone from the browser; a thief who has copied it has no use for it either."""
    browser = serve()
    answer = answer_of(to_provider(browser))
    copied = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    assert browser.get(answer).status_code == 303
    assert said(browser.get(answer)) == LATE
    browser.cookies.clear()
    assert said(browser.get(answer, headers={"Cookie": copied})) == LATE
    late = answer_of(to_provider(browser))
    clock.now += PENDING_SECONDS + 1
    assert said(browser.get(late)) == LATE
    assert provider.asked.count("/token") == 1


def test_a_code_counts_once_and_in_its_own_browser(serve: Serve) -> None:
    """The provider binds a code to the verifier of its browser (PKCE)."""
    first, second = serve(), serve()
    used = answer_of(to_provider(first))
    assert first.get(used).status_code == 303
    own = answer_of(to_provider(second))
    again = second.get(changed(own, code=query_of(used)["code"]))
    assert refused(again, second) == (403, UNVERIFIED, None)
    stolen = query_of(answer_of(to_provider(first)))["code"]
    own = answer_of(to_provider(second))
    assert refused(second.get(changed(own, code=stolen)), second) == (403, UNVERIFIED, None)


def test_a_forged_cookie_is_refused(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    answer = answer_of(to_provider(browser))
    [(name, cookie)] = [each for each in browser.cookies.items() if "openid" in each[0]]
    payload, moment, signature = cookie.rsplit(".", 2)
    later = f"{payload}.{moment[:-1]}{'A' if moment[-1] != 'A' else 'B'}.{signature}"
    for forged in ("", "x", ".", f"{payload}x.{moment}.{signature}", later, cookie[:-2], payload):
        browser.cookies.clear()
        assert said(browser.get(answer, headers={"Cookie": f"{name}={forged}"})) == LATE
    assert "/token" not in provider.asked


def test_an_answer_of_another_issuer_is_refused(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    answer = answer_of(to_provider(browser))
    assert said(browser.get(changed(answer, iss=FOREIGN))) == UNVERIFIED
    provider.description["authorization_response_iss_parameter_supported"] = True
    browser = serve()
    answer = answer_of(to_provider(browser))
    assert said(browser.get(changed(answer, iss=""))) == UNVERIFIED
    assert come_back(browser).status_code == 303


# Attacks: the id token


OTHERS = "another-client"
CLAIMS: list[dict[str, Any]] = [
    *({"nonce": nonce} for nonce in ("x", None, "")),
    *({"aud": audience} for audience in (OTHERS, [OTHERS], [CLIENT, OTHERS], None, [], 17)),
    {"aud": OTHERS, "azp": CLIENT},
    *({"aud": audience, "azp": OTHERS} for audience in ([CLIENT, OTHERS], CLIENT)),
    *({"iss": issuer} for issuer in (FOREIGN, None)),
    *({"exp": end} for end in (None, "tomorrow", float("nan"))),
    {"iat": None},
    *({"sub": subject} for subject in (None, "", 17, ["u-17"])),
    *({"at_hash": digest} for digest in ("bm9uc2Vuc2U", 17)),
]


@pytest.mark.parametrize("part", [CLAIMS[:12], CLAIMS[12:]], ids=["nonce and aud", "others"])
def test_an_id_token_with_other_claims_is_refused(
    serve: Serve, provider: OpenIDProvider, accounts: Accounts, part: list[dict[str, Any]]
) -> None:
    browser = serve(openid_users="all")
    for claims in part:
        provider.token = claims
        assert refused(come_back(browser), browser) == (403, UNVERIFIED, None), claims
    assert accounts.users.get("ada").subject is None


def test_an_id_token_of_another_time_is_refused(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    for claim, seconds in (("exp", -3_600), ("exp", -61), ("iat", 3_600), ("iat", 90), ("nbf", 3_600)):
        provider.token = {claim: int(time.time()) + seconds}
        assert refused(come_back(browser), browser) == (403, UNVERIFIED, None), (claim, seconds)
    now = int(time.time())
    provider.token = {"iat": now + 30, "nbf": now + 30, "exp": now - 30}
    come_back(browser)
    assert name_of(browser) == "ada"


@pytest.mark.parametrize("listed", [False, True], ids=["", "that the provider lists"])
def test_another_signature_is_refused(serve: Serve, provider: OpenIDProvider, listed: bool) -> None:
    if listed:
        provider.description["id_token_signing_alg_values_supported"] = ["none", "HS256", "RS256", "ES256"]
    browser = serve()
    # The public key is the password of HS256.
    for kind in ("none", "unsigned", "HS256", "ES256", "RS256"):
        provider.signs = kind, "other" if kind == "RS256" else "first"
        assert refused(come_back(browser), browser) == (403, UNVERIFIED, None), kind


def test_another_key_of_the_same_name_is_refused(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    come_back(browser)
    token = provider.id_token
    provider.signs = ("RS256", "other")
    header, payload, signature = token("x").split(".")
    provider.signs = ("RS256", "first")
    mixed = ".".join([token("x").split(".")[0], payload, signature])
    assert header != mixed.split(".")[0]
    provider.answers["/token"] = (200, f'{{"access_token": "at-1", "id_token": "{mixed}"}}'.encode())
    browser.cookies.clear()
    assert said(come_back(browser)) == UNVERIFIED


def test_a_provider_may_change_its_key(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    come_back(browser)
    provider.signs, provider.published = ("ES256", "next"), [("RS256", "first"), ("ES256", "next")]
    browser.cookies.clear()
    come_back(browser)
    assert (name_of(browser), provider.asked.count("/keys")) == ("ada", 2)


def test_an_id_token_that_is_none_is_refused(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    none: list[object] = ["", "x", "a.b.c", "..", "." * 5_000, "é.é.é", 17, None, {}]
    for token in (*none, "eyJhbGciOiJSUzI1NiJ9.e30.AA"):
        answer = {"access_token": "at-1", "token_type": "Bearer", "id_token": token}
        provider.answers["/token"] = (200, json.dumps(answer).encode())
        assert come_back(browser).status_code == (403 if isinstance(token, str) else 502), token


# Attacks: guesses and ways out


def test_failures_are_throttled(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    provider.token = {"nonce": "x"}
    for _ in range(OF_ADDRESS.amount):
        assert come_back(browser).status_code == 403
    provider.token = {}
    asked = provider.asked.count("/token")
    told = come_back(browser)
    assert told.status_code == 429
    assert 0 < int(told.headers["retry-after"]) <= OF_ADDRESS.get_expiry()
    assert "Too many failed attempts." in told.text
    assert (name_of(browser), provider.asked.count("/token")) == (None, asked)


def test_the_provider_is_not_told_to_lead_elsewhere(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    for host in ("attacker.example", "127.0.0.1.attacker.example", "127.0.0.1@attacker.example"):
        for header in ("Host", "X-Forwarded-Host"):
            assert browser.get("/sign-in/openid", headers={header: host}).status_code == 403
    assert provider.asked == []


def test_another_page_can_start_nothing_unseen(serve: Serve) -> None:
    """A picture or a script of another page reaches neither route; a link does, as for every page."""
    browser = serve()
    answer = answer_of(to_provider(browser))
    unseen = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    for path in ("/sign-in/openid", answer):
        assert browser.get(path, headers=unseen).status_code == 403
    led = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert browser.get(answer, headers=led).status_code == 303


# A provider that is away or answers nonsense


DESCRIPTION = "/.well-known/openid-configuration"

NONSENSE = [
    *(b"", b"<html>", b"[]", b"17", b"null", b'"x"', b"{}", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 20_000),
    b" " * (openid.MAX_BYTES + 1),
    # A lone surrogate, which no database stores.
    b'{"sub": "u-17", "preferred_username": "\\ud800"}',
]


def test_a_provider_that_is_away_is_said_to_be(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Until it answers again, the page works, and so do passwords."""
    with openid_provider() as gone:
        pass
    browser = serve(openid_issuer=gone.issuer)
    with caplog.at_level(logging.WARNING, "footnoted"):
        told = browser.get("/sign-in/openid", params={"next": "/?x=1"})
    assert (told.status_code, said(told), 'value="/?x=1"' in told.text) == (503, DOWN, True)
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


@pytest.mark.slow_cases
@pytest.mark.parametrize("path", ["/token", "/keys", "/userinfo"])
def test_an_endpoint_that_fails_is_no_fault_of_ours(
    serve: Serve, provider: OpenIDProvider, path: str
) -> None:
    provider.claims = {"sub": "u-17"}
    browser = serve()
    for status in (500, 503, 404, 302, 307, 429):
        provider.answers[path] = (status, b"")
        expected = (503, DOWN, None) if status in {500, 503} else (502, UNUSABLE, None)
        assert refused(come_back(browser), browser) == expected, status


@pytest.mark.slow_cases
@pytest.mark.parametrize("path", [DESCRIPTION, "/token", "/keys", "/userinfo"])
def test_nonsense_is_no_fault_of_ours(
    serve: Serve, provider: OpenIDProvider, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openid, "PAUSE_SECONDS", 0.0)
    provider.claims = {"sub": "u-17"}
    browser = serve()
    for body in NONSENSE:
        provider.answers[path] = (200, body)
        left = browser.get("/sign-in/openid")
        back = browser.get(answer_of(left.headers["location"])) if left.status_code == 303 else left
        # A key set without keys, or information without a subject, is well-formed, and proves nothing.
        is_no_proof = path == "/userinfo" and body in {b"{}", b"[]"}
        expected = (403, UNVERIFIED, None) if is_no_proof else (502, UNUSABLE, None)
        assert refused(back, browser) == expected, body[:20]
    del provider.answers[path]
    come_back(browser)
    assert provider.asked[-1] == "/userinfo"


def test_a_description_that_cannot_be_used_is_not(
    serve: Serve, provider: OpenIDProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openid, "PAUSE_SECONDS", 0.0)
    browser = serve()
    descriptions: tuple[dict[str, Any], ...] = (
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
    )
    for changes in descriptions:
        provider.description = changes
        assert refused(browser.get("/sign-in/openid"), browser) == (502, UNUSABLE, None), changes
    assert provider.asked == [DESCRIPTION] * len(descriptions)


def test_other_fields_of_a_description_set_no_option(serve: Serve, provider: OpenIDProvider) -> None:
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


def test_a_wrong_secret_is_for_the_operator(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "footnoted"):
        told = come_back(serve(openid_secret="wrong"))  # noqa: S106
    assert (told.status_code, said(told)) == (502, UNUSABLE)
    causes = [each.__dict__["fields"].get("cause") for each in caplog.records]
    assert any("invalid_client" in str(cause) for cause in causes)
    assert SECRET not in str(causes)


def test_the_secret_can_be_sent_in_the_body_or_not_be_there(serve: Serve, provider: OpenIDProvider) -> None:
    provider.description["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    for secret in (SECRET, ""):
        provider.secret = secret
        browser = serve(openid_secret=secret or None)
        come_back(browser)
        assert name_of(browser) == "ada"


# The settings of a provider, and the extra that it needs


GIVEN: dict[str, Any] = {
    "sign_in": "on",
    "openid_issuer": "https://login.example:8443/team",
    "openid_client": "footnoted",
}


def start(home: Path, **changed: object) -> None:
    with open_sign_in(Settings.model_validate({"home": home, **GIVEN, **changed}), exposed=False):
        pass


def test_the_defaults_are_the_safe_ones(tmp_path: Path) -> None:
    provider = Settings.model_validate({"home": tmp_path, **GIVEN}).provider()
    assert provider is not None
    assert (provider.name, provider.claim, provider.secret) == (
        "login.example:8443",
        "preferred_username",
        None,
    )
    assert (provider.admits_all, provider.allows_passwords) == (False, True)
    assert Settings(home=tmp_path).provider() is None


def test_an_issuer_has_tls_and_only_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for issuer in (
        "login.example",
        "http://login.example",
        "http://127.0.0.1.attacker.example",
        "https://",
        "https://ada:secret@login.example",
        "https://login.example/?x=1",
        "https://login.example/#x",
        "https://login.example\\x",
        "ftp://login.example",
        "http://localhost@login.example",
    ):
        monkeypatch.setenv("FOOTNOTED_OPENID_ISSUER", issuer)
        with pytest.raises(
            SettingsError, match=r"openid_issuer \(FOOTNOTED_OPENID_ISSUER\) is .* an https address"
        ):
            load_settings(home=tmp_path)
    for issuer in ("http://127.0.0.1:80/x", "http://localhost", "http://[::1]:99", "https://a/"):
        assert Settings(home=tmp_path, openid_issuer=issuer).openid_issuer == issuer


def test_the_secret_is_in_no_message(tmp_path: Path) -> None:
    settings = Settings.model_validate({"home": tmp_path, **GIVEN, "openid_secret": "pst-7"})
    assert "pst-7" not in repr(settings) + repr(settings.provider()) + str(settings.model_dump())
    (tmp_path / "footnoted.toml").write_text('openid_secret = ["pst-7"]\n')
    with pytest.raises(SettingsError) as wrong:
        load_settings(home=tmp_path)
    assert "pst-7" not in str(wrong.value)
    (tmp_path / "footnoted.toml").write_text('openid_secrt = "pst-7"\n')
    with pytest.raises(SettingsError, match="did you mean openid_secret") as unknown:
        load_settings(home=tmp_path)
    assert "pst-7" not in str(unknown.value)


def test_a_provider_needs_a_client_and_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="openid_client is not set"):
        start(tmp_path, openid_client=None)
    monkeypatch.setitem(sys.modules, "authlib", None)
    with pytest.raises(SettingsError) as missing:
        start(tmp_path)
    line, code = explain(missing.value)
    assert "run pip install 'footnoted[openid]'" in line
    assert code == USED_WRONGLY
    assert Settings(home=tmp_path).provider() is None


def test_without_a_provider_nothing_of_it_is_imported() -> None:
    imports = "import sys, ui.app, ui.page.sign_in, ui.http.openid, ui.cli.serve"
    asked = f"{imports}; print([name for name in ('authlib', 'joserfc') if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_somebody_must_be_able_to_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_hashes_quick(monkeypatch)

    def refuses(**changed: object) -> None:
        with pytest.raises(UsedWronglyError, match=r"people must sign in, because .*, and nobody can yet"):
            start(tmp_path, **changed)

    refuses()
    start(tmp_path, openid_users="all")
    with closing(Accounts.open(tmp_path)) as accounts:
        accounts.users.add("root", PASSWORD)
        start(tmp_path)
        refuses(openid_passwords=False)
        accounts.provided.add("ada", GIVEN["openid_issuer"])
        start(tmp_path, openid_passwords=False)
        accounts.users.remove("root")
        start(tmp_path)
        for elsewhere in (None, "https://other.example"):
            refuses(openid_issuer=elsewhere)
        accounts.users.change("ada", password=PASSWORD)
        start(tmp_path, openid_issuer=None)
