"""People sign in with a provider, and are the users that an administrator has added."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from tests.support.clocks import Clock
from tests.support.openid_provider import SECRET, OpenIDProvider
from tests.support.people import PASSWORD
from tests.ui.http.openid.conftest import Serve
from tests.ui.http.openid.steps import answer_of, by_password, come_back, name_of, query_of, said, to_provider
from ui.accounts import Accounts, Role
from ui.accounts.sessions import IDLE_SECONDS
from ui.operations import AuditLog
from ui.page.head import languages, locale_in
from ui.page.sign_in import MOST_PENDING


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
    asked = query_of(to_provider(browser))
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["scope"] == "openid profile email"
    assert asked["redirect_uri"] == "http://127.0.0.1:7860/sign-in/openid/callback"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert query_of(to_provider(browser))["state"] != asked["state"]
    assert provider.asked == ["/.well-known/openid-configuration"]


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


def test_each_window_of_a_browser_can_sign_in(serve: Serve) -> None:
    browser = serve()
    ways = [to_provider(browser, f"/?conversation={number}") for number in range(3)]
    for number in (1, 2, 0):
        back = browser.get(answer_of(ways[number]), follow_redirects=False)
        assert back.headers["location"].endswith(f"/?conversation={number}")
    assert not [name for name in browser.cookies if "openid" in name]


def test_a_browser_keeps_few_sign_ins(serve: Serve) -> None:
    browser = serve()
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


def test_the_session_before_has_ended(serve: Serve, accounts: Accounts) -> None:
    browser = serve()
    assert by_password(browser, "root").status_code == 303
    [planted] = [value for name, value in browser.cookies.items() if "session" in name]
    come_back(browser)
    assert name_of(browser) == "ada"
    assert accounts.sessions.find(planted) is None


def test_a_session_ends_like_every_other_one(serve: Serve, accounts: Accounts, clock: Clock) -> None:
    browser = serve()
    come_back(browser)
    clock.now += IDLE_SECONDS + 1
    assert name_of(browser) is None
    come_back(browser)
    assert name_of(browser) == "ada"
    accounts.users.change("ada", is_disabled=True)
    assert name_of(browser) is None
    refused = come_back(browser)
    assert (refused.status_code, said(refused)) == (
        403,
        "Reedland recognises you, but you have no access to this server. Ask the person who runs it.",
    )
    accounts.users.change("ada", is_disabled=False)
    come_back(browser)
    accounts.users.remove("ada")
    assert name_of(browser) is None
    assert come_back(browser).status_code == 403


# Who is who


def test_a_user_stays_bound_to_the_subject(
    serve: Serve, accounts: Accounts, provider: OpenIDProvider
) -> None:
    browser = serve()
    come_back(browser)
    first = accounts.users.get("ada")
    assert (first.provider, first.subject) == (provider.issuer, "u-17")
    provider.claims["preferred_username"] = "ada.lovelace"
    come_back(browser)
    assert name_of(browser) == "ada"
    provider.claims = {"sub": "u-18", "preferred_username": "ada"}
    browser.cookies.clear()
    assert come_back(browser).status_code == 403
    assert (name_of(browser), accounts.users.get("ada")) == (None, first)


def test_a_user_of_a_known_subject_needs_no_name(
    serve: Serve, accounts: Accounts, provider: OpenIDProvider
) -> None:
    accounts.provided.add("bea", provider.issuer, "u-2", Role.ADMINISTRATOR)
    provider.claims = {"sub": "u-2"}
    browser = serve()
    come_back(browser)
    assert name_of(browser) == "bea"


@pytest.mark.slow_cases
@pytest.mark.parametrize("users", ["added", "all"])
@pytest.mark.parametrize("name", ["root", "ROOT", "\uff52oot"])
def test_a_user_with_a_password_is_never_taken_over(
    serve: Serve, accounts: Accounts, provider: OpenIDProvider, name: str, users: str
) -> None:
    before = accounts.users.all()
    provider.claims = {"sub": "u-99", "preferred_username": name}
    browser = serve(openid_users=users)
    refused = come_back(browser)
    assert refused.status_code == 403
    expected = "you have no access to this server" if users == "added" else "or the name is already taken"
    assert expected in said(refused)
    assert (name_of(browser), accounts.users.all()) == (None, before)


def test_the_user_of_another_provider_is_never_taken_over(
    serve: Serve, accounts: Accounts, provider: OpenIDProvider
) -> None:
    accounts.provided.add("eve", "https://other.example", "u-17")
    accounts.provided.add("dee", "https://other.example")
    accounts.users.remove("ada")
    for name in ("eve", "dee"):
        provider.claims = {"sub": "u-17", "preferred_username": name}
        assert come_back(serve()).status_code == 403
    assert accounts.users.get("dee").subject is None


def test_everyone_of_the_provider_may_come_if_the_settings_say_so(
    serve: Serve, accounts: Accounts, provider: OpenIDProvider
) -> None:
    browser = serve(openid_users="all")
    provider.claims = {"sub": "u-5", "preferred_username": "cai@reedland.example"}
    come_back(browser)
    assert name_of(browser) == "cai@reedland.example"
    added = accounts.users.get("cai@reedland.example")
    assert (added.role, added.provider, added.subject) == (Role.MEMBER, provider.issuer, "u-5")
    come_back(browser)
    assert len(accounts.users.all()) == 3


@pytest.mark.slow_cases
@pytest.mark.parametrize("name", [None, "", "Ada Lovelace", "x" * 65, 17, ["ada"], "../root"])
def test_a_name_that_is_none_makes_no_user(
    serve: Serve, accounts: Accounts, provider: OpenIDProvider, name: object
) -> None:
    provider.claims = {"sub": "u-5", "preferred_username": name}
    refused = come_back(serve(openid_users="all"))
    assert refused.status_code == 403
    assert said(refused).startswith("Reedland gave no name that can be used here")
    assert len(accounts.users.all()) == 2


def test_an_address_counts_only_if_it_is_verified(
    serve: Serve, accounts: Accounts, provider: OpenIDProvider
) -> None:
    accounts.provided.add("ada@reedland.example", provider.issuer)
    browser = serve(openid_claim="email")
    provider.claims = {"sub": "u-5", "email": "ada@reedland.example", "email_verified": False}
    assert come_back(browser).status_code == 403
    provider.claims["email_verified"] = True
    come_back(browser)
    assert name_of(browser) == "ada@reedland.example"


def test_a_name_that_is_not_in_the_id_token_is_asked_for(
    serve: Serve, provider: OpenIDProvider, accounts: Accounts
) -> None:
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
    assert "<form" not in page
    assert "Sign in with Reedland" in page
    refused = by_password(browser, "root")
    assert (refused.status_code, said(refused)) == (403, "You can sign in here only with Reedland.")
    assert by_password(browser, "root", "wrong").text.count("alert") == refused.text.count("alert")
    assert name_of(browser) is None
    come_back(browser)
    assert name_of(browser) == "ada"


def test_a_user_of_the_provider_has_no_password(serve: Serve, accounts: Accounts) -> None:
    for password in ("", PASSWORD, " "):
        assert accounts.users.verified("ada", password) is None
    browser = serve()
    assert by_password(browser, "ada", "").status_code == 403


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


@pytest.mark.slow_cases
@pytest.mark.parametrize("language", languages())
def test_a_refusal_is_in_the_language_of_the_reader(
    serve: Serve, provider: OpenIDProvider, language: str
) -> None:
    provider.refuses = "access_denied"
    browser = serve()
    browser.headers["Accept-Language"] = language
    refused = come_back(browser)
    assert unescape(said(refused)) == locale_in(language).text("signIn.refused", name="Reedland")


def test_the_name_of_the_provider_is_shown_as_text(serve: Serve) -> None:
    page = serve(openid_name="<script>alert(1)</script>").get("/sign-in").text
    assert "<script>alert" not in page
    assert "Sign in with &lt;script&gt;" in page


def test_a_long_way_back_is_cut_to_the_start(serve: Serve) -> None:
    browser = serve()
    assert come_back(browser, "/?q=" + "x" * 1_400).headers["location"].endswith("xxx")
    assert come_back(browser, "/?q=" + "x" * 9_000).headers["location"] == "/"


def test_users_are_listed_with_their_provider(
    serve: Serve, accounts: Accounts, provider: OpenIDProvider
) -> None:
    browser = serve()
    come_back(browser)
    by_password(browser, "root")
    users = {user["name"]: user for user in browser.get("/v1/users").json()["users"]}
    assert (users["ada"]["provider"], users["root"]["provider"]) == (provider.issuer, None)
    assert users["ada"]["signed_in"] is not None
    assert replace(accounts.users.get("ada"), subject=None).provider == provider.issuer
