"""A server on which people sign in gives nothing to others, and its sessions cannot be taken over."""

from __future__ import annotations

import json
import re
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.security.attacks import form
from tests.support.people import PASSWORD, form_fields, sign_in
from tests.support.processes import run, serving
from ui.accounts import Accounts, Role, Scope
from ui.cli.server import SERVER_FILE
from ui.rate_limits import OF_NAME, OF_NAME_AT_ADDRESS, OF_TOKENS

pytestmark = pytest.mark.slow_cases

PERIOD = OF_NAME_AT_ADDRESS.get_expiry()
FOREIGN = "http://attacker.example"


@dataclass(frozen=True)
class Guarded:
    """A server on which people sign in; another process sees the same accounts."""

    home: Path
    address: str
    accounts: Accounts

    def browser(self, **headers: str) -> httpx.Client:
        """A new browser without cookies, which seems to come from an address of its own.

        The server believes what a proxy on this machine says about the address.
        """
        given = {"Accept": "text/html", "X-Forwarded-For": f"192.0.2.{next(_numbers)}", **headers}
        return httpx.Client(base_url=self.address, headers=given, trust_env=False, timeout=30)

    def program(self, token: str) -> httpx.Client:
        given = {"Authorization": f"Bearer {token}", "X-Forwarded-For": f"192.0.2.{next(_numbers)}"}
        return httpx.Client(base_url=self.address, headers=given, trust_env=False, timeout=30)


_numbers = iter(range(1, 255))


@pytest.fixture(scope="module")
def guarded(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    home = Path(shutil.copytree(seeded, tmp_path_factory.mktemp("guarded") / "home"))
    with closing(Accounts.open(home)) as accounts:
        accounts.users.add("ada", PASSWORD, Role.ADMINISTRATOR)
        for name in ("bea", "cai", "dee", "eli", "fay"):
            accounts.users.add(name, PASSWORD)
        with serving(home, FOOTNOTED_SIGN_IN="on") as served:
            yield Guarded(home, served.address, accounts)


def session_of(browser: httpx.Client) -> str | None:
    return next((value for name, value in browser.cookies.items() if "session" in name), None)


def is_known(browser: httpx.Client) -> bool:
    return browser.get("/v1/documents", headers={"Accept": "application/json"}).status_code == 200


def test_a_person_signs_in_asks_and_signs_out(guarded: Guarded) -> None:
    with guarded.browser() as browser:
        opened = browser.get("/?conversation=1")
        assert (opened.status_code, opened.headers["location"]) == (
            303,
            "/sign-in?next=%2F%3Fconversation%3D1",
        )
        entered = sign_in(browser, "ada", place="/?conversation=1")
        assert (entered.status_code, entered.headers["location"]) == (303, "/?conversation=1")
        assert "<gradio-app" in browser.get("/").text
        known = browser.get("/v1/identity").json()
        assert (known["kind"], known["name"], known["scopes"]) == ("user", "ada", [*Scope])
        left = browser.post("/sign-out", data={"token": known["form_token"]})
        assert (left.status_code, left.headers["location"]) == (303, "/sign-in?why=out")
        assert "You are signed out." in browser.get(left.headers["location"]).text
        assert not is_known(browser)


def test_nothing_of_the_library_is_shown_to_others(guarded: Guarded) -> None:
    """Neither a route nor a refusal names a report."""
    for headers in ({}, {"Authorization": "Bearer fn_x"}, {"Authorization": "Basic YWRhOng="}):
        with guarded.browser(Accept="*/*", **headers) as browser:
            for route in (
                *("GET /", "GET /v1/documents", "GET /v1/documents/1", "GET /v1/documents/1/text"),
                *("GET /v1/documents/1/pages/1.png", "GET /v1/conversations", "GET /openapi.json"),
                *("POST /v1/search", "POST /v1/chat/completions", "POST /gradio_api/queue/join"),
                "GET /gradio_api/queue/data?session_hash=a",
            ):
                method, path = route.split()
                answered = browser.request(method, path)
                assert answered.status_code == 401, path
                assert answered.headers["content-type"] == "application/problem+json"
                assert answered.headers["www-authenticate"].startswith("Bearer ")
                assert "lorvenna" not in answered.text.lower()


def test_a_program_does_what_its_token_allows(guarded: Guarded) -> None:
    _, reads = guarded.accounts.tokens.add("reader", [Scope.READ])
    _, asks = guarded.accounts.tokens.add("asker", [Scope.ASK], owner="bea")
    with guarded.program(reads) as reader, guarded.program(asks) as asker:
        assert reader.get("/v1/documents").status_code == 200
        refused = reader.post("/v1/search", json={"query": "gate"})
        assert refused.status_code == 403
        assert (
            refused.json()["detail"] == "This needs the scope 'ask', which the token 'reader' does not have."
        )
        found = asker.post("/v1/search", json={"query": "gate"})
        assert (found.status_code, len(found.json()["results"]) > 0) == (200, True)
        assert asker.get("/v1/documents").status_code == 403
        assert asker.get("/v1/identity").json() == {
            "kind": "token",
            "name": "bea",
            "token": "asker",
            "scopes": ["ask"],
            "form_token": None,
        }
        guarded.accounts.tokens.revoke("asker")
        assert asker.post("/v1/search", json={"query": "gate"}).status_code == 401


def test_commands_on_the_machine_still_ask_the_server(guarded: Guarded) -> None:
    file = guarded.home / SERVER_FILE
    assert file.stat().st_mode & 0o777 == 0o600
    token = json.loads(file.read_text())["token"]
    with guarded.program(token) as command:
        assert command.get("/v1/identity").json()["kind"] == "machine"
    done = run("search", "gate", "--json", "--home", guarded.home)
    assert (done.returncode, len(json.loads(done.stdout)["results"]) > 0) == (0, True)


# Guessing


def test_guesses_of_a_password_are_throttled(guarded: Guarded) -> None:
    with guarded.browser() as attacker, guarded.browser() as owner:
        for _ in range(OF_NAME_AT_ADDRESS.amount):
            assert sign_in(attacker, "cai", "wrong").status_code == 403
        refused = sign_in(attacker, "cai")
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= PERIOD
        assert "Too many failed attempts." in refused.text
        assert session_of(attacker) is None
        assert sign_in(owner, "cai").status_code == 303


@pytest.mark.slow
def test_guesses_from_anywhere_do_not_keep_a_user_out_of_a_browser_of_before(guarded: Guarded) -> None:
    with guarded.browser() as own, guarded.browser() as attacker, guarded.browser() as new:
        entered = sign_in(own, "fay")
        [known] = [each for each in entered.headers.get_list("set-cookie") if "known" in each]
        cookie, *flags = known.split("; ")
        assert sorted(flags) == ["HttpOnly", "Max-Age=15552000", "Path=/sign-in", "SameSite=strict"]
        assert "fay" not in cookie
        sign_in(new, "dee")
        for number in range(OF_NAME.amount):
            attacker.headers["X-Forwarded-For"] = f"198.51.100.{number}"
            assert sign_in(attacker, "fay", "wrong").status_code == 403
        # A browser of somebody else is not a browser of this user.
        assert [sign_in(each, "fay").status_code for each in (attacker, new)] == [429, 429]
        token = own.get("/v1/identity").json()["form_token"]
        assert own.post("/sign-out", data={"token": token}).status_code == 303
        assert sign_in(own, "fay", "wrong").status_code == 403
        assert sign_in(own, "fay").status_code == 303


def test_guesses_of_a_token_are_throttled(guarded: Guarded) -> None:
    _, secret = guarded.accounts.tokens.add("guessed", [Scope.READ])
    with guarded.program("fn_x") as attacker:
        answered = [
            attacker.get("/v1/documents", headers={"Authorization": f"Bearer {secret[:-1]}{last}"})
            for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
            if not secret.endswith(last)
        ]
        statuses = [each.status_code for each in answered]
        assert statuses.count(401) == OF_TOKENS.amount
        assert set(statuses[OF_TOKENS.amount :]) == {429}
        assert 0 < int(answered[-1].headers["retry-after"]) <= OF_TOKENS.get_expiry()


def test_a_name_cannot_be_told_from_an_unknown_one(guarded: Guarded) -> None:
    """The page says the same, and takes about as long: each is a whole argon2 hash."""
    guarded.accounts.users.add("locked", PASSWORD)
    guarded.accounts.users.change("locked", is_disabled=True)
    pages: set[str] = set()
    seconds: dict[str, list[float]] = {}
    for _ in range(3):
        for name, password in (
            ("dee", "wrong"),
            ("nobody", PASSWORD),
            ("locked", PASSWORD),
            ("dee", "x" * 9_000),
        ):
            with guarded.browser() as browser:
                fields = form_fields(browser.get("/sign-in").text)
                began = time.monotonic()
                refused = browser.post("/sign-in", data={**fields, "name": name, "password": password})
                seconds.setdefault(f"{name} {password[:5]}", []).append(time.monotonic() - began)
                assert refused.status_code == 403
                page = refused.text.replace(f'value="{name}"', "")
                pages.add(re.sub(r'name="token" value="[^"]*"', "", page))
    assert len(pages) == 1
    medians = sorted(map(statistics.median, seconds.values()))
    assert medians[0] > medians[-1] / 3, seconds


# Taking over a session


def test_a_session_that_was_planted_before_is_not_the_one_after(guarded: Guarded) -> None:
    with guarded.browser() as attacker, guarded.browser() as victim:
        assert sign_in(attacker, "dee").status_code == 303
        planted = session_of(attacker)
        victim.cookies = httpx.Cookies(attacker.cookies)
        assert sign_in(victim, "ada").status_code == 303
        assert session_of(victim) != planted
        assert victim.get("/v1/identity").json()["name"] == "ada"
        # The planted session has ended: nobody goes on with it.
        assert not is_known(attacker)


def test_a_signed_out_session_cannot_be_used_again(guarded: Guarded) -> None:
    with guarded.browser() as browser, guarded.browser() as thief:
        sign_in(browser, "dee")
        thief.cookies = httpx.Cookies(browser.cookies)
        assert is_known(thief)
        token = browser.get("/v1/identity").json()["form_token"]
        browser.post("/sign-out", data={"token": token})
        assert not is_known(thief)
        ended = thief.get("/?answer=2")
        assert ended.headers["location"] == "/sign-in?next=%2F%3Fanswer%3D2&why=ended"
        assert "Your session has ended." in thief.get(ended.headers["location"]).text


def test_a_new_password_ends_the_sessions(guarded: Guarded) -> None:
    with guarded.browser() as browser:
        sign_in(browser, "eli")
        assert is_known(browser)
        guarded.accounts.users.change("eli", password=f"{PASSWORD} now")
        assert not is_known(browser)


def test_the_cookie_is_closed_to_scripts_and_other_sites(guarded: Guarded) -> None:
    """It is for HTTPS only where the page came by HTTPS."""
    with guarded.browser() as browser:
        entered = sign_in(browser, "bea")
        [session] = [each for each in entered.headers.get_list("set-cookie") if "session" in each]
        _, *flags = session.split("; ")
        assert sorted(flags) == ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=lax"]
    with guarded.browser(**{"X-Forwarded-Proto": "https"}) as browser:
        page = browser.get("/sign-in")
        cookie = page.headers["set-cookie"].partition(";")[0]
        fields = {**form_fields(page.text), "name": "bea", "password": PASSWORD}
        entered = browser.post("/sign-in", data=fields, headers={"Cookie": cookie})
        assert entered.status_code == 303
        [session] = [each for each in entered.headers.get_list("set-cookie") if "session" in each]
        assert "; Secure" in session


# Requests of other pages


def test_another_page_can_use_no_session(guarded: Guarded) -> None:
    origins = ({"Origin": FOREIGN}, {"Origin": "null"})
    with guarded.browser() as browser:
        sign_in(browser, "bea")
        token = browser.get("/v1/identity").json()["form_token"]
        entering = {"name": "dee", "password": PASSWORD}
        for headers in (*origins, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            for path, data in (("/sign-out", {"token": token}), ("/sign-in", entering)):
                assert browser.post(path, data=data, headers=headers).status_code == 403
            assert browser.delete("/v1/documents/1", headers=headers).status_code == 403
            assert is_known(browser)


def test_a_form_without_its_token_does_nothing(guarded: Guarded) -> None:
    with guarded.browser() as browser, guarded.browser() as attacker:
        sign_in(browser, "bea")
        sign_in(attacker, "dee")
        theirs = attacker.get("/v1/identity").json()["form_token"]
        for token in ("", "x", theirs, form_fields(attacker.get("/sign-in").text)["token"]):
            assert browser.post("/sign-out", data={"token": token}).status_code == 403
        assert is_known(browser)
    with guarded.browser() as victim, guarded.browser() as attacker:
        theirs = form_fields(attacker.get("/sign-in").text)["token"]
        assert sign_in(victim, "dee", token=theirs).status_code == 403
        assert sign_in(victim, "dee", token="").status_code == 403
        victim.cookies.clear()
        assert victim.post("/sign-in", data={"name": "dee", "password": PASSWORD}).status_code == 403
        assert session_of(victim) is None


@pytest.mark.parametrize(
    "place",
    [
        *(FOREIGN, "//attacker.example", "///attacker.example", "/\\attacker.example"),
        *("\\\\attacker.example", "/\t/attacker.example", "/\n/attacker.example", "\t//attacker.example"),
        *(" //attacker.example", "https:attacker.example", "javascript:alert(1)", "attacker.example"),
        *("/sign-out", "/sign-in?next=/sign-in", "", '/"><script>alert(1)</script>'),
    ],
)
def test_the_way_back_leads_nowhere_else(guarded: Guarded, place: str) -> None:
    with guarded.browser() as browser:
        page = browser.get("/sign-in", params={"next": place})
        shown = form_fields(page.text)["next"]
        assert shown == "/" or (shown == place and place.startswith('/"'))
        assert "<script>alert" not in page.text
        entered = sign_in(browser, "bea", place="/", next=place)
        location = entered.headers["location"]
        assert entered.status_code == 303
        assert httpx.URL(guarded.address).join(location).host == "127.0.0.1"
        assert location == "/" or location.startswith("/%22%3E")


# Odd forms


def test_an_odd_form_is_refused_and_shown_as_text(guarded: Guarded) -> None:
    with guarded.browser() as browser:
        shown = sign_in(browser, '"><script>alert(1)</script>', "wrong")
        assert "<script>alert" not in shown.text
        assert "&lt;script&gt;alert" in shown.text
        kind, body = form("x.txt", b"x", next="/")
        for content_type, content in (
            (kind, body),
            ("application/json", b"{}"),
            ("application/x-www-form-urlencoded", b"name=%ff%fe&password=%00&token=%F0"),
            ("application/x-www-form-urlencoded", b"a=1&" * 50),
            ("multipart/form-data; boundary=x", b"--x\r\n"),
        ):
            for path in ("/sign-in", "/sign-out"):
                answered = browser.post(path, content=content, headers={"Content-Type": content_type})
                assert answered.status_code in {303, 400, 403}, (path, content_type, answered.text)
        with suppress(httpx.RemoteProtocolError):
            assert browser.post("/sign-in", content=b"a" * 2_000_000).status_code in {400, 403, 413}
        assert browser.get("/healthz").status_code == 200
