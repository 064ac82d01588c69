"""A running server lets people in with a provider, and tells neither its secret nor a code to anyone else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.openid_provider import CLIENT, SECRET, OpenIDProvider, openid_provider
from tests.support.processes import Served, serving
from ui.accounts import Accounts, Role


@pytest.fixture
def provider() -> Iterator[OpenIDProvider]:
    with openid_provider() as running:
        yield running


@pytest.fixture
def served(seeded: Path, tmp_path: Path, provider: OpenIDProvider) -> Iterator[Served]:
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


def test_the_whole_way_behind_a_proxy(served: Served, provider: OpenIDProvider) -> None:
    proxy = {"Host": "desk.example", "X-Forwarded-Proto": "https", "Accept": "text/html"}
    cookies: dict[str, str] = {}
    with httpx.Client(base_url=served.address, headers=proxy, trust_env=False, timeout=30) as browser:

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
    _, out, err = served.stop()
    assert "event=provider" in err.replace('"', "")
    assert "InvalidClaimError" in err
    assert "Traceback" not in err
    for word in (SECRET, *parse_qs(back.query)["code"], *parse_qs(back.query)["state"]):
        assert word not in out + err
