"""Nobody signs in by a forged, foreign, old or replayed answer of the provider."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.clocks import Clock
from tests.support.openid_provider import CLIENT, OpenIDProvider
from tests.ui.http.openid.conftest import Serve
from tests.ui.http.openid.steps import PAGE, answer_of, come_back, name_of, query_of, said, to_provider
from ui.accounts import PENDING_SECONDS, Accounts
from ui.rate_limits import OF_ADDRESS

pytestmark = pytest.mark.slow_cases

LATE = "This sign-in has expired, is already finished, or was started in another browser. Sign in again."
UNVERIFIED = "The response from Reedland is not valid for this sign-in. Sign in again."
FOREIGN = "http://attacker.example"


def changed(answer: str, **fields: str) -> str:
    """An answer of the provider with other fields."""
    return f"{answer.partition('?')[0]}?{urlencode({**query_of(answer), **fields})}"


# The answer in the address


def test_an_answer_that_another_browser_has_asked_for_is_refused(
    serve: Serve, provider: OpenIDProvider
) -> None:
    """An attacker cannot let a victim go on as the attacker (login CSRF), with or without a cookie."""
    attacker, victim = serve(), serve()
    answer = answer_of(to_provider(attacker))
    for began in (False, True):
        if began:
            to_provider(victim)
        refused = victim.get(answer, headers=PAGE)
        assert (refused.status_code, said(refused)) == (403, LATE)
        assert name_of(victim) is None
    assert "/token" not in provider.asked


@pytest.mark.parametrize("state", ["", "x", "x" * 43, "\udcff", "ü", "{state}x"])
def test_an_answer_with_another_state_is_refused(serve: Serve, provider: OpenIDProvider, state: str) -> None:
    browser = serve()
    answer = answer_of(to_provider(browser))
    other = state.format(state=query_of(answer)["state"]).encode("utf-8", "surrogateescape")
    path = f"{answer.partition('?')[0]}?{urlencode({**query_of(answer), 'state': other})}"
    assert said(browser.get(path)) == LATE
    assert (name_of(browser), "/token" in provider.asked) == (None, False)


def test_an_answer_counts_once(serve: Serve, provider: OpenIDProvider) -> None:
    """The cookie is gone from the browser; a thief who has copied it has no use for it either."""
    browser = serve()
    answer = answer_of(to_provider(browser))
    copied = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    assert browser.get(answer).status_code == 303
    assert said(browser.get(answer)) == LATE
    browser.cookies.clear()
    assert said(browser.get(answer, headers={"Cookie": copied})) == LATE
    assert provider.asked.count("/token") == 1


def test_a_code_counts_once(serve: Serve) -> None:
    first, second = serve(), serve()
    used = answer_of(to_provider(first))
    assert first.get(used).status_code == 303
    own = answer_of(to_provider(second))
    refused = second.get(changed(own, code=query_of(used)["code"]))
    assert (refused.status_code, said(refused), name_of(second)) == (403, UNVERIFIED, None)


def test_the_code_of_another_browser_is_refused(serve: Serve) -> None:
    """The provider binds a code to the verifier of its browser (PKCE)."""
    attacker, victim = serve(), serve()
    stolen = query_of(answer_of(to_provider(victim)))["code"]
    own = answer_of(to_provider(attacker))
    refused = attacker.get(changed(own, code=stolen))
    assert (refused.status_code, said(refused), name_of(attacker)) == (403, UNVERIFIED, None)


def test_an_answer_that_comes_too_late_is_refused(serve: Serve, clock: Clock) -> None:
    browser = serve()
    answer = answer_of(to_provider(browser))
    clock.now += PENDING_SECONDS + 1
    assert said(browser.get(answer)) == LATE


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


@pytest.mark.parametrize("code", ["", "x", "\x00", "é", "x" * 5_000, "a b&c=d;%00"])
def test_a_code_that_is_none_is_refused(serve: Serve, code: str) -> None:
    browser = serve()
    answer = answer_of(to_provider(browser))
    refused = browser.get(changed(answer, code=code))
    assert (refused.status_code, said(refused)) == (403, UNVERIFIED)


# The id token


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "x"},
        {"nonce": None},
        {"nonce": ""},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": "another-client", "azp": CLIENT},
        {"aud": [CLIENT, "another-client"]},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"aud": CLIENT, "azp": "another-client"},
        {"aud": None},
        {"aud": []},
        {"aud": 17},
        {"iss": FOREIGN},
        {"iss": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": float("nan")},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 17},
        {"sub": ["u-17"]},
        {"at_hash": "bm9uc2Vuc2U"},
        {"at_hash": 17},
    ],
    ids=str,
)
def test_an_id_token_with_other_claims_is_refused(
    serve: Serve, provider: OpenIDProvider, accounts: Accounts, claims: dict[str, Any]
) -> None:
    provider.token = claims
    browser = serve(openid_users="all")
    refused = come_back(browser)
    assert (refused.status_code, said(refused)) == (403, UNVERIFIED)
    assert (name_of(browser), accounts.users.get("ada").subject) == (None, None)


@pytest.mark.parametrize(
    ("claim", "seconds"), [("exp", -3_600), ("exp", -61), ("iat", 3_600), ("iat", 90), ("nbf", 3_600)]
)
def test_an_id_token_of_another_time_is_refused(
    serve: Serve, provider: OpenIDProvider, claim: str, seconds: int
) -> None:
    provider.token = {claim: int(time.time()) + seconds}
    browser = serve()
    refused = come_back(browser)
    assert (refused.status_code, said(refused), name_of(browser)) == (403, UNVERIFIED, None)


@pytest.mark.parametrize(
    "signs",
    [("none", "first"), ("unsigned", "first"), ("HS256", "first"), ("RS256", "other"), ("ES256", "first")],
    ids=["alg none", "unsigned", "public key as a password", "another key", "a key of another kind"],
)
@pytest.mark.parametrize("listed", [False, True], ids=["", "that the provider lists"])
def test_an_id_token_with_another_signature_is_refused(
    serve: Serve, provider: OpenIDProvider, signs: tuple[str, str], listed: bool
) -> None:
    provider.signs = signs
    if listed:
        provider.description["id_token_signing_alg_values_supported"] = ["none", "HS256", "RS256", "ES256"]
    browser = serve()
    refused = come_back(browser)
    assert (refused.status_code, said(refused), name_of(browser)) == (403, UNVERIFIED, None)


def test_another_key_under_the_name_of_the_provider_s_is_refused(
    serve: Serve, provider: OpenIDProvider
) -> None:
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


def test_a_small_difference_of_the_clocks_is_allowed(serve: Serve, provider: OpenIDProvider) -> None:
    now = int(time.time())
    provider.token = {"iat": now + 30, "nbf": now + 30, "exp": now - 30}
    browser = serve()
    come_back(browser)
    assert name_of(browser) == "ada"


# Guesses and ways out


def test_failures_are_throttled(serve: Serve, provider: OpenIDProvider) -> None:
    browser = serve()
    provider.token = {"nonce": "x"}
    for _ in range(OF_ADDRESS.amount):
        assert come_back(browser).status_code == 403
    provider.token = {}
    asked = provider.asked.count("/token")
    refused = come_back(browser)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= OF_ADDRESS.get_expiry()
    assert "Too many failed attempts." in refused.text
    assert (name_of(browser), provider.asked.count("/token")) == (None, asked)


@pytest.mark.parametrize(
    "place",
    [
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
    ],
)
def test_the_way_back_leads_nowhere_else(serve: Serve, place: str) -> None:
    browser = serve()
    back = come_back(browser, place)
    assert (back.status_code, back.headers["location"]) == (303, "/")


@pytest.mark.parametrize(
    "host", ["attacker.example", "127.0.0.1.attacker.example", "127.0.0.1@attacker.example"]
)
def test_the_provider_is_never_told_to_lead_elsewhere(
    serve: Serve, provider: OpenIDProvider, host: str
) -> None:
    for headers in ({"Host": host}, {"X-Forwarded-Host": host}):
        refused = serve().get("/sign-in/openid", headers=headers)
        assert refused.status_code == 403
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
