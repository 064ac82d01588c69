"""A proxy in front of the server opens nothing, and only a trusted one says whose request it forwards."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest

from index.catalog import CATALOG, Catalog, CollectionViewers
from tests.security.attacks import FORWARDED, Attack, Target, operations
from tests.support.people import PASSWORD, form_fields, sign_in
from tests.support.processes import Served, run, serving
from ui.accounts import Accounts, Role
from ui.cli.server import SERVER_FILE
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


def test_no_header_of_a_proxy_makes_a_request_one_of_this_machine(target: Target) -> None:
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        for value in ("127.0.0.1", "::1", "localhost", "for=127.0.0.1", ""):
            attack = Attack("own", "/v1/documents", headers=((name, value),), without=("cambodia",))
            assert target.answer(attack).status == 403


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
    """A server of ``home``, which trusts the proxies of another network alone."""
    with serving(home, FOOTNOTED_TRUSTED_PROXIES="192.0.2.0/24") as server:
        yield server


def test_accounts_are_asked_for_on_this_machine_too(served: Served, home: Path) -> None:
    for header in (("Accept", "*/*"), *FORWARDED.values()):
        with client(served, **dict([header])) as sender:
            for path in ("/v1/documents", "/openapi.json", "/gradio_api/queue/data?session_hash=a"):
                refused = sender.get(path)
                assert (refused.status_code, "cambodia" in refused.text.lower()) == (401, False)
            assert sender.post("/v1/chat", json={"question": "Who?"}).status_code == 401
            assert sender.get("/", headers={"Accept": "text/html"}).headers["location"].startswith("/sign-in")
    token = json.loads((home / SERVER_FILE).read_text())["token"]
    with client(served, Authorization=f"Bearer {token}") as command:
        assert command.get("/v1/identity").json()["kind"] == "machine"
    done = run("search", "gate", "--json", "--home", home)
    assert (done.returncode, len(json.loads(done.stdout)["results"]) > 0) == (0, True)


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


def test_the_log_names_a_proxy_that_is_not_trusted_once(home: Path) -> None:
    other = Path(shutil.copytree(home, home.parent / "warned"))
    with serving(other, FOOTNOTED_TRUSTED_PROXIES="192.0.2.1") as served:
        for _ in range(3):
            with client(served, **{"X-Forwarded-For": "198.51.100.1"}) as sender:
                assert sender.get("/healthz").status_code == 200
        _, _, err = served.stop()
    assert err.count("127.0.0.1 sends headers of a reverse proxy, which are ignored") == 1
    assert "198.51.100.1" not in err
