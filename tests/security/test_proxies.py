"""A proxy opens nothing, and only a trusted one says whose request it is, also on the way to a provider."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from index.catalog import CATALOG, Catalog, CollectionViewers
from tests.security.attacks import FORWARDED, Attack, Target, operations
from tests.support.openid_provider import CLIENT, SECRET, OpenIDProvider, openid_provider
from tests.support.people import PASSWORD, form_fields, sign_in
from tests.support.processes import Served, run, serving
from ui.accounts import Accounts, Role
from ui.rate_limits import OF_NAME_AT_ADDRESS

pytestmark = pytest.mark.slow_cases

PAGE = ("/", "/theme.css", "/docs", "/openapi.json", "/gradio_api/queue/data?session_hash=a", "/mcp")
REFUSED = "A proxy forwarded this request, and nobody signs in to this server"


def client(served: Served, **headers: str) -> httpx.Client:
    return httpx.Client(base_url=served.address, headers=headers, trust_env=False, timeout=60)


# A server to which nobody signs in


@pytest.mark.parametrize("header", FORWARDED.values(), ids=FORWARDED)
def test_a_forwarded_request_reads_and_changes_nothing_where_nobody_signs_in(
    target: Target, header: tuple[str, str]
) -> None:
    known = operations(target.ask("GET", "/openapi.json").json)
    found = {}
    for method, path in [*known, *(("GET", path) for path in PAGE), ("POST", "/gradio_api/queue/join")]:
        attack = Attack("forwarded", path, method, (header,), b"{}", without=("cambodia",))
        found[f"{method} {path}"] = target.answer(attack).status
    opened = {route for route, status in found.items() if status != 403}
    assert opened == {"GET /healthz", "GET /readyz"}
    assert target.ask("GET", "/v1/documents", [header]).json["detail"].startswith(REFUSED)


# A home with accounts, on this machine, with the default settings


@pytest.fixture(scope="module")
def home(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an administrator and two members."""
    home = Path(shutil.copytree(seeded, tmp_path_factory.mktemp("proxied") / "home"))
    with closing(Accounts.open(home)) as accounts:
        accounts.users.add("ada", PASSWORD, Role.ADMINISTRATOR)
        for name in ("bea", "cai"):
            accounts.users.add(name, PASSWORD)
    return home


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Served]:
    """A server of ``home``, which trusts other proxies and names in its log once the one that it does not."""
    with serving(home, FOOTNOTED_TRUSTED_PROXIES="192.0.2.0/24") as server:
        yield server
        _, _, err = server.stop()
    assert err.count("127.0.0.1 sends headers of a reverse proxy, which are ignored") == 1
    assert "198.51.100." not in err


def test_accounts_are_asked_for_on_this_machine_too(served: Served) -> None:
    for header in (("Accept", "*/*"), *FORWARDED.values()):
        with client(served, **dict([header])) as sender:
            for path in ("/v1/documents", "/openapi.json", "/gradio_api/queue/data?session_hash=a"):
                refused = sender.get(path)
                assert (refused.status_code, "cambodia" in refused.text.lower()) == (401, False)
            assert sender.post("/v1/chat", json={"question": "Who?"}).status_code == 401
            assert sender.get("/", headers={"Accept": "text/html"}).headers["location"].startswith("/sign-in")


def test_a_limited_collection_is_closed_on_this_machine_too(seeded: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(seeded, tmp_path / "home"))
    with closing(Catalog.open(home / CATALOG)) as catalog:
        CollectionViewers(catalog.engine).set("Board", [])
    done = run("serve", "--port", "0", "--home", home)
    assert (done.returncode, done.stdout) == (2, "")
    assert "because the home has limited collections, and nobody can yet" in done.stderr


# Whose request it is


def test_a_sender_who_is_no_trusted_proxy_has_one_address_and_one_scheme(served: Served) -> None:
    """Other addresses in the headers bring no further guesses."""
    with ExitStack() as opened:
        statuses = []
        for number in range(OF_NAME_AT_ADDRESS.amount + 1):
            headers = {"X-Forwarded-For": f"198.51.100.{number}", "X-Forwarded-Proto": "https"}
            attacker = opened.enter_context(client(served, **headers))
            refused = sign_in(attacker, "cai", "wrong")
            statuses.append(refused.status_code)
            assert "Secure" not in refused.headers["set-cookie"]
    assert statuses == [*[403] * OF_NAME_AT_ADDRESS.amount, 429]


def test_a_trusted_proxy_s_clients_have_addresses_of_their_own_and_cookies_for_https(home: Path) -> None:
    with ExitStack() as opened:
        served = opened.enter_context(
            serving(
                Path(shutil.copytree(home, home.parent / "trusting")), FOOTNOTED_ALLOWED_HOSTS="desk.example"
            )
        )
        statuses = []
        for number in range(OF_NAME_AT_ADDRESS.amount + 1):
            headers = {"X-Forwarded-For": f"203.0.113.9, 198.51.100.{number}", "X-Forwarded-Proto": "https"}
            one = opened.enter_context(client(served, Host="desk.example", **headers))
            page = one.get("/sign-in")
            assert "; Secure" in page.headers["set-cookie"]
            # The client would not send a cookie for HTTPS back.
            cookie = page.headers["set-cookie"].partition(";")[0]
            fields = {**form_fields(page.text), "name": "cai", "password": "wrong"}
            statuses.append(one.post("/sign-in", data=fields, headers={"Cookie": cookie}).status_code)
        assert statuses == [403] * (OF_NAME_AT_ADDRESS.amount + 1)
        _, _, err = served.stop()
    assert "FOOTNOTED_TRUSTED_PROXIES" not in err


# A provider


@pytest.fixture
def provider() -> Iterator[OpenIDProvider]:
    with openid_provider() as running:
        yield running


@pytest.fixture
def provided(seeded: Path, tmp_path: Path, provider: OpenIDProvider) -> Iterator[Served]:
    home = Path(shutil.copytree(seeded, tmp_path / "home"))
    with closing(Accounts.open(home)) as accounts:
        accounts.provided.add("ada", provider.issuer, role=Role.ADMINISTRATOR)
    with serving(
        home,
        FOOTNOTED_SIGN_IN="on",
        FOOTNOTED_OPENID_ISSUER=provider.issuer,
        FOOTNOTED_OPENID_CLIENT=CLIENT,
        FOOTNOTED_OPENID_SECRET=SECRET,
        FOOTNOTED_OPENID_PASSWORDS="false",
        FOOTNOTED_ALLOWED_HOSTS="desk.example",
        FOOTNOTED_LOG_LEVEL="debug",
    ) as server:
        yield server


def test_a_provider_s_secret_and_codes_are_told_to_nobody_behind_a_proxy(
    provided: Served, provider: OpenIDProvider
) -> None:
    proxy = {"Host": "desk.example", "X-Forwarded-Proto": "https", "Accept": "text/html"}
    cookies: dict[str, str] = {}
    with httpx.Client(base_url=provided.address, headers=proxy, trust_env=False, timeout=30) as browser:

        def get(path: str) -> httpx.Response:
            # The client would not send back a cookie that is for HTTPS only.
            sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
            response = browser.get(path, headers={"Cookie": sent})
            assert SECRET not in f"{response.headers}{response.text}"
            for cookie in response.headers.get_list("set-cookie"):
                assert ("; Secure" in cookie) == ("Max-Age=0" not in cookie)
                name, _, value = cookie.partition(";")[0].partition("=")
                cookies[name] = value
            return response

        left = get("/sign-in/openid?next=/docs")
        address = left.headers["location"]
        callback = "https://desk.example/sign-in/openid/callback"
        assert parse_qs(urlsplit(address).query)["redirect_uri"] == [callback]
        back = urlsplit(httpx.get(address, trust_env=False, timeout=60).headers["location"])
        entered = get(f"{back.path}?{back.query}")
        assert (entered.status_code, entered.headers["location"]) == (303, "/docs")
        assert get("/v1/identity").json()["name"] == "ada"
        provider.token = {"nonce": "x"}
        again = get("/sign-in/openid").headers["location"]
        back = urlsplit(httpx.get(again, trust_env=False, timeout=60).headers["location"])
        assert get(f"{back.path}?{back.query}").status_code == 403
    _, out, err = provided.stop()
    assert "event=provider" in err.replace('"', "")
    assert "InvalidClaimError" in err
    assert "Traceback" not in err
    for word in (SECRET, *parse_qs(back.query)["code"], *parse_qs(back.query)["state"]):
        assert word not in out + err
